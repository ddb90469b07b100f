"""The pictures of lesson 05: logits, both directions, pull and push on a circle, temperature, half a loss."""

import json
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle
from torch import Tensor

from minclip.course.lesson_05_symmetric_infonce.half_loss import GALLERY, HALVES, KEPT, RATES
from minclip.course.tensor_boxes import Box, draw_tensors
from minclip.figures.look import (
    FONT,
    IMAGE_COLOUR,
    MATCH_COLOUR,
    OTHER_COLOUR,
    QUIET_COLOUR,
    SCORE_COLOURS,
    SERIES_COLOURS,
    SIGNED_COLOURS,
    TEXT_COLOUR,
    WRONG_COLOUR,
    described,
    dress,
    legend_below,
    new_figure,
    show_picture,
    write_in_cell,
)

# perfect along the rows, bad along the columns
ONE_DIRECTION = torch.tensor([[0.8, 0.6, 0.7, 0.6], [0.0, 0.2, 0.0, 0.1], [0.1, 0.0, 0.2, 0.0], [0.0, 0.1, 0.0, 0.2]])
LOGITS = np.array([[4, 3, 0, 1], [1, 4, 0, 0], [0, 3, 3, 0], [0, 3, 1, 4]])  # text 1 goes with every picture
SCALES = (1, 14, 100)  # no scale, CLIP's at the start, CLIP's limit
PAIR_COLOURS = (IMAGE_COLOUR, TEXT_COLOUR, SERIES_COLOURS[4])


def draw_similarity(images: Sequence[Any], captions: Sequence[str], cosines: Tensor) -> Figure:
    """Cosines of pictures (rows) with captions (columns), what belongs together framed."""
    side = len(images)
    figure = new_figure(9.6, 6.4)
    grid = figure.add_gridspec(side, 2, width_ratios=[1, side])
    for row, image in enumerate(images):
        show_picture(figure.add_subplot(grid[row, 0]), image)
    axes = figure.add_subplot(grid[:, 1])
    numbers = cosines.detach().cpu().float().numpy()
    axes.imshow(numbers, cmap=SIGNED_COLOURS, vmin=-1, vmax=1, aspect="auto")
    for row, column in np.ndindex(*numbers.shape):
        number = float(numbers[row, column])
        write_in_cell(axes, row, column, f"{number:z.2f}", abs(number))
        if row == column:
            axes.add_patch(Rectangle((column - 0.46, row - 0.44), 0.92, 0.88, fill=False, lw=3, ec=MATCH_COLOUR))
    axes.set_xticks(range(side), [textwrap.fill(caption, 14) for caption in captions], fontsize=FONT - 2)
    axes.set_yticks([])
    axes.tick_params(length=0)
    axes.set_xlabel("texts", fontsize=FONT, color=TEXT_COLOUR)
    axes.set_ylabel("pictures", fontsize=FONT, color=IMAGE_COLOUR)
    best = int((numbers.argmax(axis=1) == np.arange(side)).sum())
    return described(
        figure,
        f"Cosines of {side} pictures, the rows, with {side} captions, the columns; "
        f"{best} of {side} pictures have their own caption as the nearest.",
    )


def draw_logits() -> Figure:
    """Features of pictures and texts, and the logits that they make."""
    images = Box("image features", ("images", "embed_dim"), IMAGE_COLOUR, "rows of length 1")
    texts = Box("text features, transposed", ("embed_dim", "texts"), TEXT_COLOUR, "columns of length 1")
    logits = Box("logits", ("images", "texts"), MATCH_COLOUR)
    steps: list[Box | str] = ["scale ·", images, "@", texts, "=", logits]
    return draw_tensors(steps, {"images": 3, "texts": 5, "embed_dim": 7})


def square(axes: Axes, title: str, numbers: np.ndarray, digits: int, largest: float) -> None:
    """A matrix with pictures as rows and texts as columns."""
    side = len(numbers)
    axes.imshow(numbers, cmap=SCORE_COLOURS, vmin=0, vmax=largest)
    for row, column in np.ndindex(side, side):
        number = float(numbers[row, column])
        write_in_cell(axes, row, column, f"{number:.{digits}f}", number / largest)
    axes.set_title(title, fontsize=FONT)
    axes.set(xticks=range(side), yticks=range(side))
    axes.tick_params(length=0)
    axes.set_xlabel("texts", fontsize=FONT, color=TEXT_COLOUR)
    axes.set_ylabel("pictures", fontsize=FONT, color=IMAGE_COLOUR)


def draw_both_directions() -> Figure:
    """The same logits three times: as they are, each row after a softmax, each column after a softmax."""
    figure = new_figure(10.4, 4)
    plain, rows, columns = figure.subplots(1, 3)
    square(plain, "logits", LOGITS, 0, 5)
    for axes, axis, title in ((rows, 1, "picture → text"), (columns, 0, "text → picture")):
        shares = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=axis, keepdims=True)
        every = ("column", "row")[axis]
        square(axes, f"{title}: softmax\nof every {every}", shares, 2, 1)
        for line in range(4):
            left, bottom, width, height = (-0.48, line - 0.46, 3.96, 0.92) if axis else (line - 0.46, -0.48, 0.92, 3.96)
            axes.add_patch(Rectangle((left, bottom), width, height, fill=False, ec=QUIET_COLOUR, lw=1.5))
            axes.add_patch(Rectangle((line - 0.4, line - 0.4), 0.8, 0.8, fill=False, ec=MATCH_COLOUR, lw=3))
    return described(
        figure,
        "Logits of four pictures and four texts, their softmax along every row and along every column: picture 1 "
        "gives its own text a share of 0.92, while text 1, which goes with every picture, gives its own only 0.48.",
    )


START_ANGLES = torch.tensor([[0.1, 1.2], [2.0, 0.6], [2.9, 4.2]])  # radians, of each picture and its text


def draw_pull_and_push(loss: Callable[[Tensor, Tensor, float], Tensor]) -> Figure:
    """Three pairs on a circle: where a step of training turns them, and where 200 steps take them."""
    moved, turns = after_200_steps(loss), -turning(loss, START_ANGLES)
    figure = new_figure(9.6, 5.2)
    left, right = figure.subplots(1, 2)
    put_on_circle(left, "where they start", START_ANGLES, turns / turns.abs().max().clamp(min=1e-9))
    put_on_circle(right, "after 200 steps", moved, torch.zeros(3, 2))
    marks = [
        Line2D([], [], marker=mark, color=QUIET_COLOUR, ls="", markersize=12, label=label)
        for mark, label in zip("os", ("picture", "text"), strict=True)
    ]
    figure.legend(handles=marks, loc="outside lower center", ncols=2, fontsize=FONT, frameon=False)
    together = int(((moved[:, 0] - moved[:, 1]).cos() > 0.9).sum())
    return described(
        figure,
        "Three pairs of a picture and a text on a circle. An arrow at each shows where a step of training turns it; "
        f"after 200 steps {together} of 3 pairs have met.",
    )


def after_200_steps(loss: Callable[[Tensor, Tensor, float], Tensor]) -> Tensor:
    """The angles, float [3, 2], to which 200 steps of training turn the three pairs."""
    angles = START_ANGLES.clone()
    for _ in range(200):
        angles -= 0.3 * turning(loss, angles)
    return angles


def turning(loss: Callable[[Tensor, Tensor, float], Tensor], angles: Tensor) -> Tensor:
    """The gradient of the loss at scale 5 by the angles: float [pairs, 2], pictures and texts."""
    angles = angles.clone().requires_grad_()
    points = torch.stack([angles.cos(), angles.sin()], dim=-1)  # [pairs, 2, 2]
    return torch.autograd.grad(loss(points[:, 0], points[:, 1], 5.0), angles)[0]


def put_on_circle(axes: Axes, title: str, angles: Tensor, turns: Tensor) -> None:
    """Pictures as discs inside, texts as squares outside, each with its pair's number and colour.

    turns: -1 to 1, 0 for no arrow. The arrows lie beside the circle, where no mark hides them, the longer the stronger.
    """
    axes.add_patch(Circle((0, 0), 1, fill=False, ec=OTHER_COLOUR))
    for pair, kind in np.ndindex(3, 2):
        angle, turn, colour = float(angles[pair, kind]), float(turns[pair, kind]), PAIR_COLOURS[pair]
        radius = (0.91, 1.09)[kind]  # a pair that met stands side by side
        x, y = radius * np.cos(angle), radius * np.sin(angle)
        axes.plot(x, y, "os"[kind], color=colour, markersize=19, zorder=3)
        axes.text(x, y, str(pair), ha="center", va="center", color="white", fontsize=FONT, weight="bold", zorder=4)
        if turn:
            beside = (0.72, 1.28 + 0.14 * pair)[kind]  # neighbours' arrows cross nowhere
            end = angle + np.sign(turn) * (0.3 + 0.4 * abs(turn))
            ends = [(beside * np.cos(a), beside * np.sin(a)) for a in (angle, end)]
            bend = f"arc3,rad={0.15 * np.sign(turn)}"
            arrow = FancyArrowPatch(
                *ends, arrowstyle="-|>", mutation_scale=18, connectionstyle=bend, shrinkA=0, shrinkB=0
            )
            arrow.set(color=colour, linewidth=3, zorder=5)
            axes.add_patch(arrow)
    axes.set(xlim=(-1.7, 1.7), ylim=(-1.65, 1.65), aspect="equal")
    axes.set_title(title, fontsize=FONT)
    axes.set_axis_off()


def draw_temperatures(row: Tensor) -> Figure:
    """The softmax of one row at three scales."""
    figure = new_figure(9.5, 3.2)
    firsts = []
    for axes, scale in zip(figure.subplots(1, 3, sharey=True), SCALES, strict=True):
        shares = 100 * (scale * row).softmax(dim=0).cpu().numpy()
        firsts.append(f"{shares[0]:.0f} % at scale {scale}")
        axes.bar(range(len(row)), shares, color=[MATCH_COLOUR, *[OTHER_COLOUR] * (len(row) - 1)])
        dress(axes, f"scale {scale}", "caption, by cosine", "share (%)" if scale == 1 else "")
        axes.set_xticks(range(len(row)), [f"{cosine:.2f}" for cosine in row.tolist()], fontsize=FONT - 3)
        axes.set_ylim(0, 100)
    said = ", ".join(firsts)
    return described(figure, f"The shares of {len(row)} captions after a softmax: the first gets {said}.")


def draw_one_direction() -> Figure:
    """Cosines that are perfect along the rows and bad along the columns."""
    figure = new_figure(9, 4)
    titles = ("best caption of each picture: all right", "best picture of each caption: 1 of 4 right")
    numbers = ONE_DIRECTION.numpy()
    for axes, axis, title in zip(figure.subplots(1, 2), (1, 0), titles, strict=True):
        square(axes, title, numbers, 1, 1)
        for line, best in enumerate(numbers.argmax(axis=axis)):
            x, y = (best, line) if axis else (line, best)
            axes.add_patch(Circle((x, y), 0.42, fill=False, ec=MATCH_COLOUR if x == y else WRONG_COLOUR, lw=3))
    return described(
        figure,
        "The same four by four cosines twice: the best of every row lies on the diagonal, the best of every column is "
        "picture 0.",
    )


def draw_half_losses() -> Figure:
    """Recall of small CLIPs trained with both halves of the loss, or with one: kept in half_loss.json."""
    lines = json.loads(KEPT.read_text(encoding="utf-8"))
    figure = new_figure(9.6, 4.2)
    asked = {"text_to_image": "text → picture", "image_to_text": "picture → text"}
    said = []
    for axes, (key, title) in zip(figure.subplots(1, 2, sharey=True), asked.items(), strict=True):
        for place, (half, colour) in enumerate(zip(HALVES, (MATCH_COLOUR, IMAGE_COLOUR, TEXT_COLOUR), strict=True)):
            means = []
            for step, rate in enumerate(RATES):
                found = [100 * line[key] for line in lines if line["loss"] == half and line["rate"] == rate]
                x = step + 0.16 * (place - 1)
                axes.plot([x] * len(found), found, "o", color=colour, markersize=6, alpha=0.6)
                means.append((x, float(np.mean(found))))
            axes.plot(*zip(*means, strict=True), "-", color=colour, lw=2, label=f"trained on {half}")
            said.append(f"{title} {', '.join(f'{mean:.0f}' for _, mean in means)} with {half}")
        dress(axes, f"asked: {title}", "learning rate", "R@1 (%)" if key == "text_to_image" else "")
        axes.set_xticks(range(len(RATES)), [f"{rate:g}" for rate in RATES])
    figure.axes[0].set_ylim(0, 108 * max(line[key] for line in lines for key in asked))  # both have it
    legend_below(figure, figure.axes[0])
    rates = ", ".join(f"{rate:g}" for rate in RATES)
    return described(figure, f"Recall at 1 among {GALLERY}, at the rates {rates}, mean of seeds: {'; '.join(said)}.")
