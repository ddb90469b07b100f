"""The files in what a teacher downloaded: a folder, a zip, zips within them, or a single file.

Nothing is unpacked to the disk. Refused, each with a line: a path that leads out of the archive, a link, a file that
grows beyond its bound, an archive that grows beyond its bound, one with a password, a broken one. Such a part of a
download costs that part alone.
"""

import stat
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO

MEGABYTE = 1024**2
FILE = 500 * MEGABYTE  # bytes of one file: a notebook with large outputs is cut later
ARCHIVE = 8 * 1024 * MEGABYTE  # bytes of all files of one download
ONES, ONES_FILES = 1024 * MEGABYTE, 10_000  # bytes and files of a zip within it, which is one student's
TIMES = 200  # a file may unpack to this many times its packed size...
FREE = 64 * MEGABYTE  # ...or to this much: a notebook of zeros is no bomb
FILES, DEPTH = 100_000, 4  # files of a download, and zips within zips
OTHERS = (".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz")


@dataclass(frozen=True)
class Entry:
    """One file. path: within the download, a zip counts as a folder of its name without .zip."""

    path: PurePosixPath
    read: Callable[[], bytes]  # raises ValueError where it grows beyond its bound or is broken
    time: datetime | None  # of the last change, in the local time of whoever packed it


@dataclass
class Download:
    """The files of a download, and a line for each part that was refused."""

    entries: list[Entry] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    unpacked: int = 0

    def take(self, entry: Entry, size: int) -> None:
        """ValueError where the download becomes too large."""
        self.unpacked += size
        if self.unpacked > ARCHIVE or len(self.entries) >= FILES:
            raise ValueError(
                f"it would unpack to more than {ARCHIVE // MEGABYTE:,} MB or {FILES:,} files: hand over a part of it"
            )
        self.entries.append(entry)


def download(given: Path) -> Download:
    """All files of a folder, a zip or a single file. ValueError where there is none, or the zip cannot be opened."""
    found = Download()
    if given.is_dir():
        for path in sorted(given.rglob("*")):
            add_file(found, path, PurePosixPath(path.relative_to(given).as_posix()), given)
    elif given.is_file():
        if is_zip(given.name):
            add_zip(found, lambda: given.open("rb"), PurePosixPath(), given.name, depth=1, outermost=True)
        elif given.suffix.lower() in OTHERS:
            raise ValueError(
                f"{given} is packed in a way that cannot be opened here: unpack it, and hand over the folder"
            )
        else:
            add_file(found, given, PurePosixPath(given.name), given.parent)
    else:
        raise ValueError(f"{given} is not there: name the zip or the folder that your platform gave you")
    return found


def is_zip(name: str) -> bool:
    return name.lower().endswith(".zip")


def add_file(found: Download, path: Path, within: PurePosixPath, root: Path) -> None:
    if path.is_symlink():
        found.refused.append(f"{within}: a link, which is not followed")
    elif path.is_file():
        if is_zip(path.name):
            add_zip(found, lambda: path.open("rb"), within.with_suffix(""), str(within), depth=1)
        elif (state := path.stat()).st_size > FILE:
            found.refused.append(f"{within}: it has {state.st_size // MEGABYTE:,} MB")
        else:
            found.take(Entry(within, path.read_bytes, datetime.fromtimestamp(state.st_mtime)), state.st_size)


def add_zip(
    found: Download, opened: Callable[[], BinaryIO], root: PurePosixPath, name: str, depth: int, outermost: bool = False
) -> None:
    """The files of a zip. One that cannot be opened costs itself alone, unless it is the download."""
    try:
        packed = zipfile.ZipFile(opened())
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        if outermost:
            raise ValueError(f"{name} is no zip that can be opened ({error}): download it again") from error
        found.refused.append(f"{name}: no zip that can be opened ({error})")
        return
    members = packed.infolist()
    size = sum(info.file_size for info in members)
    if not outermost and (size > ONES or len(members) > ONES_FILES):
        found.refused.append(f"{name}: it would unpack to {size // MEGABYTE:,} MB in {len(members):,} files")
        return
    for info in members:
        if info.is_dir():
            continue
        within = safe_path(info)
        if within is None:
            found.refused.append(f"{name}: {info.filename!r} would be written outside of its folder, or is a link")
        elif info.flag_bits & 1:
            found.refused.append(f"{name}: {info.filename} asks for a password")
        elif info.file_size > max(FREE, TIMES * info.compress_size) or info.file_size > FILE:
            found.refused.append(f"{name}: {info.filename} would unpack to {info.file_size // MEGABYTE:,} MB")
        elif is_zip(info.filename):
            if depth == DEPTH:
                found.refused.append(f"{name}: {info.filename} is a zip within {depth} others")
            else:
                inner = f"{name}/{info.filename}"
                add_zip(found, opener(reader(packed, info)), root / within.with_suffix(""), inner, depth + 1)
        else:
            found.take(Entry(root / within, reader(packed, info), time_of(info)), info.file_size)


def opener(read: Callable[[], bytes]) -> Callable[[], BinaryIO]:
    return lambda: BytesIO(read())


def reader(packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], bytes]:
    """Reads one file, and no more bytes than it says that it has."""

    def read() -> bytes:
        try:
            with packed.open(info) as file:
                return file.read(info.file_size)
        except Exception as error:  # zlib.error, lzma.LZMAError, RuntimeError: whatever a broken stream gives
            raise ValueError(f"it cannot be unpacked ({error})") from error

    return read


def safe_path(info: zipfile.ZipInfo) -> PurePosixPath | None:
    """The path within the archive; None where it leads out of it, or is a link."""
    name = name_in(info).replace("\\", "/")
    parts = PurePosixPath(name).parts
    leads_out = name.startswith("/") or ".." in parts or any(":" in part[:2] for part in parts[:1])
    kind = stat.S_IFMT(info.external_attr >> 16)
    if leads_out or not parts or kind not in (0, stat.S_IFREG):
        return None
    return PurePosixPath(*(clean(part) for part in parts))


def name_in(info: zipfile.ZipInfo) -> str:
    """Macs write names in UTF-8 and do not say so: Python reads them in the letters of the first PCs."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def clean(part: str) -> str:
    """A name without what no file system takes."""
    return "".join("_" if character in '<>:"|?*' or ord(character) < 32 else character for character in part)


def time_of(info: zipfile.ZipInfo) -> datetime | None:
    try:
        return datetime(*info.date_time) if info.date_time > (1980, 1, 1, 0, 0, 0) else None
    except ValueError:  # month 0, as some programs write it
        return None
