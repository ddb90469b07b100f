"""What a download may hold, file by file: what is read, what is refused alone, and what refuses the whole."""

import io
import struct
import zipfile
from pathlib import PurePosixPath

import pytest

from minclip.classroom import archives
from minclip.classroom.archives import download


def packed(files):
    """The bytes of a zip of name -> content."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6)), content)
    return made.getvalue()


def given(folder, content, name="a.zip"):
    (folder / name).write_bytes(content)
    return folder / name


def contents(found):
    return {str(entry.path): entry.read() for entry in found.entries}


def test_a_zip_in_a_folder_is_opened_there(tmp_path):
    (tmp_path / "anna").mkdir()
    given(tmp_path / "anna", packed({"work.txt": b"1"}))
    assert contents(download(tmp_path)) == {"anna/a/work.txt": b"1"}


def test_folders_in_a_zip_are_no_files(tmp_path):
    assert contents(download(given(tmp_path, packed({"anna/": b"", "anna/work.txt": b"1"})))) == {"anna/work.txt": b"1"}


@pytest.mark.parametrize("name", ["a.7z", "a.rar", "a.tar.gz"])
def test_another_kind_of_archive_is_to_be_unpacked_first(name, tmp_path):
    with pytest.raises(ValueError, match=rf"{name} is packed in a way .*: unpack it, and hand over the folder"):
        download(given(tmp_path, b"7z", name))


def test_a_huge_file_costs_itself_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "FILE", 2)
    given(tmp_path, b"123", "large.txt"), given(tmp_path, b"1", "small.txt")
    found = download(tmp_path)
    assert contents(found) == {"small.txt": b"1"} and found.refused == ["large.txt: it has 0 MB"]


def test_a_file_with_a_password_costs_itself_alone(tmp_path):
    content = bytearray(packed({"secret.txt": b"1", "open.txt": b"2"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the flags of the first file, in both places
        content[content.index(signature) + offset] |= 1
    found = download(given(tmp_path, bytes(content)))
    assert contents(found) == {"open.txt": b"2"} and found.refused == ["a.zip: secret.txt asks for a password"]


def test_zips_in_zips_have_an_end(tmp_path):
    content = packed({"work.txt": b"1"})
    for _ in range(archives.DEPTH):
        content = packed({"b.zip": content, "near.txt": b"2"})
    found = download(given(tmp_path, content))
    assert set(contents(found).values()) == {b"2"} and len(found.entries) == archives.DEPTH
    assert [line.endswith(f"b.zip is a zip within {archives.DEPTH} others") for line in found.refused] == [True]


def test_a_damaged_file_is_refused_when_it_is_read(tmp_path):
    content = packed({"work.txt": b"12345"}).replace(b"12345", b"12335", 1)
    (entry,) = download(given(tmp_path, content)).entries
    with pytest.raises(ValueError, match=r"it cannot be unpacked \(Bad CRC-32"):
        entry.read()


def test_a_time_that_is_none_is_left_out(tmp_path):
    content = bytearray(packed({"work.txt": b"1"}))
    content[content.index(b"PK\x01\x02") + 14 :][:2]  # the day, in the list at the end
    at = content.index(b"PK\x01\x02") + 14
    content[at : at + 2] = struct.pack("<H", (46 << 9) | (0 << 5) | 1)  # month 0 of 2026
    (entry,) = download(given(tmp_path, bytes(content))).entries
    assert entry.path == PurePosixPath("work.txt") and entry.time is None


def test_names_in_old_letters_are_kept(tmp_path):
    content = packed({"a?b.txt": b"1"}).replace(b"a?b", b"a\x81b")  # ü in the letters of the first PCs, and no UTF-8
    assert list(contents(download(given(tmp_path, content)))) == ["aüb.txt"]
