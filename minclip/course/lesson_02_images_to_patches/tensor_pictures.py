"""Lesson 02's tensors as boxes: where the numbers of a picture lie, its patches as rows, tokens, CLS and positions."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from minclip.course.tensor_boxes import CELL, Box, draw_tensors, extent
from minclip.figures.look import (
    FONT,
    IMAGE_COLOUR,
    MATCH_COLOUR,
    QUIET_COLOUR,
    SERIES_COLOURS,
    TEXT_COLOUR,
    WRONG_COLOUR,
    described,
    new_figure,
)

LEARNED_COLOUR = SERIES_COLOURS[4]
CHANNELS = (("red", WRONG_COLOUR), ("green", MATCH_COLOUR), ("blue", IMAGE_COLOUR))
PATCHES = (IMAGE_COLOUR, TEXT_COLOUR, MATCH_COLOUR, WRONG_COLOUR, SERIES_COLOURS[4], SERIES_COLOURS[5])
SIZES = {"patches": 6, "3 · patch_size²": 12, "token width": 5}
ROW = "1 + patches"


def canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure whose axes count in cells, from the top, nothing drawn yet."""
    figure = new_figure(width * CELL, height * CELL)
    axes = figure.subplots()
    axes.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
    axes.set_axis_off()
    return figure, axes


def draw_cell(axes: Axes, x: float, y: float, colour: str, says: object = "") -> None:
    axes.add_patch(Rectangle((x, y), 1, 1, fc=colour, alpha=0.4, ec="white"))
    axes.text(x + 0.5, y + 0.55, f"{says}", ha="center", va="center", fontsize=FONT - 3)


def frame(axes: Axes, x: float, y: float, width: float, height: float) -> None:
    axes.add_patch(Rectangle((x, y), width, height, fill=False, ec="black", lw=1.2))


def write(axes: Axes, x: float, y: float, words: str, **look: object) -> None:
    usual: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": FONT - 1}
    axes.text(x, y, words, **(usual | look))


def draw_layout() -> Figure:
    """A picture of 2 × 3 pixels, channels last and channels first, and below each the order of its numbers."""
    rows, columns = 2, 3
    pixels = range(rows * columns)
    figure, axes = canvas(44, 11)
    for place in pixels:
        row, column = divmod(place, columns)
        left, top = 4.5 + 3.4 * column, 2.6 + 1.4 * row
        for channel, (_, colour) in enumerate(CHANNELS):
            draw_cell(axes, left + channel, top, colour, place)
        frame(axes, left, top, 3, 1)
    for channel, (name, colour) in enumerate(CHANNELS):
        left = 25.5 + 6 * channel
        for place in pixels:
            row, column = divmod(place, columns)
            draw_cell(axes, left + column, 2.9 + row, colour, place)
        frame(axes, left, 2.9, columns, rows)
        write(axes, left + columns / 2, 5.6, name, fontsize=FONT - 2)
    last = [(place, colour) for place in pixels for _, colour in CHANNELS]
    first = [(place, colour) for _, colour in CHANNELS for place in pixels]
    for left, title, memory in (
        (0.5, "uint8 [2, 3, 3]: height, width, channels", last),
        (24, "float32 [3, 2, 3]: channels, height, width", first),
    ):
        write(axes, left + 9, 1, title)
        write(axes, left + 9, 7.4, "in memory, from first to last:", color=QUIET_COLOUR, fontsize=FONT - 2)
        for place, (says, colour) in enumerate(memory):
            draw_cell(axes, left + place, 8.2, colour, says)
        frame(axes, left, 8.2, len(memory), 1)
    write(axes, 21.2, 4, "→", fontsize=FONT + 4)
    return described(
        figure,
        "A picture of 2 × 3 pixels in two layouts. With channels last, memory holds red, green and blue of pixel 0, "
        "then of pixel 1, and so on. With channels first, it holds the red numbers of all six pixels, then all green "
        "ones, then all blue ones.",
    )


def draw_patchify() -> Figure:
    """A picture of 4 × 6 pixels whose patches of 2 × 2 become rows; every number keeps its patch's colour."""
    p, rows, columns = 2, 2, 3
    figure, axes = canvas(44, 11)
    for channel, (name, _) in enumerate(CHANNELS):
        left = 1.5 + 7 * channel
        for y in range(rows * p):
            for x in range(columns * p):
                colour = PATCHES[y // p * columns + x // p]
                draw_cell(axes, left + x, 3.5 + y, colour, channel * p * p + y % p * p + x % p)
        for patch in range(rows * columns):
            frame(axes, left + patch % columns * p, 3.5 + patch // columns * p, p, p)
        write(axes, left + 3, 8.4, name)
    write(axes, 11.5, 2.4, "image [3, height 4, width 6]")
    write(axes, 24.2, 5.5, "→", fontsize=FONT + 4)
    left = 30.0
    for patch in range(rows * columns):
        for number in range(3 * p * p):
            draw_cell(axes, left + number, 2.5 + patch, PATCHES[patch], number)
        frame(axes, left, 2.5 + patch, 3 * p * p, 1)
        write(axes, left - 0.4, 3 + patch, f"patch {patch}", ha="right", fontsize=FONT - 2)
    for channel, (name, _) in enumerate(CHANNELS):
        write(axes, left + 2 + 4 * channel, 9.1, name)
    write(axes, left + 6, 1.4, "patches [6, 3 · 2² = 12]")
    return described(
        figure,
        "A picture of 4 × 6 pixels cut into six patches of 2 × 2, each in a colour of its own. On the right every "
        "patch is a row of 12 numbers: its four red ones, its four green ones, its four blue ones.",
    )


def draw_projection() -> Figure:
    """Every patch times one matrix gives a row of tokens."""
    patches = Box("patches", ("patches", "3 · patch_size²"), IMAGE_COLOUR)
    matrix = Box("one matrix", ("3 · patch_size²", "token width"), LEARNED_COLOUR, "learned")
    return draw_tensors([patches, "@", matrix, "=", Box("tokens", ("patches", "token width"), IMAGE_COLOUR)], SIZES)


def draw_row() -> Figure:
    """CLS stands before the patches, and a position is added to each of them."""
    sizes = SIZES | {ROW: SIZES["patches"] + 1}
    joined = Box("class_embedding, patches", (ROW, "token width"), IMAGE_COLOUR)
    positions = Box("positional_embedding", (ROW, "token width"), LEARNED_COLOUR)
    row = Box("what the Transformer reads", (ROW, "token width"), IMAGE_COLOUR)
    figure = draw_tensors([joined, "+", positions, "=", row], sizes)
    axes, (width, height) = figure.axes[0], extent(joined, sizes)
    axes.add_patch(Rectangle((0, height / 2 - CELL), width, CELL, fc=LEARNED_COLOUR, ec="white"))
    axes.text(width / 2, (height - CELL) / 2, "CLS", ha="center", va="center", fontsize=FONT - 1, color="white")
    return described(
        figure,
        "CLS, a learned row, stands before the rows of the patches. A learned position is added to each row. "
        "The sum is what the Transformer reads.",
    )
