"""The figures of lesson 03 that show what was measured. Attention, block and encoder are in tensor_pictures.py."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from minclip.data.picturebook.picture import Thing
from minclip.figures.look import (
    FONT,
    QUIET_COLOUR,
    SCORE_COLOURS,
    SERIES_COLOURS,
    described,
    dress,
    new_figure,
    show_picture,
    write_in_cell,
)

DARKEST = 0.12  # brightness of a patch that is not looked at
LOOKS = ("-o", "--s", ":^")  # of lines, for those who do not see the colour


def lines(
    axes: Axes,
    curves: Mapping[str, Sequence[float]],
    words: tuple[str, str, str],
    at: Sequence[float] = (),
    **where: Any,
) -> None:
    """A line for each curve. words: title, x, y; at: where the points are, by default from 1 on; where: the legend."""
    for place, (name, values) in enumerate(curves.items()):
        points = at or range(1, len(values) + 1)
        axes.plot(points, values, LOOKS[place], color=SERIES_COLOURS[(2, 3, 4)[place]], label=name, ms=5)
    dress(axes, *words)
    axes.legend(fontsize=FONT - 1, frameon=False, **where)


def draw_sharpness(widths: Sequence[int], looked_at: Mapping[str, Sequence[float]], tokens: int) -> Figure:
    """How many of the tokens a fresh query looks at, by the head's width."""
    figure = new_figure(7.5, 3.6)
    axes = figure.subplots()
    lines(axes, looked_at, (f"Looked at, of {tokens} tokens", "head_width", "tokens, exp(entropy)"), widths)
    axes.set_xscale("log", base=2)
    axes.set_xticks(widths, [str(width) for width in widths])
    axes.set_ylim(0, tokens)
    said = "; ".join(f"{name}: from {v[0]:.1f} to {v[-1]:.1f} tokens" for name, v in looked_at.items())
    return described(figure, f"Tokens looked at, for heads from {widths[0]} to {widths[-1]} numbers wide. {said}.")


def draw_depth(gradients: Mapping[str, Sequence[float]], likeness: Mapping[str, Sequence[float]]) -> Figure:
    """Block by block: the size of the gradient, and how alike the tokens of a picture are."""
    figure = new_figure(10.5, 4.2)
    left, right = figure.subplots(1, 2)
    lines(left, gradients, ("Gradient (last block = 1)", "block", "size"))
    left.set_yscale("log")
    lines(right, likeness, ("How alike a picture's tokens are", "after block", "mean cosine"))
    right.set_ylim(-0.05, 1.08)
    said = "; ".join(
        f"{name}: the first block's gradient is {sizes[0]:.1g} times the last's, "
        f"the mean cosine after block 2 is {likeness[name][1]:.2f}"
        for name, sizes in gradients.items()
    )
    return described(figure, f"Gradient by block, and how alike a picture's tokens are after each block. {said}.")


def draw_rates(rates: Sequence[float], losses: Mapping[str, Sequence[float]], chance: float, steps: int) -> Figure:
    """The loss after some steps by learning rate, a line for each way. chance: the loss of guessing."""
    figure = new_figure(7.5, 3.9)
    axes = figure.subplots()
    axes.axhline(chance, color=QUIET_COLOUR, linestyle="--", lw=1, label="guessing")
    title = f"Learning 16 answers by heart: after {steps} steps"
    lines(axes, losses, (title, "learning rate", "loss (nats)"), rates, loc="center left", bbox_to_anchor=(1, 0.5))
    axes.set_xscale("log")
    axes.set_xticks(rates, [f"{rate:g}" for rate in rates])
    axes.set_xticks([], minor=True)
    axes.set_ylim(bottom=0)
    said = "; ".join(f"{name}: {', '.join(f'{loss:.2f}' for loss in found)}" for name, found in losses.items())
    tried = ", ".join(f"{rate:g}" for rate in rates)
    return described(figure, f"Loss after {steps} steps at the learning rates {tried}. {said}; guessing {chance:.1f}.")


def lit(image: Any, shares: Tensor) -> np.ndarray:
    """The picture with every patch as bright as its share, the largest in full light. shares: float [patches]."""
    pixels = np.asarray(image).astype(float)  # [size, size, 3]
    side = round(len(shares) ** 0.5)
    light = DARKEST + (1 - DARKEST) * (shares / shares.max()).view(side, side).cpu().numpy()
    patch = len(pixels) // side
    dimmed: np.ndarray = pixels * np.kron(light, np.ones((patch, patch)))[..., None]
    return dimmed.astype(np.uint8)


def draw_looks(image: Any, shares: Tensor) -> Figure:
    """One picture, lit by every head of every block. shares: float [layers, heads, 1 + patches], CLS first."""
    layers, heads, _ = shares.shape
    figure = new_figure(1.75 * (layers + 1), 1.75 * heads + 0.4)
    grid = figure.subplots(heads, layers + 1)
    for head in range(heads):
        show_picture(grid[head, 0], image)
        grid[head, 0].set_ylabel(f"head {head + 1}", fontsize=FONT)
        for layer in range(layers):
            show_picture(grid[head, layer + 1], lit(image, shares[layer, head, 1:]))
            grid[0, layer + 1].set_title(f"block {layer + 1}", fontsize=FONT)
    grid[0, 0].set_title("the picture", fontsize=FONT)
    return described(
        figure, f"A picture as each of {heads} heads sees it in each of {layers} blocks: bright patches get the look."
    )


def draw_last_block(images: Sequence[Any], shares: Tensor) -> Figure:
    """Several pictures, lit by the heads of the last block. shares: float [pictures, heads, 1 + patches]."""
    heads = shares.shape[1]
    figure = new_figure(1.5 * len(images), 1.5 * (heads + 1))
    grid = figure.subplots(heads + 1, len(images))
    for column, image in enumerate(images):
        show_picture(grid[0, column], image)
        for head in range(heads):
            show_picture(grid[head + 1, column], lit(image, shares[column, head, 1:]))
            grid[head + 1, 0].set_ylabel(f"head {head + 1}", fontsize=FONT)
    return described(
        figure, f"{len(images)} pictures, and below each what the {heads} heads of the last block look at."
    )


def covered_by(thing: Thing, side: int = 4, pixels: int = 32) -> Tensor:
    """The share of each patch that a thing's square covers: float [side · side]."""
    middles = (torch.arange(pixels) + 0.5) / pixels  # of the pixels, as shares of the picture's side
    rows, columns = ((middles - place).abs() < thing.radius for place in (thing.y, thing.x))
    inside = (rows[:, None] & columns).float()  # [pixels, pixels]
    return inside.view(side, pixels // side, side, pixels // side).mean(dim=(1, 3)).flatten()


def draw_on_the_thing(percent: Tensor, area: float) -> Figure:
    """How much of CLS's look falls on the thing, per block and head. percent: float [layers, heads]."""
    layers, heads = percent.shape
    figure = new_figure(5.6, 4)
    axes = figure.subplots()
    axes.imshow(percent, cmap=SCORE_COLOURS, vmin=0, vmax=100, aspect="auto")
    for layer, head in np.ndindex(layers, heads):
        write_in_cell(axes, layer, head, f"{percent[layer, head]:.0f}", float(percent[layer, head]) / 100)
    axes.set_xticks(range(heads), [f"head {head + 1}" for head in range(heads)], fontsize=FONT)
    axes.set_yticks(range(layers), [f"block {layer + 1}" for layer in range(layers)], fontsize=FONT)
    axes.set_title(f"Looks at the thing (%)\nits box fills {area:.0f} % of the picture", fontsize=FONT + 1, loc="left")
    said = "; ".join(f"block {i}: {', '.join(f'{x:.0f}' for x in row)}" for i, row in enumerate(percent.tolist(), 1))
    return described(figure, f"Looks at the thing in percent, by head. {said}. Its box fills {area:.0f} %.")
