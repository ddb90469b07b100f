"""The training loop of docs/library.md runs as it stands, and the sentence beside it says what the kept runs gave."""

import json
import re

import torch

from benchmarks.result_files import ROOT

PAGE = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
RUNS = ROOT / "minclip" / "course" / "lesson_07_training" / "warmup_runs.json"
LOOP = next(block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "optimizer.step()" in block)


def test_the_loop_of_the_page_runs():
    few = LOOP.replace("count=20_000", "count=300").replace('"cpu", 400,', '"cpu", 2,')
    assert few.count("300") == 1 and '"cpu", 2,' in few
    torch.manual_seed(0)
    space: dict = {}
    exec(few, space)
    assert space["step"] == 1 and space["loss"].isfinite()


def test_the_page_says_what_the_warmup_did():
    runs = json.loads(RUNS.read_text(encoding="utf-8"))
    learned = {
        with_one: [run["last"] < 3.4 for run in runs if bool(run["warmup"]) is with_one] for with_one in (True, False)
    }
    said = " ".join(PAGE.split())
    assert (
        f"of {len(runs)} small trainings at three rates, {sum(learned[True])} of the {len(learned[True])} with one"
        in said
    )
    assert f"and {sum(learned[False])} of the {len(learned[False])} without" in said
