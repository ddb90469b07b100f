"""The columns of a table, of JSON lines or of Parquet: which one holds the picture, the captions, the split.

A column is known by an option or by a usual name.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from minclip.data.layouts.data_source import DataSource
from minclip.data.left_out import LeftOut, note

MARKS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}
IMAGE = (
    "file",
    "filepath",
    "file_name",
    "filename",
    "image",
    "image_path",
    "image_name",
    "image_file",
    "path",
    "img",
    "img_path",
    "image_id",
)
CAPTION = ("caption", "title", "text", "captions", "comment", "description", "sentence", "sentences", "raw")
SPLIT = ("split",)
JSON_CAPTION = ("caption", "captions", "text", "description")  # in a JSON beside a picture, where a title is a name


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
        f"(image_column=, caption_column= in Python) take other names, or numbers where there is no header"
    )
