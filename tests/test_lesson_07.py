"""What lesson 07 says in numbers: kept runs within the bands of its text, and what its helpers measure.

The bands. Kept runs are three seeds at three rates: a band reaches from the least to the largest of them, rounded
outwards, because another machine's rounding sends a run another way.
"""

import importlib
import inspect
import json
import math
from pathlib import Path

import pytest
import torch

import minclip
from minclip.course.checking import judge
from minclip.course.lesson_07_training import answers, broken_runs, loop_answers, real_run, warmup_runs
from minclip.course.lesson_07_training.memory import graph_megabytes
from minclip.course.lesson_07_training.small_runs import batches_of, pairs
from minclip.course.outline import exercise_of, question_of
from minclip.course.planted_answers import run_cell
from minclip.loss import clip_loss
from minclip.optim import adamw, param_groups

ROOT = Path(__file__).parents[1]
TEXT = " ".join((ROOT / "lessons" / "07_training" / "lesson.md").read_text(encoding="utf-8").split())
BROKEN = json.loads(broken_runs.KEPT.read_text(encoding="utf-8"))
GUESSING = math.log(broken_runs.BATCH)


def of(arm: str, key: str) -> list:
    """A number of all nine runs of an arm."""
    found = [line[key] for line in BROKEN if line["arm"] == arm]
    assert len(found) == len(broken_runs.RATES) * len(broken_runs.SEEDS)
    return found


def test_the_runs_as_they_should_be_have_learned():
    assert min(of(broken_runs.RIGHT, "last")) > 3.05 and max(of(broken_runs.RIGHT, "last")) < 3.4 < GUESSING
    assert max(of(broken_runs.BY_HEART, "last")) < 0.06


def test_a_rate_too_low_leaves_the_loss_alone():
    pairs = zip(of("rate too low", "losses"), of("rate too low", "last"), strict=True)
    assert all(3.55 < last < 3.9 and abs(losses[0] - last) < 0.2 for losses, last in pairs)


def test_a_scale_for_its_logarithm_sits_at_its_limit():
    assert min(losses[0] for losses in of("scale for its logarithm", "losses")) > 1e5
    assert all(99 < scale <= 100 for scales in of("scale for its logarithm", "scales") for scale in scales)
    assert all(5.9 < last < 11 for last in of("scale for its logarithm", "last"))


def test_a_rate_too_high_ends_at_guessing():
    assert of("rate too high", "last") == pytest.approx([GUESSING] * 9, abs=1e-3)
    assert all(3 < scales[-1] < 12 for scales in of("rate too high", "scales"))


def test_twins_end_at_the_logarithm_of_two():
    assert of("twins", "last") == pytest.approx([math.log(2)] * 9, abs=0.02)


def test_shuffled_captions_end_at_guessing():
    assert of("captions shuffled", "last") == pytest.approx([GUESSING] * 9, abs=2e-3)
    assert all(13.5 < scales[-1] < 14.5 for scales in of("captions shuffled", "scales"))


def test_the_run_learns_scenes_first_and_things_last():
    lines = json.loads(real_run.KEPT.read_text(encoding="utf-8"))
    assert len(lines) == 9 and all(line["scene"] > line["style"] > line["colour"] > line["object"] for line in lines)
    for task, low, high in (("scene", 51, 67), ("style", 38, 61), ("colour", 11, 33), ("object", 3.5, 6.5)):
        assert all(low <= line[task] <= high for line in lines)
    assert max(lines, key=lambda line: line["last"])["rate"] == 0.004
    assert [round(loss, 1) for loss in sorted(line["last"] for line in lines)[-2:]] == [4.0, 4.4]
    assert all(12.5 < line["scale"] < 1 / 0.07 for line in lines)


def test_a_warm_up_is_worth_what_the_text_says():
    lines = json.loads(warmup_runs.KEPT.read_text(encoding="utf-8"))
    assert len(lines) == 36 and all(line["last"] < 3.4 or line["last"] > 3.46 for line in lines)
    learned = {
        (warmup, rate): sum(line["last"] < 3.4 for line in lines if (line["warmup"], line["rate"]) == (warmup, rate))
        for warmup in (15, 0)
        for rate in (0.001, 0.002, 0.004)
    }
    assert list(learned.values()) == [6, 6, 4, 5, 1, 0]
    assert "| with warm-up | 6 of 6 | 6 of 6 | 4 of 6 | | without | 5 of 6 | 1 of 6 | 0 of 6 |" in TEXT


def test_warm_up_runs_are_those_of_the_broken_ones():
    warm = json.loads(warmup_runs.KEPT.read_text(encoding="utf-8"))
    ends = {(line["rate"], line["seed"]): line["last"] for line in warm if line["warmup"] == 15}
    right = [line for line in BROKEN if line["arm"] == broken_runs.RIGHT and line["rate"] in (0.001, 0.002)]
    assert len(right) == 6  # the means are over eight steps and over ten
    assert all(abs(ends[line["rate"], line["seed"]] - line["last"]) < 0.05 for line in right)


def test_gradients_that_are_added_up_point_elsewhere():
    """The bands of section 6: three batches gave cosines of 0.71 to 0.75, and a graph of a tenth."""
    model = minclip.load("picturebook-tiny", "cpu")[0]
    (pixels, tokens), _ = pairs("train", 256)

    def backward(part: int) -> None:
        for image, text in zip(pixels.split(part), tokens.split(part), strict=True):
            features = model.encode_image(image), model.encode_text(text)
            (clip_loss(*features, model.logit_scale.exp()) * part / 256).backward()

    gradients, megabytes = [], []
    for part in (256, 32):
        model.zero_grad()
        megabytes.append(graph_megabytes(lambda part=part: backward(part)))
        gradients.append(torch.cat([parameter.grad.flatten() for parameter in model.parameters()]))
    assert 0.68 < torch.cosine_similarity(*gradients, dim=0) < 0.8
    assert 6 < megabytes[0] / megabytes[1] < 9  # both encoders at once; GradCache has one after the other


def test_two_processes_take_the_step_of_one():
    kept = Path(broken_runs.__file__).with_name("two_processes.json")
    one, two = json.loads(kept.read_text(encoding="utf-8"))["runs"]
    assert one["loss"] == pytest.approx(two["loss"], abs=1e-3)
    for line in (one, two):
        assert f'"loss": {line["loss"]:.4f}, "logit_scale": {line["logit_scale"]:.4f}' in TEXT


def test_an_arm_differs_in_one_thing():
    pixels, tokens = torch.arange(64.0).view(64, 1, 1, 1), torch.arange(64)[:, None]
    right = next(broken_runs.supply(broken_runs.RIGHT, pixels, tokens, 0))
    shuffled = next(broken_runs.supply("captions shuffled", pixels, tokens, 0))
    twins = next(broken_runs.supply("twins", pixels, tokens, 0))
    assert torch.equal(right[0].flatten().long(), right[1].flatten()) and torch.equal(right[0], shuffled[0])
    assert not torch.equal(right[1], shuffled[1])
    assert torch.equal(twins[1][:16], twins[1][16:]) and len(twins[1].unique()) == 16


def test_numbers_of_flickr8k_are_those_of_its_run():
    kept = json.loads((ROOT / "benchmarks" / "results" / "flickr8k.json").read_text(encoding="utf-8"))
    for way, (low, high) in ((w, kept["retrieval"]["intervals"][w]["R@10"]) for w in kept["retrieval"]["intervals"]):
        found = f"{100 * kept['retrieval'][way]['R@10']:.1f} % ({100 * low:.1f} to {100 * high:.1f})"
        assert found in TEXT
    early, late = kept["curve"][1], kept["curve"][-1]
    assert (early["samples"], round(100 * early["R@10"]), round(100 * late["R@10"])) == (51_200, 12, 21)
    assert round(early["seconds"] / 60, 1) == 1.7 and round(kept["run"]["seconds"] / 60, 1) == 15.4
    assert kept["run"]["threads"] == 2 and kept["run"]["seed"] == 0


def test_batches_bring_every_pair_before_any_comes_again():
    numbers = torch.arange(6)
    supply = batches_of(numbers, numbers, 2, seed=3)
    drawn = torch.cat([next(supply)[1] for _ in range(6)])
    assert sorted(drawn[: 3 * 2].tolist()) == sorted(drawn[6:].tolist()) == list(range(6))
    assert drawn[:6].tolist() != drawn[6:].tolist()


def test_graph_memory_is_that_of_the_largest_part():
    def backward(rows: int) -> None:
        weight = torch.ones(4, 4, requires_grad=True)
        for _ in range(3):
            (torch.ones(rows, 4) @ weight).exp().sum().backward()

    once, twice = graph_megabytes(lambda: backward(1000)), graph_megabytes(lambda: backward(2000))
    assert 1.8 < twice / once < 2.1 and once < 0.1


def test_live_curves_measure_in_eval_mode():
    pytest.importorskip("IPython")
    live_curves = importlib.import_module("minclip.course.lesson_07_training.live").LiveCurves
    model = torch.nn.Module()
    model.logit_scale = torch.nn.Parameter(torch.tensor(2.0))
    modes = []
    live = live_curves(model, 20, lambda model: modes.append(model.training) or {"scene": 50.0})
    live.draw = lambda: None
    model.train()
    for step in range(20):
        live(step, 3.0, 8)
    assert model.training and modes[1:] == [False] * 10
    assert [step for step, _ in live.scores] == [0, *range(2, 21, 2)]
    assert live.pairs == 8 and live.scales == pytest.approx([math.exp(2)] * 20)


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ("def param_groups(model, weight_decay):\n    return 3\n", "train: right with minclip's param_groups"),
        (
            "def param_groups(model, weight_decay):\n    raise NotImplementedError\n",
            "right with minclip's param_groups",
        ),
        (inspect.getsource(param_groups), "param_groups is not checked yet"),
        ("", "a cell further up defines this name"),
    ],
    ids=["wrong", "not written", "right", "not run"],
)
def test_a_fault_of_param_groups_is_none_of_train(groups, said, monkeypatch, tmp_path):
    monkeypatch.setenv("MINCLIP_MINE", str(tmp_path / "my_minclip"))
    setup = answers.SETUP.replace("import adamw, lr_schedule, param_groups", "import RESNET, VIT, lr_schedule")
    cells = "from collections.abc import Iterable\n" + groups + inspect.getsource(adamw)
    train = loop_answers.loop(loop_answers.RIGHT).code
    verdict = judge(run_cell(cells + train, setup)["train"], *exercise_of("train"))
    assert said in verdict.text


@pytest.mark.parametrize(
    ("name", "answer", "measured", "words"),
    [
        ("shuffled_loss", "ln 32", 3.466, "right"),
        ("shuffled_loss", 3.5, 3.466, "right"),
        ("shuffled_loss", 3.3, 3.466, "whose captions belong to its pictures"),
        ("shuffled_loss", "3.1 to 3.4", 3.466, "whose captions belong to its pictures"),
        ("shuffled_loss", 3.4, 3.466, "whose captions belong to its pictures"),
        ("numbers_that_decay", 99, 98.8, "right"),
        ("numbers_that_decay", 97, 98.8, "close"),
        ("numbers_that_decay", 90, 98.8, "it is more still"),
        ("numbers_that_decay", 100, 98.8, "nearly, but gains"),
        ("loss_by_heart", 0.5, 0.03, "it has room for 64 pairs"),
        ("loss_by_heart", 0.1, 0.03, "close"),
        ("loss_by_heart", 0, 0.03, "right"),
        ("stream_of_24_blocks", "7 times", 5.7, "close"),
        ("stream_of_24_blocks", "6x", 5.7, "right"),
        ("stream_of_24_blocks", "the same", 5.7, "every branch adds something"),
        ("stream_of_24_blocks", "48 times", 5.7, "pointed in one direction"),
    ],
)
def test_a_prediction_that_misses_the_point_is_not_close(name, answer, measured, words):
    question = question_of(name)
    assert words in question.verdict(question.read(answer), measured)
