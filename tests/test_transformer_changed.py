"""What a user changes in a Transformer is used, in every block: hooks, subclasses, wrappers, replaced parts."""

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize

from minclip.config import CLIPConfig
from minclip.engine.features import image_features, text_features
from minclip.model import CLIP
from minclip.transformer import MLP, MultiHeadAttention, Transformer, TransformerBlock
from minclip.vision import VisionTransformer

CONFIG = CLIPConfig(16, 16, 8, 64, 2, 64, 1, 2, context_length=8, vocab_size=40)
TOKENS = torch.tensor([[1, 5, 39, 0, 0, 0, 0, 0], [1, 7, 8, 9, 39, 0, 0, 0]])
PIXELS = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
LAST = [("visual", "last"), ("text", "last"), ("visual", "first"), ("text", "first")]


@pytest.fixture
def model() -> CLIP:
    torch.manual_seed(0)
    return CLIP(CONFIG).eval()


def features(model: CLIP, tower: str) -> torch.Tensor:
    with torch.no_grad():
        return model.encode_image(PIXELS) if tower == "visual" else model.encode_text(TOKENS)


def step_features(model: CLIP, tower: str) -> torch.Tensor:
    """As a training step of the engine computes them."""
    with torch.no_grad():
        return image_features(model, PIXELS) if tower == "visual" else text_features(model, TOKENS)


def block_of(model: CLIP, tower: str, which: str) -> TransformerBlock:
    blocks = getattr(model, tower).transformer.resblocks
    return blocks[-1 if which == "last" else 0]


class Doubled(nn.Linear):
    """A layer of one's own, as LoRA's are."""

    def forward(self, x):
        return 2 * super().forward(x)


class Wrapped(nn.Module):
    """A block inside of another module."""

    def __init__(self, block):
        super().__init__()
        self.block = block

    def forward(self, x, mask=None):
        return self.block(x, mask).roll(1, -1)


class Shifted(TransformerBlock):
    def forward(self, x, mask=None):
        return super().forward(x, mask).roll(1, -1)


class Quiet(MultiHeadAttention):
    def forward(self, x, mask=None):
        return torch.zeros_like(x)


class Twice(nn.Module):
    def forward(self, weight):
        return 2 * weight


def subclassed(block):
    block.__class__ = Shifted


def own_forward(block):
    block.forward = lambda x, mask=None: TransformerBlock.forward(block, x, mask).roll(1, -1)


def other_attention(block):
    block.attn.__class__ = Quiet


def own_attention(block):
    attn = block.attn
    attn.forward = lambda x, mask=None: torch.zeros_like(x)


def other_mlp(block):
    block.mlp = nn.Sequential(nn.Identity())


def lora(block):
    block.mlp.c_fc.__class__ = Doubled


def lora_in_attention(block):
    block.attn.out_proj.__class__ = Doubled


def other_norm(block):
    block.ln_1 = nn.Identity()


def parametrized(block):
    parametrize.register_parametrization(block.mlp.c_fc, "weight", Twice())


def hook_that_changes(block):
    block.register_forward_hook(lambda module, inputs, output: output.roll(1, -1))


def hook_in_the_attention(block):
    block.attn.register_forward_hook(lambda module, inputs, output: output.roll(1, -1))


def hook_before(block):
    block.mlp.register_forward_pre_hook(lambda module, inputs: (inputs[0].roll(1, -1),))


CHANGES = [
    subclassed, own_forward, other_attention, own_attention, other_mlp, lora, lora_in_attention, other_norm,
    parametrized, hook_that_changes, hook_in_the_attention, hook_before,
]  # fmt: skip


@pytest.mark.parametrize(("tower", "which"), LAST)
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_changes_features_and_training_steps_alike(model, change, tower, which):
    before = features(model, tower)
    change(block_of(model, tower, which))
    found = features(model, tower)
    assert (found - before).abs().max() > 1e-5, "the change has no effect"
    assert torch.allclose(step_features(model, tower), found, atol=1e-5)


@pytest.mark.parametrize("tower", ["visual", "text"])
def test_a_block_inside_of_another_module_is_called(model, tower):
    before = features(model, tower)
    blocks = getattr(model, tower).transformer.resblocks
    blocks[-1] = Wrapped(blocks[-1])
    assert (features(model, tower) - before).abs().max() > 1e-3
    assert torch.allclose(step_features(model, tower), features(model, tower), atol=1e-5)


@pytest.mark.parametrize("encode", [features, step_features])
@pytest.mark.parametrize("tower", ["visual", "text"])
def test_hooks_see_every_block_and_every_token(model, tower, encode):
    seen = []
    for block in getattr(model, tower).transformer.resblocks:
        block.register_forward_hook(lambda module, inputs, output: seen.append(output.shape))
    encode(model, tower)
    assert len(seen) == 2 and seen[0] == seen[1] and len(seen[0]) == 3


def test_backward_hooks_fire_in_the_last_block(model):
    seen = []
    model.visual.transformer.resblocks[-1].register_full_backward_hook(lambda module, i, o: seen.append(module))
    image_features(model, PIXELS.clone().requires_grad_()).sum().backward()
    assert len(seen) == 1


@pytest.mark.parametrize("tower", ["visual", "text"])
@pytest.mark.parametrize("part", ["", ".transformer", ".transformer.resblocks.0.attn.out_proj"])
def test_a_hook_anywhere_changes_training_steps_too(model, tower, part):
    def turned(module, inputs, output):
        return output.roll(1, -1)

    before = features(model, tower)
    model.get_submodule(tower + part).register_forward_hook(turned)
    assert (features(model, tower) - before).abs().max() > 1e-5
    assert torch.allclose(step_features(model, tower), features(model, tower), atol=1e-5)


class MeanOfTokens(VisionTransformer):
    def forward(self, image):
        return self.transformer(self.ln_pre(self.embedding(image))).mean(dim=1) @ self.proj


class Halved(CLIP):
    def encode_image(self, pixels):
        return super().encode_image(pixels) / 2


def test_a_tower_or_model_of_ones_own_is_called(model):
    model.visual.__class__ = MeanOfTokens
    assert torch.equal(step_features(model, "visual"), features(model, "visual"))
    model.__class__ = Halved
    assert torch.equal(step_features(model, "visual"), features(model, "visual"))
    model.encode_text = lambda tokens: torch.ones(2, 16)
    assert torch.equal(step_features(model, "text"), torch.ones(2, 16))


@pytest.mark.parametrize("kind", [TransformerBlock, MultiHeadAttention, MLP, Transformer])
@pytest.mark.parametrize("tower", ["visual", "text"])
def test_a_changed_class_is_used_in_training_steps(model, tower, kind, monkeypatch):
    before, forward = features(model, tower), kind.forward
    monkeypatch.setattr(kind, "forward", lambda self, *arguments: forward(self, *arguments).roll(1, -1))
    assert (features(model, tower) - before).abs().max() > 1e-5
    assert torch.allclose(step_features(model, tower), features(model, tower), atol=1e-5)


@pytest.mark.parametrize("tower", ["visual", "text"])
def test_another_attention_is_used_in_training_steps(model, tower, monkeypatch):
    monkeypatch.setattr("minclip.transformer.attention", lambda query, key, value, mask=None: 3 * query)
    assert torch.allclose(step_features(model, tower), features(model, tower), atol=1e-5)


def test_what_nobody_changed_takes_the_short_way(model, monkeypatch):
    short = []
    monkeypatch.setattr("minclip.engine.features.block_at", lambda block, x, *_: short.append(block) or x[:, 0])
    step_features(model, "visual"), step_features(model, "text")
    assert short == [model.visual.transformer.resblocks[-1], model.text.transformer.resblocks[-1]]
