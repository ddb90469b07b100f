"""What lesson 14 says in its text, held against the kept trainings and the formulas."""

import json
import math
import re
from pathlib import Path

import pytest

from minclip.classroom.notebook import written_question
from minclip.course.lesson_14_half_the_work import pictures
from minclip.course.outline import LESSONS
from minclip.data.picturebook import PictureBook
from minclip.checkpoint import load
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


def test_the_gain_of_sixteen_patches_is_that_of_the_other_claim():
    kept = (ROOT / "benchmarks" / "results" / "claims-patch_dropout.json").read_text(encoding="utf-8")
    assert re.search(r"was 1\.42 times as fast", kept) and "1.42 times as fast" in TEXT


def test_the_mark_scheme_is_right():
    (lesson,) = [one for one in LESSONS if one.number == 14]
    scheme = written_question(lesson).mark_scheme
    assert (224 // 16) ** 2 == 196 and "50 tokens" in scheme and "197" in scheme
    assert 100 * 50**2 / 197**2 == pytest.approx(6.4, abs=0.05) and "6.4 %" in scheme
    assert (112 // 16) ** 2 == 49 and "112 pixels" in scheme
