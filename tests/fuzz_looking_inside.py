"""The cases of what looks inside a trained CLIP: saliency, compared with plain loops. Its masks: fuzz_segmentation."""

import math
from functools import cache
from itertools import product

import torch
from fuzz_cases import OF_TYPES, Case, arguments
from fuzz_parts import NO_NAN, STATES, VOCABULARY, WIDTH, part
from fuzz_tensors import ROUGH, close
from fuzz_values import SIZES, tensors
from hypothesis import strategies as st
from torch.nn import functional as F

from minclip import saliency
from minclip.config import CLIPConfig
from minclip.model import CLIP
from minclip.transformer import TransformerBlock

DIM, SIDE, PIXELS = 4, 3, 12  # of a feature; of the grid, in patches; of a picture
READINGS = st.sampled_from(
    [saliency.value_tokens, saliency.value_value_tokens, saliency.last_tokens, saliency.block_on_values]
)


@cache
def model() -> CLIP:
    torch.manual_seed(0)
    config = CLIPConfig(
        embed_dim=DIM, image_size=PIXELS, patch_size=4, vision_width=WIDTH, vision_head_width=4, vision_layers=2,
        text_width=8, text_heads=1, text_layers=1, context_length=8, vocab_size=VOCABULARY,
    )  # fmt: skip
    return CLIP(config).eval()


def block() -> TransformerBlock:
    return part(TransformerBlock, WIDTH, 2, 16)


@st.composite
def seen(draw, **more):
    """Pictures, and a text for each or one for all."""
    n = draw(st.integers(1, 3))
    given = {"model": model(), "pixels": draw(tensors(n, 3, PIXELS, PIXELS, dtypes=(torch.float32, torch.float64)))}
    given["text_features"] = draw(tensors(draw(st.sampled_from([1, n])), DIM))
    return given | {name: draw(part) for name, part in more.items()}


def pictures(**more):
    """The same without texts."""
    return seen(**more).map(lambda given: {k: v for k, v in given.items() if k != "text_features"})


def cosines(features, given):
    """Of float [n, ..., DIM] with the text of each picture: float64 [n, ...]."""
    texts = given["text_features"].detach().double().expand(len(features), -1)
    texts = texts.view(len(texts), *[1] * (features.ndim - 2), DIM)
    return F.cosine_similarity(features.detach().double(), texts, dim=-1)


def is_read(tokens, result, given):
    """Patch by patch, in reading order."""
    visual = model().visual
    assert result.dtype == torch.float32 and result.abs().max() <= 1 + 1e-5
    for row, column in product(range(SIDE), repeat=2):
        features = visual.ln_post(tokens[:, 1 + SIDE * row + column]) @ visual.proj
        assert close(result[:, row, column], cosines(features, given))


def read_heat(result, given):
    with torch.no_grad():
        is_read(given["read"](*saliency.last_block(model(), given["pixels"])), result, given)


def without_the_shared(result, given):
    asked = {name: given[name] for name in ("model", "pixels", "read")}
    heat = saliency.token_heat(text_features=given["text_features"], **asked)
    each = [saliency.token_heat(text_features=text[None], **asked) for text in given["all_texts"]]
    assert not result.requires_grad and close(result, heat - torch.stack(each).mean(dim=0))


def values(x):
    """The value of every token in each head, written out in float64: [batch, heads, tokens, head_width]."""
    attn, x = block().attn, block().ln_1(x.detach()).double()
    value = x @ attn.in_proj_weight[-WIDTH:].double().T + attn.in_proj_bias[-WIDTH:].double()
    return value.unflatten(-1, (attn.heads, -1)).transpose(1, 2)


def merged(heads):
    out = block().attn.out_proj
    return heads.transpose(1, 2).flatten(2) @ out.weight.double().T + out.bias.double()


def are_values(result, given):
    x = given["x"]
    assert close(result, merged(values(x)))
    assert close(result[:, :1], saliency.value_tokens(block(), x[:, :1])), "a token does not look at others"


def is_alone(result, given):
    for i in range(result.shape[1]):
        assert close(result[:, i : i + 1], block()(given["x"][:, i : i + 1])), "a token alone asks itself"


def are_asked_values(result, given):
    value = values(given["x"])
    shares = (value @ value.mT / value.shape[-1] ** 0.5).softmax(dim=-1)
    assert close(result, merged(shares @ value))


def are_maps(result, given):
    inside, x = model().visual, saliency.first_tokens(model().visual, given["pixels"])
    assert not result.requires_grad and (result >= 0).all() and close(result.sum(dim=-1), torch.ones(()))
    for shares, one in zip(result, inside.transformer.resblocks, strict=True):
        _, _, value = one.attn.split(one.ln_1(x))
        assert close(one.attn.merge(shares @ value), one.attn(one.ln_1(x)))
        x = one(x)
    assert close(inside.ln_post(x[:, 0]) @ inside.proj, model().encode_image(given["pixels"]))


@st.composite
def shares(draw):
    layers, batch, heads, side = (draw(st.integers(1, 3)) for _ in range(4))
    tokens = 1 + side**2
    return {"attentions": draw(tensors(layers, batch, heads, tokens, tokens)).softmax(dim=-1)}


def is_rolled(result, given):
    """From CLS back to the patches: in each layer, half of what a token has stays, half goes where it looks."""
    attentions = given["attentions"].detach().double()
    layers, batch, heads, tokens, _ = attentions.shape
    within = 4 * ROUGH[given["attentions"].dtype]
    assert (result >= 0).all() and (result.sum(dim=(1, 2)) <= 1 + within).all()
    for picture in range(batch):
        has = [1.0] + [0.0] * (tokens - 1)
        for layer in reversed(range(layers)):
            looks = attentions[layer, picture].sum(dim=0).tolist()
            has = [
                has[to] / 2 + sum(has[of] * looks[of][to] / heads for of in range(tokens)) / 2 for to in range(tokens)
            ]
        assert math.isclose(sum(has), 1, abs_tol=within)
        assert torch.allclose(result[picture].flatten().double(), torch.tensor(has[1:]).double(), atol=within)


def is_covered(result, given):
    """Each cell: the whole picture's cosine minus that of the picture with grey there."""
    pixels, cells = given["pixels"].detach(), given["cells"]
    assert result.shape == (len(pixels), cells, cells) and not result.requires_grad
    whole, of_cell = cosines(model().encode_image(pixels), given), torch.arange(PIXELS) * cells // PIXELS
    for row, column in product(range(cells), repeat=2):
        grey = (of_cell == row)[:, None] & (of_cell == column)
        left = cosines(model().encode_image(pixels.masked_fill(grey, 0)), given)
        assert close(result[:, row, column], whole - left)


def is_gained(result, given):
    """The gain is linear in the unit text, and 0 for the picture's own feature: no text is nearer."""
    pixels = given["pixels"]

    def gain(texts):
        return saliency.grad_eclip_heat(model(), pixels, texts) - saliency.grad_eclip_heat(model(), pixels, -texts)

    found = gain(given["text_features"])
    assert (result >= 0).all() and close(result, found.clamp(min=0)) and not result.requires_grad
    texts = F.normalize(given["text_features"].detach().double(), dim=-1).expand(len(pixels), -1)
    parts = torch.stack([gain(one[None]) for one in torch.eye(DIM)], dim=-1)
    assert close(found, (parts * texts[:, None, None]).sum(dim=-1))
    assert gain(model().encode_image(pixels)).abs().max() < 1e-5


def is_last(result, given):
    inside, (last, x) = model().visual, result
    assert close(inside.ln_post(last(x)[:, 0]) @ inside.proj, model().encode_image(given["pixels"]))


def are_first(result, given):
    inside = given["visual"]
    feature = inside.ln_post(inside.transformer(result)[:, 0]) @ inside.proj
    assert close(feature, model().encode_image(given["pixels"]))


def are_texts(result, given):
    texts = given["text_features"].detach().double()
    assert result.dtype == torch.float32 and close(result, texts / texts.norm(dim=-1, keepdim=True))


def reading(name, holds):
    return Case(f"saliency.{name}", arguments(block=st.builds(block), x=STATES), holds, OF_TYPES, nan=NO_NAN)


SEEN = {"pixels": ("pictures", "image"), "tokens": ("pictures",)}  # as many as there are, or their shape
CELLS = st.sampled_from([1, 2, 3, 4])
INSIDE = st.builds(lambda: model().visual)

CASES = [
    Case(
        "saliency.patch_heat",
        seen().map(
            lambda given: {
                "visual": model().visual,
                "tokens": saliency.first_tokens(model().visual, given["pixels"]),
                "text_features": given["text_features"],
            }
        ),
        lambda result, given: is_read(given["tokens"], result, given),
        OF_TYPES,
        SEEN,
    ),
    reading("value_tokens", are_values),
    reading("last_tokens", lambda result, given: result.equal(block()(given["x"]))),
    reading("block_on_values", is_alone),
    reading("value_value_tokens", are_asked_values),
    Case("saliency.token_heat", seen(read=READINGS), read_heat, OF_TYPES, SEEN),
    Case(
        "saliency.surgery_heat",
        seen(all_texts=SIZES.flatmap(lambda n: tensors(n, DIM)), read=READINGS),
        without_the_shared,
        OF_TYPES,
        SEEN,
    ),
    Case("saliency.attention_maps", pictures(), are_maps, OF_TYPES),
    Case("saliency.attention_rollout", shares(), is_rolled, OF_TYPES),
    Case("saliency.occlusion_heat", seen(cells=CELLS), is_covered, OF_TYPES, SEEN),
    Case("saliency.grad_eclip_heat", seen(), is_gained, OF_TYPES, SEEN),
    Case(
        "saliency.unit_texts",
        seen().map(lambda given: {"text_features": given["text_features"], "pictures": len(given["pixels"])}),
        are_texts,
        OF_TYPES,
    ),
    Case("saliency.last_block", pictures(), is_last, OF_TYPES),
    Case(
        "saliency.first_tokens",
        pictures().map(lambda given: {"visual": model().visual, "pixels": given["pixels"]}),
        are_first,
        OF_TYPES,
    ),
    Case(
        "saliency.blocks_of",
        arguments(visual=INSIDE),
        lambda result, given: result == [*model().visual.transformer.resblocks],
        OF_TYPES,
    ),
    Case(
        "saliency.vit_of",
        arguments(model=st.builds(model)),
        lambda result, given: result is model().visual,
        OF_TYPES,
    ),
]
