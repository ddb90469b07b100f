"""The eight places a picture shows: backgrounds as display lists, without the things in them.

A patch is an outline in shares of the picture's side, (0, 0) top left, with its colour and, for a stroke,
its width; the first patch of a scene covers everything.
"""

import random
from math import cos, pi, sin

from minclip.data.picturebook.palette import RGB, jitter
from minclip.data.picturebook.pen import Point

SCENES = ("plain", "sky", "night", "sea", "field", "snow", "desert", "room")

Patch = tuple[list[Point], RGB, float]

LIGHT_JITTER = 14  # of 255: the time of day
_CIRCLE = [(cos(pi * i / 6), sin(pi * i / 6)) for i in range(12)]


def backdrop(scene: str, rng: random.Random) -> list[Patch]:
    """The patches of a scene, back to front."""
    return _PAINTERS[scene](rng)


def _plain(rng: random.Random) -> list[Patch]:
    r, g, b = (rng.randint(150, 245) for _ in range(3))
    return [_box(0, 0, 1, 1, (r, g, b))]


def _sky(rng: random.Random) -> list[Patch]:
    patches = [_box(0, 0, 1, 1, jitter((135, 200, 245), rng, LIGHT_JITTER))]
    for _ in range(2):
        x, y, white = rng.random(), rng.uniform(0.05, 0.35), jitter((240, 240, 240), rng, LIGHT_JITTER)
        patches += [_oval(x, y, 0.13, 0.05, white), _oval(x + 0.08, y - 0.03, 0.08, 0.05, white)]
    return patches


def _night(rng: random.Random) -> list[Patch]:
    patches = [_box(0, 0, 1, 1, jitter((20, 24, 60), rng, LIGHT_JITTER))]
    for _ in range(12):
        x, y = rng.random(), rng.random()
        patches.append(_box(x, y, x + 0.018, y + 0.018, (235, 235, 190)))
    return patches


def _sea(rng: random.Random) -> list[Patch]:
    patches, horizon = _horizon(rng, (175, 220, 240), (30, 110, 170))
    for _ in range(5):
        x, y = rng.uniform(0, 0.9), rng.uniform(horizon + 0.05, 1)
        wave = [(x, y), (x + 0.05, y - 0.02), (x + 0.1, y), (x + 0.15, y - 0.02)]
        patches.append((wave, (150, 205, 230), 0.014))
    return patches


def _field(rng: random.Random) -> list[Patch]:
    patches, horizon = _horizon(rng, (160, 215, 245), (110, 180, 80))
    for _ in range(8):
        x, y = rng.random(), rng.uniform(horizon + 0.08, 1)
        patches.append(([(x, y), (x + 0.015, y - 0.05)], (60, 130, 50), 0.014))
    return patches


def _snow(rng: random.Random) -> list[Patch]:
    patches, _ = _horizon(rng, (180, 197, 222), (240, 244, 248))
    for _ in range(14):
        patches.append(_oval(rng.random(), rng.random(), 0.015, 0.015, (255, 255, 255)))
    return patches


def _desert(rng: random.Random) -> list[Patch]:
    horizon, start = rng.uniform(0.45, 0.6), rng.uniform(0, 6)
    dunes = [(i / 8, horizon + 0.06 * sin(start + 0.9 * i)) for i in range(9)]
    sky, sand = jitter((250, 205, 150), rng, LIGHT_JITTER), jitter((225, 175, 95), rng, LIGHT_JITTER)
    return [_box(0, 0, 1, 1, sky), ([(0.0, 1.0), *dunes, (1.0, 1.0)], sand, 0.0)]


def _room(rng: random.Random) -> list[Patch]:
    floor, x = rng.uniform(0.6, 0.72), rng.uniform(0.05, 0.7)
    return [
        _box(0, 0, 1, 1, jitter((225, 205, 180), rng, LIGHT_JITTER)),
        _box(0, floor, 1, 1, jitter((150, 105, 70), rng, LIGHT_JITTER)),
        _box(x, 0.08, x + 0.24, 0.36, jitter((175, 215, 235), rng, LIGHT_JITTER)),  # the window
        ([(x + 0.12, 0.08), (x + 0.12, 0.36)], (245, 245, 245), 0.02),
        ([(x, 0.22), (x + 0.24, 0.22)], (245, 245, 245), 0.02),
    ]


_PAINTERS = dict(zip(SCENES, (_plain, _sky, _night, _sea, _field, _snow, _desert, _room), strict=True))


def _horizon(rng: random.Random, above: RGB, below: RGB) -> tuple[list[Patch], float]:
    """Two halves, and where they meet."""
    y = rng.uniform(0.4, 0.6)
    upper = _box(0, 0, 1, 1, jitter(above, rng, LIGHT_JITTER))
    return [upper, _box(0, y, 1, 1, jitter(below, rng, LIGHT_JITTER))], y


def _box(left: float, top: float, right: float, bottom: float, colour: RGB) -> Patch:
    return [(left, top), (right, top), (right, bottom), (left, bottom)], colour, 0.0


def _oval(x: float, y: float, rx: float, ry: float, colour: RGB) -> Patch:
    return [(x + rx * u, y + ry * v) for u, v in _CIRCLE], colour, 0.0
