"""Rows of pictures with a class each, in Parquet or in an object of the package `datasets`: for zero-shot evaluation.

A column of type ClassLabel holds numbers, and its type the names. A column of texts with such a name holds the names.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image

from minclip.data.layouts.columns import find_column, find_columns
from minclip.data.layouts.data_source import DataSource
from minclip.data.layouts.found import Found
from minclip.data.layouts.named_pictures import NamedPictures
from minclip.data.left_out import LeftOut, note
from minclip.data.splits import SPLITS, canonical_split, complete_splits, splits_to_ask
from minclip.prompts import PICTURE_TEMPLATES, as_read

LABEL = ("label", "labels", "fine_label")


def label_column(names: Sequence[str], kinds: Mapping[str, str], source: DataSource) -> str | None:
    """The column of classes, where no column has captions and none was asked for.

    kinds: column -> "ClassLabel", "string", or another type.
    """
    if source.caption_column is not None or find_columns(["image", *names], DataSource("", "image")) is not None:
        return None
    labels = [name for name in names if kinds.get(name) == "ClassLabel"]
    texts = [name for name in names if kinds.get(name) == "string" and name.lower() in LABEL]
    found = labels or texts
    return found[find_column(found, None, LABEL) or 0] if found else None


def as_texts(labels: Sequence[Any], names: Sequence[str] | None) -> list[str | None]:
    """The names of the classes. names: those of a ClassLabel, whose labels are numbers; None where labels are texts.

    >>> as_texts([1, 0, -1], ["cat", "dog"]), as_texts(["dog", None], None)
    (['dog', 'cat', None], ['dog', None])
    """
    if names is None:
        return list(labels)
    return [names[label] if label is not None and 0 <= label < len(names) else None for label in labels]


def as_numbers(labels: Mapping[str, str | None], names: Sequence[str]) -> tuple[dict[str, int | None], list[str]]:
    """(row -> the number of its class, class names). names: those of a ClassLabel come first, in their order.

    >>> as_numbers({"0": "dog", "1": "cat", "2": None}, [])
    ({'0': 1, '1': 0, '2': None}, ['cat', 'dog'])
    """
    others = {label for label in labels.values() if label is not None} - set(names)
    known = [*names, *sorted(others)]
    numbers = {name: number for number, name in enumerate(known)}
    return {row: None if label is None else numbers[label] for row, label in labels.items()}, known


class Labelled:
    """One split with classes; a `CaptionDataset` with `class_names` and `labels`, and without captions.

    labels: row -> the number of its class, None where it has none. told: row -> its split, None where nobody tells it.
    split: None takes what a zero-shot evaluation asks.
    """

    templates = PICTURE_TEMPLATES

    def __init__(
        self,
        name: str,
        title: str,
        pictures: NamedPictures,
        labels: Mapping[str, int | None],
        told: Mapping[str, str | None],
        class_names: Sequence[str],
        split: str | None,
    ):
        if not labels:
            raise ValueError(f"{pictures.root} is {title}, and has no row")
        read_as: dict[str, str] = {}
        for one in class_names:
            if (known := read_as.setdefault(as_read(one), one)) != one:
                raise ValueError(f"{pictures.root}: a model reads the classes {known!r} and {one!r} as one")
        self.name, self._about = name, (name, title, pictures, labels, told, class_names)
        self._pictures = pictures
        splits, how = splits_to_ask(told) if split is None else complete_splits(told)
        self.split = canonical_split(split) if split is not None else next(iter(splits.values()))
        self.files = [row for row in labels if splits.get(row) == self.split]
        self.labels = [labels[row] for row in self.files]
        self.class_names = [one.replace("_", " ") for one in class_names]
        self.notes: LeftOut = {}
        if without := [row for row, label in labels.items() if label is None]:
            note(self.notes, "rows_without_class", "rows have no class and are left out", without[0], len(without))
        counts = Counter(splits.values())
        shown = {one: counts[one] for one in (*SPLITS, "all") if one in counts}
        self.found = Found(str(pictures.root), title, len(labels), 0, shown, how, self.notes, len(class_names))

    def to_ask(self) -> "Labelled":
        """The pictures that a zero-shot evaluation asks."""
        return Labelled(*self._about, None)

    def __len__(self) -> int:
        return len(self.files)

    def image(self, index: int) -> Image.Image:
        return self._pictures.open(self.files[index])

    def captions(self, index: int) -> list[str]:
        """None: a class name is not a caption."""
        return []
