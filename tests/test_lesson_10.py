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
from minclip.retrieval import DIRECTIONS, composed_query, recall_at_k, search
from minclip.zero_shot import encode_pixels, encode_texts

LINES = json.loads(KEPT.read_text(encoding="utf-8"))
LESSON = Path(__file__).parents[1] / "lessons" / "10_retrieval" / "lesson.md"
TEXT = " ".join(LESSON.read_text(encoding="utf-8").split())


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
    assert "The tiny model loses it in 48 of 100 cases" in TEXT and "better one loses it in 8 of 100" in TEXT
    assert [round(100 - share("scene", "thing", 2.0, **model)) for model in (TINY, SMALL)] == [48, 8]
    assert all(share("scene", "value", 2.0, **model) == 100 for model in (TINY, SMALL))
    assert "does better than the small one, in 46 of 100 cases" in TEXT and round(share("count", **TINY)) == 46
    assert "in 88 of 100 cases" in TEXT and round(share("count, named", "sentence", **TINY)) == 88
    assert "45 things" in TEXT and len(THINGS) == 45 and "among the 180" in TEXT
    assert all(len(values) == 4 for values in FACTS.values())


@pytest.mark.parametrize("model", [TINY, *OTHERS], ids=str)
def test_every_trained_model_shows_the_same(model):
    shares = {fact: share(fact, **model) for fact in FACTS}
    assert max(shares, key=shares.get) == "scene" and min(shares, key=shares.get) == "relation"


@pytest.mark.parametrize("model", [TINY, SMALL, *OTHERS], ids=str)
def test_weight_2_loses_more_things_than_weight_1(model):
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
    def apart(one, other, name="picturebook-small"):
        model, _, tokenizer = load(name, "cpu")
        first, second = encode_texts(model, tokenizer, [one, other])
        return (first - second).norm().item()

    assert apart("one", "two") < 0.6 < 0.8 < apart("one cat", "two cats")
    assert apart("in a field", "in the snow") > 1
    assert 2.5 < apart("one", "two", "picturebook-tiny") / apart("one", "two") < 3.5


def test_pictures_that_the_text_names_show_what_it_says():
    book = PictureBook("val", size=32, count=1000, captions_per_picture=1, progress=False)

    def shown(place):
        picture = book.picture(place)
        return picture.things[0].colour, picture.things[0].kind, picture.scene

    assert not any(shown(i)[1:] == ("cat", "snow") for i in range(300))
    assert [thing.kind for thing in book.picture(221).things] == ["banana", "mushroom"]
    assert [shown(i)[1:] for i in (670, 472, 374, 201)] == [("tree", "snow")] * 3 + [("tree", "field")]
    assert [shown(i)[:2] for i in (331, 139, 694, 13)] == [
        ("pink", "tree"), ("red", "kite"), ("red", "balloon"), ("red", "kite")
    ]  # fmt: skip
    assert [shown(i) for i in (863, 35, 3)] == [
        ("pink", "crown", "sea"), ("blue", "whale", "sea"), ("pink", "whale", "snow")
    ]  # fmt: skip


def test_one_caption_in_three_names_the_colour():
    book = PictureBook("val", size=32, count=300, captions_per_picture=5, progress=False)
    named = [
        book.picture(i).things[0].colour in caption.lower().replace(",", " ").replace(".", " ").split()
        for i in range(300)
        for caption in book.captions(i)
    ]
    assert sum(named) / len(named) == pytest.approx(1 / 3, abs=0.03) and "one in three names the colour" in TEXT


def test_composed_queries_find_what_the_text_says():
    model, _, tokenizer = load("picturebook-small", "cpu")
    book = PictureBook("val", size=32, count=1000, captions_per_picture=1, progress=False)
    features = encode_pixels(model, book.pixels)
    removed = encode_texts(model, tokenizer, ["in a field", "blue", "in the snow"])
    added = encode_texts(model, tokenizer, ["in the snow", "red", "by the sea"])
    _, places = search(composed_query(features[[201, 262, 3]], added, removed), features, 5)
    assert places[:, :4].tolist() == [[670, 472, 374, 201], [331, 139, 694, 13], [863, 35, 3, 994]]


def test_same_of_everything_gets_what_a_blind_draw_gets():
    same = torch.eye(4)[[0] * 6]
    recall = recall_at_k(same[:3], same, torch.tensor([0, 0, 0, 1, 1, 2]), ks=(1,))
    assert recall == {direction: {"R@1": pytest.approx(1 / 3)} for direction in DIRECTIONS}


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
