"""The scripts of examples/, run as a user runs them on a tiny untrained model: they write what the library says."""

import json
import pickle
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import minclip
from minclip import checkpoint
from minclip.config import CLIPConfig
from minclip.data.picturebook import PictureBook, render
from minclip.data.picturebook import tasks as picturebook_tasks
from minclip.data.picturebook.questions import OBJECT_TEMPLATES, prompt_name
from minclip.data.picturebook.sampling import KINDS
from minclip.data.protocol import ClassTask
from minclip.evaluation.evaluate import evaluate_task
from minclip.model import CLIP
from minclip.prompts import PHOTO_TEMPLATES, VARIED_PHOTO_TEMPLATES, read_class_names, read_templates
from minclip.tokenizer import BPETokenizer
from minclip.zero_shot import encode_pixels, encode_texts

EXAMPLES = Path(__file__).parents[1] / "examples"
SIZE = 16  # pixels
COLOURS = {"blue": (0, 0, 255), "green": (0, 160, 0), "red": (255, 0, 0)}


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """(path, model, preprocess, tokenizer) of a model that spells every word; we stand in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINCLIP_DATA", str(tmp_path / "data"))
    torch.manual_seed(0)
    tokenizer = BPETokenizer([], context_length=77)
    sizes = {"embed_dim": 16, "image_size": SIZE, "patch_size": 8, "vision_width": 64, "vision_layers": 1}
    text = {"text_width": 64, "text_heads": 1, "text_layers": 1, "vocab_size": tokenizer.vocab_size}
    path = tmp_path / "model.safetensors"
    checkpoint.save(CLIP(CLIPConfig(**sizes, **text)), tokenizer, path)
    return path, *minclip.load(path, device="cpu")


def run(monkeypatch, script: str, *arguments: object) -> None:
    """python examples/SCRIPT.py ARGUMENTS"""
    monkeypatch.setattr(sys, "argv", [script, *map(str, arguments)])
    runpy.run_path(str(EXAMPLES / f"{script}.py"), run_name="__main__")


def message_of(monkeypatch, script: str, *arguments: object) -> str:
    with pytest.raises(SystemExit) as stopped:
        run(monkeypatch, script, *arguments)
    return str(stopped.value)


def is_picture(path: Path) -> bool:
    """At least 300 pixels a side, with more than paper in it."""
    image = Image.open(path).convert("L")
    return min(image.size) >= 300 and image.getextrema() != (255, 255)


def pictures_in(folder: Path, per_class: int = 1) -> Path:
    """per_class equal pictures of every colour, in a folder for each."""
    for name, colour in COLOURS.items():
        (folder / name).mkdir(parents=True)
        for k in range(per_class):
            Image.new("RGB", (24, 20), colour).save(folder / name / f"{k}.png")
    return folder


# ---- interacting_with_clip


def test_the_tours_numbers_are_the_librarys(trained, monkeypatch, tmp_path, capsys):
    path, model, preprocess, tokenizer = trained
    run(monkeypatch, "interacting_with_clip", "--model", path)
    out = tmp_path / "runs" / "example-interacting"
    found = json.loads((out / "numbers.json").read_text(encoding="utf-8"))

    book, images, truths = PictureBook("test", size=SIZE), [], []
    for index in range(100):
        facts = book.picture(index)
        if facts.layout == "one" and facts.things[0].kind not in truths and len(truths) < 8:
            assert found["captions"][len(truths)] in book.captions(index)
            images.append(render(facts, SIZE))
            truths.append(facts.things[0].kind)
    assert len(found["captions"]) == len(images) == 8
    cosines = encode_pixels(model, np.stack(images)) @ encode_texts(model, tokenizer, found["captions"]).T
    assert np.allclose(found["similarity"], cosines.numpy(), rtol=0, atol=1e-4)
    names = [prompt_name(kind) for kind in KINDS]
    shares = minclip.classify(model, tokenizer, preprocess, [*map(Image.fromarray, images)], names, OBJECT_TEMPLATES)
    for row, top in zip(shares, found["top5"], strict=True):
        expected = row.topk(5)
        assert [share for _, share in top] == pytest.approx(expected.values.tolist(), abs=1e-4)
        assert top[0][0] == names[int(expected.indices[0])]
    assert is_picture(out / "similarity.png") and is_picture(out / "top5.png")
    printed = capsys.readouterr().out
    assert all(caption in printed for caption in found["captions"]) and str(found["model"]) == str(path)


def test_the_tour_takes_other_pictures_and_captions(trained, monkeypatch, tmp_path):
    path, model, preprocess, tokenizer = trained
    photos = tmp_path / "photos"
    photos.mkdir()
    for name, colour in COLOURS.items():
        Image.new("RGB", (30, 20), colour).save(photos / f"{name}.png")
    (photos / "captions.txt").write_text("the sea\ngrass\nfire\n", encoding="utf-8")
    (tmp_path / "names.txt").write_text("'water',\n'leaf',\n", encoding="utf-8")
    run(monkeypatch, "interacting_with_clip", "--model", path, "--images", photos, "--names", "names.txt", "--out", "o")
    found = json.loads(Path("o/numbers.json").read_text(encoding="utf-8"))
    assert found["captions"] == ["the sea", "grass", "fire"]
    images = [Image.open(photos / f"{name}.png") for name in COLOURS]
    shares = minclip.classify(model, tokenizer, preprocess, images, ["water", "leaf"], PHOTO_TEMPLATES)
    assert [dict(top) for top in found["top5"]] == [
        pytest.approx({"water": water, "leaf": leaf}, abs=1e-4) for water, leaf in shares.tolist()
    ]
    assert is_picture(Path("o/similarity.png")) and is_picture(Path("o/top5.png"))


def test_the_tour_says_what_is_missing(trained, monkeypatch, tmp_path):
    path, *_ = trained
    photos = pictures_in(tmp_path / "photos") / "red"
    (tmp_path / "two.txt").write_text("one\ntwo\n", encoding="utf-8")
    said = message_of(
        monkeypatch, "interacting_with_clip", "--model", path, "--images", photos, "--captions", "two.txt"
    )
    assert "holds 2 lines for the 1 pictures" in said
    assert "captions.txt" in message_of(monkeypatch, "interacting_with_clip", "--model", path, "--images", photos)
    assert "not a folder" in message_of(monkeypatch, "interacting_with_clip", "--model", path, "--images", "nowhere")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("script", ["interacting_with_clip", "prompt_engineering"])
def test_without_a_model_training_is_explained(trained, monkeypatch, script):
    monkeypatch.setattr("minclip.data.pretrained.shipped", list)
    assert "minclip train --data picturebook" in message_of(monkeypatch, script)


# ---- prompt_engineering


def task_of(names: list[str], per_class: int) -> ClassTask:
    """The pictures of pictures_in as a task of the library's."""
    pixels = np.concatenate([np.full((per_class, SIZE, SIZE, 3), c, dtype=np.uint8) for c in COLOURS.values()])
    return ClassTask("colours", pixels, np.repeat(np.arange(3), per_class), names, ["{}"])


def test_prompts_on_a_folder_match_the_library(trained, monkeypatch, tmp_path, capsys):
    path, model, _, tokenizer = trained
    photos = pictures_in(tmp_path / "photos", per_class=6)  # all alike: any half has 3 of every class
    (tmp_path / "names.txt").write_text("a blue one\na green one\na red one\n", encoding="utf-8")
    templates = ["seen: {}", "{}, or what?", "this {} is it"]
    (tmp_path / "templates.txt").write_text("\n".join(templates), encoding="utf-8")
    files = ["--classes", "names.txt", "--templates", "templates.txt"]
    run(monkeypatch, "prompt_engineering", "--model", path, "--data", photos, *files)

    out = tmp_path / "runs" / "example-prompts"
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    task = task_of(read_class_names("names.txt"), per_class=3)
    assert report["n_test"] == 9
    used = [measured["templates"] for measured in report["test"].values()]
    assert used[:3] == [["{}"], templates[:1], templates]
    for measured in report["test"].values():
        result = evaluate_task(model, tokenizer, task, measured["templates"])
        assert (measured["accuracy"], measured["low"], measured["high"]) == (result.accuracy, result.low, result.high)
    for template, accuracy in report["alone"].items():
        assert accuracy == evaluate_task(model, tokenizer, task, [template]).accuracy
    assert list(report["alone"]) == ["{}", *templates]
    for steps in range(1, len(report["path"]) + 1):
        so_far = [template for template, _ in report["path"][:steps]]
        assert report["path"][steps - 1][1] == evaluate_task(model, tokenizer, task, so_far).accuracy
    assert used[3] == [template for template, _ in report["path"]][: len(used[3])]
    assert is_picture(out / "accuracy.png")
    printed = capsys.readouterr().out
    assert all(template in printed for template in templates)


def test_templates_are_chosen_greedily():
    script = runpy.run_path(str(EXAMPLES / "prompt_engineering.py"))
    torch.manual_seed(0)
    features = torch.nn.functional.normalize(torch.randn(60, 8), dim=-1)
    labels = torch.randint(4, (60,))
    columns = torch.nn.functional.normalize(torch.randn(5, 8, 4), dim=1)  # five templates, four classes

    def accuracy(*templates: int) -> float:
        classifier = torch.nn.functional.normalize(columns[list(templates)].mean(dim=0), dim=0)
        return ((features @ classifier).argmax(dim=1) == labels).double().mean().item()

    path = script["choose"](features, labels, columns)
    chosen = [template for template, _ in path]
    assert sorted(chosen) == [0, 1, 2, 3, 4]
    for steps, (_, said) in enumerate(path):
        rest = [template for template in range(5) if template not in chosen[:steps]]
        assert said == pytest.approx(max(accuracy(*chosen[:steps], template) for template in rest))
        assert said == pytest.approx(accuracy(*chosen[: steps + 1]))


def test_prompts_on_the_picture_book(trained, monkeypatch, tmp_path):
    path, model, _, tokenizer = trained

    def few(size: int, per_class: int, names: list[str]) -> dict:
        assert (size, per_class, names) == (SIZE, 10, ["object"])
        return picturebook_tasks(size, per_class=1, names=names, progress=False)

    monkeypatch.setattr("minclip.data.picturebook.tasks", few)
    run(monkeypatch, "prompt_engineering", "--model", path, "--out", "o")
    report = json.loads(Path("o/report.json").read_text(encoding="utf-8"))
    assert report["n_test"] == 286  # half of 572
    assert report["path"][0][1] == max(
        report["alone"].values()
    )  # chosen where "alone" was counted, not on the test half
    ours = read_templates(EXAMPLES / "picturebook_templates.txt")
    assert report["test"][f"all {len(ours)}"]["templates"] == ours
    task = few(SIZE, 10, ["object"])["object"]
    both = evaluate_task(model, tokenizer, task, ["{}"]).accuracy
    halves = report["alone"]["{}"], report["test"]["bare name"]["accuracy"]
    assert sum(halves) / 2 == pytest.approx(both)  # no picture is in both halves, none is left out


def test_prompts_on_cifar_take_the_photo_templates(trained, monkeypatch, tmp_path):
    path, *_ = trained
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, size=(40, 3072), dtype=np.uint8)
    names = [f"thing_{k}" for k in range(10)]
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": names}, protocol=2))
    (folder / "test_batch").write_bytes(pickle.dumps({"data": pixels, "labels": list(range(10)) * 4}, protocol=2))
    run(monkeypatch, "prompt_engineering", "--model", path, "--data", folder, "--limit", 20, "--out", "o")
    report = json.loads(Path("o/report.json").read_text(encoding="utf-8"))
    assert report["n_test"] == 10
    assert report["test"][f"all {len(VARIED_PHOTO_TEMPLATES)}"]["templates"] == list(VARIED_PHOTO_TEMPLATES)


def test_prompts_say_what_does_not_fit(trained, monkeypatch, tmp_path):
    path, *_ = trained
    photos = pictures_in(tmp_path / "photos")
    (tmp_path / "two.txt").write_text("one\ntwo\n", encoding="utf-8")
    here = ["prompt_engineering", "--model", path, "--data", photos]
    assert "two.txt holds 2 names, 3 are needed" in message_of(monkeypatch, *here, "--classes", "two.txt")
    assert "--limit 1 must be at least 2" in message_of(monkeypatch, *here, "--limit", 1)
    assert "a folder per class" in message_of(monkeypatch, "prompt_engineering", "--model", path, "--data", "nowhere")
    (tmp_path / "photos" / "white").mkdir()
    assert "a folder per class" in message_of(monkeypatch, *here)
