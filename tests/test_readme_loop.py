"""README's training loop is the one whose warm-up was tried, and the sentence beside it says what came out."""

import re

from benchmarks.learning.warmup import RATES, SEEDS, WARMUPS, losses_of
from benchmarks.result_files import ROOT, result

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_loop_of_readme_runs():
    losses = losses_of(steps=2, rate=1e-3, warmup=1, seed=0, pictures=300)
    assert len(losses) == 2 and all(0 < loss < 20 for loss in losses)


def test_every_rate_ran_with_every_seed():
    runs = result("warmup")["runs"]
    assert len(runs) == len(RATES) * len(SEEDS) * len(WARMUPS)


def test_readme_says_what_came_out():
    learned, settings = result("warmup")["of_three"], {warmup: 0 for warmup in WARMUPS}
    for row, count in learned.items():
        settings[int(row.rsplit(" ", 1)[1])] += count
    said = re.search(r"(\w+) of nine runs learned with it, and (\w+) of nine without", README)
    words = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    assert said, "README has lost its sentence on the warm-up"
    assert [words.index(word.lower()) for word in said.groups()] == [settings[20], settings[0]]
