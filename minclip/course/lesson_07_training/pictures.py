"""The pictures of lesson 07: groups of parameters, the schedule, a step, a run, and runs that go wrong."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import BoxStyle, FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.transforms import offset_copy
from torch import nn

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

KINDS = {  # what a parameter's name ends in or holds -> what it is
    "token_embedding": "table of tokens",
    "positional_embedding": "tables of positions",
    "class_embedding": "CLS embedding",
    "conv1": "kernel of the patches",
    "logit_scale": "logit scale",
    "proj_weight": "matrices of attention",
    "out_proj.weight": "matrices of attention",
    "mlp": "matrices of the MLPs",
    "proj": "projections to embed_dim",
}


class RunSoFar(Protocol):
    """What `draw_run` reads of a run."""

    pairs: int
    losses: list[float]
    scales: list[float]
    scores: list[tuple[int, dict[str, float]]]


def kind_of(name: str, parameter: nn.Parameter) -> str:
    """What a parameter is, in words."""
    if parameter.ndim < 2 and "class" not in name and "scale" not in name:
        return "gains and biases"
    return next(kind for sign, kind in KINDS.items() if sign in name)


def draw_groups(model: nn.Module, groups: Sequence[Mapping[str, Any]]) -> Figure:
    """How many numbers of each kind a model has, in the colour of the group that holds them."""
    decays = {id(parameter) for parameter in groups[0]["params"]}
    sizes: dict[tuple[str, bool], int] = {}
    for name, parameter in model.named_parameters():
        key = kind_of(name, parameter), id(parameter) in decays
        sizes[key] = sizes.get(key, 0) + parameter.numel()
    order = sorted(sizes, key=lambda key: (key[1], sizes[key]))
    figure = new_figure(9.6, 0.36 * len(order) + 1.1)
    axes = figure.subplots()
    for place, key in enumerate(order):
        colour = IMAGE_COLOUR if key[1] else TEXT_COLOUR
        axes.barh(place, sizes[key], color=colour, alpha=0.6)
        axes.text(sizes[key] * 1.15, place, f"{sizes[key]:,}", va="center", fontsize=FONT - 1)
    axes.set_yticks(range(len(order)), [kind for kind, _ in order], fontsize=FONT)
    dress(axes, "Blue: pulled towards zero. Orange: spared.", "numbers (each line is ten times the one before)", "")
    axes.set_xscale("log")
    axes.set_xlim(0.8, 8 * max(sizes.values()))
    said = ", ".join(f"{kind} {'decay' if decay else 'are spared'}" for kind, decay in order)
    return described(figure, f"The kinds of parameters of a small CLIP, by the group that they are in: {said}.")


def draw_schedule(schedule: Callable[[int, int, int], float], steps: int = 100, warmup: int = 10) -> Figure:
    """The share of the peak at every step of a run."""
    shares = [schedule(step, steps, warmup) for step in range(steps)]
    figure = new_figure(8, 3)
    axes = figure.subplots()
    axes.axvspan(-0.5, warmup - 0.5, color=OTHER_COLOUR, alpha=0.4)
    axes.plot(range(steps), shares, ".-", color=IMAGE_COLOUR, markersize=4)
    axes.text(warmup + 0.5, 0.05, "← warm-up", fontsize=FONT - 1, color=QUIET_COLOUR)
    dress(axes, f"{steps} steps, {warmup} of them warm-up", "step", "share of the peak")
    axes.set_ylim(0, 1.08)
    return described(
        figure,
        f"The learning rate of {steps} steps as a share of its peak: from {shares[0]:.2f} up to "
        f"{max(shares):.2f} within {warmup} steps, then down along half a cosine to {shares[-1]:.4f}.",
    )


def box(axes: Axes, x: float, y: float, width: float, words: str, colour: str) -> None:
    """A rounded box with words, its left lower corner at (x, y)."""
    shape = BoxStyle("round", pad=0.06)
    axes.add_patch(FancyBboxPatch((x, y), width, 0.6, boxstyle=shape, fc=colour, ec=colour, alpha=0.25))
    axes.add_patch(FancyBboxPatch((x, y), width, 0.6, boxstyle=shape, fill=False, ec=colour, lw=1.6))
    axes.text(x + width / 2, y + 0.3, words, ha="center", va="center", fontsize=FONT - 1)


def arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=13, color=QUIET_COLOUR, lw=1.3))


def draw_step() -> Figure:
    """One step of training, from a batch to moved weights."""
    figure = new_figure(11.2, 3.1)
    axes = figure.subplots()
    axes.set(xlim=(-0.2, 14.1), ylim=(-0.45, 3.3), aspect="equal")
    axes.set_axis_off()
    axes.add_patch(Rectangle((2.0, 0.1), 2.9, 2.9, fill=False, ec=QUIET_COLOUR, ls="--", lw=1.4))
    axes.text(3.45, 3.05, "in the given precision", ha="center", va="bottom", fontsize=FONT - 2, color=QUIET_COLOUR)
    box(axes, 0.1, 2.1, 1.2, "pixels", IMAGE_COLOUR)
    box(axes, 0.1, 0.5, 1.2, "tokens", TEXT_COLOUR)
    box(axes, 2.3, 2.1, 2.3, "encode_image", IMAGE_COLOUR)
    box(axes, 2.3, 0.5, 2.3, "encode_text", TEXT_COLOUR)
    box(axes, 5.7, 1.3, 1.8, "clip_loss", MATCH_COLOUR)
    for x, y in ((1.36, 2.4), (1.36, 0.8)):
        arrow(axes, (x, y), (2.24, y))
    arrow(axes, (4.66, 2.4), (5.64, 1.75))
    arrow(axes, (4.66, 0.8), (5.64, 1.45))
    for place, words in enumerate(("zero_grad", "backward", "step", "clamp")):
        left = 8.1 + 1.52 * place
        arrow(axes, (left - 0.5 if place == 0 else left - 0.2, 1.6), (left - 0.06, 1.6))
        box(axes, left, 1.3, 1.2, words, QUIET_COLOUR)
    axes.text(6.6, 0.9, "float32", ha="center", fontsize=FONT - 2, color=QUIET_COLOUR)
    notes = (
        "forget the last\nbatch's gradients",
        "gradients of\nthis loss",
        "move the\nweights",
        "scale from\n1 to 100",
    )
    for place, words in enumerate(notes):
        axes.text(8.7 + 1.52 * place, 1.05, words, ha="center", va="top", fontsize=FONT - 3, color=QUIET_COLOUR)
    return described(
        figure,
        "One step: pixels and tokens are encoded in the given precision, clip_loss is computed in float32, gradients "
        "are set to zero, computed, the optimiser moves the weights, and the scale is clamped.",
    )


def draw_run(run: RunSoFar) -> Figure:
    """Loss, scores and scale of a run against its steps."""
    figure = new_figure(11.4, 3.4)
    loss, right, scale = figure.subplots(1, 3)
    steps, guessing = np.arange(len(run.losses)), math.log(run.pairs)
    loss.plot(steps, run.losses, color=IMAGE_COLOUR, lw=0.8, alpha=0.5)
    if len(run.losses) > 20:
        loss.plot(steps[19:], np.convolve(run.losses, np.full(20, 0.05), "valid"), color=IMAGE_COLOUR, lw=2)
    loss.axhline(guessing, color=QUIET_COLOUR, ls="--")
    said = f"guessing: ln {run.pairs} = {guessing:.2f}"
    above = offset_copy(loss.get_yaxis_transform(), fig=figure, y=3, units="points")
    loss.text(1, guessing, said, ha="right", va="bottom", transform=above, color=QUIET_COLOUR)
    dress(loss, "Loss", "step", "")
    loss.margins(y=0.12)
    scale.plot(steps, run.scales, color=TEXT_COLOUR)
    scale.axhline(1 / 0.07, color=QUIET_COLOUR, ls="--")
    scale.set_ylim(0, 20)  # as in the figure of the broken runs
    dress(scale, "Scale, exp(logit_scale)", "step", "")
    names = run.scores[-1][1]
    for name, colour in zip(names, SERIES_COLOURS, strict=False):
        points = [(step, scores[name]) for step, scores in run.scores]
        right.plot(*zip(*points, strict=True), ".-", color=colour, label=name)
    right.set_ylim(0, 100)
    right.legend(fontsize=FONT - 2, frameon=False, loc="upper left", ncols=2)
    dress(right, "Zero-shot, right answers (%)", "step", "")
    said = ", ".join(f"{name} {score:.0f} %" for name, score in names.items())
    return described(
        figure,
        f"A run of {len(run.losses)} steps: the loss goes from {run.losses[0]:.1f} to {run.losses[-1]:.1f}, where "
        f"guessing costs {guessing:.2f}; the scale ends at {run.scales[-1]:.1f}; right answers at the end: {said}.",
    )
