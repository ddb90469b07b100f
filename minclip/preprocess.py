"""A PIL picture becomes what the model reads: resize, centre crop, RGB, normalise. No torchvision.

Bit-exact with openai/CLIP's `_transform` (torchvision on PIL pictures) for pictures of 8 bits a channel. Resizing
comes before the conversion to RGB, as there: on a transparent picture the other order gives other pixels.

By default transparency is dropped and EXIF orientation ignored, as in openai/CLIP: published scores depend on it.
`as_seen` makes the picture that a viewer shows, for places where a person searches.

The ordinary picture comes first, `resize_and_crop` and `pixels_to_float`. Then `square` for every other kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from numbers import Integral

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

# mean and standard deviation of the pixels that OpenAI trained on, per channel (openai/CLIP clip.py)
MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)
SIXTEEN_TO_EIGHT = 257  # 65535 / 255
LARGEST_RESIZED = 1 << 24  # pixels; 64 MB. A photo twice as long as high takes 100,000 at n_px = 224


@dataclass(frozen=True)
class ImageTransform:
    """PIL picture of any mode and size -> float32 [3, n_px, n_px]. It can be pickled, so spawned workers can use it."""

    n_px: int
    mean: tuple[float, ...] = MEAN
    std: tuple[float, ...] = STD
    squash: str | None = None  # "bicubic" or "bilinear": SigLIP's way, which cuts nothing off but squashes the picture

    def __post_init__(self) -> None:
        if not isinstance(self.n_px, Integral) or isinstance(self.n_px, bool) or self.n_px < 1:
            raise ValueError(f"n_px={self.n_px!r:.80} must be a whole number of pixels, at least 1")
        if self.squash not in (None, "bicubic", "bilinear"):
            raise ValueError(f"squash={self.squash!r:.80} must be None, 'bicubic' or 'bilinear'")

    def __call__(self, image: Image.Image) -> Tensor:
        pixels = np.array(self.square(image))  # uint8 [n_px, n_px, 3]
        return pixels_to_float(pixels[None], mean=self.mean, std=self.std)[0]

    def square(self, image: Image.Image) -> Image.Image:
        """RGB, n_px × n_px: the first half of the way."""
        return square(image, self.n_px) if self.squash is None else squashed(image, self.n_px, self.squash)


def image_transform(n_px: int, mean: Sequence[float] = MEAN, std: Sequence[float] = STD) -> ImageTransform:
    """The function from a PIL picture of any mode and size to float32 [3, n_px, n_px].

    mean, std: of the pixels that the model was trained on, per channel; all of OpenAI's models have these.

    >>> image_transform(224)(Image.new("L", (640, 480))).shape
    torch.Size([3, 224, 224])
    """
    return ImageTransform(n_px, tuple(mean), tuple(std))


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


def per_channel(values: tuple[float, ...], device: torch.device) -> Tensor:
    """float [3, 1, 1] on the device, the caller's own to write into."""
    return sent_once(values, device).clone()


@cache
def sent_once(values: tuple[float, ...], device: torch.device) -> Tensor:
    """Of per_channel: a copy to a GPU waits for all work before it."""
    return torch.tensor(values, device=device).view(3, 1, 1)


def square(image: Image.Image, n_px: int) -> Image.Image:
    """`resize_and_crop` for any mode and shape: RGB, n_px × n_px.

    16 bits and floats become 8 bits, as in `open_image`; a long strip costs no more than its crop.
    ValueError for values that are not 0 to 65535 (modes I) or 0 to 1 (mode F).
    """
    image = to_eight_bit(image)
    if isinstance(image.info.get("transparency"), bytes):  # of a palette: Pillow warns where RGB drops it
        image = image.copy()
        del image.info["transparency"]
    long, short = max(image.size), min(image.size)
    if short and n_px * n_px * long // short > max(LARGEST_RESIZED, 4 * n_px * n_px):
        return resize_middle(image, n_px)
    return resize_and_crop(image, n_px)


def squashed(image: Image.Image, n_px: int, interpolation: str = "bicubic") -> Image.Image:
    """The whole picture as a square, whatever its shape: RGB, n_px × n_px. SigLIP's preprocessing."""
    if interpolation not in ("bicubic", "bilinear"):
        raise ValueError(f"interpolation={interpolation!r:.80} must be 'bicubic' or 'bilinear'")
    how = Image.Resampling.BICUBIC if interpolation == "bicubic" else Image.Resampling.BILINEAR
    image = to_eight_bit(image)
    if min(image.size) < 1:
        raise ValueError(f"image is {image.width} × {image.height} pixels: it needs at least one of each")
    return image.convert("RGB").resize((n_px, n_px), how)


def check_picture(image: object) -> None:
    """ValueError for what is no PIL picture."""
    if not isinstance(image, Image.Image):
        raise ValueError(
            f"image must be a PIL picture, found {type(image).__name__}: open it with PIL.Image.open(path)"
        )


def to_eight_bit(image: Image.Image) -> Image.Image:
    """Modes with more than 8 bits a channel as "L", the whole range kept; other modes as they are.

    Pillow (and openai/CLIP with it) would cut every value above 255 to white.
    """
    check_picture(image)
    if image.mode == "La":  # which Pillow turns into nothing but LA
        return image.convert("LA")
    if not (image.mode == "F" or image.mode.startswith("I")):
        return image
    values = np.asarray(image).astype(np.float64)  # [height, width]
    if not values.size:
        return image  # no pixel at all: resize_and_crop raises the error
    top = 1 if image.mode == "F" else 65535
    if not (values.min() >= 0 and values.max() <= top):  # also true of NaN
        raise ValueError(f"mode {image.mode} holds values outside 0 to {top}: save it as an 8 bit picture")
    scaled = values * 255 if image.mode == "F" else values / SIXTEEN_TO_EIGHT
    eight = Image.fromarray(np.rint(scaled).astype(np.uint8))
    eight.info = dict(image.info)  # its EXIF
    if isinstance(key := image.info.get("transparency"), int):  # the one grey that is transparent
        eight.info["transparency"] = round(key / SIXTEEN_TO_EIGHT)
    return eight


def resize_middle(image: Image.Image, n_px: int) -> Image.Image:
    """`resize_and_crop` of a long strip, resizing only what the crop shows: RGB, n_px × n_px.

    Of random pixels fewer than 1 in 1,000 differ by 1 of 255. Where Pillow shrinks a tall strip the other side first,
    more do, and by up to 10.
    """
    width, height = image.size
    long, short = max(width, height), min(width, height)
    new_long = int(n_px * long / short)
    scale = long / new_long  # pixels of the picture for one of the result
    start = round((new_long - n_px) / 2) * scale
    # Pillow keeps a box as float32: cut roughly first, so that its corner is a small number
    margin = 2 * max(1, scale) + 1  # bicubic looks two pixels to each side
    low, high = max(0, int(start - margin)), min(long, int(start + n_px * scale + margin) + 1)
    wide = width > height
    middle = image.crop((low, 0, high, short) if wide else (0, low, short, high))
    begin, end = start - low, start - low + n_px * scale
    box = (begin, 0, end, short) if wide else (0, begin, short, end)
    return middle.resize((n_px, n_px), Image.Resampling.BICUBIC, box=box).convert("RGB")


def as_seen(image: Image.Image) -> Image.Image:
    """The picture as a viewer shows it: upright by its EXIF orientation, a transparent ground white.

    `preprocess` alone does neither, because openai/CLIP does not; for a person who searches it is the right picture.

    >>> as_seen(Image.new("RGBA", (2, 2), (0, 0, 0, 0))).getpixel((0, 0))
    (255, 255, 255)
    """
    return on_white(upright(to_eight_bit(image)))


def upright(image: Image.Image) -> Image.Image:
    """Turned as its EXIF orientation says: a phone's photo may be stored lying on its side."""
    check_picture(image)
    image.load()  # what is wrong with the picture itself is raised here
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # damaged EXIF says nothing, and raises anything
        return image


def on_white(image: Image.Image) -> Image.Image:
    """What is transparent laid on white paper; mode RGB."""
    check_picture(image)
    if not image.has_transparency_data:
        return image.convert("RGB")
    drawing = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")
    paper = Image.new("RGBA", drawing.size, "white")
    return Image.alpha_composite(paper, drawing).convert("RGB")
