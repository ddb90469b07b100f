"""How the answers of lesson 02 are judged: a picture made square, its pixels as numbers, its patches, their tokens."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from minclip import preprocess, vision
from minclip.course import battery
from minclip.course.assertions import Known, Mistake, Shown, Trial, Wrong, gives
from minclip.course.gpu_claims import GPU
from minclip.course.lesson_02_images_to_patches import number_mistakes, patch_mistakes, square_mistakes, token_mistakes
from minclip.course.lesson_02_images_to_patches.square_mistakes import WRONG_SQUARES, Square

# width, height, n_px: wide, tall, made larger, and three sizes in which a factor n_px / short is not exact;
# then square, only to crop, as it is, one pixel wide
SIZES = [(52, 30, 16), (29, 40, 15), (7, 11, 24), (22, 11, 15), (30, 22, 11), (55, 47, 12)]
SIZES += [(33, 33, 20), (50, 16, 16), (16, 16, 16), (1, 9, 4), (31, 18, 1)]
Proof = tuple[Image.Image, int]  # a picture, and the size that is asked for
STDS = preprocess.per_channel(preprocess.STD, torch.device("cpu"))


def call(t: Trial, given: Shown, *more: Any, **named: Any) -> Any:
    """The learner's function of the input itself. Wrong where it changes it."""
    before = as_numbers(given.value)
    came = t(given, *more, **named)
    t.holds(as_numbers(given.value).equal(before), "edits its input", "it changes what it was given")
    return came


def as_numbers(value: Any) -> Tensor:
    """A copy."""
    return value.clone() if isinstance(value, Tensor) else torch.from_numpy(np.array(value))


def explained(
    t: Trial, mistake: Mistake, runs_without: Callable[[], Any], function: Callable[..., Any], *given: Any, **o: Any
) -> Any:
    """t.call(function, *given). Where that raises an error and runs_without does not, the mistake is the cause."""
    try:
        return t.call(function, *given, **o)
    except Wrong as wrong:
        if wrong.__cause__ is None or wrong.mistake is not None:
            raise
        try:
            runs_without()
        except Exception:
            raise wrong from wrong.__cause__
        raise Wrong(*wrong.lines[:4], mistake) from wrong.__cause__


def noise(t: Trial, width: int, height: int, mode: str) -> Image.Image:
    """Random pixels; where the mode has transparency, that is random, too."""
    pixels = t.whole(0, 256, height, width, 4 if mode in ("RGBA", "LA") else 3)
    return Image.fromarray(pixels.to(torch.uint8).numpy()).convert(mode)


def resize_and_crop(t: Trial) -> None:
    t.errors = square_mistakes.PICTURE_ERRORS
    proofs = [(noise(t, width, height, "RGB"), n) for width, height, n in SIZES[:6]]  # mistakes must fit all of them
    for width, height, n in SIZES:
        square_of(t, noise(t, width, height, "RGB"), n, proofs)
    one, other = noise(t, 20, 14, "RGB"), noise(t, 20, 14, "RGB")
    for before, image in ((other, one), (one, other), (other, one)):
        square_of(t, image, 9, proofs, before)
    for mode in ("RGBA", "P", "L", "1", "LA"):
        square_of(t, noise(t, 40, 27, mode), 13, proofs)
        square_of(t, noise(t, 27, 40, mode), 13, proofs)
        square_of(t, noise(t, 13, 20, mode), 13, proofs)  # nothing to resize
        square_of(t, noise(t, 13, 13, mode), 13, proofs)  # nothing to cut either


def square_of(t: Trial, image: Image.Image, n: int, proofs: list[Proof], before: Image.Image | None = None) -> None:
    """Claims that what comes of a picture is minclip's. before: another picture that was asked for before."""
    came = call(t, Shown(image, f"a picture {image.width} × {image.height}, mode {image.mode}"), n)
    found = "None: is there a return?" if came is None else type(came).__name__
    t.holds(isinstance(came, Image.Image), "the result is no picture", f"  got       {found}")
    t.same(came.size, (n, n), square_mistakes.wrong_sizes(image, n), "the picture's size")
    t.same(came.mode, "RGB", what="the picture's mode", hint=square_mistakes.NO_RGB)
    pixels = as_numbers(came)
    known = {words: made_by(t, ways, pixels, (image, n), *proofs) for words, ways in WRONG_SQUARES.items()}
    if before is not None:
        known[square_mistakes.OTHERS_PICTURE] = lambda: as_numbers(preprocess.resize_and_crop(before, n))
    t.same(pixels, as_numbers(preprocess.resize_and_crop(image, n)), known, "the picture")


def made_by(t: Trial, ways: list[Square], came: Tensor, *cases: Proof) -> Callable[[], Tensor]:
    """What a mistake gives that people make in several ways: what came, where one of them is proven to give it."""
    named = {f"{place}": square_by(way) for place, way in enumerate(ways)}

    def outcome() -> Tensor:
        if any(gives(way, came) for way in t.acting_like(square_by(t.mine), named, *cases).values()):
            return came
        raise ValueError("another mistake")

    return outcome


def square_by(way: Square) -> Callable[[Image.Image, int], Tensor]:
    return lambda image, n: as_numbers(way(image, n).convert("RGB"))


def pixels_to_float(t: Trial) -> None:
    t.errors = number_mistakes.NUMBERS_ERRORS
    narrow, wide = t.whole(0, 256, 2, 4, 3, 3).to(torch.uint8), t.whole(0, 256, 3, 5, 7, 3).to(torch.uint8)
    right = preprocess.pixels_to_float
    for pixels in (narrow, wide):
        came = call(t, Shown(pixels, f"uint8 {list(pixels.shape)}"))
        known = number_mistakes.wrong_numbers(pixels)
        if isinstance(came, Tensor) and came.dtype in (torch.float16, torch.bfloat16):  # too coarse to be compared
            t.same(came.dtype, torch.float32, what="the dtype", hint=number_mistakes.NO_FLOAT32)
        if isinstance(came, Tensor) and came.is_floating_point():
            t.same(came.float(), right(pixels), known)
            t.same(came.dtype, torch.float32, what="the dtype", hint=number_mistakes.NO_FLOAT32)
        t.same(came, right(pixels), known)
    array = Shown(wide.numpy().copy(), "a NumPy array, uint8 [3, 5, 7, 3]")
    t.same(call(t, array), right(array.value), what="the result for an array")
    dark, shown = wide % 2, Shown(wide, "uint8 [3, 5, 7, 3]")
    known = {number_mistakes.DARK: lambda: right(dark) + 254 / 255 * dark.permute(0, 3, 1, 2) / STDS}
    t.same(call(t, Shown(dark, "uint8 [3, 5, 7, 3], each 0 or 1")), right(dark), known, "the result for a dark picture")
    own: dict[str, Any] = {"mean": [0.5, 0.25, 0.75], "std": [0.5, 1.0, 2.0]}
    t.same(call(t, shown, **own), right(wide, **own), {number_mistakes.DEFAULTS_ONLY: lambda: right(wide)})
    kept: Known = {battery.OF_BEFORE: lambda: right(wide, **own)}
    t.same(call(t, shown), right(wide), kept, "the result after a call with another mean and std")
    t.same(call(t, shown, mean=(0.5,) * 3, std=(0.5,) * 3), right(wide, mean=(0.5,) * 3, std=(0.5,) * 3))
    battery.batch_of_one(t, t.mine, right, wide)
    battery.batch_of_one(t, t.mine, right, wide[:, :1, :1])
    t.on_a_gpu(t.mine, wide)
    on_the_device_that_is_named(t, array.value)
    on_the_device_that_is_named(t, wide)


def on_the_device_that_is_named(t: Trial, pixels: Any) -> None:
    """Claims that pixels that lie on the CPU come to the device that is asked for."""

    def from_the_cpu(device: Any) -> Any:
        return t.mine(pixels, device=device)

    kind = "a NumPy array" if isinstance(pixels, np.ndarray) else "a tensor on the CPU"
    from_the_cpu.__name__ = f"{t.mine.__name__} of {kind}"
    try:
        t.on_a_gpu(from_the_cpu, device=Shown(GPU, "a GPU"))
    except Wrong as wrong:
        if wrong.mistake is None or any(line.startswith("  meets") for line in wrong.lines):
            raise
        raise Wrong(*wrong.lines[:3], number_mistakes.DEVICE_UNUSED) from wrong


def patchify(t: Trial) -> None:
    t.errors = patch_mistakes.VIEW
    right = vision.patchify
    for batch, height, width, patch_size in ((2, 4, 6, 2), (3, 6, 6, 3), (2, 10, 5, 5), (3, 4, 12, 4), (2, 3, 3, 1)):
        image = t.normal(batch, 3, height, width)
        side = min(height, width)
        square = partial(t.mine, image[..., :side, :side].clone(), patch_size)
        first = {} if t.passed else patch_mistakes.FIRST_CALL
        came = explained(t, patch_mistakes.SQUARES_ONLY, square, t.mine, image, patch_size, errors=first)
        t.same(came, right(image, patch_size), patch_mistakes.wrong_patches(image, patch_size))
    image = t.normal(2, 3, 4, 6)
    battery.in_turn(t, (t.mine, right, [image, 2]), (t.mine, right, [t.normal(2, 3, 4, 6), 2]))
    mine, theirs = (image.clone().requires_grad_() for _ in range(2))
    t.gradient(t(mine, 2), right(theirs, 2), {"image": (mine, theirs)})
    t.on_a_gpu(t.mine, image, 2)
    last = image.to(memory_format=torch.channels_last)  # as pixels_to_float gives them
    what = "the result for a picture whose channels lie last in memory"
    t.same(t(last, 2), right(image, 2), what=what)
    battery.batch_of_one(t, t.mine, right, image, 2)
    one = image[..., :2, :2].clone()
    known: Known = {patch_mistakes.PATCHES_LOST: lambda: right(one, 2).squeeze(1)}
    t.same(t(one, 2), right(one, 2), known, "the result for pictures of one patch")
    battery.keeps_dtype(t, t.mine, right, image, 2, dtype=torch.bfloat16)
    battery.keeps_dtype(t, t.mine, right, image, 2)
    t.raises(ValueError, t.mine, t.normal(1, 3, 6, 7), 3, why="7 pixels are no whole number of patches of 3")
    t.raises(ValueError, t.mine, t.normal(1, 3, 7, 6), 3, why="7 pixels are no whole number of patches of 3")


def PatchEmbedding(t: Trial) -> None:
    t.errors = token_mistakes.TOKEN_ERRORS
    pairs: list[tuple[Any, Any, list[Tensor]]] = []
    # 9 patches of width 7: a reshape can be told from a missing transpose, which where both are 9 runs through
    for size, patch_size, width in ((12, 4, 7), (12, 4, 9), (10, 5, 16), (5, 5, 6)):
        words = f"PatchEmbedding({size}, {patch_size}, {width})"
        mine, theirs = t.call(t.mine, size, patch_size, width), vision.PatchEmbedding(size, patch_size, width)
        t.copy_weights(mine, theirs)
        image = t.normal(5 if pairs else 3, 3, size, size)
        one = partial(mine, image[:1])
        came = explained(t, token_mistakes.ONE_ONLY, one, mine, image, as_=words)
        t.same(came, theirs(image), token_mistakes.wrong_tokens(theirs, image), "the row of tokens")
        pairs.append((mine, theirs, [image]))
        t.errors = token_mistakes.OTHER_SIZES  # the others are of the first sizes
    for mine, theirs, (image,) in (pairs[0], pairs[-1]):
        battery.batch_of_one(t, mine, theirs, image)
    battery.in_turn(t, *pairs)
    mine, theirs, (image,) = pairs[2]
    t.gradients_of_weights(mine, theirs, image)
    order = [2, 0, 1, 4, 3]
    t.same(t.call(mine, image[order]), theirs(image)[order], hint=token_mistakes.MIXED)
    last = image.to(memory_format=torch.channels_last)  # as pixels_to_float gives them
    t.same(t.call(mine, last), theirs(image), what="the result for a picture whose channels lie last in memory")
    battery.leaves_no_trace(t, t.call(t.mine, 10, 5, 16), image)
    t.same(t.call(mine.eval(), image, as_="in eval mode, PatchEmbedding(10, 5, 16)"), theirs(image))
    t.on_a_gpu(mine, image)
    small = mine.to(torch.bfloat16)
    fits = partial(small, image.bfloat16())
    t.errors = patch_mistakes.VIEW | {"and weight type": token_mistakes.SMALL_WEIGHTS}
    came = explained(
        t, token_mistakes.SMALL_WEIGHTS, fits, small, image, as_="with weights of bfloat16, PatchEmbedding(10, 5, 16)"
    )
    t.same(
        came, vision.PatchEmbedding.forward(theirs.to(torch.bfloat16), image), what="the result for bfloat16 weights"
    )
