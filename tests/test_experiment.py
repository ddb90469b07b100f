"""From a folder of pictures to a finished run, as a user does it."""

import json

import pytest
from PIL import Image

from minclip.cli import main
from minclip.cli.train import new_folder
from minclip.experiment import recipe_for
from minclip.recipes import RECIPES

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
    options = ["--config", "tiny", "--samples", "96", "--batch", "6", *more]
    return main(["train", "--data", str(album), "--out", str(out), *options])


def test_a_run_leaves_a_report_with_figures_and_a_model_to_ask(album, tmp_path, capsys):
    out = tmp_path / "run"
    assert train(album, out, "--seed", "3") == 0
    assert "text → image R@1" in capsys.readouterr().out
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
    assert (report["run"]["seed"], report["run"]["samples"]) == (3, 96)
    assert (report["retrieval"]["n_images"], report["retrieval"]["n_texts"]) == (6, 12)
    assert set(report["retrieval"]["text_to_image"]) == {"R@1", "R@5", "R@10"}
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
    assert after["retrieval"] == before["retrieval"]


def test_a_missing_split_is_said_before_the_training_not_after(album, tmp_path, capsys):
    table = album / "captions.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(",test", ",train"), encoding="utf-8")
    assert train(album, tmp_path / "run") == 2
    assert "test" in capsys.readouterr().err
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
