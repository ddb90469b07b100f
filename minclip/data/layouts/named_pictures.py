"""The pictures of a data set, found by the names that its table gives them."""

import os
import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath
from posixpath import commonprefix, normpath
from urllib.parse import unquote

from PIL import Image

from minclip.data.image_files import ImageFiles, pictures_below
from minclip.data.images import open_image, to_rgb
from minclip.data.splits import split_in
from minclip.data.unicode_names import nfc, stored_name

FEW = 20  # names of pictures that are looked for, to see where a set was moved from
FILE_ADDRESS = re.compile("file://(?=/)(/(?=[A-Za-z]:))?")  # file:///photos/1.jpg, file:///C:/photos/1.jpg
TARS = "images*.tar"  # a folder of pictures that was never unpacked


def as_path(name: str) -> str:
    """A name with / between folders, and without file:// before it.

    >>> as_path("file:///C:/photos/1.jpg"), as_path("sub\\\\1.jpg")
    ('C:/photos/1.jpg', 'sub/1.jpg')
    """
    return FILE_ADDRESS.sub("", name).replace("\\", "/")


def is_absolute(name: str) -> bool:
    """Does a path lead out of every folder by itself, on this system or on Windows?"""
    return re.match("/|[A-Za-z]:", as_path(name)) is not None


def split_of_folders(path: str) -> str | None:
    """The split that a folder on the way to a picture tells, the first one that does.

    >>> split_of_folders("data/validation/test.png"), split_of_folders("train.png")
    ('val', None)
    """
    return next((split for part in PurePosixPath(path).parts[:-1] if (split := split_in(part))), None)


def splits_of_folders(files: Iterable[str]) -> dict[str, str | None]:
    """file -> the split that its folders tell. A word in a name is no split where most folders have none.

    Folders tell splits where every file has one, or where there are train and another one.

    >>> splits_of_folders(["train/a.png", "test/b.png", "c.png"])
    {'train/a.png': 'train', 'test/b.png': 'test', 'c.png': None}
    >>> splits_of_folders(["dogs/a.png", "test shots/b.png"])
    {'dogs/a.png': None, 'test shots/b.png': None}
    """
    told = {file: None if is_absolute(file) else split_of_folders(file) for file in files}
    there = set(told.values())
    return told if None not in there or ("train" in there and len(there) > 2) else dict.fromkeys(told)


def same(name: str) -> str:
    """One spelling for names that differ in capitals or in the form of é."""
    return nfc(name).casefold()


def last(path: str) -> str:
    """The name at the end of a path."""
    return path.rpartition("/")[2]


def from_table(beside: str, name: str) -> str:
    """A path from root on. beside: the folder of the table that names the picture.

    >>> from_table("train", "../a.png"), from_table("train", "dogs/b.png")
    ('a.png', 'train/dogs/b.png')
    """
    path = as_path(name)
    return normpath(f"{beside}/{path}" if beside else path)


def without(prefix: str, name: str) -> str:
    """A name without the folders before it."""
    return as_path(name).removeprefix(prefix)


class NamedPictures:
    """Finds pictures by names and reads them. root: the folder that holds them.

    A name is looked for in this order: as an absolute path; from the table's folder on; as the end of one path in
    root alone (`val2017/1.jpg` may be `images/val2017/1.jpg`), also where capitals differ or the suffix is left out; in
    root/images*.tar; from the current folder on; with %20 read as a space.
    """

    def __init__(self, root: Path):
        self.root = root
        self._known: dict[tuple[str, str, str | None], str | None] = {}

    @cached_property
    def below(self) -> list[str]:
        """Every picture in root and its folders, as a path from root on."""
        return list(pictures_below(self.root))

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        """File name, with its suffix and without it (`same`) -> the paths that end with it."""
        paths: dict[str, list[str]] = {}
        for path in self.below:
            name = same(last(path))
            for one in {name, name.rpartition(".")[0]}:
                paths.setdefault(one, []).append(path)
        return paths

    @cached_property
    def _tars(self) -> dict[str, ImageFiles]:
        """The tars of pictures by their names."""
        return {path.name: ImageFiles(path) for path in sorted(self.root.glob(TARS)) if path.is_file()}

    def find(self, name: str, beside: str = "", split: str | None = None) -> str | None:
        """What a picture is called here: a path from root on, or an absolute one. None where there is none.

        beside: the folder of the table, as a path from root on. split: of several pictures that the end of a path
        fits, the one in a folder of this split is meant.
        """
        key = name, beside, split
        if key not in self._known:
            path = as_path(name)
            try:
                self._known[key] = self._find(path, beside, split) if path.strip("/") else None
                if self._known[key] is None and (plain := unquote(path)) != path:
                    self._known[key] = self._find(plain, beside, split)
            except OSError:  # a name that is too long, such as a caption in the wrong column
                self._known[key] = None
        return self._known[key]

    def _find(self, path: str, beside: str, split: str | None) -> str | None:
        if is_absolute(path):
            anchor = Path(path).anchor
            found = stored_name(Path(anchor), path[len(anchor) :]) if anchor else None
            return found and self._from_root(f"{anchor}{found}")
        from_root = from_table(beside, path)
        here = from_root if (self.root / from_root).is_file() else stored_name(self.root, from_root)
        return here or self._by_ending(path, split) or self._in_tar(path) or self._from_here(path)

    def _from_root(self, absolute: str) -> str:
        """A path from root on where the picture is in root, else the absolute path."""
        for root in (self.root.absolute(), Path(os.path.realpath(self.root))):
            if Path(absolute).is_relative_to(root):
                return Path(absolute).relative_to(root).as_posix()
        return absolute

    def moved_from(self, names: Sequence[str]) -> str:
        """The folders that all names begin with and that are elsewhere, where what follows them is here; else "".

        A table may come from another machine: C:\\photos\\cat\\1.jpg is here cat/1.jpg.
        """
        paths = [path for path in map(as_path, names) if "://" not in path]
        shared = commonprefix([path.split("/")[:-1] for path in paths])
        if shared[:1] == [".."]:
            return ""  # that leads out of the folder on purpose
        for count in range(1, len(shared) + 1):
            prefix = "/".join(shared[:count]) + "/"
            if any(self.find(path.removeprefix(prefix)) for path in paths[:FEW]):
                return prefix
        return ""

    def alike(self, name: str) -> list[str]:
        """The pictures whose paths end with a name, however it is spelled."""
        path = normpath(as_path(name))
        ends = f"/{same(path)}"
        called = self._by_name.get(last(ends), [])
        found = [one for one in called if f"/{same(one)}".endswith((ends, ends + PurePosixPath(same(one)).suffix))]
        return [one for one in found if nfc(f"/{one}").endswith(f"/{nfc(path)}")] or found  # as it stands, if it does

    def _by_ending(self, path: str, split: str | None) -> str | None:
        found = self.alike(path)
        if len(found) > 1:
            found = [one for one in found if split is not None and split_of_folders(one) == split]
        return found[0] if len(found) == 1 else None  # of several, nobody knows which is meant

    def _in_tar(self, path: str) -> str | None:
        name = last(path)
        return next((f"{tar}/{name}" for tar, files in self._tars.items() if name in files.names), None)

    def _from_here(self, path: str) -> str | None:
        """As open_clip reads the paths of its tables."""
        here = Path(path)
        return self._from_root(here.absolute().as_posix()) if here.is_file() else None

    def open(self, stored: str) -> Image.Image:
        """The picture that `find` found, mode RGB."""
        tar, _, name = stored.partition("/")
        if tar in self._tars:
            return self._tars[tar].open(name)
        return to_rgb(open_image(self.root / stored))

    def read(self, stored: str) -> bytes:
        """Its file as it is."""
        tar, _, name = stored.partition("/")
        return self._tars[tar].read(name) if tar in self._tars else (self.root / stored).read_bytes()
