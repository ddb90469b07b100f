"""The engine's features (engine/features.py) against the pages that they replace (vision.py, text.py)."""

import pytest
import torch

from minclip.config import CLIPConfig
from minclip.engine.features import image_features, last_at, text_features
from minclip.masking import keep_tokens
from minclip.model import CLIP
from minclip.transformer import Transformer, causal_mask
from minclip.vision import VisionTransformer

CONFIG = CLIPConfig(16, 16, 8, 64, 2, 64, 1, 2, context_length=8, vocab_size=40)
RESNET = CLIPConfig(16, 64, None, 8, (1, 1, 1, 1), 64, 1, 1, context_length=8, vocab_size=40)


def new_model(config: CLIPConfig = CONFIG) -> CLIP:
    torch.manual_seed(0)
    return CLIP(config).eval()


def pictures(size: int = 16) -> torch.Tensor:
    return torch.randn(3, 3, size, size, generator=torch.Generator().manual_seed(1))


def texts() -> torch.Tensor:
    tokens = torch.randint(1, 39, (3, 8), generator=torch.Generator().manual_seed(2))
    tokens[torch.arange(3), torch.tensor([2, 7, 4])] = 39  # EOT
    return tokens


def test_cls_and_two_patches_are_kept():
    tokens = torch.tensor([[[10.0], [0], [1], [2], [3]]])  # CLS, patches 0 to 3
    assert keep_tokens(tokens, torch.tensor([[3, 1]])).flatten().tolist() == [10, 3, 1]


def test_features_are_the_pages():
    model = new_model()
    assert torch.allclose(image_features(model, pictures()), model.encode_image(pictures()), atol=1e-5)
    assert torch.allclose(text_features(model, texts()), model.encode_text(texts()), atol=1e-5)


def test_wrong_input_is_refused_as_by_the_page():
    model = new_model()
    with pytest.raises(ValueError, match="make it with the model's own tokenizer"):
        text_features(model, torch.zeros(2, 99, dtype=torch.long))
    for wrong in (torch.zeros(2, 3, 5, 5), torch.zeros(3, 16, 16)):
        with pytest.raises(ValueError, match="pass the picture through"):
            image_features(model, wrong)


@pytest.mark.parametrize("mask", [None, causal_mask(6)])
def test_one_token_has_its_numbers_and_gradients(mask):
    torch.manual_seed(0)
    stack, token = Transformer(width=32, layers=2, heads=2, mlp_width=64), torch.tensor([0, 5, 3])
    x = torch.randn(3, 6, 32, requires_grad=True)
    inputs = [x, *stack.parameters()]
    whole, read = stack(x, mask)[torch.arange(3), token], last_at(stack, x, token, mask)
    assert read.shape == (3, 32) and torch.allclose(read, whole, atol=1e-5)
    wanted = torch.randn(3, 32)
    for ours, expected in zip(
        torch.autograd.grad(read, inputs, wanted), torch.autograd.grad(whole, inputs, wanted), strict=True
    ):
        assert torch.allclose(ours, expected, atol=1e-4)


def test_a_resnet_is_computed_as_it_is():
    model = new_model(RESNET)
    assert torch.equal(image_features(model, pictures(64)), model.encode_image(pictures(64)))


class TakesKept(VisionTransformer):
    def forward(self, image, kept=None):
        x = self.embedding(image) if kept is None else keep_tokens(self.embedding(image), kept)
        return self.transformer(self.ln_pre(x)).mean(dim=1) @ self.proj


class TakesNothing(VisionTransformer):
    def forward(self, image):
        return self.embedding(image)[:, 0] @ self.proj


def test_another_encoder_gets_the_kept_patches():
    model, kept = new_model(), torch.tensor([[0, 1], [1, 2], [2, 3]])
    model.visual.__class__ = TakesKept
    assert torch.equal(image_features(model, pictures(), kept), model.visual(pictures(), kept))
    assert not torch.allclose(image_features(model, pictures(), kept), image_features(model, pictures()))


def test_an_encoder_that_cannot_leave_out_is_refused():
    model = new_model()
    model.visual.__class__ = TakesNothing
    with pytest.raises(ValueError, match="a TakesNothing, takes no argument `kept`: set patch_dropout=0"):
        image_features(model, pictures(), torch.zeros(3, 2, dtype=torch.int64))
