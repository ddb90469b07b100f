"""Tables of pictures and captions: captions.csv, OpenCLIP's CSV and TSV, Flickr30k's .token, and others, in UTF-8.

    filepath	title
    photos/1.jpg	a cat on a sofa

A column is known by an option or by a usual name; without a header by what is in it (headerless.py). Cells are
separated by whichever mark gives both columns.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from minclip.data.layouts.captioned import Captioned, Entry, Unit
from minclip.data.layouts.cells import captions_in
from minclip.data.layouts.columns import MARKS, Columns, find_columns, no_columns, note_unread
from minclip.data.layouts.data_source import DataSource
from minclip.data.layouts.headerless import LOOKED_AT, columns_by_content, how_read, picture_in
from minclip.data.layouts.named_pictures import NamedPictures
from minclip.data.layouts.near_files import files_near, shown_names
from minclip.data.left_out import LeftOut
from minclip.data.splits import canonical_split, split_in

TABLE = "captions.csv"  # is the only one that is read where it is there (folder.py)
SUFFIXES = (".csv", ".tsv", ".token")  # the last one is Flickr30k's, and has no header
ALSO = ("captions.txt",)  # Kaggle's
BEGINNING = 1 << 16  # bytes of a file that are looked at
MARK_LINE = re.compile(r"sep=.", re.IGNORECASE)  # stands above the header where Excel reads another mark


class Form(NamedTuple):
    """How a table is written."""

    mark: str  # between cells
    columns: Columns
    header: bool


def read_text(path: Path) -> str:
    """The table's text; ValueError names the line that is not UTF-8."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{path} line {line} is not UTF-8: save the table as UTF-8 (in Excel: CSV UTF-8)") from error


def first_lines(path: Path) -> list[str]:
    """The header and some rows, as far as they are not empty, whatever the file is; [""] for an empty one."""
    with path.open("rb") as file:
        text = file.read(BEGINNING).decode("utf-8-sig", errors="replace")
    lines = [line for line in re.split("\r\n|\r|\n", text) if line.strip()] or [""]
    return lines[1:] if MARK_LINE.fullmatch(lines[0].strip()) and len(lines) > 1 else lines


def first_line(path: Path) -> str:
    """The beginning of the header, whatever the file is."""
    return first_lines(path)[0][:4096]


def form_of(path: Path, source: DataSource) -> Form | None:
    """How a table is written; None where no mark gives the columns, by a header or by what is in the first rows."""
    lines = first_lines(path)
    for mark in MARKS:
        if columns := find_columns(next(csv.reader(lines[:1], delimiter=mark), []), source):
            return Form(mark, columns, True)
    if path.suffix.lower() == ".json" or not lines[0]:
        return None
    for mark in sorted(MARKS, key=lambda mark: (mark == "\t") == (path.suffix.lower() == ".csv")):
        reader = csv.reader(lines[: LOOKED_AT + 1], delimiter=mark)
        try:
            rows = [cells for _, cells in zip(range(LOOKED_AT), reader, strict=False) if cells]
        except csv.Error:
            continue
        if columns := columns_by_content(rows, source):
            return Form(mark, columns, False)
    return None


def title_of(tables: Sequence[Path], root: Path, source: DataSource) -> str:
    """What the tables are called in the line on what was found, and how one without a header was understood."""
    forms = [form_of(path, source) for path in tables]
    guessed = next((form.columns for form in forms if form is not None and not form.header), None)
    return f"a table of captions, {shown_names(tables, root)}{f' ({how_read(guessed)})' if guessed else ''}"


def is_table(path: Path, source: DataSource) -> bool:
    """Is this file a table whose columns are known?"""
    return form_of(path, source) is not None


def tables_in(source: DataSource) -> list[Path]:
    """The tables of a folder, else those of its folders that tell a split; or the one that the path is."""
    root = source.path
    if root.is_file():
        return [root] if root.suffix.lower() in (*SUFFIXES, ".txt") else []
    found = files_near(root, lambda name: name.lower().endswith((*SUFFIXES, *ALSO)), depth=1)
    found = [path for path in found if path.suffix.lower() in SUFFIXES or path.name.lower() in ALSO]
    here = [path for path in found if path.parent == root]
    return here or [path for path in found if split_in(path.parent.name) or path.suffix.lower() == ".token"]


def is_here(source: DataSource) -> bool:
    """Is there a table with columns that are known, under any name?"""
    if source.path.is_file():
        return bool(tables_in(source))
    return any(is_table(path, source) for path in tables_in(source))


def rows_of(path: Path, mark: str) -> list[tuple[int, list[str]]]:
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
    return rows[1:] if rows and MARK_LINE.fullmatch(mark.join(rows[0][1]).strip()) else rows


def read_table(path: Path, source: DataSource, left_out: LeftOut, told: str | None = None) -> Iterator[Entry]:
    """The rows of a table as entries. told: the split that the file's name tells, where there is no column.

    ValueError with its line for a table without the columns, a row with too many cells, or an unknown split.
    """
    form = form_of(path, source)
    if form is None:
        read_text(path)  # where it is not UTF-8, that is the reason
        raise ValueError(f"{path} line 1 {no_columns(first_line(path), source)}")
    rows = rows_of(path, form.mark)
    first, names = rows[0]
    columns = form.columns
    if form.header:
        note_unread(left_out, path.name, names, columns)
    wanted = f"the header {len(names)}" if form.header else f"line {first} has {len(names)}"
    for line, cells in rows[form.header :]:
        if len(cells) > len(names) or (len(cells) < len(names) and not form.header):
            raise ValueError(
                f"{path} line {line} has {len(cells)} cells, {wanted}: put a caption with commas in quotes"
            )
        if len(cells) < len(names):
            yield Entry(f"line {line}", cells[0], [], fault=f"has {len(cells)} cells, {wanted}")
            continue
        split = told
        if columns.split is not None and (name := cells[columns.split].strip()):
            try:
                split = canonical_split(name)
            except ValueError as error:
                raise ValueError(f"{path} line {line}: {error}") from error
        captions = [text for place in columns.captions for text in captions_in(cells[place])]
        picture = cells[columns.image].strip()
        yield Entry(f"line {line}", picture if form.header else picture_in(picture) or picture, captions, split)


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
    """One split of a table, or of several whose names or folders tell their splits (train.csv, val/captions.csv)."""
    tables = tables_in(source)
    root = source.path.parent if source.path.is_file() else source.path
    if len(tables) > 1:
        tables = [path for path in tables if is_table(path, source)]
    splits = {path: split_in(path.relative_to(root).with_suffix("").as_posix()) for path in tables}
    if len(tables) > 1 and None in splits.values():
        names = ", ".join(path.name for path in tables)
        raise ValueError(
            f"{root} holds several tables ({names}), and their names do not tell a split: pass one of them, such as "
            f"{tables[0]}, or name them train, val and test"
        )
    left_out: LeftOut = {}
    entries = entries_of(tables, root, source, left_out, splits if len(tables) > 1 else {})
    title = title_of(tables, root, source)
    return Captioned("table", title, NamedPictures(root), entries, split, left_out, folders_tell=True)
