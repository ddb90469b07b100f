"""The pictures of lesson 02: squares, channels, patches cut and put together, filters, positions, what breaks."""

import math
from collections.abc import Mapping

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Rectangle
from PIL import Image, ImageDraw
from torch import Tensor

from minclip.course.tensor_boxes import CELL, Box, draw_tensors, extent
from minclip.figures.look import (
    FONT,
    IMAGE_COLOUR,
    MATCH_COLOUR,
    OTHER_COLOUR,
    QUIET_COLOUR,
    SCORE_COLOURS,
    SERIES_COLOURS,
    dress,
    new_figure,
    show_picture,
)
from minclip.preprocess import MEAN, STD, resize_and_crop

LEARNED_COLOUR = CHOSEN_COLOUR = SERIES_COLOURS[4]  # weights; what is pointed at
SIZES = {"channels": 3, "height": 4, "width": 6, "patches": 6, "3 · patch_size²": 12, "token width": 5}
ROW = "1 + patches"
LABEL = {"boxstyle": "circle,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.75}


def draw_ways(picture: Image.Image, n_px: int) -> Figure:
    """A picture that is no square, and three ways to make it one."""
    padded = Image.new("RGB", (n_px, n_px))
    height = n_px * picture.height // picture.width
    padded.paste(picture.resize((n_px, height)), (0, (n_px - height) // 2))
    panels = {
        f"{picture.width} × {picture.height} pixels": picture,
        "stretched": picture.resize((n_px, n_px)),
        "padded": padded,
        "cropped (CLIP)": resize_and_crop(picture, n_px),
    }
    return row_of_pictures(panels, 2.3, [picture.width / picture.height, 1, 1, 1])


def row_of_pictures(panels: Mapping[str, Image.Image | np.ndarray], side: float, widths: list[float]) -> Figure:
    """Pictures of one height beside each other, each with its title."""
    figure = new_figure(side * sum(widths) + 0.3, side + 0.45)
    row = figure.subplots(1, len(panels), width_ratios=widths, squeeze=False)[0]
    for axes, (title, panel) in zip(row, panels.items(), strict=True):
        show_picture(axes, panel)
        axes.set_title(title, fontsize=FONT)
    return figure


def sticker() -> Image.Image:
    """A face on a transparent ground. What stands in its transparent pixels nobody sees: green."""
    picture = Image.new("RGBA", (120, 120), (0, 158, 115, 0))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((14, 14, 106, 106), fill="#F0C808", outline="#202020", width=4)
    for left in (40, 70):
        draw.ellipse((left, 42, left + 10, 56), fill="#202020")
    draw.arc((36, 44, 84, 86), 20, 160, fill="#202020", width=4)
    return picture


def draw_order() -> Figure:
    """A transparent picture, resized before and after it became RGB."""
    picture = sticker()
    board = 205 + 50 * ((np.indices((120, 120)) // 12).sum(axis=0) % 2)
    seen = Image.fromarray(np.repeat(board[..., None], 3, axis=2).astype(np.uint8))
    seen.paste(picture, mask=picture)
    panels = {
        "what you see": seen,
        "resize, then RGB (CLIP)": resize_and_crop(picture, 32),
        "RGB, then resize": resize_and_crop(picture.convert("RGB"), 32),
    }
    return row_of_pictures(panels, 2.6, [1, 1, 1])


def parts_of(figure: Figure, rows: int, columns: int) -> list[SubFigure]:
    """Figures within a figure, each with a title of its own."""
    grid = figure.add_gridspec(rows, columns)
    return [figure.add_subfigure(grid[place]) for place in range(rows * columns)]


def draw_layout() -> Figure:
    """One picture of the batch: channels last, channels first."""
    pixels = Box("one sheet: a row of pixels", ("height", "width", "channels"), QUIET_COLOUR, "uint8, 0 to 255")
    x = Box("one sheet: a channel", ("channels", "height", "width"), IMAGE_COLOUR, "float32, about -2 to 2")
    return draw_tensors([pixels, "→", x], SIZES)


def draw_channels(picture: Image.Image, x: Tensor) -> Figure:
    """A picture, and its channels as numbers. x: float [3, height, width]."""
    figure = new_figure(10.5, 2.9)
    first, *others = figure.subplots(1, 4)
    show_picture(first, picture)
    first.set_title("the picture", fontsize=FONT)
    for place, (axes, colour) in enumerate(zip(others, ("red", "green", "blue"), strict=True)):
        drawn = axes.imshow(x[place].cpu().numpy(), cmap="gray", vmin=-2, vmax=2)
        axes.set(xticks=[], yticks=[])
        axes.set_title(f"x[0, {place}]: {colour}", fontsize=FONT)
    figure.colorbar(drawn, ax=others, shrink=0.85, ticks=[-2, 0, 2]).ax.tick_params(labelsize=FONT - 1)
    return figure


def draw_cut(picture: Image.Image, patch_size: int, chosen: int) -> Figure:
    """Where the cuts go, one patch enlarged, and the order of its numbers."""
    columns, count = picture.width // patch_size, patch_size**2
    figure = new_figure(10.2, 3.8)
    whole, one, *channels = figure.subplots(1, 5, width_ratios=[2, 1.2, 1, 1, 1])
    show_picture(whole, picture)
    whole.set_title("in reading order", fontsize=FONT)
    for line in range(patch_size, picture.width, patch_size):
        whole.axhline(line - 0.5, color="white", lw=2)
        whole.axvline(line - 0.5, color="white", lw=2)
    for place in range(columns * picture.height // patch_size):
        y, x = (patch_size * part + patch_size / 2 - 0.5 for part in divmod(place, columns))
        whole.text(x, y, str(place), ha="center", va="center", fontsize=FONT + 1, weight="bold", bbox=LABEL)
    top, left = (patch_size * part for part in divmod(chosen, columns))
    corner = left - 0.5, top - 0.5
    whole.add_patch(Rectangle(corner, patch_size, patch_size, fill=False, ec=CHOSEN_COLOUR, lw=4, zorder=3))
    patch = np.asarray(picture)[top : top + patch_size, left : left + patch_size]
    show_picture(one, patch, frame=CHOSEN_COLOUR)
    one.set_title(f"patch {chosen}", fontsize=FONT)
    for place, (axes, colour) in enumerate(zip(channels, ("Reds", "Greens", "Blues"), strict=True)):
        axes.imshow(patch[..., place], cmap=f"{colour}_r", vmin=0, vmax=255)
        axes.set(xticks=[], yticks=[])
        axes.set_title(f"numbers\n{place * count} to {(place + 1) * count - 1}", fontsize=FONT)
    return figure


def draw_patchify() -> Figure:
    """A picture, and its patches as rows."""
    picture = Box("image", ("channels", "height", "width"), IMAGE_COLOUR, "patch_size 2")
    patches = Box("patches", ("patches", "3 · patch_size²"), IMAGE_COLOUR, "a row for each")
    return draw_tensors([picture, "→", patches], SIZES)


def put_together(patches: Tensor) -> Tensor:
    """The way back from patchify, for square pictures: float [batch, patches, 3 · p²] -> [batch, 3, size, size]."""
    columns, p = round(patches.shape[1] ** 0.5), round((patches.shape[2] / 3) ** 0.5)
    x = patches.unflatten(1, (columns, columns)).unflatten(3, (3, p, p))  # [batch, rows, columns, 3, p, p]
    return x.permute(0, 3, 1, 4, 2, 5).flatten(4).flatten(2, 3)


def visible(x: Tensor) -> np.ndarray:
    """Normalised numbers as a picture again: float [3, height, width] -> uint8 [height, width, 3]."""
    mean, std = (torch.tensor(value).view(3, 1, 1) for value in (MEAN, STD))
    return (255 * (x * std + mean)).round().clamp(0, 255).byte().permute(1, 2, 0).cpu().numpy()


def draw_puzzle(patches: Tensor, order: Tensor) -> Figure:
    """Patches apart, together, and in another order. patches: float [1, patches, 3 · patch_size²]."""
    columns = round(patches.shape[1] ** 0.5)
    figure = new_figure(10.2, 3.6)
    apart, together, shuffled = parts_of(figure, 1, 3)
    apart.suptitle("16 patches", fontsize=FONT)
    for axes, patch in zip(apart.subplots(columns, columns).flat, patches[0], strict=True):
        show_picture(axes, visible(put_together(patch[None, None])[0]))
    for part, title, chosen in ((together, "put together", patches), (shuffled, "in another order", patches[:, order])):
        part.suptitle(title, fontsize=FONT)
        show_picture(part.subplots(), visible(put_together(chosen)[0]))
    return figure


def draw_projection() -> Figure:
    """Every patch times one matrix."""
    patches = Box("patches", ("patches", "3 · patch_size²"), IMAGE_COLOUR)
    matrix = Box("one matrix", ("3 · patch_size²", "token width"), LEARNED_COLOUR, "learned")
    return draw_tensors([patches, "@", matrix, "=", Box("tokens", ("patches", "token width"), IMAGE_COLOUR)], SIZES)


def draw_row() -> Figure:
    """CLS before the patches, and a position for each."""
    sizes = SIZES | {ROW: SIZES["patches"] + 1}
    joined = Box("class_embedding, patches", (ROW, "token width"), IMAGE_COLOUR)
    positions = Box("positional_embedding", (ROW, "token width"), LEARNED_COLOUR)
    row = Box("what the Transformer reads", (ROW, "token width"), IMAGE_COLOUR)
    figure = draw_tensors([joined, "+", positions, "=", row], sizes)
    axes, (width, height) = figure.axes[0], extent(joined, sizes)
    axes.add_patch(Rectangle((0, height / 2 - CELL), width, CELL, fc=LEARNED_COLOUR, ec="white"))
    axes.text(width / 2, (height - CELL) / 2, "CLS", ha="center", va="center", fontsize=FONT - 1, color="white")
    return figure


def draw_filters(weight: Tensor, patches: Tensor) -> Figure:
    """Some filters as little pictures; below, for each, the mean patch weighted by how strongly the filter answers.

    weight: float [width, 3, p, p]; patches: float [batch, patches, 3 · p²]. The weighting is Haufe et al. 2014's.
    """
    patches = patches.flatten(0, 1)
    patches = patches - patches.mean(dim=0)
    answers = patches @ weight.flatten(1).T  # [patches of all pictures, width]
    liked = (answers.T @ patches / len(patches)).view_as(weight)
    figure = new_figure(10, 5)
    titles = "the filters' weights", "what each of them answers to in the picture book"
    for part, title, pictures in zip(parts_of(figure, 2, 1), titles, (weight, liked), strict=True):
        part.suptitle(title, fontsize=FONT)
        for axes, picture in zip(part.subplots(4, 16).flat, pictures, strict=False):
            show_picture(axes, (0.5 + picture / picture.abs().max() / 2).permute(1, 2, 0).cpu().numpy())
    return figure


def draw_positions(similarity: Tensor) -> Figure:
    """For each position a map of how alike it is to all of them. similarity: cosines, float [patches, patches]."""
    side = round(len(similarity) ** 0.5)
    figure = new_figure(7.2, 6.8)
    figure.suptitle("how alike each framed position is to all 16", fontsize=FONT + 1)
    grid = figure.subplots(side, side)
    for place, axes in enumerate(grid.flat):
        row, column = divmod(place, side)
        drawn = axes.imshow(similarity[place].view(side, side).cpu().numpy(), cmap=SCORE_COLOURS, vmin=-0.5, vmax=1)
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, ec=CHOSEN_COLOUR, lw=3))
        axes.set(xticks=[], yticks=[])
    colours = figure.colorbar(drawn, ax=grid, shrink=0.6)
    colours.set_label("cosine with the framed position", fontsize=FONT)
    colours.ax.tick_params(labelsize=FONT - 1)
    return figure


def draw_seen(ways: Mapping[str, Tensor]) -> Figure:
    """What a model sees, in its own colours: normalised numbers as a picture again. Each float [1, 3, size, size]."""
    rows = math.ceil(len(ways) / 4)
    figure = new_figure(9.6, 2.7 * rows)
    for place, (title, x) in enumerate(ways.items(), start=1):
        axes = figure.add_subplot(rows, 4, place)
        show_picture(axes, visible(x[0]), frame=OTHER_COLOUR)
        axes.set_title(title, fontsize=FONT)
    return figure


def draw_broken(shares: Mapping[str, float], chance: float) -> Figure:
    """Bars, the first of them right. shares and chance: percent."""
    figure = new_figure(8.5, 0.6 + 0.5 * len(shares))
    axes: Axes = figure.subplots()
    names = list(shares)
    axes.barh(names, list(shares.values()), color=[MATCH_COLOUR, *[OTHER_COLOUR] * (len(names) - 1)])
    for place, share in enumerate(shares.values()):
        axes.text(share + 1, place, f"{share:.0f}", va="center", fontsize=FONT)
    axes.axvline(chance, color=QUIET_COLOUR, linestyle="--")
    dress(axes, "", f"right answers (%), dashed: guessing ({chance:.0f})", "")
    axes.set(xlim=(0, 100))
    axes.invert_yaxis()
    return figure
