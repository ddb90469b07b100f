"""What every data set looks like from outside, and what a task of an evaluation is made of.

Training and evaluation know these few names and nothing of files or formats.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from PIL import Image


class CaptionDataset(Protocol):
    """One split of an image–caption set.

    A set with classes also has `class_names` and `labels` (an index into them, or None); its captions
    may then be empty lists, because a class name is not a caption. A set may have `notes` (left_out.py), what its
    reader left out, and `found` (layouts/found.py), what there is in all its splits.
    """

    name: str
    split: str

    def __len__(self) -> int: ...

    def image(self, index: int) -> Image.Image:
        """The picture, mode RGB."""
        ...

    def captions(self, index: int) -> list[str]:
        """Every caption of the picture."""
        ...


@dataclass(frozen=True)
class ClassTask:
    """Which of these classes is in the picture? All pictures share the candidates."""

    name: str
    pixels: np.ndarray  # uint8 [n, size, size, 3]
    labels: np.ndarray  # int64 [n], index into class_names
    class_names: Sequence[str]
    templates: Sequence[str]  # each with one "{}" for the class name


@dataclass(frozen=True)
class ChoiceTask:
    """Which of these sentences is true of the picture? Every picture has its own candidates."""

    name: str
    pixels: np.ndarray  # uint8 [n, size, size, 3]
    labels: np.ndarray  # int64 [n], index into a picture's texts
    texts: Sequence[Sequence[str]]  # [n][choices]
