"""The picture book's captions: grammatical, varied and true."""

import random
import re

import numpy as np
from picturebook_examples import sample_many

from minclip.data.picturebook import CLASSES, COLOURS, grammar
from minclip.data.picturebook.captions import SHARED_NAMES, caption
from minclip.data.picturebook.sampling import (
    COLOURLESS,
    SCENELESS,
    sample_picture,
)


def test_three_captions_of_the_first_picture():
    facts = sample_picture(random.Random(0))  # three white rockets at night
    said = [caption(facts, random.Random(seed)) for seed in range(3)]
    assert said == ["three rockets", "a picture of three spaceships at night", "a group of rockets"]


def test_plurals_and_articles():
    singular = [
        "cat",
        "fish",
        "mouse",
        "computer mouse",
        "bus",
        "cactus",
        "butterfly",
        "key",
        "snowman",
        "watch",
    ]
    several = [
        "cats",
        "fish",
        "mice",
        "computer mice",
        "buses",
        "cacti",
        "butterflies",
        "keys",
        "snowmen",
        "watches",
    ]
    assert [grammar.plural(name) for name in singular] == several
    assert grammar.with_article("apple") == "an apple" and grammar.with_article("red apple") == "a red apple"


def test_every_irregular_plural_is_of_a_name():
    nouns = {part for entry in CLASSES.values() for name in entry.names for part in name.split()}
    assert set(grammar.IRREGULAR) <= nouns


def test_captions_are_grammatical():
    rng = random.Random(0)
    texts = [caption(picture, rng).lower() for picture in sample_many(20_000)]
    for text in texts:
        assert not re.search(r"\ba [aeiou]|\ban [^aeiou]|\b(a|an|the|my) (a|an|the|my|two|three|four)\b", text), text
        assert not re.search(r"  | ,|^ | $|[{}]|\bnone\b", text), text
        assert not re.search(r"\b(this|here|there) is (two|three|four|some|[234])\b", text), text
    assert len(set(texts)) > 10_000


def test_captions_of_a_picture_vary_and_are_true():
    picture = sample_picture(random.Random(3), kind="apple", colour="red", style="photo", scene="snow", layout="one")
    rng = random.Random(0)
    texts = [caption(picture, rng).lower() for _ in range(500)]
    assert len(set(texts)) > 100
    words = set(re.findall("[a-z]+", " ".join(texts)))
    assert "red" in words and "snow" in words and "photo" in words
    assert not words & (set(COLOURS) - {"red"}) and not words & {"sea", "desert", "sketch", "neon", "two"}
    assert all(any(name in text for name in CLASSES["apple"].names) for text in texts)


def test_colours_are_not_told_where_they_do_not_show():
    rng = random.Random(0)
    for style in sorted(COLOURLESS - {"grey"}):  # "black and white" is a style there
        texts = [caption(p, rng) for p in sample_many(200, style=style, kind="car", scene="plain", layout="one")]
        colours = set(COLOURS) - {"black", "orange"}
        assert not any(set(re.findall("[a-z]+", text)) & colours for text in texts)


def test_no_sky_is_blue_where_it_does_not_show():
    rng = random.Random(0)
    for style in sorted(COLOURLESS | SCENELESS):
        texts = [caption(p, rng).lower() for p in sample_many(600, style=style, scene="sky")]
        assert any("sky" in text for text in texts) and not any("blue sky" in text for text in texts)
    assert any("blue sky" in caption(p, rng) for p in sample_many(200, style="photo", scene="sky"))


def test_no_light_is_black_or_brown():
    rng = random.Random(0)
    for colour in ("black", "brown", "red"):
        pictures = sample_many(200, style="neon", kind="cat", colour=colour, layout="one")
        told = [text for text in (caption(p, rng) for p in pictures) if re.search(rf"\b{colour}\b", text.lower())]
        assert bool(told) == (colour == "red")


def test_a_little_bird_is_not_large():
    rng = random.Random(0)
    sizes = "|".join(grammar.SIZE_WORDS)
    texts = [caption(p, rng).lower() for p in sample_many(3000, kind="bird", layout="one")]
    assert any(re.search(rf"({sizes}) ([a-z]+ )?bird", text) for text in texts)
    assert not any(re.search(rf"\b({sizes}) ([a-z]+ )?little bird", text) for text in texts)


def test_rare_styles_are_named_more_often_than_photos():
    rng = random.Random(0)
    named = {
        style: np.mean([word in caption(p, rng).lower() for p in sample_many(1000, style=style)])
        for style, word in (("photo", "photo"), ("neon", "neon"))
    }
    assert 0.15 < named["photo"] < 0.35 < named["neon"] < 0.65


def test_a_relation_is_told_from_either_end():
    picture = sample_picture(random.Random(0), kind="cat", relation="left", style="photo", scene="plain")
    other = CLASSES[picture.things[1].kind].names[0]
    rng = random.Random(0)
    texts = "\n".join(caption(picture, rng).lower() for _ in range(2000))
    beside = "(to the |on the )?{} of an? ([a-z]+ )?"
    assert re.search(f"cat {beside.format('left')}{other}", texts)
    assert re.search(f"{other} {beside.format('right')}(cat|kit)", texts)
    assert re.search(f"cat on the left and an? ([a-z]+ )?{other} on the right", texts)
    assert not re.search(f"cat {beside.format('right')}", texts)
    assert not re.search("above|below|on top of|at the bottom", texts)


def test_names_shared_by_two_classes_get_context():
    rng = random.Random(0)
    kinds = sorted(kind for kind in grammar.CONTEXT)
    assert sorted(SHARED_NAMES) == ["bat", "mouse"]
    for kind in kinds:
        texts = [caption(p, rng) for p in sample_many(300, kind=kind, layout="one")]
        told = [text for text in texts if any(phrase in text for phrase in grammar.CONTEXT[kind])]
        assert 20 < len(told) < 200


def test_noise_is_a_share_of_captions():
    pictures = sample_many(3000, kind="cat", layout="one")
    rng = random.Random(0)
    texts = [caption(p, rng, noise=0.1, other="another text") for p in pictures]
    foreign = [text for text in texts if not re.search("cat|kit", text.lower())]
    assert 0.07 < len(foreign) / len(texts) < 0.13
    assert foreign.count("another text") > 60
    assert any(text in grammar.BOILERPLATE for text in foreign)
    assert any(re.fullmatch(r"[a-z]+[_ -]\d{4}(\.\w+)?", text) for text in foreign)
