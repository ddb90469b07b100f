"""The pictures of lesson 11: the new kind, votes, strengths, epochs, new classes, the arc of weights, choices.

What takes too long for a lesson is in measured.json: `python -m benchmarks.after_training` makes it.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

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
    WRONG_COLOUR,
    described,
    dress,
    legend_below,
    new_figure,
    show_picture,
)

KEPT = Path(__file__).with_name("measured.json")
METHODS = ("zero-shot", "class means", "linear probe", "CoOp", "Tip-Adapter", "Tip-Adapter-F", "CLIP-Adapter")
COLOURS = dict(zip(METHODS, ("black", QUIET_COLOUR, *SERIES_COLOURS[:5]), strict=True))
Kept = dict[str, dict[str, list[float]]]  # label -> series -> mean, low, high; shares


def kept(claim: str) -> Kept:
    """What a kept measurement says: few_shot, learned_prompts or weight_mixing."""
    found: dict[str, Kept] = json.loads(KEPT.read_text(encoding="utf-8"))
    return found[claim]


def draw_new_kind(pixels: np.ndarray, names: Sequence[str], labels: Sequence[int], places: Sequence[int]) -> Figure:
    """Some pictures of the new kind, with their names."""
    figure = new_figure(9.6, 2.9)
    said: list[str] = []
    for axes, place in zip(figure.subplots(2, len(places) // 2).flat, places, strict=True):
        show_picture(axes, pixels[place])
        said.append(names[labels[place]])
        axes.set_title(said[-1], fontsize=FONT - 2)
    return described(figure, f"Drawings in pixel art and as blueprints: {', '.join(said)}.")


def draw_table(methods: Sequence[str]) -> Figure:
    """Accuracy of some methods by number of shots, with intervals, as kept."""
    table = kept("few_shot")
    shots = [int(label.split()[0]) for label in table]
    figure = new_figure(9.6, 4.6)
    axes = figure.subplots()
    said: list[str] = []
    for place, method in enumerate(methods):
        mean, low, high = (np.array([100 * table[label][method][i] for label in table]) for i in range(3))
        x = np.array(shots) * 1.02 ** (place - len(methods) / 2)  # side by side, so that no bar hides another
        marker, colour = "osD^vPX"[METHODS.index(method)], COLOURS[method]
        axes.errorbar(
            x, mean, [mean - low, high - mean], label=method, capsize=3, color=colour, lw=2, marker=marker, markersize=6
        )
        said.append(f"{method} {', '.join(f'{m:.0f} with {n}' for m, n in zip(mean, shots, strict=True))}")
    axes.set_xscale("log", base=2)
    axes.set_xticks(shots, [str(n) for n in shots])
    dress(axes, "styles never seen", "labelled pictures of each class (shots)", "right answers (%)")
    legend_below(figure, axes)
    return described(figure, f"Accuracy in percent by shots, with 95 % intervals. {'; '.join(said)}.")


def draw_votes() -> Figure:
    """Nearness of a picture to the shots, and how it becomes votes for classes."""
    near = Box("nearness", ("n", "shots"), IMAGE_COLOUR, "1 for the same feature")
    values = Box("values", ("shots", "classes"), TEXT_COLOUR, "one 1 in a row")
    votes = Box("votes", ("n", "classes"), MATCH_COLOUR, "sums of nearness")
    return draw_tensors([near, "@", values, "=", votes], {"n": 4, "shots": 7, "classes": 3})


def draw_nearness(betas: Sequence[float]) -> Figure:
    """exp(-beta (1 - cosine)) over the cosine."""
    figure = new_figure(8.6, 3.4)
    axes, cosines = figure.subplots(), np.linspace(0, 1, 101)
    for place, beta in enumerate(betas):
        axes.plot(cosines, np.exp(-beta * (1 - cosines)), color=SERIES_COLOURS[place], lw=2, label=f"β = {beta:g}")
    dress(axes, "the vote of a shot", "cosine of picture and shot", "exp(-β (1 - cosine))")
    legend_below(figure, axes)
    halves = (f"{beta:g}: {np.exp(-beta / 2):.2g}" for beta in betas)
    return described(
        figure, f"The vote of a shot rises to 1 at cosine 1. At cosine 0.5 it is, by β, {', '.join(halves)}."
    )


def draw_strengths(
    alphas: Sequence[float], betas: Sequence[float], found: np.ndarray, chosen: tuple[float, float]
) -> Figure:
    """Accuracy on validation pictures for every α and β. found: shares [betas, alphas]."""
    figure = new_figure(9.6, 4)
    axes = figure.subplots()
    axes.imshow(100 * found, cmap=SCORE_COLOURS, aspect="auto", vmin=100 * found.min() - 10)
    for (row, column), share in np.ndenumerate(100 * found):
        best = (alphas[column], betas[row]) == chosen
        axes.text(column, row, f"{share:.0f}", ha="center", va="center", fontsize=FONT, weight="bold" if best else None)
        if best:
            axes.add_patch(Rectangle((column - 0.46, row - 0.44), 0.92, 0.88, fill=False, ec=WRONG_COLOUR, lw=3))
    axes.set_xticks(range(len(alphas)), [f"{a:g}" for a in alphas], fontsize=FONT - 1)
    axes.set_yticks(range(len(betas)), [f"{b:g}" for b in betas], fontsize=FONT - 1)
    axes.set_xlabel("α, how much the votes count", fontsize=FONT)
    axes.set_ylabel("β, how near a shot must be", fontsize=FONT)
    axes.set_title("right answers on validation pictures (%)", fontsize=FONT + 1, loc="left")
    said = f"from {100 * found.min():.0f} to {100 * found.max():.0f}, chosen α {chosen[0]:g} and β {chosen[1]:g}"
    return described(figure, f"A table of accuracies in percent on validation pictures by α and β: {said}.")


def draw_adapter() -> Figure:
    """CLIP-Adapter: the feature, its change, and both mixed."""
    figure = new_figure(9.6, 2.6)
    axes = figure.subplots()
    axes.set(xlim=(-0.4, 10.6), ylim=(-1.4, 1.2))
    axes.set_axis_off()
    boxes = {"f": (0, IMAGE_COLOUR), "d → d/4\nReLU": (2.4, QUIET_COLOUR), "d/4 → d\nReLU": (4.8, QUIET_COLOUR),
             "r · A(f)\n+ (1 - r) · f": (7.4, MATCH_COLOUR), "length 1": (10, MATCH_COLOUR)}  # fmt: skip
    for words, (x, colour) in boxes.items():
        box = {"boxstyle": "round,pad=0.5", "fc": "white", "ec": colour, "lw": 2}
        axes.text(x, 0.5, words, ha="center", va="center", fontsize=FONT, bbox=box)
    for start, end in ((0.25, 1.9), (2.9, 4.3), (5.3, 6.8), (8.0, 9.5)):
        axes.add_patch(arrow((start, 0.5), (end, 0.5)))
    axes.add_patch(arrow((0, 0.15), (7.4, -0.05), "arc3,rad=0.25"))
    axes.text(3.6, -1.25, "the feature itself", ha="center", fontsize=FONT - 1, color=QUIET_COLOUR)
    return described(figure, "A feature goes through two small layers, and is mixed with itself; then length one.")


def arrow(start: tuple[float, float], end: tuple[float, float], bend: str = "arc3") -> FancyArrowPatch:
    return FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=15, color=QUIET_COLOUR, connectionstyle=bend)


def draw_epochs(found: Sequence[float]) -> Figure:
    """Accuracy on validation pictures before the first epoch and after each."""
    figure = new_figure(8.6, 3.4)
    axes, best = figure.subplots(), int(np.argmax(found))
    axes.plot([100 * share for share in found], color=IMAGE_COLOUR, lw=2)
    axes.plot(best, 100 * found[best], "o", color=WRONG_COLOUR, markersize=9)
    dress(axes, "on validation pictures", "epoch", "right answers (%)")
    said = f"{100 * found[0]:.0f} before the first epoch, at most {100 * found[best]:.0f}"
    return described(figure, f"Accuracy in percent on validation pictures by epoch: {said}.")


def draw_new_classes() -> Figure:
    """Words and a learned context on the classes that it was learned from, and on others."""
    table = kept("learned_prompts")
    return bars(table, list(next(iter(table.values()))), "a context learned from half of the classes")


def bars(table: Kept, groups: Sequence[str], title: str) -> Figure:
    """A group of bars for each series of the table, with intervals."""
    figure = new_figure(9.6, 3.8)
    axes, width, said = figure.subplots(), 0.8 / len(table), []
    for place, (label, series) in enumerate(table.items()):
        mean, low, high = (100 * np.array([series[group][i] for group in groups]) for i in range(3))
        x = np.arange(len(groups)) + width * (place - (len(table) - 1) / 2)
        axes.bar(x, mean, width, yerr=[mean - low, high - mean], color=SERIES_COLOURS[place], label=label, capsize=4)
        said.append(f"{label}: {', '.join(f'{g} {m:.0f}' for g, m in zip(groups, mean, strict=True))}")
    dress(axes, title, "", "right answers (%)")
    axes.set_xticks(range(len(groups)), groups, fontsize=FONT)
    axes.set_ylim(0, 100)
    legend_below(figure, axes)
    return described(figure, f"Accuracy in percent, with 95 % intervals. {'; '.join(said)}.")


def draw_arc() -> Figure:
    """From before to after: accuracy on photos, on which it was fine-tuned, beside that on other styles."""
    table = kept("weight_mixing")
    groups = list(next(iter(table.values())))
    figure = new_figure(9.6, 4)
    said: list[str] = []
    for axes, other in zip(figure.subplots(1, 2, sharex=True), groups[1:], strict=True):
        photos, others = (np.array([100 * row[name][0] for row in table.values()]) for name in (groups[0], other))
        axes.plot(photos, others, "o-", color=IMAGE_COLOUR, lw=2, markersize=8)
        for label, x, y in zip(table, photos, others, strict=True):
            share = label.removeprefix("share ")
            words = {"0": "before", "1": "after"}.get(share, share)
            beside = {"0": (9, -11), "0.25": (5, -14), "0.75": (-32, -4)}.get(share, (9, -4))  # off the line
            axes.annotate(words, (x, y), xytext=beside, textcoords="offset points", fontsize=FONT - 1)
        dress(axes, other, "right answers on photos (%)", "right answers there (%)" if not said else "")
        axes.margins(0.15)
        points = (f"{label} {x:.0f} and {y:.0f}" for label, x, y in zip(table, photos, others, strict=True))
        said.append(f"{other}: {', '.join(points)}")
    return described(
        figure, f"Accuracy in percent on photos and on other pictures, by share of after. {'; '.join(said)}."
    )


def draw_choices(found: Mapping[str, Sequence[tuple[float, float]]]) -> Figure:
    """Gains over zero-shot on the pictures that chose, and on the others. found: draw -> pairs, one for each choice."""
    figure = new_figure(9.2, 4)
    axes = figure.subplots()
    said: list[str] = []
    for place, (draw, pairs) in enumerate(found.items()):
        for pair in pairs:
            axes.plot([place - 0.2, place + 0.2], [100 * gain for gain in pair], color=OTHER_COLOUR, zorder=0)
        looks = ((WRONG_COLOUR, "on the test that chose"), (MATCH_COLOUR, "on the other pictures"))
        for index, (colour, words) in enumerate(looks):
            y = [100 * pair[index] for pair in pairs]
            label = words if place == 0 else None
            axes.plot([place + 0.4 * index - 0.2] * len(y), y, "o", color=colour, markersize=9, alpha=0.6, label=label)
        there, other = (100 * float(np.mean([pair[index] for pair in pairs])) for index in (0, 1))
        said.append(f"{draw}: {there:.0f} on the test that chose, {other:.0f} on the others")
    dress(axes, "ten choices for each draw of shots", "", "gain on zero-shot (points)")
    axes.set_xticks(range(len(found)), list(found), fontsize=FONT)
    axes.set_xlim(-0.6, len(found) - 0.4)
    legend_below(figure, axes)
    return described(figure, f"Mean gains on zero-shot in points. {'; '.join(said)}.")
