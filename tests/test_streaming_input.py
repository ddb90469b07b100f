"""What people hand to a streamed training, and what it says of it: one line, and nothing is left out in silence."""

import os
from dataclasses import replace

import pytest
from shard_examples import RUN, TINY, J, T, picture, write_shards_of, write_tar

from minclip.data import open_dataset
from minclip.data.progress import progress_shown
from minclip.data.shards import Shards
from minclip.data.streamed_shards import StreamedShards, survey
from minclip.engine import processes
from minclip.engine.devices import choose_device
from minclip.experiments.experiment import run_training
from minclip.experiments.streaming import read_captions

pytest.importorskip("webdataset", reason="webdataset is not installed: pip install -e .[shards]")


def train(folder, out, **settings):
    return run_training(folder, TINY, replace(RUN, **settings), out, choose_device("cpu"), show_progress=False)


def texts(count: int, text: bytes = T, first: int = 0) -> list[tuple[str, bytes]]:
    """The files of so many pictures with that text."""
    return [file for i in range(first, first + count) for file in ((f"{i}.jpg", J), (f"{i}.txt", text))]


PATTERN = "is a pattern, and minclip takes the folder: pass "
ADDRESS = "is an address, and minclip reads folders: fetch it first"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("shards/none-*.tar", f"{PATTERN}shards"),
        ("shards/train-{000000..000099}.tar", f"{PATTERN}shards"),
        ("a/{b,c}/train-0.tar", f"{PATTERN}a"),
        ("train-00000[0-9].tar", PATTERN),
        ("train-00000?.tar", PATTERN),
        ("https://example.org/train-000000.tar", ADDRESS),
        ("s3://bucket/train-{000..100}.tar", ADDRESS),
        ("pipe:curl -s https://example.org/a.tar", ADDRESS),
        ("shards", "neither a name"),
    ],
)
def test_patterns_and_addresses_are_named(given, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError) as error:
        open_dataset(given, "train")
    assert said in str(error.value).replace(os.sep, "/")


def test_one_shard_alone_asks_for_its_folder(tmp_path):
    write_tar(tmp_path / "shards" / "train-0.tar", *texts(2))
    with pytest.raises(ValueError, match=r"one shard alone is not read: pass the folder of the shards, .*shards"):
        open_dataset(tmp_path / "shards" / "train-0.tar", "train")


def test_texts_are_utf_8_with_a_mark_or_without(tmp_path):
    files = [*texts(1, "größe".encode("utf-8-sig")), *texts(1, "größe".encode("latin-1"), first=1)]
    write_tar(tmp_path / "train-0.tar", *files)
    dataset = Shards(tmp_path)
    assert [dataset.captions(i) for i in range(len(dataset))] == [["größe"]]
    assert dataset.left_out == ["train-0.tar: '1': its txt is not UTF-8 (byte 3): save it as UTF-8"]
    assert survey(Shards(tmp_path)).notes["samples_left_out"]["count"] == 1


def test_what_stands_beside_shards_is_counted(tmp_path):
    write_tar(tmp_path / "train-0.tar", *texts(2))
    for name in ("train-1.tar.gz", "loose.jpg", "sizes.json", "._train-0.tar", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "train-2.tar").mkdir()
    for notes in (Shards(tmp_path).notes, survey(Shards(tmp_path)).notes):
        assert (notes["files_beside_shards"]["count"], notes["files_beside_shards"]["first"]) == (3, "loose.jpg")


def test_shards_without_a_split_name_the_hash(tmp_path):
    write_tar(tmp_path / "0.tar", *texts(2))
    with pytest.raises(ValueError, match=r"no picture in its val split: no shard's name tells a split, and a hash of"):
        len(Shards(tmp_path, "val"))


def test_one_picture_is_too_few(tmp_path):
    folder = write_shards_of(tmp_path / "shards", [1])
    write_shards_of(folder, [3], "val")
    write_shards_of(folder, [3], "test")
    with pytest.raises(ValueError, match=r"shards/train holds 1 picture with captions: at least 2 are needed"):
        train(folder, tmp_path / "run")


@pytest.mark.parametrize("split", ["val", "test"])
def test_a_split_without_captions_is_named_before_training(split, tmp_path):
    folder = write_shards_of(tmp_path / "shards", [12])
    for other in ("val", "test"):
        write_shards_of(folder, [3], other)
    write_tar(folder / f"{split}-000000.tar", ("0.jpg", J), ("1.jpg", J))
    with pytest.raises(ValueError, match=rf"shards/{split} has no picture with a caption to measure: 2 pictures of"):
        train(folder, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("out", ["file", "file/run"])
def test_a_run_folder_that_cannot_be_is_named_first(out, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match=r"file is a file; pass another --out"):
        train(tmp_path, tmp_path / out)


def test_a_folder_that_is_read_only_is_named_first(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(ValueError, match=r"cannot be written to: pass another --out"):
        train(tmp_path, tmp_path / "new" / "run")


def test_pictures_that_training_could_not_read_are_said(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("minclip.data.progress.SECONDS", 0.0)
    folder = write_shards_of(tmp_path / "shards", [11])
    write_tar(folder / "train-000001.tar", ("x.jpg", b"no picture"), ("x.txt", T))
    write_shards_of(folder, [3], "val")
    write_shards_of(folder, [3], "test")
    with progress_shown():
        train(folder, tmp_path / "run")
    said = capsys.readouterr().err
    assert said.count("1 pictures of the shards cannot be read: others stand in their place:") == 1
    for bar in ("counting words: 100%", "learning the vocabulary: ", "drawing the report: 100%"):
        assert bar in said


def test_a_batch_too_small_for_processes_ends_before_reading(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "world_size", lambda: 3)
    monkeypatch.setattr(Shards, "read_shard", None)  # which would be called for a shard that is read
    write_tar(tmp_path / "train-0.tar", *texts(4))
    with pytest.raises(ValueError, match=r"batch_size=2 is too small for 3 processes: each needs a pair at least"):
        read_captions(Shards(tmp_path), replace(RUN, batch_size=2), 16)


@pytest.mark.parametrize("change", ["gone", "other content", "cut off"])
def test_a_shard_that_changes_while_training_is_named(change, tmp_path):
    path = write_tar(tmp_path / "train-0.tar", *texts(4))
    streamed = StreamedShards(Shards(tmp_path), survey(Shards(tmp_path)))
    assert len(list(streamed.samples(0, 0, 4))) == 4
    if change == "gone":
        path.unlink()
    elif change == "cut off":
        path.write_bytes(path.read_bytes()[:3000])
    else:
        write_tar(path, *texts(4, b"others"))
        os.utime(path, (1, 1))
    with pytest.raises(ValueError, match=r"train-0\.tar has changed since training began: bring it back"):
        list(streamed.samples(0, 0, 4))


def test_a_shards_list_of_files_is_not_kept(tmp_path, monkeypatch):
    import tarfile

    kept = []
    real = tarfile.TarFile.next
    monkeypatch.setattr(tarfile.TarFile, "next", lambda tar: kept.append(len(tar.members)) or real(tar))
    write_tar(tmp_path / "train-0.tar", *((f"{i}.png", picture("png")) for i in range(30)))
    kept.clear()
    assert len(Shards(tmp_path)) == 30 and max(kept) <= 1
