"""The figures of a run's report and of the pages, as functions that return a matplotlib Figure.

They use neither pyplot nor global state. `figure.savefig(path)` works without a screen, and a notebook shows the
returned figure. look.py has the palette and the helpers that all figures share.
"""

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from minclip.data.arguments import whole_number
from minclip.figures.look import (
    FONT,
    IMAGE_COLOUR,
    MATCH_COLOUR,
    OTHER_COLOUR,
    QUIET_COLOUR,
    SCORE_COLOURS,
    SERIES_COLOURS,
    TEXT_COLOUR,
    WRONG_COLOUR,
    add_minutes,
    as_numbers,
    check_lengths,
    described,
    dress,
    new_figure,
    series,
    show_picture,
    write_in_cell,
)

# keys of the log that measure a running training: (key, what it is, line and marker)
RECALLS = ((f"R@{k}", f"retrieval R@{k}, mean of both ways", "--s") for k in (1, 5, 10))
WATCHED = (("zero_shot", "zero-shot accuracy", "-o"), *RECALLS)


def plot_curves(log: Sequence[Mapping[str, Any]]) -> Figure:
    """Loss, temperature and validation scores (zero-shot accuracy, recall) of a run against the samples seen.

    log: the lines of log.jsonl, such as {"step": 100, "samples": 25600, "loss": 4.2, "logit_scale": 2.66,
    "seconds": 12.3} and {"step": 200, "samples": 51200, "zero_shot": 0.41}. Any key may be absent.
    """
    if not (log := [line for line in log if isinstance(line, Mapping) and "samples" in line]):
        raise ValueError('log is empty: it needs lines with "samples" and "loss", as in a run\'s log.jsonl')
    figure = new_figure(8, 9)
    loss, temperature, right = figure.subplots(3, 1, sharex=True)
    samples, nats = series(log, "loss")
    loss.plot(samples, nats, color=IMAGE_COLOUR, marker="o" if len(nats) == 1 else None)
    dress(loss, "Loss", "", "loss (nats)")
    steps = [line for line in log if line.get("step")]
    if steps:
        batch_size = round(steps[0]["samples"] / steps[0]["step"])
        level = math.log(batch_size)
        loss.axhline(level, color=QUIET_COLOUR, linestyle="--")
        said = f"guessing: ln {batch_size} = {level:.2f}"
        place = loss.get_yaxis_transform()  # x as a share of the axes, y in nats
        loss.text(1, level, said, transform=place, ha="right", va="bottom", color=QUIET_COLOUR, fontsize=FONT - 1)
        loss.margins(y=0.12)
    samples, logit_scale = series(log, "logit_scale")
    temperature.plot(samples, np.exp(-logit_scale), color=TEXT_COLOUR, marker="o" if len(samples) == 1 else None)
    dress(temperature, "Temperature, learned: 1 / exp(logit_scale)", "", "temperature")
    for key, name, look in WATCHED:
        samples, share = series(log, key)
        if len(samples):
            right.plot(samples, 100 * share, look, color=MATCH_COLOUR, label=name)
    if right.lines:
        right.legend(fontsize=FONT - 1, frameon=False)
    else:
        right.text(0.5, 0.5, "not evaluated yet", transform=right.transAxes, ha="center", fontsize=FONT)
    right.set_ylim(0, 100)
    dress(right, "Validation", "samples seen (thousands)", "right answers (%)")
    add_minutes(right, *series(log, "seconds"))
    ends = f"from {nats[0]:.2f} to {nats[-1]:.2f}" if len(nats) else "not logged"
    return described(figure, f"Loss ({ends}), temperature and validation scores against the samples seen.")


def plot_samples(images: Sequence[Any], captions: Sequence[str], columns: int = 6) -> Figure:
    """A page of pictures, each with its caption below."""
    check_lengths(images=images, captions=captions)
    columns = min(whole_number("columns", columns), len(images))
    rows = math.ceil(len(images) / columns)
    figure = new_figure(1.9 * columns, 2.5 * rows)
    for place, (image, caption) in enumerate(zip(images, captions, strict=True), start=1):
        axes = figure.add_subplot(rows, columns, place)
        show_picture(axes, image)
        said = textwrap.fill(textwrap.shorten(caption, 66, placeholder=" ..."), 22)
        axes.set_xlabel(said, fontsize=FONT - 1)
    return described(figure, f"{len(images)} pictures with their captions: {'; '.join(captions)}.")


def plot_similarity(images: Sequence[Any], texts: Sequence[str], similarity: np.ndarray) -> Figure:
    """The similarity of every text with every picture. Where both lists have one length, the pairs are framed.

    images: pictures; texts: captions; similarity: float [images, texts], cosines or logits. The figure has texts as
    rows and pictures as columns.
    """
    scores = as_numbers(similarity, "similarity").T  # [texts, images]
    if scores.shape != (len(texts), len(images)) or scores.size == 0:
        raise ValueError(f"similarity must be [{len(images)}, {len(texts)}], found {list(np.shape(similarity))}")
    columns, rows = len(images), len(texts)
    figure = new_figure(3.2 + columns, 0.8 + 0.75 * (rows + 1))
    grid = figure.add_gridspec(2, columns, height_ratios=[1, 0.75 * rows])
    for column, image in enumerate(images):
        show_picture(figure.add_subplot(grid[0, column]), image)
    axes = figure.add_subplot(grid[1, :])
    axes.imshow(scores, cmap=SCORE_COLOURS, aspect="auto")
    axes.set(xticks=[])
    axes.set_yticks(range(rows), [textwrap.fill(text, 28) for text in texts], fontsize=FONT - 1)
    axes.set_xlabel("pictures", fontsize=FONT, color=IMAGE_COLOUR)
    axes.set_ylabel("texts", fontsize=FONT, color=TEXT_COLOUR)
    shades = (scores - scores.min()) / max(np.ptp(scores), 1e-9)  # 0 to 1, as imshow colours them
    for row, column in np.ndindex(rows, columns):
        write_in_cell(axes, row, column, f"{scores[row, column]:z.2f}", shades[row, column])
        if row == column and rows == columns:
            axes.add_patch(Rectangle((column - 0.47, row - 0.44), 0.94, 0.88, fill=False, lw=3, ec=MATCH_COLOUR))
    rows_said = (f"{text}: {', '.join(f'{x:z.2f}' for x in row)}" for text, row in zip(texts, scores, strict=True))
    return described(figure, f"Similarity of {rows} texts with {columns} pictures. {'; '.join(rows_said)}.")


def plot_predictions(
    images: Sequence[Any],
    probabilities: np.ndarray,
    names: Sequence[str],
    truths: Sequence[int],
    columns: int = 3,
) -> Figure:
    """A page of pictures with their three likeliest names. The true name is green, a wrong first one vermilion.

    probabilities: float [images, names], rows sum to one; truths: the index of every picture's true name.
    """
    probabilities = as_numbers(probabilities, "probabilities")
    check_lengths(images=images, probabilities=probabilities, truths=truths)
    if probabilities.shape[1:] != (len(names),):
        raise ValueError(f"probabilities must be [{len(images)}, {len(names)}], found {list(probabilities.shape)}")
    columns = min(whole_number("columns", columns), len(images))
    rows = math.ceil(len(images) / columns)
    figure = new_figure(2.9 * columns, 3.6 * rows)
    grid = figure.add_gridspec(2 * rows, columns, height_ratios=[2.4, 1] * rows)
    for place, (image, shares, truth) in enumerate(zip(images, probabilities, truths, strict=True)):
        row, column = divmod(place, columns)
        picture, bars = (
            figure.add_subplot(grid[2 * row, column]),
            figure.add_subplot(grid[2 * row + 1, column]),
        )
        show_picture(picture, image)
        picture.set_title(names[truth], fontsize=FONT)
        best = np.argsort(-shares, kind="stable")[:3]
        colours = [MATCH_COLOUR if i == truth else OTHER_COLOUR for i in best]
        colours[0] = MATCH_COLOUR if best[0] == truth else WRONG_COLOUR
        bars.barh(range(len(best)), 100 * shares[best], color=colours)
        for y, i in enumerate(best):
            bars.text(2, y, f"{names[i]}  {100 * shares[i]:.0f} %", va="center", fontsize=FONT - 1)
        bars.set(xlim=(0, 100), ylim=(len(best) - 0.5, -0.5), xticks=[], yticks=[])
        bars.spines[["top", "right", "bottom"]].set_visible(False)
    first = [names[i] for i in probabilities.argmax(axis=1)]
    said = "; ".join(f"{names[truth]} is taken for {name}" for truth, name in zip(truths, first, strict=True))
    return described(figure, f"Pictures with their three likeliest names. {said}.")


MOST_NAMED = 150  # classes: the names of more cannot be read in a picture of any size


def plot_confusion(matrix: np.ndarray, names: Sequence[str]) -> Figure:
    """How often a true class (row) was taken for another (column), in percent of the row.

    matrix: int [classes, classes], from `confusion_matrix`. Of more than MOST_NAMED classes no name is written.
    """
    matrix = as_numbers(matrix, "matrix")
    if matrix.shape != (len(names), len(names)) or not len(names):
        raise ValueError(f"matrix must be [{len(names)}, {len(names)}], found {list(matrix.shape)}")
    totals = matrix.sum(axis=1, keepdims=True)
    percent = 100 * np.divide(matrix, totals, out=np.zeros_like(matrix), where=totals > 0)
    side = max(6.0, 2.5 + 0.24 * min(len(names), MOST_NAMED))
    figure = new_figure(side + 0.8, side)
    axes = figure.subplots()
    drawn = axes.imshow(percent, cmap=SCORE_COLOURS, vmin=0, vmax=100)
    size = FONT if len(names) <= 15 else 9
    if len(names) <= MOST_NAMED:  # parse_math: a $ in a name is a character
        axes.set_xticks(range(len(names)), names, rotation=90, fontsize=size, parse_math=False)
        axes.set_yticks(range(len(names)), names, fontsize=size, parse_math=False)
    axes.set_xlabel("taken for", fontsize=FONT)
    axes.set_ylabel("true class", fontsize=FONT)
    if len(names) <= 15:
        for row, column in np.argwhere(percent >= 0.5):
            write_in_cell(axes, row, column, f"{percent[row, column]:.0f}", percent[row, column] / 100)
    figure.colorbar(drawn, ax=axes, shrink=0.7).set_label("share of the true class (%)", fontsize=FONT)
    right = 100 * np.trace(matrix) / max(matrix.sum(), 1)
    return described(figure, f"Confusion matrix of {len(names)} classes; {right:.0f} % lie on the diagonal.")


def plot_retrieval(
    queries: Sequence[str], images: Sequence[Sequence[Any]], hits: Sequence[Sequence[bool]] | np.ndarray
) -> Figure:
    """The pictures that were found: a row per query, nearest first. The query's own picture is framed.

    images: [queries][k] pictures in the order found; hits: bool [queries, k], whether a picture is the query's own.
    """
    check_lengths(queries=queries, images=images, hits=hits)
    k = max(len(found) for found in images)
    figure = new_figure(2.4 + 1.3 * k, 1.55 * len(queries) + 0.3)
    axes = figure.subplots(len(queries), k + 1, squeeze=False, width_ratios=[1.8] + [1] * k)
    for row, query, found, own in zip(axes, queries, images, hits, strict=True):
        check_lengths(images=found, hits=own)
        for cell in row:
            cell.set_axis_off()
        row[0].text(0, 0.5, textwrap.fill(str(query), 18), va="center", fontsize=FONT)
        for cell, image, hit in zip(row[1:], found, own, strict=False):
            cell.set_axis_on()
            show_picture(cell, image, frame=MATCH_COLOUR if hit else None)
    for place, cell in enumerate(axes[0, 1:], start=1):
        cell.set_title(f"{place}", fontsize=FONT)
    return described(figure, f"The {k} nearest pictures of each query, a row per query: {'; '.join(queries)}.")


def plot_budget(points: Sequence[Mapping[str, Any]], chance: float | None = None) -> Figure:
    """Accuracy against the number of training samples. Points of one name are joined.

    points: {"name": str, "samples": int, "accuracy": fraction, "low": fraction, "high": fraction};
    chance: fraction.
    """
    check_lengths(points=points)
    figure = new_figure(8, 5)
    axes = figure.subplots()
    for place, name in enumerate(dict.fromkeys(point["name"] for point in points)):
        line = sorted((point for point in points if point["name"] == name), key=lambda point: point["samples"])
        samples, share, low, high = (
            np.array([float(point[key]) for point in line]) for key in ("samples", "accuracy", "low", "high")
        )
        marker = "osD^vPX"[place % 7]  # shapes for readers who cannot tell the colours apart
        axes.errorbar(samples, 100 * share, 100 * np.stack([share - low, high - share]), label=name,
                      color=SERIES_COLOURS[place % 7], marker=marker, markersize=8, capsize=4)  # fmt: skip
    if chance is not None:
        axes.axhline(100 * chance, color=QUIET_COLOUR, linestyle="--", label=f"chance {100 * chance:.1f} %")
    axes.set_ylim(0, 100)
    axes.set_xscale("log")  # a run is usually two or four times as long as the last
    axes.set_xticks(sorted({point["samples"] for point in points}))
    axes.set_xticks([], minor=True)
    axes.xaxis.set_major_formatter(lambda samples, _: f"{samples / 1000:,.0f}")
    axes.legend(fontsize=FONT - 1, frameon=False)
    dress(
        axes, "Accuracy by samples, with 95 % intervals", "thousands of samples trained on (log scale)", "accuracy (%)"
    )
    names = ", ".join(dict.fromkeys(str(point["name"]) for point in points))
    return described(figure, f"Accuracy against the number of training samples, a line each: {names}.")
