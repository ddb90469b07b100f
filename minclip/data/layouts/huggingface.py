"""Objects of Hugging Face's package `datasets`: one data set, or a dictionary of splits. The package is not imported.

    minclip.fit(load_dataset("imagefolder", data_dir="photos"))                 a dictionary: its splits are used
    minclip.fit(load_dataset("imagefolder", data_dir="photos", split="train"))  one data set: all of it is trained on

A column of type Image holds the pictures. Captions are in a column of a usual name (table.py). Where there is none, but
one of type ClassLabel, it is a set for zero-shot evaluation.
"""

import io
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from PIL import Image

from minclip.data.images import open_image, to_rgb
from minclip.data.layouts.captioned import Captioned, Entry, Unit
from minclip.data.layouts.data_source import DataSource
from minclip.data.layouts.found import Found
from minclip.data.layouts.named_pictures import NamedPictures
from minclip.data.layouts.records import as_entries, columns_beside
from minclip.data.layouts.table import IMAGE, find_column, find_columns, no_columns
from minclip.data.left_out import LeftOut
from minclip.data.memory import as_picture
from minclip.data.splits import canonical_split, complete_splits, split_in, splits_to_ask
from minclip.prompts import PICTURE_TEMPLATES

NAME = "huggingface"
LABEL = ("label", "labels", "fine_label")


def is_one_split(data: Any) -> bool:
    """Has it what a `datasets.Dataset` has?"""
    return not isinstance(data, type) and all(hasattr(data, name) for name in ("column_names", "features"))


def is_splits(data: Any) -> bool:
    """Is it a `datasets.DatasetDict`, or a dictionary of such splits?"""
    return isinstance(data, Mapping) and bool(data) and all(map(is_one_split, data.values()))


def is_huggingface(data: Any) -> bool:
    return is_one_split(data) or is_splits(data)


def splits_in(data: Any) -> dict[str, Any]:
    """name -> data set. ValueError for one that streams: it has no length."""
    named = dict(data) if is_splits(data) else {str(getattr(data, "split", None) or "train"): data}
    for name, one in named.items():
        if not hasattr(one, "__len__") or not hasattr(one, "__getitem__"):
            raise ValueError(
                f"the split {name!r} of the data set streams, and its pictures have no numbers: load it without "
                f"streaming=True, or take some, datasets.Dataset.from_list(list(stream.take(1000)))"
            )
    return named


def kind_of(data: Any, column: str) -> str:
    """The name of a column's type: Image, Value, ClassLabel, ..."""
    return type((data.features or {}).get(column)).__name__


def picture_column(data: Any, source: DataSource) -> str | None:
    """The column that was asked for, else the first of type Image, else one with a usual name."""
    names = list(data.column_names)
    if source.image_column is None and (found := [name for name in names if kind_of(data, name) == "Image"]):
        return found[0]
    place = find_column(names, source.image_column, IMAGE)
    return None if place is None else names[place]


class HuggingFacePictures(NamedPictures):
    """Pictures by `SPLIT:ROW`."""

    def __init__(self, splits: dict[str, Any], columns: dict[str, str]):
        """splits: name -> data set; columns: name -> its column of pictures."""
        self.splits, self.columns = splits, columns
        self.root = NAME  # type: ignore[assignment]  # it is in no folder

    below: Any = ()

    def find(self, name: str, beside: str = "", split: str | None = None) -> str | None:
        return name

    def open(self, stored: str) -> Image.Image:
        split, _, row = stored.rpartition(":")
        value = self.splits[split][int(row)][self.columns[split]]
        if isinstance(value, Mapping):  # Image(decode=False)
            content = value.get("bytes")
            value = open_image(io.BytesIO(content), f"row {row}") if content else value.get("path")
        if value is None:
            raise ValueError(f"row {row} of the split {split!r} has no picture")
        if isinstance(value, str):
            value = open_image(value)
        if isinstance(value, list):
            value = np.array(value, dtype=np.uint8)
        return to_rgb(as_picture(value, int(row)))

    def read(self, stored: str) -> bytes:
        return b""  # its file is not kept


def entries_of(name: str, data: Any, pictures: str, source: DataSource, left_out: LeftOut) -> Iterator[Entry]:
    """The captions of every row; pictures are not decoded. pictures: their column."""
    place = f"the split {name!r}"
    columns, named = columns_beside(place, pictures, data.column_names, source, left_out)
    values = {one: list(data[one]) for one in columns}
    rows = ((f"row {i}", {pictures: "", **{one: values[one][i] for one in columns}}) for i in range(len(data)))
    for i, entry in enumerate(as_entries(place, rows, named, left_out)):
        yield entry._replace(name=f"{name}:{i}", split=entry.split or split_in(name))


def open_split(source: DataSource, split: str, whole: bool = False) -> Any:
    """One split of the object, with captions or with classes. whole: every picture of it, under this split's name."""
    splits = splits_in(source.data)
    columns = {name: picture_column(data, source) for name, data in splits.items()}
    for name, column in columns.items():
        if column is None:
            raise ValueError(f"the split {name!r} {no_columns(', '.join(splits[name].column_names), source)}")
    pictures = HuggingFacePictures(splits, {name: column for name, column in columns.items() if column})
    first = next(iter(splits.values()))
    if source.caption_column is None and (label := label_column(first, source)):
        return Labelled(pictures, label, split)
    left_out: LeftOut = {}
    entries = (
        (Unit("rows", f"the split {name!r}"), "", entry)
        for name, data in splits.items()
        for entry in entries_of(name, data, pictures.columns[name], source, left_out)
    )
    title = f"a data set of Hugging Face, {', '.join(splits)}"
    return Captioned(NAME, title, pictures, entries, split, left_out, whole=whole)


def label_column(data: Any, source: DataSource) -> str | None:
    """The column of classes, where no column has captions."""
    names = list(data.column_names)
    if find_columns(["image", *names], DataSource("", "image")) is not None:
        return None
    found = [name for name in names if kind_of(data, name) == "ClassLabel"]
    place = find_column(found, None, LABEL)
    return found[place or 0] if found else None


class Labelled:
    """One split with classes; a `CaptionDataset` with `class_names` and `labels`, and without captions."""

    name, templates = NAME, PICTURE_TEMPLATES

    def __init__(self, pictures: HuggingFacePictures, column: str, split: str | None):
        """split: None takes what a zero-shot evaluation asks."""
        self._pictures, self._column = pictures, column
        self.notes: LeftOut = {}
        labels = {
            f"{name}:{i}": label for name, data in pictures.splits.items() for i, label in enumerate(data[column])
        }
        told = {row: split_in(row.rpartition(":")[0]) for row in labels}
        told = dict.fromkeys(told) if len(pictures.splits) == 1 else told
        splits, how = splits_to_ask(told) if split is None else complete_splits(told)
        self.split = canonical_split(split) if split is not None else next(iter(splits.values()))
        self.files = [row for row in labels if splits.get(row) == self.split]
        self.labels = [None if labels[row] is None or labels[row] < 0 else int(labels[row]) for row in self.files]
        first = next(iter(pictures.splits.values()))
        self.class_names = [name.replace("_", " ") for name in first.features[column].names]
        counts = dict(Counter(splits.values()))
        self.found = Found(NAME, "a data set with classes", len(labels), 0, counts, how, {}, len(self.class_names))

    def to_ask(self) -> "Labelled":
        """The pictures that a zero-shot evaluation asks."""
        return Labelled(self._pictures, self._column, None)

    def __len__(self) -> int:
        return len(self.files)

    def image(self, index: int) -> Image.Image:
        return self._pictures.open(self.files[index])

    def captions(self, index: int) -> list[str]:
        """None: a class name is not a caption."""
        return []
