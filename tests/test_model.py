"""The whole model: its logits, how it starts, what it refuses. The encoders: test_vision.py, test_text.py."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from minclip.config import CLIPConfig
from minclip.loss import similarity_logits
from minclip.model import CLIP, image_encoder
from minclip.resnet import ModifiedResNet

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


def small_model() -> CLIP:
    torch.manual_seed(0)
    return CLIP(SMALL).eval()


def test_logits_are_scale_times_cosine_by_hand():
    """Two pictures and two texts as features: the lengths 3, 2, 1 and √2 do not matter, the scale of 10 does."""
    model = small_model()
    model.visual, model.text = nn.Identity(), nn.Identity()
    model.logit_scale.data.fill_(math.log(10))
    per_image, per_text = model(torch.tensor([[3.0, 0], [0, 2]]), torch.tensor([[1.0, 0], [1, 1]]))
    assert torch.allclose(per_image, torch.tensor([[10, 7.0711], [0, 7.0711]]), atol=1e-4)
    assert torch.equal(per_text, per_image.T)


def test_the_logits_are_the_losss():
    model, generator = small_model(), torch.Generator().manual_seed(0)
    pixels = torch.randn(3, 3, 16, 16, generator=generator)
    tokens = torch.randint(1, 50, (4, 12), generator=generator)
    expected = similarity_logits(model.encode_image(pixels), model.encode_text(tokens), model.logit_scale.exp())
    assert torch.equal(model(pixels, tokens)[0], expected)


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
def test_a_text_instead_of_tokens_is_refused_helpfully(model, tokens):
    with pytest.raises(ValueError, match=r"tokens must be a tensor, found \w+: write model\.encode_text\(tokenizer"):
        model.encode_text(tokens)


@pytest.mark.parametrize("pixels", [Image.new("RGB", (9, 9)), "cat.png", np.zeros((1, 3, 16, 16), np.float32)])
def test_a_picture_instead_of_pixels_is_refused_helpfully(model, tokenizer, pixels):
    for ask in (model.encode_image, lambda pixels: model(pixels, tokenizer(["a cat"]))):
        with pytest.raises(ValueError, match=r"pixels must be a tensor, found \w+: write model\.encode_image\(prep"):
            ask(pixels)


def test_every_size_reaches_its_encoder():
    config = CLIPConfig(24, 32, 16, 48, 3, 40, 5, 2, context_length=9, vocab_size=77, vision_mlp_width=100)
    model = CLIP(config)
    vit, text = model.visual, model.text
    assert model.config is config
    assert (vit.image_size, vit.proj.shape, len(vit.transformer.resblocks)) == (32, (48, 24), 3)
    assert vit.embedding.conv1.weight.shape == (48, 3, 16, 16)
    assert vit.transformer.resblocks[0].mlp.c_fc.weight.shape == (100, 48)
    assert {block.attn.heads for block in vit.transformer.resblocks} == {config.vision_heads}
    assert (text.context_length, text.vocab_size, text.text_projection.shape) == (9, 77, (40, 24))
    assert len(text.transformer.resblocks) == 2 and text.transformer.resblocks[0].attn.heads == 5
    plain = CLIP(replace(config, vision_mlp_width=None)).visual
    assert plain.transformer.resblocks[0].mlp.c_fc.weight.shape == (4 * 48, 48)


@pytest.mark.parametrize("quick", [True, False])
def test_both_encoders_have_the_asked_activation(quick):
    model = CLIP(replace(SMALL, quick_gelu=quick))
    assert [side.transformer.resblocks[0].mlp.quick_gelu for side in (model.visual, model.text)] == [quick] * 2


def test_four_numbers_of_layers_make_a_resnet():
    config = CLIPConfig(16, 64, None, 8, (2, 1, 1, 1), 64, 1, 1, context_length=8, vocab_size=50)
    net = image_encoder(config)
    assert isinstance(net, ModifiedResNet) and net.image_size == 64 and net.conv3.out_channels == 8
    assert [len(stage) for stage in (net.layer1, net.layer2, net.layer3, net.layer4)] == [2, 1, 1, 1]
    assert (net.attnpool.heads, net.attnpool.c_proj.out_features) == (config.vision_heads, 16)
