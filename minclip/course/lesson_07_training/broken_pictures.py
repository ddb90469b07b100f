"""The pictures of lesson 07 on what goes wrong, and on large batches in small memory."""

import json
import math

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from minclip.course.lesson_07_training.broken_runs import BATCH, BY_HEART, EVERY, KEPT, RIGHT
from minclip.figures.look import (
    FONT,
    IMAGE_COLOUR,
    MATCH_COLOUR,
    OTHER_COLOUR,
    QUIET_COLOUR,
    WRONG_COLOUR,
    described,
    dress,
    new_figure,
)

SHOWN = (  # the arm, the right run beside it, what stands above
    ("rate too low", RIGHT, "rate 1000 times\ntoo low"),
    ("scale for its logarithm", RIGHT, "the scale in place\nof its logarithm"),
    ("rate too high", RIGHT, "rate 100 times\ntoo high"),
    ("twins", BY_HEART, "twins: every pair\ntwice, by heart"),
    ("captions shuffled", RIGHT, "captions\nshuffled"),
)


def draw_broken_runs(rate: float = 1e-3) -> Figure:
    """Loss and scale of five broken runs, each beside the run as it should be: three seeds each, kept curves."""
    lines = [line for line in json.loads(KEPT.read_text(encoding="utf-8")) if line["rate"] == rate]
    figure = new_figure(12.4, 5.2)
    rows = figure.subplots(2, len(SHOWN))
    said = []
    for column, (arm, beside, title) in enumerate(SHOWN):
        losses, scales = rows[0][column], rows[1][column]
        for name, colour in ((beside, OTHER_COLOUR), (arm, WRONG_COLOUR)):
            for line in (line for line in lines if line["arm"] == name):
                steps = EVERY * np.arange(len(line["losses"]))
                below = name == beside  # broad, so that it shows below a curve that goes the same way
                losses.plot(steps, line["losses"], color=colour, lw=1.5)
                scales.plot(steps, line["scales"], color=colour, lw=5 if below else 1.5)
        losses.axhline(math.log(BATCH), color=QUIET_COLOUR, ls="--", lw=1)
        if arm == "twins":
            losses.axhline(math.log(2), color=QUIET_COLOUR, ls=":", lw=1.5)
        dress(losses, title, "", "loss" if column == 0 else "")
        dress(scales, "", "step", "scale" if column == 0 else "")
        losses.set_ylim(0, 12 if arm == "scale for its logarithm" else 4.4)
        scales.set_ylim(0, 110 if arm == "scale for its logarithm" else 20)
        ends = [line["last"] for line in lines if line["arm"] == arm]
        said.append(f"{arm}: {min(ends):.1f} to {max(ends):.1f}")
    return described(
        figure,
        f"Loss and scale of five broken trainings, three seeds each, and in grey of the same training as it should "
        f"be. The dashed line is ln {BATCH} = {math.log(BATCH):.2f}, the dotted one ln 2. Last losses: "
        f"{'; '.join(said)}.",
    )


def draw_negatives(pairs: int = 8, part: int = 2) -> Figure:
    """Which logits a loss sees: of one batch, and of the same batch in small parts whose losses are added up."""
    figure = new_figure(8.2, 3.9)
    counts = []
    titles = ("one batch of 8", "four batches of 2, added up")
    for axes, size, title in zip(figure.subplots(1, 2), (pairs, part), titles, strict=True):
        seen = 0
        for row, column in np.ndindex(pairs, pairs):
            together = row // size == column // size
            seen += together and row != column
            colour = MATCH_COLOUR if row == column else IMAGE_COLOUR if together else "white"
            alpha = 0.8 if row == column else 0.35
            axes.add_patch(Rectangle((column, row), 0.92, 0.92, fc=colour, alpha=alpha, ec="none"))
            axes.add_patch(Rectangle((column, row), 0.92, 0.92, fill=False, ec=OTHER_COLOUR, lw=0.8))
        axes.set(xlim=(-0.1, pairs), ylim=(pairs, -0.1), aspect="equal", xticks=[], yticks=[])
        axes.set_xlabel("texts", fontsize=FONT)
        axes.set_ylabel("pictures", fontsize=FONT)
        axes.set_title(f"{title}:\n{seen} negatives", fontsize=FONT)
        counts.append(seen)
    return described(
        figure,
        f"The logits of {pairs} pictures and {pairs} texts. One batch sees {counts[0]} negatives, four batches of "
        f"{part} see {counts[1]} in all: only squares along the diagonal.",
    )
