"""Our numbers against the original's: answers of openai/CLIP, kept as files beside the project."""

import json

import pytest
import torch

from minclip import checkpoint
from minclip.loss import clip_loss
from minclip.model import CLIP, CLIPConfig
from minclip.tokenizer import BPETokenizer

# float32 sums in another order differ by about 1e-6; a wrong formula by 1e-3 and more
TOLERANCE, GRADIENT_TOLERANCE = 3e-5, 5e-4


@pytest.fixture
def golden(shared):
    return torch.load(shared / "parity" / "golden_vit-tiny.pt", weights_only=True)


def test_features_logits_loss_and_pixel_gradients_are_the_originals(golden):
    model, expected = checkpoint.from_openai_state_dict(golden["state_dict"]), golden["expected"]
    pixels = golden["pixels"].clone().requires_grad_()
    image_features, text_features = model.encode_image(pixels), model.encode_text(golden["tokens"])
    loss = clip_loss(image_features, text_features, model.logit_scale.exp())
    loss.backward()
    logits_per_image, logits_per_text = model(pixels, golden["tokens"])
    for found, name in (
        (image_features, "image_features"),
        (text_features, "text_features"),
        (logits_per_image, "logits_per_image"),
        (loss, "loss"),
    ):
        assert found.shape == expected[name].shape
        assert (found - expected[name]).abs().max() < TOLERANCE, name
    assert torch.equal(logits_per_text, logits_per_image.T)
    gradient = expected["grad_pixels"]
    assert (pixels.grad - gradient).abs().max() < GRADIENT_TOLERANCE * gradient.abs().max()


def test_the_state_dict_goes_back_as_it_came(golden):
    before = {name: tensor.clone() for name, tensor in golden["state_dict"].items()}
    after = checkpoint.to_openai_state_dict(checkpoint.from_openai_state_dict(golden["state_dict"]))
    assert list(after) == list(before)
    assert all(torch.equal(after[name], before[name].float()) for name in before)
    assert all(torch.equal(golden["state_dict"][name], before[name]) for name in before), "the input was changed"


def test_half_precision_and_the_archives_scalars_are_read(golden):
    state = {name: tensor.half() for name, tensor in golden["state_dict"].items()}
    state |= {
        "input_resolution": torch.tensor(32),
        "context_length": torch.tensor(16),
        "vocab_size": torch.tensor(300),
    }
    model = checkpoint.from_openai_state_dict(state)
    assert model.logit_scale.dtype == torch.float32
    assert (model.encode_text(golden["tokens"]) - golden["expected"]["text_features"]).abs().max() < 0.02


def test_a_state_dict_that_lacks_something_is_refused_by_name(golden):
    state = dict(golden["state_dict"])
    del state["visual.conv1.weight"], state["ln_final.weight"]
    with pytest.raises(ValueError, match=r"state_dict has no visual\.conv1\.weight, ln_final\.weight"):
        checkpoint.from_openai_state_dict(state)


def test_a_resnet_state_dict_is_refused_by_name(shared):
    state = torch.load(shared / "parity" / "golden_rn-tiny.pt", weights_only=True)["state_dict"]
    with pytest.raises(ValueError, match=r"visual\.proj"):
        checkpoint.from_openai_state_dict(state)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("ViT-B/32", 151_277_313),
        ("ViT-B/16", 149_620_737),
        ("ViT-L/14", 427_616_513),
        ("ViT-L/14@336px", 427_944_193),
    ],
)
def test_presets_have_exactly_the_originals_parameters(name, parameters):
    with torch.device("meta"):  # counts without memory
        model = CLIP(CLIPConfig.preset(name))
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters


def test_700_texts_have_the_originals_ids_and_decode_as_there(shared):
    tokenizer = BPETokenizer.from_openai_merges(shared / "parity" / "bpe_simple_vocab_16e6.txt.gz")
    lines = (shared / "parity" / "tokenizer_cases.jsonl").read_text(encoding="utf-8").split("\n")
    cases = [json.loads(line) for line in lines[1:] if line]
    assert tokenizer.vocab_size == 49408
    assert len(cases) == 700
    assert [tokenizer.encode(case["text"]) for case in cases] == [case["ids"] for case in cases]
    assert [tokenizer.decode(case["ids"]) for case in cases] == [case["decode"] for case in cases]
