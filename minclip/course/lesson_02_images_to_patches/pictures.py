"""The figures of lesson 02 that show pictures: squares, channels, patches cut and put together, what breaks.

Tensors as boxes are in tensor_pictures.py, what the model has learned in weight_pictures.py.
"""

import math
from collections.abc import Mapping

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Rectangle
from PIL import Image, ImageDraw
from torch import Tensor

from minclip.figures.look import (
    FONT,
    MATCH_COLOUR,
    OTHER_COLOUR,
    QUIET_COLOUR,
    SERIES_COLOURS,
    described,
    dress,
    new_figure,
    show_picture,
)
from minclip.preprocess import MEAN, STD, resize_and_crop

CHOSEN_COLOUR = SERIES_COLOURS[4]  # what is pointed at
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
    figure = row_of_pictures(panels, 2.3, [picture.width / picture.height, 1, 1, 1])
    return described(
        figure,
        "Three pictures side by side, three times as wide as high, made square in three ways: stretched, everything "
        "is thin; padded, two thirds are black bars; cropped, only the picture in the middle is left.",
    )


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
    figure = row_of_pictures(panels, 2.6, [1, 1, 1])
    return described(
        figure,
        "A yellow face on a transparent ground. Resized and then made RGB, its ground is black. "
        "Made RGB and then resized, its ground is green.",
    )


def parts_of(figure: Figure, rows: int, columns: int) -> list[SubFigure]:
    """Figures within a figure, each with a title of its own."""
    grid = figure.add_gridspec(rows, columns)
    return [figure.add_subfigure(grid[place]) for place in range(rows * columns)]


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
    return described(figure, "A picture and its red, green and blue channel in shades of grey, from -2 to 2.")


def draw_cut(picture: Image.Image, patch_size: int, chosen: int) -> Figure:
    """Where the cuts go, one patch enlarged, and the order of its numbers: black is 0, the brightest colour 255."""
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
    for place, (axes, colour) in enumerate(zip(channels, ("red", "green", "blue"), strict=True)):
        alone = np.zeros_like(patch)
        alone[..., place] = patch[..., place]
        show_picture(axes, alone)
        axes.set_title(f"{colour}: numbers\n{place * count} to {(place + 1) * count - 1}", fontsize=FONT)
    return described(
        figure,
        f"A picture cut into {columns * picture.height // patch_size} patches, counted row by row. Patch {chosen} is "
        f"enlarged: its {count} red numbers come first, then the green ones, then the blue ones. The brighter a "
        "pixel of a channel, the larger its number.",
    )


def put_together(patches: Tensor) -> Tensor:
    """The way back from patchify, for square pictures: float [batch, patches, 3 · p²] -> [batch, 3, size, size]."""
    columns, p = round(patches.shape[1] ** 0.5), round((patches.shape[2] / 3) ** 0.5)
    x = patches.unflatten(1, (columns, columns)).unflatten(3, (3, p, p))  # [batch, rows, columns, 3, p, p]
    images: Tensor = x.permute(0, 3, 1, 4, 2, 5).flatten(4).flatten(2, 3)
    return images


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
    return described(figure, "16 patches apart, put together to the picture again, and put together in another order.")


def draw_seen(ways: Mapping[str, Tensor]) -> Figure:
    """What a model sees, in its own colours: normalised numbers as a picture again. Each float [1, 3, size, size]."""
    rows = math.ceil(len(ways) / 4)
    figure = new_figure(9.6, 2.7 * rows)
    for place, (title, x) in enumerate(ways.items(), start=1):
        axes = figure.add_subplot(rows, 4, place)
        show_picture(axes, visible(x[0]), frame=OTHER_COLOUR)
        axes.set_title(title, fontsize=FONT)
    return described(figure, f"The same picture as the model sees it in {len(ways)} ways: {', '.join(ways)}.")


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
    said = ", ".join(f"{name} {share:.0f}" for name, share in shares.items())
    return described(figure, f"Right answers in percent: {said}; guessing {chance:.0f}.")
