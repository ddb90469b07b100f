"""Reading WebDataset shards: minclip's own, other people's and damaged ones."""

import gzip
import io
import json
import os
import pickle
import random
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from shard_examples import COUNTS, J, T, captions, picture, write_tar

from minclip.data import open_dataset, shards
from minclip.data.shard_writer import write_shards
from minclip.data.shards import Shards

wds = pytest.importorskip("webdataset", reason="webdataset is not installed: pip install -e .[shards]")


def img2dataset(folder: Path, shard: str, count: int) -> None:
    """A shard as img2dataset writes it: its number and the sample's as a key; notes without a list of captions."""
    with wds.TarWriter(str(folder / shard)) as tar:
        for i in range(count):
            notes = {"caption": f"photo {i}", "url": "https://example.org", "key": f"{shard[:5]}{i:04d}", "width": 10}
            sample = {"__key__": notes["key"], "jpg": picture("jpeg"), "txt": f"photo {i} of {shard}"}
            tar.write(sample | {"json": json.dumps(notes, indent=4)})


def test_one_picture_and_its_captions(tmp_path):
    write_tar(tmp_path / "train-000000.tar", ("1.jpg", picture("jpeg")), ("1.json", b'{"captions": ["a cat", "tom"]}'))
    dataset = open_dataset(tmp_path, "train")
    assert (len(dataset), dataset.captions(0), dataset.image(0).size) == (1, ["a cat", "tom"], (10, 12))


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
    "no text": ([("1.jpg", J), ("1.txt", b"\xff\xfe"), ("2.jpg", J)], [[]], ["'1': its txt is not UTF-8 (byte 1)"]),
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
