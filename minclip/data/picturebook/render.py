"""From the facts of a picture to its pixels: things are drawn, placed on their scene, inked and finished.

Rasterised by Pillow on a canvas twice as wide, then scaled down. The same facts and size give the same pixels
with the same version of Pillow.
"""

import random
from collections.abc import Collection
from functools import lru_cache
from math import ceil, cos, isfinite, sin

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from minclip.data.picturebook.objects import CLASSES
from minclip.data.picturebook.palette import COLOURS, RGB, WHITE, brightness, mix, paints
from minclip.data.picturebook.pen import Mark, Pen, Point
from minclip.data.picturebook.picture import Picture, Thing
from minclip.data.picturebook.scenes import SCENES, Patch, backdrop
from minclip.data.picturebook.styles import LINE_STYLES, STYLES, SUPERSAMPLING, Look, finish, look_of

GENERATOR_VERSION = 1  # part of the cache's key: raise it when any drawing, colour or texture changes

MIN_SIZE, MAX_SIZE = 8, 512  # pixels; objects cannot be told apart below about 24
MAX_WRITTEN = 24  # letters: more cannot be read
STRETCH = (0.88, 1.12)  # a drawing may be this much narrower or wider, and as much flatter or taller
FAR = 10.0  # sides of the picture: a thing beyond is not seen, or nothing else
SMALLEST_LETTERS = 6  # pixels
LABELS: tuple[tuple[RGB, RGB], ...] = (  # paper and ink of a written word
    ((248, 248, 244), (16, 16, 18)),
    ((30, 32, 40), (244, 244, 240)),
)
GRID_LINES = 8  # of blueprint paper


def render(picture: Picture, size: int = 64) -> np.ndarray:
    """Draw a picture: uint8 [size, size, 3].

    Shapes and colours come from `picture.drawing_seed` before the style is looked at: the same facts in
    another style or size show the same drawing. A picture without things is its scene.

    ValueError: a kind, colour, scene or style that does not exist, a place or radius out of sight, a size
    outside 8 to 512, a seed that is no whole number, or a written text that cannot be read.

    >>> cat = Thing("cat", "orange", x=0.5, y=0.5, radius=0.4)
    >>> render(Picture((cat,), "room", "photo", "one", drawing_seed=7), size=32).shape
    (32, 32, 3)
    """
    _check(picture, size)
    rng = random.Random(picture.drawing_seed)
    things, patches, look = _placed(picture, size, rng)
    side = size * SUPERSAMPLING
    canvas = Image.new("RGB", (side, side), look.paper or WHITE)
    brush = ImageDraw.Draw(canvas)
    _paint_backdrop(brush, patches, look, side)
    for marks, colours, line_width in things:
        _paint_thing(brush, marks, look, colours, line_width)
    pixels = finish(canvas, picture.style, size, rng)
    return pixels if picture.written is None else _write(pixels, picture.written, rng)


def thing_masks(picture: Picture, size: int = 64) -> np.ndarray:
    """Which pixels each thing of a picture covers: bool [things, size, size], in the order of `picture.things`.

    A pixel belongs to a thing that is seen in at least half of it: where another stands in front, it is not seen. The
    lines around a thing are part of it. The texture of a style and a written word are not looked at. Raises
    ValueError as `render` does.

    >>> cat = Thing("cat", "orange", x=0.25, y=0.25, radius=0.2)
    >>> mask = thing_masks(Picture((cat,), "room", "photo", "one", drawing_seed=7), size=32)
    >>> mask.shape, bool(mask[0, 8, 8]), bool(mask[0, 24, 24])
    ((1, 32, 32), True, False)
    """
    _check(picture, size)
    things, _, look = _placed(picture, size, random.Random(picture.drawing_seed))
    side = size * SUPERSAMPLING
    owner = Image.new("L", (side, side))  # 0: the backdrop, i + 1: thing i
    for i, (marks, colours, line_width) in enumerate(things):
        _paint_thing(_Stencil(owner, i + 1), marks, look, colours, line_width)
    covered = np.asarray(owner) == 1 + np.arange(len(things))[:, None, None]  # [things, side, side]
    shares = covered.reshape(len(things), size, SUPERSAMPLING, size, SUPERSAMPLING).mean(axis=(2, 4))
    seen: np.ndarray = shares >= 0.5
    return seen


class _Stencil:
    """A brush of one colour, whatever colour is asked for: what a thing covers."""

    def __init__(self, canvas: Image.Image, colour: int):
        self.brush, self.colour = ImageDraw.Draw(canvas), colour

    def polygon(self, points: list[Point], fill: RGB) -> None:
        self.brush.polygon(points, fill=self.colour)

    def line(self, points: list[Point], fill: RGB, width: int, joint: str | None = None) -> None:
        self.brush.line(points, fill=self.colour, width=width, joint=joint)


_Placed = tuple[list[Mark], dict[str, RGB], int]  # the marks of a thing on the canvas, its colours, its line's width


def _placed(picture: Picture, size: int, rng: random.Random) -> tuple[list[_Placed], list[Patch], Look]:
    """The things on the canvas back to front, the backdrop, and the look. All random shapes come from rng in here."""
    drawings = [_draw(thing, rng) for thing in picture.things]
    patches = backdrop(picture.scene, rng)
    look = look_of(picture.style, picture.scene, size, rng)
    side = size * SUPERSAMPLING
    things = []
    for thing, (marks, stretch, colours) in zip(picture.things, drawings, strict=True):
        things.append(
            (_place(marks, thing, stretch, look, side, rng), colours, look.line_width_of(thing.radius * side))
        )
    return things, patches, look


def _draw(thing: Thing, rng: random.Random) -> tuple[list[Mark], tuple[float, float], dict[str, RGB]]:
    """The marks of a thing in the unit box, how it is stretched, and its colours."""
    pen = Pen(rng)
    CLASSES[thing.kind].draw(pen)
    return pen.marks, (rng.uniform(*STRETCH), rng.uniform(*STRETCH)), paints(thing.colour, rng)


def _place(
    marks: list[Mark], thing: Thing, stretch: tuple[float, float], look: Look, side: int, rng: random.Random
) -> list[Mark]:
    """Marks in canvas pixels: stretched, mirrored, turned, moved and, by hand, wobbled."""
    scale = thing.radius * side
    across, down = scale * stretch[0] * (-1 if thing.flip else 1), scale * stretch[1]
    a, b = across * cos(thing.rotation), -down * sin(thing.rotation)  # x' = a x + b y + thing.x
    c, d = across * sin(thing.rotation), down * cos(thing.rotation)
    x0, y0 = thing.x * side, thing.y * side
    if not look.wobble:
        return [
            ([(a * x + b * y + x0, c * x + d * y + y0) for x, y in points], role, width * scale)
            for points, role, width in marks
        ]
    shake, draw = 2 * look.wobble * side, rng.random
    x0, y0 = x0 - shake / 2, y0 - shake / 2
    return [
        (
            [(a * x + b * y + x0 + shake * draw(), c * x + d * y + y0 + shake * draw()) for x, y in points],
            role,
            width * scale,
        )
        for points, role, width in marks
    ]


def _paint_backdrop(brush: ImageDraw.ImageDraw, patches: list[Patch], look: Look, side: int) -> None:
    """The scene in its own colours, or as a hint on the paper of a style that has no colours."""
    thin = max(1, look.line_width - 1)
    for patch, colour, width in patches if look.paper is None else patches[1:]:
        points = [(x * side, y * side) for x, y in patch]
        if look.style in LINE_STYLES:
            faint = mix(look.paper or WHITE, look.ink, 0.4)
            brush.line(points if width else [*points, points[0]], fill=faint, width=thin)
            continue
        fill = colour if look.paper is None else mix(look.paper, (0, 0, 0), 0.12)
        if width:
            brush.line(points, fill=fill, width=max(SUPERSAMPLING, int(width * side)))
        else:
            brush.polygon(points, fill=fill)
    if look.style == "blueprint" and look.paper is not None:
        pale = mix(look.paper, look.ink, 0.16)
        for i in range(GRID_LINES):
            at = i * side // GRID_LINES
            brush.line([(at, 0), (at, side)], fill=pale)
            brush.line([(0, at), (side, at)], fill=pale)


def _paint_thing(
    brush: ImageDraw.ImageDraw | _Stencil, marks: list[Mark], look: Look, colours: dict[str, RGB], line_width: int
) -> None:
    """Fill and outline every mark, the later over the earlier."""
    inks: dict[str, tuple[RGB, RGB | None]] = {}
    for points, role, width in marks:
        if role not in inks:
            inks[role] = look.inks(role, colours)
        fill, edge = inks[role]
        if not width:
            brush.polygon(points, fill=fill)
            if edge:
                brush.line([*points, points[0]], fill=edge, width=line_width)
            continue
        thick = max(line_width, int(width))
        joint = "curve" if thick > 4 and len(points) > 2 else None
        if edge and thick > 2 * line_width:  # a tube: its edge shows on both sides
            brush.line(points, fill=edge, width=thick + line_width, joint=joint)
            brush.line(points, fill=fill, width=thick - line_width, joint=joint)
        elif edge and look.paper is None and thick > line_width:  # the edge is a thin rim
            brush.line(points, fill=edge, width=thick + SUPERSAMPLING, joint=joint)
            brush.line(points, fill=fill, width=thick, joint=joint)
        else:
            # On paper only the edge has ink; in a dark scene the lighter of the two is seen.
            seen = edge if edge and (look.paper or brightness(edge) > brightness(fill)) else fill
            brush.line(points, fill=seen, width=thick, joint=joint)


def _write(pixels: np.ndarray, text: str, rng: random.Random) -> np.ndarray:
    """Lay a label with the text over the finished picture: a word to a line, as large as it fits."""
    size, lines = len(pixels), "\n".join(text.split())
    image = Image.fromarray(pixels)
    brush = ImageDraw.Draw(image)
    for height in range(max(SMALLEST_LETTERS, size // 3), SMALLEST_LETTERS - 1, -1):
        font = _font(height)
        left, top, right, bottom = brush.multiline_textbbox((0, 0), lines, font=font, spacing=1)
        if right - left <= 0.94 * size and bottom - top <= 0.5 * size:
            break
    width, height = ceil(right - left), ceil(bottom - top)
    x = 1 + rng.randint(0, max(0, size - width - 2))
    y = 2 + rng.randint(0, max(0, size - height - 4))
    paper, ink = rng.choice(LABELS)
    brush.rectangle((x - 2, y - 2, x + width + 1, y + height + 1), fill=paper)
    brush.multiline_text((x - left, y - top), lines, fill=ink, font=font, spacing=1)
    return np.array(image)


@lru_cache(maxsize=64)
def _font(height: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(height)


def _check(picture: Picture, size: int) -> None:
    if isinstance(size, bool) or not isinstance(size, int) or not MIN_SIZE <= size <= MAX_SIZE:
        raise ValueError(f"size is {size!r}: render draws whole numbers of pixels from {MIN_SIZE} to {MAX_SIZE}")
    if not isinstance(picture.drawing_seed, int):
        raise ValueError(f"drawing_seed is {picture.drawing_seed!r}: give a whole number, and it draws the same again")
    _check_known("scene", picture.scene, SCENES)
    _check_known("style", picture.style, STYLES)
    for i, thing in enumerate(picture.things):
        _check_known(f"things[{i}].kind", thing.kind, CLASSES)
        _check_known(f"things[{i}].colour", thing.colour, COLOURS)
        if not (abs(thing.x) <= FAR and abs(thing.y) <= FAR and 0 < thing.radius <= FAR):
            raise ValueError(
                f"things[{i}] stands at x={thing.x}, y={thing.y} with radius={thing.radius}: give shares of"
                f" the side, the place from -{FAR} to {FAR}, the radius over 0 and up to {FAR}"
            )
        if not isfinite(thing.rotation):
            raise ValueError(f"things[{i}].rotation is {thing.rotation}: give a finite number of radians")
    written = picture.written
    if written is not None and (not written.strip() or len(written) > MAX_WRITTEN):
        raise ValueError(f"written is {written!r}, {len(written)} letters: give 1 to {MAX_WRITTEN} to be read, or None")


def _check_known(name: str, value: str, known: Collection[str]) -> None:
    if value not in known:
        raise ValueError(f"{name} is {value!r}, which the picture book has not: choose one of {', '.join(known)}")
