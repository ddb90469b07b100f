"""Objects of Hugging Face's package `datasets`: one data set, or a dictionary of splits. The package is not imported.

    minclip.fit(load_dataset("imagefolder", data_dir="photos"))                 a dictionary: its splits are used
    minclip.fit(load_dataset("imagefolder", data_dir="photos", split="train"))  one data set: all of it is trained on

A column of type Image holds the pictures. Captions are in a column of a usual name (table.py). Where there is none, but
one of type ClassLabel, it is a set for zero-shot evaluation.
"""

import io
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from PIL import Image

from minclip.data.images import open_image, to_rgb
from minclip.data.layouts.captioned import Captioned, Entry, Unit
from minclip.data.layouts.columns import IMAGE, find_column, no_columns
from minclip.data.layouts.data_source import DataSource
from minclip.data.layouts.labelled import Labelled, as_numbers, as_texts, label_column
from minclip.data.layouts.named_pictures import NamedPictures
from minclip.data.layouts.records import as_entries, columns_beside
from minclip.data.left_out import LeftOut
from minclip.data.memory import as_picture
from minclip.data.splits import split_in

NAME = "huggingface"


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
    names: list[str] = list(data.column_names)
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


def open_split(source: DataSource, split: str, whole: bool = False) -> Captioned | Labelled:
    """One split of the object, with captions or with classes. whole: every picture of it, under this split's name."""
    splits = splits_in(source.data)
    columns = {name: picture_column(data, source) for name, data in splits.items()}
    for name, column in columns.items():
        if column is None:
            raise ValueError(f"the split {name!r} {no_columns(', '.join(splits[name].column_names), source)}")
    pictures = HuggingFacePictures(splits, {name: column for name, column in columns.items() if column})
    if label := label_column_of(splits, source):
        return labelled(splits, pictures, label, split)
    left_out: LeftOut = {}
    entries = (
        (Unit("rows", f"the split {name!r}"), "", entry)
        for name, data in splits.items()
        for entry in entries_of(name, data, pictures.columns[name], source, left_out)
    )
    title = f"a data set of Hugging Face, {', '.join(splits)}"
    return Captioned(NAME, title, pictures, entries, split, left_out, whole=whole)


def label_column_of(splits: dict[str, Any], source: DataSource) -> str | None:
    """The column of classes, where no column has captions."""
    first = next(iter(splits.values()))
    kinds = {name: kind_of(first, name) for name in first.column_names}
    kinds |= {name: "string" for name, kind in kinds.items() if getattr(first.features[name], "dtype", "") == "string"}
    return label_column(list(first.column_names), kinds, source)


def labelled(splits: dict[str, Any], pictures: HuggingFacePictures, column: str, split: str) -> Labelled:
    """One split of the object as pictures with classes."""
    names = {name: getattr(data.features[column], "names", None) for name, data in splits.items()}
    values = {
        f"{name}:{i}": label
        for name, data in splits.items()
        for i, label in enumerate(as_texts(data[column], names[name]))
    }
    told = {row: split_in(row.rpartition(":")[0]) if len(splits) > 1 else None for row in values}
    first = next(iter(names.values()))
    labels, classes = as_numbers(values, first or [])
    return Labelled(NAME, "a data set with classes", pictures, labels, told, classes, split)
