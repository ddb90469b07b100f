"""SigLIP's page: the loss by hand, in loops and as open_clip has it; the bias; attention pooling."""

import math

import pytest
import torch
from peer_packages import installed
from torch import nn
from torch.nn import functional as F

from minclip.loss import clip_loss
from minclip.siglip import MAPHead, SigLIPLoss, prior_bias, siglip_loss, start_loss

SIZES = (2, 7, 64)


def features(seed: int, n: int = 6, dim: int = 8) -> torch.Tensor:
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(seed))


def test_two_pairs_by_hand():
    # logits [[1, 0], [0, 1]]: the pairs cost ln(1 + e^-1) = 0.313, the others ln 2 = 0.693; a row costs both
    assert siglip_loss(torch.eye(2), torch.eye(2), 1.0, 0.0).item() == pytest.approx(0.313 + 0.693, abs=1e-3)
    # flipped: the pairs cost ln 2, the others ln(1 + e) = 1.313
    assert siglip_loss(torch.eye(2), torch.eye(2).flip(0), 1.0, 0.0).item() == pytest.approx(0.693 + 1.313, abs=1e-3)
    # a bias of -1 makes the logits [[0, -1], [-1, 0]]
    assert siglip_loss(torch.eye(2), torch.eye(2), 1.0, -1.0).item() == pytest.approx(0.693 + 0.313, abs=1e-3)


def test_six_pairs_spelled_out_in_loops():
    images, texts, scale, bias, total = features(0), features(1), 5.0, -2.0, 0.0
    for i in range(6):
        for j in range(6):
            z = 1 if i == j else -1
            cosine = float(torch.cosine_similarity(images[i], texts[j], dim=0))
            total -= math.log(1 / (1 + math.exp(-z * (scale * cosine + bias))))
    assert float(siglip_loss(images, texts, scale, bias)) == pytest.approx(total / 6, rel=1e-5)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("scale", "bias"), [(10.0, -10.0), (1.0, 0.0), (100.0, -16.0)])
def test_value_and_gradients_are_open_clips(size, scale, bias):
    open_clip = installed("open_clip")
    answers = []
    for ours in (True, False):
        images, texts = features(2, size).requires_grad_(), features(3, size).requires_grad_()
        factor, offset = torch.tensor(scale, requires_grad=True), torch.tensor(bias, requires_grad=True)
        if ours:
            loss = siglip_loss(images, texts, factor, offset)
        else:
            directions = (F.normalize(images, dim=-1), F.normalize(texts, dim=-1))
            loss = open_clip.loss.SigLipLoss()(*directions, factor, offset)
        answers.append([loss.detach(), *torch.autograd.grad(loss, (images, texts, factor, offset))])
    for mine, theirs in zip(*answers, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-6, atol=1e-6)


def test_hugging_faces_loss_is_the_same():
    transformers = installed("transformers")
    both = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2}
    torch.manual_seed(0)
    config = transformers.SiglipConfig(
        text_config={**both, "vocab_size": 40, "max_position_embeddings": 8},
        vision_config={**both, "image_size": 16, "patch_size": 8},
    )
    model = transformers.SiglipModel(config).eval()
    with torch.no_grad():
        model.logit_scale.fill_(2.0)
        model.logit_bias.fill_(-3.0)
        tokens, pixels = torch.randint(40, (5, 8)), torch.randn(5, 3, 16, 16)
        answer = model(input_ids=tokens, pixel_values=pixels, return_loss=True)
        ours = siglip_loss(answer.image_embeds, answer.text_embeds, math.exp(2.0), -3.0)
    assert ours.item() == pytest.approx(answer.loss.item(), rel=1e-6)


def test_half_precision_features_are_compared_in_float32():
    images, texts = features(4).bfloat16(), features(5).bfloat16()
    expected = siglip_loss(images.float(), texts.float(), 10.0, -10.0)
    loss = siglip_loss(images, texts, 10.0, -10.0)
    assert loss.dtype == torch.float32 and torch.equal(loss, expected)


def test_blocks_of_a_batch_add_up():
    """What devices use: each needs the texts of the others, never a whole row at once."""
    images, texts = features(6, 12), features(7, 12)
    whole = siglip_loss(images, texts, 10.0, -5.0)
    blocks = 0.0
    for i in range(0, 12, 4):
        for j in range(0, 12, 4):
            logits = 10.0 * F.normalize(images[i : i + 4], dim=-1) @ F.normalize(texts[j : j + 4], dim=-1).T - 5.0
            signs = 2 * torch.eye(4) - 1 if i == j else -torch.ones(4, 4)
            blocks = blocks - F.logsigmoid(signs * logits).sum()
    assert float(blocks / 12) == pytest.approx(float(whole), rel=1e-6)


def test_one_more_wrong_text_costs_only_its_own_pairs():
    """With a softmax, a wrong text that fits well lowers the probability of the right one."""
    images, texts = torch.eye(3), torch.eye(3)
    decoy = torch.cat([texts[:2], texts[:1]])  # text 2 is a copy of text 0
    signs = 2 * torch.eye(3) - 1
    before, after = (-F.logsigmoid(signs * (10 * images @ t.T - 5)) for t in (texts, decoy))
    assert torch.equal(before[:, :2], after[:, :2])
    assert clip_loss(images[:2], decoy[:2], 10.0) < clip_loss(images, decoy, 10.0)


def test_an_unequal_batch_is_refused():
    with pytest.raises(ValueError, match="made of pairs, found 3 pictures and 2 texts"):
        siglip_loss(features(0, 3), features(1, 2), 1.0, 0.0)


@pytest.mark.parametrize("batch_size", [2, 16, 64, 256, 32_768])
def test_the_prior_bias_gives_the_right_share(batch_size):
    share = 1 / (1 + math.exp(-prior_bias(batch_size)))
    assert share == pytest.approx(1 / batch_size)
    assert prior_bias(batch_size) == pytest.approx(math.log(share / (1 - share)), abs=1e-9)


@pytest.mark.parametrize("batch_size", [2, 16, 256])
@pytest.mark.parametrize("bias", [0.0, -2.7, -10.0])
def test_the_start_loss_is_that_of_equal_cosines(batch_size, bias):
    images, texts = torch.eye(2 * batch_size).split(batch_size)  # all cosines are 0
    loss = siglip_loss(images, texts, 10.0, bias)
    assert loss.item() == pytest.approx(start_loss(batch_size, bias), rel=1e-5)
    assert start_loss(batch_size, prior_bias(batch_size)) <= start_loss(batch_size, bias) + 1e-12


@pytest.mark.parametrize("batch_size", [1, 0, -3])
def test_a_batch_without_wrong_pairs_has_no_prior(batch_size):
    with pytest.raises(ValueError, match=f"batch_size={batch_size} must be at least 2"):
        prior_bias(batch_size)


def test_the_loss_module_learns_its_bias():
    loss = SigLIPLoss(prior_bias(16))
    value = loss(features(8, 16), features(9, 16), 10.0)
    assert value.item() == pytest.approx(siglip_loss(features(8, 16), features(9, 16), 10.0, prior_bias(16)).item())
    value.backward()
    assert [name for name, _ in loss.named_parameters()] == ["logit_bias"] and loss.logit_bias.grad != 0
    assert SigLIPLoss().logit_bias.item() == -10.0
    with pytest.raises(ValueError, match="bias=nan must be a finite number"):
        SigLIPLoss(math.nan)


def test_the_map_head_is_hugging_faces():
    installed("transformers")
    from transformers.models.siglip.modeling_siglip import SiglipMultiheadAttentionPoolingHead, SiglipVisionConfig

    config = SiglipVisionConfig(hidden_size=24, intermediate_size=40, num_attention_heads=3, hidden_act="gelu")
    torch.manual_seed(0)
    theirs, ours = SiglipMultiheadAttentionPoolingHead(config).eval(), MAPHead(24, 3, 40)
    ours.ln.eps = config.layer_norm_eps
    with torch.no_grad():
        for tensor in theirs.parameters():
            tensor.add_(0.1 * torch.randn_like(tensor))
    names = {"attention.": "attn.", "layernorm.": "ln.", "mlp.fc1.": "mlp.c_fc.", "mlp.fc2.": "mlp.c_proj."}
    state = theirs.state_dict()
    for old, new in names.items():
        state = {name.replace(old, new): tensor for name, tensor in state.items()}
    ours.load_state_dict(state)
    x = torch.randn(4, 9, 24)
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-5, atol=1e-6)


def test_the_map_head_ignores_the_order_of_tokens():
    torch.manual_seed(0)
    head, x = MAPHead(16, 2, 32), torch.randn(3, 5, 16)
    torch.testing.assert_close(head(x), head(x.flip(1)))
    assert head(x[:1]).shape == (1, 16)
    assert isinstance(head.probe, nn.Parameter) and head.probe.shape == (1, 1, 16)
