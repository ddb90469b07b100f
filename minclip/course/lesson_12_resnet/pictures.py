"""The pictures of lesson 12: a block, stripes under a stride, how far features move, the pool, a picture's way."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.figure import Figure
from torch.nn import functional as F

from minclip.course.lesson_12_resnet.other_nets import every
from minclip.course.lesson_12_resnet.shifts import SHIFTS
from minclip.course.tensor_boxes import Box, draw_tensors
from minclip.figures.look import (
    FONT,
    IMAGE_COLOUR,
    MATCH_COLOUR,
    QUIET_COLOUR,
    SCORE_COLOURS,
    TEXT_COLOUR,
    WRONG_COLOUR,
    described,
    dress,
    legend_below,
    new_figure,
)

STRIPES = torch.tensor([1.0, 0.0]).repeat(4).expand(8, 8)  # columns of one place each: [8, 8]


def draw_block() -> Figure:
    """What happens to the shape inside a block with a stride of 2. What goes past it has the last shape already."""
    steps: list[Box | str] = [
        Box("x", ("channels_in", "height", "width"), IMAGE_COLOUR),
        "conv1",
        "→",
        Box("few channels", ("channels", "height", "width"), QUIET_COLOUR),
        "conv2, mean",
        "→",
        Box("fewer places", ("channels", "height / 2", "width / 2"), QUIET_COLOUR),
        "conv3, + past",
        "→",
        Box("many channels", ("4 · channels", "height / 2", "width / 2"), MATCH_COLOUR),
    ]
    sizes = {"channels_in": 6, "channels": 2, "4 · channels": 8}
    sizes |= {"height": 6, "width": 6, "height / 2": 3, "width / 2": 3}
    return draw_tensors(steps, sizes)


def draw_stripes() -> Figure:
    """Stripes of one place: every second place of them, and the mean of each square, before and after a shift."""
    figure = new_figure(9.0, 5.4)
    rows = {"stripes": STRIPES, "moved by one place": STRIPES.roll(1, dims=1)}
    for line, (name, map_) in zip(figure.subplots(2, 3), rows.items(), strict=True):
        picked, mean = every(map_[None, None], 2)[0, 0], F.avg_pool2d(map_[None, None], 2)[0, 0]
        titles = (name, "every second place", "mean of each square")
        for axes, values, title in zip(line, (map_, picked, mean), titles, strict=True):
            axes.imshow(values, cmap=SCORE_COLOURS, vmin=0, vmax=1.8)
            if values is not map_:
                for place in np.ndindex(*values.shape):
                    axes.text(place[1], place[0], f"{values[place]:g}", ha="center", va="center", fontsize=FONT - 1)
            axes.set(xticks=[], yticks=[])
            axes.set_title(title, fontsize=FONT)
    return described(
        figure,
        "Vertical stripes one place wide, and the same ones moved by one place. Every second place of the first is 1 "
        "everywhere, of the second 0 everywhere. The mean of each square is 0.5 everywhere, for both.",
    )


def draw_moves(found: Mapping[str, Sequence[Sequence[float]]]) -> Figure:
    """How unlike the features of shifted pictures become, as `moved_by_seed` gives it."""
    figure = new_figure(8.4, 4.2)
    axes = figure.subplots()
    said = []
    for (name, seeds), colour in zip(found.items(), (MATCH_COLOUR, WRONG_COLOUR), strict=True):
        for number, values in enumerate(seeds):
            axes.plot(SHIFTS, values, "o-", color=colour, alpha=0.7, lw=1.8, label=name if number == 0 else None)
        low, high = min(map(min, seeds)), max(map(max, seeds))
        said.append(f"with {name} from {low:.1f} to {high:.1f}")
    dress(axes, "ResNets without training, three seeds", "pixels to the right", "1 - cosine of the features")
    axes.set_xticks(SHIFTS)
    axes.set_ylim(0, 1)
    legend_below(figure, axes)
    return described(figure, f"1 - cosine of features before and after shifts by 1 to 8 pixels: {', '.join(said)}.")


def draw_pooling() -> Figure:
    """The mean and the places as tokens; the mean asks."""
    steps: list[Box | str] = [
        Box("map", ("width", "side", "side"), IMAGE_COLOUR),
        "flatten",
        "→",
        Box("tokens", ("1 + places", "width"), QUIET_COLOUR, "the mean first"),
        "mean asks",
        "→",
        Box("heard", ("1", "width"), TEXT_COLOUR),
        "c_proj",
        "→",
        Box("features", ("1", "embed_dim"), MATCH_COLOUR),
    ]
    return draw_tensors(steps, {"width": 6, "side": 2, "1 + places": 5, "1": 1, "embed_dim": 4})


def draw_way() -> Figure:
    """The shapes that a picture of 224 pixels takes on its way through RN50."""
    names = ("picture", "stem", "layer1", "layer2", "layer3", "layer4")
    sides, channels = (224, 56, 56, 28, 14, 7), (3, 64, 256, 512, 1024, 2048)
    figure = new_figure(9.6, 3.8)
    for axes, values, label, colour in zip(
        figure.subplots(1, 2), (sides, channels), ("places per side", "channels"), (IMAGE_COLOUR, TEXT_COLOUR),
        strict=True,
    ):  # fmt: skip
        bars = axes.bar(names, values, color=colour)
        axes.bar_label(bars, [f"{value:,}" for value in values], padding=3, fontsize=FONT - 2)
        axes.set_ylim(0, 1.15 * max(values))
        dress(axes, "RN50", "", label)
        axes.tick_params(axis="x", labelsize=FONT - 3)
    said = ", ".join(f"{n} {c} × {s} × {s}" for n, s, c in zip(names, sides, channels, strict=True))
    return described(figure, f"Channels and places of a picture on its way through RN50: {said}.")
