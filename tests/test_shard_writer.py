"""Writing WebDataset shards: the same bytes every time, whole or not at all."""

import errno
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image
from shard_examples import NOISE, Album, J, captions, picture, write_tar

from minclip.data import open_dataset, shards
from minclip.data.flickr8k import Flickr8k
from minclip.data.folder import Folder
from minclip.data.images import load_pixels
from minclip.data.picturebook import PictureBook
from minclip.data.shard_writer import write_shards
from minclip.data.shards import Shards

wds = pytest.importorskip("webdataset", reason="webdataset is not installed: pip install -e .[shards]")


def read(path: Path) -> dict[str, bytes]:
    """Every file of a tar."""
    with tarfile.open(path) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_files_of_one_sample(tmp_path):
    write_shards(PictureBook("val", size=8, count=1, cache=tmp_path / "cache", progress=False), tmp_path / "out")
    files = read(tmp_path / "out" / "val-000000.tar")
    said = PictureBook("val", count=1).captions(0)
    assert [name.partition(".")[2] for name in files] == ["json", "png", "txt"]
    assert json.loads(next(iter(files.values())))["captions"] == said


def test_a_set_comes_back_from_its_shards(book, tmp_path):
    written = write_shards(book, tmp_path / "out", per_shard=10)
    sizes = {"train-000000.tar": 10, "train-000001.tar": 10, "train-000002.tar": 5}
    assert (written.sizes, written.left_out, written.pattern) == (sizes, [], "train-{000000..000002}.tar")
    assert names(tmp_path / "out") == ["sizes.json", *sizes]
    assert json.loads((tmp_path / "out" / "sizes.json").read_text(encoding="utf-8")) == sizes
    dataset = open_dataset(tmp_path / "out", "train")
    assert (dataset.name, dataset.split, len(dataset)) == ("shards", "train", 25)
    assert np.array_equal(load_pixels(dataset, 16), book.pixels)
    assert captions(dataset) == captions(book)


def test_the_same_set_gives_the_same_bytes(book, tmp_path, monkeypatch):
    write_shards(book, tmp_path / "one", per_shard=10)
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    write_shards(book, tmp_path / "two", per_shard=10)
    assert names(tmp_path / "one") == names(tmp_path / "two")
    for name in names(tmp_path / "one"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_sample_holds_every_caption(book, tmp_path):
    write_shards(book, tmp_path / "out")
    files = read(tmp_path / "out" / "train-000000.tar")
    assert list(files)[:4] == ["000000000.json", "000000000.png", "000000000.txt", "000000001.json"]
    for index in (0, 1, 7, 24):
        key, said = f"{index:09d}", book.captions(index)
        assert json.loads(files[f"{key}.json"]) == {"captions": said}
        assert files[f"{key}.txt"].decode("utf-8") == said[index % 5]


def test_photos_keep_their_bytes_where_everyone_reads_them_alike(tmp_path):
    grey16 = io.BytesIO()
    Image.fromarray(np.arange(120, dtype=np.uint16).reshape(12, 10) * 500).save(grey16, "png")
    kept = {"a.jpg": picture("jpeg"), "b.JPG": picture("jpeg", mode="CMYK"), "c.png": picture("png", mode="P")}
    drawn_anew = {"d.webp": picture("webp"), "e.png": grey16.getvalue(), "f.gif": picture("gif", mode="P")}
    for name, content in (kept | drawn_anew).items():
        (tmp_path / "photos").mkdir(exist_ok=True)
        (tmp_path / "photos" / name).write_bytes(content)
    rows = [f"{name},größer als {name},train" for name in kept | drawn_anew]
    (tmp_path / "photos" / "captions.csv").write_text("file,caption,split\n" + "\n".join(rows), encoding="utf-8")
    folder = Folder(tmp_path / "photos")
    write_shards(folder, tmp_path / "out")
    files = read(tmp_path / "out" / "train-000000.tar")
    pictures = {name.partition(".")[0]: name for name in files if name.endswith(("jpg", "png"))}
    suffixes = [pictures[f"{index:09d}"].partition(".")[2] for index in range(6)]
    assert suffixes == ["jpg", "jpg", "png", "png", "png", "png"]
    assert [files[pictures[f"{index:09d}"]] for index in range(3)] == list(kept.values())
    dataset = Shards(tmp_path / "out")
    assert np.array_equal(load_pixels(dataset, 10), load_pixels(folder, 10))
    for index in range(6):  # as webdataset decodes them
        plain = Image.open(io.BytesIO(dataset.file(index))).convert("RGB")
        assert np.array_equal(np.asarray(plain), np.asarray(folder.image(index)))
    assert captions(dataset)[3] == ["größer als d.webp"]
    write_shards(dataset, tmp_path / "again")  # shards are a set like any other
    assert (tmp_path / "again" / "train-000000.tar").read_bytes() == (
        tmp_path / "out" / "train-000000.tar"
    ).read_bytes()


@pytest.mark.parametrize("packed", [False, True])
def test_photos_of_flickr8k_keep_their_bytes(packed, tmp_path):
    photos = {f"{i}.jpg": picture("jpeg", np.roll(NOISE, i)) for i in range(3)}
    root = tmp_path / "flickr"
    (root / "images").mkdir(parents=True)
    (root / "Flickr8k.token.txt").write_text("".join(f"{name}#0\tphoto {name}\n" for name in photos), encoding="utf-8")
    (root / "Flickr_8k.trainImages.txt").write_text("\n".join(photos), encoding="utf-8")
    for name, content in photos.items():
        (root / "images" / name).write_bytes(content)
    if packed:
        write_tar(root / "images.tar", *photos.items())
        for name in photos:
            (root / "images" / name).unlink()
        (root / "images").rmdir()
    write_shards(Flickr8k(root), tmp_path / "out")
    files = read(tmp_path / "out" / "train-000000.tar")
    assert [files[f"{i:09d}.jpg"] for i in range(3)] == list(photos.values())


def test_samples_without_picture_or_caption_are_named(tmp_path):
    written = write_shards(Album(), tmp_path / "out")
    assert written.sizes == {"train-000000.tar": 1}
    assert written.left_out == ["holiday.jpg is cut off", "picture 2 has no caption"]
    assert written.pattern == "train-000000.tar"
    silent = patch.object(Album, "captions", lambda self, index: [])
    with silent, pytest.raises(ValueError, match="album/train gives no sample: picture 0 has no caption"):
        write_shards(Album(), tmp_path / "none")
    assert names(tmp_path / "none") == []


def test_a_folder_that_holds_anything_else_is_refused(book, tmp_path):
    out = tmp_path / "out"
    write_shards(book, out)
    before = (out / "train-000000.tar").read_bytes()
    with pytest.raises(FileExistsError, match=r"out holds train-000000\.tar already: choose another folder"):
        write_shards(book, out)
    assert (out / "train-000000.tar").read_bytes() == before
    write_shards(PictureBook("val", size=16, count=3, cache=tmp_path / "cache", progress=False), out)
    sizes = json.loads((out / "sizes.json").read_text(encoding="utf-8"))
    assert sizes == {"train-000000.tar": 25, "val-000000.tar": 3}
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "00000.tar").touch()
    (tmp_path / "file").touch()
    for place, message in (("photos", r"holds 00000\.tar already"), ("file", "is a file")):
        with pytest.raises(FileExistsError, match=message):
            write_shards(book, tmp_path / place)
    with pytest.raises(ValueError, match="per_shard=0 must be at least 1"):
        write_shards(book, tmp_path / "new", per_shard=0)


@pytest.mark.parametrize("content", ["{", "[1]"])
def test_a_broken_list_of_sizes_is_named_first(content, book, tmp_path):
    (tmp_path / "sizes.json").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"sizes\.json is not .*: delete it"):
        write_shards(book, tmp_path)
    assert not list(tmp_path.glob("*.tar"))


def test_shards_appear_after_the_last_is_written(book, tmp_path):
    seen = []
    with patch.object(
        PictureBook, "image", lambda self, i: seen.append(names(tmp_path / "out")) or Image.new("L", (4, 4))
    ):
        write_shards(book, tmp_path / "out", per_shard=10)
    assert len(seen) == 25 and all(name.startswith(".") for folder in seen for name in folder)
    assert len(names(tmp_path / "out")) == 4


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), OSError(errno.EACCES, "Permission denied"), MemoryError()])
def test_a_fault_half_way_leaves_nothing(fault, book, tmp_path):
    def image(self, index):
        if index == 15:
            raise fault
        return Image.new("RGB", (4, 4))

    message = "picture 15 of picturebook/train cannot be read" if isinstance(fault, OSError) else None
    with patch.object(PictureBook, "image", image), pytest.raises((type(fault), ValueError), match=message):
        write_shards(book, tmp_path / "out", per_shard=10)
    assert names(tmp_path / "out") == []


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_a_killed_command_leaves_no_shard(tmp_path):
    code = """
import os, signal, sys
from PIL import Image
from minclip.data.picturebook import PictureBook
from minclip.data.shard_writer import write_shards
PictureBook.image = lambda self, i: Image.new("L", (4, 4)) if i < 15 else os.kill(os.getpid(), signal.SIGKILL)
write_shards(PictureBook("train", count=25), sys.argv[1], per_shard=10)
"""
    root = str(Path(shards.__file__).parents[2])
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "out")], cwd=root, check=False)
    assert done.returncode == -signal.SIGKILL
    assert [name for name in names(tmp_path / "out") if not name.startswith(".")] == []
    with pytest.raises(ValueError, match="is no data set that minclip knows"):
        open_dataset(tmp_path / "out", "train")


def test_a_full_disk_names_the_folder(book, tmp_path, monkeypatch):
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    book.pixels  # noqa: B018  (drawn now: the disk has room for them)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"the disk of .*out is full, train-000000\.tar was not written"):
        write_shards(book, tmp_path / "out")
    assert names(tmp_path / "out") == []


def test_a_missing_webdataset_is_named(book, tmp_path, monkeypatch):
    write_tar(tmp_path / "train-0.tar", ("1.jpg", J))
    monkeypatch.setitem(sys.modules, "webdataset.tariterators", None)  # as if it were not installed
    for use in (lambda: open_dataset(tmp_path, "train"), lambda: write_shards(book, tmp_path / "out")):
        with pytest.raises(ValueError, match=r'package webdataset: pip install "minclip\[shards\]"'):
            use()
    assert not (tmp_path / "out").exists()
