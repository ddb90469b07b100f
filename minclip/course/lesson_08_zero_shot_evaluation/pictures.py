"""The pictures of lesson 08: the classifier, level classes, confusions, resamples, tasks with their intervals."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from minclip.course.lesson_08_zero_shot_evaluation.compared_pictures import (
    draw_directions,
    draw_labels,
    draw_photos,
    draw_unknown,
)
from minclip.course.tensor_boxes import Box, draw_tensors
from minclip.evaluation.evaluate import TaskResult, confusion_matrix
from minclip.figures.look import (
    FONT,
    IMAGE_COLOUR,
    MATCH_COLOUR,
    OTHER_COLOUR,
    QUIET_COLOUR,
    TEXT_COLOUR,
    WRONG_COLOUR,
    described,
    dress,
    legend_below,
    new_figure,
    show_picture,
)

__all__ = [
    "draw_classifier", "draw_confusions", "draw_directions", "draw_labels", "draw_level", "draw_photos",
    "draw_resamples", "draw_tasks", "draw_unknown",
]  # fmt: skip
LEVEL_SCORES = (5.0, 3.0, 3.0, 3.0, 1.0)
PLACES = (1, 2, 3, 4)


def draw_classifier() -> Figure:
    """Features of pictures, the columns of the classes, and the cosines that they make."""
    images = Box("image features", ("images", "embed_dim"), IMAGE_COLOUR, "rows of length 1")
    classifier = Box("classifier", ("embed_dim", "classes"), TEXT_COLOUR, "columns of length 1")
    cosines = Box("cosines", ("images", "classes"), MATCH_COLOUR, "highest wins")
    return draw_tensors([images, "@", classifier, "=", cosines], {"images": 6, "classes": 3, "embed_dim": 7})


def draw_level() -> Figure:
    """Five scores, three of them level: which chance has the right class to be among the k highest?"""
    figure = new_figure(9.6, 3.4)
    scores, chances = figure.subplots(1, 2, width_ratios=[1, 1.2])
    colours = [OTHER_COLOUR, MATCH_COLOUR, OTHER_COLOUR, OTHER_COLOUR, OTHER_COLOUR]
    scores.bar(range(5), LEVEL_SCORES, color=colours)
    dress(scores, "one is ahead, three are level", "class", "score")
    scores.set_xticks(range(5), ["ahead", "right", "level", "level", "behind"], fontsize=FONT - 1)
    found = [min(max((k - 1) / 3, 0), 1) for k in PLACES]
    chances.bar(range(len(PLACES)), found, color=MATCH_COLOUR)
    words = ("no place is left", "1 place for 3", "2 places for 3", "3 places for 3")
    for x, (chance, said) in enumerate(zip(found, words, strict=True)):
        chances.text(x, chance + 0.03, f"{chance:.2f}\n{said}", ha="center", va="bottom", fontsize=FONT - 2)
    dress(chances, "chance to be among the k highest", "k", "chance")
    chances.set_xticks(range(len(PLACES)), [str(k) for k in PLACES])
    chances.set_ylim(0, 1.35)
    chances.set_yticks([0, 0.5, 1])
    said = ", ".join(f"{chance:.2f} at k = {k}" for k, chance in zip(PLACES, found, strict=True))
    return described(
        figure,
        f"Five scores: one above the right class, two level with it, one below. The right class's chance: {said}.",
    )


def draw_confusions(
    pixels: np.ndarray, labels: Tensor, predictions: Tensor, names: Sequence[str], rows: int = 6, shown: int = 3
) -> Figure:
    """The commonest confusions, a row for each: pictures that were misnamed, and pictures of what they were taken for.

    pixels: uint8 [n, size, size, 3]; labels, predictions: int [n], places in names.
    """
    confusion = confusion_matrix(labels, predictions, len(names)).fill_diagonal_(0)
    places = confusion.flatten().argsort(descending=True, stable=True)[:rows]
    figure = new_figure(9.6, 1.35 * rows)
    axes = figure.subplots(rows, 2 * shown + 1, squeeze=False, width_ratios=[1] * shown + [1.6] + [1] * shown)
    said, used = [], torch.zeros(len(labels), dtype=torch.bool)  # each rightly named picture is shown once
    for row, place in zip(axes, places.tolist(), strict=True):
        true, taken = divmod(place, len(names))
        count = int(confusion[true, taken])
        wrong = ((labels == true) & (predictions == taken)).nonzero().flatten()[:shown].tolist()
        right = ((labels == taken) & (predictions == taken) & ~used).nonzero().flatten()[:shown].tolist()
        used[right] = True
        for cell in row:
            cell.set_axis_off()
        for cell, i in zip(row[shown - len(wrong) :], wrong, strict=False):
            cell.set_axis_on()
            show_picture(cell, pixels[i], frame=WRONG_COLOUR)
        for cell, i in zip(row[shown + 1 :], right, strict=False):
            cell.set_axis_on()
            show_picture(cell, pixels[i])
        words = f"{names[true]}\nis taken for\n{names[taken]}\n({count} times)"
        row[shown].text(0.5, 0.5, words, ha="center", va="center", fontsize=FONT - 1)
        said.append(f"{names[true]} is taken for {names[taken]} {count} times")
    axes[0, shown // 2].set_title("misnamed", fontsize=FONT)
    axes[0, shown + 1 + shown // 2].set_title("rightly named", fontsize=FONT)
    return described(figure, f"Pictures of the {rows} commonest confusions: {'; '.join(said)}.")


def draw_resamples(correct: Tensor, interval: tuple[float, float], resamples: int = 2000) -> Figure:
    """Shares of right answers in resamples as a histogram, the interval over it. correct: float [n]."""
    generator = torch.Generator().manual_seed(1)
    n = len(correct)
    drawn = torch.randint(n, (resamples, n), generator=generator)
    shares = 100 * correct[drawn].mean(dim=1).numpy()
    figure = new_figure(9, 3.4)
    axes = figure.subplots()
    low, high = (100 * float(end) for end in interval)
    step = 100 / n * max(1, round(n / 400))
    edges = np.arange(shares.min() - step / 2, shares.max() + step, step)
    axes.hist(shares, bins=edges.tolist(), color=OTHER_COLOUR)
    axes.axvspan(low, high, color=MATCH_COLOUR, alpha=0.15)
    for end in (low, high):
        axes.axvline(end, color=MATCH_COLOUR, lw=2)
    axes.axvline(100 * float(correct.mean()), color="black", lw=2)
    dress(axes, f"{resamples:,} resamples of {n} answers", "right answers in the resample (%)", "resamples")
    return described(
        figure,
        f"A histogram of the right answers in {resamples} resamples, {shares.min():.0f} to {shares.max():.0f} %; the "
        f"middle 95 % lie between {low:.0f} and {high:.0f} %.",
    )


def draw_tasks(results: Mapping[str, Sequence[TaskResult]]) -> Figure:
    """Accuracy of each model on each task, with 95 % intervals and the task's chance. results: model -> its tasks."""
    figure = new_figure(9.6, 4.6)
    axes = figure.subplots()
    names = [result.name for result in next(iter(results.values()))]
    said = []
    for shift, colour, (model, found) in zip((-0.14, 0.14), (IMAGE_COLOUR, TEXT_COLOUR), results.items(), strict=False):
        shares, lows, highs = (
            100 * np.array([getattr(result, key) for result in found]) for key in ("accuracy", "low", "high")
        )
        y = np.arange(len(found)) + shift
        axes.errorbar(shares, y, xerr=[shares - lows, highs - shares], fmt="o", color=colour, capsize=4, label=model)
        said.append(f"{model} {', '.join(f'{name} {share:.0f}' for name, share in zip(names, shares, strict=True))}")
    for row, result in enumerate(next(iter(results.values()))):
        chance = 100 * result.chance
        label = "chance" if row == 0 else None
        axes.plot([chance, chance], [row - 0.35, row + 0.35], color=QUIET_COLOUR, lw=2, label=label)
    dress(axes, "zero-shot accuracy, with 95 % intervals", "right answers (%)", "")
    axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names], fontsize=FONT)
    axes.invert_yaxis()
    axes.set_xlim(0, 101)
    legend_below(figure, axes)
    return described(figure, f"Accuracy in percent on {len(names)} tasks, with intervals: {'; '.join(said)}.")
