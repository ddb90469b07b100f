"""Parquet with the bytes of pictures, as the Hugging Face hub stores image sets, and img2dataset writes them.

    data/train-00000-of-00001.parquet    image: struct {bytes, path}, or the bytes themselves
                                         caption: a text, or a list of texts

Each row is a picture. The name of a file or of its folder tells the split. Without captions, a column of type
ClassLabel makes it a set for zero-shot evaluation. Pictures are read one row group at a time and not kept. Needs the
package `pyarrow`.
"""

import io
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any

from PIL import Image

from minclip.data.images import open_image, to_rgb
from minclip.data.layouts.captioned import Captioned, Entry, Unit
from minclip.data.layouts.columns import IMAGE, find_column, find_columns, no_columns
from minclip.data.layouts.data_source import DataSource
from minclip.data.layouts.labelled import Labelled, as_numbers, as_texts, label_column
from minclip.data.layouts.named_pictures import NamedPictures, split_of_folders
from minclip.data.layouts.near_files import files_near
from minclip.data.layouts.records import as_entries, columns_beside
from minclip.data.left_out import LeftOut
from minclip.data.splits import split_in

DEPTH = 2  # data/train-0.parquet, default/train/0000.parquet
BYTES = (*IMAGE, "jpg", "png", "jpeg", "webp", "image_bytes", "bytes")  # usual names; img2dataset's is the suffix
GROUPS_KEPT = 2  # row groups in memory: threads read around the border of two


def pyarrow_parquet() -> Any:
    """pyarrow.parquet; where it is not installed, a ValueError that says how to get it."""
    try:
        return import_module("pyarrow.parquet")
    except ImportError as error:
        raise ValueError('Parquet needs the package pyarrow: pip install "minclip[parquet]"') from error


def parquet_files(source: DataSource) -> list[Path]:
    """The Parquet files of a folder and of the folders in it, or the one that the path is."""
    return files_near(source.path, lambda name: name.lower().endswith(".parquet"), DEPTH)


def is_here(source: DataSource) -> bool:
    return bool(parquet_files(source))


def opened(path: Path) -> Any:
    """The file, of which nothing but its footer is read. ValueError where it is not whole."""
    parquet = pyarrow_parquet()
    try:
        return parquet.ParquetFile(path)
    except Exception as error:  # pyarrow has its own kinds
        if isinstance(error, OSError) and error.errno:
            raise
        raise ValueError(f"{path} is not a whole Parquet file ({error!s:.200}): fetch it again") from error


def rows_of(path: Path, columns: list[str] | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row as (its place, column -> value), in batches."""
    number = 0
    for batch in opened(path).iter_batches(columns=columns):
        for row in batch.to_pylist():
            number += 1
            yield f"row {number}", row


def picture_column(schema: Any, source: DataSource) -> str | None:
    """The column that holds pictures: the one asked for, else one of type Image, else a usual one with bytes."""
    if source.image_column is not None:
        place = find_column(schema.names, source.image_column, ())
        return None if place is None else schema.names[place]
    told = [name for name, kind in hub_features(schema).items() if kind.get("_type") == "Image"]
    with_bytes = [field.name for field in schema if holds_bytes(field.type)]
    with_bytes = [name for name in with_bytes if name in told] or with_bytes
    place = find_column(with_bytes, None, BYTES)
    return with_bytes[place or 0] if with_bytes else None


def holds_bytes(kind: Any) -> bool:
    """Is this the type of bytes, or of a struct that has them?"""
    name = str(kind)
    return name in ("binary", "large_binary", "binary_view") or (name.startswith("struct<") and "bytes: " in name)


class ParquetPictures(NamedPictures):
    """Pictures by `FILE:ROW`, as Parquet holds them."""

    def __init__(self, root: Path, columns: dict[str, str]):
        """columns: file, as a path from root on -> its column of pictures."""
        super().__init__(root)
        self._columns = columns
        self._groups: OrderedDict[tuple[str, int], list[Any]] = OrderedDict()
        self._lock = threading.Lock()

    below: Any = ()  # there are no files that nothing names

    @cached_property
    def _starts(self) -> dict[str, list[int]]:
        """file -> the first row of every row group, and the number of rows."""
        starts = {}
        for file in self._columns:
            footer = opened(self.root / file).metadata
            starts[file] = [0]
            for group in range(footer.num_row_groups):
                starts[file].append(starts[file][-1] + footer.row_group(group).num_rows)
        return starts

    def find(self, name: str, beside: str = "", split: str | None = None) -> str | None:
        return name

    def read(self, stored: str) -> bytes:
        file, _, number = stored.rpartition(":")
        row, starts = int(number), self._starts[file]
        group = next(i for i in range(len(starts) - 1) if row < starts[i + 1])
        with self._lock:  # one thread reads a group, the others find it read
            key = file, group
            if key not in self._groups:
                column = self._columns[file]
                table = opened(self.root / file).read_row_group(group, columns=[column])
                self._groups[key] = table.column(column)
            self._groups.move_to_end(key)
            while len(self._groups) > GROUPS_KEPT:
                self._groups.popitem(last=False)
            value = self._groups[key][row - starts[group]].as_py()
        content, path = (value.get("bytes"), value.get("path")) if isinstance(value, dict) else (value, None)
        if content is None and path and (elsewhere := super().find(path)):
            return (self.root / elsewhere).read_bytes()  # `datasets` writes paths where it did not copy the files
        if not isinstance(content, bytes):
            raise ValueError(
                f"{self.root / file} row {row + 1} holds no picture{f', and there is no {path}' if path else ''}"
            )
        return content

    def open(self, stored: str) -> Image.Image:
        file, _, number = stored.rpartition(":")
        return to_rgb(open_image(io.BytesIO(self.read(stored)), f"{self.root / file} row {int(number) + 1}"))


def entries_of(path: Path, pictures: str, source: DataSource, left_out: LeftOut, told: str | None) -> Iterator[Entry]:
    """The captions of every row; pictures are not read. pictures: their column."""
    names = opened(path).schema_arrow.names
    columns, named = columns_beside(str(path), pictures, names, source, left_out)
    rows = ((where, {pictures: "", **row}) for where, row in rows_of(path, columns))
    for number, entry in enumerate(as_entries(str(path), rows, named, left_out)):
        yield entry._replace(name=str(number), split=entry.split or told)


def open_split(source: DataSource, split: str) -> Captioned | Labelled:
    """One split, with captions or with classes. ValueError where pyarrow, pictures or captions are missing."""
    root = source.path.parent if source.path.is_file() else source.path
    files = {path.relative_to(root).as_posix(): path for path in parquet_files(source)}
    left_out: LeftOut = {}
    columns = {}
    for file, path in files.items():
        column = picture_column(opened(path).schema_arrow, source)
        if column is None and find_columns(opened(path).schema_arrow.names, source):
            return open_paths(files, root, source, split)
        if column is None:
            raise ValueError(f"{path} {no_columns(', '.join(opened(path).schema_arrow.names), source)}")
        columns[file] = column
    pictures = ParquetPictures(root, columns)
    schema = opened(next(iter(files.values()))).schema_arrow
    if label := label_column(schema.names, kinds_in(schema), source):
        return labelled(files, pictures, label, split)

    def entries() -> Iterator[tuple[Unit, str, Entry]]:
        for file, path in files.items():
            for entry in entries_of(path, columns[file], source, left_out, split_told(file)):
                yield Unit(f"rows of {file}", str(path)), "", entry._replace(name=f"{file}:{entry.name}")

    title = f"Parquet, {shown_files(files)}"
    return Captioned("parquet", title, pictures, entries(), split, left_out)


def open_paths(files: Mapping[str, Path], root: Path, source: DataSource, split: str) -> Captioned:
    """One split of tables with the paths of pictures in place of their bytes."""
    left_out: LeftOut = {}

    def entries() -> Iterator[tuple[Unit, str, Entry]]:
        for file, path in files.items():
            beside = str(PurePosixPath(file).parent)
            for entry in as_entries(str(path), rows_of(path), source, left_out, split_told(file)):
                yield Unit(f"rows of {file}", str(path)), "" if beside == "." else beside, entry

    title = f"Parquet with paths, {shown_files(files)}"
    return Captioned("parquet", title, NamedPictures(root), entries(), split, left_out, folders_tell=True)


def shown_files(files: Mapping[str, Path]) -> str:
    """The first three of their names."""
    return ", ".join(list(files)[:3]) + (", ..." if len(files) > 3 else "")


def split_told(file: str) -> str | None:
    """The split that the name of a file tells, or its folder."""
    return split_in(PurePosixPath(file).stem) or split_of_folders(file)


def hub_features(schema: Any) -> dict[str, dict[str, Any]]:
    """column -> its type as `datasets` writes it beside the columns: {"_type": "ClassLabel", "names": [...]}."""
    try:
        found = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return {name: kind for name, kind in found.items() if isinstance(kind, dict)}
    except (AttributeError, KeyError, TypeError, ValueError):
        return {}


def kinds_in(schema: Any) -> dict[str, str]:
    """column -> ClassLabel, string, or another type."""
    told = {name: str(kind.get("_type")) for name, kind in hub_features(schema).items()}
    kinds = {field.name: re.sub(r"large_|dictionary<values=(\w+).*", r"\1", str(field.type)) for field in schema}
    return {name: "ClassLabel" if told.get(name) == "ClassLabel" else kind for name, kind in kinds.items()}


def labelled(files: Mapping[str, Path], pictures: ParquetPictures, column: str, split: str) -> Labelled:
    """One split as pictures with classes; the labels are read at once."""
    names = {file: hub_features(opened(path).schema_arrow).get(column, {}).get("names") for file, path in files.items()}
    values = {
        f"{file}:{number}": label
        for file, path in files.items()
        for number, label in enumerate(as_texts([row[column] for _, row in rows_of(path, [column])], names[file]))
    }
    told = {row: split_told(row.rpartition(":")[0]) for row in values}
    first = next(iter(names.values()))
    labels, classes = as_numbers(values, first or [])
    return Labelled("parquet", f"Parquet with classes, {shown_files(files)}", pictures, labels, told, classes, split)
