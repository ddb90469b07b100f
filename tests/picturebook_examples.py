"""A picture book small enough for a test."""

import random
from pathlib import Path

from minclip.data.picturebook import PictureBook, World
from minclip.data.picturebook.sampling import (
    sample_picture,
)

ROOT = Path(__file__).parents[1]


def sample_many(count, world=World(), **given):  # noqa: B008  (frozen)
    rng = random.Random(0)
    return [sample_picture(rng, world, **given) for _ in range(count)]


def book(cache, split="val", count=40, **given):
    return PictureBook(split, size=16, count=count, cache=cache, workers=1, progress=False, **given)
