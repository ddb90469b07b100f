"""The pictures of lesson 10 on composed queries, and how the search page looks."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from minclip.course.lesson_10_retrieval.composed import FACTS, KEPT
from minclip.figures.look import (
    FONT,
    IMAGE_COLOUR,
    MATCH_COLOUR,
    OTHER_COLOUR,
    QUIET_COLOUR,
    TEXT_COLOUR,
    described,
    dress,
    legend_below,
    new_figure,
)

SEARCH_PAGE = Path(__file__).with_name("search_page.png")
SHIPPED = (("picturebook-tiny", "s", TEXT_COLOUR), ("picturebook-small", "D", IMAGE_COLOUR))


def draw_composed() -> Figure:
    """The three vectors of a composed query, in two dimensions."""
    figure = new_figure(8.2, 4.4)
    axes = figure.subplots()
    axes.set(xlim=(-0.75, 2.0), ylim=(-0.15, 1.2), aspect="equal")
    axes.set_axis_off()
    around = np.linspace(0, 2 * np.pi, 200)
    axes.plot(np.cos(around), np.sin(around), color=OTHER_COLOUR, lw=1.2)
    turn = np.deg2rad
    picture, field, snow = (np.array([np.cos(turn(a)), np.sin(turn(a))]) for a in (72, 112, 18))
    moved = picture + 0.5 * (snow - field)
    arrow(axes, (0, 0), field, OTHER_COLOUR)
    arrow(axes, (0, 0), snow, TEXT_COLOUR)
    arrow(axes, (0, 0), picture, IMAGE_COLOUR)
    arrow(axes, picture, moved, QUIET_COLOUR)
    arrow(axes, (0, 0), moved / np.linalg.norm(moved), MATCH_COLOUR)
    for point, away, words, colour, ha in (
        (field, (-0.04, 0.06), "“in a field”", QUIET_COLOUR, "right"),
        (snow, (0.05, -0.06), "“in the snow”", "black", "left"),
        (picture, (-0.02, 0.06), "the picture", IMAGE_COLOUR, "center"),
        (
            moved,
            (0.04, 0.03),
            "+ weight · (“in the snow” − “in a field”)\n   here with weight = ½",
            QUIET_COLOUR,
            "left",
        ),
        (moved / np.linalg.norm(moved), (0.06, -0.07), "the query", MATCH_COLOUR, "left"),
    ):
        x, y = point + np.array(away)
        axes.text(x, y, words, color=colour, ha=ha, fontsize=FONT)
    return described(
        figure,
        "Unit vectors on a circle: the picture, the texts “in a field” and “in the snow”. The difference of the "
        "texts, times a weight of one half, is added to the picture. The sum, brought back to the circle, is the "
        "query.",
    )


def arrow(axes: Axes, start: Any, end: Any, colour: str) -> None:
    axes.annotate(
        "", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 2, "shrinkA": 0, "shrinkB": 0}
    )


def kept() -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = json.loads(KEPT.read_text(encoding="utf-8"))
    return kept


def draw_facts() -> Figure:
    """How often the composed query finds the changed thing: the kept results at weight 1."""
    lines = [line for line in kept() if line["weight"] == 1.0]
    figure = new_figure(9.0, 4.6)
    axes = figure.subplots()
    dress(axes, "“like this, but ...”: the nearest picture is the right one", "what was to change", "share of queries")
    facts = list(FACTS)
    for place, fact in enumerate(facts):
        small = [line["both"] for line in lines if line["fact"] == fact and "seed" in line]
        apart = np.linspace(-0.16, 0.16, len(small))
        axes.plot(place + apart, small, "o", color=OTHER_COLOUR, mec=QUIET_COLOUR, markersize=7)
        for shipped, marker, colour in (
            ("picturebook-tiny", "s", TEXT_COLOUR),
            ("picturebook-small", "D", IMAGE_COLOUR),
        ):
            (value,) = [line["both"] for line in lines if line["fact"] == fact and line.get("shipped") == shipped]
            axes.plot(place, value, marker, color=colour, markersize=10)
            axes.text(place + 0.24, value, f"{value:.2f}", va="center", fontsize=FONT - 2, color="black")
    axes.set_xticks(range(len(facts)), facts)
    axes.set(ylim=(-0.03, 1.05), xlim=(-0.5, len(facts) - 0.3))
    marks = [
        Line2D([], [], marker="D", ls="", color=IMAGE_COLOUR, markersize=10, label="picturebook-small"),
        Line2D([], [], marker="s", ls="", color=TEXT_COLOUR, markersize=10, label="picturebook-tiny"),
        Line2D([], [], marker="o", ls="", color=OTHER_COLOUR, mec=QUIET_COLOUR, label="nine trained on from tiny"),
    ]
    figure.legend(handles=marks, loc="outside lower center", ncols=3, fontsize=FONT - 1, frameon=False)
    best = {line["fact"]: line["both"] for line in lines if line.get("shipped") == "picturebook-small"}
    said = ", ".join(f"{fact} {value:.2f}" for fact, value in best.items())
    return described(figure, f"Share of composed queries that find the changed thing first. picturebook-small: {said}.")


def draw_weights() -> Figure:
    """What the nearest picture shows by weight, of the shipped models: the thing, and the scene that was asked for."""
    lines = [line for line in kept() if line["fact"] == "scene" and "shipped" in line]
    figure = new_figure(9.4, 3.8)
    for axes, shipped in zip(
        figure.subplots(1, 2, sharey=True), ("picturebook-tiny", "picturebook-small"), strict=True
    ):
        own = [line for line in lines if line["shipped"] == shipped]
        dress(axes, shipped, "weight", "share of queries" if shipped.endswith("tiny") else "")
        for key, label, colour, style in (
            ("thing", "the same thing", IMAGE_COLOUR, "o-"),
            ("value", "the scene asked for", TEXT_COLOUR, "s-"),
            ("both", "both", MATCH_COLOUR, "^--"),
        ):
            axes.plot([line["weight"] for line in own], [line[key] for line in own], style, color=colour, label=label)
        axes.set(ylim=(0, 1.05), xticks=[0.5, 1, 2])
    legend_below(figure, axes)
    return described(
        figure,
        "By weight 0.5, 1 and 2, the share of queries whose nearest picture shows the same thing, falling, and the "
        "scene that was asked for, rising; both together are best at weight 1 or below.",
    )


def draw_search_page() -> Figure:
    """How `minclip serve` looks."""
    page = imread(SEARCH_PAGE)
    figure = new_figure(8.6, 8.6 * page.shape[0] / page.shape[1])
    axes = figure.subplots()
    axes.imshow(page)
    axes.set_axis_off()
    axes.add_patch(Rectangle((0, 0), page.shape[1] - 1, page.shape[0] - 1, fill=False, ec=QUIET_COLOUR, lw=1))
    return described(
        figure,
        "The search page: a field for a sentence, a chosen picture with “in place of” and a slider, class names with "
        "their shares as bars, and below them the pictures found, each with its score and a button “More like this”.",
    )
