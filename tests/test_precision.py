"""Half precision: which numbers become half, which never do, and that the encoders run in the mixture."""

import re

import pytest
import torch

from minclip.config import CLIPConfig
from minclip.formats.precision import halved, set_precision
from minclip.model import CLIP

# openai/CLIP convert_weights in words: norms with their statistics, embeddings and the temperature stay float32
FLOAT32 = re.compile(r"\.ln_\w+\.|\.bn\d\.|\.downsample\.1\.|(token|positional|class)_embedding|^logit_scale$")
VIT = CLIPConfig(32, 16, 8, 64, 2, 64, 1, 2, context_length=12, vocab_size=50)
RESNET = CLIPConfig(32, 32, None, 8, (1, 1, 1, 1), 64, 1, 2, context_length=12, vocab_size=50)
KINDS = pytest.mark.parametrize("config", [VIT, RESNET], ids=["vit", "resnet"])
HALVES = pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float16, 0.004), (torch.bfloat16, 0.03)])


def small_model(config: CLIPConfig) -> CLIP:
    torch.manual_seed(0)
    model = CLIP(config).eval()
    for name, parameter in model.named_parameters():
        if name.endswith("bn3.weight"):
            torch.nn.init.ones_(parameter)  # or a fresh block passes its input on, whatever it computes
    return model


def inputs(config: CLIPConfig) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randn(3, 3, config.image_size, config.image_size, generator=generator)
    return pixels, torch.randint(config.vocab_size, (4, config.context_length), generator=generator)


@KINDS
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_what_multiplies_is_half_and_everything_else_float32(config, dtype):
    model = set_precision(small_model(config), dtype)
    for name, tensor in model.state_dict().items():
        if not name.endswith("num_batches_tracked"):  # a counter
            assert tensor.dtype == (torch.float32 if FLOAT32.search(name) else dtype), name
    assert all(not FLOAT32.search(name) for name in halved(model))


def test_the_original_has_the_same_number_of_half_tensors():
    # counted in openai/CLIP after convert_weights: a ViT and a ResNet with two text layers
    assert (len(halved(small_model(VIT))), len(halved(small_model(RESNET)))) == (35, 44)


@KINDS
@HALVES
def test_the_encoders_run_and_give_nearly_the_same(config, dtype, tolerance):
    model, (pixels, tokens) = small_model(config), inputs(config)
    before = model.encode_image(pixels), model.encode_text(tokens)
    logits = model(pixels, tokens)[0]
    assert set_precision(model, dtype) is model
    for found, expected in zip((model.encode_image(pixels), model.encode_text(tokens)), before, strict=True):
        assert found.dtype == dtype and found.shape == expected.shape
        assert 0 < (found - expected).abs().max() < tolerance * expected.abs().max()
    found = model(pixels, tokens)[0]
    assert found.dtype == torch.float32  # cosines of half numbers are too coarse
    assert (found - logits).abs().max() < tolerance * 14  # the temperature of a fresh model


def test_pixels_may_come_in_half_precision_too():
    model, (pixels, _) = small_model(VIT), inputs(VIT)
    full = model.encode_image(pixels.half())
    assert full.dtype == torch.float32
    assert torch.allclose(full, model.encode_image(pixels), atol=0.01)


@KINDS
def test_float32_brings_everything_back_rounded(config):
    model = small_model(config)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    set_precision(set_precision(model, torch.float16), torch.float32)
    names = halved(model)
    for name, tensor in model.state_dict().items():
        expected = before[name].half().float() if name in names else before[name]
        assert tensor.dtype == before[name].dtype
        assert torch.equal(tensor, expected), name


def test_another_dtype_is_refused():
    model = small_model(VIT)
    with pytest.raises(ValueError, match=r"dtype=torch\.int8 is no precision of a CLIP: choose torch\.float32, "):
        set_precision(model, torch.int8)
    assert model.visual.proj.dtype == torch.float32
