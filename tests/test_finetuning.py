"""A model that has learned before learns on: frozen parts, the best weights on val, before and after, mixtures."""

import csv

import pytest
import torch
from PIL import Image

import minclip
from minclip.cli import main
from minclip.data.protocol import ClassTask
from minclip.evaluation import class_task
from minclip.experiments import finetuning
from minclip.experiments.best_on_val import BEST_FILE
from minclip.experiments.finetuning import FineTuning
from minclip.experiments.fit import fit
from minclip.experiments.mixing import mixed

COLOURS = {"red": (220, 20, 20), "green": (20, 200, 20), "blue": (20, 20, 220), "white": (240, 240, 240)}


@pytest.fixture
def folder(tmp_path):
    """Coloured pictures with captions: 24 for training, 8 for val and 8 for test."""
    rows = []
    for i in range(40):
        name, split = list(COLOURS)[i % 4], ("train" if i < 24 else "val" if i < 32 else "test")
        Image.new("RGB", (32, 32), COLOURS[name]).save(tmp_path / f"{i}.png")
        rows.append((f"{i}.png", f"a plain {name} square", split))
    with (tmp_path / "captions.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("file", "caption", "split"), *rows])
    return tmp_path


@pytest.fixture(autouse=True)
def few_other_pictures(monkeypatch):
    """The task that was not trained for, of four pictures: nothing is drawn."""

    def task(size, split) -> ClassTask:
        pictures = [Image.new("RGB", (size, size), colour) for colour in COLOURS.values()]
        return class_task("colour", pictures, list(COLOURS), size=size)

    monkeypatch.setattr(finetuning, "not_trained_for", task)


FEW = ["--samples", "96", "--batch", "8", "--device", "cpu"]


def test_the_command_compares_before_and_after(folder, capsys):
    out = folder / "run"
    words = ["train", "--data", str(folder), "--init", "picturebook-tiny", "--freeze", "image", "--mix", "auto"]
    assert main([*words, "--out", str(out), *FEW]) == 0
    said = capsys.readouterr().out
    assert "Fine-tuned from picturebook-tiny, image frozen." in said and "before" in said and "mixed" in said
    before, after = (minclip.load(name)[0].state_dict() for name in ("picturebook-tiny", out))
    assert all(torch.equal(after[name], before[name]) for name in before if name.startswith("visual."))
    assert "chosen on the val split" in (out / "report.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--data", "x", "--mix", "0.5"], "--mix needs --init"),
        (["--data", "x", "--init", "picturebook-tiny", "--mix", "half"], "--mix half must be auto, or a number"),
        (["--data", "x", "--init", "picturebook-tiny", "--mix", "2"], "mix=2.0 must be 'auto', or from 0"),
        (["--data", "x", "--init", "picturebook-tiny", "--config", "tiny"], "leave out --config"),
        (["--out", "x", "--resume", "--init", "y"], "leave out --init"),
    ],
)
def test_what_does_not_go_together_is_named(words, error, folder, capsys):
    words = [str(folder) if word == "x" else word for word in words]
    assert main(["train", *words]) != 0
    assert error in capsys.readouterr().err


def test_a_resumed_fine_tuning_is_the_unbroken_one(folder):
    whole, broken = folder / "whole", folder / "broken"
    arguments = {"model": "picturebook-tiny", "batch_size": 8, "save_every": 4, "evaluate_every": 2, "device": "cpu"}
    fit(folder, samples=96, out=whole, **arguments)

    class Stop(Exception):
        pass

    def kill(entry):
        if entry["step"] == 8:
            raise Stop

    with pytest.raises(Stop):
        fit(folder, samples=96, out=broken, on_log=kill, **arguments)
    assert main(["train", "--out", str(broken), "--resume", "--device", "cpu"]) == 0
    a, b = (minclip.load(out)[0].state_dict() for out in (whole, broken))
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_the_best_weights_on_val_are_kept(folder):
    arguments = {"model": "picturebook-tiny", "batch_size": 8, "evaluate_every": 2, "device": "cpu"}
    run = fit(folder, samples=96, out=folder / "run", **arguments)
    scores = [entry["R@1"] for entry in run.log if "R@1" in entry]
    assert run.report["finetuning"]["evaluations"] == len(scores)
    best = minclip.load(folder / "run" / BEST_FILE)[0].state_dict()
    assert all(torch.equal(weight.cpu(), best[name]) for name, weight in run.model.state_dict().items())


def test_training_ends_where_val_rises_no_more(folder):
    arguments = {"model": "picturebook-tiny", "batch_size": 8, "evaluate_every": 1, "device": "cpu"}
    run = fit(folder, samples=8 * 40, learning_rate=1e-12, **arguments)
    assert run.log[-1]["step"] == 1 + finetuning.PATIENCE


def test_a_mixture_lies_between():
    a, b = minclip.load("picturebook-tiny")[0], minclip.load("picturebook-tiny")[0]
    with torch.no_grad():
        for weight in b.parameters():
            weight.add_(2)
    half = mixed(a, b, 0.5)
    assert torch.allclose(half.logit_scale, a.logit_scale + 1)
    with pytest.raises(ValueError, match="from 0"):
        mixed(a, b, 1.5)
    with pytest.raises(ValueError, match="of one architecture"):
        mixed(a, minclip.CLIP(minclip.CLIPConfig.preset("tiny", vision_layers=2)), 0.5)


def test_a_share_keeps_what_was_known(monkeypatch):
    """Of shares that keep enough of the other task, the best on val: here 0.4."""
    monkeypatch.setattr(finetuning, "mixed", lambda before, after, share: share)
    monkeypatch.setattr(finetuning, "remembering", lambda tokenizer: tokenizer)
    monkeypatch.setattr(finetuning, "evaluate_task", lambda model, *_: type("R", (), {"accuracy": 1 - model**3}))
    watched = type("S", (), {"scores": staticmethod(lambda model, _: {"R@10": model})})
    share, curve = finetuning.chosen_share(0, 1, None, watched, None)
    assert share == 0.3 and len(curve) == len(finetuning.SHARES)


@pytest.mark.filterwarnings("ignore:.*says no configuration")
def test_openai_weights_learn_on_and_go_back(tmp_path, folder):
    config = minclip.CLIPConfig(64, 32, 8, 64, 2, 64, 1, 2)
    model, tokenizer = minclip.CLIP(config), minclip.load("picturebook-tiny")[2]
    sizes = dict(vars(config), vocab_size=tokenizer.vocab_size, context_length=tokenizer.context_length)
    model = minclip.CLIP(minclip.CLIPConfig(**sizes))
    minclip.checkpoint.save_openai(model.half(), tokenizer, tmp_path / "theirs.pt")
    run = fit(folder, model=tmp_path / "theirs.pt", samples=32, batch_size=8, device="cpu")
    minclip.checkpoint.save_openai(run.model, run.tokenizer, tmp_path / "back.pt")
    back = minclip.load(tmp_path / "back.pt")[0].state_dict()
    assert all(torch.allclose(weight, back[name], atol=1e-3) for name, weight in run.model.state_dict().items())


def test_asked_is_kept_as_text():
    asked = FineTuning("picturebook-tiny", ("image:2",), 0.5)
    assert FineTuning.from_dict(asked.to_dict()) == asked
