"""What lesson 15 says in its text, held against the kept results and the functions; and the benchmark's rule."""

import json
import re
from pathlib import Path

import pytest
import torch

from benchmarks.claims import report
from benchmarks.looking_inside import __main__ as command
from benchmarks.looking_inside import claims, methods
from minclip import saliency
from minclip.classroom.notebook import written_question
from minclip.course.lesson_15_looking_inside import pictures
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
    told = json.loads(pictures.KEPT.read_text(encoding="utf-8"))
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


@pytest.mark.parametrize(
    ("label", "words"),
    [("raw tokens", "below chance (30.7 %, interval 24.7 to 36.6)"), ("values", "above it (80.5 %, 75.7 to 85.3)")],
)
def test_shares_are_quoted_as_they_are(label, words):
    found = row("pointing", label, claims.ABOVE)
    numbers = [f"{100 * found[name]:.1f}" for name in ("mean", "low", "high")]
    assert words in TEXT and re.findall(r"\d+\.\d", words) == numbers


SAID = [
    ("pointing", "Occlusion is above values.", "11.4 points above values (5.3 to 17.5)"),
    ("pointing", "v–v attention is above values, hottest cell.", "(6.6 points, 1.3 to 11.9)"),
    ("pointing", "v–v attention is above values.", "(0.2, -1.8 to 2.3)"),
    ("pointing", "Feature surgery adds to v–v attention, hottest cell.", "adds 3.9 (0.8 to 7.0)"),
    ("pointing", "Grad-ECLIP is above values.", "by 5.7 points (0.1 to 11.3)"),
    ("heat_to_masks", "Values make better masks than one mask for all pictures.", "-1.2 points, -2.5 to 0.0"),
    ("heat_to_masks", "Feature surgery makes better masks than rollout, which knows no text.",
     "7.4 points behind it (6.2 to 8.6)"),
    ("heat_to_masks", "Feature surgery times rollout makes better masks than rollout.",
     "6.1 points above rollout (4.4 to 7.9)"),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "statement", "words"), SAID, ids=range(len(SAID)))
def test_differences_are_quoted_as_they_are(claim, statement, words):
    assert words in TEXT
    found = finding(claim, statement)
    numbers = [abs(float(number)) for number in re.findall(r"-?\d+\.\d", words)]
    expected = [abs(100 * found[name]) for name in ("mean", "low", "high")]
    assert sorted(numbers) == pytest.approx(sorted(expected), abs=0.051)


def test_mean_ious_are_quoted_as_they_are():
    quoted = {
        claims.ONE_MASK: "an IoU of 0.188", "values": "(0.176,", "v–v attention, feature surgery": "(0.248 and",
        "Grad-ECLIP": "and 0.253)", "rollout, without the text": "(0.321)",
        claims.BOTH: "Its IoU is 0.383",
    }  # fmt: skip
    for label, words in quoted.items():
        assert words in TEXT and f"{row('heat_to_masks', label, claims.MASK)['mean']:.3f}" in words


def test_no_method_has_more_boxes_than_said():
    boxes = [one["mean"] for one in RESULTS["heat_to_masks"]["rows"] if one["series"] == FINE + claims.BOX]
    assert "22 % of its boxes are right" in TEXT and round(100 * max(boxes)) == 22


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
    layers[1, 0, 0, 0] = torch.tensor([0.0, 0.6, 0.4, 0.0, 0.0])
    assert saliency.attention_rollout(layers)[0, 0].tolist() == pytest.approx([0.3, 0.2])
    assert "half itself, 0.3 patch 1 and 0.2 patch 2" in TEXT
    a, b = torch.zeros(2, 1, 6, 6, dtype=torch.bool)
    a[:, 1:5, :4], b[:, 2:, 2:] = True, True
    assert mask_iou(a, b).item() == pytest.approx(6 / 26) and "6 / 26 = 0.23" in TEXT


def test_the_mark_scheme_is_right():
    (lesson,) = [one for one in LESSONS if one.number == 15]
    scheme = written_question(lesson).mark_scheme
    assert round(0.5 - 0.2, 2) == 0.3 and round(0.5 - 0.6, 2) == -0.1 and "-0.10 on the right" in scheme
    assert 2 / (6 + 4 - 2) == 0.25 and "= 0.25" in scheme and round(4 / 6, 2) == 0.67 and "4/6 = 0.67" in scheme
