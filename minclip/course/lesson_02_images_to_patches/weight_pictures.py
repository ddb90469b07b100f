"""The figures of what lesson 02's model has learned: its filters and its positions."""

from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from minclip.figures.look import FONT, IMAGE_COLOUR, WRONG_COLOUR, described, new_figure, show_picture

SIGNED_COLOURS = LinearSegmentedColormap.from_list("minclip_signed", [WRONG_COLOUR, "#FFFFFF", IMAGE_COLOUR])


def answered_to(weight: Tensor, patches: Tensor) -> Tensor:
    """The mean patch, weighted by each filter's answer (Haufe et al. 2014): float [filters, 3, p, p].

    weight: float [filters, 3, p, p]; patches: float [all patches, 3 · p²].
    """
    patches = patches - patches.mean(dim=0)
    answers = patches @ weight.flatten(1).T  # [all patches, filters]
    return (answers.T @ patches / len(patches)).view_as(weight)


def draw_filters(fresh: Tensor, trained: Tensor, patches: Tensor, count: int = 12) -> Figure:
    """Some filters before and after training, as little pictures, and what each of them answers to.

    fresh, trained: float [filters, 3, p, p]; patches: float [batch, patches, 3 · p²].
    """
    patches = patches.flatten(0, 1)
    rows = {
        "weights at\nthe start": fresh,
        "weights after\ntraining": trained,
        "answers to,\nat the start": answered_to(fresh, patches),
        "answers to,\nafter training": answered_to(trained, patches),
    }
    figure = new_figure(10.4, 3.5)
    for name, line, filters in zip(rows, figure.subplots(4, count), rows.values(), strict=True):
        line[0].set_ylabel(name, fontsize=FONT - 1, rotation=0, ha="right", va="center")
        for axes, one in zip(line, filters, strict=False):
            show_picture(axes, (0.5 + one / one.abs().max() / 2).permute(1, 2, 0).cpu().numpy())
    return described(
        figure,
        f"{count} filters as little pictures. Their weights look like coloured noise at the start, and mostly after "
        "training, too. What they answer to is smooth: colours, light and dark, soft edges; after training it is "
        "the same for some filters and another for others.",
    )


def draw_positions(similarity: Tensor) -> Figure:
    """For each position a map of how alike it is to all of them. similarity: cosines, float [patches, patches]."""
    side = round(len(similarity) ** 0.5)
    figure = new_figure(7.2, 6.8)
    figure.suptitle("how alike each framed position is to all 16", fontsize=FONT + 1)
    grid = figure.subplots(side, side)
    for place, axes in enumerate(grid.flat):
        row, column = divmod(place, side)
        drawn = axes.imshow(similarity[place].view(side, side).cpu().numpy(), cmap=SIGNED_COLOURS, vmin=-1, vmax=1)
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, ec="black", lw=3))
        axes.set(xticks=[], yticks=[])
    colours = figure.colorbar(drawn, ax=grid, shrink=0.6)
    colours.set_label("cosine with the framed position", fontsize=FONT)
    colours.ax.tick_params(labelsize=FONT - 1)
    return described(
        figure,
        "A map for each of the 16 positions, four by four: its cosine with every position, from blue for 1 over white "
        "for 0 to orange for -1.",
    )
