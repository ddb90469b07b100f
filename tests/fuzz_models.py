"""The cases of whole models and of what encodes with them: model, zero_shot."""

from functools import cache

import numpy as np
import torch
from fuzz_cases import OF_TYPES, Case, arguments
from fuzz_configs import CONFIG
from fuzz_parts import NO_NAN, PIXELS, TOKENS, VOCABULARY
from fuzz_texts import TEMPLATES, tokenizer
from fuzz_values import NAMES, SEEDS, pictures, tensors
from hypothesis import strategies as st

from minclip.config import CLIPConfig
from minclip.model import CLIP
from minclip.preprocess import image_transform


@cache
def model(seed: int = 0) -> CLIP:
    torch.manual_seed(seed)
    return CLIP(CLIPConfig(**CONFIG | {"vocab_size": VOCABULARY, "context_length": 77})).eval()


def are_unit(n):
    def check(result, given):
        count = n(given)
        assert result.shape[0] == count and torch.allclose(result.norm(dim=-1), torch.ones(count), atol=1e-4)

    return check


def is_classifier(result, given):
    assert result.shape == (8, len(given["class_names"])) and torch.allclose(
        result.norm(dim=0), torch.ones(1), atol=1e-4
    )


def is_softmax(result, given):
    assert result.shape == (len(given["images"]), len(given["labels"]))
    assert torch.allclose(result.sum(dim=1), torch.ones(len(result)), atol=1e-4)


@st.composite
def byte_pixels(draw):
    values = np.random.default_rng(draw(SEEDS)).integers(0, 256, (draw(st.integers(1, 3)), 8, 8, 3), np.uint8)
    return draw(st.sampled_from([values, values[..., ::-1], torch.from_numpy(values)]))


IMAGES = st.lists(pictures(), min_size=1, max_size=3)


NAMED = st.lists(NAMES, min_size=1, max_size=3, unique=True)


SHORT = st.lists(st.text("abc ", max_size=9), min_size=1, max_size=3)


TINY = {"model": st.builds(model)}


BATCH = st.integers(1, 3)


PICTURE_WORDS = {
    "images": ("picture", "image", "pixels"),
    "texts": ("caption", "text"),
    "labels": ("class names", "label"),
}

CASES = [
    Case("model.image_encoder", arguments(config=st.builds(lambda: model().config)), errors=OF_TYPES),
    Case("model.CLIP", arguments(config=st.builds(lambda: model().config)), errors=OF_TYPES),
    Case(
        "model.CLIP.encode_image",
        arguments(self=TINY["model"], pixels=PIXELS),
        lambda result, given: result.shape == (len(given["pixels"]), 8),
        (ValueError, RuntimeError, IndexError),
        {"pixels": ("image",)},
        nan=NO_NAN,
    ),
    Case(
        "model.CLIP.encode_text",
        arguments(self=TINY["model"], tokens=TOKENS),
        lambda result, given: result.shape == (len(given["tokens"]), 8),
        (ValueError, RuntimeError, IndexError),
        nan=NO_NAN,
    ),
    Case(
        "model.CLIP.forward",
        arguments(self=TINY["model"], pixels=PIXELS, tokens=TOKENS),
        lambda result, given: result[0].equal(result[1].T),
        (ValueError, RuntimeError, IndexError),
        {"pixels": ("image",)},
        nan=NO_NAN,
    ),
    Case("model.CLIP.clamp_logit_scale", arguments(self=TINY["model"])),
    Case(
        "zero_shot.zero_shot_classifier",
        arguments(**TINY, tokenizer=tokenizer(77), class_names=NAMED, templates=TEMPLATES),
        is_classifier,
        OF_TYPES,
        {"class_names": ("class names",), "templates": ("template",)},
    ),
    Case(
        "zero_shot.ensemble_features",
        arguments(features=tensors(2, 3, 4)),
        are_unit(lambda given: 2),
        OF_TYPES,
        nan="rows of zeros, and features that cancel out, give NaN",
    ),
    Case(
        "zero_shot.classify",
        arguments(
            **TINY,
            tokenizer=tokenizer(77),
            preprocess=image_transform(8),
            images=IMAGES,
            labels=NAMED,
            templates=TEMPLATES,
            batch_size=BATCH,
        ),
        is_softmax,
        words=PICTURE_WORDS | {"templates": ("template",)},
    ),
    Case(
        "zero_shot.encode_images",
        arguments(**TINY, preprocess=image_transform(8), images=IMAGES, batch_size=BATCH),
        are_unit(lambda given: len(given["images"])),
        words=PICTURE_WORDS,
    ),
    Case(
        "zero_shot.encode_pixels",
        arguments(**TINY, pixels=byte_pixels(), batch_size=BATCH),
        are_unit(lambda given: len(given["pixels"])),
    ),
    Case(
        "zero_shot.encode_texts",
        arguments(**TINY, tokenizer=tokenizer(16), texts=SHORT, batch_size=BATCH, truncate=True),
        are_unit(lambda given: len(given["texts"])),
        words=PICTURE_WORDS,
    ),
    Case(
        "zero_shot.encode",
        arguments(
            **TINY, encoder=st.builds(lambda: model().encode_text), batches=st.lists(TOKENS, min_size=1, max_size=2)
        ),
        are_unit(lambda given: sum(map(len, given["batches"]))),
        OF_TYPES,
        words={"batches": ("tokens", "encode")},
        nan=NO_NAN,
    ),
    Case("zero_shot.check_model", arguments(**TINY)),
    Case("zero_shot.in_batches", arguments(items=st.lists(NAMES), batch_size=BATCH)),
    Case("zero_shot.evaluating", arguments(**TINY), errors=OF_TYPES),
    Case(
        "zero_shot.wrong_names",
        arguments(names=NAMED, what="class names"),
        lambda result, given: result == "",
        OF_TYPES,
    ),
]
