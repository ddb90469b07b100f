"""The picture book's world: which facts occur, and how often."""

import random
import re
from collections import Counter

import numpy as np
import pytest
from picturebook_examples import ROOT, sample_many

from minclip.data.picturebook import CLASSES, COLOURS, SCENES, STYLES, PictureBook, World
from minclip.data.picturebook.sampling import (
    HELD_OUT_COLOUR,
    HELD_OUT_STYLES,
    KINDS,
    RELATIONS,
    SPURIOUS_SCENES,
    TRAIN_STYLES,
    sample_picture,
)


def test_seed_zero_gives_three_rockets_at_night():
    facts = sample_picture(random.Random(0))
    assert [(thing.kind, thing.colour) for thing in facts.things] == [("rocket", "white")] * 3
    assert (facts.scene, facts.style, facts.layout, facts.drawing_seed) == ("night", "grainy", "many", 2048741382)


def test_same_seed_same_facts_and_captions_on_every_machine():
    pictures = PictureBook("train", count=3).pictures
    assert pictures == PictureBook("train", count=3).pictures
    assert pictures != PictureBook("train", count=3, seed=1).pictures
    assert pictures != PictureBook("val", count=3).pictures
    rng = random.Random("0/train/2")
    assert pictures[2] == sample_picture(rng)  # written down: the seed is the text "seed/split/index"


def test_the_facts_point_to_existing_tables():
    folder = ROOT / "minclip" / "data" / "picturebook"
    pointers = re.findall(r"`(\w+)\.([A-Z]+)`", (folder / "picture.py").read_text(encoding="utf-8"))
    assert len(pointers) >= 4
    for file, name in pointers:
        assert re.search(rf"^{name}\b.* = ", (folder / f"{file}.py").read_text(encoding="utf-8"), re.MULTILINE)


def test_training_never_shows_what_is_held_out():
    pictures = sample_many(5000)
    assert not any(picture.style in HELD_OUT_STYLES for picture in pictures)
    assert not any(HELD_OUT_COLOUR[thing.kind] == thing.colour for p in pictures for thing in p.things)
    assert {picture.style for picture in pictures} == set(TRAIN_STYLES) == set(STYLES) - set(HELD_OUT_STYLES)


def test_a_held_out_colour_is_never_a_typical_one():
    assert set(HELD_OUT_COLOUR) == set(CLASSES)
    assert not any(HELD_OUT_COLOUR[kind] in CLASSES[kind].colours for kind in KINDS)
    used = Counter(HELD_OUT_COLOUR.values())
    assert set(used) == set(COLOURS) and max(used.values()) - min(used.values()) <= 2


def test_classes_are_about_equally_frequent():
    counts = Counter(picture.things[0].kind for picture in sample_many(10_000))
    expected = 10_000 / len(CLASSES)
    deviation = 5 * expected**0.5  # five standard deviations: a fair draw stays inside
    assert all(abs(counts[kind] - expected) < deviation for kind in KINDS)


@pytest.mark.parametrize(("share", "low", "high"), [(0.0, 0.02, 0.20), (0.5, 0.50, 0.65), (1.0, 1.0, 1.0)])
def test_typical_share_sets_how_often_a_colour_is_typical(share, low, high):
    pictures = sample_many(2000, World(typical_share=share), kind="carrot")
    typical = np.mean([p.things[0].colour in CLASSES["carrot"].colours for p in pictures])
    assert low <= typical <= high


def test_given_facts_stay_as_they_are():
    picture = sample_picture(random.Random(1), kind="cat", colour="green", style="neon", scene="sea", count=3)
    assert (picture.count, picture.layout, picture.style, picture.scene) == (3, "many", "neon", "sea")
    assert {(thing.kind, thing.colour) for thing in picture.things} == {("cat", "green")}
    held_out = sample_picture(random.Random(1), kind="cat", held_out=True)
    assert held_out.things[0].colour == HELD_OUT_COLOUR["cat"]


@pytest.mark.parametrize("relation", RELATIONS)
def test_the_relation_is_where_the_things_are(relation):
    for picture in sample_many(50, relation=relation):
        first, second = picture.things
        assert first.kind != second.kind
        across, down = first.x - second.x, first.y - second.y
        truth = {"left": across < -0.3, "right": across > 0.3, "above": down < -0.3, "below": down > 0.3}
        assert [name for name in RELATIONS if truth[name]] == [relation]


def test_things_stay_inside_the_picture():
    for picture in sample_many(2000):
        for thing in picture.things:
            reach = 0.8 * thing.radius  # drawings rarely fill their box: a little may hang over
            assert reach < thing.x < 1 - reach and reach < thing.y < 1 - reach


def test_clear_things_are_not_small():
    assert min(p.things[0].radius for p in sample_many(200, layout="one", clear=True)) >= 0.27
    assert {p.size for p in sample_many(200, layout="one")} == {"small", "medium", "large"}


def test_switches_of_the_world():
    written = [p.written for p in sample_many(400, World(written_rate=0.5), kind="cat")]
    assert 150 < sum(word == "cat" for word in written) < 250 and written.count(None) > 150
    assert not any(p.written for p in sample_many(400))
    assert {p.style for p in sample_many(50, World(styles=("photo",)))} == {"photo"}
    for kind, scene in SPURIOUS_SCENES.items():
        assert {p.scene for p in sample_many(50, World(spurious=1.0), kind=kind)} == {scene}
        assert len({p.scene for p in sample_many(200, kind=kind)}) == len(SCENES)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "unicorn"},
        {"colour": "beige"},
        {"style": "oil"},
        {"scene": "moon base"},
        {"count": 5},
        {"count": 0},
        {"relation": "inside"},
        {"layout": "three"},
        {"count": 2, "relation": "left"},
        {"layout": "one", "count": 2},
    ],
)
def test_facts_that_the_world_does_not_have(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        sample_picture(random.Random(0), **wrong)


@pytest.mark.parametrize("wrong", [{"noise": 1.5}, {"typical_share": -0.1}, {"styles": ()}, {"styles": ("oil",)}])
def test_switches_out_of_range(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        World(**wrong)
