"""The thirteen styles: how a mark is inked, and what the finished picture goes through.

A style knows nothing of objects or scenes. Lengths that must stay visible are in canvas pixels, two to a
pixel of the picture; those that must look alike at every size are shares of the picture's side.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, sin

import numpy as np
from PIL import Image, ImageFilter

from minclip.data.picturebook.palette import BLACK, RGB, WHITE, brightness, mix

# fmt: off
STYLES = ("photo", "cartoon", "sketch", "chalk", "pixel", "silhouette", "negative", "watercolour", "blurry",
          "grainy", "grey", "blueprint", "neon")
# fmt: on

SUPERSAMPLING = 2  # the canvas is this many times wider than the picture, which smooths the edges
LINE_STYLES = frozenset({"sketch", "chalk", "blueprint", "neon"})  # outlines on paper, without colours
OPEN_ROLES = frozenset({"white", "glass", "cut", "eye"})  # holes in a silhouette
SOLID_ROLES = frozenset({"eye", "button", "black"})  # filled in a line drawing, for outlines would clog
OWN_COLOURS = frozenset({"main", "dark", "light"})  # the roles that glow in a colour of their own in neon

BOARDS: tuple[RGB, ...] = ((38, 62, 50), (45, 48, 52), (30, 40, 48))  # chalk is written on these
EVENINGS: tuple[RGB, ...] = (
    (250, 160, 90),
    (235, 225, 205),
    (200, 160, 220),
    (150, 210, 230),
    (245, 200, 90),
)  # the light behind a silhouette
NEON_WALL: RGB = (14, 10, 26)
SMALL_THING = 20  # canvas pixels of radius, under which outlines are thinner
PIXEL_GRIDS = (20, 24, 28)  # cells along a side in pixel art
PIXEL_LEVELS = 7  # of each channel in pixel art: few colours, as on an old console


@dataclass(frozen=True)
class Look:
    """The pens and papers of one picture, drawn at random within its style."""

    style: str
    paper: RGB | None  # None: the scene has its own colours
    ink: RGB  # of outlines in a line drawing, of everything in a silhouette
    line_width: int  # canvas pixels
    wobble: float  # how far a hand trembles, as a share of the side
    dark_scene: bool  # then dark things get light edges

    def line_width_of(self, scale: float) -> int:
        """Of a thing with this radius in canvas pixels: outlines would clog the colours of a small one."""
        if self.paper is None and scale < SMALL_THING:
            return max(1, self.line_width - 1)
        return self.line_width

    def inks(self, role: str, paints: dict[str, RGB]) -> tuple[RGB, RGB | None]:
        """The fill and the edge (None: no edge) of a mark with this role."""
        if self.paper is None:
            return paints[role], self._edge(paints[role])
        if self.style == "silhouette":
            return (self.paper if role in OPEN_ROLES else self.ink), None
        edge = self.ink
        if self.style == "neon":
            own = paints[role if role in OWN_COLOURS else "main"]
            edge = mix(own, WHITE, 0.12) if brightness(own) > 50 else (135, 135, 150)
        if role in SOLID_ROLES:
            return edge, edge
        if self.style == "sketch" and role == "dark":
            return mix(self.paper, self.ink, 0.25), edge  # pencil shading
        return self.paper, edge

    def _edge(self, fill: RGB) -> RGB:
        if self.dark_scene and brightness(fill) < 90:
            return mix(fill, WHITE, 0.5)
        if self.style in ("cartoon", "watercolour"):
            return (30, 30, 32)
        return mix(fill, BLACK, 0.45)


def look_of(style: str, scene: str, size: int, rng: random.Random) -> Look:
    """Choose paper, ink and line width for one picture."""
    paper: RGB | None = None
    ink: RGB = BLACK
    width, wobble = rng.uniform(0.9, 1.4), 0.0  # pixels of a picture of 48, share of the side
    if style == "sketch":
        white, grey = rng.randint(232, 252), rng.randint(30, 85)
        paper, ink, wobble = (white, white, white - rng.randint(0, 10)), (grey, grey, grey), 0.006
    elif style == "chalk":
        white = rng.randint(215, 250)
        paper, ink, wobble, width = rng.choice(BOARDS), (white, white, white - 8), 0.006, width + 0.4
    elif style == "blueprint":
        paper, ink = (rng.randint(18, 40), rng.randint(60, 90), rng.randint(140, 175)), (225, 235, 250)
    elif style == "neon":
        paper, ink = NEON_WALL, (120, 80, 220)
    elif style == "silhouette":
        black = rng.randint(5, 30)
        paper, ink = rng.choice(EVENINGS), (black, black, black)
    elif style == "watercolour":
        wobble = 0.005
    elif style == "cartoon":
        width += 0.3
    # Lines grow with the root of the side: thin enough not to clog at 32 px, seen at 256.
    line_width = max(1, round(SUPERSAMPLING * width * (size / 48) ** 0.5))
    return Look(style, paper, ink, line_width, wobble, dark_scene=scene == "night")


def finish(canvas: Image.Image, style: str, size: int, rng: random.Random) -> np.ndarray:
    """Scale the canvas down and give it the texture of its style: uint8 [size, size, 3]."""
    if style == "pixel":
        return _pixel(canvas, size, rng)
    image = canvas.reduce(SUPERSAMPLING)
    if style == "blurry":
        image = image.filter(ImageFilter.GaussianBlur(size * rng.uniform(0.02, 0.032)))
    elif style == "grey":
        image = image.convert("L").convert("RGB")
    texture = _TEXTURES.get(style)
    if texture is None:
        return np.array(image)
    pixels = texture(image, np.asarray(image, dtype=np.float32), rng)  # [size, size, 3]
    drawn: np.ndarray = np.clip(pixels, 0, 255).astype(np.uint8)
    return drawn


def _pixel(canvas: Image.Image, size: int, rng: random.Random) -> np.ndarray:
    cells = min(rng.choice(PIXEL_GRIDS), size)
    small = np.asarray(canvas.resize((cells, cells), Image.Resampling.BOX), dtype=np.float32) / 255
    levels = np.rint(small * (PIXEL_LEVELS - 1)) / (PIXEL_LEVELS - 1)
    coarse = Image.fromarray((levels * 255).astype(np.uint8))
    return np.array(coarse.resize((size, size), Image.Resampling.NEAREST))


def _photo(image: Image.Image, pixels: np.ndarray, rng: random.Random) -> np.ndarray:
    """Light falls from one side, and the sensor adds a little noise."""
    angle, strength = rng.uniform(0, 2 * pi), rng.uniform(0.1, 0.28)
    across, down = _axes(len(pixels))
    light = 1 + (strength * cos(angle)) * across + (strength * sin(angle)) * down  # [size, size, 1]
    return pixels * light + 5 * _noise(rng).standard_normal(light.shape, dtype=np.float32)


def _grainy(image: Image.Image, pixels: np.ndarray, rng: random.Random) -> np.ndarray:
    """Film grain: light and dark specks, with a share of coloured ones."""
    strength, noise = rng.uniform(20, 34), _noise(rng)
    specks = noise.standard_normal((*pixels.shape[:2], 1), dtype=np.float32)
    return pixels + strength * (specks + 0.6 * noise.standard_normal(pixels.shape, dtype=np.float32))


def _negative(image: Image.Image, pixels: np.ndarray, rng: random.Random) -> np.ndarray:
    return 255 - pixels


def _watercolour(image: Image.Image, pixels: np.ndarray, rng: random.Random) -> np.ndarray:
    """Pigment runs a little and dries in pale patches on the paper."""
    size = len(pixels)
    patches = Image.fromarray(_noise(rng).integers(0, 255, (6, 6), dtype=np.uint8))
    pale = np.asarray(patches.resize((size, size), Image.Resampling.BICUBIC), dtype=np.float32)[..., None] / 255
    share = 0.16 + 0.36 * pale  # [size, size, 1] of bare paper
    wet = np.asarray(image.filter(ImageFilter.GaussianBlur(size * 0.013)), dtype=np.float32)
    return wet + (248 - wet) * share


def _chalk(image: Image.Image, pixels: np.ndarray, rng: random.Random) -> np.ndarray:
    """Chalk skips the pores of the board."""
    drawn: np.ndarray = pixels * (0.6 + 0.45 * _noise(rng).random((*pixels.shape[:2], 1), dtype=np.float32))
    return drawn


def _neon(image: Image.Image, pixels: np.ndarray, rng: random.Random) -> np.ndarray:
    """Every tube lights the wall around it."""
    glow = np.asarray(image.filter(ImageFilter.GaussianBlur(len(pixels) * 0.028)), dtype=np.float32)
    return 0.95 * pixels + 0.8 * glow


_TEXTURES: dict[str, Callable[[Image.Image, np.ndarray, random.Random], np.ndarray]] = {
    "photo": _photo,
    "grainy": _grainy,
    "negative": _negative,
    "watercolour": _watercolour,
    "chalk": _chalk,
    "neon": _neon,
}


def _noise(rng: random.Random) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(rng.getrandbits(32)))


@lru_cache(maxsize=8)
def _axes(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates from -1 to 1, float [1, size, 1] across and [size, 1, 1] down."""
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    return axis[None, :, None], axis[:, None, None]
