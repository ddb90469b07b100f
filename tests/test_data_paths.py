"""Where data is kept, and files that are written whole or not at all."""

import errno
import os
from pathlib import Path

import pytest
from photo_sets import ROOT, names

from minclip.data import paths
from minclip.data.paths import atomic_write, data_root


def test_data_root_is_the_variable_then_the_clone(monkeypatch, tmp_path):
    monkeypatch.setenv("MINCLIP_DATA", str(tmp_path))
    assert data_root() == tmp_path
    monkeypatch.delenv("MINCLIP_DATA")
    assert data_root() == ROOT / "datasets"


def test_data_root_of_a_package_is_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("MINCLIP_DATA", raising=False)
    monkeypatch.setattr(paths, "__file__", str(tmp_path / "site-packages" / "minclip" / "data" / "paths.py"))
    (tmp_path / "site-packages" / "datasets").mkdir(parents=True)  # another package of that name
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert data_root() == tmp_path / ".cache" / "minclip"


def test_atomic_write_replaces_at_the_end(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"old")
    with atomic_write(tmp_path / "a.txt") as file:
        file.write(b"new")
        assert (tmp_path / "a.txt").read_bytes() == b"old"
    assert (tmp_path / "a.txt").read_bytes() == b"new"
    assert names(tmp_path) == ["a.txt"]


def test_atomic_write_makes_the_folder(tmp_path):
    with atomic_write(tmp_path / "a" / "b" / "c.txt") as file:
        file.write(b"x")
    assert (tmp_path / "a" / "b" / "c.txt").read_bytes() == b"x"


def test_atomic_write_leaves_nothing_after_an_error(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"old")
    with pytest.raises(KeyError), atomic_write(tmp_path / "a.txt") as file:
        file.write(b"half")
        raise KeyError("the caller's")
    assert names(tmp_path) == ["a.txt"] and (tmp_path / "a.txt").read_bytes() == b"old"


def test_atomic_write_on_a_full_disk_names_the_folder(tmp_path, monkeypatch):
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    message = rf"{tmp_path.name} is full, a\.txt was not written"
    with pytest.raises(OSError, match=message) as caught, atomic_write(tmp_path / "a.txt") as file:
        file.write(b"x")
    assert caught.value.errno == errno.ENOSPC
    assert names(tmp_path) == []


def test_atomic_write_into_a_read_only_folder_names_it(tmp_path, monkeypatch):
    def refused(self: Path, *args: object, **kwargs: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "open", refused)
    message = rf"{tmp_path.name} cannot be written to, a\.txt was not written"
    with pytest.raises(OSError, match=message), atomic_write(tmp_path / "a.txt"):
        pass
