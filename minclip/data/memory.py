"""Pictures and captions that are in memory already, as a data set like every other (protocol.py)."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from PIL import Image

from minclip.data.images import to_rgb

Picture = Any  # a PIL picture, or numbers uint8 [height, width, 3] or [height, width]


class InMemory:
    """One split, made of pictures and their captions.

    images: PIL pictures of any size, or arrays or tensors of uint8, [height, width, 3] or [height, width]; also one
    array [n, height, width, 3]. captions: for each picture a string or a list of strings.
    Raises ValueError where they do not fit together, or a picture or a caption is of another kind.

    >>> data = InMemory([Image.new("RGB", (9, 9))], ["a black square"])
    >>> len(data), data.captions(0)
    (1, ['a black square'])
    """

    def __init__(
        self,
        images: Sequence[Picture] | np.ndarray,
        captions: Sequence[str | Sequence[str]],
        name: str = "in_memory",
        split: str = "train",
    ):
        if isinstance(captions, str):
            raise ValueError(f"captions must be a list, found the string {captions!r:.60}: put it in brackets")
        if len(images) != len(captions):
            raise ValueError(
                f"there are {len(images)} images and {len(captions)} captions: give one entry of captions for each "
                f"image, a string or a list of strings"
            )
        self.name, self.split = name, split
        self.images = [as_picture(image, i) for i, image in enumerate(images)]
        self.texts = [as_captions(texts, i) for i, texts in enumerate(captions)]

    def __len__(self) -> int:
        return len(self.images)

    def image(self, index: int) -> Image.Image:
        """The picture, mode RGB."""
        return to_rgb(self.images[index])

    def captions(self, index: int) -> list[str]:
        """Every caption of the picture."""
        return self.texts[index]


def from_pairs(pairs: Iterable[tuple[Picture, str | Sequence[str]]], name: str = "in_memory") -> InMemory:
    """Reads (picture, caption or captions) one by one, such as a torch.utils.data.Dataset gives them, into memory.

    Every item is read once: what the data set draws at random is drawn once.
    """
    images, captions = [], []
    for i, pair in enumerate(in_order(pairs)):
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise ValueError(
                f"item {i} of the data set is {type(pair).__name__}, not (picture, caption): give pairs, or the "
                f"pictures and the captions as two lists"
            )
        images.append(pair[0])
        captions.append(pair[1])
    return InMemory(images, captions, name)


def in_order(pairs: Any) -> Iterable[Any]:
    """All items: by number where the data set has a length, else one after the other."""
    if hasattr(pairs, "__len__") and hasattr(pairs, "__getitem__"):
        return (pairs[i] for i in range(len(pairs)))  # a torch data set need not end with IndexError
    return pairs


def as_picture(image: Picture, i: int) -> Image.Image:
    """A PIL picture. ValueError for numbers that are none of a picture."""
    if isinstance(image, Image.Image):
        return image
    if hasattr(image, "detach"):  # a tensor of torch, which is not imported here
        image = image.detach().cpu().numpy()
    if not isinstance(image, np.ndarray):
        raise ValueError(
            f"image {i} is {type(image).__name__}: give PIL pictures or uint8 arrays [height, width, 3]; a file is "
            f"opened by PIL.Image.open(path)"
        )
    if image.dtype != np.uint8:
        raise ValueError(
            f"image {i} is {image.dtype} {list(image.shape)}, not uint8: of numbers from 0 to 1, make "
            f"(255 * image).round() and then uint8"
        )
    if image.ndim == 3 and image.shape[0] == 3 and image.shape[2] != 3:
        raise ValueError(
            f"image {i} has shape {list(image.shape)}, channels first: move them to the end, image.transpose(1, 2, 0) "
            f"for an array, image.permute(1, 2, 0) for a tensor"
        )
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] not in (3, 4)) or 0 in image.shape:
        raise ValueError(f"image {i} has shape {list(image.shape)}, not [height, width, 3] or [height, width]")
    return Image.fromarray(image)


def as_captions(texts: Any, i: int) -> list[str]:
    """A list of strings. ValueError for what is none."""
    if isinstance(texts, str):
        return [texts]
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"captions of image {i} are {texts!r:.60}: give a string or a list of strings")
    return list(texts)
