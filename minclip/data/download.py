"""Fetching a file, going on where a broken download stopped, and unpacking archives without surprises.

Which files there are is in sources.py. The network is touched by `fetch` and by nothing else in minclip.
"""

import gzip
import hashlib
import http.client
import os
import re
import shutil
import ssl
import stat
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile
import zlib
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO

from tqdm import tqdm

from minclip.data.paths import atomic_write, explain
from minclip.data.progress import with_progress

CHUNK = 1 << 20  # bytes read at a time
TIMEOUT = 30  # seconds without a byte
NETWORK = (urllib.error.URLError, ssl.SSLError)  # their errno is not the file system's
# a connection that was there and went away
BROKEN = (http.client.HTTPException, ConnectionError, TimeoutError, ssl.SSLError)
BAD_ARCHIVE = (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, RuntimeError)


def fetch(
    url: str,
    path: str | Path,
    sha256: str | None = None,
    md5: str | None = None,
    size: int | None = None,
    progress: bool = True,
    source: str | Path | None = None,
) -> Path:
    """Brings a file to `path`, checked: from the network, or from `source`, a file that is here already.

    Nothing is fetched where `path` is right already. A broken download is kept as `path`.part, and the next
    call goes on with it. Raises ValueError for a wrong size or checksum (the part is deleted), OSError
    without a network, for an answer that is no file, and for a full disk.
    """
    path = Path(path)
    if not checksum_fault(path, sha256, md5, size):
        return path
    if source is not None:
        return copy(Path(source), path, sha256, md5, size)
    if not url.startswith(("http://", "https://")):  # urllib would read file: and data:, too
        raise ValueError(f"url={url!r} must begin with http:// or https://")
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        download(url, part, size, progress)
    except (OSError, http.client.HTTPException) as error:
        if isinstance(error, OSError) and not isinstance(error, NETWORK):
            clear = explain(error, path)
            if clear is not error:
                raise clear from error
        raise OSError(
            f"cannot fetch {url}: {error}. Run it again, it goes on where it stopped; "
            "or fetch it elsewhere and pass --from FILE"
        ) from error
    if fault := checksum_fault(part, sha256, md5, size):
        part.unlink()
        raise ValueError(
            f"{url} is not the expected file: {fault}. It was deleted; fetch it again, or pass --from FILE"
        )
    part.replace(path)
    return path


def checksum_fault(path: Path, sha256: str | None = None, md5: str | None = None, size: int | None = None) -> str:
    """What differs from the expectation, in words; "" where nothing does."""
    if not path.is_file():
        return "it is not there"
    if size is not None and path.stat().st_size != size:
        return f"expected {size:,} bytes, found {path.stat().st_size:,}"
    for algorithm, expected in (("sha256", sha256), ("md5", md5)):
        if expected is None:
            continue
        with path.open("rb") as file:
            found = digest_of(file, algorithm, path.stat().st_size)
        if found != expected.lower():
            return f"expected {algorithm} {expected}, found {found}"
    return ""


def digest_of(file: BinaryIO, algorithm: str, size: int) -> str:
    """The checksum of an open file, in hexadecimal digits."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    for piece in with_progress(iter(partial(file.read, CHUNK), b""), "checking", "MB", -(-size // CHUNK)):
        digest.update(piece)
    return digest.hexdigest()


def copy(source: Path, path: Path, sha256: str | None, md5: str | None, size: int | None) -> Path:
    """A local file instead of the network; checked in the same way."""
    if not source.is_file():
        raise FileNotFoundError(f"{source} is not there, or is not a file: pass the fetched {path.name} with --from")
    if fault := checksum_fault(source, sha256, md5, size):
        raise ValueError(f"{source} is not the expected file: {fault}")
    with source.open("rb") as original, atomic_write(path) as file:
        pieces = iter(partial(original.read, CHUNK), b"")
        for piece in with_progress(pieces, "copying", "MB", -(-source.stat().st_size // CHUNK)):
            file.write(piece)
    return path


def download(url: str, part: Path, size: int | None, progress: bool) -> None:
    """Fills `part` from where it ends. A connection that breaks is taken up again while that brings bytes."""

    def received() -> int:
        return part.stat().st_size if part.is_file() else 0

    while True:
        before = received()
        try:
            return receive(url, part, before, size, progress)
        except BROKEN:
            if received() <= before:
                raise


def receive(url: str, part: Path, start: int, size: int | None, progress: bool) -> None:
    """One connection: asks for the bytes from `start` on and writes what comes behind them."""
    request = urllib.request.Request(url, headers={"User-Agent": "minclip"})
    if start:
        request.add_header("Range", f"bytes={start}-")
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code != 416 or not start:
            raise
        total = re.fullmatch(r"bytes \*/(\d+)", error.headers.get("Content-Range") or "")
        if total and int(total[1]) == start:  # the part was complete
            return None
        part.unlink()  # longer than the file: of another version
        return receive(url, part, 0, size, progress)
    with response:
        offset = int((re.match(r"bytes (\d+)-", response.headers.get("Content-Range") or "") or ["", "0"])[1])
        if response.status == 206 and offset != start:
            raise http.client.HTTPException(
                f"asked for the bytes from {start} on, the server sent those from {offset} on"
            )
        resumed = response.status == 206  # 200: this server sends everything again
        begin = start if resumed else 0
        length = response.headers.get("Content-Length")
        total_bytes = begin + int(length) if length else size
        with (
            part.open("ab" if resumed else "wb") as file,
            tqdm(
                total=total_bytes,
                initial=begin,
                desc=part.stem,
                unit="B",
                unit_scale=True,
                disable=not progress,
            ) as bar,
        ):
            while chunk := response.read(CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
            file.flush()
            os.fsync(file.fileno())
    if length and part.stat().st_size < begin + int(length):
        raise http.client.HTTPException(
            f"the connection broke off at {part.stat().st_size:,} of {begin + int(length):,} bytes"
        )


def unpack(archive: str | Path, folder: str | Path) -> Path:
    """Unpacks a .zip or .tar(.gz, .xz, .bz2) into `folder`, which takes its contents when all is unpacked.

    Raises ValueError for an archive that is broken or reaches outside the folder, OSError for a full disk.
    """
    archive, folder = Path(archive), Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # beside their place, so that moving them there is instant and half of them is never taken for all
        with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=folder) as temporary:
            if zipfile.is_zipfile(archive):
                unpack_zip(archive, Path(temporary))
            else:
                unpack_tar(archive, Path(temporary))
            for item in Path(temporary).iterdir():
                move_into(item, folder)
    except BAD_ARCHIVE as error:
        raise ValueError(f"{archive} cannot be unpacked: {error}") from error
    except OSError as error:
        raise explain(error, folder / archive.name) from error
    return folder


def unpack_zip(archive: Path, folder: Path) -> None:
    """Every member, or a ValueError; what a Mac adds (__MACOSX) is left out."""
    with zipfile.ZipFile(archive) as zip_file:
        members = [m for m in zip_file.infolist() if not m.filename.startswith("__MACOSX/")]
        for member in members:
            parts = PurePosixPath(member.filename.replace("\\", "/")).parts
            outside = ".." in parts or PurePosixPath(member.filename).is_absolute()
            if outside or PureWindowsPath(member.filename).drive or stat.S_ISLNK(member.external_attr >> 16):
                raise ValueError(f"{archive} is not safe to unpack: {member.filename!r} leads out of the folder")
        require_room(folder, sum(member.file_size for member in members))
        zip_file.extractall(folder, with_progress(members, "unpacking", "files"))


def unpack_tar(archive: Path, folder: Path) -> None:
    """Every member, or a ValueError: the filter "data" refuses paths and links that lead out, and devices."""
    with tarfile.open(archive) as tar:
        require_room(folder, sum(member.size for member in tar))
        try:
            tar.extractall(folder, with_progress(tar.getmembers(), "unpacking", "files"), filter="data")
        except tarfile.FilterError as error:
            raise ValueError(f"{archive} is not safe to unpack: {error}") from error


def require_room(folder: Path, needed: int) -> None:
    """OSError before anything is written, where it cannot fit."""
    if (free := shutil.disk_usage(folder).free) < needed:
        raise OSError(f"{folder.parent} has {free / 1e9:.1f} GB free, {needed / 1e9:.1f} GB are needed: free some room")


def move_into(item: Path, folder: Path) -> None:
    """Moves a file or folder into `folder`; what stands there under its name is replaced."""
    target = folder / item.name
    if target.is_dir():
        shutil.rmtree(target)
    item.replace(target)
