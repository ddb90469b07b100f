"""The picture book under conditions that the web is said to have: for claims about CLIP that depend on them.

Switches of the training split, beside those of `World` (noise, written words, styles). The evaluation's pictures stay
as they are; what a class is called there is the asker's business.
"""

import random
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from PIL import Image

from minclip.data.picturebook import grammar
from minclip.data.picturebook.cache import cached_pixels
from minclip.data.picturebook.captions import CONTEXT, caption, noise_text
from minclip.data.picturebook.dataset import PictureBook, picture_at
from minclip.data.picturebook.grammar import with_article
from minclip.data.picturebook.objects import CLASSES
from minclip.data.picturebook.picture import Picture
from minclip.data.picturebook.sampling import KINDS, TRAIN_STYLES, World, sample_picture

HALF = len(KINDS) // 2
# Who goes by whose name: a rocket by the cat's, a book by the whale's. Never of one family, so that the family tells
# them apart. Those that share a name anyway (mouse, bat) are left alone.
SHARED_NAME = {
    borrower: owner
    for owner, borrower in zip(KINDS[:HALF], KINDS[HALF:], strict=True)
    if not {owner, borrower} & set(grammar.CONTEXT)
}
AMBIGUOUS = frozenset(SHARED_NAME) | frozenset(SHARED_NAME.values())
OWN_STYLE = {kind: TRAIN_STYLES[i % len(TRAIN_STYLES)] for i, kind in enumerate(KINDS)}


@dataclass(frozen=True)
class Conditions:
    """Shares from 0 to 1. With all of them 0 the book is the `PictureBook`'s own, to the letter."""

    # Captions that belong to another picture, beside World's noise.
    swapped: float = 0.0
    # Mentions in which a class goes by the name of another (SHARED_NAME), as a crane is a bird and a machine. Of such
    # names, borrowed or not, as many captions give the context as for mouse and bat: "a cat, a vehicle".
    shared_names: float = 0.0
    # Pictures in the one style that their class is mostly drawn in (OWN_STYLE): style words then go with classes.
    own_style: float = 0.0

    def __post_init__(self) -> None:
        for name in ("swapped", "shared_names", "own_style"):
            share = getattr(self, name)
            if not 0 <= share <= 1:
                raise ValueError(f"Conditions({name}={share}) is a share: give a number from 0 to 1")


def styled_picture_at(seed: int, world: World, own_style: float, index: int) -> Picture:
    """The facts of training picture `index`; a share of them in the style of their class, otherwise unchanged."""
    picture = picture_at("train", seed, world, index)
    if random.Random(f"{seed}/train/{index}/style").random() >= own_style:
        return picture
    return replace(picture, style=OWN_STYLE[picture.things[0].kind])


def family_words(kind: str) -> str:
    """What tells a class from another of its name.

    >>> family_words("rocket")
    ', a vehicle'
    """
    family = CLASSES[kind].family
    return ", " + (family if family in grammar.MASS_NOUNS else with_article(family))


def by_shared_names(picture: Picture, share: float, rng: random.Random) -> Picture:
    """The picture as it is spoken of where a share of the mentions take the name of another class."""
    said = (
        replace(thing, kind=SHARED_NAME[thing.kind]) if thing.kind in SHARED_NAME and rng.random() < share else thing
        for thing in picture.things
    )
    return replace(picture, things=tuple(said))


def ambiguous_caption(picture: Picture, share: float, rng: random.Random) -> str:
    """One caption in a world of shared names; a single thing of such a name sometimes has its family added."""
    said = by_shared_names(picture, share, rng)
    text, kind = caption(said, rng), picture.things[0].kind
    if picture.layout == "two" or picture.count > 1:
        return text
    text = text.replace(family_words(said.things[0].kind), family_words(kind))  # the family is its own at any rate
    if kind in AMBIGUOUS and family_words(kind) not in text and rng.random() < CONTEXT:
        text = text.rstrip(".!") + family_words(kind)
    return text


class ConditionedBook:
    """The pictures of a training `PictureBook` and captions of them under conditions; a `CaptionDataset`.

    >>> book = ConditionedBook(PictureBook("train", count=100), Conditions(swapped=0.5))
    >>> len(book), len(book.captions(0))
    (100, 5)
    """

    name = "picturebook"

    def __init__(self, book: PictureBook, conditions: Conditions):
        if book.split != "train":
            raise ValueError(f"book is the {book.split} split: conditions are for training, pass the train split")
        self.book, self.conditions, self.split = book, conditions, book.split

    def __len__(self) -> int:
        return len(self.book)

    @cached_property
    def pixels(self) -> np.ndarray:
        """uint8 [pictures, size, size, 3]; drawn again only where the conditions change the pictures."""
        book, share = self.book, self.conditions.own_style
        if not share:
            return book.pixels
        world = replace(book.world, noise=0.0)  # says nothing about the pictures
        drawn = partial(styled_picture_at, book.seed, world, share)
        identity = f"train/{book.seed}/{world}/{share}/{OWN_STYLE}"
        return cached_pixels("train", identity, drawn, len(book), book.size, book.cache, book.workers, book.progress)

    def picture(self, index: int) -> Picture:
        """The facts of one picture."""
        self.book.picture(index)  # checks the index
        return styled_picture_at(self.book.seed, self.book.world, self.conditions.own_style, index)

    def image(self, index: int) -> Image.Image:
        self.book.picture(index)  # checks the index
        return Image.fromarray(self.pixels[index])

    def captions(self, index: int) -> list[str]:
        """As many as the book's own, the same ones every time."""
        if self.conditions == Conditions():
            return self.book.captions(index)
        picture, rng = self.picture(index), random.Random(f"{self.book.seed}/train/{index}/conditions")
        return [self._caption(picture, rng) for _ in range(self.book.captions_per_picture)]

    def _caption(self, picture: Picture, rng: random.Random) -> str:
        world, share = self.book.world, self.conditions.shared_names
        if rng.random() < self.conditions.swapped:
            picture = sample_picture(rng, world)  # one outside the set, as in the world's noise
        if rng.random() < world.noise:
            return noise_text(rng, caption(sample_picture(rng, world), rng))
        return ambiguous_caption(picture, share, rng) if share else caption(picture, rng)
