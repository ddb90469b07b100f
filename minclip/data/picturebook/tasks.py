"""What a trained model is asked about the picture book: pictures with known facts, and candidate texts.

The pictures come from a split of their own, are balanced over the answers, and show what is asked about (no
colour is asked of a pencil sketch). What is asked, and in which words, is in `questions.py`.
"""

import random
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from minclip.data.picturebook import questions
from minclip.data.picturebook.cache import cached_pixels
from minclip.data.picturebook.objects import CLASSES
from minclip.data.picturebook.picture import Picture
from minclip.data.picturebook.sampling import (
    COLOUR_NAMES,
    COLOURLESS,
    HELD_OUT_COLOUR,
    HELD_OUT_STYLES,
    KINDS,
    RELATIONS,
    SCENELESS,
    SEEN_COLOURS,
    SPURIOUS_SCENES,
    TRAIN_STYLES,
    sample_picture,
)
from minclip.data.picturebook.scenes import SCENES
from minclip.data.protocol import ChoiceTask, ClassTask

COLOURFUL = tuple(s for s in TRAIN_STYLES if s not in COLOURLESS and s != "neon")  # no light is black or brown
SCENIC = tuple(style for style in TRAIN_STYLES if style not in SCENELESS)
PLAIN_STYLES = ("photo", "cartoon")  # where both colour and scene are plain to see

TASKS = (
    "object",
    "object_held_out_style",
    "held_out_combination",
    "seen_combination",
    "colour",
    "style",
    "scene",
    "count",
    "relation",
    "relation_swap",
)
# For the lesson on limits, by name only. A wrong word is written into the picture; cars stand in the snow and
# buses in the desert (as World(spurious=...) has them in training), or the other way round.
LIMITS = ("object_wrong_word", "spurious_kept", "spurious_swapped")

# Pictures of a task: the answers follow each other, so that any multiple of their number is balanced.
PER_CLASS = {  # pictures in a task for each one of per_class
    "object": len(KINDS) * len(TRAIN_STYLES),
    "object_held_out_style": len(KINDS) * len(HELD_OUT_STYLES),
    "held_out_combination": len(KINDS),
    "seen_combination": len(KINDS),
    "colour": 5 * len(COLOUR_NAMES),
    "style": 5 * len(TRAIN_STYLES),
    "scene": 6 * len(SCENES),
    "count": 20 * 4,
    "relation": 20 * len(RELATIONS),
    "relation_swap": 20 * len(RELATIONS),
    "object_wrong_word": len(KINDS),
    "spurious_kept": 10 * len(SPURIOUS_SCENES),
    "spurious_swapped": 10 * len(SPURIOUS_SCENES),
}


def tasks(
    size: int,
    seed: int = 0,
    per_class: int = 10,
    names: Sequence[str] | None = None,
    cache: Path | str | None = None,
    workers: int | None = None,
    progress: bool = True,
) -> dict[str, ClassTask | ChoiceTask]:
    """The picture book's tasks, drawn at `size` pixels per side, in the order of `TASKS`.

    per_class: pictures per class (and style, in the object tasks); tasks with fewer answers have more per
    answer. names: some of `TASKS` and `LIMITS` instead of all of `TASKS`. cache, workers, progress: as in
    `PictureBook`.

    >>> tasks(32, names=["scene"])["scene"].class_names[:2]
    ('on a plain background', 'in the sky')
    """
    wanted = TASKS if names is None else tuple(names)
    for name in wanted:
        if name not in TASKS + LIMITS:
            raise ValueError(f"names has {name!r}: the picture book's tasks are {', '.join(TASKS + LIMITS)}")
    if per_class < 1:
        raise ValueError(f"per_class={per_class} must be at least 1 picture")
    made: dict[str, ClassTask | ChoiceTask] = {}
    for name in wanted:
        picture_at = partial(task_picture, name, seed)
        count = per_class * PER_CLASS[name]
        identity = f"tasks/{name}/{seed}"
        pixels = cached_pixels(f"tasks-{name}", identity, picture_at, count, size, cache, workers, progress)
        made[name] = QUESTIONS[name](name, pixels, [picture_at(index) for index in range(count)])
    return made


def task_picture(name: str, seed: int, index: int) -> Picture:
    """The facts of picture `index` of a task."""
    rng = random.Random(f"{seed}/tasks/{name}/{index}")
    turn, kind = index // len(KINDS), KINDS[index % len(KINDS)]
    if name == "object":
        return sample_picture(rng, layout="one", clear=True, kind=kind, style=TRAIN_STYLES[turn % len(TRAIN_STYLES)])
    if name == "object_held_out_style":
        style = HELD_OUT_STYLES[turn % len(HELD_OUT_STYLES)]
        return sample_picture(rng, layout="one", clear=True, kind=kind, style=style)
    if name in ("held_out_combination", "seen_combination"):
        seen = [colour for colour in SEEN_COLOURS[kind] if colour not in CLASSES[kind].colours]  # as rare, but seen
        colour = HELD_OUT_COLOUR[kind] if name == "held_out_combination" else rng.choice(seen)
        style = rng.choice(PLAIN_STYLES)
        return sample_picture(rng, layout="one", clear=True, kind=kind, style=style, colour=colour)
    if name == "colour":
        colour = COLOUR_NAMES[index % len(COLOUR_NAMES)]
        kind = rng.choice([kind for kind in KINDS if colour in SEEN_COLOURS[kind]])
        style = rng.choice(COLOURFUL)
        return sample_picture(rng, layout="one", clear=True, kind=kind, style=style, colour=colour)
    if name == "style":
        return sample_picture(rng, layout="one", style=TRAIN_STYLES[index % len(TRAIN_STYLES)])
    if name == "scene":
        return sample_picture(rng, layout="one", style=rng.choice(SCENIC), scene=SCENES[index % len(SCENES)])
    if name == "count":
        return sample_picture(rng, count=1 + index % 4)
    if name in ("relation", "relation_swap"):
        return _with_different_names(rng, RELATIONS[index % len(RELATIONS)])
    if name == "object_wrong_word":
        wrong = rng.choice([k for k in KINDS if CLASSES[k].names[0] not in CLASSES[kind].names])
        written = CLASSES[wrong].names[0]
        return sample_picture(rng, layout="one", clear=True, kind=kind, style="photo", written=written)
    kinds = tuple(SPURIOUS_SCENES)
    kind = kinds[index % len(kinds)]
    shown = kind if name == "spurious_kept" else kinds[(index + 1) % len(kinds)]
    style = rng.choice(SCENIC)
    return sample_picture(rng, layout="one", clear=True, kind=kind, style=style, scene=SPURIOUS_SCENES[shown])


def _with_different_names(rng: random.Random, relation: str) -> Picture:
    """Two things with a name each: of a mouse beside a mouse, nobody can say which is meant."""
    while True:
        picture = sample_picture(rng, relation=relation)
        first, second = (set(CLASSES[thing.kind].names) for thing in picture.things)
        if not first & second:
            return picture


QUESTIONS: dict[str, Callable[[str, np.ndarray, list[Picture]], ClassTask | ChoiceTask]] = {
    "object": questions.which_kind,
    "object_held_out_style": questions.which_kind,
    "held_out_combination": questions.which_combination,
    "seen_combination": questions.which_combination,
    "colour": questions.which_colour,
    "style": questions.which_style,
    "scene": questions.which_scene,
    "count": questions.how_many,
    "relation": questions.which_relation,
    "relation_swap": questions.which_order,
    "object_wrong_word": questions.which_kind,
    "spurious_kept": questions.which_vehicle,
    "spurious_swapped": questions.which_vehicle,
}
