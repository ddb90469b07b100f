"""From a folder of pictures to a finished run, as a user does it."""

import json

import pytest
import torch
from PIL import Image

from minclip.cli import main
from minclip.cli.train import new_folder
from minclip.config import TrainConfig
from minclip.engine import step
from minclip.engine.devices import is_out_of_memory
from minclip.evaluation.suites import Suite
from minclip.experiments.experiment import recipe_for
from minclip.experiments.recipes import RECIPES, Recipe
from minclip.experiments.runs import Run
from minclip.tokenizer import BPETokenizer

COLOURS = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (30, 60, 220)}


@pytest.fixture
def album(tmp_path):
    """Thirty plain pictures in three colours, with captions and splits."""
    folder = tmp_path / "my album"
    folder.mkdir()
    rows = ["file,caption,split"]
    for i in range(30):
        colour = list(COLOURS)[i % 3]
        Image.new("RGB", (40 + i, 50), COLOURS[colour]).save(folder / f"{i}.png")
        split = "train" if i < 18 else "val" if i < 24 else "test"
        rows += [f"{i}.png,a {colour} picture number {i},{split}", f"{i}.png,all {colour},{split}"]
    (folder / "captions.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder


def train(album, out, *more):
    small = {"--config": "tiny", "--samples": "96", "--batch": "6"}
    options = [word for name, value in small.items() if name not in more for word in (name, value)] + [*more]
    return main(["train", "--data", str(album), "--out", str(out), *options])


def test_a_run_writes_report_figures_and_model(album, tmp_path, capsys):
    out = tmp_path / "run"
    assert train(album, out, "--seed", "3", "--samples", "126") == 0
    printed = capsys.readouterr()
    assert "text → image R@1" in printed.out
    assert "minclip: " in printed.err and "of a batch's captions occur in it more than once" in printed.err
    assert "the least with captions that repeat" in printed.out
    assert {path.name for path in out.iterdir()} == {
        "curves.png",
        "log.jsonl",
        "model.safetensors",
        "report.json",
        "report.md",
        "retrieval.png",
        "state.safetensors",
    }
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert (report["run"]["seed"], report["run"]["samples"]) == (3, 126)
    assert (report["retrieval"]["n_images"], report["retrieval"]["n_texts"]) == (6, 12)
    assert set(report["retrieval"]["text_to_image"]) == {"R@1", "R@5", "R@10"}
    twins = report["run"]["twins"]  # "all red" is said of six pictures, in half of the draws
    assert 0.1 < twins["captions"] < 0.6 and twins["steps_counted"] == 21
    assert twins["pictures"] > 0.6  # six plain red ones have the same pixels
    text = (out / "report.md").read_text(encoding="utf-8")
    assert f"{100 * twins['captions']:.1f} % one with the same caption" in text and "Counted on all 21 steps" in text
    for name in ("curves.png", "retrieval.png"):
        assert Image.open(out / name).size[0] > 300
        assert f"]({name})" in (out / "report.md").read_text(encoding="utf-8")
    assert main(["classify", str(album / "0.png"), "--labels", "red,green", "--model", str(out)]) == 0
    assert main(["search", "all blue", "--in", str(album), "--model", str(out)]) == 0
    assert main(["eval", "--model", str(out), "--data", str(album), "--json", str(tmp_path / "e.json")]) == 0
    again = json.loads((tmp_path / "e.json").read_text(encoding="utf-8"))
    assert again["retrieval"]["image_to_text"] == report["retrieval"]["image_to_text"]


def test_a_finished_run_resumes_to_the_same_report(album, tmp_path):
    out = tmp_path / "run"
    assert train(album, out) == 0
    before = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert main(["train", "--out", str(out), "--resume"]) == 0
    after = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert after["retrieval"] == before["retrieval"] and after["run"]["twins"] == before["run"]["twins"]


def cut_off(album, *numbers) -> list[str]:
    """Breaks pictures of the album; what is said of them."""
    for i in numbers:
        (album / f"{i}.png").write_bytes((album / f"{i}.png").read_bytes()[:60])
    return [f"{album / f'{i}.png'} cannot be read as a picture: image file is truncated" for i in numbers]


def test_unreadable_pictures_are_named_and_left_out(album, tmp_path, capsys):
    out = tmp_path / "run"
    train_lines, val_lines, test_lines = cut_off(album, 0, 3, 5, 17), cut_off(album, 20), cut_off(album, 29)
    assert train(album, out, "--batch", "16") == 0  # only 14 are left: no picture may be its own negative
    said = capsys.readouterr().err
    left_out = "cannot be read and are left out"
    few = "; ".join(train_lines[:3])
    assert f"minclip: 4 pictures of folder/train {left_out}: {few}; 1 more\n" in said
    assert f"minclip: 1 pictures of folder/val {left_out}: {val_lines[0]}\n" in said
    assert f"minclip: 1 pictures of folder/test {left_out}: {test_lines[0]}\n" in said
    assert "minclip: batch_size is 14 instead of 16: 14 of the pictures can be read\n" in said
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    kept = {name: entry["all"] for name, entry in report["run"]["left_out"].items() if "unreadable" in name}
    expected = {"": train_lines, "val_": val_lines, "test_": test_lines}
    assert kept == {f"{split}pictures_unreadable": lines for split, lines in expected.items()}
    assert report["run"]["recipe"]["batch_size"] == 14 and report["retrieval"]["n_images"] == 5
    assert f"4 pictures of folder/train {left_out}" in (out / "report.md").read_text(encoding="utf-8")
    scores = tmp_path / "e.json"
    assert main(["eval", "--model", str(out), "--data", str(album), "--json", str(scores)]) == 0
    assert f"1 pictures of folder/test {left_out}: {test_lines[0]}\n" in capsys.readouterr().err
    again = json.loads(scores.read_text(encoding="utf-8"))
    assert again["left_out"]["test_pictures_unreadable"]["all"] == test_lines
    assert again["retrieval"]["image_to_text"] == report["retrieval"]["image_to_text"]


def test_a_batch_lowered_twice_keeps_both_reasons(album, tmp_path, capsys):
    cut_off(album, 0, 3, 5, 17)
    assert train(album, tmp_path / "run", "--batch", "25", "--samples", "100") == 0
    said, report = capsys.readouterr().err, json.loads((tmp_path / "run" / "report.json").read_text(encoding="utf-8"))
    both = "18 pictures have captions, 14 of the pictures can be read"
    assert f"minclip: batch_size is 14 instead of 25: {both}\n" in said
    assert "minclip: samples is 98 instead of 100: whole batches of 14\n" in said
    kept = report["run"]["left_out"]
    assert kept["batch_size"] == {"count": 14, "asked": 25, "first": "", "what": both}
    assert kept["samples"]["count"] == report["run"]["samples"] == 98


def test_a_run_resumes_on_its_own_pictures_only(album, tmp_path, capsys):
    """The captions are the same ones: which pictures are read decides."""
    table = ["file,caption,split"] + [
        f"{i}.png,a picture,{'train' if i < 18 else 'val' if i < 24 else 'test'}" for i in range(30)
    ]
    (album / "captions.csv").write_text("\n".join(table), encoding="utf-8")
    whole = (album / "3.png").read_bytes()
    cut_off(album, 3)
    out = tmp_path / "run"
    assert train(album, out) == 0
    assert main(["train", "--out", str(out), "--resume"]) == 0
    (album / "3.png").write_bytes(whole)
    cut_off(album, 7)
    assert main(["train", "--out", str(out), "--resume"]) == 2
    assert "or other pictures of it cannot be read now" in capsys.readouterr().err


def test_an_unreadable_split_is_an_error_before_training(album, tmp_path, capsys):
    cut_off(album, *range(18, 24))
    assert train(album, tmp_path / "run") == 2
    assert "none of the 6 pictures of folder/val can be read" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_missing_split_is_an_error_before_training(album, tmp_path, capsys):
    table = album / "captions.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(",train", ",test"), encoding="utf-8")
    assert train(album, tmp_path / "run") == 2
    assert "no picture in its train split" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_run_is_not_overwritten_from_the_command_line(album, tmp_path, capsys):
    assert train(album, tmp_path / "run") == 0
    assert train(album, tmp_path / "run") == 2
    assert "holds a run already" in capsys.readouterr().err


def test_a_new_run_finds_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert new_folder("a").as_posix() == "runs/a"
    new_folder("a").mkdir(parents=True)
    assert new_folder("a").as_posix() == "runs/a-2"


def test_every_data_set_has_a_recipe(album):
    assert recipe_for("picturebook") == RECIPES["picturebook"]
    assert recipe_for(str(album)) == RECIPES["folder"]


def evaluations(out) -> list[int]:
    return [entry["step"] for entry in Run(out).read_log() if "loss" not in entry]


def test_a_failed_evaluation_is_repeated_after_resuming(album, tmp_path, monkeypatch):
    """It failed on every Mac, before anything was saved."""
    out, scores = tmp_path / "run", Suite.scores

    def fails(self, model, tokenizer):
        raise TypeError("the MPS framework doesn't support float64")

    monkeypatch.setattr(Suite, "scores", fails)
    monkeypatch.setattr(
        "minclip.experiments.experiment.recipe_for", lambda _data: Recipe("tiny", TrainConfig(evaluate_every=4))
    )
    with pytest.raises(TypeError, match="float64"):
        train(album, out)
    assert Run(out).load()[2]["step"] == 4, "a checkpoint is kept, long before the first regular one"
    monkeypatch.setattr(Suite, "scores", scores)
    assert main(["train", "--out", str(out), "--resume"]) == 0
    assert evaluations(out) == [4, 8, 12, 16]
    assert main(["train", "--out", str(out), "--resume"]) == 0
    assert evaluations(out) == [4, 8, 12, 16], "made up for, and not twice"


def test_the_watched_texts_are_tokenised_once(album, tmp_path, monkeypatch):
    lists, call = [], BPETokenizer.__call__

    def noted(self, texts, **how):
        lists.append(texts)
        return call(self, texts, **how)

    monkeypatch.setattr(BPETokenizer, "__call__", noted)
    monkeypatch.setattr(
        "minclip.experiments.experiment.recipe_for", lambda _data: Recipe("tiny", TrainConfig(evaluate_every=4))
    )
    assert train(album, tmp_path / "run") == 0
    assert len(evaluations(tmp_path / "run")) == 4
    watched = ["a red picture number 18", "all red"]
    assert sum(list(texts[:2]) == watched for texts in lists) == 1


def test_a_lack_of_memory_names_the_way_out(album, tmp_path, monkeypatch, capsys):
    def backward(*_):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has ...")

    monkeypatch.setattr("minclip.engine.step.backward", backward)
    assert train(album, tmp_path / "run") == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("minclip: error: 6 pairs at a time do not fit into the memory of cpu")
    assert "--micro-batch 3" in said and "TrainConfig(micro_batch=3)" in said
    assert train(album, tmp_path / "other", "--micro-batch", "1") == 2
    assert "1 pairs at a time do not fit" in (said := capsys.readouterr().err) and "--config tiny" in said


def test_a_resumed_run_takes_another_micro_batch(album, tmp_path, monkeypatch, capsys):
    """They change how a step is computed, and not what: of all settings they alone may."""
    out, seen, backward = tmp_path / "run", [], step.backward

    def watched(model, batch, device, micro_batch, loss):
        seen.append(micro_batch)
        if len(seen) == 3:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory")
        return backward(model, batch, device, micro_batch, loss)

    monkeypatch.setattr(
        "minclip.experiments.experiment.recipe_for", lambda _data: Recipe("tiny", TrainConfig(save_every=2))
    )
    monkeypatch.setattr(step, "backward", watched)
    assert train(album, out) == 2 and "--micro-batch 3" in capsys.readouterr().err
    assert main(["train", "--out", str(out), "--resume", "--micro-batch", "3"]) == 0
    assert seen == [None] * 3 + [3] * 14
    assert main(["train", "--out", str(out), "--resume", "--batch", "3"]) == 2
    assert "leave out --batch" in capsys.readouterr().err


def test_a_command_without_memory_ends_in_one_line(monkeypatch, capsys):
    def fails(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")

    monkeypatch.setattr("minclip.cli.doctor.run", fails)
    assert main(["doctor"]) == 2
    assert capsys.readouterr().err == (
        "minclip: error: doctor needs more memory than there is: close other programs that use the device, "
        "take a smaller model, or pass --device cpu\n"
    )

    def other(*_, **__):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr("minclip.cli.doctor.run", other)
    with pytest.raises(RuntimeError, match="mat1"):
        main(["doctor"])


@pytest.mark.parametrize(
    ("error", "is_it"),
    [
        (MemoryError(), True),
        (torch.OutOfMemoryError("CUDA out of memory. Tried ..."), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 8.85 GB, other allocations: ...)"), True),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory: you"), True),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:114] DefaultCPUAllocator: not enough memory: you tried"), True),
        (RuntimeError("The size of tensor a (3) must match the size of tensor b (4)"), False),
        (ValueError("out of memory is no word for a value"), False),
    ],
)  # fmt: skip
def test_a_lack_of_memory_is_recognised_on_every_device(error, is_it):
    assert is_out_of_memory(error) is is_it
