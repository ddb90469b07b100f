"""docs/experiments.md: every block runs, after the first one, on few pictures and few samples."""

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[1] / "docs" / "experiments.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
FEWER = [(r"count=[\d_]+", "count=512"), (r"samples=[\d_]+", "samples=512"), (r"range\(200\)", "range(2)")]


def small(code: str) -> str:
    for pattern, text in FEWER:
        code = re.sub(pattern, text, code)
    code = code.replace("task = tasks(32, ", "task = tasks(32, per_class=2, progress=False, ")
    return code.replace('fit("picturebook",', 'fit("picturebook", tasks=[],')


@pytest.fixture(scope="module")
def space():
    found = {"__name__": "__main__"}
    exec(small(BLOCKS[0]), found)
    return found


@pytest.mark.parametrize("code", BLOCKS[1:], ids=re.findall(r"^## (\d+) ", PAGE, re.MULTILINE))
def test_an_experiment_runs(space, code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(small(code), dict(space))


def test_the_probe_beats_chance_by_far(space, capsys):
    (code,) = [code for code in BLOCKS if "probe = " in code]
    exec(small(code), dict(space))
    assert float(capsys.readouterr().out) > 0.5  # of 52 classes


@pytest.mark.parametrize("code", BLOCKS)
def test_an_experiment_is_short(code):
    assert len([line for line in code.splitlines() if line.strip()]) <= 15
