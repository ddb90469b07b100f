"""The cases of the parts of a model, of whole models, and of what encodes with them."""

from functools import cache

import numpy as np
import torch
from fuzz_cases import OF_TYPES, Case, arguments
from fuzz_pictures import CONFIG
from fuzz_texts import TEMPLATES, tokenizer
from fuzz_values import FLOATS, NAMES, SEEDS, TEXTS, labels, pictures, tensors
from hypothesis import strategies as st

from minclip.config import CLIPConfig
from minclip.loss import clip_loss
from minclip.model import CLIP
from minclip.optim import adamw
from minclip.preprocess import image_transform
from minclip.resnet import AttentionPool, BatchNorm, Bottleneck, ModifiedResNet
from minclip.text import TextTransformer
from minclip.transformer import MLP, LayerNorm, MultiHeadAttention, Transformer, TransformerBlock
from minclip.vision import PatchEmbedding, VisionTransformer
from minclip.zero_shot import encode_texts

WIDTH, VOCABULARY = 8, len(tokenizer())
HEADS = st.sampled_from([1, 2, 4, 8])
LAYERS = st.integers(1, 2)
TOKENS = st.tuples(st.integers(1, 3), st.integers(1, 8)).flatmap(
    lambda shape: labels(shape[0] * shape[1], VOCABULARY).map(lambda row: row.view(shape))
)
STATES = st.tuples(st.integers(1, 3), st.integers(1, 5)).flatmap(lambda s: tensors(*s, WIDTH, dtypes=(torch.float32,)))
PIXELS = st.integers(1, 3).flatmap(lambda n: tensors(n, 3, 8, 8, dtypes=(torch.float32,)))
NO_NAN = "NaN in, NaN out"


@cache
def model(seed: int = 0) -> CLIP:
    torch.manual_seed(seed)
    return CLIP(CLIPConfig(**CONFIG | {"vocab_size": VOCABULARY, "context_length": 77})).eval()


@cache
def part(kind, *sizes, **named):
    torch.manual_seed(0)
    return kind(*sizes, **named).eval()


def fresh(seed: int = 0) -> CLIP:
    """A model that may be changed."""
    torch.manual_seed(seed)
    return CLIP(model().config)


def forward(name, made, words=None, value="x", right=STATES, of=lambda x: x.shape, holds=None):
    """The case of a module's forward: each row of a batch is computed as it is alone."""

    def alone(result, given):
        assert result.shape == of(given[value])
        row = given["self"](**given | {value: given[value][:1]}) if False else given["self"](given[value][:1])
        assert torch.allclose(result[:1], row, atol=1e-4)

    parts = arguments(**{"self": st.builds(made), value: right})
    return Case(f"{name}.forward", parts, holds or alone, OF_TYPES, words or {}, nan=NO_NAN)


@st.composite
def attended(draw):
    batch, heads, queries, keys, width, value = (draw(st.integers(1, 3)) for _ in range(6))
    dtypes = (draw(st.sampled_from(FLOATS)),)
    query = draw(tensors(batch, heads, queries, width, dtypes=dtypes))
    key, values = (draw(tensors(batch, heads, keys, size, dtypes=dtypes)) for size in (width, value))
    return {"query": query, "key": key, "value": values, "mask": draw(st.none() | tensors(queries, keys))}


def is_attention(result, given):
    query, key, value = (given[name].detach().double() for name in ("query", "key", "value"))
    scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
    scores = scores if given["mask"] is None else scores + given["mask"].detach().double()
    assert torch.allclose(result.double(), scores.softmax(dim=-1) @ value, atol=0.15, rtol=0.1)


def is_mask(result, given):
    assert all((result[i, j] == 0) == (j <= i) for i in range(len(result)) for j in range(len(result)))


@st.composite
def cut(draw):
    patch, rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    return {"image": draw(tensors(draw(st.integers(1, 2)), 3, patch * rows, patch * columns)), "patch_size": patch}


def is_cut(result, given):
    image, side = given["image"], given["patch_size"]
    assert result.shape == (len(image), image.shape[2] * image.shape[3] // side**2, 3 * side**2)
    assert result[:, 0].equal(image[:, :, :side, :side].flatten(1))


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
def byte_pixels(draw):
    values = np.random.default_rng(draw(SEEDS)).integers(0, 256, (draw(st.integers(1, 3)), 8, 8, 3), np.uint8)
    return draw(st.sampled_from([values, values[..., ::-1], torch.from_numpy(values)]))


IMAGES = st.lists(pictures(), min_size=1, max_size=3)
NAMED = st.lists(NAMES, min_size=1, max_size=3, unique=True)
SHORT = st.lists(st.text("abc ", max_size=9), min_size=1, max_size=3)
TINY = dict(model=st.builds(model))
BATCH = st.integers(1, 3)
SIZED = dict(width=WIDTH, layers=LAYERS, heads=HEADS)
PICTURE_WORDS = {
    "images": ("picture", "image", "pixels"),
    "texts": ("caption", "text"),
    "labels": ("class names", "label"),
}
VIT = dict(image_size=8, patch_size=4, width=WIDTH, layers=1, heads=2, embed_dim=4, mlp_width=16)
CNN = dict(image_size=32, width=4, layers=(1, 1, 1, 1), heads=2, embed_dim=4)
TEXT = dict(context_length=8, vocab_size=VOCABULARY, width=WIDTH, layers=1, heads=2, embed_dim=4)
CASES = [
    Case("transformer.LayerNorm", arguments(normalized_shape=st.integers(1, 9)), errors=OF_TYPES),
    forward("transformer.LayerNorm", lambda: part(LayerNorm, WIDTH)),
    Case("transformer.causal_mask", arguments(length=st.integers(1, 6), device=None), is_mask, OF_TYPES),
    Case("transformer.attention", attended(), is_attention, OF_TYPES, nan=NO_NAN),
    Case("transformer.MultiHeadAttention", arguments(width=WIDTH, heads=HEADS), errors=OF_TYPES),
    forward("transformer.MultiHeadAttention", lambda: part(MultiHeadAttention, WIDTH, 2)),
    Case(
        "transformer.MultiHeadAttention.split",
        arguments(self=st.builds(lambda: part(MultiHeadAttention, WIDTH, 2)), x=STATES),
        lambda result, given: len({r.shape for r in result}) == 1 or 1 / 0,
        OF_TYPES,
        nan=NO_NAN,
    ),
    Case(
        "transformer.MultiHeadAttention.merge",
        arguments(
            self=st.builds(lambda: part(MultiHeadAttention, WIDTH, 2)), x=tensors(2, 2, 3, 4, dtypes=(torch.float32,))
        ),
        lambda result, given: result.shape == (2, 3, 8) or 1 / 0,
        OF_TYPES,
        nan=NO_NAN,
    ),
    Case(
        "transformer.MLP", arguments(width=WIDTH, hidden=st.integers(1, 9), quick_gelu=st.booleans()), errors=OF_TYPES
    ),
    forward("transformer.MLP", lambda: part(MLP, WIDTH, 16)),
    Case(
        "transformer.TransformerBlock",
        arguments(width=WIDTH, heads=HEADS, mlp_width=4, quick_gelu=st.booleans()),
        errors=OF_TYPES,
    ),
    forward("transformer.TransformerBlock", lambda: part(TransformerBlock, WIDTH, 2, 16)),
    Case("transformer.Transformer", arguments(**SIZED, mlp_width=4, quick_gelu=True), errors=OF_TYPES),
    forward("transformer.Transformer", lambda: part(Transformer, width=WIDTH, layers=2, heads=2, mlp_width=16)),
    Case(
        "transformer.initialise_blocks",
        arguments(blocks=st.builds(lambda: [TransformerBlock(WIDTH, 2, 16)]), width=WIDTH),
        errors=OF_TYPES,
    ),
    Case("vision.patchify", cut(), is_cut, OF_TYPES, nan=NO_NAN),
    Case(
        "vision.PatchEmbedding",
        arguments(image_size=8, patch_size=st.sampled_from([1, 2, 4, 8]), width=WIDTH),
        errors=OF_TYPES,
    ),
    forward(
        "vision.PatchEmbedding",
        lambda: part(PatchEmbedding, 8, 4, WIDTH),
        value="image",
        right=PIXELS,
        of=lambda x: (len(x), 5, WIDTH),
    ),
    Case("vision.VisionTransformer", arguments(**VIT, quick_gelu=True), errors=OF_TYPES),
    forward(
        "vision.VisionTransformer",
        lambda: part(VisionTransformer, **VIT),
        value="image",
        right=PIXELS,
        of=lambda x: (len(x), 4),
    ),
    Case("text.TextTransformer", arguments(**TEXT, quick_gelu=True), errors=OF_TYPES),
    Case(
        "text.TextTransformer.initialise",
        arguments(self=st.builds(TextTransformer, **{k: st.just(v) for k, v in TEXT.items()}), width=WIDTH),
        errors=OF_TYPES,
    ),
    forward(
        "text.TextTransformer",
        lambda: part(TextTransformer, **TEXT),
        value="tokens",
        right=TOKENS,
        of=lambda x: (len(x), 4),
    ),
    Case("resnet.BatchNorm", arguments(num_features=st.integers(1, 9)), errors=OF_TYPES),
    forward("resnet.BatchNorm", lambda: part(BatchNorm, 3), right=PIXELS),
    Case(
        "resnet.Bottleneck",
        arguments(channels_in=4, channels=st.integers(1, 4), stride=st.integers(1, 2)),
        errors=OF_TYPES,
    ),
    forward("resnet.Bottleneck", lambda: part(Bottleneck, 3, 2, 2), right=PIXELS, of=lambda x: (len(x), 8, 4, 4)),
    Case(
        "resnet.AttentionPool",
        arguments(side=st.integers(1, 3), width=WIDTH, heads=HEADS, embed_dim=4),
        errors=OF_TYPES,
    ),
    forward(
        "resnet.AttentionPool",
        lambda: part(AttentionPool, side=2, width=3, heads=1, embed_dim=4),
        right=tensors(2, 3, 2, 2, dtypes=(torch.float32,)),
        of=lambda x: (len(x), 4),
    ),
    Case(
        "resnet.AttentionPool.by_head",
        arguments(self=st.builds(lambda: part(AttentionPool, side=2, width=WIDTH, heads=2, embed_dim=4)), x=STATES),
        lambda result, given: result.shape[1] == 2 or 1 / 0,
        OF_TYPES,
        nan=NO_NAN,
    ),
    Case("resnet.ModifiedResNet", arguments(**CNN), errors=OF_TYPES, cost=4),
    forward(
        "resnet.ModifiedResNet",
        lambda: part(ModifiedResNet, **CNN),
        value="image",
        right=tensors(2, 3, 32, 32, dtypes=(torch.float32,)),
        of=lambda x: (len(x), 4),
    ),
    Case("resnet.stage", arguments(channels_in=4, channels=2, blocks=st.integers(1, 3), stride=2), errors=OF_TYPES),
    Case("model.image_encoder", arguments(config=st.builds(lambda: model().config)), errors=OF_TYPES),
    Case("model.CLIP", arguments(config=st.builds(lambda: model().config)), errors=OF_TYPES),
    Case(
        "model.CLIP.encode_image",
        arguments(self=TINY["model"], pixels=PIXELS),
        lambda result, given: result.shape == (len(given["pixels"]), 8) or 1 / 0,
        (ValueError, RuntimeError, IndexError),
        {"pixels": ("image",)},
        nan=NO_NAN,
    ),
    Case(
        "model.CLIP.encode_text",
        arguments(self=TINY["model"], tokens=TOKENS),
        lambda result, given: result.shape == (len(given["tokens"]), 8) or 1 / 0,
        (ValueError, RuntimeError, IndexError),
        nan=NO_NAN,
    ),
    Case(
        "model.CLIP.forward",
        arguments(self=TINY["model"], pixels=PIXELS, tokens=TOKENS),
        lambda result, given: result[0].equal(result[1].T) or 1 / 0,
        (ValueError, RuntimeError, IndexError),
        {"pixels": ("image",)},
        nan=NO_NAN,
    ),
    Case("model.CLIP.clamp_logit_scale", arguments(self=TINY["model"])),
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
        lambda result, given: len(result) == given["steps"] or 1 / 0,
        OF_TYPES,
        {"model": ("pixels",), "batches": ("image", "pixels", "tokens", "pairs")},
        nan=NO_NAN,
        cost=3,
    ),
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
        words={"batches": ("tokens",)},
        nan=NO_NAN,
    ),
    Case("zero_shot.check_model", arguments(**TINY)),
    Case("zero_shot.in_batches", arguments(items=st.lists(NAMES), batch_size=BATCH)),
    Case("zero_shot.evaluating", arguments(**TINY), errors=OF_TYPES),
    Case(
        "zero_shot.wrong_names",
        arguments(names=NAMED, what="class names"),
        lambda result, given: result == "" or 1 / 0,
        OF_TYPES,
    ),
]
