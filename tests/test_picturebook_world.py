"""The picture book's world: facts, captions, the data set and its cache, the tasks."""

import os
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minclip.data.picturebook import CLASSES, COLOURS, SCENES, STYLES, PictureBook, World, grammar
from minclip.data.picturebook.captions import SHARED_NAMES, caption
from minclip.data.picturebook.sampling import (
    COLOURLESS,
    HELD_OUT_COLOUR,
    HELD_OUT_STYLES,
    KINDS,
    RELATIONS,
    SCENELESS,
    SPURIOUS_SCENES,
    TRAIN_STYLES,
    sample_picture,
)
from minclip.data.picturebook.tasks import LIMITS, TASKS, task_picture, tasks
from minclip.data.protocol import ChoiceTask

ROOT = Path(__file__).parents[1]


def sample_many(count, world=World(), **given):  # noqa: B008  (frozen)
    rng = random.Random(0)
    return [sample_picture(rng, world, **given) for _ in range(count)]


def book(cache, split="val", count=40, **given):
    return PictureBook(split, size=16, count=count, cache=cache, workers=1, progress=False, **given)


@pytest.fixture(scope="module")
def small_tasks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tasks")
    return tasks(16, per_class=1, names=TASKS + LIMITS, cache=folder, workers=1, progress=False)


# facts


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


# captions


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


# the data set


def test_pixels_match_the_facts_and_are_found_again(tmp_path):
    first = book(tmp_path)
    assert first.pixels.shape == (40, 16, 16, 3) and first.pixels.dtype == np.uint8
    (file,) = tmp_path.iterdir()
    before = file.stat().st_mtime_ns
    second = book(tmp_path)
    assert np.array_equal(first.pixels, second.pixels) and file.stat().st_mtime_ns == before
    assert len(second) == 40 and second.image(7).size == (16, 16) and second.image(7).mode == "RGB"
    assert np.array_equal(np.asarray(second.image(7)), second.pixels[7])
    assert isinstance(second.image(0), Image.Image)


def test_pictures_do_not_depend_on_how_many_there_are(tmp_path):
    few, many = book(tmp_path, "train", count=5), book(tmp_path, "train", count=9)
    assert np.array_equal(few.pixels, many.pixels[:5])
    assert [few.captions(i) for i in range(5)] == [many.captions(i) for i in range(5)]


def test_captions_come_in_the_number_asked_for(tmp_path):
    assert [len(book(tmp_path, captions_per_picture=n).captions(0)) for n in (1, 5, 8)] == [1, 5, 8]
    assert book(tmp_path).captions(3) == book(tmp_path).captions(3)


def test_only_training_has_noise(tmp_path):
    noisy = World(noise=1.0)
    assert book(tmp_path, "train", world=noisy).captions(0) != book(tmp_path, "train").captions(0)
    assert book(tmp_path, "val", world=noisy).captions(0) == book(tmp_path, "val").captions(0)


def test_another_world_has_other_pixels_and_another_file(tmp_path):
    plain, written = book(tmp_path), book(tmp_path, world=World(written_rate=1.0))
    assert not np.array_equal(plain.pixels, written.pixels)
    assert len(list(tmp_path.iterdir())) == 2
    assert np.array_equal(plain.pixels, book(tmp_path, world=World(noise=0.5)).pixels)
    assert len(list(tmp_path.iterdir())) == 2  # noise is in the captions alone


@pytest.mark.parametrize("damage", ["truncated", "empty", "not a picture file"])
def test_a_broken_cache_file_is_drawn_again(tmp_path, damage):
    pixels = np.array(book(tmp_path).pixels)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.unlink()
    file.write_bytes({"truncated": whole[:-100], "empty": b"", "not a picture file": b"hello" * 99}[damage])
    assert np.array_equal(book(tmp_path).pixels, pixels)
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_writing_into_the_pixels_leaves_the_file_alone(tmp_path):
    pixels = book(tmp_path).pixels
    before = int(pixels[0, 0, 0, 0])
    pixels[0, 0, 0, 0] = 255 - before
    assert book(tmp_path).pixels[0, 0, 0, 0] == before


def test_an_unwritable_cache_names_the_way_out(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    with pytest.raises(OSError, match=r"file.*MINCLIP_DATA") as error:
        _ = book(blocked / "cache").pixels
    assert "cache" in str(error.value)


def test_an_interrupted_drawing_leaves_nothing(tmp_path, monkeypatch):
    from minclip.data.picturebook import cache

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache, "_draw_chunk", fail)
    with pytest.raises(OSError, match=r"is full.*MINCLIP_DATA"):
        _ = book(tmp_path).pixels
    assert list(tmp_path.iterdir()) == []


def test_several_processes_draw_the_same_pictures(tmp_path, monkeypatch):
    from minclip.data.picturebook import cache

    monkeypatch.setattr(cache, "CHUNK", 16)
    monkeypatch.setattr(cache, "PARALLEL_FROM", 40)
    alone = np.array(book(tmp_path / "alone").pixels)
    together = PictureBook("val", 16, count=40, cache=tmp_path / "together", workers=2, progress=False).pixels
    assert np.array_equal(alone, together)


def test_where_processes_cannot_share_locks_one_of_them_draws(tmp_path, monkeypatch, capsys):
    from minclip.data.picturebook import cache

    def no_semaphores(*_):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(cache, "PARALLEL_FROM", 40)
    monkeypatch.setattr(cache, "ProcessPoolExecutor", no_semaphores)
    alone = np.array(book(tmp_path / "alone").pixels)
    together = PictureBook("val", 16, count=40, cache=tmp_path / "together", workers=2, progress=False).pixels
    assert np.array_equal(alone, together) and "drawing with one process" in capsys.readouterr().err


def test_drawing_from_a_script_without_a_main_guard(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from minclip.data.picturebook import PictureBook, cache\n"
        "cache.PARALLEL_FROM = 1\n"
        f"book = PictureBook('val', 16, count=501, cache={str(tmp_path)!r}, workers=2, progress=False)\n"
        "print(book.pixels.shape)\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert (done.stdout.strip(), done.stderr) == ("(501, 16, 16, 3)", "")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"split": "dev"}, "split"),
        ({"count": 0}, "count"),
        ({"captions_per_picture": 0}, "captions_per_picture"),
    ],
)
def test_wrong_arguments(given, named):
    with pytest.raises(ValueError, match=named):
        PictureBook(**given)


@pytest.mark.parametrize("size", [0, 7, 513, 100_000])
def test_wrong_sizes(tmp_path, size):
    with pytest.raises(ValueError, match=f"size={size}"):
        _ = PictureBook("val", size=size, cache=tmp_path).pixels


@pytest.mark.parametrize("index", [-1, 40])
def test_an_index_outside_the_split(tmp_path, index):
    with pytest.raises(IndexError, match="0 to 39"):
        book(tmp_path).captions(index)


def test_drawing_needs_neither_torch_nor_matplotlib():
    code = (
        "import sys, types\n"
        "sys.modules['minclip'] = types.ModuleType('minclip')  # without its face, which may import torch\n"
        "sys.modules['minclip'].__path__ = ['minclip']\n"
        "import minclip.data.picturebook\n"
        "print({'torch', 'matplotlib'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, cwd=ROOT)
    assert (done.stdout.strip(), done.stderr) == ("set()", "")


# tasks


def test_tasks_come_in_their_order(small_tasks):
    assert tuple(small_tasks) == TASKS + LIMITS
    assert all(task.name == name for name, task in small_tasks.items())
    assert all(len(task.pixels) == len(task.labels) for task in small_tasks.values())
    assert all(task.labels.dtype == np.int64 for task in small_tasks.values())


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("object", 52),
        ("object_held_out_style", 52),
        ("colour", 10),
        ("style", 11),
        ("scene", 8),
        ("count", 4),
        ("relation", 4),
        ("relation_swap", 2),
        ("object_wrong_word", 52),
        ("spurious_swapped", 2),
    ],
)
def test_tasks_are_balanced(small_tasks, name, answers):
    task = small_tasks[name]
    counts = np.bincount(task.labels, minlength=answers)
    assert counts.shape == (answers,) and len(set(counts.tolist())) == 1
    names = task.texts if isinstance(task, ChoiceTask) else [task.class_names]
    assert {len(texts) for texts in names} == {answers} and all(len(set(texts)) == answers for texts in names)


def test_held_out_combinations_are_never_seen(small_tasks):
    held_out, seen = small_tasks["held_out_combination"], small_tasks["seen_combination"]
    assert len(held_out.class_names) == len(set(held_out.class_names)) == len(CLASSES) * len(COLOURS)
    for index, kind in enumerate(KINDS):
        colour = task_picture("seen_combination", 0, index).things[0].colour
        assert colour != HELD_OUT_COLOUR[kind]
        name = held_out.class_names[held_out.labels[index]]
        assert f" {HELD_OUT_COLOUR[kind]} " in name
        assert f" {colour} " in seen.class_names[seen.labels[index]]


def test_templates_fit_every_name(small_tasks):
    for task in small_tasks.values():
        if not isinstance(task, ChoiceTask):
            assert all(template.count("{}") == 1 for template in task.templates)
            texts = [template.format(name) for template in task.templates for name in task.class_names]
            assert not any(re.search(r"\ba [aeiou]|\ban [^aeiou]|\b(a|an) (a|an)\b", text) for text in texts)


def test_the_true_relation_is_the_labelled_text(small_tasks):
    relation, swap = small_tasks["relation"], small_tasks["relation_swap"]
    for index in range(20):
        first, second = task_picture("relation", 0, index).things
        words = {"left": first.x < second.x - 0.3, "right": first.x > second.x + 0.3}
        words |= {"above": first.y < second.y - 0.3, "below": first.y > second.y + 0.3}
        (truth,) = (word for word in words if words[word])
        assert truth in relation.texts[index][relation.labels[index]]
        first, _ = task_picture("relation_swap", 0, index).things
        true_text = swap.texts[index][swap.labels[index]]
        assert true_text.startswith(grammar.with_article(CLASSES[first.kind].names[0]))


def test_a_wrong_word_is_never_the_right_one():
    for index in range(200):
        picture = task_picture("object_wrong_word", 0, index)
        assert picture.written is not None and picture.written not in CLASSES[picture.things[0].kind].names


def test_unknown_tasks_are_named(tmp_path):
    with pytest.raises(ValueError, match="'smell'"):
        tasks(16, names=["smell"], cache=tmp_path)
