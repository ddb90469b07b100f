"""docs/sizes.md: every command and the Python block run, on few pictures and few samples."""

import re
import shlex
from pathlib import Path

import pytest
from colour_pictures import colour_images, short_finetuning, write_album

from minclip.cli import main

PAGE = (Path(__file__).parents[1] / "docs" / "sizes.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def current_folder(tmp_path, monkeypatch):
    """With my-photos/ in it."""
    colour_images()[0].save(write_album(tmp_path / "my-photos") / "cat.png")
    short_finetuning(monkeypatch)
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
