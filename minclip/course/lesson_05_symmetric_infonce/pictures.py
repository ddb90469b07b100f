"""The pictures of lesson 05: logits, both directions, pull and push on a circle, temperature, half a loss."""

from collections.abc import Callable

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from torch import Tensor

from minclip.course.tensor_boxes import Box, draw_tensors
from minclip.figures.look import (
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

# perfect along the rows, bad along the columns
ONE_DIRECTION = torch.tensor([[0.8, 0.6, 0.7, 0.6], [0.0, 0.2, 0.0, 0.1], [0.1, 0.0, 0.2, 0.0], [0.0, 0.1, 0.0, 0.2]])
SCALES = (1, 14, 100)  # no scale, CLIP's at the start, CLIP's limit


def draw_logits() -> Figure:
    """Features of pictures and texts, and the logits that they make."""
    images = Box("image features", ("images", "embed_dim"), IMAGE_COLOUR, "rows of length 1")
    texts = Box("text features, transposed", ("embed_dim", "texts"), TEXT_COLOUR, "columns of length 1")
    logits = Box("logits", ("images", "texts"), MATCH_COLOUR)
    steps: list[Box | str] = ["scale ·", images, "@", texts, "=", logits]
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
    """Three pairs on a circle: where a step of training turns them, and where 200 steps take them."""
    angles = torch.tensor([[0.1, 1.2], [2.0, 0.6], [2.9, 4.2]])  # radians, of each picture and its text
    moved = angles.clone()
    for _ in range(200):
        moved -= 0.3 * turning(loss, moved)
    turns = -turning(loss, angles)
    shown = 0.5 * turns.sign() * (turns.abs() / turns.abs().max()) ** 0.5  # the short ones would not be seen
    figure = new_figure(9.6, 5.2)
    left, right = figure.subplots(1, 2)
    put_on_circle(left, "where they start", angles, shown)
    put_on_circle(right, "after 200 steps", moved, torch.zeros(3, 2))
    return figure


def turning(loss: Callable[[Tensor, Tensor, float], Tensor], angles: Tensor) -> Tensor:
    """The gradient of the loss at scale 5 by the angles: float [pairs, 2], pictures and texts."""
    angles = angles.clone().requires_grad_()
    points = torch.stack([angles.cos(), angles.sin()], dim=-1)  # [pairs, 2, 2]
    return torch.autograd.grad(loss(points[:, 0], points[:, 1], 5.0), angles)[0]


def put_on_circle(axes: Axes, title: str, angles: Tensor, turns: Tensor) -> None:
    """Pictures as discs, texts as squares, and for each an arrow along the circle, the longer the more it turns."""
    axes.add_patch(Circle((0, 0), 1, fill=False, ec=OTHER_COLOUR))
    for pair, kind in np.ndindex(3, 2):
        angle, turn, colour = float(angles[pair, kind]), float(turns[pair, kind]), SERIES_COLOURS[(0, 2, 4)[pair]]
        x, y = np.cos(angle), np.sin(angle)
        axes.plot(x, y, "os"[kind], color=colour, markersize=13)
        if turn:
            axes.quiver(x, y, -y * turn, x * turn, angles="xy", scale_units="xy", scale=1, color=colour, width=0.011)
        far = 0.72 if kind else 0.5  # texts nearer to the circle: names of a pair that met stay apart
        axes.text(far * x, far * y, f"{('picture', 'text')[kind]} {pair}", ha="center", va="center", fontsize=FONT - 1)
    axes.set(xlim=(-1.4, 1.4), ylim=(-1.45, 1.6), aspect="equal")
    axes.set_title(title, fontsize=FONT)
    axes.set_axis_off()


def draw_temperatures(row: Tensor) -> Figure:
    """The softmax of one row at three scales."""
    figure = new_figure(9.5, 3.2)
    for axes, scale in zip(figure.subplots(1, 3, sharey=True), SCALES, strict=True):
        shares = 100 * (scale * row).softmax(dim=0).cpu().numpy()
        axes.bar(range(len(row)), shares, color=[MATCH_COLOUR, *[OTHER_COLOUR] * (len(row) - 1)])
        dress(axes, f"scale {scale}", "caption, by cosine", "share (%)" if scale == 1 else "")
        axes.set_xticks(range(len(row)), [f"{cosine:.2f}" for cosine in row.tolist()], fontsize=FONT - 3)
        axes.set_ylim(0, 100)
    return figure


def draw_one_direction() -> Figure:
    """Cosines that are perfect along the rows and bad along the columns."""
    logits = ONE_DIRECTION.cpu().numpy()
    figure = new_figure(9, 4)
    titles = ("best caption of each picture: all right", "best picture of each caption: 1 of 4 right")
    for axes, axis, title in zip(figure.subplots(1, 2), (1, 0), titles, strict=True):
        axes.imshow(logits, cmap=SCORE_COLOURS, vmin=0, vmax=1)
        for place in np.ndindex(4, 4):
            write_in_cell(axes, place[0], place[1], f"{logits[place]:.1f}", float(logits[place]))
        for line, best in enumerate(logits.argmax(axis=axis)):
            x, y = (best, line) if axis else (line, best)
            colour = MATCH_COLOUR if x == y else SERIES_COLOURS[3]
            axes.add_patch(Circle((x, y), 0.42, fill=False, ec=colour, lw=3))
        axes.set_title(title, fontsize=FONT)
        axes.set(xticks=range(4), yticks=range(4))
        axes.set_xlabel("texts", fontsize=FONT, color=TEXT_COLOUR)
        axes.set_ylabel("pictures", fontsize=FONT, color=IMAGE_COLOUR)
    return figure
