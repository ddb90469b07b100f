"""Your own pictures: a folder with a table captions.csv, one row per caption.

The table is UTF-8 with the header `file,caption`, and `split` where you want to decide it yourself:

    file,caption
    dogs/rex.jpg,a brown dog on a beach
    dogs/rex.jpg,"rex, wet and happy"
"""

import csv
import hashlib
import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from PIL import Image

from minclip.data.images import open_image, to_rgb
from minclip.data.splits import SPLITS, canonical_split

TABLE = "captions.csv"
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
    text = unicodedata.normalize("NFC", file)  # a Mac may spell é as two characters
    share = int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:8], "big") / 2**64  # 0 to 1, even
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


def read_rows(root: Path) -> Iterator[Row]:
    """The rows of the table, each checked; the first fault is a ValueError with its line."""
    path = root / TABLE
    if not path.is_file():
        raise ValueError(f"{root} holds no {TABLE}: a table with the columns file,caption")
    # StringIO ends lines at \n and \r alone; str.splitlines would cut a caption at U+2028 and others, too
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if "file" not in header or "caption" not in header:
            raise ValueError(
                f"{path} line 1 is {','.join(header)!r}: it must name the columns file,caption, with commas"
            )
        for cells in reader:
            if cells:  # an empty line has none
                yield read_row(root, header, cells, reader.line_num)
    except csv.Error as error:
        raise ValueError(f"{path} line {reader.line_num}: {error}") from error


def read_row(root: Path, header: list[str], cells: list[str], line: int) -> Row:
    """One row, or a ValueError that names its line."""
    where = f"{root / TABLE} line {line}"
    if len(cells) != len(header):
        raise ValueError(
            f"{where} has {len(cells)} cells, the header {len(header)}: put a caption with commas in quotes"
        )
    row = dict(zip(header, (cell.strip() for cell in cells), strict=True))
    file = row["file"].replace("\\", "/")  # as Windows writes it
    if (
        not file
        or PurePosixPath(file).is_absolute()
        or ".." in PurePosixPath(file).parts
        or not (root / file).is_file()
    ):
        raise ValueError(f"{where}: there is no picture {row['file']!r} in {root}")
    if not row["caption"]:
        raise ValueError(f"{where}: the caption of {file} is empty")
    try:
        split = canonical_split(row["split"]) if "split" in row else hashed_split(file)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    return Row(line, file, row["caption"], split)


class Folder:
    """One split of a folder with captions.csv; a `CaptionDataset`.

    Without a split column a tenth of the pictures is val, a tenth test, chosen by their names. `duplicates`
    counts rows (of all splits) that say of a picture what another row said; they are left out.
    Raises ValueError that names the line of a faulty row, or a split without pictures.
    """

    name = "folder"

    def __init__(self, root: str | Path, split: str = "train"):
        self.root, self.split = Path(root), canonical_split(split)
        self.duplicates = 0
        captions: dict[str, list[str]] = {}
        splits: dict[str, str] = {}
        for row in read_rows(self.root):
            if splits.setdefault(row.file, row.split) != row.split:
                raise ValueError(
                    f"{self.root / TABLE} line {row.line}: {row.file} is in {splits[row.file]} already, "
                    f"it cannot be in {row.split}, too"
                )
            known = captions.setdefault(row.file, [])
            self.duplicates += row.caption in known
            if row.caption not in known:
                known.append(row.caption)
        self.files = [file for file in captions if splits[file] == self.split]
        self._captions = [captions[file] for file in self.files]
        if not self.files:
            counts = ", ".join(f"{list(splits.values()).count(name)} {name}" for name in SPLITS)
            raise ValueError(
                f"{self.root} has no picture in its {self.split} split ({counts}): add some or a split column"
            )

    def __len__(self) -> int:
        return len(self.files)

    def image(self, index: int) -> Image.Image:
        return to_rgb(open_image(self.root / self.files[index]))

    def captions(self, index: int) -> list[str]:
        return list(self._captions[index])
