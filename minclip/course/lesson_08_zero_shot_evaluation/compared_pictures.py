"""More pictures of lesson 08: beside learning from labels, on photos, and where zero-shot answers fail."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from minclip.course.lesson_08_zero_shot_evaluation.learning_from_labels import ASKED, KEPT, SHOTS, VIT_SHOTS
from minclip.figures.look import (
    FONT,
    IMAGE_COLOUR,
    MATCH_COLOUR,
    OTHER_COLOUR,
    QUIET_COLOUR,
    SCORE_COLOURS,
    TEXT_COLOUR,
    WRONG_COLOUR,
    as_numbers,
    described,
    dress,
    legend_below,
    new_figure,
    show_picture,
    write_in_cell,
)

PHOTOS = Path(__file__).with_name("cifar10.json")
RELATIONS = ("left of", "right of", "above", "below")
LEARNERS = {
    "probe": ("linear probe of CLIP's features", IMAGE_COLOUR, "o"),
    "vit": ("ViT from nothing", TEXT_COLOUR, "s"),
}
STYLES = {"object": "styles of training", "object_held_out_style": "styles never seen"}


def kept_lines() -> list[dict[str, Any]]:
    """What learning_from_labels.py measured."""
    kept: list[dict[str, Any]] = json.loads(KEPT.read_text(encoding="utf-8"))
    return kept


def draw_labels() -> Figure:
    """Accuracy by number of labelled pictures: a probe and a ViT of three seeds each; zero-shot needs none."""
    lines = kept_lines()
    figure = new_figure(9.6, 4.4)
    said = []
    for axes, asked in zip(figure.subplots(1, 2, sharey=True), ASKED, strict=True):
        here = [line for line in lines if line["asked"] == asked]
        zero = next(100 * line["accuracy"] for line in here if line["learner"] == "zero-shot")
        axes.axhline(zero, color=MATCH_COLOUR, lw=2, label="CLIP, zero-shot")
        said.append(f"{STYLES[asked]}: zero-shot {zero:.0f}")
        for learner, (words, colour, mark) in LEARNERS.items():
            means = []
            for shots in SHOTS if learner == "probe" else VIT_SHOTS:
                found = [100 * x["accuracy"] for x in here if x["learner"] == learner and x["shots"] == shots]
                axes.plot([shots] * len(found), found, mark, color=colour, markersize=6, alpha=0.6)
                means.append((shots, float(np.mean(found))))
            axes.plot(*zip(*means, strict=True), "-", color=colour, lw=2, label=words)
            said.append(f"{words} {', '.join(f'{mean:.0f} with {shots}' for shots, mean in means)}")
        axes.set_xscale("log", base=2)
        dress(axes, STYLES[asked], "labelled pictures of each class", "right answers (%)" if asked == "object" else "")
        axes.set_xticks(SHOTS, [str(shots) for shots in SHOTS])
        axes.set_ylim(0, 100)
    legend_below(figure, figure.axes[0])
    return described(figure, f"Accuracy in percent by labelled pictures of each class. {'; '.join(said)}.")


def draw_photos() -> Figure:
    """CIFAR-10 by class, kept in cifar10.json: photos, for models that have seen drawings alone."""
    kept = json.loads(PHOTOS.read_text(encoding="utf-8"))
    figure = new_figure(9.6, 3.6)
    axes = figure.subplots()
    models = [name for name in kept if name != "made_by"]
    names = list(kept[models[0]]["per_class"])
    said = []
    for shift, colour, model in zip((-0.2, 0.2), (IMAGE_COLOUR, TEXT_COLOUR), models, strict=True):
        shares = [100 * kept[model]["per_class"][name] for name in names]
        accuracy = 100 * kept[model]["accuracy"]
        axes.bar(np.arange(len(names)) + shift, shares, 0.4, color=colour, label=f"{model}: {accuracy:.1f} % of all")
        for x, share in enumerate(shares):
            if share < 1:  # a bar that cannot be seen
                axes.text(x + shift, 0.6, f"{share:.0f}", ha="center", color=colour, fontsize=FONT - 2)
        said.append(
            f"{model} {accuracy:.0f} of all, {', '.join(f'{n} {s:.0f}' for n, s in zip(names, shares, strict=True))}"
        )
    axes.axhline(10, color=QUIET_COLOUR, ls="--", label="chance")
    dress(axes, "10,000 photos of CIFAR-10", "", "right answers (%)")
    axes.set_xticks(range(len(names)), names, fontsize=FONT - 2)
    legend_below(figure, axes)
    return described(figure, f"Accuracy in percent on the classes of CIFAR-10: {'; '.join(said)}.")


def draw_unknown(shares: tuple[Tensor, Tensor], cosines: tuple[Tensor, Tensor]) -> Figure:
    """Highest share and highest cosine of pictures whose class is among the labels, and of pictures whose is not.

    shares, cosines: each (the class is there, it is not), float [n].
    """
    figure = new_figure(9.6, 3.8)
    said = []
    both = (("highest share", shares), ("highest cosine", cosines))
    for axes, (words, pair) in zip(figure.subplots(1, 2), both, strict=True):
        there, missing = (as_numbers(values) for values in pair)
        edges = np.linspace(min(there.min(), missing.min()), max(there.max(), missing.max()), 30)
        axes.hist(there, edges, color=MATCH_COLOUR, alpha=0.55, label="its class is among the labels")
        axes.hist(missing, edges, color=WRONG_COLOUR, alpha=0.55, label="its class is not")
        dress(axes, words, "of the two labels", "pictures" if words == "highest share" else "")
        said.append(f"{words}: median {np.median(there):.1f} if its class is there, {np.median(missing):.1f} if not")
    legend_below(figure, figure.axes[0])
    return described(figure, f"Two histograms for two labels. {'; '.join(said)}.")


def draw_directions(confusion: Tensor, picture: Any, sentences: Sequence[str], cosines: Sequence[float]) -> Figure:
    """What is answered to "how do they stand?", and a picture with sentences of which it should like the first best.

    confusion: int [4, 4], rows are true, in the order of RELATIONS; cosines: of the picture with each sentence.
    """
    figure = new_figure(9.6, 3.9)
    left, middle, right = figure.subplots(1, 3, width_ratios=[1.5, 0.9, 1.2])
    counts = confusion.numpy()
    shares = counts / counts.sum(axis=1, keepdims=True)
    matrix(left, shares)
    show_picture(middle, picture)
    right.barh(range(len(sentences)), cosines, color=[MATCH_COLOUR, *[OTHER_COLOUR] * (len(sentences) - 1)])
    for y, (sentence, cosine) in enumerate(zip(sentences, cosines, strict=True)):
        right.text(0.01, y, f"{sentence}  {cosine:.2f}", va="center", fontsize=FONT - 2)
    right.set(xlim=(0, max(cosines) * 1.1), ylim=(len(sentences) - 0.5, -0.5), xticks=[], yticks=[])
    right.spines[["top", "right", "bottom"]].set_visible(False)
    right.set_title("cosine with the picture", fontsize=FONT)
    axis = (shares[:2, 2:].sum() + shares[2:, :2].sum()) / 4
    said = "; ".join(f"{sentence} {cosine:.2f}" for sentence, cosine in zip(sentences, cosines, strict=True))
    return described(
        figure,
        f"Left: which relation is answered for which; beside is mistaken for above or below in {100 * axis:.0f} % of "
        f"the pictures, while left and right, and above and below, are mixed up. Right: a picture, and its cosine with "
        f"sentences: {said}.",
    )


def matrix(axes: Axes, shares: np.ndarray) -> None:
    """True relations as rows, answers as columns, in percent of the row."""
    axes.imshow(shares, cmap=SCORE_COLOURS, vmin=0, vmax=1)
    for row, column in np.ndindex(*shares.shape):
        write_in_cell(axes, row, column, f"{100 * shares[row, column]:.0f}", float(shares[row, column]))
    axes.set_xticks(range(4), RELATIONS, fontsize=FONT - 2, rotation=30)
    axes.set_yticks(range(4), RELATIONS, fontsize=FONT - 2)
    axes.tick_params(length=0)
    axes.set_xlabel("answered (%)", fontsize=FONT)
    axes.set_ylabel("true", fontsize=FONT)
