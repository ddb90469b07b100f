"""docs/sweep.png: every point of the sweep with its interval, beside the base."""

from matplotlib.figure import Figure

from minclip.figures.look import QUIET_COLOUR, SERIES_COLOURS, dress, legend_below, new_figure

AXES = ("base", "optimiser", "rates and batch", "stem", "resolution", "patch")  # in the order of table and plot


def plot_sweep(result: dict) -> Figure:
    """Every point's object accuracy with its interval, a colour and a shape per axis; the base as line and band."""
    done = result["points"]
    figure = new_figure(8, 1.4 + 0.32 * len(done))
    axes = figure.subplots()
    seeds = [100 * point["tasks"]["object"]["accuracy"] for point in done if point["axis"] == AXES[0]]
    span = f"base: lowest to highest of {len(seeds)} seeds"
    axes.axvspan(min(seeds), max(seeds), color=QUIET_COLOUR, alpha=0.4, linewidth=0, label=span)
    for height, point in enumerate(done):
        mean, low, high = (100 * point["tasks"]["object"][name] for name in ("accuracy", "low", "high"))
        look = AXES.index(point["axis"])
        axes.errorbar(mean, height, xerr=[[mean - low], [high - mean]], fmt="osD^vP"[look], color=SERIES_COLOURS[look],
                      markersize=7, capsize=4)  # fmt: skip
    axes.set_yticks(range(len(done)), [f"{point['axis']}: {point['value']}" for point in done])
    axes.set_ylim(len(done) - 0.5, -0.5)
    title = f"One thing changed, {result['recipe']['samples']:,} samples"
    dress(axes, title, "object, validation pictures (%), with 95 % intervals", "")
    legend_below(figure, axes)
    return figure
