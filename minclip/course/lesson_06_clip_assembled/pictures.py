"""The pictures of lesson 06: the parts put together, the stream through the blocks, the parameters, one batch."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from torch import nn

from minclip.course.lesson_06_clip_assembled.one_batch import EVERY, KEPT, PAIRS, RATES
from minclip.figures.look import (
    FONT,
    IMAGE_COLOUR,
    MATCH_COLOUR,
    OTHER_COLOUR,
    QUIET_COLOUR,
    SERIES_COLOURS,
    TEXT_COLOUR,
    WRONG_COLOUR,
    described,
    dress,
    legend_below,
    new_figure,
)
from minclip.training import guessing_loss
from minclip.transformer import Transformer

# what stands in a box, its place, its width, its colour
ASSEMBLY = (
    ("pixels", 0.0, 2.0, 1.5, OTHER_COLOUR),
    ("visual\nimage encoder", 2.4, 2.0, 2.5, IMAGE_COLOUR),
    ("image features\n[images, embed_dim]", 5.8, 2.0, 2.9, IMAGE_COLOUR),
    ("tokens", 0.0, 0.0, 1.5, OTHER_COLOUR),
    ("text\ntext encoder", 2.4, 0.0, 2.5, TEXT_COLOUR),
    ("text features\n[texts, embed_dim]", 5.8, 0.0, 2.9, TEXT_COLOUR),
    ("cosines\n[images, texts]", 11.2, 1.0, 2.2, MATCH_COLOUR),
    ("logits\n[images, texts]", 16.2, 1.0, 2.2, MATCH_COLOUR),
)
STEPS = ((0, 1, ""), (1, 2, ""), (3, 4, ""), (4, 5, ""), (2, 6, ""), (5, 6, ""), (6, 7, "· exp(logit_scale)"))
PARTS = {  # of CLIP -> the beginnings of its weights' names
    "patches": ("visual.embedding.conv1", "visual.embedding.class"),
    "positions": ("visual.embedding.positional", "text.positional_embedding"),
    "image blocks": ("visual.transformer", "visual.ln"),
    "table of tokens": ("text.token_embedding",),
    "text blocks": ("text.transformer", "text.ln"),
    "projections": ("visual.proj", "text.text_projection"),
    "logit_scale": ("logit_scale",),
}
PART_COLOURS = ("#56B4E9", OTHER_COLOUR, IMAGE_COLOUR, "#F3CF82", TEXT_COLOUR, MATCH_COLOUR, "black")
WAYS = {  # way, as it is kept -> its title
    "whole": "as you built it",
    "shuffled": "captions of other pictures",
    "text encoder cut": "text encoder cut off",
    "image encoder cut": "image encoder cut off",
    "both cut": "both cut off",
    "scale fixed": "scale not learned",
    "no scale": "no scale",
    "no exp": "exp forgotten",
    "not normalised": "lengths not taken out",
}


def draw_assembly() -> Figure:
    """What forward does, from pixels and tokens to logits."""
    figure = new_figure(11.6, 2.6)
    axes = figure.subplots()
    axes.set(xlim=(-0.2, 18.6), ylim=(-0.5, 3.1), aspect="equal")
    axes.set_axis_off()
    for words, left, bottom, width, colour in ASSEMBLY:
        axes.add_patch(
            FancyBboxPatch((left, bottom), width, 0.8, boxstyle="round,pad=0.06", fc="white", ec=colour, lw=2)
        )
        axes.text(left + width / 2, bottom + 0.4, words, ha="center", va="center", fontsize=FONT - 3)
    for start, end, words in STEPS:
        _, left, bottom, width, _ = ASSEMBLY[start]
        _, to_left, to_bottom, _, _ = ASSEMBLY[end]
        ends = (left + width + 0.1, bottom + 0.4), (to_left - 0.1, to_bottom + 0.4)
        axes.add_patch(FancyArrowPatch(*ends, arrowstyle="-|>", mutation_scale=12, color=QUIET_COLOUR, lw=1.2))
        axes.text((ends[0][0] + ends[1][0]) / 2, ends[0][1] + 0.55, words, ha="center", fontsize=FONT - 3)
    axes.text(8.9, 1.4, "each row\nto length 1", ha="left", va="center", fontsize=FONT - 3, color=QUIET_COLOUR)
    return described(
        figure,
        "Pixels go through visual, the image encoder, to image features; tokens through text, the text encoder, to "
        "text features. Both are brought to length 1 and give cosines, which times exp(logit_scale) are the logits.",
    )


def stream_sizes(
    start: Callable[[nn.ModuleList, int], None], layers: int, width: int = 128, seed: int = 0
) -> list[float]:
    """The standard deviation of the residual stream before the first block and behind each; it starts at 1."""
    torch.manual_seed(seed)
    stack = Transformer(width=width, layers=layers, heads=4, mlp_width=4 * width)
    start(stack.resblocks, width)
    x = torch.randn(4, 16, width)
    sizes = [x.std().item()]
    with torch.no_grad():
        for block in stack.resblocks:
            x = block(x)
            sizes.append(x.std().item())
    return sizes


def draw_streams(sizes: Mapping[str, Sequence[Sequence[float]]]) -> Figure:
    """How large the stream is behind each block. sizes: way -> a line for each number of blocks."""
    figure = new_figure(8.0, 3.4)
    axes = figure.subplots()
    dress(axes, "The residual stream of fresh weights", "blocks passed", "standard deviation")
    for colour, (way, lines) in zip((MATCH_COLOUR, WRONG_COLOUR), sizes.items(), strict=False):
        for place, line in enumerate(lines):
            axes.plot(line, color=colour, lw=1.8, label=way if place == 0 else None)
            axes.plot(len(line) - 1, line[-1], "o", color=colour)
    axes.set_ylim(bottom=0)
    legend_below(figure, axes)
    ends = "; ".join(
        f"{way}: {', '.join(f'{line[-1]:.1f} behind {len(line) - 1}' for line in lines)}"
        for way, lines in sizes.items()
    )
    return described(figure, f"Size of the residual stream behind the last of so many blocks. {ends}.")


def parameters_by_part(model: nn.Module) -> dict[str, int]:
    """How many parameters lie where."""
    return {
        part: sum(weight.numel() for name, weight in model.named_parameters() if name.startswith(beginnings))
        for part, beginnings in PARTS.items()
    }


def in_short(number: int) -> str:
    """
    >>> in_short(85_057_536), in_short(40_320), in_short(1)
    ('85.1 M', '40 k', '1')
    """
    if number >= 1_000_000:
        return f"{number / 1e6:.1f} M"
    return f"{number / 1e3:.0f} k" if number >= 1000 else str(number)


def draw_parameters(models: Mapping[str, nn.Module]) -> Figure:
    """A bar for each model, as long as another: where the parameters lie, in shares."""
    figure = new_figure(9.6, 1.0 + 1.5 * len(models))
    said = []
    for axes, (name, model) in zip(figure.subplots(len(models), squeeze=False)[:, 0], models.items(), strict=True):
        counts = parameters_by_part(model)
        total, left = sum(counts.values()), 0.0
        for (part, count), colour in zip(counts.items(), PART_COLOURS, strict=True):
            share = 100 * count / total
            axes.barh(0, share, left=left, color=colour, edgecolor="white", label=part)
            if share >= 4:
                inside = "white" if colour in (IMAGE_COLOUR, MATCH_COLOUR) else "black"
                axes.text(left + share / 2, 0, f"{in_short(count)}\n{share:.0f} %", ha="center", va="center",
                          fontsize=FONT - 2, color=inside)  # fmt: skip
            left += share
        axes.set(xlim=(0, 100), yticks=[], xticks=[])
        axes.spines[:].set_visible(False)
        axes.set_title(f"{name}: {in_short(total)} parameters", fontsize=FONT, loc="left")
        said.append(f"{name}, {in_short(total)}: " + ", ".join(f"{part} {in_short(n)}" for part, n in counts.items()))
    legend_of(figure, axes)
    return described(figure, f"Where the parameters lie. {'; '.join(said)}.")


def legend_of(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=FONT - 1, frameon=False)


def draw_losses(losses: Sequence[float], pairs: int) -> Figure:
    """The loss at each step on one batch, beside that of guessing."""
    figure = new_figure(8.0, 3.0)
    axes = figure.subplots()
    dress(axes, f"One batch of {pairs} pairs, again and again", "step", "loss")
    axes.plot(losses, color=MATCH_COLOUR, lw=2)
    axes.axhline(guessing_loss(pairs), color=QUIET_COLOUR, ls="--", lw=1.2)
    axes.text(
        len(losses) - 1,
        guessing_loss(pairs) + 0.1,
        f"guessing: ln {pairs}",
        ha="right",
        color=QUIET_COLOUR,
        fontsize=FONT - 1,
    )
    axes.set_ylim(0, max(max(losses), guessing_loss(pairs)) + 0.5)
    return described(figure, f"The loss falls from {losses[0]:.1f} to {losses[-1]:.2f} in {len(losses) - 1} steps.")


def kept_losses() -> list[dict[str, Any]]:
    """The 81 kept runs: way, rate, seed, scale at the end, losses."""
    kept: list[dict[str, Any]] = json.loads(KEPT.read_text(encoding="utf-8"))
    return kept


def draw_ways() -> Figure:
    """Nine ways to learn one batch by heart, each at three rates with three seeds."""
    figure = new_figure(9.6, 7.2)
    runs, said = kept_losses(), []
    grid = figure.subplots(3, 3, sharex=True, sharey=True)
    for axes, (way, title) in zip(grid.flat, WAYS.items(), strict=True):
        dress(axes, title, "step" if axes in grid[-1] else "", "loss" if axes in grid[:, 0] else "")
        axes.axhline(guessing_loss(PAIRS), color=QUIET_COLOUR, ls="--", lw=1)
        for run in runs:
            if run["way"] == way:
                colour = SERIES_COLOURS[RATES.index(run["rate"])]
                label = f"rate {run['rate']:g}" if run["seed"] == 0 else None
                axes.plot(
                    [EVERY * i for i in range(len(run["losses"]))], run["losses"], color=colour, lw=1.3, label=label
                )
        ends = [run["losses"][-1] for run in runs if run["way"] == way]
        said.append(f"{title} from {min(ends):.2f} to {max(ends):.2f}")
    axes.set_ylim(0, 5)
    legend_of(figure, axes)
    return described(
        figure, f"Losses on one batch of {PAIRS} pairs at three rates with three seeds; at the end: {'; '.join(said)}."
    )
