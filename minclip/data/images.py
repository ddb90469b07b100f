"""Picture files that people have, opened safely, and whole data sets as one array of pixels.

Not the model's preprocessing (preprocess.py), which takes it from here. EXIF orientation is not applied, as
in openai/CLIP: a phone photo that is stored lying on its side stays so.
"""

import os
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError
from tqdm import tqdm

from minclip.data.protocol import CaptionDataset

MAX_PIXELS = 178_956_970  # half a gigabyte as RGB; where Pillow refuses, too (twice its MAX_IMAGE_PIXELS)
MAX_THREADS = 8  # each holds a whole picture in memory
SIXTEEN_TO_EIGHT = 257  # 65535 / 255

_pillow_warnings = threading.Lock()  # warnings.catch_warnings changes the whole process for a moment


def open_image(source: str | Path | BinaryIO, name: str | None = None) -> Image.Image:
    """A picture file, completely read, in its own mode (RGB, L, P, LA, RGBA, CMYK, ...; 16 bit made 8 bit).

    Of an animation the first frame. `name` is what errors call it, by default the path.
    Raises FileNotFoundError; ValueError for a file that is empty, cut off, no picture, or above MAX_PIXELS.
    """
    if isinstance(source, str | Path):
        path = Path(source)
        if path.is_dir():
            raise ValueError(f"{path} is a folder: pass a picture file")
        if not path.exists():
            raise FileNotFoundError(f"{path} is not there")
        with path.open("rb") as file:
            return open_image(file, name or str(path))
    name = name or str(getattr(source, "name", "the picture"))
    start = source.tell()
    if not source.read(1):
        raise ValueError(f"{name} is empty (0 bytes)")
    source.seek(start)
    try:
        return to_eight_bit(decode(source))
    except UnidentifiedImageError as error:
        raise ValueError(f"{name} is not a picture that Pillow can read") from error
    except Exception as error:  # decoders raise whatever a broken file leads them to
        if isinstance(error, OSError) and error.errno:  # the file system's, not a decoder's
            raise
        raise ValueError(f"{name} cannot be read as a picture: {error or type(error).__name__}") from error


def decode(file: BinaryIO) -> Image.Image:
    """The first frame, free of its file."""
    with _pillow_warnings, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit is ours, below
        image: Image.Image = Image.open(file)  # reads the header only
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ValueError(f"{width} × {height} pixels are above the limit of {MAX_PIXELS:,}: make it smaller")
    image.load()
    return image.copy()


def to_eight_bit(image: Image.Image) -> Image.Image:
    """Modes with more than 8 bits a channel as "L", the whole range kept; other modes as they are.

    Pillow (and openai/CLIP with it) would cut every value above 255 to white.
    """
    if not (image.mode == "F" or image.mode.startswith("I")):
        return image
    values = np.asarray(image).astype(np.float64)  # [height, width]
    top = 1 if image.mode == "F" else 65535
    if not (values.min() >= 0 and values.max() <= top):  # also true of NaN
        raise ValueError(f"mode {image.mode} holds values outside 0 to {top}: save it as an 8 bit picture")
    scaled = values * 255 if image.mode == "F" else values / SIXTEEN_TO_EIGHT
    return Image.fromarray(np.rint(scaled).astype(np.uint8))


def to_rgb(image: Image.Image) -> Image.Image:
    """Mode RGB. Transparency is dropped, not blended, as in openai/CLIP."""
    return image if image.mode == "RGB" else image.convert("RGB")


def load_pixels(dataset: CaptionDataset, size: int, progress: bool = False) -> np.ndarray:
    """Every picture of a data set: uint8 [pictures, size, size, 3].

    Short side to `size` (bicubic), then the square in the middle, as in preprocessing. A data set that holds
    a `pixels` array of this size gives it as it is. Several threads read; the order is the data set's.
    """
    from minclip.preprocess import resize_and_crop  # here, so that reading data does not import torch

    if size < 1:
        raise ValueError(f"size={size} must be at least 1 pixel")
    ready = getattr(dataset, "pixels", None)
    if ready is not None and ready.shape[1:] == (size, size, 3):
        return ready
    pixels = np.empty((len(dataset), size, size, 3), dtype=np.uint8)

    def read(index: int) -> None:
        pixels[index] = np.asarray(to_rgb(resize_and_crop(dataset.image(index), size)))

    with ThreadPoolExecutor(min(MAX_THREADS, os.cpu_count() or 1)) as pool:
        done = pool.map(read, range(len(dataset)))
        bar = tqdm(
            done,
            f"reading {dataset.name}/{dataset.split}",
            len(dataset),
            unit=" pictures",
            disable=not progress,
        )
        for _ in bar:
            pass
    return pixels
