"""Lesson 03's tensors as boxes: attention, its heads, the block, the encoder."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import BoxStyle, FancyBboxPatch, Rectangle
from torch import Tensor

from minclip.course.tensor_boxes import CELL, Box, draw_tensors
from minclip.figures.look import (
    FONT,
    IMAGE_COLOUR,
    MATCH_COLOUR,
    QUIET_COLOUR,
    SERIES_COLOURS,
    described,
    new_figure,
)

QUERY, KEY, VALUE = SERIES_COLOURS[5], SERIES_COLOURS[4], QUIET_COLOUR
TOKENS, HEADS, HEAD_WIDTH = 4, 3, 2  # in the drawing of heads
SHADES = (0.25, 0.55, 0.95)  # of the heads
WIDE = 0.5  # inches of a cell that shows a number


def numbers(axes: Axes, left: float, values: Tensor, name: str, colour: str, digits: int = 0) -> float:
    """A matrix with its numbers in the cells, in the middle of the figure; returns where it ends."""
    rows, columns = values.shape
    top = axes.get_ylim()[1] / 2 + 0.1 + rows * CELL / 2
    for row in range(rows):
        for column in range(columns):
            x, y = left + column * WIDE, top - (row + 1) * CELL
            axes.add_patch(Rectangle((x, y), WIDE, CELL, fc=colour, alpha=0.4, ec="white"))
            write(axes, x + WIDE / 2, y + CELL / 2, f"{values[row, column]:.{digits}f}", fontsize=FONT - 2)
    axes.add_patch(Rectangle((left, top - rows * CELL), columns * WIDE, rows * CELL, fill=False, ec=colour, lw=1.6))
    write(axes, left + columns * WIDE / 2, top - rows * CELL - 0.1, name, va="top")
    return left + columns * WIDE


def draw_numbers(query: Tensor, key: Tensor, value: Tensor) -> Figure:
    """Attention of a few tokens, every number shown. query, key, value: float [tokens, 2]."""
    scores = query @ key.T
    shares = scores.softmax(dim=-1)
    figure, axes = canvas(11.4, 1.7)
    end = numbers(axes, 0.1, query, "query", QUERY)
    write(axes, end + 0.25, 0.95, "@", fontsize=FONT + 1)
    end = numbers(axes, end + 0.5, key.T, "key.T", KEY)
    write(axes, end + 0.25, 0.95, "=", fontsize=FONT + 1)
    end = numbers(axes, end + 0.5, scores, "scores", IMAGE_COLOUR)
    write(axes, end + 0.5, 0.95, "softmax →", fontsize=FONT - 1)
    end = numbers(axes, end + 1.0, shares, "shares", IMAGE_COLOUR, 2)
    write(axes, end + 0.25, 0.95, "@", fontsize=FONT + 1)
    end = numbers(axes, end + 0.5, value, "value", VALUE)
    write(axes, end + 0.25, 0.95, "=", fontsize=FONT + 1)
    numbers(axes, end + 0.5, shares @ value, "answers", MATCH_COLOUR, 1)
    return described(
        figure,
        f"Attention in numbers: the scores {scores.tolist()} become the shares "
        f"{[[round(share, 2) for share in row] for row in shares.tolist()]}. The shares times the values are the "
        "answers.",
    )


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
    return draw_tensors([shares, "@", values, "=", result], {"queries": 3, "tokens": 6, "value_width": 4})


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
    return described(
        figure,
        "The columns of one query matrix are cut into three heads. Each head has a row for every token, and a third "
        "of the columns.",
    )


def draw_merge() -> Figure:
    """What the heads found, side by side again, then mixed."""
    figure, axes = canvas(9.8, 1.75)
    for head in range(HEADS):
        matrix(axes, 0.5 + 1.2 * head, (head,), f"head {head + 1}", MATCH_COLOUR)
    write(axes, 4.0, 0.92, "→", fontsize=FONT + 1)
    matrix(axes, 4.7, (0, 1, 2), "side by side", MATCH_COLOUR)
    write(axes, 7.0, 0.92, "out_proj →", fontsize=FONT + 1)
    matrix(axes, 8.05, (0, 0, 0), "mixed", IMAGE_COLOUR)
    return described(
        figure,
        "Three heads stand side by side again, so that each token's numbers lie in one row. out_proj mixes each row.",
    )


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
    write(axes, 4.4, 0.2, "the residual stream goes on as it is, and both branches add to it", color=IMAGE_COLOUR)
    return described(
        figure,
        "x runs straight through the block. One branch, ln_1 and attn, is added to it; "
        "then a second branch, ln_2 and mlp.",
    )


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
