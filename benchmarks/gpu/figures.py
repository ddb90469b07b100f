"""Two pictures and a few lines of what the GPU bench found: throughput beside the peers', and a minute's learning."""

from matplotlib.figure import Figure

from benchmarks.speed.peers import OURS
from benchmarks.speed.timing import print_table
from benchmarks.speed.train_speed import times
from minclip.figures.look import FONT, IMAGE_COLOUR, MATCH_COLOUR, OTHER_COLOUR, QUIET_COLOUR, dress, new_figure

SCORES = {
    "zero_shot": ("object", "zero-shot accuracy"),
    **{f"R@{k}": (None, f"retrieval R@{k}, mean of both ways") for k in (10, 5, 1)},  # a small set is watched by less
}


def plot_throughput(parts: list[dict]) -> Figure:
    """Pairs a second of every contender in every setting, slowest below; whiskers are the slowest and fastest round."""
    figure = new_figure(8, 1.2 + sum(0.9 + 0.34 * len(part["contenders"]) for part in parts))
    heights = [2 + len(part["contenders"]) for part in parts]
    rows = figure.subplots(len(parts), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axes, part in zip(rows, parts, strict=True):
        found = sorted(part["contenders"].items(), key=lambda item: item[1]["pairs_per_second"]["median"])
        rates = [one["pairs_per_second"] for _, one in found]
        medians = [rate["median"] for rate in rates]
        whiskers = [
            [rate["median"] - rate["lowest"] for rate in rates],
            [rate["highest"] - rate["median"] for rate in rates],
        ]
        colours = [IMAGE_COLOUR if one["name"] == OURS else OTHER_COLOUR for _, one in found]
        axes.barh([label for label, _ in found], medians, xerr=whiskers, color=colours, ecolor=QUIET_COLOUR)
        for place, (rate, (_, one)) in enumerate(zip(rates, found, strict=True)):
            said = f"  {rate['median']:,.0f}: {100 * one['share_of_peak']:.0f} % of peak"
            axes.text(rate["highest"], place, said, va="center", fontsize=FONT - 3)
        axes.set_xlim(0, 1.4 * max(rate["highest"] for rate in rates))
        title = f"{part['preset']}, {part['parameters'] / 1e6:.1f} M parameters, "
        title += f"batches of {part['pairs']:,}, {part['dtype']}"
        dress(axes, title, "training (pairs per second)", "")
        axes.tick_params(axis="y", labelsize=FONT - 3)
    return figure


def plot_learning(report: dict) -> Figure:
    """Accuracy (or recall, where a data set has no task) against seconds of training, and the test set's at the end."""
    key = next((key for key in SCORES if any(key in point for point in report["curve"])), None)
    if key is None:
        raise ValueError("the run was never evaluated: its curve is empty")
    task, name = SCORES[key]
    figure = new_figure(8, 5)
    axes = figure.subplots()
    points = [(point["seconds"], 100 * point[key]) for point in report["curve"] if key in point]
    axes.plot(*zip(*points, strict=True), "-o", color=MATCH_COLOUR, label=f"{name}, validation")
    if task in report["tasks"]:
        found = report["tasks"][task]
        middle, low, high = (100 * found[part] for part in ("accuracy", "low", "high"))
        at, said = report["run"]["seconds"], f"test, {middle:.1f} % ({low:.1f} to {high:.1f})"
        axes.errorbar([at], [middle], [[middle - low], [high - middle]], fmt="s", color=IMAGE_COLOUR, label=said)
    axes.set_ylim(0, 100)
    axes.set_xlim(left=0)
    axes.legend(fontsize=FONT - 1, frameon=False, loc="lower right")
    title = f"{report['run']['data']} from nothing: {report['run']['samples']:,} samples"
    dress(axes, title, "training (seconds)", "right answers (%)")
    return figure


def table(parts: dict[str, dict]) -> None:
    """A line for every part."""
    print_table(["part", "seconds", ""], [[name, f"{one['seconds']:.0f}", said(one)] for name, one in parts.items()])


def said(part: dict) -> str:
    """What came of a part, in a line."""
    words = []
    if "passed" in part:  # of the tests
        words.append(f"{part['passed']} passed, {len(part['failed'])} failed, {part['skipped']} skipped")
    if "Muon" in part:  # of smoke.py
        launches = [f"{name} {part[name]['launches']:,}" for name in ("AdamW", "Muon") if "launches" in part[name]]
        words += [f"launches of a step: {', '.join(launches)}"] if launches else ["every question has its answer"]
        words += [f"{name} failed" for name in part["failed"]]
    if "run" in part:
        run = part["run"]
        words.append(f"{run['samples']:,} samples in {run['seconds']:.0f} s, {run['pictures_per_second']:,} a second")
        words += [f"{name} {100 * task['accuracy']:.1f} %" for name, task in list(part["tasks"].items())[:3]]
        if "retrieval" in part:
            words.append(f"text → image R@10 {100 * part['retrieval']['text_to_image']['R@10']:.1f} %")
    if "ratio" in part:
        words += [f"{kind} texts: {times(found)} × the faster peer" for kind, found in part["ratio"].items() if found]
    if "error" in part:
        words.append(part["error"].strip().split("\n")[-1])
    return "; ".join(words) or "nothing yet"
