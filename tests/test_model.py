"""The encoders and the whole model: what they must never depend on, how they start, what they refuse."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from minclip.config import CLIPConfig
from minclip.model import CLIP
from minclip.transformer import MLP, MultiHeadAttention, Transformer, attention, causal_mask
from minclip.vision import PatchEmbedding

SMALL = CLIPConfig(
    embed_dim=16,
    image_size=16,
    patch_size=8,
    vision_width=64,
    vision_layers=2,
    text_width=64,
    text_heads=1,
    text_layers=2,
    context_length=12,
    vocab_size=50,
)
TOLERANCE = 1e-5  # float32 sums of another batch shape


def small_model() -> CLIP:
    torch.manual_seed(0)
    return CLIP(SMALL).eval()


def test_attention_is_pytorchs():
    query, key, value = torch.randn(3, 2, 4, 6, 16, generator=torch.Generator().manual_seed(0))
    expected = torch.nn.functional.scaled_dot_product_attention(query, key, value, causal_mask(6))
    assert torch.allclose(attention(query, key, value, causal_mask(6)), expected, atol=1e-6)


def test_multi_head_attention_is_pytorchs():
    torch.manual_seed(0)
    ours, theirs = MultiHeadAttention(64, 4), torch.nn.MultiheadAttention(64, 4, batch_first=True)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(2, 5, 64)
    assert torch.allclose(ours(x), theirs(x, x, x)[0], atol=1e-6)


@pytest.mark.parametrize("mask", [None, causal_mask(6)])
def test_reading_one_token_gives_its_numbers_and_gradients(mask):
    torch.manual_seed(0)
    transformer, token = Transformer(width=32, layers=2, heads=2, mlp_width=64), torch.tensor([0, 5, 3])
    x = torch.randn(3, 6, 32, requires_grad=True)
    inputs = [x, *transformer.parameters()]
    whole, read = transformer(x, mask)[torch.arange(3), token], transformer(x, mask, token)
    assert read.shape == (3, 32) and torch.allclose(read, whole, atol=1e-5)
    wanted = torch.randn(3, 32)
    for ours, expected in zip(
        torch.autograd.grad(read, inputs, wanted), torch.autograd.grad(whole, inputs, wanted), strict=True
    ):
        assert torch.allclose(ours, expected, atol=1e-4)


def test_the_mlp_uses_quick_gelu():
    torch.manual_seed(0)
    mlp, x = MLP(8, 32), torch.randn(3, 8)
    hidden = mlp.c_fc(x)
    assert torch.allclose(mlp(x), mlp.c_proj(hidden * torch.sigmoid(1.702 * hidden)), atol=1e-6)
    assert (mlp(x) - mlp.c_proj(torch.nn.functional.gelu(hidden))).abs().max() > 1e-4


def test_patches_are_in_reading_order_after_the_cls_token():
    embedding = PatchEmbedding(image_size=4, patch_size=2, width=3)
    with torch.no_grad():
        embedding.conv1.weight.copy_(torch.eye(3)[:, :, None, None].expand(3, 3, 2, 2) / 4)  # mean colour
        embedding.class_embedding.fill_(9)
        embedding.positional_embedding.zero_()
    image = torch.tensor([[0.0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]]).expand(1, 3, 4, 4)
    assert embedding(image)[0, :, 0].tolist() == [9, 0, 1, 2, 3]


def test_later_tokens_never_change_earlier_ones():
    model = small_model()
    x = torch.randn(1, 6, 64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    out = model.text.transformer(x, causal_mask(6))
    for i in range(6):
        (gradient,) = torch.autograd.grad(out[0, i].sum(), x, retain_graph=True)
        assert (gradient[0, i + 1 :] == 0).all()
        assert (gradient[0, : i + 1] != 0).any(dim=-1).all()


@settings(max_examples=30)
@given(
    st.lists(st.integers(1, 48), min_size=0, max_size=9),
    st.lists(st.integers(0, 48), min_size=1, max_size=11),
)
def test_what_stands_after_eot_never_matters(text, rubbish):
    model = small_model()
    clean = torch.tensor([[*text, 49]])
    padded = torch.tensor([[*text, 49, *rubbish][:12]])
    assert (model.encode_text(clean) - model.encode_text(padded)).abs().max() < TOLERANCE


def test_a_row_alone_equals_the_row_in_a_batch():
    model, generator = small_model(), torch.Generator().manual_seed(0)
    pixels, tokens = (
        torch.randn(4, 3, 16, 16, generator=generator),
        torch.randint(1, 50, (4, 12), generator=generator),
    )
    for encode, batch in ((model.encode_image, pixels), (model.encode_text, tokens)):
        alone = torch.cat([encode(row[None]) for row in batch])
        assert (alone - encode(batch)).abs().max() < TOLERANCE


def test_the_model_starts_as_clip_does():
    torch.manual_seed(0)
    config = CLIPConfig.preset("ViT-B/32", text_layers=2, vision_layers=1)
    model, width = CLIP(config), 512
    assert model.logit_scale.item() == pytest.approx(math.log(1 / 0.07))
    block = model.text.transformer.resblocks[1]
    expected = {
        "token_embedding": (model.text.token_embedding.weight, 0.02),
        "positions": (model.text.positional_embedding, 0.01),
        "in_proj": (block.attn.in_proj_weight, width**-0.5),
        "out_proj": (block.attn.out_proj.weight, width**-0.5 * (2 * 2) ** -0.5),
        "c_fc": (block.mlp.c_fc.weight, (2 * width) ** -0.5),
        "c_proj": (block.mlp.c_proj.weight, width**-0.5 * (2 * 2) ** -0.5),
        "text_projection": (model.text.text_projection, width**-0.5),
        "vision positions": (model.visual.embedding.positional_embedding, 768**-0.5),
        "vision proj": (model.visual.proj, 768**-0.5),
    }
    for name, (weight, std) in expected.items():
        assert weight.detach().std().item() == pytest.approx(std, rel=0.03), name
    assert (block.attn.in_proj_bias == 0).all() and (block.attn.out_proj.bias == 0).all()


def test_the_temperature_is_clamped_between_1_and_100():
    model = small_model()
    for start, end in ((-1.0, 1.0), (9.0, 100.0)):
        model.logit_scale.data.fill_(start)
        model.clamp_logit_scale()
        assert model.logit_scale.exp().item() == pytest.approx(end)


def test_layer_norm_keeps_the_dtype_and_computes_in_float32():
    x = 100 + torch.randn(4, 64, generator=torch.Generator().manual_seed(0))
    norm = small_model().visual.ln_pre
    low = norm(x.bfloat16())
    assert low.dtype == torch.bfloat16
    assert torch.allclose(low.float(), norm(x.bfloat16().float()), atol=0.02)


def test_inputs_of_another_shape_are_refused_with_the_way_out():
    model = small_model()
    with pytest.raises(ValueError, match=r"image has shape \[3, 16, 16\].*image_transform\(16\)"):
        model.encode_image(torch.zeros(3, 16, 16))
    with pytest.raises(ValueError, match=r"tokens has shape \[2, 13\].*length ≤ 12"):
        model.encode_text(torch.zeros(2, 13, dtype=torch.long))


@pytest.mark.parametrize(("name", "value"), [("embed_dim", 0), ("vocab_size", -1), ("image_size", 2.5)])
def test_a_configuration_without_sense_is_refused_by_field(name, value):
    with pytest.raises(ValueError, match=rf"CLIPConfig\.{name}={value}"):
        CLIPConfig.preset("tiny", **{name: value})


def test_dimensions_that_do_not_divide_are_refused():
    with pytest.raises(ValueError, match="image_size=30 must be a multiple of patch_size=8"):
        CLIP(CLIPConfig.preset("tiny", image_size=30, patch_size=8))
    with pytest.raises(ValueError, match="width=128 must be a multiple of heads=3"):
        CLIP(CLIPConfig.preset("tiny", text_width=128, text_heads=3))


def test_an_unknown_preset_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"'ViT-Z' is not known.*ViT-B/32"):
        CLIPConfig.preset("ViT-Z")


@pytest.mark.parametrize("tokens", ["a cat", ["a cat"], [[1, 2]], None])
def test_a_text_instead_of_tokens_is_told_what_to_write(model, tokens):
    with pytest.raises(ValueError, match=r"tokens must be a tensor, found \w+: write model\.encode_text\(tokenizer"):
        model.encode_text(tokens)


@pytest.mark.parametrize("pixels", [Image.new("RGB", (9, 9)), "cat.png", np.zeros((1, 3, 16, 16), np.float32)])
def test_a_picture_instead_of_pixels_is_told_what_to_write(model, tokenizer, pixels):
    for ask in (model.encode_image, lambda pixels: model(pixels, tokenizer(["a cat"]))):
        with pytest.raises(ValueError, match=r"pixels must be a tensor, found \w+: write model\.encode_image\(prep"):
            ask(pixels)
