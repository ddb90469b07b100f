"""Shards in use: open_clip's pipeline, training, and the command."""

import importlib.util
import json
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from peer_packages import installed
from shard_examples import COUNTS, Album

from minclip.cli import main
from minclip.data.shard_writer import write_shards
from minclip.preprocess import image_transform

wds = pytest.importorskip("webdataset", reason="webdataset is not installed: pip install -e .[shards]")


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
        (["shards", "--data", "picturebook", "--out", "out", "--per-shard", "0"], "--per-shard 0"),
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
