"""Pictures of one colour with captions: enough to fine-tune on in a test, and a task of the same colours."""

from dataclasses import replace
from pathlib import Path

from PIL import Image

from minclip.data.protocol import ClassTask
from minclip.evaluation import class_task
from minclip.experiments import finetuning, fit, recipes

COLOURS = {"red": (220, 20, 20), "green": (20, 200, 20), "blue": (20, 20, 220), "white": (240, 240, 240)}


def colour_images() -> list[Image.Image]:
    return [Image.new("RGB", (40, 30), colour) for colour in COLOURS.values()]


def colour_task(size: int, split: str = "test") -> ClassTask:
    """Which colour is it? Stands where finetuning.not_trained_for would draw pictures."""
    return class_task("colour", colour_images(), list(COLOURS), size=size)


def write_album(folder: Path) -> Path:
    """A folder of 24 pictures with a table of captions: 16 for training, 4 for val, 4 for test."""
    folder.mkdir(exist_ok=True)
    rows = ["file,caption,split"]
    for i in range(24):
        name = list(COLOURS)[i % 4]
        colour_images()[i % 4].save(folder / f"{i}.png")
        rows.append(f"{i}.png,a plain {name} square,{'train' if i < 16 else 'val' if i < 20 else 'test'}")
    (folder / "captions.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def short_finetuning(monkeypatch) -> None:
    """The recipe of fine-tuning, with four steps, and nothing is drawn for what was not trained for."""
    few = replace(recipes.FINETUNE, samples=32, batch_size=8)
    monkeypatch.setattr(recipes, "FINETUNE", few)
    monkeypatch.setattr(fit, "FINETUNE", few)
    monkeypatch.setattr(finetuning, "not_trained_for", colour_task)
