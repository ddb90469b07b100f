"""The pictures of lesson 03: attention, heads, block and encoder as tensors; what breaks; where CLS looks."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import BoxStyle, FancyBboxPatch, Rectangle
from torch import Tensor

from minclip.course.tensor_boxes import CELL, Box, draw_tensors
from minclip.data.picturebook.picture import Thing
from minclip.figures.look import (
    FONT,
    IMAGE_COLOUR,
    MATCH_COLOUR,
    QUIET_COLOUR,
    SCORE_COLOURS,
    SERIES_COLOURS,
    dress,
    new_figure,
    show_picture,
    write_in_cell,
)

QUERY, KEY, VALUE = SERIES_COLOURS[5], SERIES_COLOURS[4], QUIET_COLOUR
TOKENS, HEADS, HEAD_WIDTH = 4, 3, 2  # in the drawing of heads
SHADES = (0.25, 0.55, 0.95)  # of the heads
DARKEST = 0.12  # brightness of a patch that is not looked at
LOOKS = ("-o", "--s", ":^")  # of lines, for those who do not see the colour


def draw_scores() -> Figure:
    """One head: every query with every key."""
    query = Box("query", ("queries", "head_width"), QUERY, "what a token asks")
    keys = Box("key, transposed", ("head_width", "tokens"), KEY, "what tokens offer")
    scores = Box("scores", ("queries", "tokens"), IMAGE_COLOUR)
    return draw_tensors([query, "@", keys, "/ √head_width =", scores], {"queries": 3, "tokens": 6, "head_width": 4})


def draw_mixture() -> Figure:
    """One head: shares of the values."""
    shares = Box("softmax of scores", ("queries", "tokens"), IMAGE_COLOUR, "each row sums to 1")
    values = Box("value", ("tokens", "value_width"), VALUE, "what tokens say")
    result = Box("result", ("queries", "value_width"), MATCH_COLOUR, "one mixture each")
    return draw_tensors([shares, " @ ", values, " = ", result], {"queries": 3, "tokens": 6, "value_width": 4})


def draw_projection() -> Figure:
    """Every token gets a query, a key and a value."""
    x = Box("x", ("tokens", "width"), IMAGE_COLOUR)
    weight = Box("in_proj_weight.T", ("width", "3 · width"), SERIES_COLOURS[2], "a third for each")
    colours = {"query": QUERY, "key": KEY, "value": VALUE}
    parts = [Box(name, ("tokens", "width"), colour) for name, colour in colours.items()]
    return draw_tensors([x, "@", weight, "+ bias =", *parts], {"tokens": 4, "width": 3, "3 · width": 9})


def canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure whose axes count in inches, nothing drawn yet."""
    figure = new_figure(width, height)
    axes = figure.subplots()
    axes.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    axes.set_axis_off()
    return figure, axes


def write(axes: Axes, x: float, y: float, words: str, **look: Any) -> None:
    usual: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": FONT - 1}
    axes.text(x, y, words, **(usual | look))


def matrix(axes: Axes, left: float, heads: Sequence[int], name: str, colour: str = QUERY) -> None:
    """[tokens, some columns]: a group of columns for each head, in its shade; the cells hold their token's number."""
    bottom, top = 0.4, 0.4 + TOKENS * CELL
    for column in range(len(heads) * HEAD_WIDTH):
        for row in range(TOKENS):
            x, y = left + column * CELL, top - (row + 1) * CELL
            shade = SHADES[heads[column // HEAD_WIDTH]]
            axes.add_patch(Rectangle((x, y), CELL, CELL, fc=colour, alpha=shade, ec="white"))
            write(axes, x + CELL / 2, y + CELL / 2, f"{row}", fontsize=FONT - 3)
    width = len(heads) * HEAD_WIDTH * CELL
    axes.add_patch(Rectangle((left, bottom), width, top - bottom, fill=False, ec=colour, lw=1.6))
    write(axes, left + width / 2, bottom - 0.1, name, va="top")
    write(axes, left + width / 2, top + 0.08, "width" if len(heads) > 1 else "head_width", va="bottom")
    write(axes, left - 0.12, (bottom + top) / 2, "tokens", rotation=90)


def draw_split() -> Figure:
    """The columns of one query matrix, cut into heads."""
    figure, axes = canvas(8.2, 1.75)
    matrix(axes, 0.5, (0, 1, 2), "query of all heads")
    write(axes, 2.75, 0.92, "cut →", fontsize=FONT + 1)
    for head in range(HEADS):
        matrix(axes, 3.8 + 1.6 * head, (head,), f"head {head + 1}")
    return figure


def draw_merge() -> Figure:
    """What the heads found, side by side again, then mixed."""
    figure, axes = canvas(9.8, 1.75)
    for head in range(HEADS):
        matrix(axes, 0.5 + 1.2 * head, (head,), f"head {head + 1}", MATCH_COLOUR)
    write(axes, 4.0, 0.92, "→", fontsize=FONT + 1)
    matrix(axes, 4.7, (0, 1, 2), "side by side", MATCH_COLOUR)
    write(axes, 7.0, 0.92, "out_proj →", fontsize=FONT + 1)
    matrix(axes, 8.05, (0, 0, 0), "mixed", IMAGE_COLOUR)
    return figure


def draw_block() -> Figure:
    """The residual stream, and the two branches that add to it."""
    figure, axes = canvas(9, 2.4)
    arrow = {"arrowstyle": "-|>", "lw": 1.8, "color": QUIET_COLOUR, "mutation_scale": 16}
    axes.annotate("", (8.7, 0.6), (0.5, 0.6), arrowprops=arrow | {"lw": 4, "color": IMAGE_COLOUR})
    write(axes, 0.25, 0.6, "x", fontsize=FONT + 2)
    for left, parts, does in (
        (0.9, ("ln_1", "attn"), "tokens speak to each other"),
        (4.9, ("ln_2", "mlp"), "each token thinks for itself"),
    ):
        axes.plot([left, left, left + 0.3], [0.6, 1.6, 1.6], color=QUIET_COLOUR, lw=1.8)
        for place, part in enumerate(parts):
            box = (left + 0.4 + 1.3 * place, 1.35)
            axes.add_patch(FancyBboxPatch(box, 0.9, 0.5, boxstyle=BoxStyle("round", pad=0.06), fc="white", ec="black"))
            write(axes, box[0] + 0.45, 1.6, part, fontsize=FONT + 1)
        axes.annotate("", (left + 1.65, 1.6), (left + 1.35, 1.6), arrowprops=arrow)
        axes.plot([left + 2.65, left + 3.0], [1.6, 1.6], color=QUIET_COLOUR, lw=1.8)
        axes.annotate("", (left + 3.0, 0.75), (left + 3.0, 1.62), arrowprops=arrow)
        write(axes, left + 3.0, 0.6, "+", fontsize=FONT + 4, bbox={"boxstyle": "circle", "fc": "white"})
        write(axes, left + 1.5, 2.15, does, color=QUIET_COLOUR)
    write(axes, 4.4, 0.2, "the residual stream: nothing is taken away, both branches only add", color=IMAGE_COLOUR)
    return figure


def draw_encoder() -> Figure:
    """From a picture to its features."""
    steps: list[Box | str] = [
        Box("picture", ("3", "size", " size"), IMAGE_COLOUR),
        "→",
        Box("tokens", ("1 + patches", "width"), IMAGE_COLOUR, "embedding, ln_pre"),
        "→",
        Box("tokens", ("1 + patches", "width"), IMAGE_COLOUR, "transformer"),
        "→",
        Box("CLS", ("width",), IMAGE_COLOUR, "ln_post"),
        "@ proj =",
        Box("features", ("embed_dim",), MATCH_COLOUR),
    ]
    return draw_tensors(steps, {"3": 3, "size": 3, " size": 3, "1 + patches": 5, "width": 3, "embed_dim": 5})


def lines(
    axes: Axes, curves: Mapping[str, Sequence[float]], words: tuple[str, str, str], at: Sequence[int] = (), **where: Any
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
    return figure


def draw_depth(gradients: Mapping[str, Sequence[float]], likeness: Mapping[str, Sequence[float]]) -> Figure:
    """Block by block: the size of the gradient, and how alike the tokens of a picture are."""
    figure = new_figure(10.5, 4.2)
    left, right = figure.subplots(1, 2)
    lines(left, gradients, ("Gradient (last block = 1)", "block", "size"))
    left.set_yscale("log")
    lines(right, likeness, ("How alike a picture's tokens are", "after block", "mean cosine"))
    right.set_ylim(-0.05, 1.08)
    return figure


def draw_losses(losses: Mapping[str, Sequence[float]], chance: float) -> Figure:
    """Trainings of the same stack, step by step. chance: the loss of guessing."""
    axes = (figure := new_figure(7.5, 3.6)).subplots()
    axes.axhline(chance, color=QUIET_COLOUR, linestyle="--", lw=1, label="guessing")
    words = ("Learning 16 answers by heart", "step", "loss (nats)")
    lines(axes, losses, words, loc="center right", bbox_to_anchor=(1, 0.46))  # between the curves
    return figure


def lit(image: Any, shares: Tensor) -> np.ndarray:
    """The picture with every patch as bright as its share, the largest in full light. shares: float [patches]."""
    pixels = np.asarray(image).astype(float)  # [size, size, 3]
    side = round(len(shares) ** 0.5)
    light = DARKEST + (1 - DARKEST) * (shares / shares.max()).view(side, side).cpu().numpy()
    patch = len(pixels) // side
    return (pixels * np.kron(light, np.ones((patch, patch)))[..., None]).astype(np.uint8)


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
    return figure


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
    return figure


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
    return figure
