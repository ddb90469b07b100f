"""The cases of the parts of a model: transformer, vision, text, resnet."""

from functools import cache

import torch
from fuzz_cases import OF_TYPES, Case, arguments
from fuzz_texts import tokenizer
from fuzz_values import FLOATS, labels, tensors
from hypothesis import strategies as st

from minclip.resnet import AttentionPool, BatchNorm, Bottleneck, ModifiedResNet
from minclip.text import TextTransformer
from minclip.transformer import MLP, LayerNorm, MultiHeadAttention, Transformer, TransformerBlock
from minclip.vision import PatchEmbedding, VisionTransformer

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
def part(kind, *sizes, **named):
    torch.manual_seed(0)
    return kind(*sizes, **named).eval()


def forward(name, made, words=None, value="x", right=STATES, of=lambda x: x.shape, holds=None):
    """The case of a module's forward: each row of a batch is computed as it is alone."""

    def alone(result, given):
        assert result.shape == of(given[value])
        row = given["self"](given[value][:1])
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


SIZED = {"width": WIDTH, "layers": LAYERS, "heads": HEADS}


VIT = {"image_size": 8, "patch_size": 4, "width": WIDTH, "layers": 1, "heads": 2, "embed_dim": 4, "mlp_width": 16}


CNN = {"image_size": 32, "width": 4, "layers": (1, 1, 1, 1), "heads": 2, "embed_dim": 4}


TEXT = {"context_length": 8, "vocab_size": VOCABULARY, "width": WIDTH, "layers": 1, "heads": 2, "embed_dim": 4}

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
        lambda result, given: len({r.shape for r in result}) == 1,
        OF_TYPES,
        nan=NO_NAN,
    ),
    Case(
        "transformer.MultiHeadAttention.merge",
        arguments(
            self=st.builds(lambda: part(MultiHeadAttention, WIDTH, 2)), x=tensors(2, 2, 3, 4, dtypes=(torch.float32,))
        ),
        lambda result, given: result.shape == (2, 3, 8),
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
        lambda result, given: result.shape[1] == 2,
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
    Case(
        "resnet.ModifiedResNet.stem",
        arguments(self=st.builds(lambda: part(ModifiedResNet, **CNN)), x=PIXELS),
        errors=OF_TYPES,
        nan=NO_NAN,
    ),
    Case("resnet.stage", arguments(channels_in=4, channels=2, blocks=st.integers(1, 3), stride=2), errors=OF_TYPES),
]
