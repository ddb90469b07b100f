"""What a .tar holds. One that is damaged anywhere is an error: Python's tarfile takes damage for the end."""

import tarfile
from collections.abc import Iterator
from pathlib import Path

PART = 1 << 20  # bytes of the zeros after the last member


def tar_members(path: Path, way_out: str) -> Iterator[tarfile.TarInfo]:
    """The members of a plain .tar in order; nothing is unpacked, and none is kept in memory.

    ValueError, which ends with `way_out`, where the archive is cut off or damaged anywhere, or compressed. What stands
    before the damage has been given out by then. OSError of the file system passes.
    """
    try:
        with path.open("rb") as file, tarfile.open(fileobj=file, mode="r:") as tar:
            yield from members_of(tar)
    except Exception as error:  # damaged headers lead anywhere
        if isinstance(error, OSError) and error.errno:  # the file system's
            raise
        raise ValueError(f"{path} is not a plain, complete .tar ({error!s:.200}): {way_out}") from error


def members_of(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The members of an open archive in order. ValueError where it is damaged, and what tarfile raises by itself."""
    end = 0  # of the member before
    for member in tar:
        tar.members = []  # type: ignore[attr-defined]  # else it keeps every one
        blocks = -(-member.size // tarfile.BLOCKSIZE)
        if member.size < 0 or (member.isreg() and tar.offset - member.offset_data != blocks * tarfile.BLOCKSIZE):
            raise ValueError(f"the size of {member.name!r:.80} is not what follows")  # it may lead back to itself
        end = tar.offset
        yield member
    # tarfile ends in silence wherever no header follows; a whole archive ends with zeros, and nothing after them
    if tar.fileobj is None or tar.offset != end:
        raise ValueError(f"its header at byte {end:,} is damaged")
    tar.fileobj.seek(end)
    zeros = 0
    while part := tar.fileobj.read(PART):
        zeros += len(part)
        if part.strip(b"\0"):
            raise ValueError(f"something else follows at byte {end:,}")
    if zeros < tarfile.BLOCKSIZE:
        raise ValueError(f"it ends at byte {end:,}")
