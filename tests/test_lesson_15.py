"""What lesson 15 says in its text, held against the kept results and the functions; and the benchmark's rule."""

import json
from pathlib import Path

import pytest
import torch

from benchmarks.claims import report
from benchmarks.looking_inside import __main__ as command
from benchmarks.looking_inside import claims, methods
from minclip import saliency
from minclip.classroom.notebook import written_question
from minclip.course.lesson_15_looking_inside import measured, pictures
from minclip.course.outline import LESSONS
from minclip.segmentation import mask_iou

ROOT = Path(__file__).parents[1]
TEXT = " ".join((ROOT / "lessons" / "15_looking_inside" / "lesson.md").read_text(encoding="utf-8").split())
RESULTS = {one["claim"]: one for one in report.read_results(ROOT / "benchmarks" / "results", tuple(command.CLAIMS))}
FINE = "8 × 8: "


def row(claim, label, series):
    return next(one for one in RESULTS[claim]["rows"] if (one["label"], one["series"]) == (label, FINE + series))


def finding(claim, statement):
    return next(one for one in RESULTS[claim]["findings"] if one["statement"] == statement)


def test_the_lesson_draws_the_kept_results():
    told = json.loads(measured.KEPT.read_text(encoding="utf-8"))
    assert set(told) == set(RESULTS) == set(command.CLAIMS), "run python -m benchmarks.looking_inside"
    for claim, result in RESULTS.items():
        for one in result["rows"]:
            assert told[claim][one["label"]][one["series"]] == [one["mean"], one["low"], one["high"]]


@pytest.mark.parametrize("name", command.CLAIMS)
def test_a_kept_result_is_of_todays_claim(name):
    claim, result = command.CLAIMS[name](), RESULTS[name]
    same = ("title", "said", "source", "measured", "model", "command")
    assert [getattr(claim, one) for one in same] == [result[one] for one in same]
    assert result["seeds"] == list(claim.draws) == [0, 1, 2]
    assert [one["statement"] for one in result["findings"]] == [statement for statement, _, _ in claim.findings]
    assert all(one["n"] == methods.PICTURES for one in result["rows"]) and 3 * methods.PICTURES == 600
    assert "600 pictures, 1,200 questions" in TEXT


def test_shares_are_quoted_as_they_are():
    raw, values = (row("pointing", label, claims.ABOVE) for label in ("raw tokens", "values"))
    numbers = [100 * raw["mean"], 100 * raw["low"], 100 * raw["high"], 100 * values["mean"]]
    assert "in {:.1f} % ({:.1f} to {:.1f}), values in {:.1f} %".format(*numbers) in TEXT
    assert row("pointing", claims.BOTH, claims.ABOVE)["mean"] < values["mean"], "it compares the centres less well"


SAID = [
    ("pointing", "Occlusion is above values.", "it is 11.4 points above values"),
    ("pointing", "Grad-ECLIP is above values, hottest cell.", "values, by 14.8 points"),
    ("pointing", "Grad-ECLIP is above values.", "worse, by 5.7 points"),
    ("heat_to_masks", "Feature surgery makes better masks than rollout, which knows no text.", "7.4 points behind it"),
    ("heat_to_masks", "Feature surgery times rollout makes better masks than rollout.", "6.1 points above rollout"),
]


@pytest.mark.parametrize(("claim", "statement", "words"), SAID, ids=range(len(SAID)))
def test_differences_are_quoted_as_they_are(claim, statement, words):
    assert words in TEXT and f"{abs(100 * finding(claim, statement)['mean']):.1f} points" in words


def test_the_lesson_prints_the_kept_findings():
    told = json.loads(measured.DIFFERENCES.read_text(encoding="utf-8"))
    for claim, result in RESULTS.items():
        keep = {
            one["statement"]: [one[name] for name in ("mean", "low", "high", "verdict")] for one in result["findings"]
        }
        assert told[claim] == keep
    lines = measured.differences("pointing").splitlines()
    assert lines[4].split("  ")[-1] == "not seen" and "0.2  ( -1.8 to   2.3)" in lines[4]
    assert finding("heat_to_masks", "Values make better masks than one mask for all pictures.")["verdict"] == "not seen"


def test_mean_ious_are_quoted_as_they_are():
    quoted = {
        claims.ONE_MASK: "an IoU of 18.8 %", "v–v attention": "has 20.8 %", "rollout, without the text": "has 32.1 %",
        claims.BOTH: "IoU is 38.3 %",
    }  # fmt: skip
    for label, words in quoted.items():
        assert words in TEXT and f"{100 * row('heat_to_masks', label, claims.MASK)['mean']:.1f} %" in words


def test_the_product_has_the_best_masks_and_boxes():
    for series in (claims.MASK, claims.BOX):
        found = {
            one["label"]: one["mean"] for one in RESULTS["heat_to_masks"]["rows"] if one["series"] == FINE + series
        }
        assert max(found, key=found.get) == claims.BOTH
    assert "22 % of its boxes are right" in TEXT and round(100 * found[claims.BOTH]) == 22


def test_rollout_is_right_about_one_of_two():
    assert row("pointing", "rollout, without the text", claims.ABOVE)["mean"] == 0.5


def test_both_questions_of_a_picture_are_averaged():
    answers = {}
    claims.add(answers, ("one", "two"), torch.tensor([True, True, False, False, True, False]))
    claims.add(answers, ("one", "two"), torch.zeros(6))
    assert [draw.tolist() for draw in answers["one", "two"]] == [[0.5, 1.0, 0.0], [0, 0, 0]]


def test_chance_is_the_share_of_cells():
    boxes = torch.tensor([[0.0, 0.0, 0.5, 1.0], [0.1, 0.1, 0.2, 0.2]])
    assert claims.cells_in_box(4, boxes).tolist() == [0.5, 0.0625]


def test_the_example_of_rollout_and_of_iou():
    layers = torch.eye(5).repeat(2, 1, 1, 1, 1)
    layers[:, 0, 0, :3, :3] = pictures.ROLLED  # and two patches that nobody looks at
    assert saliency.attention_rollout(layers)[0, 0].tolist() == pytest.approx([0.15, 0.35])
    assert "half itself, 0.15 patch 1 and 0.35 patch 2" in TEXT
    a, b = torch.zeros(2, 1, 6, 6, dtype=torch.bool)
    a[:, 1:5, :4], b[:, 2:, 2:] = True, True
    assert mask_iou(a, b).item() == pytest.approx(6 / 26) and "6 / 26 = 0.23" in TEXT


def test_the_mark_scheme_is_right():
    (lesson,) = [one for one in LESSONS if one.number == 15]
    scheme = written_question(lesson).mark_scheme
    assert round(0.5 - 0.2, 2) == 0.3 and round(0.5 - 0.6, 2) == -0.1 and "-0.10 on the right" in scheme
    assert 2 / (6 + 4 - 2) == 0.25 and "= 0.25" in scheme and round(4 / 6, 2) == 0.67 and "4/6 = 0.67" in scheme
