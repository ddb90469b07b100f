"""How the answers of lesson 02 are judged: a picture made square, its pixels as numbers, its patches, their tokens."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from minclip import preprocess, vision
from minclip.course.assertions import Known, Trial, Wrong
from minclip.course.lesson_02_images_to_patches.mistakes import (
    wrong_numbers,
    wrong_patches,
    wrong_sizes,
    wrong_squares,
    wrong_tokens,
)


class Shown(NamedTuple):
    """An input, and how the learner reads of it: a picture's own words would be its address in memory."""

    value: Any
    words: str

    def __repr__(self) -> str:
        return self.words


def call(t: Trial, given: Shown, *more: Any, **named: Any) -> Any:
    """The learner's function of the input itself. Wrong where it changes it."""
    before = as_numbers(given.value)
    came = t.call(lambda _, *more, **named: t.mine(given.value, *more, **named), given, *more, as_=name(t), **named)
    t.holds(as_numbers(given.value).equal(before), "it changes what it was given", "work on a new one, not in place")
    return came


def name(t: Trial) -> str:
    return t.mine.__name__


def as_numbers(value: Any) -> Tensor:
    """A copy."""
    return value.clone() if isinstance(value, Tensor) else torch.from_numpy(np.array(value))


def with_advice(wrong: Wrong, advice: str) -> Wrong:
    """The same, with what to do about it where Python raised an error."""
    return wrong if wrong.__cause__ is None else Wrong(*wrong.lines[:4], advice)


def noise(t: Trial, width: int, height: int, mode: str) -> Image.Image:
    """Random pixels; where the mode has transparency, that is random, too."""
    pixels = t.whole(0, 256, height, width, 4 if mode in ("RGBA", "LA") else 3)
    return Image.fromarray(pixels.to(torch.uint8).numpy()).convert(mode)


def resize_and_crop(t: Trial) -> None:
    t.errors = {
        "interpreted as an integer": "pixels are counted in whole numbers: int(...) of a width, round(...) of a corner",
        "no attribute 'shape'": "a PIL picture has .size instead of .shape, and it is (width, height)",
        "is less than": "crop wants (left, top, right, bottom), the edges of what is kept",
    }
    # wide, tall, made larger, and three sizes in which a factor n_px / short is not exact
    sizes = [(52, 30, 16), (29, 40, 15), (7, 11, 24), (22, 11, 15), (30, 22, 11), (55, 47, 12)]
    sizes += [(33, 33, 20), (50, 16, 16), (16, 16, 16), (1, 9, 4)]  # square, only to crop, as it is, one pixel wide
    pictures = [(*size, "RGB") for size in sizes] + [(40, 27, 13, mode) for mode in ("RGBA", "P", "L", "1", "LA")]
    for width, height, n, mode in pictures:
        image = noise(t, width, height, mode)
        came = call(t, Shown(image, f"a picture {width} × {height}, mode {mode}"), n)
        found = "None: is there a return?" if came is None else type(came).__name__
        t.holds(isinstance(came, Image.Image), "the result is no picture", f"  came      {found}")
        t.same(came.size, (n, n), wrong_sizes(image, n), "the picture's size")
        t.same(came.mode, "RGB", what="the picture's mode", hint='end with .convert("RGB")')
        expected = as_numbers(preprocess.resize_and_crop(image, n))
        hint = "the right size, other pixels: compare filter, long side and corner with the docstring"
        t.same(as_numbers(came), expected, wrong_squares(image, n), "the picture", hint)


ON_THE_CPU = "mean and std are made on the CPU, the pixels may be on a GPU (here: meta): give them device=x.device"


def pixels_to_float(t: Trial) -> None:
    t.errors = {
        "device cpu is not on": ON_THE_CPU,
        "at least two devices": ON_THE_CPU,
        "numpy.ndarray": "torch.as_tensor(pixels, device=device) takes an array and a tensor",
        "dimension 1": "[3, 1, 1] meets the third dimension from the right: permute the channels to it first",
        "unhashable": "mean and std may be lists, and per_channel takes tuples: per_channel(tuple(mean), x.device)",
        "can't be cast": "uint8 holds whole numbers only: make float32 of the pixels first, .float()",
    }
    narrow, wide = t.whole(0, 256, 2, 4, 3, 3).to(torch.uint8), t.whole(0, 256, 3, 5, 7, 3).to(torch.uint8)
    shown = [Shown(pixels, f"uint8 {list(pixels.shape)}") for pixels in (narrow, wide)]
    for pixels in shown:
        came = call(t, pixels)
        if isinstance(came, Tensor):
            t.same(came.dtype, torch.float32, what="the dtype", hint="make float32 of the pixels: .float()")
        t.same(came, preprocess.pixels_to_float(pixels.value), wrong_numbers(pixels.value))
    array = Shown(wide.numpy().copy(), "a NumPy array, uint8 [3, 5, 7, 3]")
    t.same(call(t, array), preprocess.pixels_to_float(array.value), what="the result for an array")
    own: dict[str, Any] = {"mean": [0.5, 0.25, 0.75], "std": [0.5, 1.0, 2.0]}
    constants: Known = {
        "MEAN and STD are only the defaults: use the arguments mean and std": lambda: preprocess.pixels_to_float(wide)
    }
    t.same(call(t, shown[1], **own), preprocess.pixels_to_float(wide, **own), constants)
    came = call(t, shown[1], device="meta")
    t.holds(came.is_meta, "device is not used", "torch.as_tensor(pixels, device=device) brings the pixels there")
    try:  # PyTorch's meta device stands for a GPU: it does not mix with the CPU, either
        t.call(lambda _: t.mine(wide.to("meta")), shown[1], as_=name(t))
    except Wrong as wrong:
        if isinstance(wrong.__cause__, NotImplementedError):  # PyTorch's: nothing comes back from meta
            advice = "it moves them to the CPU: where no device is given, they stay where they are"
            raise Wrong(*t.heading("would move pixels that are on a GPU"), advice) from wrong
        raise Wrong(*t.heading("would fail where the pixels are on a GPU"), ON_THE_CPU) from wrong
    t.passed += 1


VIEW = {"view size is not compatible": "after a permute the numbers lie in another order: reshape instead of view"}


def patchify(t: Trial) -> None:
    t.errors = VIEW
    image = t.normal(2, 3, 4, 6)
    t.same(patches_of(t, image, 2), vision.patchify(image, 2), wrong_patches(image, 2))
    for height, width, patch_size in ((6, 6, 3), (10, 5, 5), (4, 12, 4)):
        other = t.normal(3, 3, height, width)
        t.same(patches_of(t, other, patch_size), vision.patchify(other, patch_size), wrong_patches(other, patch_size))
    mine, theirs = (image.clone().requires_grad_() for _ in range(2))
    t.gradient(t(mine, 2), vision.patchify(theirs, 2), {"image": (mine, theirs)})
    t.on_a_gpu(t.mine, image, 2)
    half = image.bfloat16()
    t.same(t(half, 2), vision.patchify(half, 2), hint="numbers keep their dtype: bfloat16 stays bfloat16")
    t.raises(ValueError, t.mine, t.normal(1, 3, 6, 7), 3, why="7 pixels are no whole number of patches of 3")


def runs(function: Callable, *arguments: Any) -> bool:
    try:
        function(*arguments)
    except Exception:
        return False
    return True


def patches_of(t: Trial, image: Tensor, patch_size: int) -> Any:
    """t(image, patch_size), with a name for the commonest reason of an error."""
    try:
        return t(image, patch_size)
    except Wrong as wrong:
        side = min(image.shape[2:])
        if not runs(t.mine, image[..., :side, :side], patch_size):
            raise
        advice = "it works for squares only: there are height // patch_size rows and width // patch_size columns"
        raise with_advice(wrong, advice) from wrong


def PatchEmbedding(t: Trial) -> None:
    late = "there is one position more than patches: put CLS before the patches, then add the positions"
    flat = "class_embedding is [width]: .expand(x.shape[0], 1, -1) makes it [batch, 1, width]"
    turned = "flatten(2) leaves [batch, width, patches]: transpose(1, 2) after it"
    t.errors = VIEW | {
        "Expected size 7 but got size 9": turned,
        "(9) must match the size of tensor b (7)": turned,
        "Expected size 7 but got size 21": "flatten(2) comes first: it joins rows and columns; then transpose(1, 2)",
        "got 3 and 4": "rows and columns of the patches are still apart: flatten(2), then transpose(1, 2)",
        "got 3 and 2": "flatten(1) joins width with rows and columns: flatten(2), then transpose(1, 2)",
        "except in dimension 0": "dim=0 puts pictures one after the other: tokens need torch.cat([...], dim=1)",
        "except in dimension 2": "dim=2 makes tokens longer: to put them one after the other, torch.cat([...], dim=1)",
        "(9) must match the size of tensor b (10)": late,
        "(10) must match the size of tensor b (9)": late,
        "same number of dimensions": flat,
        "Dimension out of range": flat,
    }
    # 9 patches of width 7: a reshape can be told from a missing transpose, which where both are 9 runs through
    for size, patch_size, width in ((12, 4, 7), (12, 4, 9), (10, 5, 16)):
        words = f"PatchEmbedding({size}, {patch_size}, {width})"
        mine, theirs = t.call(t.mine, size, patch_size, width), vision.PatchEmbedding(size, patch_size, width)
        t.copy_weights(mine, theirs)
        image = t.normal(3, 3, size, size)
        t.same(tokens_of(t, mine, image, words), theirs(image), wrong_tokens(theirs, image), "the row of tokens")
    names = ("conv1.weight", "class_embedding", "positional_embedding")
    pairs = {name: (mine.get_parameter(name), theirs.get_parameter(name)) for name in names}
    t.gradient(t.call(mine, image, as_=words), theirs(image), pairs)
    order = [2, 0, 1]
    came = t.call(mine, image[order], as_=words)
    t.same(came, theirs(image)[order], hint="another order of the pictures, and the numbers change: is something kept?")
    t.on_a_gpu(mine, image)
    try:
        came = t.call(mine.to(torch.bfloat16), image, as_=f"bfloat16 {words}")
    except Wrong as wrong:
        advice = "bring the picture to the dtype of the weights: image.to(self.conv1.weight.dtype)"
        raise with_advice(wrong, advice) from wrong
    t.same(came.dtype, torch.bfloat16, what="the dtype of the tokens")


def tokens_of(t: Trial, module: Any, image: Tensor, words: str) -> Any:
    """module(image), with a name for the commonest reason of an error."""
    try:
        return t.call(module, image, as_=words)
    except Wrong as wrong:
        if not runs(module, image[:1]):
            raise
        advice = "it works for one picture only: CLS goes to every picture, .expand(x.shape[0], 1, -1)"
        raise with_advice(wrong, advice) from wrong
