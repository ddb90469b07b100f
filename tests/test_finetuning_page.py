"""docs/finetuning.md: every command and the Python block run, on few pictures and few samples."""

import re
import shlex
from pathlib import Path

import pytest
from colour_pictures import short_finetuning, write_album

from minclip.cli import main

PAGE = (Path(__file__).parents[1] / "docs" / "finetuning.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    root = tmp_path_factory.mktemp("place")
    write_album(root / "my-photos")
    return root


@pytest.fixture
def here(place, monkeypatch):
    monkeypatch.chdir(place)
    monkeypatch.setenv("MINCLIP_INDEXES", str(place / "indexes"))
    short_finetuning(monkeypatch)
    return place


def test_commands_of_the_page_run_one_after_another(here, capsys):
    for command in COMMANDS:
        words = shlex.split(command, comments=True)[1:]
        words = [word for word in words if word not in ("--samples", "40000")]
        assert main([*words, "--device", "cpu"]) == 0, f"{command}: {capsys.readouterr().err}"


def test_the_lines_of_the_page_run(here):
    (block,) = BLOCKS
    space = {}
    exec(block.replace("runs/mine", "runs/python").replace('mix="auto"', 'mix="auto", samples=32, batch_size=8'), space)
    assert space["run"].report["finetuning"]["scores"].keys() == {"before", "after", "mixed"}
