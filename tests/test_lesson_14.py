"""What lesson 14 says in its text, held against the kept trainings and the formulas."""

import json
import math
import re
from pathlib import Path

import pytest

from benchmarks.claims.catalogue.half_the_work import GRID
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
    for kind in ("rows", "findings"):
        assert kept[kind] == [{name: one[name] for name in kept[kind][0]} for one in CLAIM[kind]]
    for gain in kept["gains"].values():
        assert f"{gain:.2f} times" in CLAIM["measured"]


def test_the_table_is_that_of_the_kept_claim():
    for label in pictures.WAYS:
        numbers = " | ".join(points(row) for row in CLAIM["rows"] if row["label"] == label)
        assert f"{numbers} |" in TEXT, label


def finding(statement):
    (one,) = [one for one in CLAIM["findings"] if one["statement"].startswith(statement)]
    return one


@pytest.mark.parametrize(
    ("statement", "verdict", "words"),
    [
        ("Half, then all, beats all patches at finding captions in", "seen", "by 3.5 points (0.1 to 7.0)"),
        ("Half, then all, beats half", "not seen", "-0.15 points (-2.6 to 2.3)"),
        ("All for a last fifth", "not seen", "-0.48 (-2.5 to 1.6)"),
    ],
)
def test_the_differences_are_those_of_the_kept_claim(statement, verdict, words):
    one = finding(statement)
    found = [100 * one[name] for name in ("mean", "low", "high")]
    assert one["verdict"] == verdict and words in TEXT
    assert [float(number) for number in re.findall(r"-?\d+\.\d+", words)] == pytest.approx(found, abs=0.051)


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


def test_one_finding_is_seen_at_the_first_rate():
    first, others = CLAIM["findings"][:8], CLAIM["findings"][8:]
    assert [one["verdict"] for one in first].count("seen") == 1 and [one["verdict"] for one in others] == ["seen"] * 2
    assert all(one["verdict"] == "not seen" for one in first if "naming" in one["statement"])
    assert "At naming objects no difference was seen" in TEXT and "It holds at all three: *seen* each time" in TEXT


def captions(label):
    (row,) = [row for row in CLAIM["rows"] if row["label"] == label and row["series"] == "R@10"]
    return row


@pytest.mark.parametrize(
    ("words", "rate", "statement"),
    list(zip(("half", "as above", "twice"), (" (rate × 0.5)", "", " (rate × 2)"), pictures.AT_RATES, strict=True)),
)
def test_the_table_of_three_rates_is_right(words, rate, statement):
    one = finding(statement)
    low, high = (f"{100 * one[name]:.1f}" for name in ("low", "high"))
    numbers = (points(captions(label + rate)) for label in ("all patches", "half, then all"))
    assert f"| {words} | {' | '.join(numbers)} | {100 * one['mean']:.2f} ({low} to {high}) |" in TEXT


def test_nine_trainings_are_ahead_of_nine():
    rates = ("", " (rate × 0.5)", " (rate × 2)")
    ahead = [found for rate in rates for found in captions(f"half, then all{rate}")["by_seed"]]
    behind = [found for rate in rates for found in captions(f"all patches{rate}")["by_seed"]]
    assert min(ahead) > max(behind) and len(ahead) == len(behind) == 9
    assert "all nine trainings of half, then all, found more captions than the best of the nine" in TEXT


def test_the_last_fifth_is_ahead_by_so_much():
    pairs = zip(captions("half, then all for a fifth")["by_seed"], captions("all patches")["by_seed"], strict=True)
    assert [round(100 * (a - b), 1) for a, b in pairs] == [1.9, 2.9, 4.3] and "by 1.9, 2.9 and 4.3 points" in TEXT


def test_pictures_are_seen_as_often_as_the_text_says():
    assert "seen 0.8 times" in TEXT and pytest.approx(0.8) == 250 * 64 / 20_000
    assert "1.6 times at most" in TEXT and pytest.approx(1.6, abs=0.05) == 508 * 64 / 20_000


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


def test_four_captions_of_ten_lose_words():
    book, (_, _, tokenizer) = PictureBook("val", 32, 300, progress=False), load("picturebook-tiny", "cpu")
    texts = tokenizer([caption for i in range(300) for caption in book.captions(i)], truncate=True)
    cut = (texts.argmax(dim=-1) >= 8).float().mean()
    assert cut == pytest.approx(0.4, abs=0.01) and "four captions of ten lose words at 8 tokens" in TEXT


def test_a_blocks_work_is_counted_as_the_text_says():
    def work(tokens, width=GRID.vision_width):
        return tokens * (12 * width**2 + 2 * tokens * width)

    attention = 2 * 65 * GRID.vision_width * 65 / work(65)
    assert GRID.vision_width == 96 and f"{100 * attention:.0f} % of all" in TEXT
    assert f"a block takes {100 * work(33) / work(65):.0f} %" in TEXT


def test_the_gain_of_sixteen_patches_is_right():
    kept = (ROOT / "benchmarks" / "results" / "claims-patch_dropout.json").read_text(encoding="utf-8")
    assert re.search(r"was 1\.42 times as fast", kept) and "1.42 times as fast" in TEXT


def test_the_mark_scheme_is_right():
    (lesson,) = [one for one in LESSONS if one.number == 14]
    scheme = written_question(lesson).mark_scheme
    assert (224 // 16) ** 2 == 196 and "50 tokens" in scheme and "197" in scheme
    assert pytest.approx(6.4, abs=0.05) == 100 * 50**2 / 197**2 and "6.4 %" in scheme
    assert (112 // 16) ** 2 == 49 and "112 pixels" in scheme
