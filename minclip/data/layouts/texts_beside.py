"""A text file beside each picture, of the same name, with one caption on each line.

    photos/1.jpg
    photos/1.txt    a cat on a sofa

Also `1.caption`, and `1.jpg.txt`. The texts may be in a folder of their own: images/a/1.jpg and texts/a/1.txt. A folder
on the way tells the split: train, val, test.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from minclip.data.image_files import walk
from minclip.data.layouts.captioned import Captioned, Entry, Unit
from minclip.data.layouts.data_source import DataSource
from minclip.data.layouts.named_pictures import NamedPictures, same
from minclip.data.left_out import LeftOut, note
from minclip.data.unicode_names import nfc

SUFFIXES = (".txt", ".caption")
LARGEST = 1 << 20  # bytes of a text


def files_below(root: Path, suffixes: tuple[str, ...]) -> list[str]:
    """The files with one of the suffixes in a folder and the folders in it, as paths from root on."""
    return [path.relative_to(root).as_posix() for path in sorted(walk(root, [])) if path.suffix.lower() in suffixes]


def stem(path: str) -> str:
    """A path without the suffix of its file."""
    return str(PurePosixPath(path).with_suffix(""))


def top(path: str) -> str:
    """The first folder of a path; "" where there is none."""
    return path.partition("/")[0] if "/" in path else ""


def beside_pictures(pictures: NamedPictures, files: Iterable[str]) -> dict[str, str]:
    """picture -> the file of the same name. Capitals and the form of é may differ where one file alone fits.

    Where no picture has one, and all of the files are in one folder and all pictures in another, these two folders
    count as one.
    """
    known = {nfc(stem(path)): path for path in files}
    spelled: dict[str, list[str]] = {}
    for one in known.values():
        spelled.setdefault(same(stem(one)), []).append(one)
    found: dict[str, str] = {}
    for picture in pictures.below:
        path = known.get(nfc(stem(picture))) or known.get(nfc(picture))
        if path is None and len(alike := spelled.get(same(stem(picture))) or spelled.get(same(picture), [])) == 1:
            path = alike[0]
        if path is not None:
            found[picture] = path
    tops = {top(picture) for picture in pictures.below}, {top(path) for path in known.values()}
    if found or len(tops[0]) != 1 or len(tops[1]) != 1 or "" in tops[0] | tops[1]:
        return found
    moved = {nfc(stem(path).partition("/")[2]): path for path in known.values()}
    return {one: moved[key] for one in pictures.below if (key := nfc(stem(one).partition("/")[2])) in moved}


def is_here(source: DataSource) -> bool:
    """Has any picture a text beside it?"""
    if not source.path.is_dir():
        return False
    texts = files_below(source.path, SUFFIXES)
    return bool(texts) and bool(beside_pictures(NamedPictures(source.path), texts))


def entries_of(pictures: NamedPictures, left_out: LeftOut) -> Iterator[Entry]:
    """An entry for each picture that has a text."""
    texts = files_below(pictures.root, SUFFIXES)
    beside = beside_pictures(pictures, texts)
    for picture, path in beside.items():  # a picture without one is counted as one that nothing names
        if (size := (pictures.root / path).stat().st_size) > LARGEST:
            yield Entry(path, picture, [], fault=f"has {size:,} bytes, the limit is {LARGEST:,}")
            continue
        try:
            lines = (pictures.root / path).read_text(encoding="utf-8-sig").split("\n")
        except UnicodeDecodeError:
            yield Entry(path, picture, [], fault="is not UTF-8: save it as UTF-8")
            continue
        yield Entry(path, picture, [line.strip() for line in lines if line.strip()] or [""])
    if alone := sorted(set(texts) - set(beside.values())):
        what = "text files are of no picture, or of one that has another text"
        note(left_out, "texts_without_picture", what, alone[0], len(alone))


def open_split(source: DataSource, split: str) -> Captioned:
    pictures = NamedPictures(source.path)
    left_out: LeftOut = {}
    unit = Unit("texts", str(source.path))
    entries = ((unit, "", entry) for entry in entries_of(pictures, left_out))
    title = "pictures with a text beside each"
    return Captioned("texts", title, pictures, entries, split, left_out, folders_tell=True)
