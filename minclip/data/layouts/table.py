"""Tables of pictures and captions: captions.csv, OpenCLIP's CSV and TSV, and others, with a header and UTF-8.

    filepath	title
    photos/1.jpg	a cat on a sofa

A column is known by an option or by a usual name. Cells are separated by whichever mark gives both columns.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from minclip.data.layouts.captioned import Captioned, Entry, Unit, captions_in
from minclip.data.layouts.data_source import DataSource
from minclip.data.layouts.named_pictures import NamedPictures
from minclip.data.left_out import LeftOut, note
from minclip.data.splits import canonical_split, split_in

TABLE = "captions.csv"  # is the only one that is read where it is there (folder.py)
SUFFIXES = (".csv", ".tsv")
ALSO = ("captions.txt",)  # Kaggle's
MARKS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}
IMAGE = ("file", "filepath", "file_name", "filename", "image", "image_path", "image_name", "image_file", "path", "img")
CAPTION = ("caption", "title", "text", "captions", "comment", "description", "sentence", "raw")
SPLIT = ("split",)


class Columns(NamedTuple):
    """Where in a row the picture, its captions and its split are."""

    image: int
    captions: tuple[int, ...]  # several where they are numbered: caption_0, caption_1
    split: int | None

    @property
    def read(self) -> set[int | None]:
        return {self.image, self.split, *self.captions}


def find_column(header: Sequence[str], asked: str | None, usual: Sequence[str]) -> int | None:
    """The place of a column: that of the name that was asked for, else of the first usual name."""
    names = [name.strip().lower() for name in header]
    for name in usual if asked is None else (asked.strip().lower(),):
        if name in names:
            return names.index(name)
    return None


def find_captions(header: Sequence[str], asked: str | None) -> tuple[int, ...]:
    """The places of the captions: one column, or all of the first usual name with numbers; none where there is none.

    >>> find_captions(["image", "caption_0", "caption_1"], None)
    (1, 2)
    """
    one = find_column(header, asked, CAPTION)
    if one is not None or asked is not None:
        return () if one is None else (one,)
    names = [name.strip().lower() for name in header]
    for usual in CAPTION:
        if found := tuple(i for i, name in enumerate(names) if re.fullmatch(rf"{usual}_?\d+", name)):
            return found
    return ()


def find_columns(header: Sequence[str], source: DataSource) -> Columns | None:
    """The columns of a table; None where the picture's or the caption's is missing, or a split's that was asked for."""
    image = find_column(header, source.image_column, IMAGE)
    captions = find_captions(header, source.caption_column)
    split = find_column(header, source.split_column, SPLIT)
    if image is None or not captions or (split is None and source.split_column is not None):
        return None
    return Columns(image, captions, split)


def note_unread(left_out: LeftOut, where: str, header: Sequence[str], columns: Columns) -> None:
    """Counts the columns that are not read."""
    unread = [name.strip() for place, name in enumerate(header) if place not in columns.read]
    if unread:
        note(left_out, "columns_unknown", f"columns of {where} are not read", unread[0] or "no name", len(unread))


def no_columns(header: str, source: DataSource) -> str:
    """The error of a header without the columns, after the place of the header: what was looked for, what there is."""
    asked = {"image": source.image_column, "caption": source.caption_column, "split": source.split_column}
    usual = {"image": IMAGE, "caption": CAPTION}
    sought = [
        f"{name} column {one!r}" if one else f"{name} column called {', '.join(usual[name])}"
        for name, one in asked.items()
        if one or name in usual
    ]
    separated = next((f", separated by {name}" for mark, name in MARKS.items() if mark in header and mark != ","), "")
    return (
        f"is {header[:120]!r}{separated}: looked for an {' and a '.join(sought)}; --image-column and --caption-column "
        f"(image_column=, caption_column= in Python) take other names"
    )


def read_text(path: Path) -> str:
    """The table's text; ValueError names the line that is not UTF-8."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{path} line {line} is not UTF-8: save the table as UTF-8 (in Excel: CSV UTF-8)") from error


def first_line(path: Path) -> str:
    """The beginning of the header, whatever the file is."""
    with path.open("rb") as file:
        return file.readline(4096).decode("utf-8-sig", errors="replace").strip("\r\n")


def mark_of(header: str, source: DataSource) -> str | None:
    """What separates the cells; None where no mark gives the columns."""
    for mark in MARKS:
        if find_columns(next(csv.reader([header], delimiter=mark), []), source):
            return mark
    return None


def is_table(path: Path, source: DataSource) -> bool:
    """Is this file a table whose columns are known?"""
    return mark_of(first_line(path), source) is not None


def tables_in(source: DataSource) -> list[Path]:
    """The tables of a folder, or the one that the path is."""
    root = source.path
    if root.is_file():
        return [root] if root.suffix.lower() in (*SUFFIXES, ".txt") else []
    files = (path for path in sorted(root.iterdir()) if path.is_file() and not path.name.startswith("."))
    return [path for path in files if path.suffix.lower() in SUFFIXES or path.name.lower() in ALSO]


def is_here(source: DataSource) -> bool:
    """Is there a table with columns that are known, under any name?"""
    if source.path.is_file():
        return bool(tables_in(source))
    return any(is_table(path, source) for path in tables_in(source))


def rows_of(path: Path, mark: str) -> Iterator[tuple[int, list[str]]]:
    """(line number, cells) of every row that is not empty. csv.Error where quotes are not closed.

    Tabs may separate texts that are not quoted, in which a quotation mark is a character.
    """
    text = read_text(path)
    # StringIO ends lines at \n and \r alone; str.splitlines would cut a caption at U+2028 and others, too
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    try:
        rows = [(reader.line_num, cells) for cells in reader if cells]
    except csv.Error as error:
        if mark != "\t":
            raise ValueError(f"{path} line {reader.line_num}: {error}") from error
        rows = [
            (number, line.rstrip("\r").split(mark)) for number, line in enumerate(text.split("\n"), 1) if line.strip()
        ]
    yield from rows


def read_table(path: Path, source: DataSource, left_out: LeftOut, told: str | None = None) -> Iterator[Entry]:
    """The rows of a table as entries. told: the split that the file's name tells, where there is no column.

    ValueError with its line for a header without the columns, a row with too many cells, or an unknown split.
    """
    header = first_line(path)
    mark = mark_of(header, source)
    if mark is None:
        read_text(path)  # where it is not UTF-8, that is the reason
        raise ValueError(f"{path} line 1 {no_columns(header, source)}")
    rows = rows_of(path, mark)
    _, names = next(rows)
    columns = find_columns(names, source)
    assert columns is not None
    note_unread(left_out, path.name, names, columns)
    for line, cells in rows:
        if len(cells) > len(names):
            raise ValueError(
                f"{path} line {line} has {len(cells)} cells, the header {len(names)}: put a caption with commas "
                f"in quotes"
            )
        if len(cells) < len(names):
            yield Entry(f"line {line}", cells[0], [], fault=f"has {len(cells)} cells, the header {len(names)}")
            continue
        split = told
        if columns.split is not None:
            try:
                split = canonical_split(cells[columns.split])
            except ValueError as error:
                raise ValueError(f"{path} line {line}: {error}") from error
        captions = [text for place in columns.captions for text in captions_in(cells[place])]
        yield Entry(f"line {line}", cells[columns.image].strip(), captions, split)


def entries_of(
    tables: Sequence[Path], root: Path, source: DataSource, left_out: LeftOut, splits: Mapping[Path, str | None]
) -> Iterator[tuple[Unit, str, Entry]]:
    """The entries of several tables, each with its unit and the folder of its table from root on."""
    for path in tables:
        unit = Unit(f"rows of {path.name}", str(path))
        beside = path.parent.relative_to(root).as_posix()
        for entry in read_table(path, source, left_out, splits.get(path)):
            yield unit, "" if beside == "." else beside, entry


def open_split(source: DataSource, split: str) -> Captioned:
    """One split of a table, or of several whose names tell their splits (train.csv, val.csv)."""
    tables = tables_in(source)
    root = source.path.parent if source.path.is_file() else source.path
    if len(tables) > 1:
        tables = [path for path in tables if is_table(path, source)]
    splits = {path: split_in(path.stem) for path in tables} if len(tables) > 1 else {}
    if len(tables) > 1 and None in splits.values():
        names = ", ".join(path.name for path in tables)
        raise ValueError(
            f"{root} holds several tables ({names}), and their names do not tell a split: pass one of them, such as "
            f"{tables[0]}, or name them train, val and test"
        )
    left_out: LeftOut = {}
    title = f"a table of captions, {', '.join(path.name for path in tables)}"
    entries = entries_of(tables, root, source, left_out, splits)
    return Captioned("table", title, NamedPictures(root), entries, split, left_out)
