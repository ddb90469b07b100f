"""The kept fine-tuning: what docs/finetuning.md says of it."""

import pytest

from benchmarks.learning.finetuning import RATES, SEEDS
from benchmarks.result_files import result
from minclip.experiments.recipes import FINETUNE

RUNS = result("finetuning")["runs"]
OF_RECIPE = [run for run in RUNS if run["rate"] == FINETUNE.learning_rate]
NEW, OLD = ("image → text R@10", "text → image R@10"), "picturebook object, not trained for"


def mixed(run: dict, name: str) -> float:
    return run["scores"]["mixed"][name][0]


def test_every_rate_ran_with_every_seed():
    assert [(run["rate"], run["seed"]) for run in RUNS] == [(rate, seed) for rate in RATES for seed in SEEDS]
    assert all(run["pictures"] == 300 for run in RUNS)


@pytest.mark.parametrize("run", OF_RECIPE, ids=lambda run: str(run["seed"]))
def test_the_mixture_learned_and_kept(run):
    for name in NEW:
        assert mixed(run, name) > run["scores"]["before"][name][2]
        assert run["scores"]["mixed"][name][1] > run["scores"]["before"][name][2]
    assert mixed(run, OLD) >= 0.95 * run["scores"]["before"][OLD][0]
    assert run["seconds"] < 120


@pytest.mark.parametrize("name", NEW)
def test_mixed_the_rate_of_the_recipe_finds_most(name):
    least = min(mixed(run, name) for run in OF_RECIPE)
    assert all(mixed(run, name) < least for run in RUNS if run not in OF_RECIPE)
