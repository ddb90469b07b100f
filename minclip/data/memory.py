"""Pictures and captions that are in memory already, as a data set like every other (protocol.py)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from minclip.data.images import to_rgb
from minclip.data.left_out import LeftOut, note

Picture = Any  # a PIL picture, or numbers uint8 [height, width, 3] or [height, width]


class InMemory:
    """One split, made of pictures and their captions.

    images: PIL pictures of any size, or arrays or tensors of uint8, [height, width, 3] or [height, width]; also one
    array [n, height, width, 3]. captions: for each picture a string or a list of strings.
    Captions without a letter are left out and counted in `notes`.
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
        self.notes: LeftOut = {}
        for i, texts in enumerate(self.texts):
            self.texts[i] = [text for text in texts if text.strip()]
            if len(self.texts[i]) < len(texts):
                empty = len(texts) - len(self.texts[i])
                note(self.notes, "captions_empty", "captions are empty and left out", f"picture {i}", empty)

    def __len__(self) -> int:
        return len(self.images)

    def image(self, index: int) -> Image.Image:
        """The picture, mode RGB. OSError that names it where it cannot be read."""
        image = self.images[index]
        try:
            if image.mode == "F" or image.mode.startswith("I"):  # 16 bit
                from minclip.preprocess import to_eight_bit  # here, so that reading data does not import torch

                image = to_eight_bit(image)
            return to_rgb(image)
        except OSError as error:  # of a file that Pillow has opened, and not read yet
            raise OSError(f"picture {index}: {error}") from error

    def captions(self, index: int) -> list[str]:
        """Every caption of the picture."""
        return self.texts[index]


def from_pairs(pairs: Iterable[tuple[Picture, str | Sequence[str]]], name: str = "in_memory") -> InMemory:
    """Reads (picture, caption or captions) one by one, such as a torch.utils.data.Dataset gives them, into memory.

    Every item is read once: what the data set draws at random is drawn once. An item whose file cannot be read is left
    out and named in `notes`. Raises ValueError for an item that is no pair, or that the data set fails to give.
    """
    images, captions, unreadable = [], [], []
    for i, pair in in_order(pairs):
        if isinstance(pair, OSError):
            unreadable.append(f"item {i}: {pair}")
            continue
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise ValueError(
                f"item {i} of the data set is {type(pair).__name__}, not (picture, caption): give pairs, or the "
                f"pictures and the captions as two lists"
            )
        images.append(pair[0])
        captions.append(pair[1])
    data = InMemory(images, captions, name)
    if unreadable:
        note(
            data.notes,
            "items_unreadable",
            "items of the data set cannot be read and are left out",
            count=len(unreadable),
        )
        data.notes["items_unreadable"]["all"] = unreadable
    return data


def in_order(pairs: Any) -> Iterator[tuple[int, Any]]:
    """(number, item) of all items: by number where the data set has a length, else one after the other.

    An OSError stands for an item that cannot be read. ValueError for another error of the data set, and for a
    dictionary.
    """
    if isinstance(pairs, Mapping):
        raise ValueError(f"data is a dictionary of {len(pairs)} entries: give a list of (picture, caption)")
    if not (hasattr(pairs, "__len__") and hasattr(pairs, "__getitem__")):
        yield from enumerate(pairs)
        return
    for i in range(len(pairs)):  # a torch data set need not end with IndexError
        try:
            item = pairs[i]
        except OSError as error:
            item = error
        except Exception as error:
            raise ValueError(f"item {i} of the data set cannot be read: {type(error).__name__}: {error}") from error
        yield i, item


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
