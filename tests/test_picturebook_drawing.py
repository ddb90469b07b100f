"""The picture book's drawings: every class in every style, the same again from the same facts."""

import hashlib
import random
from dataclasses import replace

import numpy as np
import pytest

from minclip.data.picturebook.objects import CLASSES
from minclip.data.picturebook.palette import COLOURS, mix, paints
from minclip.data.picturebook.pen import Pen
from minclip.data.picturebook.picture import Picture, Thing
from minclip.data.picturebook.render import GENERATOR_VERSION, render
from minclip.data.picturebook.scenes import SCENES, backdrop
from minclip.data.picturebook.styles import STYLES, look_of

CAT = Thing("cat", "orange", x=0.5, y=0.5, radius=0.4)


def picture_of(kind="cat", colour="orange", scene="plain", style="photo", seed=0, **thing) -> Picture:
    place = {"x": 0.5, "y": 0.5, "radius": 0.4} | thing
    return Picture((Thing(kind, colour, **place),), scene, style, "one", seed)


def silhouette(kind: str, seed: int = 0, size: int = 48, **thing) -> np.ndarray:
    """Where the ink is: bool [size, size]."""
    return render(picture_of(kind, style="silhouette", seed=seed, **thing), size).max(axis=2) < 90


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    """Intersection over union of two masks."""
    assert first.shape == second.shape
    return float((first & second).sum() / (first | second).sum())


# The pen


def test_the_pen_records_what_it_is_told():
    pen = Pen(random.Random(0))
    pen.line([(0, 0), (1, 1)], "wood", 0.1)
    pen.dot(0.5, 0.0, 0.25, "red")
    (line, role, width), (circle, dot_role, fill) = pen.marks
    assert (line, role, width) == ([(0, 0), (1, 1)], "wood", 0.1)
    assert (dot_role, fill) == ("red", 0.0)
    assert np.allclose([(x - 0.5) ** 2 + y**2 for x, y in circle], 0.25**2)


def test_a_blob_goes_through_its_points():
    corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    pen = Pen(random.Random(0))
    pen.blob(corners)
    outline = pen.marks[0][0]
    assert outline[::3] == corners and len(outline) == 12
    assert min(y for _, y in outline) < -0.05  # and bulges between them, as a smooth curve does


@pytest.mark.parametrize("kind", CLASSES)
def test_drawings_stay_in_the_unit_box(kind):
    roles = paints("red", random.Random(0))
    for seed in range(20):
        pen = Pen(random.Random(seed))
        CLASSES[kind].draw(pen)
        assert {role for _, role, _ in pen.marks} <= roles.keys()
        assert max(abs(c) for points, _, _ in pen.marks for point in points for c in point) < 1.15


# The tables


def test_the_world_has_the_promised_parts():
    assert (len(CLASSES), len(COLOURS), len(SCENES), len(STYLES)) == (52, 10, 8, 13)
    for entry in CLASSES.values():
        assert entry.names and entry.colours and entry.family
        assert set(entry.colours) <= set(COLOURS) and set(entry.scenes) <= set(SCENES)


def test_two_names_mean_two_things():
    assert {kind for kind, entry in CLASSES.items() if "mouse" in entry.names} == {"mouse", "computer mouse"}
    assert {kind for kind, entry in CLASSES.items() if "bat" in entry.names} == {"bat", "baseball bat"}


def test_mix_goes_from_one_colour_to_the_other():
    assert mix((0, 0, 0), (200, 100, 50), 0.5) == (100, 50, 25)
    assert mix((9, 8, 7), (200, 100, 50), 0.0) == (9, 8, 7)


# Rendering


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("size", [8, 33, 48])
def test_every_style_gives_pixels_of_the_asked_size(style, size):
    pixels = render(picture_of(style=style), size)
    assert pixels.shape == (size, size, 3) and pixels.dtype == np.uint8 and pixels.flags.writeable


@pytest.mark.parametrize("style", STYLES)
def test_the_same_facts_give_the_same_pixels(style):
    facts = picture_of("bus", scene="field", style=style, seed=5)
    assert np.array_equal(render(facts, 32), render(facts, 32))
    assert not np.array_equal(render(facts, 32), render(replace(facts, drawing_seed=6), 32))


def test_rendering_leaves_the_global_random_numbers_alone():
    random.seed(1)
    before, numpy_before = random.getstate(), np.random.get_state()[1].copy()
    render(picture_of(style="grainy"), 16)
    assert random.getstate() == before and np.array_equal(np.random.get_state()[1], numpy_before)


def test_no_two_styles_look_the_same():
    pictures = [render(picture_of(scene="field", style=style), 32).astype(int) for style in STYLES]
    for i, first in enumerate(pictures):
        assert all(np.abs(first - second).mean() > 3 for second in pictures[:i]), STYLES[i]


def test_no_two_scenes_look_the_same():
    scenes = [render(Picture((), scene, "cartoon", "one", 3), 32).astype(int) for scene in SCENES]
    for i, first in enumerate(scenes):
        assert all(np.abs(first - second).mean() > 8 for second in scenes[:i]), SCENES[i]


def test_every_class_has_an_outline_of_its_own():
    masks = {kind: silhouette(kind) for kind in CLASSES}
    for kind, mask in masks.items():
        assert 0.04 < mask.mean() < 0.6, kind
    kinds = list(masks)
    alike = [(a, b) for i, a in enumerate(kinds) for b in kinds[:i] if overlap(masks[a], masks[b]) > 0.85]
    assert alike == []


@pytest.mark.parametrize("style", STYLES)
def test_every_class_is_seen_in_every_style(style):
    for kind in CLASSES:
        # Out of sight, the thing takes the same random numbers: all that differs is the thing.
        with_it, without = (
            render(picture_of(kind, "red", "field", style, 2, x=x, radius=0.32), 48).astype(int) for x in (0.5, -5.0)
        )
        changed = np.abs(with_it - without).max(axis=2)
        assert (changed > 60).mean() > 0.03, kind
        assert not changed[:, :2].any() or style in ("blurry", "neon", "watercolour"), kind  # and only there


@pytest.mark.parametrize("colour", COLOURS)
def test_a_thing_has_its_colour(colour):
    for seed in range(5):
        centre = render(picture_of("heart", colour, style="cartoon", seed=seed), 48)[20:28, 20:28].mean(axis=(0, 1))
        distance = {name: float(np.abs(centre - rgb).sum()) for name, rgb in COLOURS.items()}
        assert min(distance, key=distance.__getitem__) == colour


def test_a_thing_stands_where_it_is_told():
    rows, columns = np.nonzero(silhouette("star", x=0.25, y=0.7, radius=0.15))
    assert abs(columns.mean() / 48 - 0.25) < 0.03 and abs(rows.mean() / 48 - 0.7) < 0.03
    assert silhouette("star", radius=0.4).sum() > 5 * silhouette("star", radius=0.15).sum()


def test_flip_mirrors_and_rotation_turns():
    plain, flipped = silhouette("cat"), silhouette("cat", flip=True)
    assert overlap(plain[:, ::-1], flipped) > 0.9 > overlap(plain, flipped)
    turned = silhouette("cat", rotation=np.pi / 2)  # clockwise on the screen
    assert overlap(np.rot90(plain, -1), turned) > 0.9 > overlap(plain, turned)


def test_another_size_shows_the_same_drawing():
    large = silhouette("dog", size=96)
    assert overlap(silhouette("dog", size=48), large[::2, ::2]) > 0.85


def test_later_things_cover_earlier_ones():
    hidden, in_front = Thing("star", "red", 0.5, 0.5, 0.2), Thing("heart", "blue", 0.5, 0.5, 0.45)
    pixels = render(Picture((hidden, in_front), "plain", "cartoon", "two", 0), 48)
    red, _, blue = pixels[24, 24].astype(int)
    assert blue > red + 80


def test_small_things_have_thinner_outlines():
    cartoon, sketch = (look_of(style, "plain", 48, random.Random(0)) for style in ("cartoon", "sketch"))
    assert cartoon.line_width_of(scale=12) == cartoon.line_width_of(scale=40) - 1
    assert sketch.line_width_of(scale=12) == sketch.line_width_of(scale=40) >= 2


def test_black_and_white_has_no_colour():
    pixels = render(picture_of(style="grey"), 32)
    assert np.array_equal(pixels[..., 0], pixels[..., 1]) and np.array_equal(pixels[..., 0], pixels[..., 2])


def test_pixel_art_has_few_colours_in_large_cells():
    pixels = render(picture_of("house", scene="field", style="pixel"), 64)
    assert len(np.unique(pixels)) <= 7
    assert (pixels[1:] == pixels[:-1]).all(axis=(1, 2)).sum() >= 64 - 28  # rows that repeat the one above


# Written words


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("size", [32, 64])
def test_a_written_word_lies_over_the_picture(style, size):
    facts = picture_of("apple", "red", style=style)
    bare = render(facts, size)
    cat, dog = (render(replace(facts, written=word), size) for word in ("cat", "dog"))
    rows, columns = np.nonzero((cat != bare).any(axis=2))
    label = cat[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].max(axis=2)
    assert label.min() < 70 and label.max() > 225  # ink and paper
    assert label.shape[1] > size / 3 and label.shape[0] < 0.62 * size
    assert not np.array_equal(cat, dog)


def test_a_long_word_fits_into_the_picture():
    pixels = render(replace(picture_of(), written="hippopotamus"), 64)
    assert pixels.shape == (64, 64, 3)
    assert len({tuple(p) for p in pixels[:, 0]}) > 5  # the label does not cover the whole picture


# Errors


@pytest.mark.parametrize(
    ("facts", "size", "said"),
    [
        (picture_of("dragon"), 32, r"things\[0\].kind is 'dragon'.*cat"),
        (picture_of(colour="teal"), 32, r"things\[0\].colour is 'teal'.*red"),
        (picture_of(scene="moon"), 32, "scene is 'moon'.*desert"),
        (picture_of(style="watercolor"), 32, "style is 'watercolor'.*watercolour"),
        (picture_of(x=float("nan")), 32, "x=nan"),
        (picture_of(radius=0.0), 32, "radius=0.0"),
        (picture_of(rotation=float("inf")), 32, "rotation is inf"),
        (picture_of(seed=None), 32, "drawing_seed is None"),
        (picture_of(), 7, "size is 7"),
        (picture_of(), 32.0, r"size is 32\.0"),
        (picture_of(), 5000, "from 8 to 512"),
        (replace(picture_of(), written=" "), 32, "written is ' '"),
        (replace(picture_of(), written="w" * 30), 32, "30 letters"),
    ],
)
def test_facts_that_cannot_be_drawn_are_named(facts, size, said):
    with pytest.raises(ValueError, match=said):
        render(facts, size)


# The version


def test_the_version_is_raised_with_the_drawings():
    """Cached pictures are keyed by GENERATOR_VERSION. If a shape, role or scene changed on purpose, raise it
    and put the new digest here."""
    digest = hashlib.sha256()
    off = 1e-6  # off the ties of rounding, where the last bit of a sine would decide; + 0.0 makes -0.0 a 0.0
    for kind, entry in CLASSES.items():
        pen = Pen(random.Random(0))
        entry.draw(pen)
        for points, role, width in pen.marks:
            rounded = [(round(x + off, 3) + 0.0, round(y + off, 3) + 0.0) for x, y in points]
            digest.update(f"{kind} {role} {round(width, 3)} {rounded}".encode())
    for scene in SCENES:
        for points, colour, width in backdrop(scene, random.Random(0)):
            rounded = [(round(x + off, 3) + 0.0, round(y + off, 3) + 0.0) for x, y in points]
            digest.update(f"{scene} {colour} {width} {rounded}".encode())
    assert (GENERATOR_VERSION, digest.hexdigest()[:16]) == (1, "07ed79a281afef0f")
