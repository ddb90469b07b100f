"""Your own pictures: a folder with a table captions.csv, one row per caption.

The table is UTF-8 with the header `file,caption`, and `split` where you want to decide it yourself:

    file,caption
    dogs/rex.jpg,a brown dog on a beach
    dogs/rex.jpg,"rex, wet and happy"
"""

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath, PureWindowsPath

from PIL import Image

from minclip.data.image_files import pictures_below
from minclip.data.images import open_image, to_rgb
from minclip.data.left_out import LeftOut, note
from minclip.data.splits import SPLITS, canonical_split
from minclip.data.unicode_names import nfc, stored_name

TABLE = "captions.csv"
COLUMNS = ("file", "caption", "split")
VAL_SHARE, TEST_SHARE = 0.1, 0.1  # of the pictures, where the table has no split column


@dataclass(frozen=True)
class Row:
    """One caption of the table and the line that it stands in."""

    line: int
    file: str
    caption: str
    split: str


def is_captioned_folder(root: Path) -> bool:
    """Is there a table of captions?"""
    return (root / TABLE).is_file()


def hashed_split(file: str) -> str:
    """The split of a picture, from its name alone: it stays where it is when others are added.

    >>> hashed_split("dogs/rex.jpg")
    'train'
    """
    share = int.from_bytes(hashlib.sha256(nfc(file).encode("utf-8")).digest()[:8], "big") / 2**64  # 0 to 1, even
    if share < VAL_SHARE:
        return "val"
    return "test" if share < VAL_SHARE + TEST_SHARE else "train"


def read_text(path: Path) -> str:
    """The table's text; ValueError names the line that is not UTF-8."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{path} line {line} is not UTF-8: save the table as UTF-8 (in Excel: CSV UTF-8)") from error


def check_header(path: Path, header: list[str]) -> None:
    """ValueError where a table does not name the columns, which says what it names and how it is separated."""
    if "file" in header and "caption" in header:
        return
    line = ",".join(header)
    marks = {"\t": "tabs", ";": "semicolons", "|": "bars"}
    separated = next((f", separated by {name}" for mark, name in marks.items() if mark in line and "," not in line), "")
    raise ValueError(
        f"{path} line 1 is {line!r}{separated}: it must name the columns file,caption, with commas (other names and "
        f"marks, such as OpenCLIP's filepath and title with tabs, are not read yet)"
    )


def read_rows(root: Path, left_out: LeftOut) -> Iterator[Row]:
    """The rows of the table that have a picture and a caption; the others are counted in left_out.

    ValueError with its line for a fault of the table itself, and for the first row where all rows are left out.
    """
    path = root / TABLE
    if not path.is_file():
        raise ValueError(f"{root} holds no {TABLE}: a table with the columns file,caption")
    # StringIO ends lines at \n and \r alone; str.splitlines would cut a caption at U+2028 and others, too
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    reasons, read = [], 0
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        check_header(path, header)
        for name in header:
            if name not in COLUMNS:
                note(left_out, "columns_unknown", f"columns of {TABLE} are not read", name or "one without a name")
        for cells in reader:
            if not cells:  # an empty line has none
                continue
            cell = named_cells(path, header, cells, reader.line_num)
            stored = find_picture(root, cell["file"])
            if stored and cell["caption"]:
                read += 1
                yield read_row(path, cell, stored, reader.line_num)
                continue
            name, what, reason = why_left_out(root, cell["file"], stored)
            reasons.append(f"line {reader.line_num}: {reason}")
            first = f"line {reader.line_num}: {cell['file']!r}"
            note(left_out, name, f"rows of {TABLE} {what} and are left out", first)
    except csv.Error as error:
        raise ValueError(f"{path} line {reader.line_num}: {error}") from error
    if reasons and not read:
        raise ValueError(f"{path} {reasons[0]} (none of the {len(reasons)} rows can be used)")


def named_cells(path: Path, header: list[str], cells: list[str], line: int) -> dict[str, str]:
    """The cells of a row by their columns; ValueError where there are more or fewer."""
    if len(cells) != len(header):
        raise ValueError(
            f"{path} line {line} has {len(cells)} cells, the header {len(header)}: put a caption with commas in quotes"
        )
    return dict(zip(header, (cell.strip() for cell in cells), strict=True))


def is_absolute(file: str) -> bool:
    """Does a path lead out of the folder by itself, on this system or on Windows?"""
    return PurePosixPath(file).is_absolute() or bool(PureWindowsPath(file).anchor)


def find_picture(root: Path, file: str) -> str | None:
    """The path below root, as it is stored, of a file that the table names; None where there is none in root."""
    path = file.replace("\\", "/")  # as Windows writes it
    if not path or is_absolute(path) or ".." in PurePosixPath(path).parts:
        return None
    return stored_name(root, path)


def why_left_out(root: Path, file: str, stored: str | None) -> tuple[str, str, str]:
    """(name of the note, what it says of such rows, what is said of this one) of a row that is left out."""
    if stored:
        return "captions_empty", "have no caption", f"the caption of {stored} is empty"
    if is_absolute(file):
        reason = f"{file!r} is an absolute path, which is not read: write the path from {root} on"
        return "rows_with_absolute_paths", "name their picture by an absolute path, which is not read,", reason
    return "rows_without_picture", "have no picture", f"there is no picture {file!r} in {root}"


def read_row(path: Path, cell: dict[str, str], file: str, line: int) -> Row:
    """A row from its cells; ValueError that names its line for an unknown split."""
    try:
        split = canonical_split(cell["split"]) if "split" in cell else hashed_split(file)
    except ValueError as error:
        raise ValueError(f"{path} line {line}: {error}") from error
    return Row(line, file, cell["caption"], split)


class Folder:
    """One split of a folder with captions.csv; a `CaptionDataset`.

    Without a split column a tenth of the pictures is val, a tenth test, chosen by their names. `duplicates`
    counts rows (of all splits) that say of a picture what another row said; they are left out. So are rows without a
    picture or a caption: `notes` counts all that is left out, of all splits.
    Raises ValueError that names the line of a fault of the table, or a split without pictures.
    """

    name = "folder"

    def __init__(self, root: str | Path, split: str = "train"):
        self.root, self.split = Path(root), canonical_split(split)
        self._left_out: LeftOut = {}
        captions: dict[str, list[str]] = {}
        splits: dict[str, str] = {}
        for row in read_rows(self.root, self._left_out):
            if splits.setdefault(row.file, row.split) != row.split:
                raise ValueError(
                    f"{self.root / TABLE} line {row.line}: {row.file} is in {splits[row.file]} already, "
                    f"it cannot be in {row.split}, too"
                )
            known = captions.setdefault(row.file, [])
            if row.caption not in known:
                known.append(row.caption)
                continue
            what = f"rows of {TABLE} say what another row says and are left out"
            note(self._left_out, "rows_twice", what, f"line {row.line}: {row.file}")
        self.duplicates = self._left_out.get("rows_twice", {"count": 0})["count"]
        self.files = [file for file in captions if splits[file] == self.split]
        self._captions = [captions[file] for file in self.files]
        self._named = captions.keys()
        if not self.files:
            counts = ", ".join(f"{list(splits.values()).count(name)} {name}" for name in SPLITS)
            raise ValueError(
                f"{self.root} has no picture in its {self.split} split ({counts}): add some or a split column"
            )

    @cached_property
    def notes(self) -> LeftOut:
        """What is left out: rows, columns, and pictures that no row names."""
        others = [file for file in pictures_below(self.root) if file not in self._named]
        left_out = dict(self._left_out)
        if others:
            what = f"pictures of the folder are in no row of {TABLE} and are left out"
            note(left_out, "pictures_not_in_table", what, others[0], len(others))
        return left_out

    def __len__(self) -> int:
        return len(self.files)

    def image(self, index: int) -> Image.Image:
        return to_rgb(open_image(self.root / self.files[index]))

    def captions(self, index: int) -> list[str]:
        return list(self._captions[index])
