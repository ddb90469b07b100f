"""Where data sets live, and how a file is written: whole or not at all.

No format is known here. Everything that minclip writes goes through `atomic_write`.
"""

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

FULL_DISK = {
    errno.ENOSPC,
    getattr(errno, "EDQUOT", errno.ENOSPC),
}  # no room, and no quota left (not on Windows)
READ_ONLY = {errno.EACCES, errno.EPERM, errno.EROFS}
NO_FOLDER = {errno.ENOTDIR, errno.EEXIST}  # where a folder is to be made and a file is on the way


def clone_root() -> Path | None:
    """The clone of the repository that this file belongs to; None where minclip is installed without one."""
    clone = Path(__file__).resolve().parents[2]
    # the index of the data cards: another package named `datasets` beside an installed minclip has none
    return clone if (clone / "datasets" / "README.md").is_file() else None


def data_root() -> Path:
    """The folder with one sub-folder per data set.

    The environment variable MINCLIP_DATA; else `datasets/` of the clone that this file belongs to; else
    ~/.cache/minclip. It need not exist yet.
    """
    if chosen := os.environ.get("MINCLIP_DATA"):
        return Path(chosen).expanduser()
    clone = clone_root()
    return clone / "datasets" if clone else Path.home() / ".cache" / "minclip"


def explain(error: OSError, path: Path) -> OSError:
    """The same error with a sentence that names the folder or file; itself where there is nothing to add."""
    if error.errno in FULL_DISK:
        return OSError(error.errno, f"the disk of {path.parent} is full, {path.name} was not written: free some room")
    if error.errno in READ_ONLY:
        return OSError(
            error.errno,
            f"{path.parent} cannot be written to, {path.name} was not written: choose another folder",
        )
    if error.errno in NO_FOLDER:
        file = next((one for one in path.parents if one.is_file()), path.parent)
        return OSError(error.errno, f"{file} is a file, no folder: {path} was not written: choose another place")
    return error


def require_name(path: Path) -> None:
    """ValueError for a path that no file can have: with a NUL, or with half of a character (a lone surrogate)."""
    try:
        is_name = b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        is_name = False
    if not is_name:
        raise ValueError(f"path {str(path)!r:.80} holds a character that no file name can hold: choose another name")


def require_file_name(path: Path) -> Path:
    """The folder above that is there. OSError where the path is a folder, or leads through a file."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, f"{path} is a folder, and was to be a file: choose another name")
    above = next((one for one in path.absolute().parents if one.exists()), path.parent)
    if not above.is_dir():
        raise explain(NotADirectoryError(errno.ENOTDIR, "is no folder"), path)
    return above


def require_place(path: Path) -> None:
    """The error that `atomic_write` would raise for a place where no file can be: before an hour of work."""
    above = require_file_name(path)
    if not os.access(above, os.W_OK):
        raise explain(PermissionError(errno.EACCES, "cannot be written to"), path)


def require_writable(folder: str | Path, way_out: str) -> None:
    """ValueError where a folder is a file, or cannot be made or written to: asked before an hour of work."""
    folder = Path(folder)
    here = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not here.is_dir():
        raise ValueError(f"{here} is a file: {way_out}")
    if not os.access(here, os.W_OK):
        raise ValueError(f"{here} cannot be written to: {way_out}")


@contextmanager
def atomic_write(path: str | Path) -> Iterator[BinaryIO]:
    """A file to write bytes into, which takes the name `path` when the block ends without an error.

    Until then an older file of that name stays as it is; after an error nothing is left. Missing folders are
    made. Raises OSError that names the folder where it is full or cannot be written to, or the file.

        with atomic_write("report.json") as file:
            file.write(b"{}")
    """
    path = Path(path)
    require_name(path)
    require_place(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")  # one per writer
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # else a crash may leave the name without the content
        temporary.replace(path)
    except OSError as error:
        clear = explain(error, path)
        if clear is error and str(error.filename) == str(temporary):  # a name that nobody has given
            clear = OSError(error.errno, f"{path} was not written: {error.strerror}")
        raise clear from error
    finally:
        with suppress(OSError):  # or it would stand in the place of the error that matters
            temporary.unlink(missing_ok=True)
