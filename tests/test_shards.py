"""WebDataset shards: what is written, what is read of other people's, and open_clip's own pipeline on ours."""

import errno
import gzip
import importlib.util
import io
import json
import os
import pickle
import random
import signal
import subprocess
import sys
import tarfile
from pathlib import Path
from types import ModuleType, SimpleNamespace
from unittest.mock import patch

import numpy as np
import pytest
import torch
from peer_packages import installed
from PIL import Image

from minclip.cli import main
from minclip.data import open_dataset, shards
from minclip.data.flickr8k import Flickr8k
from minclip.data.folder import Folder
from minclip.data.images import load_pixels
from minclip.data.picturebook import PictureBook
from minclip.data.shard_writer import write_shards
from minclip.data.shards import Shards
from minclip.preprocess import image_transform

wds = pytest.importorskip("webdataset", reason="webdataset is not installed: pip install -e .[shards]")

COUNTS = {"train": 25, "val": 6, "test": 4}
NOISE = np.random.default_rng(0).integers(0, 256, (12, 10, 3), dtype=np.uint8)


@pytest.fixture
def book(tmp_path):
    return PictureBook("train", size=16, count=25, cache=tmp_path / "cache", progress=False)


def picture(kind: str, pixels: np.ndarray = NOISE, mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, kind)
    return buffer.getvalue()


def write_tar(path: Path, *files: tuple[str, bytes], **options) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w", **options) as tar:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def read(path: Path) -> dict[str, bytes]:
    """Every file of a tar."""
    with tarfile.open(path) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


def captions(dataset) -> list[list[str]]:
    return [dataset.captions(i) for i in range(len(dataset))]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# ---- writing


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


class Album:
    """Three pictures, of which the second cannot be read and the third has no caption."""

    name, split = "album", "train"

    def __len__(self):
        return 3

    def image(self, index):
        if index == 1:
            raise ValueError("holiday.jpg is cut off")
        return Image.fromarray(NOISE)

    def captions(self, index):
        return [] if index == 2 else ["a holiday"]


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


# ---- reading


def img2dataset(folder: Path, shard: str, count: int) -> None:
    """A shard as img2dataset writes it: its number and the sample's as a key; notes without a list of captions."""
    with wds.TarWriter(str(folder / shard)) as tar:
        for i in range(count):
            notes = {"caption": f"photo {i}", "url": "https://example.org", "key": f"{shard[:5]}{i:04d}", "width": 10}
            sample = {"__key__": notes["key"], "jpg": picture("jpeg"), "txt": f"photo {i} of {shard}"}
            tar.write(sample | {"json": json.dumps(notes, indent=4)})


def test_shards_of_img2dataset_are_split_by_their_keys(tmp_path):
    for shard in ("00000.tar", "00001.tar"):
        img2dataset(tmp_path, shard, 30)
        (tmp_path / shard.replace(".tar", "_stats.json")).write_text("{}", encoding="utf-8")
    said = {split: [text for (text,) in captions(open_dataset(tmp_path, split))] for split in COUNTS}
    everything = [f"photo {i} of {shard}" for shard in ("00000.tar", "00001.tar") for i in range(30)]
    assert sorted(text for texts in said.values() for text in texts) == sorted(everything)  # each in one split
    assert len(said["train"]) > 40 and len(said["val"]) > 1 and len(said["test"]) > 1
    assert said["train"] == [text for text in everything if text in said["train"]]  # in their order
    assert np.array_equal(
        np.asarray(open_dataset(tmp_path, "train").image(0)), np.asarray(Image.open(io.BytesIO(picture("jpeg"))))
    )


def test_names_of_shards_tell_their_split(tmp_path):
    for name in ("cc3m-train-0001.tar", "cc3m-train-0000.tar", "cc3m-validation-0000.tar"):
        write_tar(tmp_path / name, ("0.jpg", picture("jpeg")), ("0.txt", name.encode()))
    (tmp_path / "._cc3m-train-0000.tar").write_bytes(b"what a Mac adds")
    assert captions(Shards(tmp_path, "train")) == [["cc3m-train-0000.tar"], ["cc3m-train-0001.tar"]]
    assert captions(Shards(tmp_path, "dev")) == [["cc3m-validation-0000.tar"]]
    with pytest.raises(ValueError, match="no shard of the test split, only of train, val: write it there"):
        Shards(tmp_path, "test")
    (tmp_path / "more.tar").touch()
    with pytest.raises(ValueError, match=r"more\.tar tells no split and others do: name it train-"):
        Shards(tmp_path, "train")


J, T = picture("jpeg"), b"a text"
OTHER_NOTES = [b'{"captions": [1]}', b"[]", b"{", b"[" * 9999, b"\xff", b'{"captions": [" "]}']
ODD = {  # the files of a shard, the captions of every picture that is read, a word of each line of what is left out
    "paths": ([("a.b/c/1.jpg", J), ("a.b/c/1.txt", T), ("./d/2.jpg", J), ("./d/2.txt", T)], [["a text"]] * 2, []),
    "other scripts": ([("größe/犬.jpg", J), ("größe/犬.txt", "ein Hund 犬".encode())], [["ein Hund 犬"]], []),
    "large letters": ([("1.JPG", J), ("1.TXT", T)], [["a text"]], []),
    "other suffixes": ([("1.jpeg", J), ("1.txt", T), ("2.webp", picture("webp")), ("2.txt", T)], [["a text"]] * 2, []),
    "json wins": ([("1.jpg", J), ("1.json", b'{"captions": ["x", "y"]}'), ("1.txt", T)], [["x", "y"]], []),
    "json alone": ([("1.jpg", J), ("1.json", b'{"captions": ["x", "y"]}')], [["x", "y"]], []),
    "other notes": (
        [(f"{i}.{s}", c) for i, notes in enumerate(OTHER_NOTES) for s, c in (("jpg", J), ("json", notes), ("txt", T))],
        [["a text"]] * len(OTHER_NOTES),
        [],
    ),
    "no caption": (
        [("1.jpg", J), ("2.jpg", J), ("2.txt", b" \n"), ("3.jpg", J), ("3.txt", b" a \n")],
        [[], [], ["a"]],
        [],
    ),
    "no picture": ([("1.txt", T), ("2.jpg", J), ("2.gif", J), ("3.json", b"{}")], [[]], ["'1': no pic", "'3': no pic"]),
    "no text": ([("1.jpg", J), ("1.txt", b"\xff\xfe"), ("2.jpg", J)], [[]], ["'1': 'utf-8' codec"]),
    "a name twice": ([("1.jpg", J), ("1.txt", T), ("1.txt", b"b"), ("2.jpg", J)], [["a text"], []], ["'1.txt' stands"]),
    "a key twice": ([("1.jpg", J), ("2.jpg", J), ("1.jpg", J), ("1.txt", T)], [[], [], ["a text"]], []),
    "apart": ([("1.jpg", J), ("2.jpg", J), ("1.txt", T), ("2.txt", T)], [[], []], ["'1': no pic", "'2': no pic"]),
    "two pictures": ([("1.png", picture("png")), ("1.jpg", J), ("1.txt", T)], [["a text"]], []),
    "no suffix": ([("README", T), ("1.jpg", J), ("._1.jpg", b"Mac"), ("1.v2.txt", T)], [[]], []),
}


@pytest.mark.parametrize("case", ODD)
@pytest.mark.parametrize("kind", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_odd_shards(case, kind, tmp_path):
    files, expected, left_out = ODD[case]
    write_tar(tmp_path / "train-0.tar", *files, format=kind)
    dataset = Shards(tmp_path)
    assert captions(dataset) == expected
    assert len(dataset.left_out) == len(left_out)
    for line, word in zip(dataset.left_out, left_out, strict=True):
        assert line.startswith("train-0.tar: ") and word in line
    shown = [dataset.image(i) for i in range(len(dataset))]
    assert all((image.mode, image.size) == ("RGB", (10, 12)) for image in shown)


def test_a_name_that_is_no_text_gets_a_split(tmp_path):
    write_tar(tmp_path / "0.tar", *((f"\udcff{i}.jpg", J) for i in range(40)), format=tarfile.USTAR_FORMAT)
    assert sum(len(Shards(tmp_path, split)) for split in COUNTS) == 40


@pytest.mark.parametrize("case", [case for case in ODD if case != "a name twice"])
def test_the_same_pictures_as_webdataset_itself_finds(case, tmp_path):
    path = write_tar(tmp_path / "train-0.tar", *ODD[case][0])
    samples = wds.tariterators.tarfile_samples([{"url": str(path)}])
    pictures = [next((s[suffix] for suffix in shards.PICTURES if suffix in s), None) for s in samples]
    dataset = Shards(tmp_path)
    ours = [dataset.file(i) for i in range(len(dataset))]
    bad = 1 if case == "no text" else 0
    assert ours == [content for content in pictures if content is not None][bad:]


def test_links_and_folders_in_a_shard_are_ignored(tmp_path):
    class Trap:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "trapped"),))

    path = write_tar(tmp_path / "train-0.tar", ("1.jpg", J), ("1.pyd", pickle.dumps(Trap())), ("1.txt", T))
    with tarfile.open(path, "a") as tar:
        for name, kind in (("2.jpg", tarfile.SYMTYPE), ("3.jpg", tarfile.LNKTYPE), ("4.jpg", tarfile.DIRTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "1.jpg"
            tar.addfile(member)
    dataset = Shards(tmp_path)
    assert captions(dataset) == [["a text"]]
    dataset.image(0)
    assert not (tmp_path / "trapped").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows allows no such name")
def test_the_name_of_a_shard_is_no_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_tar(Path("pipe:mkdir trapped;train.tar"), ("1.jpg", J), ("1.txt", T))
    assert captions(Shards(".")) == [["a text"]]
    assert not Path("trapped").exists()
    wds.gopen("pipe:mkdir trapped").close()  # webdataset, given the name, runs it
    assert Path("trapped").exists()


def test_a_huge_file_is_left_out_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "LARGEST_PICTURE", len(J))
    monkeypatch.setattr(shards, "LARGEST_TEXT", 6)
    files = [("1.jpg", J), ("1.txt", T), ("2.jpg", J + b"x"), ("2.txt", T), ("3.jpg", J), ("3.json", b"[1,2,3]")]
    write_tar(tmp_path / "train-0.tar", *files)
    dataset = Shards(tmp_path)
    assert captions(dataset) == [["a text"]]
    assert [line.partition(" has ")[0] for line in dataset.left_out] == [
        "train-0.tar: '2': its jpg",
        "train-0.tar: '3': its json",
    ]
    assert f"{len(J) + 1:,} bytes, the limit is {len(J):,}" in dataset.left_out[0]


def test_a_broken_picture_is_named_with_its_shard(tmp_path):
    files = [
        (f"{name}.{s}", c)
        for name, jpg in (("a/1", J), ("a/2", J[:200]), ("a/3", b""))
        for s, c in (("jpg", jpg), ("txt", T))
    ]
    write_tar(tmp_path / "in" / "train-0.tar", *files)
    dataset = Shards(tmp_path / "in")
    assert len(dataset) == 3
    dataset.image(0)
    for index, key in ((1, "a/2"), (2, "a/3")):
        with pytest.raises(ValueError, match=rf"train-0\.tar: '{key}' .*minclip data shards --data .*in --out NEW"):
            dataset.image(index)
    written = write_shards(dataset, tmp_path / "out")
    assert captions(Shards(tmp_path / "out")) == [["a text"]] and len(written.left_out) == 2


def damaged(content: bytes) -> dict[str, bytes]:
    middle = content.index(b"1.txt")  # a header
    return {
        "cut in a picture": content[: middle - 100],
        "cut before a header": content[:middle],
        "cut in a header": content[: middle + 300],
        "cut before its end": content[: len(content.rstrip(b"\0")) // 512 * 512 + 512],
        "overwritten": content[:middle] + b"x" * 512 + content[middle + 512 :],
        "compressed": gzip.compress(content),
        "empty": b"",
        "no tar": b"<html>404</html>" * 100,
    }


@pytest.mark.parametrize("fault", damaged(b"\0" * 512 + b"1.txt" + bytes(3000)))
def test_a_damaged_shard_is_named(fault, tmp_path):
    path = write_tar(tmp_path / "train-0.tar", ("1.jpg", J), ("1.txt", T), format=tarfile.USTAR_FORMAT)
    path.write_bytes(damaged(path.read_bytes())[fault])
    with pytest.raises(ValueError, match=r"train-0\.tar is not a plain, complete \.tar \(.+\): fetch it again"):
        len(Shards(tmp_path))


@pytest.mark.parametrize("size", ["-512", "-1000000", "99999999999"])
def test_a_size_that_lies_has_an_end(size, tmp_path):
    with tarfile.open(tmp_path / "train-0.tar", "w", format=tarfile.PAX_FORMAT) as tar:
        member = tarfile.TarInfo("1.jpg")
        member.size, member.pax_headers = len(J), {"size": size}
        tar.addfile(member, io.BytesIO(J))
    with pytest.raises(ValueError, match="not a plain, complete"):
        len(Shards(tmp_path))


def test_damage_anywhere_is_a_value_error_or_nothing(tmp_path):
    files = [(f"d/{i}.{s}", c) for i in range(3) for s, c in (("jpg", J), ("json", b"{}"), ("txt", T))]
    path = write_tar(tmp_path / "train-0.tar", *files)
    whole, rng, errors = path.read_bytes(), random.Random(0), 0
    for _ in range(200):
        content = bytearray(whole)
        for _ in range(rng.randrange(1, 5)):
            content[rng.randrange(len(content))] = rng.randrange(256)
        path.write_bytes(content)
        try:
            dataset = Shards(tmp_path)
            for index in range(len(dataset)):
                dataset.image(index)
        except ValueError:
            errors += 1
    assert 20 < errors < 200


def test_a_folder_without_a_usable_sample_says_why(tmp_path):
    write_tar(tmp_path / "empty" / "train-0.tar")
    write_tar(tmp_path / "texts" / "train-0.tar", ("1.txt", T), ("2.txt", T))
    for name, why in (
        ("empty", "it is empty"),
        ("texts", r"2 samples cannot be used, first train-0\.tar: '1': no pict"),
    ):
        with pytest.raises(ValueError, match=rf"{name} has no picture in its train split: {why}"):
            len(open_dataset(tmp_path / name, "train"))


def test_a_missing_webdataset_is_named(book, tmp_path, monkeypatch):
    write_tar(tmp_path / "train-0.tar", ("1.jpg", J))
    monkeypatch.setitem(sys.modules, "webdataset.tariterators", None)  # as if it were not installed
    for use in (lambda: open_dataset(tmp_path, "train"), lambda: write_shards(book, tmp_path / "out")):
        with pytest.raises(ValueError, match=r'package webdataset: pip install "minclip\[shards\]"'):
            use()
    assert not (tmp_path / "out").exists()


# ---- open_clip


@pytest.fixture
def open_clip_data(monkeypatch):
    """open_clip's own module of training data."""
    installed("torchvision")
    if importlib.util.find_spec("pandas") is None:  # which only its tables need
        monkeypatch.setitem(sys.modules, "pandas", ModuleType("pandas"))
    data = installed("open_clip_train.data")
    # since 0.2.96 webdataset marks the end of a shard, which open_clip 3.3 stumbles over (issue 935; it asks for an
    # older one); this gives it what it expects
    files = wds.tariterators.tar_file_expander
    if "eof_value" in files.__code__.co_varnames:
        monkeypatch.setattr(data, "tar_file_expander", lambda *args, **more: files(*args, eof_value=None, **more))
    return data


def open_clips_batches(data, folder, tokenizer, train: bool):
    """(pixels, tokens) of every batch that open_clip's loader makes of our shards."""
    files = str(folder / "train-{000000..000002}.tar")
    arguments = SimpleNamespace(
        train_data=files, train_num_samples=None, train_data_upsampling_factors=None, dataset_resampled=False, seed=0,
        val_data=files, val_num_samples=25, batch_size=5, workers=0, world_size=1,
    )  # fmt: skip
    loader = data.get_wds_dataset(
        arguments, image_transform(16), is_train=train, tokenizer=lambda text: tokenizer(text, truncate=True)
    ).dataloader
    assert loader.num_samples == 25  # where it trains, from sizes.json
    return list(loader)


@pytest.mark.parametrize("train", [False, True])
def test_open_clip_reads_the_same_pictures_and_captions(train, open_clip_data, book, tokenizer, tmp_path):
    write_shards(book, tmp_path / "out", per_shard=10)
    batches = open_clips_batches(open_clip_data, tmp_path / "out", tokenizer, train)
    assert [len(tokens) for _, tokens in batches] == [5] * 5
    pixels, tokens = (torch.cat(parts) for parts in zip(*batches, strict=True))
    expected_pixels = torch.stack([image_transform(16)(book.image(i)) for i in range(25)])
    expected_tokens = tokenizer([book.captions(i)[i % 5] for i in range(25)], truncate=True)
    order = range(25)
    if train:  # shuffled: put each back into its place
        order = [next(i for i in range(25) if torch.equal(p, expected_pixels[i])) for p in pixels]
        assert sorted(order) == list(range(25)) != order
    assert torch.equal(pixels, expected_pixels[list(order)])
    assert torch.equal(tokens, expected_tokens[list(order)])


# ---- the command line


def test_minclip_trains_on_shards_that_it_wrote(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MINCLIP_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("minclip.data.picturebook.dataset.COUNTS", COUNTS)
    out, run = tmp_path / "out", tmp_path / "run"
    assert (
        main(["data", "shards", "--data", "picturebook", "--out", str(out), "--size", "32", "--per-shard", "10"]) == 0
    )
    printed = capsys.readouterr().out.splitlines()
    pattern = out / "train-{000000..000002}.tar"
    assert printed == [
        f"train: 25 pictures in {pattern}",
        f"open_clip: --dataset-type webdataset --train-data '{pattern}' --train-num-samples 25",
        f"val: 6 pictures in {out / 'val-000000.tar'}",
        f"test: 4 pictures in {out / 'test-000000.tar'}",
    ]
    options = ["--config", "tiny", "--samples", "40", "--batch", "8", "--seed", "1"]
    assert main(["train", "--data", str(out), "--out", str(run), *options]) == 0
    report = json.loads((run / "report.json").read_text(encoding="utf-8"))
    assert (report["retrieval"]["n_images"], report["retrieval"]["n_texts"]) == (4, 20)
    log = [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all(np.isfinite(line["loss"]) for line in log if "loss" in line)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["shards"], "needs --data NAME_OR_PATH and --out FOLDER"),
        (["shards", "--data", "picturebook"], "needs --data"),
        (["shards", "--data", "nowhere", "--out", "out"], "'nowhere' is neither a name"),
        (["shards", "--data", "picturebook", "--out", "out", "--per-shard", "0"], "per_shard=0"),
        (["shards", "--data", "photos", "--out", "out", "--size", "64"], "--size is for the picture book"),
        (["shards", "--data", "picturebook", "--out", "out", "--show"], "--from, --show and --sheet are for a set"),
        (["shards", "--data", "picturebook", "--out", "full"], "full holds a.txt already"),
        (["picturebook", "--split", "val", "--out", "out"], "--split, --out: only for minclip data shards"),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_written(argv, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINCLIP_DATA", str(tmp_path / "data"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.txt").touch()
    assert main(["data", *argv]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("minclip: error: ") and printed.count("\n") == 1 and message in printed
    assert not (tmp_path / "out").exists()


def test_pictures_that_are_left_out_are_counted(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("minclip.data.open_dataset", lambda data, split, size: Album())
    assert main(["data", "shards", "--data", "album", "--split", "train", "--out", str(tmp_path / "out")]) == 0
    assert "minclip: 2 pictures were left out, first: holiday.jpg is cut off" in capsys.readouterr().err
