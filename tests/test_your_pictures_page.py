"""docs/your-pictures.md: every command and every line of it runs, on few pictures and few samples."""

import re
import shlex
from pathlib import Path

import pytest
from PIL import Image
from test_search_index import draw

from minclip.cli import main
from minclip.evaluation import class_task
from minclip.experiments import finetuning

PAGE = (Path(__file__).parents[1] / "docs" / "your-pictures.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
LEFT = {  # what is there after a command
    "train": "runs/mine/report.md",
    "eval": "scores.json",
    "embed": "features.safetensors",
    "export": "exported/open_clip_config.json",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Twenty-four captioned pictures, and three classes in train and test."""
    root = tmp_path_factory.mktemp("place")
    rows = ["file,caption,split"]
    for i in range(24):
        draw(root / "my-photos" / f"{i}.png", (10 * i, 250 - 10 * i, 90), (24, 20))
        rows.append(f"{i}.png,tint number {i},{('train', 'train', 'val', 'test')[i % 4]}")
    (root / "my-photos" / "captions.csv").write_text("\n".join(rows), encoding="utf-8")
    for name, shade in {"cat": (200, 30, 30), "dog": (30, 200, 30), "hot_dog": (30, 30, 200)}.items():
        for split, count in {"train": 10, "test": 3}.items():
            for i in range(count):
                draw(root / "animals" / split / name / f"{i}.png", tuple(value + i for value in shade))
    (root / "names.txt").write_text("a red picture\na blue picture\n", encoding="utf-8")
    return root


@pytest.fixture
def here(place, monkeypatch):
    """We stand there; what was not trained for is one picture, and training is short."""
    monkeypatch.chdir(place)
    monkeypatch.setenv("MINCLIP_INDEXES", str(place / "indexes"))
    task = class_task("colour", [Image.new("RGB", (8, 8), "red")], ["red"], ["red", "blue"])
    monkeypatch.setattr(finetuning, "not_trained_for", lambda size, split: task)
    return place


def needs(text):
    if "probe" in text:
        pytest.importorskip("sklearn", reason="no scikit-learn here: pip install -e .[probe]")


def test_commands_and_then_blocks_of_the_page_run(here, capsys):
    for command in COMMANDS:
        needs(command)
        words = shlex.split(command)[1:]
        short = ["--samples", "24", "--batch", "8"] if words[0] == "train" else []
        assert main([*words, *short, "--device", "cpu"]) == 0, f"{command}: {capsys.readouterr().err}"
        assert (here / LEFT.get(words[0], "my-photos")).exists(), command
    space = {"__name__": "__main__"}
    for code in BLOCKS:
        needs(code)
        exec(code.replace('mix="auto"', 'mix="auto", samples=24, batch_size=8, device="cpu"'), space)
    assert space["result"].n == 9 and len(space["names"]) == 24 == len(space["features"])
    assert {path.name for path in (here / "for-openclip").iterdir()} >= {"open_clip_config.json"}


def test_the_page_names_the_commands_in_order():
    assert [line.split()[1] for line in COMMANDS] == ["train", "eval", "eval", "classify", "embed", "search", "export"]
