"""The look that all figures share: one palette, one font size, and helpers for axes.

The figures are in plotting.py. The colours, of Okabe and Ito (2008), can be told apart by colour-blind readers.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

IMAGE_COLOUR = "#0072B2"  # blue: pictures
TEXT_COLOUR = "#E69F00"  # orange: texts
MATCH_COLOUR = "#009E73"  # green: picture and text that belong together; right answers
WRONG_COLOUR = "#D55E00"  # vermilion: wrong answers
QUIET_COLOUR = "#767676"  # grey: chance, guesses, hints; dark enough on white (4.5 to 1)
OTHER_COLOUR = "#D0D0D0"  # light grey: neither right nor wrong
SERIES_COLOURS = (IMAGE_COLOUR, TEXT_COLOUR, MATCH_COLOUR, WRONG_COLOUR, "#CC79A7", "#56B4E9", "black")
SCORE_COLOURS = LinearSegmentedColormap.from_list("minclip_scores", ["#FFFFFF", IMAGE_COLOUR])
SIGNED_COLOURS = LinearSegmentedColormap.from_list("minclip_signed", [WRONG_COLOUR, "#FFFFFF", IMAGE_COLOUR])
WHITE_LETTERS_FROM = 0.8  # share of the range of SCORE_COLOURS from which black letters are hard to read
FONT = 12  # points, in figures 8 inches wide: readable at half that width
DPI = 100


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, width and height in inches. Its layout chooses the margins."""
    return Figure(figsize=(width, height), dpi=DPI, layout="constrained")


def described(figure: Figure, text: str) -> Figure:
    """The figure with one sentence for those who cannot see it. A notebook stores it beside the picture.

    IPython asks what it shows for `_repr_mimebundle_`, data and metadata. matplotlib adds the picture itself.
    """
    text = " ".join(text.split())
    if not text:
        raise ValueError("text must be a sentence that says what the figure shows, found nothing")
    figure.set_label(text)
    setattr(figure, "_repr_mimebundle_", partial(alternative_text, text))  # noqa: B010  (matplotlib declares none)
    return figure


def alternative_text(text: str, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """(no data, metadata): the alternative text of a picture as Jupyter and nbconvert read it."""
    return {}, {"image/png": {"alt": text}}


def dress(axes: Axes, title: str, x: str, y: str) -> None:
    """Gives axes a title, labels (with units) and a light grid, and removes the box."""
    axes.set_title(title, fontsize=FONT + 1, loc="left")
    axes.set_xlabel(x, fontsize=FONT)
    axes.set_ylabel(y, fontsize=FONT)
    axes.tick_params(labelsize=FONT - 1)
    axes.grid(color="#E5E5E5", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def legend_below(figure: Figure, axes: Axes) -> None:
    """Adds one legend below the figure, where it hides nothing. Its labels are those of `axes`."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=FONT - 1, frameon=False)


def as_numbers(values: Any, name: str = "values") -> np.ndarray:
    """Float64 numbers from a list, an array, or a tensor on any device, with or without a gradient."""
    try:
        return np.asarray(values.detach().cpu().float() if hasattr(values, "detach") else values, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be numbers, in a list, an array or a tensor: {error}") from error


def show_picture(axes: Axes, image: Any, frame: str | None = None) -> None:
    """Shows a picture (PIL or uint8 [height, width, 3]) without axes and unsmoothed. frame: a colour, or no frame."""
    axes.imshow(np.asarray(image), interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(visible=frame is not None, linewidth=4, edgecolor=frame)


def check_lengths(**parts: Sequence[Any] | np.ndarray) -> None:
    """ValueError where the named parts are empty or differ in length."""
    lengths = {name: len(part) for name, part in parts.items()}
    if 0 in lengths.values() or len(set(lengths.values())) != 1:
        said = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise ValueError(f"these must have one length, and at least 1: {said}")


def write_in_cell(axes: Axes, row: int, column: int, text: str, shade: float) -> None:
    """Writes text into a cell of a matrix. shade: where the cell's colour lies in SCORE_COLOURS, 0 to 1."""
    colour = "white" if shade > WHITE_LETTERS_FROM else "black"
    axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=FONT - 1)


def series(log: Sequence[Mapping[str, Any]], key: str) -> tuple[np.ndarray, np.ndarray]:
    """(samples seen in thousands, values) of the log lines that have the key."""
    lines = [line for line in log if key in line and "samples" in line]
    return np.array([line["samples"] / 1000 for line in lines]), np.array([float(line[key]) for line in lines])


def add_minutes(axes: Axes, samples: np.ndarray, seconds: np.ndarray) -> None:
    """Adds a second axis below the first, with the minutes (or seconds) of training at each tick."""
    ticks = [tick for tick in axes.get_xticks() if len(samples) > 1 and 0 < tick <= samples[-1]]
    if not ticks:
        return
    unit, length = ("minutes", 60) if seconds[-1] >= 120 else ("seconds", 1)
    times = np.interp(ticks, [0, *samples], [0, *seconds / length])
    below = axes.secondary_xaxis(-0.36)
    below.set_xticks(ticks, [f"{time:.1f}" if times[-1] < 10 else f"{time:.0f}" for time in times])
    below.tick_params(labelsize=FONT - 1, colors=QUIET_COLOUR, length=0)
    below.set_xlabel(f"{unit} of training", fontsize=FONT, color=QUIET_COLOUR)
    below.spines[:].set_visible(False)
