"""The pictures of lesson 00: answers as bars, pictures and sentences as rows of numbers, angles, too many stars."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Arc
from PIL import Image
from torch import Tensor

from minclip.data.picturebook import Picture, Thing, render
from minclip.figures.look import (
    FONT,
    IMAGE_COLOUR,
    OTHER_COLOUR,
    QUIET_COLOUR,
    TEXT_COLOUR,
    described,
    new_figure,
    show_picture,
)
from minclip.similarity import cosine_similarity

BEST = 3  # answers that are shown
STRIP = 36  # numbers of a vector that are shown
STARS = [(x, y) for y in (0.3, 0.7) for x in (0.2, 0.5, 0.8)]  # where six of them stand, as shares of the side
ANGLES = (0, 35, 90, 180)  # degrees
A, B = [(2.0, 0.0), (0.0, 5.0)], [(1.0, 0.0), (3.0, 3.0), (0.0, -4.0)]  # vectors whose cosines are easily seen


def draw_answers(images: Sequence[Any], shares: Tensor, labels: Sequence[str]) -> Figure:
    """Every picture over its likeliest labels. shares: float [images, labels], rows sum to one."""
    count = len(images)
    figure = new_figure(max(2.3 * count, 5), 3.4)
    grid = figure.add_gridspec(2, count, height_ratios=[2.2, 1])
    for column, (image, row) in enumerate(zip(images, shares.tolist(), strict=True)):
        picture, bars = figure.add_subplot(grid[0, column]), figure.add_subplot(grid[1, column])
        show_picture(picture, image)
        best = sorted(range(len(labels)), key=lambda i: -row[i])[:BEST]
        colours = [IMAGE_COLOUR, *[OTHER_COLOUR] * (BEST - 1)]
        bars.barh(range(len(best)), [100 * row[i] for i in best], color=colours[: len(best)], alpha=0.55)
        for y, i in enumerate(best):
            bars.text(2, y, f"{100 * row[i]:.0f} % {labels[i]}", va="center", fontsize=FONT)
        bars.set(xlim=(0, 100), ylim=(BEST - 0.5, -0.5), xticks=[], yticks=[])
        bars.spines[["top", "right", "bottom"]].set_visible(False)
    first = "; ".join(f"{labels[row.argmax()]} {100 * row.max():.0f} %" for row in shares)
    return described(figure, f"Pictures over their likeliest labels; the first of each picture: {first}.")


def draw_vectors(rows: Sequence[Any], vectors: Sequence[Tensor]) -> Figure:
    """Pictures and sentences, and beside each the first numbers of its vector: green above 0, purple below."""
    figure = new_figure(9.6, 0.95 * len(rows))
    axes = figure.subplots(len(rows), 2, width_ratios=[1.6, 8], squeeze=False)
    for (left, right), what, vector in zip(axes, rows, vectors, strict=True):
        left.set_axis_off()
        if isinstance(what, str):
            said = textwrap.fill(what, 16)
            left.text(0.5, 0.5, said, ha="center", va="center", fontsize=FONT, transform=left.transAxes)
        else:
            left.set_axis_on()
            show_picture(left, what)
        numbers = vector[:STRIP].cpu().numpy()
        limit = float(np.abs(vector.cpu().numpy()).max()) / 2
        right.imshow(numbers[None], cmap="PRGn", vmin=-limit, vmax=limit, aspect="auto")
        right.set(xticks=[], yticks=[])
        colour = TEXT_COLOUR if isinstance(what, str) else IMAGE_COLOUR
        for spine in right.spines.values():
            spine.set(edgecolor=colour, linewidth=2)
    caption = f"the first {STRIP} of {len(vectors[0])} numbers: green above 0, purple below"
    axes[-1][1].set_xlabel(caption, fontsize=FONT)
    names = ", ".join(f"the sentence {what!r}" if isinstance(what, str) else "a picture" for what in rows)
    return described(figure, f"Stripes of colour for {caption}; a row each for {names}.")


def draw_angles() -> Figure:
    """Pairs of arrows of different lengths, and the cosine of the angle between them."""
    figure = new_figure(9.6, 2.1)
    for axes, degrees in zip(figure.subplots(1, len(ANGLES)), ANGLES, strict=True):
        for angle, length, colour in ((degrees, 0.65, TEXT_COLOUR), (0, 1.0, IMAGE_COLOUR)):
            radians = np.deg2rad(angle)
            up = 0.05 if degrees == 0 and colour == TEXT_COLOUR else 0  # side by side, so that both are seen
            end = (length * np.cos(radians), length * np.sin(radians) + up)
            style = {"arrowstyle": "-|>", "color": colour, "lw": 3, "mutation_scale": 18, "shrinkA": 0, "shrinkB": 0}
            axes.annotate("", end, (0, up), arrowprops=style)
        if degrees:
            axes.add_patch(Arc((0, 0), 0.5, 0.5, theta1=0, theta2=degrees, color=QUIET_COLOUR))
        axes.set(xlim=(-0.75, 1.1), ylim=(-0.25, 0.8), aspect="equal")
        axes.set_axis_off()
        axes.set_title(f"{degrees}°\ncosine {np.cos(np.deg2rad(degrees)):z.2f}", fontsize=FONT)
    said = ", ".join(f"{degrees}° {np.cos(np.deg2rad(degrees)):z.2f}" for degrees in ANGLES)
    return described(figure, f"Pairs of arrows of different lengths; angle and cosine of each: {said}.")


def draw_cosines() -> Figure:
    """The rows of a on the left, the rows of b on top, and the cosine of every row with every row."""
    a, b = torch.tensor(A), torch.tensor(B)
    cosines = cosine_similarity(a, b)  # [2, 3]
    figure = new_figure(6.4, 2.7)
    axes = figure.subplots()
    axes.imshow(cosines, cmap="PRGn", vmin=-2, vmax=2, aspect="auto")  # pale: black letters stay readable
    for row, column in np.ndindex(*cosines.shape):
        axes.text(column, row, f"{cosines[row, column]:z.2f}", ha="center", va="center", fontsize=FONT + 1)
    of_a, of_b = ([f"row {i}\n({x:g}, {y:g})" for i, (x, y) in enumerate(rows)] for rows in (A, B))
    axes.set_xticks(range(len(B)), of_b, fontsize=FONT, color=TEXT_COLOUR)
    axes.set_yticks(range(len(A)), of_a, fontsize=FONT, color=IMAGE_COLOUR)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
    axes.set_ylabel("a [2, 2]", fontsize=FONT, color=IMAGE_COLOUR)
    axes.set_title("b [3, 2]", fontsize=FONT, color=TEXT_COLOUR)
    axes.set_xlabel("the result [2, 3]: green above 0, purple below", fontsize=FONT)
    said = "; ".join(
        f"{A[row]} with {B[column]} {cosines[row, column]:z.2f}" for row, column in np.ndindex(*cosines.shape)
    )
    return described(figure, f"A table of cosines, rows of a on the left, rows of b on top: {said}.")


def many_stars(size: int = 32) -> Image.Image:
    """Six stars at night: more things of a kind than the picture book ever shows."""
    things = tuple(Thing("star", "yellow", x, y, 0.14) for x, y in STARS)
    return Image.fromarray(render(Picture(things, "night", "photo", "many", drawing_seed=7), size))
