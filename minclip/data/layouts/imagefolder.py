"""Hugging Face's ImageFolder with captions: metadata.jsonl, metadata.csv or metadata.parquet beside the pictures.

    train/metadata.jsonl    {"file_name": "0001.png", "text": "a cat on a sofa"}
    train/0001.png

A folder on the way to a picture tells its split: train, validation, test. https://huggingface.co/docs/datasets/image_load
"""

from collections.abc import Iterator
from pathlib import Path

from minclip.data.layouts import class_folders
from minclip.data.layouts.captioned import Captioned, Entry, Unit
from minclip.data.layouts.data_source import DataSource
from minclip.data.layouts.json_files import json_lines
from minclip.data.layouts.named_pictures import NamedPictures, from_table
from minclip.data.layouts.near_files import files_near
from minclip.data.layouts.records import as_entries, lines_known
from minclip.data.layouts.table import is_table, read_table
from minclip.data.left_out import LeftOut

NAMES = ("metadata.jsonl", "metadata.csv", "metadata.parquet")
DEPTH = 3  # data/train/dogs/metadata.csv


def metadata_files(source: DataSource) -> list[Path]:
    """The metadata of a folder and of the folders in it, or the one file that the path is."""
    return files_near(source.path, NAMES.__contains__, DEPTH)


def is_here(source: DataSource) -> bool:
    """Is there such a file? In class folders it may hold something else than captions."""
    files = metadata_files(source)
    return bool(files) and (any(knows_captions(path, source) for path in files) or not class_folders.is_here(source))


def knows_captions(path: Path, source: DataSource) -> bool:
    """Has the table the columns? Parquet always counts."""
    if path.suffix == ".csv":
        return is_table(path, source)
    return path.suffix == ".parquet" or lines_known(path, source)


def entries_of(path: Path, source: DataSource, left_out: LeftOut) -> Iterator[Entry]:
    """The entries of one metadata file."""
    if path.suffix == ".csv":
        return read_table(path, source, left_out)
    if path.suffix == ".parquet":
        from minclip.data.layouts.parquet import rows_of  # here: it needs pyarrow

        return as_entries(str(path), rows_of(path), source, left_out)
    return as_entries(str(path), json_lines(path), source, left_out)


def open_split(source: DataSource, split: str) -> Captioned:
    """One split; a column `split` decides before the folders do."""
    root = source.path.parent if source.path.is_file() else source.path
    files = metadata_files(source)
    left_out: LeftOut = {}

    def entries() -> Iterator[tuple[Unit, str, Entry]]:
        for path in files:
            folder = path.parent.relative_to(root).as_posix()
            beside = "" if folder == "." else folder
            unit = Unit(f"rows of {from_table(beside, path.name)}", str(path))
            for entry in entries_of(path, source, left_out):
                yield unit, beside, entry

    names = ", ".join(path.relative_to(root).as_posix() for path in files[:3]) + (", ..." if len(files) > 3 else "")
    title = f"Hugging Face's ImageFolder, {names}"
    return Captioned("imagefolder", title, NamedPictures(root), entries(), split, left_out, folders_tell=True)
