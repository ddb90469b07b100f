"""docs/claims.md and its plots, made of the kept results and of nothing else: no result, no section."""

import json
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks import result_files
from benchmarks.claims.catalogue import CLAIMS
from benchmarks.claims.seed_spread import ONE_RUN, SHARE, TWO_RUNS
from minclip.data.paths import atomic_write
from minclip.figures.look import (
    FONT,
    MATCH_COLOUR,
    QUIET_COLOUR,
    SERIES_COLOURS,
    WRONG_COLOUR,
    dress,
    legend_below,
    new_figure,
)

DOCS = Path(__file__).parents[2] / "docs"
PAGE, PLOTS = "claims.md", "claims"
ADAPTED = ("few_shot", "learned_prompts", "weight_mixing")  # claims of benchmarks/after_training
SHIPPED = (*ADAPTED, "pointing", "heat_to_masks")  # the last two: benchmarks/looking_inside
OPENING = """# What is said of CLIP, tested on the picture book

Written by `python -m benchmarks.claims --page` from the kept results (`benchmarks/results/claims-*.json`); nothing on
this page is typed by hand. It is about small models, little data and drawn pictures: what is not seen here may be true
of large ones, and what is seen here may have other reasons there.

The verdict is of the statement, not of the claim: read what was said beside it. The first statement of *Who stands
where* denies what is said.

Every number is a mean over seeds, in percent, with its 95 % interval: the luck of training (Student's t over the
seeds) and that of the pictures asked, together. Every statement says that one number is above another; its difference
is taken between runs of the same seeds, in points. **Seen**: the interval of the difference lies above 0;
**opposite**: below 0; **not seen**: it holds 0. *Not seen* is not *false*: look how wide the interval is. And of forty
statements about differences that do not exist, one would be *seen* and one *opposite*, by luck. The rule was written
before the results (`benchmarks/claims/intervals.py`). The first statement of a section is the one closest to what is
said, the others explain it; in *Who stands where*, *style by style* and *A word on the picture* it was chosen anew
after their results, by what their source says.

Sections share the runs that were trained on one machine, the base above all, so their verdicts are not independent.
The same seed on another machine rounds otherwise and is another run. Recall on this page was counted by an earlier rule
for captions that are equal, word for word.
"""
ONE_SEED = """
Where a claim has one seed, its runs cannot show the luck of training. It is taken from the claims that had three:
there single seeds scattered with a standard deviation of {share} points for a share, {one run} for a difference between
two answers of one run, {two runs} for a difference between two runs (pooled, in brackets the lowest and the highest;
`benchmarks/claims/seed_spread.py`). This part of the rule was written after the results with three seeds and before
those with one. It is a middle: near 0 and 100 % such an interval is too wide, on pictures unlike those of training it
may be too narrow, and a narrow miss or hit decides nothing.
"""


def read_results(folder: Path, names: Iterable[str] = (*CLAIMS, *SHIPPED)) -> list[dict]:
    """The kept results, in the order of the names."""
    paths = (folder / f"claims-{name}.json" for name in names)
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths if path.is_file()]


def percent(number: dict) -> str:
    """62.1 (58.0 to 66.2)"""
    return "{:.1f} ({:.1f} to {:.1f})".format(*(100 * number[name] for name in ("mean", "low", "high")))


def points(number: dict) -> str:
    """+4.2 (+1.0 to +7.4)"""
    return "{:+.1f} ({:+.1f} to {:+.1f})".format(*(100 * number[name] for name in ("mean", "low", "high")))


def rows(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    return "\n".join("| " + " | ".join(line) + " |" for line in [header, ["---"] * len(header), *lines]) + "\n"


def labels_and_series(result: dict) -> tuple[list[str], list[str]]:
    labels, series = (list(dict.fromkeys(row[name] for row in result["rows"])) for name in ("label", "series"))
    return labels, series


def numbers_table(result: dict) -> str:
    """Labels down, series across."""
    labels, series = labels_and_series(result)
    cells = {(row["label"], row["series"]): percent(row) for row in result["rows"]}
    pictures = {label: [f"{row['n']:,}" for row in result["rows"] if row["label"] == label] for label in labels}
    asked = {label: each if len(set(each)) > 1 else each[:1] for label, each in pictures.items()}
    lines = [[label, *(cells.get((label, one), "") for one in series), " · ".join(asked[label])] for label in labels]
    return rows(["", *series, "pictures asked (column by column)"], lines)


def opening(results: list[dict]) -> str:
    """How to read the page. The luck that is said is the one that the claims with few seeds were judged by."""
    lucks = [result["luck"] for result in results if result["luck"]]
    if not lucks:
        return OPENING
    said = {
        kind: " or ".join(dict.fromkeys(scattered(luck[kind]) for luck in lucks if kind in luck)) or "(nobody knows)"
        for kind in (SHARE, ONE_RUN, TWO_RUNS)
    }
    return OPENING + ONE_SEED.format(**said)


def scattered(luck: dict) -> str:
    """2.5 (0.4 to 5.1)"""
    return "{:.1f} ({:.1f} to {:.1f})".format(*(100 * luck[name] for name in ("pooled", "lowest", "highest")))


def section(result: dict) -> str:
    """One claim: what is said, what was measured, numbers, plot, verdicts."""
    how = how_adapted(result) if "model" in result else how_trained(result)
    found = [[f["statement"], points(f), f"**{f['verdict']}**"] for f in result["findings"]]
    return "\n".join(
        [
            f"## {result['title']}\n",
            f"**Said.** {result['said']} ({result['source']})\n",
            f"**Measured.** {result['measured']} {how}\n",
            numbers_table(result),
            f"![{result['title']}]({PLOTS}/{result['claim']}.png)\n",
            rows(["statement", "difference", "verdict"], found),
        ]
    )


def how_trained(result: dict) -> str:
    """In which runs the numbers came out."""
    seeds, stopped = result["seeds"], len(result["stopped"])
    how = (
        f"{result['samples']:,} samples in batches of {result['batch_size']} where nothing else is said, "
        f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}; {result['runs']} runs, "
        f"{result['training_seconds'] / 60:.0f} minutes added up, on {result['machine']}, {result['device']}."
    )
    return how + (f" {stopped} of the runs stopped early: {result['stopped'][0]}." if stopped else "")


def how_adapted(result: dict) -> str:
    """The same where a shipped model was asked or adapted: draws take the place of seeds."""
    draws, minutes = ", ".join(map(str, result["seeds"])), f"{result['seconds'] / 60:.0f} minutes"
    how = f"The model is `{result['model']}`. It was trained once: the intervals do not cover the luck of that. Draws "
    made = f"`{result['command']} --only {result['claim']}` in {minutes} on one core of {result['machine']}"
    return f"{how}{draws} take the place of seeds. Made by {made}."


def anchor(title: str) -> str:
    """The link to a heading, as GitHub makes it.

    >>> anchor("One template or an ensemble, style by style")
    'one-template-or-an-ensemble-style-by-style'
    """
    return "".join(c for c in title.lower() if c.isalnum() or c in " -").replace(" ", "-")


def overview(results: list[dict]) -> str:
    """The claims themselves with their verdicts, and which of them nobody has measured."""
    lines = []
    for result in results:
        first = result["findings"][0]
        lines.append(
            [
                f"[{result['title']}](#{anchor(result['title'])})",
                first["statement"],
                points(first),
                f"**{first['verdict']}**",
                str(len(result["seeds"])),
            ]
        )
    shown = {result["claim"] for result in results}
    missing = [name.replace("_", " ") for name in CLAIMS if name not in shown]
    left = (
        f"\nNot measured yet: {', '.join(missing)}. What each would compare says `python -m benchmarks.claims --list`; "
        f"`--only temperature` measures one.\n"
        if missing
        else ""
    )
    return rows(["claim", "statement", "difference", "verdict", "seeds"], lines) + left


def page(results: list[dict]) -> str:
    return "\n".join([opening(results), overview(results), *map(section, results)])


VERDICT_COLOURS = {"seen": MATCH_COLOUR, "opposite": WRONG_COLOUR}  # else QUIET_COLOUR


def plot(result: dict) -> Figure:
    """Every number of a claim above, the differences that its verdicts rest on below, all with their intervals."""
    labels, series = labels_and_series(result)
    heights = [0.5 + (0.24 + 0.09 * len(series)) * len(labels), 0.5 + 0.5 * len(result["findings"])]
    figure = new_figure(8, sum(heights) + 1.2 + 0.3 * len(series))
    numbers, differences = figure.subplots(2, 1, height_ratios=heights)
    draw_numbers(numbers, result)
    draw_differences(differences, result)
    if len(series) > 1:
        legend_below(figure, numbers)
    return figure


def draw_numbers(axes: Axes, result: dict) -> None:
    """Labels down, a colour and a shape for every series."""
    labels, series = labels_and_series(result)
    for place, one in enumerate(series):
        line = [row for row in result["rows"] if row["series"] == one]
        shift = 0.6 * ((place + 0.5) / len(series) - 0.5)
        heights = [labels.index(row["label"]) + shift for row in line]
        look = {"fmt": "osD^vPX"[place % 7], "color": SERIES_COLOURS[place % 7], "markersize": 6}
        axes.errorbar(*in_percent(line, heights), label=one, capsize=3, **look)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    dress(axes, result["title"], "share of the answers (%), with 95 % intervals", "")


def draw_differences(axes: Axes, result: dict) -> None:
    """A line for every statement, in the colour of its verdict; where it crosses 0, nothing is seen."""
    findings = result["findings"]
    for place, finding in enumerate(findings):
        colour = VERDICT_COLOURS.get(finding["verdict"], QUIET_COLOUR)
        axes.errorbar(*in_percent([finding], [place]), fmt="o", color=colour, markersize=6, capsize=3)
    axes.axvline(0, color="black", linewidth=1)
    statements = [f"{textwrap.fill(finding['statement'], 46)}\n{finding['verdict']}" for finding in findings]
    axes.set_yticks(range(len(findings)), statements)
    axes.set_ylim(len(findings) - 0.5, -0.5)
    dress(axes, "", "difference (points), with 95 % intervals", "")
    axes.tick_params(axis="y", labelsize=FONT - 3)


def in_percent(
    numbers: Sequence[dict], heights: Sequence[float]
) -> tuple[np.ndarray, Sequence[float], None, np.ndarray]:
    """What errorbar draws: means, heights, no bars upwards, and how far the intervals reach to either side."""
    mean, low, high = (100 * np.array([number[name] for number in numbers]) for name in ("mean", "low", "high"))
    return mean, heights, None, np.stack([mean - low, high - mean])


def write(results_folder: Path | None = None, docs: Path = DOCS) -> None:
    """The page and its plots. Where no result is kept there is no page."""
    results = read_results(results_folder or result_files.RESULTS)
    if not results:
        return
    with atomic_write(docs / PAGE) as file:
        file.write(page(results).encode("utf-8"))
    for result in results:
        with atomic_write(docs / PLOTS / f"{result['claim']}.png") as file:
            plot(result).savefig(file, format="png", dpi=110)
