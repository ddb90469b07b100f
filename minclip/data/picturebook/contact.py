"""Contact sheets: many small pictures side by side, because looking beats believing.

`minclip data picturebook --sheet` writes that of every class in every style.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from minclip.data.picturebook.objects import CLASSES
from minclip.data.picturebook.palette import COLOURS
from minclip.data.picturebook.picture import Picture, Thing
from minclip.data.picturebook.render import render
from minclip.data.picturebook.scenes import SCENES
from minclip.data.picturebook.styles import STYLES
from minclip.data.progress import with_progress

GAP = 2  # pixels between pictures
LETTER_HEIGHT = 11  # pixels
PAPER, INK = (255, 255, 255), (60, 60, 66)
RADIUS = 0.4  # of the things on the sheet of classes: large, and not touching the edge


def contact_sheet(
    pictures: Sequence[np.ndarray],
    columns: int,
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
) -> Image.Image:
    """Lay pictures out row by row.

    pictures: uint8 [height, width, 3], all of one shape. The last row may be short. Labels stand to the left
    of the rows and above the columns: one each, or none.

    ValueError: no pictures, different shapes, or a number of labels that does not fit.
    """
    if not pictures or columns < 1:
        raise ValueError(f"{len(pictures)} pictures in {columns} columns: a sheet needs at least one of each")
    shapes = {picture.shape for picture in pictures}
    if len(shapes) > 1:
        raise ValueError(f"the pictures of one sheet have one shape, not {sorted(shapes)}: resize them first")
    rows = -(-len(pictures) // columns)
    _check_labels("row_labels", row_labels, rows)
    _check_labels("column_labels", column_labels, columns)

    font = ImageFont.load_default(LETTER_HEIGHT)
    height, width = pictures[0].shape[:2]
    left = 6 + max((int(font.getlength(label)) for label in row_labels), default=-6)
    # Labels wider than a picture stand on two lines in turn, for neighbours would overlap.
    lines = 2 if any(font.getlength(label) > width for label in column_labels) else 1
    top = lines * LETTER_HEIGHT + 5 if column_labels else 0
    sheet = Image.new("RGB", (left + columns * (width + GAP) - GAP, top + rows * (height + GAP) - GAP), PAPER)
    brush = ImageDraw.Draw(sheet)
    for i, picture in enumerate(pictures):
        sheet.paste(
            Image.fromarray(picture),
            (left + i % columns * (width + GAP), top + i // columns * (height + GAP)),
        )
    for i, label in enumerate(row_labels):
        brush.text((left - 4, top + i * (height + GAP) + height // 2), label, INK, font, anchor="rm")
    for i, label in enumerate(column_labels):
        y = top - 3 - i % lines * LETTER_HEIGHT
        brush.text((left + i * (width + GAP) + width // 2, y), label, INK, font, anchor="ms")
    return sheet


def classes_by_styles(size: int = 48, seed: int = 0) -> Image.Image:
    """Every class as a row and every style as a column, each drawn anew in another colour and scene."""
    colours, scenes = tuple(COLOURS), SCENES
    pictures = []
    for row, kind in enumerate(with_progress(CLASSES, "drawing the sheet", "classes")):
        for column, style in enumerate(STYLES):
            # 7 and 3 share no factor with 10 and 8: every colour and scene comes round
            colour = colours[(7 * row + 3 * column + seed) % len(colours)]
            scene = scenes[(row + 3 * column + seed) % len(scenes)]
            thing = Thing(kind, colour, 0.5, 0.5, RADIUS, flip=column % 2 == 1)
            drawing_seed = 100_000 * seed + len(STYLES) * row + column
            picture = Picture((thing,), scene, style, "one", drawing_seed)
            pictures.append(render(picture, size))
    return contact_sheet(pictures, len(STYLES), tuple(CLASSES), STYLES)


def _check_labels(name: str, labels: Sequence[str], needed: int) -> None:
    if labels and len(labels) != needed:
        raise ValueError(f"{name} has {len(labels)} labels for {needed}: give one each, or none")
