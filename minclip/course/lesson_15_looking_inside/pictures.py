"""The pictures of lesson 15: what the renderer knows, heat on pictures, covered pictures, masks."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from minclip.course.lesson_15_looking_inside.two_things import TwoThings
from minclip.course.tensor_boxes import Box, draw_tensors
from minclip.figures.look import (
    FONT,
    IMAGE_COLOUR,
    MATCH_COLOUR,
    OTHER_COLOUR,
    QUIET_COLOUR,
    SCORE_COLOURS,
    TEXT_COLOUR,
    WRONG_COLOUR,
    described,
    new_figure,
    show_picture,
    write_in_cell,
)

ROLLED = torch.tensor(  # attention of two layers, heads averaged: CLS and two patches
    [[[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0]], [[0.0, 0.6, 0.4], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]]
)


def named(scenes: TwoThings, question: int) -> str:
    """The thing that a question names: "an apple"."""
    return scenes.texts[question].removeprefix("a picture of ")


def frame(axes: Axes, box: Sequence[float], size: int, colour: str) -> None:
    left, top, right, bottom = (size * float(side) - 0.5 for side in box)
    axes.add_patch(Rectangle((left, top), right - left, bottom - top, fill=False, ec=colour, lw=2.5))


def draw_truth(scenes: TwoThings, places: Sequence[int]) -> Figure:
    """Pictures, and beside each what the renderer knows: the pixels and the box of both things."""
    figure = new_figure(10.4, 2.9)
    count, size = len(scenes.images), scenes.images.shape[1]
    said = []
    for axes, place in zip(figure.subplots(1, 2 * len(places)).reshape(-1, 2), places, strict=True):
        show_picture(axes[0], scenes.images[place])
        shown = np.full((size, size, 3), 0.93)
        for question, colour in ((place, IMAGE_COLOUR), (count + place, TEXT_COLOUR)):
            shown[scenes.masks[question].numpy()] = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        show_picture(axes[1], shown)
        for question, colour in ((place, IMAGE_COLOUR), (count + place, TEXT_COLOUR)):
            frame(axes[1], scenes.boxes[question].tolist(), size, colour)
        said.append(f"{named(scenes, place)} and {named(scenes, count + place)}")
        axes[0].set_title(said[-1], fontsize=FONT - 2, loc="left")
    return described(figure, f"Pictures of two things, with the pixels and the box of each: {'; '.join(said)}.")


def draw_heats(scenes: TwoThings, place: int, heats: Mapping[str, Tensor]) -> Figure:
    """One picture, and the heat of both questions about it, each from its lowest to its highest number."""
    figure = new_figure(2.1 * (1 + len(heats)), 4.6)
    axes = figure.subplots(2, 1 + len(heats))
    count, size, said = len(scenes.images), scenes.images.shape[1], []
    for row, question in enumerate((place, count + place)):
        show_picture(axes[row, 0], scenes.images[place])
        frame(axes[row, 0], scenes.boxes[question].tolist(), size, MATCH_COLOUR)
        axes[row, 0].set_title(named(scenes, question), fontsize=FONT - 1, color=TEXT_COLOUR)
        for column, (name, heat) in enumerate(heats.items(), start=1):
            on_picture(axes[row, column], scenes.images[place], heat[question])
            frame(axes[row, column], scenes.boxes[question].tolist(), size, MATCH_COLOUR)
            if row == 0:
                axes[row, column].set_title(name, fontsize=FONT - 1)
            said.append(f"{named(scenes, question)} by {name}: {where(heat[question])}")
    return described(figure, f"A picture with the heat of two sentences; the hottest cell is, for {'; '.join(said)}.")


def on_picture(axes: Axes, image: np.ndarray, heat: Tensor) -> None:
    """Heat over a grey picture, a square for each cell."""
    size = len(image)
    show_picture(axes, np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2) / 255)
    axes.imshow(heat.detach().numpy(), cmap=SCORE_COLOURS, alpha=0.65, extent=(-0.5, size - 0.5, size - 0.5, -0.5))


def where(heat: Tensor) -> str:
    """
    >>> where(torch.tensor([[0.0, 1.0], [0.2, 0.3]]))
    'row 1, column 2'
    """
    row, column = divmod(int(heat.argmax()), heat.shape[1])
    return f"row {row + 1}, column {column + 1}"


def draw_reading() -> Figure:
    """Tokens become features, and features a heat."""
    tokens = Box("tokens", ("batch", "1 + patches", "width"), QUIET_COLOUR, "CLS first")
    features = Box("features", ("batch", "patches", "embed_dim"), IMAGE_COLOUR, "without CLS, of length 1")
    heat = Box("heat", ("batch", "rows", "columns"), MATCH_COLOUR, "cosine with the text")
    sizes = {"batch": 3, "1 + patches": 10, "width": 5, "patches": 9, "embed_dim": 7, "rows": 3, "columns": 3}
    return draw_tensors([tokens, "→", features, "→", heat], sizes)


def draw_values() -> Figure:
    """The value path: tokens, values of the heads, tokens again."""
    x = Box("x", ("batch", "tokens", "width"), QUIET_COLOUR, "what the block reads")
    value = Box("value", ("heads", "tokens", "head_width"), IMAGE_COLOUR, "for each picture")
    out = Box("result", ("batch", "tokens", "width"), MATCH_COLOUR, "the heads mixed")
    sizes = {"batch": 3, "tokens": 7, "width": 6, "heads": 3, "head_width": 2}
    return draw_tensors([x, "→", value, "→", out], sizes)


def draw_rolling() -> Figure:
    """Two layers' shares of an example, and their product: the later one on the left."""
    first, second = (ROLLED + torch.eye(3)) / 2
    figure = new_figure(9.6, 3.1)
    parts = {"layer 2, half itself": second, "@   layer 1, half itself": first, "=   together": second @ first}
    names: list[str] = ["CLS", "patch 1", "patch 2"]
    said: list[str] = []
    for axes, (title, shares) in zip(figure.subplots(1, 3), parts.items(), strict=True):
        axes.imshow(shares.numpy(), cmap=SCORE_COLOURS, vmin=0, vmax=1)
        for row, column in np.ndindex(3, 3):
            write_in_cell(axes, row, column, f"{shares[row, column]:.2f}", float(shares[row, column]))
        axes.set_xticks(range(3), names, fontsize=FONT - 2)
        axes.set_yticks(range(3), names if not said else [""] * 3, fontsize=FONT - 2)
        axes.set_title(title, fontsize=FONT)
        said.append(f"{title.strip('@= ')}: {'; '.join(' '.join(f'{x:.2f}' for x in row) for row in shares.tolist())}")
    return described(figure, f"Shares of CLS and two patches, row by row. {'. '.join(said)}.")


def draw_attention(image: np.ndarray, maps: Tensor) -> Figure:
    """Where CLS looks in each layer, the mean of the heads. maps: [layers, heads, tokens, tokens], of one picture."""
    figure = new_figure(2.1 * (1 + len(maps)), 2.7)
    axes, said = figure.subplots(1, 1 + len(maps)), []
    show_picture(axes[0], image)
    for number, (one, layer) in enumerate(zip(axes[1:], maps, strict=True), start=1):
        looks = layer.mean(dim=0)[0, 1:]
        side = round(len(looks) ** 0.5)
        on_picture(one, image, looks.reshape(side, side))
        one.set_title(f"layer {number}", fontsize=FONT - 1)
        said.append(f"layer {number} {where(looks.reshape(side, side))}")
    return described(figure, f"A picture, and where CLS looks in each layer; most at {', '.join(said)}.")


def draw_covered(image: np.ndarray, cells: Sequence[tuple[int, int]], side: int) -> Figure:
    """The picture with some cells covered, one in each."""
    figure = new_figure(2.0 * (1 + len(cells)), 2.5)
    axes = figure.subplots(1, 1 + len(cells))
    show_picture(axes[0], image)
    axes[0].set_title("whole", fontsize=FONT - 1)
    for one, (row, column) in zip(axes[1:], cells, strict=True):
        covered = image.copy()
        covered[row * side : (row + 1) * side, column * side : (column + 1) * side] = 128
        show_picture(one, covered)
        one.set_title(f"cell ({row}, {column})", fontsize=FONT - 1)
    said = ", ".join(str(cell) for cell in cells)
    return described(figure, f"A picture, and the same with one cell covered in grey: cells {said}.")


def draw_iou() -> Figure:
    """Two masks on a small grid, what is in both, and what is in either."""
    a, b = np.zeros((2, 6, 6), dtype=bool)
    a[1:5, 0:4], b[2:6, 2:6] = True, True
    figure = new_figure(9.6, 2.8)
    parts = {"masks": (a, IMAGE_COLOUR), "others": (b, TEXT_COLOUR), "both": (a & b, MATCH_COLOUR)}
    parts["either"] = (a | b, OTHER_COLOUR)
    for axes, (name, (mask, colour)) in zip(figure.subplots(1, 4), parts.items(), strict=True):
        for row, column in np.ndindex(*mask.shape):
            fill = colour if mask[row, column] else "white"
            axes.add_patch(Rectangle((column, row), 1, 1, fc=fill, ec=OTHER_COLOUR))
        axes.set(xlim=(0, 6), ylim=(6, 0), aspect="equal", xticks=[], yticks=[])
        axes.set_title(f"{name}: {mask.sum()}", fontsize=FONT)
    said = ", ".join(f"{name} {mask.sum()} cells" for name, (mask, _) in parts.items())
    return described(figure, f"Two square masks that overlap: {said}.")


def draw_masks(scenes: TwoThings, heat: Tensor, masks: Tensor, boxes: Tensor, questions: Sequence[int]) -> Figure:
    """From left to right for each question: heat, its mask and box, the renderer's."""
    figure = new_figure(2.0 * len(questions), 5.6)
    axes, count, size, said = figure.subplots(3, len(questions)), len(scenes.images), scenes.images.shape[1], []
    for column, question in enumerate(questions):
        image = scenes.images[question % count]
        on_picture(axes[0, column], image, heat[question])
        axes[0, column].set_title(named(scenes, question).partition(",")[0], fontsize=FONT - 1, color=TEXT_COLOUR)
        for row, (mask, box, colour) in enumerate(
            ((masks[question], boxes[question], WRONG_COLOUR), (scenes.masks[question], scenes.boxes[question],
                                                               MATCH_COLOUR)), start=1
        ):  # fmt: skip
            shown = image.copy()
            shown[~mask.numpy()] = 255 - (255 - shown[~mask.numpy()]) // 4
            show_picture(axes[row, column], shown)
            frame(axes[row, column], box.tolist(), size, colour)
        said.append(named(scenes, question))
    for row, words in enumerate(("heat", "its mask and box", "the renderer's")):
        axes[row, 0].set_ylabel(words, fontsize=FONT - 1)
    return described(figure, f"Heat, mask and box, and the right mask and box, of {', '.join(said)}.")


def draw_two_scales(image: np.ndarray, heats: Mapping[str, Tensor]) -> Figure:
    """Each heat twice: stretched by itself, and on one scale for all."""
    figure = new_figure(2.4 * (1 + len(heats)), 4.9)
    axes, said = figure.subplots(2, 1 + len(heats)), []
    low, high = (float(f(torch.stack([*heats.values()]))) for f in (torch.min, torch.max))
    for row, words in enumerate(("each by itself", "one scale for all")):
        show_picture(axes[row, 0], image)
        axes[row, 0].set_title(words, fontsize=FONT - 1)
        for one, (name, heat) in zip(axes[row, 1:], heats.items(), strict=True):
            ends = (float(heat.min()), float(heat.max())) if row == 0 else (low, high)
            one.imshow(heat.detach().numpy(), cmap=SCORE_COLOURS, vmin=ends[0], vmax=ends[1])
            one.set(xticks=[], yticks=[])
            one.set_title(name.partition(",")[0], fontsize=FONT - 1, color=TEXT_COLOUR)
    said = [f"{name} at most {float(heat.max()):.2f}" for name, heat in heats.items()]
    return described(figure, f"The heat of sentences, each stretched and all on one scale: {'; '.join(said)}.")
