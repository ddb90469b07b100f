"""Draws docs/lessons.png, a look at four lessons: figures of the solved notebooks, side by side.

    python docs/lessons.py

The figures are the notebooks' own outputs. tests/test_front_page.py fails where the picture is not made of them.
"""

import base64
import io
import json
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from minclip.data.paths import atomic_write
from minclip.figures.look import FONT, new_figure

ROOT = Path(__file__).parents[1]
TALL = 0.8  # height over width, from which half of a figure is shown
SHOWN = {  # title -> (lesson, how the cell that draws it ends)
    "01: bytes grow into words": ("01_bpe_tokenizer", 'draw_growth("mushroom", merges)'),
    "03: where each head looks": ("03_vision_transformer", "draw_looks(carrot, shares_of_cls[alone.index(2)])"),
    "05: the loss pulls pairs together": ("05_symmetric_infonce", "draw_pull_and_push(clip_loss)"),
    "08: which things it confuses": (
        "08_zero_shot_evaluation",
        "draw_confusions(task.pixels, labels, predictions, task.class_names)",
    ),
}


def figure_of(lesson: str, ending: str) -> Image.Image:
    """The figure that a cell of a solved notebook drew."""
    notebook = json.loads((ROOT / "solutions" / lesson / f"{lesson}.ipynb").read_text(encoding="utf-8"))
    (cell,) = [cell for cell in notebook["cells"] if "".join(cell["source"]).rstrip().endswith(ending)]
    (data,) = [output["data"]["image/png"] for output in cell["outputs"] if "image/png" in output.get("data", {})]
    image = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")
    if image.height < TALL * image.width:
        return image
    return image.crop((0, 0, image.width, upper_rows(np.asarray(image.convert("L")))))  # few rows, large enough to read


def upper_rows(grey: np.ndarray) -> int:
    """The last height above the middle at which nothing is drawn, so that no row of pictures is cut."""
    empty = np.flatnonzero((grey[: len(grey) * 52 // 100] > 250).all(axis=1))
    return int(empty[-1])


def write_picture(path: Path) -> None:
    """Two rows of two figures, each below its title."""
    figures = [figure_of(*where) for where in SHOWN.values()]
    drawn = io.BytesIO()
    page = new_figure(12, 8.2)
    for axes, title, image in zip(page.subplots(2, 2).flat, SHOWN, figures, strict=True):
        axes.imshow(np.asarray(image), interpolation="antialiased")
        axes.set_title(title, fontsize=FONT + 2)
        axes.set_axis_off()
    page.savefig(drawn, format="png")
    about = PngInfo()
    about.add_text("Source", "python docs/lessons.py")
    few_colours = Image.open(drawn).convert("RGB").quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    with atomic_write(path) as file:
        few_colours.save(file, format="png", optimize=True, pnginfo=about)


if __name__ == "__main__":
    write_picture(ROOT / "docs" / "lessons.png")
