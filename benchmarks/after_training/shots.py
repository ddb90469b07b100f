"""Labelled pictures of the two styles that training never saw, as features of the shipped model, computed once.

The test pictures are those of every evaluation (seed 0). Each draw has pictures of its own to learn from, and others to
choose by. A draw's few shots are the first of its many.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from minclip.checkpoint import load
from minclip.course.lesson_08_zero_shot_evaluation.learning_from_labels import shots_of
from minclip.data.picturebook import tasks
from minclip.data.protocol import ClassTask
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer
from minclip.zero_shot import encode_pixels, zero_shot_classifier

MODEL, TASK = "picturebook-tiny", "object_held_out_style"
DRAWS, SHOTS = (0, 1, 2), (1, 2, 4, 8, 16)  # draws of the shots; pictures per class
TEST_SEED, TRAIN_SEED, VAL_SEED = 0, 10, 20  # of the pictures; a draw is added to the last two
TEST_EACH, TRAIN_EACH, VAL_EACH = 10, 10, 2  # pictures per class in each of the two styles
MOST_VAL = 4  # validation pictures per class, at most; else as many as shots

Labelled = tuple[Tensor, Tensor]  # unit features [n, embed_dim], int64 [n]


@lru_cache(maxsize=1)
def shipped() -> tuple[CLIP, BPETokenizer]:
    model, _, tokenizer = load(MODEL, "cpu")
    return model, tokenizer


@lru_cache(maxsize=16)
def task(seed: int, each: int) -> ClassTask:
    made = tasks(shipped()[0].config.image_size, seed=seed, per_class=each, names=[TASK], progress=False)[TASK]
    assert isinstance(made, ClassTask)
    return made


@lru_cache(maxsize=16)
def labelled(seed: int, each: int) -> Labelled:
    made = task(seed, each)
    return encode_pixels(shipped()[0], made.pixels), torch.as_tensor(made.labels)


def scale() -> float:
    return shipped()[0].logit_scale.exp().item()


@lru_cache(maxsize=1)
def classifier() -> Tensor:
    """The zero-shot classifier of the task's seven templates, [embed_dim, classes]."""
    test = task(TEST_SEED, TEST_EACH)
    return zero_shot_classifier(*shipped(), test.class_names, test.templates)


@dataclass(frozen=True)
class Shots:
    """What the methods may see: pictures to learn from, and pictures to choose by."""

    train: Labelled
    val: Labelled


def shots(draw: int, count: int) -> Shots:
    """`count` pictures of each class, and min(count, MOST_VAL) to choose by."""
    train, val = labelled(TRAIN_SEED + draw, TRAIN_EACH), labelled(VAL_SEED + draw, VAL_EACH)
    return Shots(first_of_each(train, count, draw), first_of_each(val, min(count, MOST_VAL), draw))


def first_of_each(pictures: Labelled, count: int, seed: int) -> Labelled:
    """The first `count` pictures of each class, in an order drawn with the seed."""
    features, labels = pictures
    rows = shots_of(labels, count, torch.Generator().manual_seed(seed))
    return features[rows], labels[rows]
