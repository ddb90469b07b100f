"""Heat maps: against formulas written out, for other sizes and precisions, and what models and inputs are refused."""

import pytest
import torch
from torch.nn import functional as F

import minclip
from minclip import saliency
from minclip.checkpoint import resized
from minclip.config import CLIPConfig
from minclip.course.lesson_15_looking_inside.two_things import all_names, text_features, two_things
from minclip.model import CLIP
from minclip.segmentation import heat_at

SIZES = {"embed_dim": 8, "text_width": 8, "text_heads": 1, "text_layers": 1, "context_length": 8, "vocab_size": 600}
VIT = CLIPConfig(image_size=12, patch_size=4, vision_width=8, vision_head_width=4, vision_layers=2, **SIZES)
RESNET = CLIPConfig(
    image_size=32, patch_size=None, vision_width=4, vision_layers=(1, 1, 1, 1), vision_head_width=16, **SIZES
)
WITH_TEXT = (saliency.token_heat, saliency.grad_eclip_heat)


@pytest.fixture(scope="module")
def tiny():
    model, _, tokenizer = minclip.load("picturebook-tiny", "cpu")
    return model, tokenizer


@pytest.fixture
def small():
    torch.manual_seed(0)
    return CLIP(VIT).eval()


def given(model, batch=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    size = model.config.image_size
    return torch.randn(batch, 3, size, size, generator=generator), torch.randn(batch, 8, generator=generator)


def all_heats(model, pixels, texts):
    return {
        "tokens": saliency.token_heat(model, pixels, texts),
        "surgery": saliency.surgery_heat(model, pixels, texts, torch.eye(8)),
        "rollout": saliency.attention_rollout(saliency.attention_maps(model, pixels)),
        "occlusion": saliency.occlusion_heat(model, pixels, texts, cells=3),
        "gradient": saliency.grad_eclip_heat(model, pixels, texts),
    }


def test_every_heat_is_a_grid_without_gradient(small):
    pixels, texts = given(small)
    for name, heat in all_heats(small, pixels, texts).items():
        assert heat.shape == (3, 3, 3) and not heat.requires_grad and heat.isfinite().all(), name
    assert all(weight.grad is None for weight in small.parameters())


def test_every_picture_is_computed_alone(small):
    pixels, texts = given(small)
    whole, alone = all_heats(small, pixels, texts), all_heats(small, pixels[1:2], texts[1:2])
    for name, heat in whole.items():
        torch.testing.assert_close(heat[1:2], alone[name], msg=name)


def test_one_text_serves_all_pictures(small):
    pixels, texts = given(small)
    for heat in (*WITH_TEXT, saliency.occlusion_heat):
        more = {"cells": 3} if heat is saliency.occlusion_heat else {}
        torch.testing.assert_close(heat(small, pixels, texts[:1], **more),
                                   heat(small, pixels, texts[:1].expand(3, -1), **more))  # fmt: skip


def test_attention_maps_are_shares_of_the_block(small):
    pixels, _ = given(small)
    maps = saliency.attention_maps(small, pixels)
    assert maps.shape == (2, 3, 2, 10, 10)
    torch.testing.assert_close(maps.sum(dim=-1), torch.ones(2, 3, 2, 10))
    block, x = saliency.last_block(small, pixels)
    _, _, value = block.attn.split(block.ln_1(x))
    torch.testing.assert_close(block.attn.merge(maps[-1] @ value), block.attn(block.ln_1(x)))


def test_the_last_block_ends_in_the_pictures_feature(small):
    pixels, _ = given(small)
    block, x = saliency.last_block(small, pixels)
    feature = small.visual.ln_post(block(x)[:, 0]) @ small.visual.proj
    torch.testing.assert_close(feature, small.encode_image(pixels))


def test_a_small_rollout_by_hand():
    layers = torch.zeros(2, 1, 1, 5, 5)
    layers[0] = torch.eye(5)
    layers[1] = torch.eye(5)
    layers[1, 0, 0, 0] = torch.tensor([0.0, 0.6, 0.4, 0.0, 0.0])
    expected = torch.tensor([[[0.3, 0.2], [0.0, 0.0]]])
    torch.testing.assert_close(saliency.attention_rollout(layers), expected)


def test_surgery_takes_the_mean_heat_away(small):
    pixels, texts = given(small)
    names = torch.randn(5, 8, generator=torch.Generator().manual_seed(3))
    read = saliency.value_value_tokens
    each = torch.stack([saliency.token_heat(small, pixels, name[None], read) for name in names])
    expected = saliency.token_heat(small, pixels, texts, read) - each.mean(dim=0)
    torch.testing.assert_close(saliency.surgery_heat(small, pixels, texts, names), expected)


def test_the_gradient_is_that_of_the_cosine(small):
    """Against autograd through the whole encoder, with a hook on the last attention."""
    pixels, texts = given(small)
    block, seen = small.visual.transformer.resblocks[-1], []
    hook = block.attn.out_proj.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    score = torch.cosine_similarity(small.encode_image(pixels), texts, dim=-1).sum()
    hook.remove()
    gain = torch.autograd.grad(score, seen[0])[0][:, :1]  # [3, 1, 8], of CLS
    _, x = saliency.last_block(small, pixels)
    query, key, value = (part.transpose(1, 2).flatten(2) for part in block.attn.split(block.ln_1(x)))
    alike = F.normalize(query[:, :1], dim=-1) @ F.normalize(key[:, 1:], dim=-1).mT  # [3, 1, 9]
    alike = alike - alike.amin(dim=-1, keepdim=True)
    alike = alike / alike.amax(dim=-1, keepdim=True)
    expected = ((gain @ value[:, 1:].mT) * alike).relu().view(3, 3, 3)
    torch.testing.assert_close(saliency.grad_eclip_heat(small, pixels, texts), expected.detach())


def test_a_covered_thing_is_what_the_text_loses(small):
    pixels, texts = given(small)
    heat = saliency.occlusion_heat(small, pixels, texts, cells=2)
    covered = pixels.clone()
    covered[:, :, 6:, :6] = 0
    one, other = (torch.cosine_similarity(small.encode_image(p), texts, dim=-1) for p in (pixels, covered))
    torch.testing.assert_close(heat[:, 1, 0], (one - other).detach())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_heat_of_models_in_other_precisions(small, dtype):
    pixels, texts = given(small)
    expected = all_heats(small, pixels, texts)
    found = all_heats(small.to(dtype), pixels.to(dtype), texts.to(dtype))
    for name, heat in found.items():
        assert heat.dtype == (dtype if name == "rollout" else torch.float32), name
        tolerance = 0.1 if dtype is torch.bfloat16 else 1e-4
        assert torch.allclose(heat.float(), expected[name], atol=tolerance * max(1.0, float(expected[name].max()))), (
            name
        )


@pytest.mark.parametrize("heat", WITH_TEXT)
def test_a_resnet_is_refused_and_occlusion_takes_it(heat):
    torch.manual_seed(0)
    model = CLIP(RESNET).eval()
    pixels, texts = given(model, 2)
    with pytest.raises(ValueError, match=r"ModifiedResNet, and only CLIP's VisionTransformer.*use occlusion_heat"):
        heat(model, pixels, texts)
    assert saliency.occlusion_heat(model, pixels, texts).shape == (2, 4, 4)


@pytest.mark.parametrize("heat", WITH_TEXT)
def test_pictures_of_another_size_are_refused(small, heat):
    with pytest.raises(ValueError, match=r"pixels have shape \[2, 3, 8, 8\], not \[batch, 3, 12, 12\].*resized"):
        heat(small, torch.zeros(2, 3, 8, 8), torch.ones(2, 8))


@pytest.mark.parametrize("heat", [*WITH_TEXT, saliency.occlusion_heat])
def test_texts_must_be_one_for_each_picture(small, heat):
    pixels, texts = given(small)
    with pytest.raises(ValueError, match=r"text_features have shape \[2, 8\] for 3 pictures: give a row"):
        heat(small, pixels, texts[:2], **({"cells": 3} if heat is saliency.occlusion_heat else {}))


@pytest.mark.parametrize("cells", [0, -2, 5])
def test_cells_that_do_not_fill_the_picture(small, cells):
    with pytest.raises(
        ValueError, match=rf"cells={cells} must be at least 1, and divide the picture's side of 12 pixels"
    ):
        saliency.occlusion_heat(small, *given(small), cells=cells)


def test_the_order_of_the_methods_on_few_pictures(tiny):
    """Far enough apart to be seen on 40 pictures; the kept claim has the intervals."""
    model, tokenizer = tiny
    scenes = two_things(model, 40)
    texts, names = text_features(model, tokenizer, scenes.texts), all_names(model, tokenizer)
    heats = {
        "raw": saliency.token_heat(model, scenes.pixels, texts, saliency.last_tokens),
        "values": saliency.token_heat(model, scenes.pixels, texts),
        "surgery": saliency.surgery_heat(model, scenes.pixels, texts, names),
    }
    right = {
        name: (heat_at(heat, scenes.centres) > heat_at(heat, scenes.others)).float().mean()
        for name, heat in heats.items()
    }
    assert right["raw"] < 0.4 and right["values"] > 0.65 and right["surgery"] > 0.65


def test_a_larger_picture_has_a_finer_grid(tiny):
    model, _ = tiny
    larger = resized(model, 64)
    heat = saliency.token_heat(larger, torch.zeros(1, 3, 64, 64), torch.ones(1, model.config.embed_dim))
    assert heat.shape == (1, 8, 8)
