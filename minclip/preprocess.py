"""A PIL picture becomes what the model reads: resize, centre crop, RGB, normalise. No torchvision.

Bit-exact with openai/CLIP's `_transform` (torchvision on PIL pictures). Resizing comes before the conversion
to RGB, as there: on a transparent picture the other order gives other pixels. EXIF orientation is not applied,
as there.
"""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import torch
from PIL import Image
from torch import Tensor

# mean and standard deviation of the pixels that OpenAI trained on, per channel (openai/CLIP clip.py)
MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


def resize_and_crop(image: Image.Image, n_px: int) -> Image.Image:
    """The short side to n_px (bicubic), then the n_px × n_px square in the middle; RGB.

    The long side's new length is truncated to a whole number and the crop's corner rounded half to even, as in
    torchvision.
    """
    width, height = image.size
    short = min(width, height)
    if short < 1:
        raise ValueError(f"image is {width} × {height} pixels: it needs at least one of each")
    size = (n_px, int(n_px * height / width)) if width <= height else (int(n_px * width / height), n_px)
    if size != image.size:
        image = image.resize(size, Image.Resampling.BICUBIC)
    left, top = round((size[0] - n_px) / 2), round((size[1] - n_px) / 2)
    return image.crop((left, top, left + n_px, top + n_px)).convert("RGB")


def pixels_to_float(
    pixels: Tensor | np.ndarray,
    device: torch.device | str | None = None,
    mean: Sequence[float] = MEAN,
    std: Sequence[float] = STD,
) -> Tensor:
    """uint8 [batch, height, width, 3] -> normalised float32 [batch, 3, height, width]."""
    pixels = torch.as_tensor(pixels, device=device)
    if pixels.dtype != torch.uint8 or pixels.ndim != 4 or pixels.shape[-1] != 3:
        raise ValueError(f"pixels must be uint8 [batch, height, width, 3], found {pixels.dtype} {list(pixels.shape)}")
    x = pixels.permute(0, 3, 1, 2).float().div(255)  # [batch, 3, height, width], 0 to 1
    return x.sub_(per_channel(tuple(mean), x.device)).div_(per_channel(tuple(std), x.device))


@cache
def per_channel(values: tuple[float, ...], device: torch.device) -> Tensor:
    """float [3, 1, 1] on the device. Sent there once: whatever is sent waits until a GPU has done all before it."""
    return torch.tensor(values, device=device).view(3, 1, 1)


def image_transform(
    n_px: int, mean: Sequence[float] = MEAN, std: Sequence[float] = STD
) -> Callable[[Image.Image], Tensor]:
    """The function from a PIL picture of any mode and size to float32 [3, n_px, n_px].

    mean, std: of the pixels that the model was trained on, per channel; all of OpenAI's models have these.

    >>> image_transform(224)(Image.new("L", (640, 480))).shape
    torch.Size([3, 224, 224])
    """
    if n_px < 1:
        raise ValueError(f"n_px={n_px} must be at least 1 pixel")

    def preprocess(image: Image.Image) -> Tensor:
        if not isinstance(image, Image.Image):
            raise ValueError(
                f"image must be a PIL picture, found {type(image).__name__}: open it with PIL.Image.open(path)"
            )
        pixels = np.array(resize_and_crop(image, n_px))  # uint8 [n_px, n_px, 3]
        return pixels_to_float(pixels[None], mean=mean, std=std)[0]

    return preprocess
