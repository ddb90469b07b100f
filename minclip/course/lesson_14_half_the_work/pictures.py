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

WAYS = (
    "all patches",
    "half",
    "half, then all",
    "small, then all",
    "half, then all for a fifth",
)  # at one learning rate
COMPARED = {  # how a finding about captions begins -> what is taken from what
    "Half, then all, beats all patches at finding captions in equal": "half, then all\nminus all patches",
    "Half to the end beats all patches at finding": "half\nminus all patches",
    "Small, then all, beats all patches at finding": "small, then all\nminus all patches",
    "Half, then all, beats half to the end": "half, then all\nminus half",
    "All for a last fifth beats": "all for a fifth\nminus all for a twentieth",
}
AT_RATES = {
    "Half, then all, beats all patches at finding captions, both with half": "half the rate",
    "Half, then all, beats all patches at finding captions in equal": "the rate above",
    "Half, then all, beats all patches at finding captions, both with twice": "twice the rate",
}
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
    """Of CLS and the patches of one picture, with their positions, CLS and some patches stay."""
    tokens = Box("tokens", ("1 + patches", "width"), IMAGE_COLOUR, "of one picture, with positions")
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
    """Of the trainings in equal time: gains of a step, rows of each way, and findings, the differences of two ways.

    Rows have label and series, findings statement and verdict; both have mean, low, high and by_seed, as shares.
    """
    found: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8"))
    return found


def draw_equal_time() -> Figure:
    """What each of the five ways of training knew after equal time: each seed, and the interval of their mean."""
    rows = measured()["rows"]
    series = list(dict.fromkeys(row["series"] for row in rows))
    words = {"R@10": "own caption among the first ten of 1,000 (%)", "object": "object named right, of 52 (%)"}
    figure = new_figure(10.0, 1.3 + 0.55 * len(WAYS))
    said = []
    for axes, name in zip(figure.subplots(1, len(series), sharey=True), series, strict=True):
        for place, label in enumerate(WAYS):
            (row,) = [one for one in rows if one["label"] == label and one["series"] == name]
            colour = OTHER_COLOUR if place == 0 else SERIES_COLOURS[(place - 1) % 3]
            axes.plot([100 * row["low"], 100 * row["high"]], [place, place], color=colour, lw=6, solid_capstyle="butt")
            axes.plot(
                [100 * value for value in row["by_seed"]], [place] * len(row["by_seed"]), "o", color="black", ms=4
            )
            said.append(f"{label}, {name}: {100 * row['mean']:.1f}")
        axes.set_yticks(range(len(WAYS)), WAYS, fontsize=FONT - 1)
        axes.set_ylim(len(WAYS) - 0.5, -0.5)
        dress(axes, "", words.get(name, name), "")
        axes.set_xlim(left=0)
    return described(
        figure, f"Trainings of equal time, points are seeds, bars are intervals. Means: {'; '.join(said)}."
    )


def draw_differences(compared: dict[str, str] = COMPARED) -> Figure:
    """Differences at finding captions, in points: each seed, the interval of their mean, and a line at 0."""
    figure = new_figure(8.0, 1.0 + 0.62 * len(compared))
    axes, said = figure.subplots(), []
    axes.axvline(0, color="black", lw=1)
    for place, (statement, label) in enumerate(compared.items()):
        (one,) = [one for one in measured()["findings"] if one["statement"].startswith(statement)]
        colour = MATCH_COLOUR if one["verdict"] == "seen" else OTHER_COLOUR
        low, mean, high = (100 * one[name] for name in ("low", "mean", "high"))
        axes.plot([low, high], [place, place], color=colour, lw=6, solid_capstyle="butt")
        axes.plot([100 * value for value in one["by_seed"]], [place] * len(one["by_seed"]), "o", color="black", ms=4)
        said.append(f"{' '.join(label.split())}: {mean:.2f} ({low:.1f} to {high:.1f}), {one['verdict']}")
    axes.set_yticks(range(len(compared)), list(compared.values()), fontsize=FONT - 1)
    axes.set_ylim(len(compared) - 0.5, -0.5)
    dress(axes, "", "points more captions found", "")
    return described(
        figure,
        "Differences in points, each seed a point, bars are 95 % intervals, green where seen, with a line at 0. "
        f"{'; '.join(said)}.",
    )
