"""Picture files that people have, opened safely, and what has to be done to some of them before the model reads them.

Not the model's preprocessing (preprocess.py), which takes it from here. `open_image` does not apply EXIF orientation,
as openai/CLIP does not: `upright` is for where a person searches.
"""

import os
import threading
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from minclip.data.progress import with_progress
from minclip.data.protocol import CaptionDataset

MAX_PIXELS = 178_956_970  # half a gigabyte as RGB; where Pillow refuses, too (twice its MAX_IMAGE_PIXELS)
MAX_THREADS = 8  # each holds a whole picture in memory

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
        image = decode(source)
        if image.mode == "F" or image.mode.startswith("I"):
            from minclip.preprocess import to_eight_bit  # here, so that reading data does not import torch

            return to_eight_bit(image)
        return image
    except UnidentifiedImageError as error:
        raise ValueError(f"{name} is not a picture that Pillow can read") from error
    except Exception as error:  # decoders raise whatever a broken file leads them to
        if isinstance(error, OSError) and error.errno:  # the file system's, not a decoder's
            raise
        raise ValueError(f"{name} cannot be read as a picture: {error or type(error).__name__}") from error


def decode(file: BinaryIO) -> Image.Image:
    """The first frame, free of its file."""
    with _pillow_warnings, quiet():  # the limit on pixels is ours, below
        image: Image.Image = Image.open(file)  # reads the header only
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ValueError(f"{width} × {height} pixels are above the limit of {MAX_PIXELS:,}: make it smaller")
    image.load()
    return image.copy()


@contextmanager
def quiet() -> Iterator[None]:
    """Inside, Pillow's remarks on odd files are not shown: what matters to a person is an error, or our own line."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        yield


def to_rgb(image: Image.Image) -> Image.Image:
    """Mode RGB. Transparency is dropped, not blended, as in openai/CLIP."""
    if isinstance(image.info.get("transparency"), bytes):  # of a palette: the way to RGB warns, this one does not
        image = image.convert("RGBA")
    if image.mode == "La":  # which Pillow turns into nothing else
        image = image.convert("LA")
    return image if image.mode == "RGB" else image.convert("RGB")


def first_few(lines: Sequence[str], shown: int = 3) -> str:
    """Some lines as one: the first of them, and how many more there are.

    >>> first_few(["a", "b", "c", "d"], shown=2)
    'a; b; and 2 more'
    """
    more = [f"and {len(lines) - shown} more"] if len(lines) > shown else []
    return "; ".join(" ".join(line.split()) for line in [*lines[:shown], *more])


def read_all(
    dataset: CaptionDataset, size: int, progress: bool = False, squash: str | None = None
) -> tuple[np.ndarray, dict[int, str]]:
    """(uint8 [pictures, size, size, 3], index -> why it cannot be read). Such a picture's row is black.

    Short side to `size` (bicubic), then the square in the middle, as in preprocessing; or the whole picture made a
    square, where a model's `image_transform.squash` says how. A data set that holds a `pixels` array of this size gives
    it as it is. Several threads read; the order is the data set's.
    """
    from minclip.preprocess import ImageTransform  # here, so that reading data does not import torch

    if size < 1:
        raise ValueError(f"size={size} must be at least 1 pixel")
    ready = getattr(dataset, "pixels", None)
    if ready is not None and ready.shape[1:] == (size, size, 3):
        return ready, {}
    pixels = np.zeros((len(dataset), size, size, 3), dtype=np.uint8)
    transform = ImageTransform(size, squash=squash)

    def read(index: int) -> str:
        try:
            pixels[index] = np.asarray(transform.square(dataset.image(index)))
        except (OSError, ValueError) as error:  # one bad file does not end a job
            return str(error) or type(error).__name__
        return ""

    with quiet(), ThreadPoolExecutor(min(MAX_THREADS, os.cpu_count() or 1)) as pool:
        done = pool.map(read, range(len(dataset)))
        name = f"reading {dataset.name}/{dataset.split}"
        faults = list(with_progress(done, name, "pictures", len(dataset), shown=progress))
    return pixels, {index: fault for index, fault in enumerate(faults) if fault}


def load_pixels(dataset: CaptionDataset, size: int, progress: bool = False) -> np.ndarray:
    """Every picture of a data set: uint8 [pictures, size, size, 3], as `read_all` reads them.

    ValueError that counts and names the ones that cannot be read; `Readable` goes on without them.
    """
    pixels, unreadable = read_all(dataset, size, progress)
    if unreadable:
        raise ValueError(
            f"{len(unreadable)} of {len(dataset)} pictures of {dataset.name}/{dataset.split} cannot be read: "
            f"{first_few(list(unreadable.values()))}"
        )
    return pixels


class Readable:
    """The pictures of a split that can be read, in memory; a `CaptionDataset`, with `labels` where the split has them.

    pixels: uint8 [readable, size, size, 3]; kept: their indices in the split; unreadable: the other indices, and why;
    left_out: a line for each of those and for what the data set itself leaves out.
    Raises ValueError where there are pictures and none can be read.
    """

    def __init__(self, dataset: CaptionDataset, size: int, progress: bool = False, squash: str | None = None):
        self.name, self.split, self._dataset = dataset.name, dataset.split, dataset
        pixels, self.unreadable = read_all(dataset, size, progress, squash)
        self.left_out = [*getattr(dataset, "left_out", ()), *self.unreadable.values()]
        self.kept = [index for index in range(len(dataset)) if index not in self.unreadable]
        if self.unreadable and not self.kept:
            raise ValueError(
                f"none of the {len(dataset)} pictures of {self.name}/{self.split} can be read: "
                f"{first_few(self.left_out)}"
            )
        self.pixels = pixels[self.kept] if self.unreadable else pixels
        if (labels := getattr(dataset, "labels", None)) is not None:
            self.labels = [labels[index] for index in self.kept]

    def __len__(self) -> int:
        return len(self.kept)

    def image(self, index: int) -> Image.Image:
        """The picture as it was read: a square, mode RGB."""
        return Image.fromarray(self.pixels[index])

    def captions(self, index: int) -> list[str]:
        return self._dataset.captions(self.kept[index])
