"""Which files are pictures, and the pictures of a data set by file name: in a folder, or in a .tar never extracted.

No captions and no splits: those are the loaders'. A compressed tar is refused: it has no offsets to read at.
"""

import io
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePath, PurePosixPath

from PIL import Image, ImageFile, features

from minclip.data.images import open_image, to_rgb
from minclip.data.progress import with_progress
from minclip.data.tar_members import tar_members

# formats that Pillow recognises and does not decode by itself: video, what needs another program, notes on a picture
NOT_DECODED = {"MPEG", "EPS", "IPTC"}
NEEDED = {"JPEG2000": "jpg_2000", "AVIF": "avif", "WEBP": "webp"}  # format -> Pillow's feature, which may be missing
CAMERAS = {".arw", ".cr2", ".cr3", ".dng", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2", ".srw"}  # their raw files
DRAWINGS = {".ai", ".emf", ".eps", ".svg", ".wmf", ".xcf"}
# folders that systems and programs put among pictures
OF_SYSTEMS = ("@eaDir", "node_modules", "System Volume Information", "$RECYCLE.BIN", "__MACOSX")
OTHER_PICTURES = CAMERAS | DRAWINGS | {".heic", ".heif", ".jxl", ".exr", ".hdr", ".avif", ".jp2", ".j2k", ".webp"}


def picture_suffixes() -> frozenset[str]:
    """The suffixes of files that Pillow can read here, lower case: .png, .jpg, .avif, ... No .pdf, which it writes.

    Asked anew every time: a plugin such as pillow-heif may have been registered.
    """
    suffixes = {".mpo"}  # two photos of a stereo camera; Pillow reads it as JPEG
    for suffix, kind in Image.registered_extensions().items():
        opener = Image.OPEN[kind][0] if kind in Image.OPEN else None
        stub = isinstance(opener, type) and issubclass(opener, ImageFile.StubImageFile)  # knows of it, decodes nothing
        missing = kind in NEEDED and not features.check(NEEDED[kind])
        if opener is not None and not stub and not missing and kind not in NOT_DECODED:
            suffixes.add(suffix)
    return frozenset(suffixes)


def is_hidden(path: Path) -> bool:
    """Its name begins with a dot: a Mac adds ._a.png to a.png."""
    return path.name.startswith(".")


def is_passed_over(path: Path) -> bool:
    """It is hidden, or a folder of a system or a program, which holds no picture of a person."""
    return is_hidden(path) or path.name in OF_SYSTEMS


def find_pictures(folder: Path, skip: Callable[[Path], bool] = is_passed_over) -> tuple[list[Path], list[Path]]:
    """(pictures, what looks like one and cannot be read) in a folder and the folders in it, sorted.

    Told by the suffix. Linked folders are followed, each folder is read once. What `skip` is true of is passed over,
    a folder with all that is in it, and so are files of other kinds. The second list holds pictures of kinds that
    Pillow does not read here, links that lead nowhere, and folders that may not be read.
    """
    readable = picture_suffixes()
    pictures: list[Path] = []
    others: list[Path] = []
    for path in with_progress(walk(folder, others, skip), "looking for pictures", "files"):
        suffix = path.suffix.lower()
        if suffix in readable:
            (pictures if is_plain_file(path) else others).append(path)
        elif suffix in OTHER_PICTURES:
            others.append(path)
    return sorted(pictures), sorted(others)


def picture_names(names: Iterable[str]) -> list[str]:
    """The file names whose suffix is that of a picture, whether Pillow reads it here or not.

    Hidden files, whose name begins with a dot, are left out: a Mac adds ._a.png to a.png.

    >>> picture_names(["a.PNG", "._a.png", "a.txt", "b.heic"])
    ['a.PNG', 'b.heic']
    """
    suffixes = picture_suffixes() | OTHER_PICTURES
    return [name for name in names if not name.startswith(".") and PurePath(name).suffix.lower() in suffixes]


def pictures_below(root: Path) -> Iterator[str]:
    """The pictures in a folder and the folders in it, as paths from root on, with / on every system; sorted.

    Linked folders are followed, hidden ones and those of systems are not.
    """
    paths = [path.relative_to(root) for path in walk(root, [])]
    pictures = set(picture_names({path.name for path in paths}))
    yield from sorted(path.as_posix() for path in paths if path.name in pictures)


def is_plain_file(path: Path) -> bool:
    """A file, or a link to one; False where one may not even ask, and for a pipe, which would never end."""
    try:
        return path.is_file()
    except OSError:
        return False


def walk(root: Path, locked: list[Path], skip: Callable[[Path], bool] = is_passed_over) -> Iterator[Path]:
    """Everything below root that is no folder and not skipped; folders that may not be read are added to `locked`."""
    seen = {str(above) for above in Path(os.path.realpath(root)).parents}  # a link to one of them is a circle
    waiting = [root]  # and linked folders: last, so that a folder that is also here itself keeps its own name
    while waiting:
        for name, folders, files in os.walk(waiting.pop(0), onerror=lambda error: locked.append(Path(error.filename))):
            real = os.path.realpath(name)
            visible = [] if real in seen else [folder for folder in folders if not skip(Path(name, folder))]
            linked = [folder for folder in visible if Path(name, folder).is_symlink()]
            waiting += [Path(name, folder) for folder in linked]
            folders[:] = [folder for folder in visible if folder not in linked]  # where os.walk goes on
            if real not in seen:
                yield from (path for path in (Path(name, file) for file in files) if not skip(path))
            seen.add(real)


def find_images(root: Path, folders: tuple[str, ...]) -> Path:
    """The first of `folders` that is in root, else its only images*.tar; ValueError where neither is.

    Where an archive was unpacked into a folder of its own name, the inner one holds the pictures.
    """
    for name in folders:
        found = root / name
        while (found / name).is_dir():
            found /= name
        if found.is_dir():
            return found
    tars = sorted(root.glob("images*.tar"))
    if len(tars) != 1:
        raise ValueError(
            f"{root} holds no folder {', '.join(folders)} and {len(tars)} files images*.tar: one is needed"
        )
    return tars[0]


def tar_index(path: Path) -> dict[str, tuple[int, int]]:
    """Where each picture stands in the tar: file name -> (offset, bytes)."""
    members = tar_members(path, "fetch it again, or unpack it first")
    return {PurePosixPath(member.name).name: (member.offset_data, member.size) for member in members if member.isfile()}


class ImageFiles:
    """Pictures of a folder or tar; threads may read at the same time."""

    def __init__(self, where: Path):
        self.where = where
        self._index = None if where.is_dir() else tar_index(where)
        self.names = frozenset(self._index if self._index is not None else (file.name for file in where.iterdir()))

    def open(self, name: str) -> Image.Image:
        """The picture, mode RGB; ValueError or FileNotFoundError names the file."""
        if self._index is None:
            return to_rgb(open_image(self.where / name))
        return to_rgb(open_image(io.BytesIO(self.read(name)), f"{self.where}: {name}"))

    def read(self, name: str) -> bytes:
        """The picture's file as it is; FileNotFoundError names it."""
        if self._index is None:
            return (self.where / name).read_bytes()
        if name not in self._index:
            raise FileNotFoundError(f"{name} is not in {self.where}")
        offset, count = self._index[name]
        with self.where.open("rb") as tar:  # opened anew: no handle is shared by threads or kept from a delete
            tar.seek(offset)
            return tar.read(count)
