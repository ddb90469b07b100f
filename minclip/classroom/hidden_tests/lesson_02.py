"""Hidden tests of lesson 02: other pictures, other sizes of patches, other means."""

from typing import Any

import torch

from minclip import preprocess, vision
from minclip.course.assertions import Shown, Trial
from minclip.course.lesson_02_images_to_patches.checks import as_numbers, call, noise


def resize_and_crop(t: Trial) -> None:
    sizes = [(int(t.whole(2, 70, 1)), int(t.whole(2, 70, 1)), int(t.whole(2, 30, 1))) for _ in range(6)]
    for width, height, n_px in [*sizes, (97, 13, 7), (13, 97, 8), (5, 5, 9), (64, 48, 48)]:
        image = noise(t, width, height, "RGBA" if (width + height) % 3 == 0 else "RGB")
        came = call(t, Shown(image, f"a picture {width} × {height}, mode {image.mode}"), n_px)
        right = preprocess.resize_and_crop(image, n_px)
        t.same((came.size, came.mode), (right.size, "RGB"), what="the size and mode")
        t.same(as_numbers(came), as_numbers(right), what="the picture")


def pixels_to_float(t: Trial) -> None:
    for batch, height, width in ((1, 1, 1), (5, 2, 9), (2, 8, 3)):
        pixels = t.whole(0, 256, batch, height, width, 3).to(torch.uint8)
        for given in (pixels, pixels.numpy().copy()):
            shown = Shown(given, f"uint8 [{batch}, {height}, {width}, 3]")
            t.same(call(t, shown), preprocess.pixels_to_float(pixels))
        own: dict[str, Any] = {"mean": t.normal(3).tolist(), "std": (0.2 + t.normal(3).abs()).tolist()}
        t.same(call(t, shown, **own), preprocess.pixels_to_float(pixels, **own), what="the result for another mean")
    for value in (0, 255):
        flat = torch.full((1, 2, 2, 3), value, dtype=torch.uint8)
        t.same(call(t, Shown(flat, f"uint8, all {value}")), preprocess.pixels_to_float(flat))


def patchify(t: Trial) -> None:
    for batch, rows, columns, side in ((1, 1, 4, 2), (4, 3, 2, 7), (2, 5, 5, 1), (1, 2, 1, 6), (7, 2, 3, 4)):
        image = t.normal(batch, 3, rows * side, columns * side)
        t.same(t(image, side), vision.patchify(image, side), what=f"the result for {rows} × {columns} patches")
    turned = t.normal(2, 3, 8, 12).transpose(2, 3)
    t.same(t(turned, 4), vision.patchify(turned, 4), what="the result for a turned picture")
    for size, side in (((8, 9), 4), ((9, 8), 4), ((5, 5), 2)):
        t.raises(ValueError, t.mine, t.normal(1, 3, *size), side, why=f"{size} is not filled by patches of {side}")


def PatchEmbedding(t: Trial) -> None:
    for size, side, width, batch in ((6, 6, 5, 2), (14, 2, 3, 1), (15, 5, 11, 4), (4, 1, 6, 3)):
        mine, theirs = t.call(t.mine, size, side, width), vision.PatchEmbedding(size, side, width)
        t.copy_weights(mine, theirs)
        image = t.normal(batch, 3, size, size)
        t.same(t.call(mine, image), theirs(image), what=f"the row of tokens of PatchEmbedding({size}, {side}, {width})")
        t.gradients_of_weights(mine, theirs, image)
