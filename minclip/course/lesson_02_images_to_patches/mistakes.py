"""What the known mistakes of lesson 02 give: a name, as the learner reads it, and its outcome for some input.

The checks themselves are in checks.py. Each mistake is written with as little as makes it go wrong.
"""

from collections.abc import Callable

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from minclip.course.assertions import Known
from minclip.preprocess import MEAN, STD
from minclip.vision import PatchEmbedding

BICUBIC, BILINEAR, NEAREST, LANCZOS = (
    Image.Resampling.BICUBIC,
    Image.Resampling.BILINEAR,
    Image.Resampling.NEAREST,
    Image.Resampling.LANCZOS,
)


def resized_size(image: Image.Image, n_px: int, whole: Callable[[float], int] = int) -> tuple[int, int]:
    """(width, height) when the short side has n_px pixels."""
    width, height = image.size
    return (n_px, whole(n_px * height / width)) if width <= height else (whole(n_px * width / height), n_px)


def scaled_size(image: Image.Image, n_px: int) -> tuple[int, int]:
    """With the factor n_px / short rounded before it is used."""
    factor = n_px / min(image.size)
    return int(factor * image.width), int(factor * image.height)


def long_size(image: Image.Image, n_px: int) -> tuple[int, int]:
    """When the long side has n_px pixels."""
    width, height = image.size
    return (n_px, int(n_px * height / width)) if width >= height else (int(n_px * width / height), n_px)


def middle(image: Image.Image, n_px: int, whole: Callable[[float], int] = round) -> Image.Image:
    left, top = whole((image.width - n_px) / 2), whole((image.height - n_px) / 2)
    return image.crop((left, top, left + n_px, top + n_px))


def wrong_sizes(image: Image.Image, n: int) -> Known:
    """Of resize_and_crop: (width, height)."""
    size = resized_size(image, n)
    return {
        "the long side is still there: crop the n_px × n_px square": lambda: size,
        "the short side should have n_px pixels, not the long one": lambda: long_size(image, n),
        "crop wants the right and lower edge, not width and height": lambda: tuple(
            n - round((side - n) / 2) for side in size
        ),
    }


def wrong_squares(image: Image.Image, n: int) -> Known:
    """Of resize_and_crop: uint8 [n, n, 3]."""
    size, short = resized_size(image, n), min(image.size)
    resized, rgb = image.resize(size, BICUBIC), image.convert("RGB")
    ways: dict[str, Callable[[], Image.Image]] = {
        "the long side has n_px pixels here: give them to the short side, then cut the long one": lambda: middle(
            image.resize(long_size(image, n), BICUBIC), n
        ),
        "the square is not in the middle: cut off as much on one side as on the other": lambda: resized.crop(
            (0, 0, n, n)
        ),
        "the picture is stretched to a square: resize it in its own shape, then crop": lambda: image.resize(
            (n, n), BICUBIC
        ),
        "nothing is resized: give the short side n_px pixels before you crop": lambda: middle(image, n),
        "you crop before you resize: the resize comes first": lambda: middle(image, short).resize((n, n), BICUBIC),
        "ImageOps.fit crops before it resizes: take two steps, the resize first": lambda: ImageOps.fit(
            image, (n, n), BICUBIC
        ),
        "this is bilinear: the filter is Image.Resampling.BICUBIC": lambda: middle(image.resize(size, BILINEAR), n),
        "this is nearest: the filter is Image.Resampling.BICUBIC": lambda: middle(image.resize(size, NEAREST), n),
        "this is Lanczos: the filter is Image.Resampling.BICUBIC": lambda: middle(image.resize(size, LANCZOS), n),
        "you convert to RGB before you resize: convert at the end, after the crop": lambda: middle(
            rgb.resize(size, BICUBIC), n
        ),
        "width and height have changed places: image.size is (width, height)": lambda: middle(
            image.resize((size[1], size[0]), BICUBIC), n
        ),
        "the long side is rounded: truncate it, int(...)": lambda: middle(
            image.resize(resized_size(image, n, round), BICUBIC), n
        ),
        "the crop's corner is truncated: round((long - n_px) / 2)": lambda: middle(resized, n, int),
        "n_px / short is not exact: multiply first, int(n_px * long / short)": lambda: middle(
            image.resize(scaled_size(image, n), BICUBIC), n
        ),
    }

    def pixels(way: Callable[[], Image.Image]) -> Callable[[], Tensor]:
        return lambda: torch.from_numpy(np.array(way().convert("RGB")))

    return {name: pixels(way) for name, way in ways.items()}


def wrong_numbers(pixels: Tensor) -> Known:
    """Of pixels_to_float. pixels: uint8 [batch, height, 3, 3], so narrow that a mean along the width can be named."""
    flat_mean, flat_std = torch.tensor(MEAN), torch.tensor(STD)
    mean, std = flat_mean.view(3, 1, 1), flat_std.view(3, 1, 1)
    x = pixels.permute(0, 3, 1, 2).float() / 255
    right = (x - mean) / std
    cut = pixels.reshape(x.shape).float() / 255
    every = (0, 2, 3)
    return {
        "this is only divided by 255: subtract the mean, then divide by std": lambda: x,
        "divide by 255 before you subtract the mean": lambda: (255 * x - mean) / std,
        "divide by 255, not by 256: 255 is white, and becomes 1": lambda: (255 / 256 * x - mean) / std,
        "std is missing: divide by it after subtracting the mean": lambda: x - mean,
        "the mean is missing: subtract it before you divide by std": lambda: x / std,
        "mean and std have changed places": lambda: (x - std) / mean,
        "the mean comes first: (x - mean) / std": lambda: x / std - mean,
        "divide by std instead of multiplying": lambda: (x - mean) * std,
        "mean and std belong to channels and yours run along the width: .view(3, 1, 1)": lambda: (
            (x - flat_mean) / flat_std
        ),
        "the channels are still last: permute(0, 3, 1, 2)": lambda: right.permute(0, 2, 3, 1),
        "the channels are still last, and nothing is normalised": lambda: x.permute(0, 2, 3, 1),
        "height and width have changed places: permute(0, 3, 1, 2)": lambda: right.transpose(2, 3),
        "nothing is normalised: divide by 255, subtract the mean, divide by std": lambda: 255 * x,
        "view and reshape only cut the numbers anew: permute moves the channels": lambda: (cut - mean) / std,
        "the numbers are right, then view or reshape cuts them anew: permute moves the channels": lambda: right.permute(
            0, 2, 3, 1
        ).reshape(x.shape),
        "view and reshape only cut the numbers anew: permute moves the channels; then mean and std": lambda: cut,
        "view and reshape only cut the numbers anew: permute moves the channels; then divide by 255": lambda: (
            (255 * cut - mean) / std
        ),
        "take the mean and std that are given, not those of these pixels": lambda: (
            (x - x.mean(dim=every, keepdim=True)) / x.std(dim=every, keepdim=True)
        ),
        "red and blue have changed places": lambda: (x.flip(1) - mean) / std,
    }


def wrong_patches(image: Tensor, p: int) -> Known:
    """Of patchify."""
    batch, _, height, width = image.shape
    rows, columns = height // p, width // p
    shape = batch, rows * columns, 3 * p * p
    x = image.reshape(batch, 3, rows, p, columns, p)
    right = x.permute(0, 2, 4, 1, 3, 5).reshape(shape)
    return {
        "the patches come column by column: reading order is row by row": lambda: x.permute(0, 4, 2, 1, 3, 5).reshape(
            shape
        ),
        "inside a patch the channels are last: all of red comes first, then green, then blue": lambda: x.permute(
            0, 2, 4, 3, 5, 1
        ).reshape(shape),
        "a reshape alone cuts the row of numbers anew: a permute has to bring each patch together": lambda: (
            image.reshape(shape)
        ),
        "channels last and a reshape cut no patches: split height and width first, then permute": lambda: image.permute(
            0, 2, 3, 1
        ).reshape(shape),
        "split height into (rows, patch_size) and width into (columns, patch_size), each where it stands": lambda: (
            image.reshape(batch, 3, rows, columns, p, p).permute(0, 2, 3, 1, 4, 5).reshape(shape)
        ),
        "split height into (rows, patch_size), not into (patch_size, rows), and width alike": lambda: (
            image.reshape(batch, 3, p, rows, p, columns).permute(0, 3, 5, 1, 2, 4).reshape(shape)
        ),
        "every patch is transposed: its rows have become columns": lambda: x.permute(0, 2, 4, 1, 5, 3).reshape(shape),
        "the patches overlap: the step from one to the next is patch_size": lambda: (
            image.unfold(2, p, 1).unfold(3, p, 1).permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)
        ),
        "yours is [batch, 3 · patch_size², patches]: transpose(1, 2)": lambda: right.transpose(1, 2),
        "rows and columns are still apart: flatten them into one dimension": lambda: right.unflatten(
            1, (rows, columns)
        ),
        "channels, rows and columns of a patch are still apart: flatten them": lambda: right.unflatten(2, (3, p, p)),
        "the pictures of the batch are mixed: keep the first dimension": lambda: right.flatten(0, 1),
    }


def wrong_tokens(module: PatchEmbedding, image: Tensor) -> Known:
    """Of PatchEmbedding.forward. Without gradients: only their values are looked at."""
    with torch.no_grad():
        grid = module.conv1(image)  # [batch, width, rows, columns]
    x, position = grid.flatten(2).transpose(1, 2), module.positional_embedding.detach()
    cls = module.class_embedding.detach().expand(len(x), 1, -1)

    def tokens(first: Tensor, rest: Tensor) -> Tensor:
        return torch.cat([first, rest], dim=1)

    return {
        "CLS stands at the end: it goes before the patches": lambda: tokens(x, cls) + position,
        "the positions are missing: add positional_embedding": lambda: tokens(cls, x),
        "the positions are added before CLS is there: CLS has one, too, the first": lambda: tokens(
            cls, x + position[1:]
        ),
        "the positions are added before CLS is there: the first of them is for CLS": lambda: tokens(
            cls, x + position[:-1]
        ),
        "CLS has the last position: its own is the first": lambda: tokens(cls, x) + position.roll(1, 0),
        "flatten(2) leaves [batch, width, patches]: transpose(1, 2) after it": lambda: (
            tokens(cls, grid.flatten(2)) + position
        ),
        "reshape mixes patches and width: flatten(2), then transpose(1, 2)": lambda: (
            tokens(cls, grid.reshape(x.shape)) + position
        ),
        "the patches come column by column: reading order is row by row": lambda: (
            tokens(cls, grid.transpose(2, 3).flatten(2).transpose(1, 2)) + position
        ),
        "CLS is missing: class_embedding goes before the patches": lambda: x + position[1:],
        "CLS is missing, and the patches have its position": lambda: x + position[:-1],
        "class_embedding is not used: CLS begins as zeros": lambda: tokens(torch.zeros_like(cls), x) + position,
        "class_embedding is a token of its own: add it to none of the others": lambda: (
            tokens(cls, x + module.class_embedding.detach()) + position
        ),
    }
