"""docs/sizes.md: every command and the Python block run, on few pictures and few samples."""

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from minclip.cli import main
from minclip.evaluation import class_task
from minclip.experiments import finetuning, fit, recipes

PAGE = (Path(__file__).parents[1] / "docs" / "sizes.md").read_text(encoding="utf-8")
COLOURS = {"cat": (220, 20, 20), "castle": (20, 200, 20), "fish": (20, 20, 220), "tree": (240, 240, 240)}


@pytest.fixture(autouse=True)
def pictures(tmp_path, monkeypatch):
    """my-photos/ in the current folder, and trainings of four steps."""
    photos = tmp_path / "my-photos"
    photos.mkdir()
    rows = ["file,caption,split"]
    for i in range(24):
        name = list(COLOURS)[i % 4]
        file = f"{name}{i or ''}.png"
        Image.new("RGB", (40, 30), COLOURS[name]).save(photos / file)
        rows.append(f"{file},a drawing of a {name},{'train' if i < 16 else 'val' if i < 20 else 'test'}")
    (photos / "captions.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")

    def task(size, split="test"):
        images = [Image.new("RGB", (9, 9), colour) for colour in COLOURS.values()]
        return class_task("colour", images, list(COLOURS), size=size)

    monkeypatch.setattr(finetuning, "not_trained_for", task)
    few = replace(recipes.FINETUNE, samples=32, batch_size=8)
    monkeypatch.setattr(recipes, "FINETUNE", few)
    monkeypatch.setattr(fit, "FINETUNE", few)
    monkeypatch.chdir(tmp_path)


def test_the_commands_run(capsys):
    (block,) = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines():
        assert main(shlex.split(line, comments=True)[1:]) == 0, capsys.readouterr().err


def test_the_python_block_runs():
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    found: dict = {}
    exec(block.replace("samples=20_000", "samples=32"), found)
    assert found["run"].model.config.image_size == 64 and found["larger"].config.image_size == 96
