"""Archives that are cut off, damaged or lie: each is an error, on every version of Python, and never a shorter set."""

import gzip
import io
import tarfile

import pytest

from minclip.data import cifar, emoji, image_files, shards
from minclip.data.tar_members import tar_members

J = b"J" * 700
BLOCK = tarfile.BLOCKSIZE


def write(path, sizes=(None, None), ending=tarfile.RECORDSIZE):
    """Two pictures, or what their headers say of their size."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for i, size in enumerate(sizes):
            member = tarfile.TarInfo(f"{i}.jpg")
            member.size, member.pax_headers = len(J), {} if size is None else {"size": size}
            tar.addfile(member, io.BytesIO(J))
    return path


def names(path):
    return [member.name for member in tar_members(path, "fetch it again")]


def damaged(path, at, what):
    content = bytearray(path.read_bytes())
    content[at : at + len(what)] = what
    path.write_bytes(content)
    return path


def test_a_whole_archive_gives_all_its_members(tmp_path):
    assert names(write(tmp_path / "a.tar")) == ["0.jpg", "1.jpg"]
    assert names(write(tmp_path / "empty.tar", ())) == []


def test_what_the_file_system_refuses_stays_its_own_error(tmp_path):
    with pytest.raises(OSError) as caught:
        names(tmp_path)
    assert caught.value.errno
    with pytest.raises(FileNotFoundError):
        names(tmp_path / "gone.tar")


@pytest.mark.parametrize("size", ["-1", "-512", "-1000000", "99999999999", "1.5", "many"])
@pytest.mark.parametrize("place", [0, 1])
def test_a_size_that_lies_is_an_error(size, place, tmp_path):
    sizes = [None, None]
    sizes[place] = size
    with pytest.raises(ValueError, match=r"a\.tar is not a plain, complete \.tar \(.*\): fetch it again$"):
        names(write(tmp_path / "a.tar", sizes))


@pytest.mark.parametrize("length", [100, BLOCK, BLOCK + 9, 3 * BLOCK, 4 * BLOCK + 9, 6 * BLOCK])
def test_an_archive_that_is_cut_off_is_an_error(length, tmp_path):
    path = write(tmp_path / "a.tar")
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ValueError, match="not a plain, complete"):
        names(path)


@pytest.mark.parametrize("at", [0, 3 * BLOCK])
@pytest.mark.parametrize("what", [b"\xff" * 20, b"\0" * BLOCK])
def test_a_damaged_header_is_an_error(at, what, tmp_path):
    with pytest.raises(ValueError, match="not a plain, complete"):
        names(damaged(write(tmp_path / "a.tar"), at, what))


@pytest.mark.parametrize("blocks", [1, 2])
def test_an_archive_may_end_with_fewer_zeros(blocks, tmp_path):
    path = write(tmp_path / "a.tar")
    path.write_bytes(path.read_bytes()[: (6 + blocks) * BLOCK])
    assert names(path) == ["0.jpg", "1.jpg"]


def test_a_second_archive_behind_the_first_is_an_error(tmp_path):
    path = write(tmp_path / "a.tar")
    path.write_bytes(path.read_bytes() * 2)
    with pytest.raises(ValueError, match="something else follows at byte 3,072"):
        names(path)


@pytest.mark.parametrize("size", ["5000", "abc"])
def test_a_size_that_lies_for_all_is_an_error(size, tmp_path):
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT, pax_headers={"size": size}) as tar:
        member = tarfile.TarInfo("1.jpg")
        member.size = len(J)
        tar.addfile(member, io.BytesIO(J))
    with pytest.raises(ValueError, match="not a plain, complete"):
        names(path)


@pytest.mark.parametrize("sizes", [(None, "-1536"), ("-1536", None), (None, "99999999999")])
def test_cifars_archive_that_lies_is_an_error(sizes, tmp_path):
    path = tmp_path / "cifar-10-python.tar.gz"
    path.write_bytes(gzip.compress(write(tmp_path / "a.tar", sizes).read_bytes()))
    with pytest.raises(ValueError, match=r"is not a complete \.tar\.gz .*: fetch it again"):
        cifar.read_members(path, ["0.jpg", "1.jpg"])


def test_a_compressed_archive_is_an_error(tmp_path):
    path = tmp_path / "a.tar"
    path.write_bytes(gzip.compress(write(tmp_path / "b.tar").read_bytes()))
    with pytest.raises(ValueError, match="not a plain, complete"):
        names(path)


@pytest.mark.parametrize("index", [emoji.tar_index, image_files.tar_index, lambda path: list(shards.members(path))])
def test_every_reader_of_archives_says_so(index, tmp_path):
    path = write(tmp_path / "images.tar", (None, "-512"))
    with pytest.raises(ValueError, match=r"images\.tar is not a plain, complete \.tar"):
        index(path)
    assert len(index(write(path))) == 2
