"""What lesson 10 says in its text, held against the kept results and the shipped model."""

import json
import re
from itertools import product
from pathlib import Path

import pytest
import torch

from minclip.checkpoint import load
from minclip.course.lesson_10_retrieval.composed import FACTS, KEPT, RATES, SEEDS, THINGS, drawn
from minclip.data.picturebook import PictureBook
from minclip.zero_shot import encode_pixels, encode_texts

LINES = json.loads(KEPT.read_text(encoding="utf-8"))
TEXT = (Path(__file__).parents[1] / "lessons" / "10_retrieval" / "lesson.md").read_text(encoding="utf-8")


def share(fact, part="both", weight=1.0, **model):
    """Of one model, in percent."""
    (line,) = [
        line
        for line in LINES
        if line["fact"] == fact and line["weight"] == weight and all(line.get(k) == v for k, v in model.items())
    ]
    return 100 * line[part]


TINY, SMALL = {"shipped": "picturebook-tiny"}, {"shipped": "picturebook-small"}
OTHERS = [{"seed": seed, "rate": rate} for seed, rate in product(SEEDS, RATES)]


def test_the_text_says_what_is_kept():
    assert "94 to 98 of 100 cases" in TEXT
    assert all(94 <= share(fact, **SMALL) < 98.5 for fact in ("scene", "colour", "style"))
    assert "count does in 14, and the relation in 45" in TEXT
    assert (round(share("count", **SMALL)), round(share("relation", **SMALL))) == (14, 45)
    assert "in 48 of 100 cases with the tiny model, in 8 of 100 with the better one" in TEXT
    assert [round(100 - share("scene", "thing", 2.0, **model)) for model in (TINY, SMALL)] == [48, 8]
    assert all(share("scene", "value", 2.0, **model) == 100 for model in (TINY, SMALL))
    assert "45 things" in TEXT and len(THINGS) == 45 and "among the 180" in TEXT
    assert all(len(values) == 4 for values in FACTS.values())


@pytest.mark.parametrize("model", [TINY, *OTHERS], ids=str)
def test_every_trained_model_shows_the_same(model):
    shares = {fact: share(fact, **model) for fact in FACTS}
    assert max(shares, key=shares.get) == "scene" and min(shares, key=shares.get) == "relation"
    assert share("scene", "thing", 2.0, **model) < share("scene", "thing", 1.0, **model)


@pytest.mark.parametrize("model", [TINY, SMALL, *OTHERS], ids=str)
def test_naming_the_thing_helps_the_count(model):
    assert share("count, named", **model) > share("count", **model)


def test_pictures_of_a_fact_differ_in_nothing_else():
    for fact, values in FACTS.items():
        pictures = [drawn(fact, "cat", value, 5) for value in values]
        assert len({repr(picture) for picture in pictures}) == 4
        if fact in ("scene", "style"):
            assert len({picture.things for picture in pictures}) == 1
    assert [drawn("count", "cat", number, 5).count for number in FACTS["count"]] == [1, 2, 3, 4]
    assert {drawn("relation", "cat", value, 5).relation for value in FACTS["relation"]} == set(FACTS["relation"])


def test_bare_numbers_are_nearly_alike():
    model, _, tokenizer = load("picturebook-small", "cpu")

    def apart(one, other):
        first, second = encode_texts(model, tokenizer, [one, other])
        return (first - second).norm().item()

    assert apart("one", "two") < 0.6 < 0.8 < apart("one cat", "two cats")
    assert apart("in a field", "in the snow") > 1


def test_hubs_are_where_the_text_says():
    model, _, tokenizer = load("picturebook-small", "cpu")
    book = PictureBook("val", size=32, count=300, captions_per_picture=5, progress=False)
    owner = torch.arange(300).repeat_interleave(5)
    texts = encode_texts(model, tokenizer, [caption for i in range(300) for caption in book.captions(i)])
    cosines = texts @ encode_pixels(model, book.pixels).T  # [texts, pictures]
    said = re.search(r"which one comes (\d+)\s+times\?.*?rose from (\d+) to (\d+) %", TEXT, re.S)
    most, before, after = map(int, said.groups())
    assert abs(cosines.argmax(dim=1).bincount().max().item() - most) <= 1
    shared = (20 * cosines).softmax(dim=0)
    for scores, percent in ((cosines, before), (shared, after)):
        assert 100 * (scores.argmax(dim=1) == owner).float().mean().item() == pytest.approx(percent, abs=1)
