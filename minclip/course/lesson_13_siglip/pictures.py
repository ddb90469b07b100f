"""The pictures of lesson 13: pairs as questions, pull and push by the bias, blocks of a batch, the probe's looks."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from minclip.course.lesson_05_symmetric_infonce.pictures import after_200_steps, draw_pull_and_push
from minclip.course.lesson_13_siglip.small_siglip import BATCH, KEPT, RATES, STARTS
from minclip.course.tensor_boxes import Box, draw_tensors
from minclip.figures.look import (
    FONT,
    IMAGE_COLOUR,
    MATCH_COLOUR,
    OTHER_COLOUR,
    SCORE_COLOURS,
    SERIES_COLOURS,
    SIGNED_COLOURS,
    TEXT_COLOUR,
    WRONG_COLOUR,
    described,
    dress,
    legend_below,
    new_figure,
    write_in_cell,
)

COSINES = torch.tensor([[0.9, 0.8, 0.1], [0.2, 0.7, 0.1], [0.1, 0.2, 0.2]])  # text 1 fits picture 0, too
SHOWN_SCALE, SHOWN_BIAS = 10.0, -5.0


def square(axes: Axes, numbers: np.ndarray, title: str, frame: str = "", digits: int = 2) -> None:
    """Numbers of three pictures, the rows, and three texts. frame: what shares one softmax, "row" or "cell"."""
    palest = 1.8  # so the fullest blue is light enough for black letters
    axes.imshow(numbers, cmap=SCORE_COLOURS, vmin=0, vmax=palest)
    for row, column in np.ndindex(*numbers.shape):
        number = float(numbers[row, column])
        write_in_cell(axes, row, column, f"{number:.{digits}f}", number / palest)
        if frame == "cell":
            colour = MATCH_COLOUR if row == column else WRONG_COLOUR
            axes.add_patch(Rectangle((column - 0.45, row - 0.45), 0.9, 0.9, fill=False, ec=colour, lw=2.5))
    if frame == "row":
        for row in range(len(numbers)):
            axes.add_patch(
                Rectangle((-0.46, row - 0.45), len(numbers) - 0.08, 0.9, fill=False, ec=IMAGE_COLOUR, lw=2.5)
            )
    name_sides(axes, title)


def name_sides(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize=FONT)
    axes.set(xticks=range(3), yticks=range(3))
    axes.tick_params(length=0)
    axes.set_xlabel("texts", fontsize=FONT, color=TEXT_COLOUR)
    axes.set_ylabel("pictures", fontsize=FONT, color=IMAGE_COLOUR)


def draw_two_questions() -> Figure:
    """Cosines, and the same ones through a softmax of each row, and through a sigmoid of each cell."""
    figure = new_figure(12.6, 4.6)
    first, left, right = figure.subplots(1, 3)
    square(first, COSINES.numpy(), "cosines", digits=1)
    softmax = (SHOWN_SCALE * COSINES).softmax(dim=1).numpy()
    sigmoid = (SHOWN_SCALE * COSINES + SHOWN_BIAS).sigmoid().numpy()
    square(left, softmax, f"softmax of {SHOWN_SCALE:g} · cosine", "row")
    square(right, sigmoid, f"sigmoid of {SHOWN_SCALE:g} · cosine - {-SHOWN_BIAS:g}", "cell")
    frames = {"shares one softmax": IMAGE_COLOUR, "own text": MATCH_COLOUR, "another text": WRONG_COLOUR}
    handles = [Rectangle((0, 0), 1, 1, fill=False, ec=colour, lw=2.5, label=name) for name, colour in frames.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=FONT - 1, frameon=False)
    rows = "; ".join(", ".join(f"{number:.1f}" for number in row) for row in COSINES.tolist())
    return described(
        figure,
        f"The cosines of three pictures and three texts, row by row: {rows}. Beside them the same ones twice. "
        f"After a softmax each row sums to one: picture 0 "
        f"gives its own text {softmax[0, 0]:.2f} and text 1 {softmax[0, 1]:.2f}. After a sigmoid each cell is alone: "
        f"both get a yes, {sigmoid[0, 0]:.2f} and {sigmoid[0, 1]:.2f}, and picture 2 gets no yes at all.",
    )


def draw_signs() -> Figure:
    """The logits of section 1, the signs z, and their product: what the sigmoid reads."""
    logits = (SHOWN_SCALE * COSINES + SHOWN_BIAS).numpy()
    signs = 2 * np.eye(len(logits)) - 1
    figure = new_figure(12.6, 4.2)
    titles = (f"logits: {SHOWN_SCALE:g} · cosine - {-SHOWN_BIAS:g}", "z, the signs", "z · logit")
    for axes, numbers, title in zip(figure.subplots(1, 3), (logits, signs, signs * logits), titles, strict=True):
        axes.imshow(numbers, cmap=SIGNED_COLOURS, vmin=-10, vmax=10)
        for row, column in np.ndindex(*numbers.shape):
            axes.text(column, row, f"{numbers[row, column]:+.0f}", ha="center", va="center", fontsize=FONT)
        name_sides(axes, title)
    figure.axes[1].set_ylabel("×", fontsize=2 * FONT, rotation=0, labelpad=16, color="black")
    figure.axes[2].set_ylabel("=", fontsize=2 * FONT, rotation=0, labelpad=16, color="black")
    return described(
        figure,
        "Three squares of pictures and texts. The logits have either sign. z is +1 on the diagonal and -1 elsewhere. "
        f"Their product is below 0 where the answer is wrong: {signs[0, 1] * logits[0, 1]:.0f} for picture 0 with "
        f"text 1, {logits[2, 2]:.0f} for pair 2.",
    )


def draw_circle(loss: Callable[[Tensor, Tensor, float], Tensor]) -> Figure:
    """Lesson 05's three pairs on a circle; says how close two different pairs end."""
    figure = draw_pull_and_push(loss)
    angles = after_200_steps(loss)
    cosines = (angles[:, :1] - angles[:, 1]).cos()
    closest = cosines[~torch.eye(3, dtype=torch.bool)].max()
    said = f"The closest picture and text of different pairs then have a cosine of {closest:.2f}."
    return described(figure, f"{figure.get_label()} {said}")


def draw_balance(batch_size: int, biases: dict[str, float]) -> Figure:
    """How strongly a fresh model's right text pulls, and all others push, for several starts of the bias."""
    figure = new_figure(8.4, 3.6)
    axes = figure.subplots()
    pulls = [1 / (1 + np.exp(bias)) for bias in biases.values()]  # 1 - σ(bias)
    pushes = [(batch_size - 1) / (1 + np.exp(-bias)) for bias in biases.values()]
    places = np.arange(len(biases))
    for numbers, shift, colour, label in (
        (pulls, -0.2, MATCH_COLOUR, "pull of the right text"),
        (pushes, 0.2, WRONG_COLOUR, f"push of the {batch_size - 1} others together"),
    ):
        bars = axes.barh(places + shift, numbers, 0.36, color=colour, label=label)
        axes.bar_label(bars, [f"{number:.3g}" for number in numbers], padding=4, fontsize=FONT - 1)
    axes.set_yticks(places, list(biases), fontsize=FONT)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.15 * max(*pulls, *pushes))
    dress(axes, f"a fresh model, {batch_size} pairs", "size of the gradient at the logits", "bias")
    legend_below(figure, axes)
    said = "; ".join(
        f"at {name} {pull:.3g} against {push:.3g}" for name, pull, push in zip(biases, pulls, pushes, strict=True)
    )
    return described(figure, f"Pull of the right text against the push of the {batch_size - 1} others: {said}.")


def draw_blocks(devices: int = 4) -> Figure:
    """Which part of a batch's table each device computes, step by step: the texts travel around."""
    figure = new_figure(10.4, 3.2)
    colours = [SERIES_COLOURS[i] for i in (0, 1, 4, 5)]
    for step, axes in enumerate(figure.subplots(1, devices)):
        for row, column in np.ndindex(devices, devices):
            now = column == (row + step) % devices
            before = any(column == (row + earlier) % devices for earlier in range(step))
            colour = colours[row] if now else OTHER_COLOUR if before else "white"
            axes.add_patch(Rectangle((column, row), 0.94, 0.94, fc=colour, ec=OTHER_COLOUR))
            if now and step == 0:
                axes.text(column + 0.47, row + 0.47, "+", ha="center", va="center", fontsize=FONT + 4, color="white")
        axes.set(xlim=(-0.1, devices + 0.05), ylim=(devices + 0.05, -0.1), aspect="equal")
        axes.set_xticks([i + 0.47 for i in range(devices)], [f"T{i}" for i in range(devices)], fontsize=FONT - 1)
        axes.set_yticks(
            [i + 0.47 for i in range(devices)], [f"device {i}" if step == 0 else "" for i in range(devices)]
        )
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_title(f"step {step + 1}", fontsize=FONT)
    return described(
        figure,
        f"The table of a batch in {devices} by {devices} blocks, at {devices} steps. Each device has the pictures of "
        f"its row. In the first step it meets its own texts, with the right pairs on the diagonal; in each later step "
        f"the texts of one other device, all of them wrong. After {devices} steps every block is done once.",
    )


def draw_pooling() -> Figure:
    """The probe asks all tokens; one vector comes of it."""
    probe = Box("probe", ("1", "width"), TEXT_COLOUR, "learned, the query")
    tokens = Box("tokens", ("tokens", "width"), IMAGE_COLOUR, "keys and values")
    pooled = Box("one vector", ("1", "width"), MATCH_COLOUR)
    steps: list[Box | str] = [probe, "asks", tokens, "→", pooled, "+ MLP of it"]
    return draw_tensors(steps, {"1": 1, "tokens": 6, "width": 8})


def draw_starts(lines: Sequence[dict[str, Any]] | None = None) -> Figure:
    """Recall and the learned bias of small CLIPs that began with three biases: kept in bias_start.json."""
    lines = lines or json.loads(KEPT.read_text(encoding="utf-8"))
    figure = new_figure(9.6, 4.0)
    said = []
    asked = (("recall", "own caption among 100 (R@1, %)"), ("moved", "bias after 150 steps"))
    for axes, (key, label) in zip(figure.subplots(1, 2), asked, strict=True):
        for place, (start, colour) in enumerate(zip(STARTS, (WRONG_COLOUR, MATCH_COLOUR, IMAGE_COLOUR), strict=True)):
            means = []
            for step, rate in enumerate(RATES):
                runs = [line for line in lines if line["start"] == start and line["rate"] == rate]
                found = [100 * run["image_to_text"] if key == "recall" else run["bias"] for run in runs]
                x = step + 0.16 * (place - 1)
                axes.plot([x] * len(found), found, "o", color=colour, markersize=6, alpha=0.6)
                means.append((x, float(np.mean(found))))
            axes.plot(*zip(*means, strict=True), "-", color=colour, lw=2, label=f"from {start}")
            said.append(f"{label}, from {start}: {', '.join(f'{mean:.1f}' for _, mean in means)}")
        dress(axes, "", "learning rate (points moved aside)", label)
        axes.set_xticks(range(len(RATES)), [f"{rate:g}" for rate in RATES])
    figure.axes[0].set_ylim(bottom=0)
    legend_below(figure, figure.axes[0])
    rates = ", ".join(f"{rate:g}" for rate in RATES)
    return described(
        figure, f"Small CLIPs, {BATCH} pairs a step, at the rates {rates}, mean of seeds: {'; '.join(said)}."
    )
