"""What lesson 14 says in its text, held against the kept trainings and the formulas."""

import json
import math
import re
from pathlib import Path

import pytest

from minclip.checkpoint import load
from minclip.classroom.notebook import written_question
from minclip.course.lesson_14_half_the_work import pictures
from minclip.course.outline import LESSONS
from minclip.data.picturebook import PictureBook
from minclip.optim import lr_schedule

ROOT = Path(__file__).parents[1]
TEXT = " ".join((ROOT / "lessons" / "14_half_the_work" / "lesson.md").read_text(encoding="utf-8").split())
CLAIM = json.loads((ROOT / "benchmarks" / "results" / "claims-half_the_work.json").read_text(encoding="utf-8"))


def points(row):
    return f"{100 * row['mean']:.1f} ({100 * row['low']:.1f} to {100 * row['high']:.1f})"


def test_the_lessons_numbers_are_those_of_the_kept_claim():
    kept = pictures.measured()
    assert kept["rows"] == [{name: row[name] for name in kept["rows"][0]} for row in CLAIM["rows"]]
    for gain in kept["gains"].values():
        assert f"{gain:.2f} times" in CLAIM["measured"]


def test_the_table_is_that_of_the_kept_claim():
    for label in dict.fromkeys(row["label"] for row in CLAIM["rows"]):
        numbers = " | ".join(points(row) for row in CLAIM["rows"] if row["label"] == label)
        assert f"{numbers} |" in TEXT, label


def finding(statement):
    (one,) = [one for one in CLAIM["findings"] if one["statement"].startswith(statement)]
    return one


@pytest.mark.parametrize(
    ("statement", "verdict", "words"),
    [
        ("Half, then all, beats all patches at finding", "seen", "by 3.5 points (0.1 to 7.0)"),
        ("Half, then all, beats half", "not seen", "-0.1 points (-2.6 to 2.3)"),
        ("All for a last fifth", "not seen", "-0.5 (-2.5 to 1.6)"),
    ],
)
def test_the_differences_are_those_of_the_kept_claim(statement, verdict, words):
    one = finding(statement)
    found = [round(100 * one[name], 1) for name in ("mean", "low", "high")]
    assert one["verdict"] == verdict and words in TEXT
    assert [float(number) for number in re.findall(r"-?\d+\.\d", words)] == pytest.approx(found, abs=0.051)


@pytest.mark.parametrize(
    ("statement", "least", "most"),
    [
        ("Half to the end beats all patches at finding", 1.2, 5.3),
        ("Small, then all, beats all patches at finding", 0.6, 2.7),
    ],
)
def test_the_seeds_are_ahead_by_so_much(statement, least, most):
    one = finding(statement)
    assert one["verdict"] == "not seen" and f"by {least} to {most} points" in TEXT
    assert 100 * min(one["by_seed"]) == pytest.approx(least, abs=0.051)
    assert 100 * max(one["by_seed"]) == pytest.approx(most, abs=0.051)


def test_one_of_eight_findings_is_seen():
    assert [one["verdict"] for one in CLAIM["findings"]].count("seen") == 1 and len(CLAIM["findings"]) == 8
    assert all(one["verdict"] == "not seen" for one in CLAIM["findings"] if "naming" in one["statement"])
    assert "of the eight intervals of this claim it is the only one" in TEXT


def test_steps_are_counted_by_the_gains():
    half, small = pictures.measured()["gains"].values()
    for name, gain, last in (
        ("half", half, 0),
        ("half, then all", half, 0.05),
        ("small, then all", small, 0.05),
        ("half, then all for a fifth", half, 0.2),
    ):
        assert f"| {name} | {round(250 / ((1 - last) / gain + last))} |" in TEXT


def test_things_are_hidden_as_often_as_the_text_says():
    two = 32 / 64 * 31 / 63
    six = math.comb(58, 32) / math.comb(64, 32)
    assert f"= {100 * two:.1f} %" in TEXT and f"= {100 * six:.1f} %" in TEXT


def test_the_learning_rate_of_the_last_twentieth_is_low():
    assert lr_schedule(950, 1000, 50) < 0.01 and "below 1 % of its peak" in TEXT


def test_most_captions_are_whole_at_eight_tokens():
    book, (_, _, tokenizer) = PictureBook("val", 32, 400, progress=False), load("picturebook-tiny", "cpu")
    lengths = 1 + tokenizer([book.captions(i)[0] for i in range(400)], truncate=True).argmax(dim=-1)
    assert (lengths <= 8).float().mean() > 0.5 and "at 8 tokens most of them are whole" in TEXT


def test_the_gain_of_sixteen_patches_is_right():
    kept = (ROOT / "benchmarks" / "results" / "claims-patch_dropout.json").read_text(encoding="utf-8")
    assert re.search(r"was 1\.42 times as fast", kept) and "1.42 times as fast" in TEXT


def test_the_mark_scheme_is_right():
    (lesson,) = [one for one in LESSONS if one.number == 14]
    scheme = written_question(lesson).mark_scheme
    assert (224 // 16) ** 2 == 196 and "50 tokens" in scheme and "197" in scheme
    assert pytest.approx(6.4, abs=0.05) == 100 * 50**2 / 197**2 and "6.4 %" in scheme
    assert (112 // 16) ** 2 == 49 and "112 pixels" in scheme
