"""The pictures of lesson 09: a mean on the circle, templates alone and together, styles, a search."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch

from minclip.course.lesson_09_prompt_ensembling.templates import KINDS
from minclip.course.tensor_boxes import Box, draw_tensors
from minclip.figures.look import (
    FONT,
    IMAGE_COLOUR,
    MATCH_COLOUR,
    OTHER_COLOUR,
    QUIET_COLOUR,
    SERIES_COLOURS,
    TEXT_COLOUR,
    WRONG_COLOUR,
    described,
    dress,
    legend_below,
    new_figure,
)

ANGLES = (0.25, 0.6, 1.35)  # radians, of the three prompts on the circle


def draw_shapes() -> Figure:
    """Prompts of several classes, and one direction for each class."""
    prompts = Box("features", ("classes", "prompts", "embed_dim"), TEXT_COLOUR, "each of length 1")
    classes = Box("classes", ("classes", "embed_dim"), MATCH_COLOUR, "of length 1 again")
    return draw_tensors([prompts, "mean over the prompts →", classes], {"classes": 4, "prompts": 3, "embed_dim": 7})


def draw_mean() -> Figure:
    """Three unit features on a circle, their mean, and the mean brought to length one."""
    figure = new_figure(8.8, 4.2)
    points = np.array([[np.cos(a), np.sin(a)] for a in ANGLES])
    mean = points.mean(axis=0)
    length = float(np.linalg.norm(mean))
    left, right = figure.subplots(1, 2)
    for axes, end, title in (
        (left, mean, f"the mean: length {length:.2f}"),
        (right, mean / length, "of length 1 again"),
    ):
        axes.add_patch(Circle((0, 0), 1, fill=False, ec=OTHER_COLOUR))
        for number, point in enumerate(points):
            arrow(axes, point, TEXT_COLOUR)
            axes.text(*(1.1 * point), f"prompt {number}", fontsize=FONT - 2, va="center")
        arrow(axes, end, MATCH_COLOUR)
        axes.set(xlim=(-0.15, 1.6), ylim=(-0.15, 1.2), aspect="equal")
        axes.set_title(title, fontsize=FONT)
        axes.set_axis_off()
    return described(
        figure, f"Three arrows of length 1 and their mean, which has length {length:.2f}; then the mean with length 1."
    )


def arrow(axes: Axes, end: np.ndarray, colour: str) -> None:
    axes.add_patch(FancyArrowPatch((0, 0), tuple(end), arrowstyle="-|>", mutation_scale=18, shrinkA=0, shrinkB=0,
                                   color=colour, lw=3))  # fmt: skip


def draw_alone(accuracies: Mapping[str, float]) -> Figure:
    """Accuracy of every template alone, by its kind, and of the bare name. accuracies: template -> share."""
    figure = new_figure(9.6, 4.4)
    axes = figure.subplots()
    bare = 100 * accuracies["{}"]
    span = 100 * (max(accuracies.values()) - min(accuracies.values()))
    said = []
    for row, (kind, group) in enumerate(KINDS.items()):
        found = sorted((100 * accuracies[template], template) for template in group)
        shares = [share for share, _ in found]
        axes.plot(shares, [row] * len(found), "o", color=SERIES_COLOURS[row], markersize=9, alpha=0.6)
        side = "right" if abs(bare - shares[0]) < span / 10 else "center"  # the dashed line runs through no label
        axes.text(shares[0], row + 0.18, found[0][1], ha=side, va="top", fontsize=FONT - 2)
        axes.text(max(bare, shares[-1]) + span / 50, row, found[-1][1], va="center", fontsize=FONT - 2)
        said.append(f"{kind}: from {shares[0]:.0f} with {found[0][1]!r} to {shares[-1]:.0f} with {found[-1][1]!r}")
    axes.axvline(bare, color=QUIET_COLOUR, ls="--")
    axes.text(bare + span / 50, len(KINDS) - 0.45, "bare name", fontsize=FONT - 2, color=QUIET_COLOUR)
    dress(axes, "each template alone", "right answers (%)", "")
    axes.set_yticks(range(len(KINDS)), KINDS, fontsize=FONT)
    axes.set_ylim(len(KINDS) - 0.4, -0.6)
    shares = [100 * share for share in accuracies.values()]
    axes.set_xlim(min(shares) - span / 6, max(shares) + span / 4)
    return described(figure, f"Accuracy in percent of each template alone; bare name {bare:.0f}; {'; '.join(said)}.")


def draw_by_number(
    numbers: Sequence[int], found: Mapping[str, Sequence[Sequence[float]]], bare: Mapping[str, float]
) -> Figure:
    """Accuracy by number of templates. found: pictures -> for each number the accuracies of its draws."""
    figure = new_figure(9.6, 4)
    said: list[str] = []
    for axes, (pictures, draws) in zip(figure.subplots(1, len(found)), found.items(), strict=True):
        means = [100 * float(np.mean(some)) for some in draws]
        spreads = [100 * float(np.std(some)) for some in draws]
        axes.errorbar(numbers, means, spreads, fmt="o-", color=IMAGE_COLOUR, capsize=4, label="mean of random draws")
        axes.axhline(100 * bare[pictures], color=QUIET_COLOUR, ls="--", label="bare name")
        axes.set_xscale("log", base=2)
        axes.set_xticks(numbers, [str(number) for number in numbers])
        dress(axes, pictures, "templates", "right answers (%)" if not said else "")
        pairs = zip(numbers, means, spreads, strict=True)
        said.append(f"{pictures}: " + ", ".join(f"{mean:.0f} ± {spread:.0f} with {n}" for n, mean, spread in pairs))
    legend_below(figure, figure.axes[0])
    return described(
        figure, f"Accuracy in percent by number of templates, with one standard deviation. {'; '.join(said)}."
    )


def draw_styles(styles: Sequence[str], found: Mapping[str, Sequence[float]], unseen: int) -> Figure:
    """Accuracy of several ways to ask on the pictures of each style; the last `unseen` styles are not of training."""
    figure = new_figure(9.6, 4.4)
    axes = figure.subplots()
    width = 0.8 / len(found)
    for place, (way, shares) in enumerate(found.items()):
        x = np.arange(len(styles)) + width * (place - (len(found) - 1) / 2)
        axes.bar(x, [100 * share for share in shares], width, color=SERIES_COLOURS[place], label=way)
    axes.axvline(len(styles) - unseen - 0.5, color=QUIET_COLOUR, ls="--")
    axes.text(len(styles) - unseen - 0.4, 103, "never seen", fontsize=FONT - 2, color=QUIET_COLOUR)
    dress(axes, "", "", "right answers (%)")
    axes.set_ylim(0, 110)
    axes.set_xticks(range(len(styles)), styles, rotation=40, ha="right", fontsize=FONT - 1)
    legend_below(figure, axes)
    said = (f"{way} {', '.join(f'{s} {100 * x:.0f}' for s, x in zip(styles, shares, strict=True))}"
            for way, shares in found.items())  # fmt: skip
    return described(figure, f"Accuracy in percent by style, for {len(found)} ways to ask: {'; '.join(said)}.")


def draw_search(gains: Mapping[int, Sequence[tuple[float, float]]]) -> Figure:
    """What a search gained over the bare name where it searched, and on the test pictures, in percentage points.

    gains: number of pictures searched on -> (gain there, gain on test) of each draw.
    """
    figure = new_figure(8.6, 3.8)
    axes = figure.subplots()
    said = []
    for place, (number, pairs) in enumerate(gains.items()):
        for shift, index, colour, words in (
            (-0.12, 0, WRONG_COLOUR, "where it searched"),
            (0.12, 1, MATCH_COLOUR, "on test"),
        ):
            points = [100 * pair[index] for pair in pairs]
            label = words if place == 0 else None
            axes.plot([place + shift] * len(points), points, "o", color=colour, markersize=9, alpha=0.7, label=label)
            said.append(f"{number} pictures, {words}: {', '.join(f'{x:+z.0f}' for x in points)}")
        for pair in pairs:
            axes.plot([place - 0.12, place + 0.12], [100 * pair[0], 100 * pair[1]], color=OTHER_COLOUR, zorder=0)
    axes.axhline(0, color=QUIET_COLOUR, ls="--")
    dress(axes, "gain over the bare name (points)", "pictures searched on", "")
    axes.set_xticks(range(len(gains)), [str(number) for number in gains])
    axes.set_xlim(-0.6, len(gains) - 0.4)
    legend_below(figure, axes)
    return described(figure, f"Gains of searched templates over the bare name in points. {'; '.join(said)}.")
