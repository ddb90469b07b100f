"""Records of pictures and captions: JSON lines, or one JSON list of objects. Columns as in a table (table.py).

{"image": "val2014/1.jpg", "caption": ["a cat on a sofa", "a pet"]}
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from minclip.data.layouts.captioned import Captioned, Entry, Unit, captions_in
from minclip.data.layouts.data_source import DataSource
from minclip.data.layouts.json_files import json_files, read_json
from minclip.data.layouts.named_pictures import NamedPictures
from minclip.data.layouts.table import Columns, find_columns, no_columns, note_unread, read_text
from minclip.data.left_out import LeftOut
from minclip.data.splits import canonical_split, split_in

Record = tuple[str, Any]  # its place in the file, what stands there


def json_lines(path: Path) -> Iterator[Record]:
    """The lines that are not empty. ValueError names the line of one that is no JSON."""
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            try:
                yield f"line {number}", json.loads(line)
            except (ValueError, RecursionError) as error:
                raise ValueError(f"{path} line {number} is no JSON: {error}") from error


def records_in(path: Path) -> Iterator[Record]:
    """The records of a .jsonl, or of a .json that is a list."""
    if path.suffix.lower() == ".jsonl":
        return json_lines(path)
    return ((f"entry {number}", record) for number, record in enumerate(read_json(path), start=1))


def as_entries(
    place: str, records: Iterable[Record], source: DataSource, left_out: LeftOut, told: str | None = None
) -> Iterator[Entry]:
    """Records as entries. place: what errors call the file; told: the split that its name tells, where no record does.

    A record that is no object, or lacks a column, is an entry with a fault. ValueError for an unknown split.
    """
    known: dict[tuple[str, ...], Columns | None] = {}  # by the names in a record: they may differ
    for where, record in records:
        if not isinstance(record, Mapping):
            yield Entry(where, "", [], fault=f"is {str(record)[:60]!r}, not an object")
            continue
        header = tuple(map(str, record))
        if header not in known:
            known[header] = find_columns(header, source)
            if (new := known[header]) and len(known) == 1:
                note_unread(left_out, Path(place).name, header, new)
        if (columns := known[header]) is None:
            yield Entry(where, "", [], fault=no_columns(", ".join(header), source))
            continue
        values = list(record.values())
        if not isinstance(name := values[columns.image], str):
            yield Entry(where, "", [], fault=f"has no text {header[columns.image]!r}")
            continue
        split = told
        if columns.split is not None and values[columns.split] is not None:
            try:
                split = canonical_split(str(values[columns.split]))
            except ValueError as error:
                raise ValueError(f"{place} {where}: {error}") from error
        yield Entry(where, name, [text for i in columns.captions for text in captions_in(values[i])], split)


def columns_beside(
    place: str, pictures: str, names: Sequence[str], source: DataSource, left_out: LeftOut
) -> tuple[list[str], DataSource]:
    """(the columns to read beside that of the pictures, the source in which that one has a name).

    names: all columns. ValueError where no captions are among them. A row for `as_entries` then has "" as its picture.
    """
    header = [pictures, *(name for name in names if name != pictures)]
    named = DataSource("", pictures, source.caption_column, source.split_column)
    columns = find_columns(header, named)
    if columns is None:
        raise ValueError(f"{place} {no_columns(', '.join(names), source)}")
    note_unread(left_out, Path(place).name, header, columns)
    return [header[i] for i in sorted({*columns.captions, columns.split or 0} - {0})], named


def record_files(source: DataSource) -> list[Path]:
    """Every .jsonl, and every .json that begins with a list of objects whose columns are known."""
    return [
        path
        for path in json_files(source.path, (".jsonl", ".json"))
        if path.suffix.lower() == ".jsonl" or is_list(path, source)
    ]


def is_list(path: Path, source: DataSource) -> bool:
    """Is it a JSON list of objects with the columns? Only its beginning is looked at."""
    with path.open("rb") as file:
        beginning = file.read(4096).decode("utf-8-sig", errors="replace").lstrip()
    if not beginning.startswith("["):
        return False
    names = [part for number, part in enumerate(beginning.split('"')) if number % 2]  # what stands in quotes
    return find_columns(names, source) is not None


def is_here(source: DataSource) -> bool:
    return bool(record_files(source))


def open_split(source: DataSource, split: str) -> Captioned:
    """One split of a file of records, or of several whose names may tell their splits."""
    files = record_files(source)
    root = source.path.parent if source.path.is_file() else source.path
    left_out: LeftOut = {}

    def entries() -> Iterator[tuple[Unit, str, Entry]]:
        for path in files:
            told = split_in(path.stem) if len(files) > 1 else None
            beside = path.parent.relative_to(root).as_posix()
            for entry in as_entries(str(path), records_in(path), source, left_out, told):
                yield Unit(f"records of {path.name}", str(path)), "" if beside == "." else beside, entry

    title = f"a list of records, {', '.join(path.name for path in files)}"
    return Captioned("records", title, NamedPictures(root), entries(), split, left_out)
