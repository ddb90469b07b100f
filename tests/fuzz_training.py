"""The cases of what trains: optim, training, fit."""

import torch
from fuzz_cases import FILES, OF_TYPES, Case, arguments
from fuzz_models import model
from fuzz_parts import NO_NAN, VOCABULARY
from fuzz_values import SEEDS, labels, pictures, tensors
from hypothesis import strategies as st
from torch import nn

from minclip.model import CLIP
from minclip.optim import adamw


@st.composite
def modules(draw, **more):
    parts = draw(st.lists(st.sampled_from([nn.Linear(2, 3), nn.LayerNorm(3), nn.BatchNorm2d(2)]), max_size=3))
    module = nn.Sequential(*parts, nn.Linear(2, 2))
    module[-1].weight.requires_grad_(draw(st.booleans()))
    return {"model": module} | {name: draw(part) for name, part in more.items()}


def keeps_groups(result, given):
    kept = [p for group in result for p in group["params"]]
    assert len({id(p) for p in kept}) == len(kept) == sum(p.requires_grad for p in given["model"].parameters())
    assert [group["weight_decay"] for group in result] == [given["weight_decay"], 0.0]


@st.composite
def schedules(draw):
    steps = draw(st.integers(1, 40))
    return {"step": draw(st.integers(0, steps - 1)), "steps": steps, "warmup": draw(st.integers(0, steps))}


def fresh(seed: int = 0) -> CLIP:
    """A model that may be changed."""
    torch.manual_seed(seed)
    return CLIP(model().config)


def learned(result, given):
    assert result.isfinite() and result.shape == ()


@st.composite
def batches(draw, one=False):
    n = draw(st.integers(2, 3))
    return draw(tensors(n, 3, 8, 8, dtypes=(torch.float32,))).detach(), draw(labels(n * 4, VOCABULARY)).view(n, 4)


@st.composite
def steps(draw):
    clip, (pixels, tokens) = fresh(), draw(batches())
    return {"model": clip, "optimizer": adamw(clip, 1e-3, 0.1), "pixels": pixels, "tokens": tokens, "precision": None}


@st.composite
def trainings(draw):
    many = draw(st.lists(batches(), min_size=1, max_size=2))
    return {
        "model": fresh(),
        "batches": many,
        "steps": len(many),
        "learning_rate": draw(st.floats(1e-5, 1e-2)),
        "weight_decay": 0.1,
        "warmup": draw(st.integers(0, 2)),
        "precision": None,
        "after_step": print_nothing,
    }


def print_nothing(step, loss, pairs):
    """In place of print_loss."""


@st.composite
def trained(draw):
    images = draw(st.lists(pictures(("RGB", "L")), min_size=4, max_size=4))
    return {
        "data": images,
        "captions": ["a car", "a dog", ["a cat", "two cats"], "a hat"],
        "config": model().config,
        "model": None,
        "tokenizer": None,
        "freeze": draw(st.sampled_from([(), "text", ["image:1"]])),
        "mix": None,
        "patience": None,
        "keep": None,
        "image_size": None,
        "context_length": None,
        "tasks": None,
        "on_log": None,
        "out": None,
        "overwrite": False,
        "device": "cpu",
        "progress": False,
        "samples": 4,
        "batch_size": 4,
        "seed": draw(SEEDS),
        "warmup": 0.5,
        "log_every": 1,
    }


CASES = [
    Case(
        "training.train_step",
        steps(),
        learned,
        OF_TYPES,
        {"pixels": ("image", "pictures"), "tokens": ("texts",)},
        nan=NO_NAN,
        cost=3,
    ),
    Case(
        "training.train",
        trainings(),
        lambda result, given: len(result) == given["steps"],
        OF_TYPES,
        {"model": ("pixels",), "batches": ("image", "pixels", "tokens", "pairs")},
        nan=NO_NAN,
        cost=3,
    ),
    Case("optim.param_groups", modules(weight_decay=st.floats(0, 1)), keeps_groups, OF_TYPES),
    Case(
        "optim.adamw",
        modules(learning_rate=st.floats(1e-6, 1), weight_decay=st.floats(0, 1), without=st.just(())),
        lambda result, given: all(group["peak_lr"] == given["learning_rate"] for group in result.param_groups),
        OF_TYPES,
    ),
    Case(
        "optim.lr_schedule",
        schedules(),
        lambda result, given: 0 < result <= 1,
        OF_TYPES,
        nan="a tensor in place of a number divides by zero",
    ),
    Case(
        "optim.set_learning_rate",
        modules(share=st.floats(0, 1)).map(
            lambda given: {"optimizers": [adamw(given["model"], 1.0, 0.0)], "share": given["share"]}
        ),
        lambda result, given: given["optimizers"][0].param_groups[0]["lr"] == given["share"],
        (*OF_TYPES, KeyError),
    ),
    Case(
        "training.guessing_loss",
        arguments(pairs=st.integers(1, 999)),
        lambda result, given: result >= 0,
        OF_TYPES,
    ),
    Case(
        "training.print_loss",
        arguments(step=st.integers(1, 99), loss=st.floats(0, 9), pairs=st.integers(1, 99)),
        errors=(*OF_TYPES, KeyError),
    ),
    Case(
        "experiments.fit.fit",
        trained(),
        lambda result, given: result.log,
        FILES,
        {"data": ("image", "picture"), "captions": ("caption", "image"), "samples": ("batch",)},
        cost=12,
    ),
]
