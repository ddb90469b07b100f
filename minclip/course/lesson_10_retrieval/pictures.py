"""The pictures of lesson 10: one product for three searches, rankings, ties, and recall."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

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
    as_numbers,
    described,
    dress,
    legend_below,
    new_figure,
    show_picture,
)

COLOURS = {"the best right entry": MATCH_COLOUR, "level": TEXT_COLOUR, "better": WRONG_COLOUR}
EXAMPLE = ((0.9, "wrong"), (0.5, "right"), (0.5, "wrong"), (0.1, "wrong"))  # scores of one query


def draw_search() -> Figure:
    """Queries and gallery, their cosines, and the k best of each row."""
    queries = Box("queries", ("queries", "embed_dim"), TEXT_COLOUR, "texts or pictures")
    gallery = Box("gallery, transposed", ("embed_dim", "entries"), IMAGE_COLOUR, "pictures or texts")
    cosines = Box("cosines", ("queries", "entries"), QUIET_COLOUR)
    found = Box("places", ("queries", "k"), MATCH_COLOUR, "and their cosines")
    steps: list[Box | str] = [queries, "@", gallery, "=", cosines, "topk →", found]
    return draw_tensors(steps, {"queries": 3, "entries": 8, "embed_dim": 4, "k": 2})


def draw_rankings(queries: Sequence[Any], things: Sequence[Any], cosines: Tensor, places: Tensor) -> Figure:
    """One row for each query, a picture or a text: the query, and the things that it found, with their cosines.

    cosines, places: [queries, k], as `search` gives them.
    """
    columns = 1 + places.shape[1]
    figure = new_figure(1.55 * columns + 0.6, 2.0 * len(queries))
    grid = figure.subplots(len(queries), columns, squeeze=False)
    rows = list(zip(queries, places.tolist(), cosines.tolist(), strict=True))
    for axes_of_row, (query, found, scores) in zip(grid, rows, strict=True):
        entry(axes_of_row[0], query, "query", QUIET_COLOUR)
        for axes, place, score in zip(axes_of_row[1:], found, scores, strict=True):
            entry(axes, things[place], f"{score:z.2f}", None)
    words = ", ".join(query if isinstance(query, str) else "a picture" for query in queries)
    texts = [things[place] for _, found, _ in rows for place in found if isinstance(things[place], str)]
    said = f"; the texts: {'; '.join(texts)}" if texts else ""
    return described(figure, f"What was found for {words}: the nearest {columns - 1} of each{said}.")


def entry(axes: Axes, thing: Any, title: str, frame: str | None) -> None:
    """A picture or a text, with a title above it."""
    if isinstance(thing, str):
        axes.set(xticks=[], yticks=[], xlim=(0, 1), ylim=(0, 1))
        axes.set_box_aspect(1)
        axes.spines[:].set_visible(frame is not None)
        axes.text(0.5, 0.5, textwrap.fill(thing, 13), ha="center", va="center", fontsize=FONT - 1)
    else:
        show_picture(axes, thing, frame)
    axes.set_title(title, fontsize=FONT - 1, color=QUIET_COLOUR if frame else "black")


def draw_rank() -> Figure:
    """The scores of one query as bars, the best right one among them, better and level ones told apart."""
    best = max(score for score, kind in EXAMPLE if kind == "right")
    figure = new_figure(8.4, 3.4)
    axes = figure.subplots()
    dress(axes, "one query, four entries of the gallery", "score", "")
    for place, (score, kind) in enumerate(EXAMPLE):
        level = "the best right entry" if kind == "right" else "level" if score == best else "better" * (score > best)
        colour = COLOURS.get(level, OTHER_COLOUR)
        axes.barh(place, score, color=colour)
        words = f"{score} · {kind}" + (f", {level}" * bool(level))
        axes.text(score + 0.01, place, words, va="center", fontsize=FONT - 1)
    axes.set(ylim=(3.6, -0.6), yticks=[], xlim=(0, 1.35), xticks=[0, 0.5, 1])
    axes.grid(visible=False)
    return described(
        figure,
        "Four scores of one query as bars: 0.9 is wrong and better, 0.5 is the best right one, another 0.5 is wrong "
        "and level with it, 0.1 is wrong and worse. Better is 1, right is 1, level is 1.",
    )


def draw_hits(hits: Mapping[str, Sequence[float]]) -> Figure:
    """The chance to be found among the k best by k, for several ways to count ties."""
    figure = new_figure(7.6, 3.8)
    axes = figure.subplots()
    dress(axes, "the right entry has one better and one level", "k", "chance to be among the k best")
    styles = zip(hits.items(), (MATCH_COLOUR, WRONG_COLOUR, QUIET_COLOUR), ("o-", "s--", "^:"), strict=False)
    for (name, values), colour, style in styles:
        axes.plot(range(1, len(values) + 1), values, style, color=colour, label=name, markersize=8)
    axes.set(xticks=range(1, 5), ylim=(-0.05, 1.05))
    legend_below(figure, axes)
    said = "; ".join(f"{name}: {', '.join(f'{value:g}' for value in values)}" for name, values in hits.items())
    return described(figure, f"Chance to be among the k best for k from 1 to 4. {said}.")


def draw_recall_by_gallery(sizes: Sequence[int], recalls: Mapping[str, Sequence[float]]) -> Figure:
    """Recall against the size of the gallery, of one model."""
    figure = new_figure(8.0, 4.2)
    axes = figure.subplots()
    dress(axes, "the same model, among more and more pictures", "pictures and captions", "share found (text → picture)")
    for (name, values), colour, marker in zip(recalls.items(), SERIES_COLOURS, "os^", strict=False):
        axes.plot(sizes, as_numbers(values), marker=marker, color=colour, label=name)
    axes.plot(sizes, [1 / size for size in sizes], ls=":", color=QUIET_COLOUR, label="R@1 of guessing")
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.set_ylim(0, 1.04)
    legend_below(figure, axes)
    said = "; ".join(f"{name} from {values[0]:.1f} to {values[-1]:.1f}" for name, values in recalls.items())
    return described(figure, f"Recall by the size of the gallery, {sizes[0]} to {sizes[-1]:,} pictures: {said}.")
