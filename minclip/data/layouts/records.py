"""Records of pictures and captions: JSON lines, or a JSON with lists of objects. Columns as in a table (table.py).

[{"image": "val2014/1.jpg", "caption": ["a cat on a sofa", "a pet"]}]
{"val2014/1.jpg": "a cat on a sofa"}
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from minclip.data.image_files import picture_names
from minclip.data.layouts.captioned import Captioned, Entry, Unit
from minclip.data.layouts.cells import captions_in
from minclip.data.layouts.columns import Columns, find_columns, no_columns, note_unread
from minclip.data.layouts.data_source import DataSource
from minclip.data.layouts.json_files import LARGEST, LINES, json_files, json_lines, read_json
from minclip.data.layouts.named_pictures import NamedPictures, last
from minclip.data.layouts.near_files import shown_names
from minclip.data.layouts.table import first_lines
from minclip.data.left_out import LeftOut
from minclip.data.splits import canonical_split, split_in

Record = tuple[str, Any]  # its place in the file, what stands there


def records_in(path: Path, source: DataSource) -> Iterator[tuple[str | None, Record]]:
    """(the split that is told, record) of JSON lines, or of a JSON whose form is known."""
    if is_lines(path):
        yield from ((None, record) for record in json_lines(path))
        return
    for told, records in lists_in(read_json(path), source):
        place = f"{told} entry" if told else "entry"
        yield from ((told, (f"{place} {number}", record)) for number, record in enumerate(records, start=1))


def lists_in(content: Any, source: DataSource) -> list[tuple[str | None, list[Any]]]:
    """(the split that is told, records) of what a JSON says; [] where it is none of these:

    [{...}, ...], {"train": [{...}, ...], "val": [...]}, {"annotations": [{...}, ...]}, {"1.jpg": "a cat"}, and
    {"1.jpg": {"caption": "a cat"}}. The last two become records with the column `file`.
    """
    if isinstance(content, list):
        return [(None, content)] if knows_columns(content[:1], source) else []
    if not isinstance(content, Mapping):
        return []
    lists = {str(key): value for key, value in content.items() if isinstance(value, list)}
    known = {key: records for key, records in lists.items() if knows_columns(records[:1], source)}
    if known:
        told = {key: split_in(key) for key in known}
        return (
            [(told[key], records) for key, records in known.items()]
            if all(told.values())
            else [(None, records) for records in list(known.values())[:1]]
        )
    named = {
        name: said
        for name, said in content.items()
        if picture_names([last(name)]) and isinstance(said, str | list | Mapping)
    }
    as_records = [
        {"file": name, **said} if isinstance(said, Mapping) else {"file": name, "caption": said}
        for name, said in named.items()
    ]
    return [(None, as_records)] if len(named) * 2 > len(content) and knows_columns(as_records[:1], source) else []


def knows_columns(records: Sequence[Any], source: DataSource) -> bool:
    """Is the first one an object with the columns?"""
    return any(isinstance(one, Mapping) and find_columns([*map(str, one)], source) is not None for one in records)


def is_lines(path: Path) -> bool:
    """JSON lines: by the suffix, or because the first line is a whole object and there is another one."""
    if path.suffix.lower() in LINES:
        return True
    lines = first_lines(path)
    if len(lines) < 2 or not lines[0].startswith("{") or not lines[1].startswith("{"):
        return False
    try:
        return isinstance(json.loads(lines[0]), dict)
    except (ValueError, RecursionError):
        return False


def lines_known(path: Path, source: DataSource) -> bool:
    """Has the first line of JSON lines the columns?"""
    try:
        with path.open(encoding="utf-8-sig") as file:
            line = next((line for line in file if line.strip()), "")
        return knows_columns([json.loads(line)], source)
    except (ValueError, RecursionError):
        return False


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
        name = values[columns.image]
        if isinstance(name, Mapping):  # as `datasets` writes a picture: {"bytes": None, "path": "1.jpg"}
            name = name.get("path")
        if isinstance(name, int) and not isinstance(name, bool):  # an id, which is the file's name without its suffix
            name = str(name)
        if not isinstance(name, str):
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
    """Every file of JSON lines or JSON whose records have the columns."""
    return [path for path in json_files(source.path, (*LINES, ".json")) if holds_records(path, source)]


def holds_records(path: Path, source: DataSource) -> bool:
    """Are the columns of its records known? Of a list only the beginning is looked at."""
    if is_lines(path):
        return lines_known(path, source)
    beginning = "\n".join(first_lines(path)).lstrip()
    if beginning.startswith("["):
        names = [part for number, part in enumerate(beginning[:4096].split('"')) if number % 2]  # what is in quotes
        return find_columns(names, source) is not None
    if not beginning.startswith("{") or path.stat().st_size > LARGEST:
        return False
    try:
        return bool(lists_in(read_json(path), source))
    except ValueError:
        return False


def is_here(source: DataSource) -> bool:
    """Is there such a file? The path may be JSON lines: what is wrong with them is said by line."""
    return bool(record_files(source)) or (source.path.is_file() and source.path.suffix.lower() in LINES)


def open_split(source: DataSource, split: str) -> Captioned:
    """One split of a file of records, or of several whose names or folders may tell their splits."""
    files = record_files(source) or [source.path]
    root = source.path.parent if source.path.is_file() else source.path
    left_out: LeftOut = {}

    def entries() -> Iterator[tuple[Unit, str, Entry]]:
        for path in files:
            of_file = split_in(path.relative_to(root).with_suffix("").as_posix()) if len(files) > 1 else None
            beside = path.parent.relative_to(root).as_posix()
            unit = Unit(f"records of {path.name}", str(path))
            for told, records in groupby(records_in(path, source), key=itemgetter(0)):
                for entry in as_entries(str(path), (one for _, one in records), source, left_out, told or of_file):
                    yield unit, "" if beside == "." else beside, entry

    title = f"a list of records, {shown_names(files, root)}"
    return Captioned("records", title, NamedPictures(root), entries(), split, left_out, folders_tell=True)
