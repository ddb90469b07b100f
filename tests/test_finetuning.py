"""A model that has learned before learns on: frozen parts, the best weights on val, before and after, mixtures."""

import csv
import json

import pytest
import torch
from PIL import Image

import minclip
from minclip.adapters import mixed
from minclip.cli import main
from minclip.data.protocol import ClassTask
from minclip.evaluation import class_task
from minclip.experiments import finetuning
from minclip.experiments.best_on_val import BEST_FILE
from minclip.experiments.finetuning import FineTuning
from minclip.experiments.finetuning_words import in_words
from minclip.experiments.fit import fit

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
        (["--data", "x", "--init", "picturebook-tiny", "--mix", "2"], "--mix 2.0 must be 'auto', or from 0"),
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


TINY = {"model": "picturebook-tiny", "batch_size": 8, "device": "cpu"}


def test_patience_and_keep_are_asked_and_said(folder, capsys):
    out = folder / "run"
    words = ["train", "--data", str(folder), "--init", "picturebook-tiny", "--mix", "auto", "--out", str(out)]
    words += ["--patience", "1", "--keep", "0.5", "--lr", "1e-12", "--samples", "800", "--batch", "8"]
    assert main([*words, "--device", "cpu"]) == 0
    said = capsys.readouterr().out
    assert "ended early, after step 40 of 100: the patience is 1, and no score after step 20 was better." in said
    assert "among the shares that keep 50 % of the accuracy" in said
    told = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert told["run"]["samples"] == 320 and told["finetuning"]["patience"] == 1 and told["finetuning"]["keep"] == 0.5


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"patience": 0}, "patience=0 must be a whole number of scores, at least 1"),
        ({"patience": 2.5}, "patience=2.5 must be a whole number"),
        ({"keep": 0.9}, "keep=0.9 is for mix='auto'"),
        ({"mix": "auto", "keep": 2}, "keep=2 must be from 0"),
        ({"mix": True}, "mix=True must be 'auto', or from 0"),
        ({"mix": [0.5]}, r"mix=\[0.5\] must be 'auto'"),
        ({"mix": float("nan")}, "mix=nan must be"),
    ],
)
def test_numbers_of_a_fine_tuning_have_limits(asked, error):
    with pytest.raises(ValueError, match=error):
        FineTuning("picturebook-tiny", **asked)


def test_a_finished_run_stays_as_it_is(folder, capsys):
    out = folder / "run"
    fit(folder, samples=320, patience=1, evaluate_every=2, learning_rate=1e-12, mix=0.5, out=out, **TINY)
    before, log = minclip.load(out)[0].state_dict(), (out / "log.jsonl").read_text(encoding="utf-8")
    assert main(["train", "--resume", "--out", str(out), "--device", "cpu"]) == 0
    said = capsys.readouterr().err
    assert "is finished (4 of 40 steps): only its report is made again; to train it for longer, begin a new run" in said
    after = minclip.load(out)[0].state_dict()
    assert all(torch.equal(after[name], before[name]) for name in before)
    assert (out / "log.jsonl").read_text(encoding="utf-8") == log
    assert main(["train", "--resume", "--out", str(out), "--samples", "999"]) == 2
    assert f"leave out --samples; to train a finished run for longer: minclip train --data DATA --init {out}" in (
        capsys.readouterr().err
    )


def test_damaged_files_of_a_run_are_named(folder, capsys):
    out = folder / "run"
    fit(folder, samples=16, out=out, **TINY)
    resume = ["train", "--resume", "--out", str(out), "--device", "cpu"]
    (out / BEST_FILE).write_bytes(b"x")
    assert main(resume) == 2
    assert f"or delete {out / BEST_FILE}, and --resume takes the last weights" in capsys.readouterr().err
    (out / BEST_FILE).unlink()
    assert main(resume) == 0
    assert "Kept are its last weights: those of the best of 1 scores" in capsys.readouterr().out
    (out / "log.jsonl").write_text("garbage\n", encoding="utf-8")
    assert main(resume) == 2
    assert f"{out / 'log.jsonl'} is no log of a run" in capsys.readouterr().err


def test_a_finished_run_trains_for_longer_as_init(folder):
    fit(folder, samples=16, out=folder / "first", **TINY)
    longer = fit(folder, samples=16, out=folder / "longer", **TINY | {"model": folder / "first"})
    assert longer.report["finetuning"]["init"] == str(folder / "first")


def test_a_run_finds_its_first_model_from_anywhere(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    fit(folder, samples=16, out="first", **TINY)
    words = ["train", "--data", str(folder), "--init", "first", "--out", "longer", *FEW]
    assert main(words) == 0
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    assert main(["train", "--resume", "--out", "../longer", "--device", "cpu"]) == 0
    (folder / "longer" / "model.safetensors").replace(folder / "first" / "model.safetensors")
    assert main(["train", "--resume", "--out", "../longer", "--device", "cpu"]) == 2
    assert "holds other weights than when this fine-tuning began" in capsys.readouterr().err


def test_an_unfinished_first_model_is_said(folder, capsys):
    fit(folder, samples=16, out=folder / "first", **TINY)
    (folder / "first" / "report.json").unlink()
    fit(folder, samples=16, **TINY | {"model": folder / "first"})
    assert "1 run that the model comes from is not finished: its last checkpoint is taken" in capsys.readouterr().err


def test_a_share_needs_something_to_be_chosen_by():
    images, captions = [Image.new("RGB", (9, 9), colour) for colour in COLOURS] * 4, list(COLOURS) * 4
    with pytest.raises(ValueError, match="mix='auto' chooses the share on a val split, and these data have none"):
        fit(images, captions, mix="auto", samples=16, **TINY)
    run = fit(images, captions, mix=0.5, samples=16, **TINY)
    assert "nothing to watch" in in_words(run.report["finetuning"])[0]


def test_few_val_pictures_are_watched_at_a_smaller_k(folder):
    run = fit(folder, samples=16, evaluate_every=1, **TINY)  # 8 of them: R@10 would always be 100 %
    assert all("R@1" in entry and "R@10" not in entry for entry in run.log if entry.keys() & {"R@1", "R@10"})
    assert run.report["finetuning"]["watched"] == ["R@1"]


@pytest.mark.parametrize("freeze", [["image", "text"], "image:", 3, [3]])
def test_what_cannot_be_frozen_is_named(freeze, folder):
    with pytest.raises(ValueError, match=r"freeze=.*(leaves no weight|has 4 blocks|is no part of the model)"):
        fit(folder, freeze=freeze, samples=16, **TINY)
