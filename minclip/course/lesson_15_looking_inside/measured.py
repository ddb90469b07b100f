"""The long measurements of lesson 15, drawn and told. `python -m benchmarks.looking_inside` makes both JSON files."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from minclip.figures.look import SERIES_COLOURS, described, dress, legend_below, new_figure

KEPT = Path(__file__).with_name("measured.json")
DIFFERENCES = Path(__file__).with_name("differences.json")
Kept = dict[str, dict[str, list[float]]]  # label -> series -> mean, low, high; shares


def kept(claim: str) -> Kept:
    """What a kept measurement says: pointing or heat_to_masks."""
    found: dict[str, Kept] = json.loads(KEPT.read_text(encoding="utf-8"))
    return found[claim]


def differences(claim: str) -> str:
    """A table of what was compared: the statement, the difference in points, its interval, the verdict."""
    found: dict[str, list[Any]] = json.loads(DIFFERENCES.read_text(encoding="utf-8"))[claim]
    width = max(map(len, found))
    lines = [
        f"{statement:{width}}  {100 * mean:5.1f}  ({100 * low:5.1f} to {100 * high:5.1f})  {verdict}"
        for statement, (mean, low, high, verdict) in found.items()
    ]
    return "\n".join(lines)


def draw_measured(claim: str, series: Sequence[str], title: str) -> Figure:
    """A kept measurement: methods down, some series, with their intervals."""
    table = kept(claim)
    figure = new_figure(9.0, 1.4 + 0.46 * len(table))
    axes, said = figure.subplots(), []
    for place, one in enumerate(series):
        mean, low, high = (np.array([100 * table[label][one][i] for label in table]) for i in range(3))
        heights = np.arange(len(table)) + 0.3 * (place - (len(series) - 1) / 2)
        axes.errorbar(
            mean, heights, xerr=[mean - low, high - mean], fmt="osD^"[place], color=SERIES_COLOURS[place], capsize=3,
            markersize=7, label=one,
        )  # fmt: skip
        said.append(f"{one}: {', '.join(f'{label} {m:.0f}' for label, m in zip(table, mean, strict=True))}")
    axes.set_yticks(range(len(table)), list(table))
    axes.set_ylim(len(table) - 0.5, -0.5)
    dress(axes, title, "percent, with 95 % intervals", "")
    legend_below(figure, axes)
    return described(figure, f"{title}, in percent. {'; '.join(said)}.")
