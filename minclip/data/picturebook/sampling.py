"""What happens in the picture book's world, and how often: facts of pictures are sampled here.

Nothing is drawn (`render.py`) and nothing is said (`captions.py`). The same seed gives the same facts on
every machine: only additions, products and Python's own random numbers are used.
"""

import random
from dataclasses import dataclass
from functools import lru_cache

from minclip.data.picturebook.objects import CLASSES
from minclip.data.picturebook.palette import COLOURS
from minclip.data.picturebook.picture import Picture, Thing
from minclip.data.picturebook.scenes import SCENES
from minclip.data.picturebook.styles import STYLES

WORLD_VERSION = 2  # part of the cache's key: raise it when other facts or captions come out of the same seed

KINDS = tuple(CLASSES)
COLOUR_NAMES = tuple(COLOURS)
LAYOUTS, LAYOUT_WEIGHTS = ("one", "many", "two"), (0.68, 0.84, 1.0)  # cumulative: 68, 16 and 16 %
RELATIONS = ("left", "right", "above", "below")
CENTRES = {  # of the two things in a relation; 0.24 on either side of the middle leaves room for both
    "left": ((0.26, 0.5), (0.74, 0.5)),
    "right": ((0.74, 0.5), (0.26, 0.5)),
    "above": ((0.5, 0.26), (0.5, 0.74)),
    "below": ((0.5, 0.74), (0.5, 0.26)),
}
QUARTERS = ((0.25, 0.27), (0.75, 0.27), (0.25, 0.73), (0.75, 0.73))  # places of two to four things
ROWS = (((0.26, 0.5), (0.74, 0.5)), ((0.5, 0.26), (0.5, 0.74)))  # two things may also stand in line

HELD_OUT_STYLES = ("blueprint", "pixel")  # never in training: white lines on blue, a texture
TRAIN_STYLES = tuple(style for style in STYLES if style not in HELD_OUT_STYLES)
COLOURLESS = frozenset({"sketch", "chalk", "blueprint", "silhouette", "grey", "negative"})  # colours do not show
UNLIT = frozenset({"black", "brown"})  # colours that do not show in neon: no light has them
SCENELESS = frozenset({"sketch", "chalk", "blueprint", "silhouette", "neon"})  # the scene is a few faint lines
_COMMON = {"photo": 0.34, "cartoon": 0.14}  # most pictures of the web are photos
_RARE = (1 - sum(_COMMON.values())) / (len(STYLES) - len(HELD_OUT_STYLES) - len(_COMMON))
STYLE_WEIGHTS = {style: _COMMON.get(style, _RARE) for style in STYLES}

# Two classes that look alike, for the lesson on shortcuts: with World(spurious=0.95) cars stand in the snow
# and buses in the desert, and a net may learn the ground instead of the vehicle.
SPURIOUS_SCENES = {"car": "snow", "bus": "desert"}


def _held_out_colours() -> dict[str, str]:
    """One colour per class, never a typical one, every colour about equally often."""
    rng, taken, chosen = random.Random("held-out colours"), dict.fromkeys(COLOUR_NAMES, 0), {}
    for kind in KINDS:
        free = [colour for colour in COLOUR_NAMES if colour not in CLASSES[kind].colours]
        fewest = min(taken[colour] for colour in free)
        chosen[kind] = rng.choice([colour for colour in free if taken[colour] == fewest])
        taken[chosen[kind]] += 1
    return chosen


HELD_OUT_COLOUR = _held_out_colours()
SEEN_COLOURS = {kind: tuple(c for c in COLOUR_NAMES if c != HELD_OUT_COLOUR[kind]) for kind in KINDS}


@dataclass(frozen=True)
class World:
    """The switches of the world. Shares and rates are from 0 to 1."""

    # Half of the things have a typical colour, half of the pictures a typical scene, as on the web: a yellow
    # banana, a boat at sea. Without correlations almost nothing is learned in the same time.
    typical_share: float = 0.5
    # Captions of the training split that say nothing of their picture: file names, boilerplate, another
    # picture's text.
    noise: float = 0.10
    # Pictures with the name of their first thing written across them, as on signs and covers. A net that
    # learns to read falls for a wrong word afterwards (the typographic attack).
    written_rate: float = 0.0
    # Share of the pictures of SPURIOUS_SCENES' classes that stand in the scene named there.
    spurious: float = 0.0
    # The styles that are drawn, as often as STYLE_WEIGHTS says; ("photo",) trains on photos alone.
    styles: tuple[str, ...] = TRAIN_STYLES

    def __post_init__(self) -> None:
        for name in ("typical_share", "noise", "written_rate", "spurious"):
            share = getattr(self, name)
            if not 0 <= share <= 1:
                raise ValueError(f"World({name}={share}) is a share: give a number from 0 to 1")
        if not self.styles or not set(self.styles) <= set(STYLES):
            raise ValueError(f"World(styles={self.styles!r}) must be one or more of {', '.join(STYLES)}")


def sample_picture(
    rng: random.Random,
    world: World = World(),
    *,
    layout: str | None = None,
    style: str | None = None,
    scene: str | None = None,
    kind: str | None = None,
    colour: str | None = None,
    count: int | None = None,
    relation: str | None = None,
    written: str | None = None,
    held_out: bool = False,
    clear: bool = False,
) -> Picture:
    """The facts of one picture; what is given stays as it is, the rest is drawn from `rng`.

    `count` (1 to 4) means the layout "many", `relation` the layout "two"; kind and colour are the first
    thing's. `held_out` gives the first thing the colour that its class never has in training; `clear` keeps a
    single thing from being small, as in the evaluation. Raises ValueError for what the world does not have.

    >>> sample_picture(random.Random(0), kind="cat", relation="above").layout
    'two'
    """
    _check(layout, style, scene, kind, colour, count, relation)
    style = style or _sample_style(rng, world.styles)
    if layout is None and (count or relation):
        layout = "many" if count else "two"
    layout = layout or rng.choices(LAYOUTS, cum_weights=LAYOUT_WEIGHTS)[0]
    kind = kind or rng.choice(KINDS)
    if held_out:
        colour = colour or HELD_OUT_COLOUR[kind]
    colour = colour or _sample_colour(rng, world, kind)
    scene = scene or _sample_scene(rng, world, kind)
    size, position = "medium", None
    if layout == "one":
        things, size, position = _one(rng, kind, colour, clear)
    elif layout == "many":
        things = _many(rng, kind, colour, count or rng.choice((2, 3, 4)))
    else:
        relation = relation or rng.choice(RELATIONS)
        things = _two(rng, world, kind, colour, relation)
    if written is None and world.written_rate and rng.random() < world.written_rate:
        written = CLASSES[kind].names[0]
    seed = rng.getrandbits(32)
    return Picture(things, scene, style, layout, seed, relation, size, position, written)


def _check(
    layout: str | None,
    style: str | None,
    scene: str | None,
    kind: str | None,
    colour: str | None,
    count: int | None,
    relation: str | None,
) -> None:
    known = (
        ("layout", layout, LAYOUTS),
        ("style", style, STYLES),
        ("scene", scene, SCENES),
        ("kind", kind, KINDS),
        ("colour", colour, COLOUR_NAMES),
        ("count", count, (1, 2, 3, 4)),
        ("relation", relation, RELATIONS),
    )
    for name, value, values in known:
        if value is not None and value not in values:
            raise ValueError(f"{name}={value!r} is not in the picture book: choose of {', '.join(map(str, values))}")
    needed = "many" if count else "two" if relation else layout
    if (count and relation) or layout not in (None, needed):
        raise ValueError(
            f"layout={layout!r}, count={count!r} and relation={relation!r} do not go together: "
            "count belongs to layout 'many', relation to layout 'two'"
        )


@lru_cache
def _cumulative(styles: tuple[str, ...]) -> tuple[float, ...]:
    return tuple(sum(STYLE_WEIGHTS[style] for style in styles[: i + 1]) for i in range(len(styles)))


def _sample_style(rng: random.Random, styles: tuple[str, ...]) -> str:
    return rng.choices(styles, cum_weights=_cumulative(styles))[0]


def _sample_colour(rng: random.Random, world: World, kind: str) -> str:
    typical = CLASSES[kind].colours
    return rng.choice(typical if typical and rng.random() < world.typical_share else SEEN_COLOURS[kind])


def _sample_scene(rng: random.Random, world: World, kind: str) -> str:
    if world.spurious and kind in SPURIOUS_SCENES and rng.random() < world.spurious:
        return SPURIOUS_SCENES[kind]
    typical = CLASSES[kind].scenes
    return rng.choice(typical if typical and rng.random() < world.typical_share else SCENES)


def _thing(rng: random.Random, kind: str, colour: str, x: float, y: float, radius: float) -> Thing:
    rotation = 0.3 * (rng.random() + rng.random() - 1)  # standard deviation 0.12, about 7 degrees
    return Thing(kind, colour, x, y, radius, rotation, rng.random() < 0.5)


def _near(rng: random.Random, place: tuple[float, float], by: float) -> tuple[float, float]:
    return place[0] + rng.uniform(-by, by), place[1] + rng.uniform(-by, by)


def _one(
    rng: random.Random, kind: str, colour: str, clear: bool
) -> tuple[tuple[Thing, ...], str, tuple[str, str] | None]:
    """A single thing anywhere in the picture: ((thing,), size, position)."""
    if clear:
        radius = rng.uniform(0.27, 0.46)
        size = "large" if radius > 0.36 else "medium"
    else:  # the gaps between the three keep the words apart
        size = rng.choices(("small", "medium", "large"), cum_weights=(0.2, 0.5, 1.0))[0]
        radius = rng.uniform(*{"small": (0.15, 0.21), "medium": (0.25, 0.34), "large": (0.36, 0.47)}[size])
    inside = radius * 0.95  # a drawing rarely fills its box: 5 % may hang over the edge
    x, y = rng.uniform(inside, 1 - inside), rng.uniform(inside, 1 - inside)
    across = "left" if x < 0.36 else "right" if x > 0.64 else ""
    down = "top" if y < 0.36 else "bottom" if y > 0.64 else ""
    return (_thing(rng, kind, colour, x, y, radius),), size, (down, across) if down or across else None


def _many(rng: random.Random, kind: str, colour: str, count: int) -> tuple[Thing, ...]:
    """`count` things of one kind and colour, each in a place of its own."""
    if count == 1:
        places = [(0.5, 0.5)]
    elif count == 2 and rng.random() < 0.5:
        places = list(rng.choice(ROWS))
    else:
        places = rng.sample(QUARTERS, count)
    radius = rng.uniform(0.18, 0.24)
    return tuple(
        _thing(rng, kind, colour, *_near(rng, place, 0.04), radius * rng.uniform(0.9, 1.1)) for place in places
    )


def _two(rng: random.Random, world: World, kind: str, colour: str, relation: str) -> tuple[Thing, ...]:
    """The thing and another of a different kind; the first stands `relation` of the second."""
    other = rng.choice(KINDS)
    while other == kind:
        other = rng.choice(KINDS)
    colours = (colour, _sample_colour(rng, world, other))
    return tuple(
        _thing(rng, k, c, *_near(rng, centre, 0.035), rng.uniform(0.2, 0.26))
        for k, c, centre in zip((kind, other), colours, CENTRES[relation], strict=True)
    )
