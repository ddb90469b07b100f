"""Colours: the ten that captions name, and those that parts of a drawing have whatever the object's colour.

All are RGB tuples of whole numbers from 0 to 255.
"""

import random

RGB = tuple[int, int, int]

COLOURS: dict[str, RGB] = {
    "red": (214, 40, 40),
    "orange": (245, 135, 30),
    "yellow": (250, 215, 50),
    "green": (50, 160, 70),
    "blue": (40, 95, 210),
    "purple": (130, 60, 180),
    "pink": (245, 140, 185),
    "brown": (125, 75, 40),
    "black": (38, 38, 42),
    "white": (242, 242, 238),
}

# Parts with a colour of their own. The others follow the object's colour: `paints` says how.
ROLES: dict[str, RGB] = {
    "black": (25, 25, 28),
    "white": (248, 248, 245),  # open in a silhouette, as are glass, cuts and eyes
    "glass": (170, 220, 245),
    "ivory": (246, 244, 236),  # white, but solid in a silhouette
    "button": (25, 25, 28),
    "wood": (120, 78, 45),
    "wafer": (218, 165, 100),
    "leaf": (70, 150, 75),
    "water": (120, 190, 235),
    "yellow": (250, 220, 90),
    "orange": (240, 140, 40),
    "pink": (250, 170, 185),
    "red": (220, 60, 60),
    "grey": (150, 150, 155),
}
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
SHADE_JITTER = 18  # of 255: two red cars differ, and red stays red


def mix(first: RGB, second: RGB, share: float) -> RGB:
    """The first colour with a share of the second, from 0 to 1.

    >>> mix((0, 0, 0), (200, 100, 50), 0.5)
    (100, 50, 25)
    """
    (r, g, b), (s, h, c) = first, second
    return int(r + (s - r) * share), int(g + (h - g) * share), int(b + (c - b) * share)


def brightness(colour: RGB) -> float:
    """How light a colour looks, 0 to 255 (the luma weights of ITU-R BT.601)."""
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]


def jitter(colour: RGB, rng: random.Random, amount: float) -> RGB:
    """The colour with each channel moved by up to amount, within 0 to 255."""
    r, g, b = (min(255, max(0, int(c + amount * (2 * rng.random() - 1)))) for c in colour)
    return r, g, b


def paints(colour: str, rng: random.Random) -> dict[str, RGB]:
    """What colour every role has in a drawing of this colour."""
    main = jitter(COLOURS[colour], rng, SHADE_JITTER)
    light = brightness(main)
    is_black = light < 60  # then details are lighter than the body, for darker does not show
    return ROLES | {
        "main": main,
        "dark": mix(main, WHITE, 0.28) if is_black else mix(main, BLACK, 0.3),
        "light": mix(main, BLACK, 0.15) if light > 210 else mix(main, WHITE, 0.45),
        "ink": (95, 95, 102) if is_black else ROLES["black"],
        "eye": ROLES["yellow"] if is_black else ROLES["black"],
        "cut": mix(main, WHITE, 0.5) if light < 100 else mix(main, BLACK, 0.65),
        "band": ROLES["red"] if colour != "red" else ROLES["black"],
    }
