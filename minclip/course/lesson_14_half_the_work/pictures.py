"""The pictures of lesson 14: what a step reads of a picture, where positions go, what trainings of equal time gave.

The trainings are kept in measured.json: `python -m benchmarks.claims --only half_the_work` makes their numbers.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from minclip.course.tensor_boxes import Box, draw_tensors
from minclip.data.picturebook import PictureBook
from minclip.figures.look import (
    FONT,
    IMAGE_COLOUR,
    MATCH_COLOUR,
    OTHER_COLOUR,
    QUIET_COLOUR,
    SERIES_COLOURS,
    TEXT_COLOUR,
    described,
    dress,
    new_figure,
)

KEPT = Path(__file__).with_name("measured.json")
SIZE, PATCH = 64, 8


def shown_pictures(count: int = 3) -> np.ndarray:
    """uint8 [count, 64, 64, 3]."""
    return PictureBook("test", SIZE, count, progress=False).pixels


def draw_kept(kept: dict[str, Tensor]) -> Figure:
    """What a step reads of three pictures. kept: label -> int64 [3, k], the patches."""
    pixels, side = shown_pictures(), SIZE // PATCH
    figure = new_figure(2.4 * 3, 2.5 * len(kept))
    grid = figure.subplots(len(kept), 3, squeeze=False)
    for axes, (label, patches) in zip(grid, kept.items(), strict=True):
        for one, picture, places in zip(axes, pixels, patches, strict=True):
            read = torch.zeros(side**2, dtype=torch.bool).scatter(0, places, True).view(side, side)
            mask = read.repeat_interleave(PATCH, 0).repeat_interleave(PATCH, 1).numpy()[..., None]
            one.imshow(np.where(mask, picture, 165))
            one.set(xticks=[], yticks=[])
            one.spines[:].set_visible(False)
        axes[0].set_ylabel(f"{label}\n{patches.shape[1]} of {side**2}", fontsize=FONT)
    said = "; ".join(f"{label}, {patches.shape[1]} of {side**2} patches" for label, patches in kept.items())
    return described(figure, f"Three pictures of the picture book, the patches that are left out in grey: {said}.")


def draw_kept_tokens() -> Figure:
    """Of CLS and the patches, with their positions, CLS and some patches stay."""
    tokens = Box("tokens", ("1 + patches", "width"), IMAGE_COLOUR, "position is in each")
    places = Box("places", ("1", "1 + k"), TEXT_COLOUR, "0, kept + 1")
    some = Box("kept tokens", ("1 + k", "width"), MATCH_COLOUR)
    return draw_tensors([tokens, "gather", places, "→", some], {"1 + patches": 9, "width": 6, "1": 1, "1 + k": 5})


def draw_sizes() -> Figure:
    """The same picture at 64 and at 32 pixels, cut into patches of 8 pixels."""
    picture = shown_pictures(2)[1]
    small = picture.reshape(32, 2, 32, 2, 3).mean(axis=(1, 3)).astype(np.uint8)
    figure = new_figure(7.2, 3.9)
    for axes, pixels in zip(figure.subplots(1, 2, width_ratios=[2, 1]), (picture, small), strict=True):
        side = len(pixels)
        axes.imshow(pixels, extent=(0, side, side, 0), interpolation="nearest")
        for line in range(0, side + 1, PATCH):
            axes.plot([line, line], [0, side], color="black", lw=0.6)
            axes.plot([0, side], [line, line], color="black", lw=0.6)
        axes.set(xticks=[], yticks=[], xlim=(0, side), ylim=(side, 0))
        axes.set_title(f"{side} pixels: {(side // PATCH) ** 2} patches", fontsize=FONT)
    return described(
        figure,
        "One picture at 64 pixels a side, cut into 64 patches of 8 pixels, and at 32 pixels, cut into 16 such patches. "
        "In the small one everything is there, in half of the detail.",
    )


def draw_texts(rows: dict[str, list[list[str]]]) -> Figure:
    """Captions as tokens, in several ways of shortening. rows: label -> for each caption its tokens."""
    figure = new_figure(9.6, 0.7 + 0.42 * sum(len(texts) for texts in rows.values()) + 0.3 * len(rows))
    axes = figure.subplots()
    axes.set_axis_off()
    y = 0.0
    for label, texts in rows.items():
        axes.text(0, y, label, fontsize=FONT, weight="bold", va="center")
        y += 1
        for tokens in texts:
            for place, token in enumerate(tokens):
                colour = MATCH_COLOUR if token == "EOT" else QUIET_COLOUR if token == "SOT" else "black"
                axes.text(0.082 * place + 0.01, y, token, fontsize=FONT - 1, va="center", color=colour)
            y += 1
        y += 0.3
    axes.set(xlim=(0, 1), ylim=(y, -0.7))
    said = "; ".join(f"{label}: {' | '.join(' '.join(t) for t in texts)}" for label, texts in rows.items())
    return described(figure, f"Captions as tokens. {said}.")


def measured() -> dict[str, Any]:
    """Of the trainings in equal time: gains of a step, and rows with label, series, mean, low, high and by_seed."""
    found: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8"))
    return found


def draw_equal_time() -> Figure:
    """What each way of training knew after equal time: each seed, their mean, and its interval."""
    rows = measured()["rows"]
    series = list(dict.fromkeys(row["series"] for row in rows))
    labels = list(dict.fromkeys(row["label"] for row in rows))
    words = {"R@10": "own caption among the first ten of 1,000 (%)", "object": "object named right, of 52 (%)"}
    figure = new_figure(10.0, 1.3 + 0.55 * len(labels))
    said = []
    for axes, name in zip(figure.subplots(1, len(series), sharey=True), series, strict=True):
        for place, label in enumerate(labels):
            (row,) = [one for one in rows if one["label"] == label and one["series"] == name]
            colour = OTHER_COLOUR if place == 0 else SERIES_COLOURS[(place - 1) % 3]
            axes.plot([100 * row["low"], 100 * row["high"]], [place, place], color=colour, lw=6, solid_capstyle="butt")
            axes.plot(
                [100 * value for value in row["by_seed"]], [place] * len(row["by_seed"]), "o", color="black", ms=4
            )
            said.append(f"{label}, {name}: {100 * row['mean']:.1f}")
        axes.set_yticks(range(len(labels)), labels, fontsize=FONT - 1)
        axes.set_ylim(len(labels) - 0.5, -0.5)
        dress(axes, "", words.get(name, name), "")
        axes.set_xlim(left=0)
    return described(
        figure, f"Trainings of equal time, points are seeds, bars are intervals. Means: {'; '.join(said)}."
    )
