"""The methods of the two tables about looking inside: each makes heat of pictures and one text for each of them."""

from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

from minclip import saliency
from minclip.checkpoint import load, resized
from minclip.course.lesson_15_looking_inside.two_things import TwoThings, all_names, text_features, two_things
from minclip.model import CLIP
from minclip.segmentation import from_0_to_1
from minclip.tokenizer import BPETokenizer

MODEL = "picturebook-tiny"
GRIDS = {"4 × 4": 32, "8 × 8": 64}  # patches -> pixels of the picture; the second with resized positions
DRAWS = (0, 1, 2)  # of the pictures
PICTURES, CHOOSING = 200, 50  # scored in each draw; to choose thresholds by
CELLS = 4  # of occlusion, in both sizes

Method = Callable[[CLIP, Tensor, Tensor, Tensor], Tensor]  # model, pixels, texts, texts of all classes -> heat


@lru_cache(maxsize=4)
def shipped(size: int) -> tuple[CLIP, BPETokenizer]:
    model, _, tokenizer = load(MODEL, "cpu")
    return resized(model, size), tokenizer


def read_by(read: saliency.Reading) -> Method:
    return lambda model, pixels, texts, names: saliency.token_heat(model, pixels, texts, read)


def rollout(model: CLIP, pixels: Tensor) -> Tensor:
    return saliency.attention_rollout(saliency.attention_maps(model, pixels))


def surgery_and_rollout(model: CLIP, pixels: Tensor, texts: Tensor, names: Tensor) -> Tensor:
    """Which thing, by the text, and where things are, without it: both from 0 to 1, multiplied."""
    return from_0_to_1(saliency.surgery_heat(model, pixels, texts, names)) * from_0_to_1(rollout(model, pixels))


METHODS: dict[str, Method] = {
    "raw tokens": read_by(saliency.last_tokens),
    "values": read_by(saliency.value_tokens),
    "values, residual and MLP kept": read_by(saliency.block_on_values),
    "v–v attention": read_by(saliency.value_value_tokens),
    "v–v attention, feature surgery": saliency.surgery_heat,
    "Grad-ECLIP": lambda model, pixels, texts, names: saliency.grad_eclip_heat(model, pixels, texts),
    "occlusion, 16 cells": lambda model, pixels, texts, names: saliency.occlusion_heat(model, pixels, texts, CELLS),
    "rollout, without the text": lambda model, pixels, texts, names: rollout(model, pixels),
    "feature surgery × rollout": surgery_and_rollout,
}


@lru_cache(maxsize=32)
def asked(size: int, draw: int | str, count: int) -> tuple[TwoThings, dict[str, Tensor]]:
    """Pictures of a draw, and the heat of every method."""
    model, tokenizer = shipped(size)
    scenes = two_things(model, count, draw)
    texts, names = text_features(model, tokenizer, scenes.texts), all_names(model, tokenizer)
    heats: dict[str, Tensor] = {}
    for name, method in METHODS.items():
        parts = zip(scenes.pixels.split(100), texts.split(100), strict=True)
        heats[name] = torch.cat([method(model, pixels, some, names) for pixels, some in parts])
    print(f"{size} pixels, draw {draw}", flush=True)
    return scenes, heats
