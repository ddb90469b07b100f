"""Pictures of two different things, with all that the renderer knows of them: what lesson 15 asks and scores."""

import random
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from minclip.data.picturebook.picture import Picture
from minclip.data.picturebook.questions import prompt_name
from minclip.data.picturebook.render import render, thing_masks
from minclip.data.picturebook.sampling import KINDS, sample_picture
from minclip.model import CLIP
from minclip.preprocess import pixels_to_float
from minclip.segmentation import mask_boxes
from minclip.tokenizer import BPETokenizer
from minclip.zero_shot import encode_texts

TEMPLATE = "a picture of {}"


@dataclass(frozen=True)
class TwoThings:
    """n pictures, asked twice each: question i is about the first thing of picture i, question n + i about the second.

    images: uint8 [n, size, size, 3]; pixels: float [2n, 3, size, size], every picture twice; texts: of the 2n
    questions; masks: bool [2n, size, size], of the thing that is asked for; boxes: float [2n, 4] around them; centres,
    others: float [2n, 2], where the thing asked for and the other one stand.
    """

    facts: tuple[Picture, ...]
    images: np.ndarray
    pixels: Tensor
    texts: tuple[str, ...]
    masks: Tensor
    boxes: Tensor
    centres: Tensor
    others: Tensor


def prompt(kind: str) -> str:
    """
    >>> prompt("apple")
    'a picture of an apple'
    """
    return TEMPLATE.format(prompt_name(kind))


def two_things(model: CLIP, count: int, draw: int | str = 0) -> TwoThings:
    """`count` pictures in the size and the normalisation of the model. draw: another one, other pictures."""
    config = model.config
    size = config.image_size
    facts = [sample_picture(random.Random(f"two things/{draw}/{i}"), layout="two") for i in range(count)]
    images = np.stack([render(picture, size) for picture in facts])
    pixels = pixels_to_float(images, torch.device("cpu"), config.pixel_mean, config.pixel_std)
    masks = torch.from_numpy(np.stack([thing_masks(picture, size) for picture in facts]))  # [n, 2, size, size]
    masks = masks.transpose(0, 1).flatten(0, 1)  # [2n, size, size]
    places = torch.tensor([[(thing.x, thing.y) for thing in picture.things] for picture in facts])  # [n, 2, 2]
    return TwoThings(
        facts=tuple(facts),
        images=images,
        pixels=torch.cat([pixels, pixels]),
        texts=tuple(prompt(picture.things[which].kind) for which in (0, 1) for picture in facts),
        masks=masks,
        boxes=mask_boxes(masks),
        centres=places.transpose(0, 1).flatten(0, 1),
        others=places.flip(1).transpose(0, 1).flatten(0, 1),
    )


def text_features(model: CLIP, tokenizer: BPETokenizer, texts: tuple[str, ...]) -> Tensor:
    """Unit features [texts, embed_dim]; every text is encoded once."""
    names = sorted(set(texts))
    features = encode_texts(model, tokenizer, names)
    return features[[names.index(text) for text in texts]]


def all_names(model: CLIP, tokenizer: BPETokenizer) -> Tensor:
    """Unit features of all classes' texts, [52, embed_dim]."""
    return text_features(model, tokenizer, tuple(map(prompt, KINDS)))
