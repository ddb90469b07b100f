"""The picture book as a data set: pictures, captions and facts of one split, made from a seed.

Nothing is downloaded. Picture i is the same on every machine and whatever the number of pictures: its facts
and captions come from the text "seed/split/i" and nothing else.
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from PIL import Image

from minclip.data.picturebook.cache import cached_part, cached_pixels
from minclip.data.picturebook.captions import caption
from minclip.data.picturebook.picture import Picture
from minclip.data.picturebook.render import render
from minclip.data.picturebook.sampling import World, sample_picture

COUNTS = {"train": 100_000, "val": 2_000, "test": 1_000}  # test: the 1,000 pairs of the retrieval task


def picture_at(split: str, seed: int, world: World, index: int) -> Picture:
    """The facts of picture `index`; takes no other picture to make."""
    return sample_picture(random.Random(f"{seed}/{split}/{index}"), world)


class PictureBook:
    """One split of the picture book; a `CaptionDataset`.

    >>> book = PictureBook("test", size=32)
    >>> len(book), book.pixels.shape
    (1000, (1000, 32, 32, 3))

    size: pixels per side. count: pictures, the split's own number by default. captions_per_picture: how many
    `captions(i)` returns. world: the switches; its noise is for training, val and test have clean captions.
    cache: folder of the drawn pixels (default: the data folder's). workers: drawing processes (default: all
    cores). progress: a bar on stderr while drawing.
    """

    name = "picturebook"

    def __init__(
        self,
        split: str = "train",
        size: int = 32,
        count: int | None = None,
        seed: int = 0,
        captions_per_picture: int = 5,
        world: World = World(),  # noqa: B008  (frozen)
        cache: Path | str | None = None,
        workers: int | None = None,
        progress: bool = True,
    ):
        if split not in COUNTS:
            raise ValueError(f"split={split!r} is not in the picture book: choose of {', '.join(COUNTS)}")
        if captions_per_picture < 1:
            raise ValueError(f"captions_per_picture={captions_per_picture} must be at least 1")
        if count is not None and count < 1:
            raise ValueError(f"count={count} must be at least 1 picture")
        self.split, self.size, self.seed = split, size, seed
        self.count = COUNTS[split] if count is None else count
        self.captions_per_picture = captions_per_picture
        self.world = world if split == "train" else replace(world, noise=0.0)
        self.cache, self.workers, self.progress = cache, workers, progress
        self.drawn: Sequence[int] | None = None  # pictures that are seen; None: all

    def __len__(self) -> int:
        return self.count

    @cached_property
    def pixels(self) -> np.ndarray:
        """uint8 [pictures, size, size, 3], drawn on first use and kept in the cache folder.

        After `draw_only` the other pictures are black, unless the whole split is in the cache.
        """
        world = replace(self.world, noise=0.0)  # says nothing about the pictures
        facts = partial(picture_at, self.split, self.seed, world)
        identity, how = f"{self.split}/{self.seed}/{world}", (self.size, self.cache, self.workers, self.progress)
        if self.drawn is None:
            return cached_pixels(self.split, identity, facts, self.count, *how)
        return cached_part(self.split, identity, facts, self.count, self.drawn, *how)

    def draw_only(self, which: Sequence[int]) -> None:
        """Of a split that is not drawn yet: draw these pictures alone, for a run that sees no others.

        All captions stay, and every picture keeps its number. Raises IndexError for a number that is not there.
        """
        drawn = sorted({self._checked(index) for index in which})
        if "pixels" not in self.__dict__:
            self.drawn = drawn

    @cached_property
    def pictures(self) -> list[Picture]:
        """The facts of every picture. For tasks and figures: training never sees them."""
        return [self.picture(index) for index in range(self.count)]

    def picture(self, index: int) -> Picture:
        """The facts of one picture."""
        return picture_at(self.split, self.seed, self.world, self._checked(index))

    def image(self, index: int) -> Image.Image:
        if self.drawn is not None:  # it may be one of the others
            return Image.fromarray(render(self.picture(index), self.size))
        return Image.fromarray(self.pixels[self._checked(index)])

    def captions(self, index: int) -> list[str]:
        """`captions_per_picture` captions, the same ones every time."""
        picture = self.picture(index)
        rng = random.Random(f"{self.seed}/{self.split}/{index}/captions")
        # the noise's "another picture" is one outside the set: no caption depends on how many there are
        noise, other = self.world.noise, None
        if noise:
            other = caption(sample_picture(rng, self.world), rng)
        return [caption(picture, rng, noise, other) for _ in range(self.captions_per_picture)]

    def _checked(self, index: int) -> int:
        if not 0 <= index < self.count:
            raise IndexError(f"index={index}: the {self.split} split has pictures 0 to {self.count - 1}")
        return int(index)
