"""A text file beside each picture, of the same name, with one caption on each line.

    photos/1.jpg
    photos/1.txt    a cat on a sofa

Also `1.caption`, and `1.jpg.txt`. A folder on the way tells the split: train, val, test.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from minclip.data.image_files import walk
from minclip.data.layouts.captioned import Captioned, Entry, Unit
from minclip.data.layouts.data_source import DataSource
from minclip.data.layouts.named_pictures import NamedPictures, split_of_folders
from minclip.data.left_out import LeftOut, note
from minclip.data.unicode_names import nfc

SUFFIXES = (".txt", ".caption")
LARGEST = 1 << 20  # bytes of a text


def texts_below(root: Path) -> dict[str, str]:
    """The text files in a folder and the folders in it: path without its suffix (nfc) -> path, from root on."""
    paths = (path.relative_to(root).as_posix() for path in sorted(walk(root, [])) if path.suffix.lower() in SUFFIXES)
    return {nfc(str(PurePosixPath(path).with_suffix(""))): path for path in paths}


def text_of(picture: str, texts: dict[str, str]) -> str | None:
    """The text of a picture: 1.txt or 1.jpg.txt."""
    return texts.get(nfc(str(PurePosixPath(picture).with_suffix("")))) or texts.get(nfc(picture))


def is_here(source: DataSource) -> bool:
    """Has any picture a text beside it?"""
    if not source.path.is_dir():
        return False
    texts = texts_below(source.path)
    return bool(texts) and any(text_of(picture, texts) for picture in NamedPictures(source.path).below)


def entries_of(pictures: NamedPictures, left_out: LeftOut) -> Iterator[Entry]:
    """An entry for each picture that has a text."""
    texts, used = texts_below(pictures.root), set()
    for picture in pictures.below:
        path = text_of(picture, texts)
        if path is None:
            continue  # it is counted as one that nothing names
        used.add(path)
        if (size := (pictures.root / path).stat().st_size) > LARGEST:
            yield Entry(path, picture, [], fault=f"has {size:,} bytes, the limit is {LARGEST:,}")
            continue
        try:
            lines = (pictures.root / path).read_text(encoding="utf-8-sig").split("\n")
        except UnicodeDecodeError:
            yield Entry(path, picture, [], fault="is not UTF-8: save it as UTF-8")
            continue
        captions = [line.strip() for line in lines if line.strip()] or [""]
        yield Entry(path, picture, captions, split_of_folders(picture))
    for path in texts.values():
        if path not in used:
            note(left_out, "texts_without_picture", "text files have no picture beside them", path)


def open_split(source: DataSource, split: str) -> Captioned:
    pictures = NamedPictures(source.path)
    left_out: LeftOut = {}
    unit = Unit("texts", str(source.path))
    entries = ((unit, "", entry) for entry in entries_of(pictures, left_out))
    return Captioned("texts", "pictures with a text beside each", pictures, entries, split, left_out)
