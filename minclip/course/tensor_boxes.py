"""Tensors as boxes, with their dimensions written on their sides: what goes in, what comes out."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from minclip.figures.look import FONT, QUIET_COLOUR, described, new_figure

CELL = 0.26  # inches that one number takes
GAP = 0.55  # inches between boxes, where their side's name stands
SHIFT = 0.09  # inches by which the layers of a box are shifted
SPOKEN = {"→": "becomes", "@": "times"}  # for those who hear the figure


class Box(NamedTuple):
    """A tensor of one to three dimensions, the first of three as layers."""

    name: str
    dimensions: tuple[str, ...]  # their names, as in the docstrings
    colour: str
    note: str = ""  # a second line below the name


def draw_tensors(steps: Sequence[Box | str], sizes: Mapping[str, int]) -> Figure:
    """Boxes from left to right, with what happens between them.

    steps: boxes, and between them words such as "→" or "@"; sizes: of each dimension, in the drawing (small numbers).
    """
    boxes = [step for step in steps if isinstance(step, Box)]
    height = max(extent(box, sizes)[1] for box in boxes)
    width = sum(extent(step, sizes)[0] + GAP if isinstance(step, Box) else 0.12 * len(step) + 0.3 for step in steps)
    figure = new_figure(width + 1.0, height + 1.3)
    axes = figure.subplots()
    axes.set(xlim=(-0.7, width + 0.3), ylim=(-height / 2 - 0.75, height / 2 + 0.55), aspect="equal")
    axes.set_axis_off()
    x = 0.0
    for step in steps:
        if isinstance(step, Box):
            draw_box(axes, step, x, sizes)
            x += extent(step, sizes)[0] + GAP
        else:
            room = 0.12 * len(step) + 0.3
            axes.text(x - GAP / 2 + room / 2, 0, step, ha="center", va="center", fontsize=FONT + 1)
            x += room
    said = (f"{s.name} [{', '.join(s.dimensions)}]" if isinstance(s, Box) else SPOKEN.get(s, s) for s in steps)
    return described(figure, f"Tensors as boxes: {' '.join(said)}.")


def extent(box: Box, sizes: Mapping[str, int]) -> tuple[float, float]:
    """(width, height) in inches, layers included."""
    *layers, rows, columns = (1, 1, *(sizes[name] for name in box.dimensions))[-3:]
    shift = SHIFT * (layers[0] - 1)
    return columns * CELL + shift, rows * CELL + shift


def draw_box(axes: Axes, box: Box, x: float, sizes: Mapping[str, int]) -> None:
    """Layers from back to front, cells on the front one, dimensions on the sides, the name below."""
    layers, rows, columns = (1, 1, *(sizes[name] for name in box.dimensions))[-3:]
    width, height = extent(box, sizes)
    left, bottom = x, -height / 2
    for layer in reversed(range(layers)):
        corner = left + layer * SHIFT, bottom + layer * SHIFT
        axes.add_patch(Rectangle(corner, columns * CELL, rows * CELL, fc="white", ec=box.colour, lw=1.6))
    for row in range(rows):
        for column in range(columns):
            cell = left + column * CELL, bottom + row * CELL
            axes.add_patch(Rectangle(cell, CELL, CELL, fc=box.colour, ec="white", alpha=0.45, lw=1))
    axes.add_patch(Rectangle((left, bottom), columns * CELL, rows * CELL, fill=False, ec=box.colour, lw=1.6))
    *outer, last = box.dimensions
    axes.text(left + columns * CELL / 2, height / 2 + 0.08, last, ha="center", va="bottom", fontsize=FONT - 2)
    if outer:
        axes.text(left - 0.07, 0, outer[-1], ha="right", va="center", rotation=90, fontsize=FONT - 2)
    if len(outer) > 1:
        axes.text(left + width + 0.05, bottom + rows * CELL, outer[0], ha="left", va="center", fontsize=FONT - 2)
    below = box.name + (f"\n{box.note}" if box.note else "")
    axes.text(left + columns * CELL / 2, -height / 2 - 0.1, below, ha="center", va="top", fontsize=FONT - 1)
    axes.texts[-1].set_color("black" if not box.note else QUIET_COLOUR)
