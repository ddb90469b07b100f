"""Where a run is written: nothing of a person's is replaced, and a run that fails leaves what was there."""

import pytest
import torch
from colour_pictures import write_album
from PIL import Image

import minclip
from minclip.cli import main
from minclip.experiments.fit import fit
from minclip.experiments.run_folder import REPLACED

IMAGES = [Image.new("RGB", (16, 16), (20 * i, 90, 200 - 10 * i)) for i in range(8)]
CAPTIONS = [f"tint number {i}" for i in range(8)]
CONFIG = minclip.CLIPConfig(64, 16, 8, 64, 1, 32, 1, 1, context_length=16, vocab_size=600)
FAST = {"config": CONFIG, "samples": 16, "batch_size": 8, "device": "cpu", "optimizer": "adamw"}


@pytest.mark.parametrize(
    ("name", "content", "out", "error"),
    [
        ("notes", "mine", "notes", "out='.*notes' cannot be a folder: .*notes is a file"),
        ("notes", "mine", "notes/run", "cannot be a folder: .*notes is a file"),
        ("run/report.md", "mine", "run", "holds a report.md, which a run would replace"),
        ("run/log.jsonl", "mine", "run", "holds a log.jsonl, which a run would replace"),
    ],
)
def test_what_is_there_is_not_replaced(name, content, out, error, tmp_path):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=error):
        fit(IMAGES, CAPTIONS, out=tmp_path / out, **FAST)
    assert (tmp_path / name).read_text(encoding="utf-8") == content


def test_a_run_stopped_before_its_first_checkpoint_begins_again(tmp_path):
    (tmp_path / "log.jsonl").write_text('{"step": 1, "samples": 8, "loss": 2.0}\n', encoding="utf-8")
    fit(IMAGES, CAPTIONS, out=tmp_path, **FAST)
    assert (tmp_path / "report.json").is_file()


def test_a_run_is_not_written_between_its_pictures(tmp_path, capsys):
    there = {path.name for path in write_album(tmp_path).iterdir()}
    for data in (tmp_path, tmp_path / "captions.csv"):
        assert main(["train", "--data", str(data), "--out", str(tmp_path), "--device", "cpu"]) == 2
        assert "is the folder of the data: a run would write its figures between" in capsys.readouterr().err
    with pytest.raises(ValueError, match="is the folder of the data"):
        fit(tmp_path, out=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == there


def test_an_overwriting_run_that_fails_leaves_the_old_one(tmp_path):
    fit(IMAGES, CAPTIONS, out=tmp_path, **FAST)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ValueError, match=r"the loss is nan at step 2: lower .* or mend a loss of your own$"):
        fit(IMAGES, CAPTIONS, out=tmp_path, overwrite=True, loss=lambda a, b, _: torch.nan * (a + b).sum(), **FAST)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    fit(IMAGES, CAPTIONS, out=tmp_path, overwrite=True, seed=1, **FAST)
    assert not (tmp_path / REPLACED).exists() and {path.name for path in tmp_path.iterdir()} == before.keys()


def test_a_run_does_not_replace_its_first_model(tmp_path):
    fit(IMAGES, CAPTIONS, out=tmp_path, **FAST)
    with pytest.raises(ValueError, match="holds the model that the run begins from"):
        fit(IMAGES, CAPTIONS, model=tmp_path, out=tmp_path, overwrite=True, samples=16, batch_size=8)
