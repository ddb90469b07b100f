"""The pictures of lesson 05: logits, both directions, pull and push on a circle, temperature, half a loss."""

from collections.abc import Callable

import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from torch import Tensor

from minclip.course.pictures.tensors import Box, draw_tensors
from minclip.figures import (
    FONT,
    IMAGE_COLOUR,
    MATCH_COLOUR,
    OTHER_COLOUR,
    QUIET_COLOUR,
    SCORE_COLOURS,
    SERIES_COLOURS,
    TEXT_COLOUR,
    dress,
    new_figure,
    write_in_cell,
)

SCALES = (1, 14, 100)  # no scale, CLIP's at the start, CLIP's limit


def draw_logits() -> Figure:
    """Features of pictures and texts, and the logits that they make."""
    images = Box("image features", ("images", "embed_dim"), IMAGE_COLOUR, "rows of length 1")
    texts = Box("text features, transposed", ("embed_dim", "texts"), TEXT_COLOUR, "columns of length 1")
    logits = Box("logits", ("images", "texts"), MATCH_COLOUR)
    steps: list[Box | str] = ["logit scale ·", images, "@", texts, "=", logits]
    return draw_tensors(steps, {"images": 3, "texts": 5, "embed_dim": 7})


def draw_both_directions() -> Figure:
    """The same logits, once each row and once each column a softmax; the diagonal is right."""
    logits = 6 * np.eye(4) + np.array([[0, 2, 1, 0], [1, 0, 0, 3], [0, 1, 0, 1], [2, 0, 1, 0]])
    figure = new_figure(9, 4)
    titles = ("picture → text: every row sums to 1", "text → picture: every column sums to 1")
    for axes, axis, title in zip(figure.subplots(1, 2), (1, 0), titles, strict=True):
        shares = np.exp(logits) / np.exp(logits).sum(axis=axis, keepdims=True)
        axes.imshow(shares, cmap=SCORE_COLOURS, vmin=0, vmax=1)
        for place in np.ndindex(4, 4):
            write_in_cell(axes, place[0], place[1], f"{shares[place]:.2f}", shares[place])
        for line in range(4):
            left, bottom, width, height = (-0.48, line - 0.46, 3.96, 0.92) if axis else (line - 0.46, -0.48, 0.92, 3.96)
            axes.add_patch(Rectangle((left, bottom), width, height, fill=False, ec=QUIET_COLOUR))
        axes.set_title(title, fontsize=FONT)
        axes.set(xticks=range(4), yticks=range(4))
        axes.set_xlabel("texts", fontsize=FONT, color=TEXT_COLOUR)
        axes.set_ylabel("pictures", fontsize=FONT, color=IMAGE_COLOUR)
    return figure


def draw_pull_and_push(loss: Callable[[Tensor, Tensor, float], Tensor]) -> Figure:
    """Three pairs on a circle, and where one step of training moves them."""
    angles = torch.tensor([[0.2, 1.3], [1.9, 3.4], [4.2, 5.5]])  # radians, of each picture and its text
    points = torch.stack([angles.cos(), angles.sin()], dim=-1)  # [pairs, 2, 2]
    images, texts = (points[:, kind].clone().requires_grad_() for kind in (0, 1))
    gradients = torch.autograd.grad(loss(images, texts, 2.0), (images, texts))
    figure = new_figure(5.4, 5.4)
    axes = figure.subplots()
    axes.add_patch(Circle((0, 0), 1, fill=False, ec=OTHER_COLOUR))
    for place, gradient, marker, name in zip((images, texts), gradients, "os", ("picture", "text"), strict=True):
        for pair in range(3):
            (x, y), (dx, dy) = place[pair].tolist(), (-1.2 * gradient[pair]).tolist()
            colour = SERIES_COLOURS[(0, 2, 4)[pair]]
            axes.plot(x, y, marker, color=colour, markersize=13)
            axes.quiver(x, y, dx, dy, angles="xy", scale_units="xy", scale=1, color=colour, width=0.009)
            axes.text(0.78 * x, 0.84 * y, f"{name} {pair}", ha="center", va="center", fontsize=FONT - 1)
    axes.set(xlim=(-1.45, 1.45), ylim=(-1.35, 1.35), aspect="equal")
    axes.set_axis_off()
    return figure


def draw_temperatures(row: Tensor) -> Figure:
    """The softmax of one row at three logit scales."""
    figure = new_figure(9.5, 3.2)
    for axes, scale in zip(figure.subplots(1, 3, sharey=True), SCALES, strict=True):
        shares = 100 * (scale * row).softmax(dim=0).numpy()
        axes.bar(range(len(row)), shares, color=[MATCH_COLOUR, *[OTHER_COLOUR] * (len(row) - 1)])
        dress(axes, f"logit scale {scale}", "caption, by cosine", "share (%)" if scale == 1 else "")
        axes.set_xticks(range(len(row)), [f"{cosine:.2f}" for cosine in row.tolist()], fontsize=FONT - 3)
        axes.set_ylim(0, 100)
    return figure


def draw_one_direction() -> Figure:
    """Logits that are perfect along the rows and bad along the columns."""
    logits = np.array([[4.0, 3.0, 3.2, 3.1], [0.2, 1.0, 0.1, 0.3], [0.3, 0.1, 1.2, 0.2], [0.1, 0.4, 0.2, 1.1]])
    figure = new_figure(9, 4)
    titles = ("best caption of each picture: all right", "best picture of each caption: 1 of 4 right")
    for axes, axis, title in zip(figure.subplots(1, 2), (1, 0), titles, strict=True):
        axes.imshow(logits, cmap=SCORE_COLOURS, vmin=0, vmax=4)
        for place in np.ndindex(4, 4):
            write_in_cell(axes, place[0], place[1], f"{logits[place]:.1f}", float(logits[place]) / 4)
        for line, best in enumerate(logits.argmax(axis=axis)):
            x, y = (best, line) if axis else (line, best)
            colour = MATCH_COLOUR if x == y else SERIES_COLOURS[3]
            axes.add_patch(Circle((x, y), 0.42, fill=False, ec=colour, lw=3))
        axes.set_title(title, fontsize=FONT)
        axes.set(xticks=range(4), yticks=range(4))
        axes.set_xlabel("texts", fontsize=FONT, color=TEXT_COLOUR)
        axes.set_ylabel("pictures", fontsize=FONT, color=IMAGE_COLOUR)
    return figure
