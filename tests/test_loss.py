"""The symmetric InfoNCE loss: batches of two worked out by hand, then invariances and refusals."""

import math

import pytest
import torch

from minclip.loss import clamp_logit_scale, clip_loss, similarity_logits


def features(seed: int, n: int = 6, dim: int = 8) -> torch.Tensor:
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(seed))


def test_two_pairs_by_hand():
    right, flipped = torch.eye(2), torch.eye(2).flip(0)
    # logits [[1, 0], [0, 1]]: the right answer's share is e / (e + 1) = 0.73, and -ln 0.73 = 0.31
    assert clip_loss(right, right, 1.0).item() == pytest.approx(0.31, abs=0.005)
    # logits [[0, 1], [1, 0]]: the share is 1 / (1 + e) = 0.27, and -ln 0.27 = 1.31
    assert clip_loss(right, flipped, 1.0).item() == pytest.approx(1.31, abs=0.005)


def test_rows_and_columns_by_hand():
    images, texts = torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.eye(2)
    # logits [[2, 0], [2, 0]]. Rows: ln(1 + e^-2) = 0.127 and ln(1 + e^2) = 2.127. Columns: ln 2 = 0.693 twice.
    expected = ((0.1269 + 2.1269) / 2 + (0.6931 + 0.6931) / 2) / 2
    assert clip_loss(images, texts, 2.0).item() == pytest.approx(expected, abs=1e-4)


def test_the_scale_multiplies_the_cosines():
    images, texts = torch.tensor([[3.0, 4.0]]), torch.tensor([[4.0, 3.0], [-3.0, -4.0]])
    assert similarity_logits(images, texts, 10.0)[0].tolist() == pytest.approx([9.6, -10.0])  # 10 * 24 / 25


def test_six_pairs_spelled_out_in_loops():
    images, texts, scale = features(0), features(1), 5.0
    total = 0.0
    for i in range(6):
        row = [scale * float(torch.cosine_similarity(images[i], texts[j], dim=0)) for j in range(6)]
        column = [scale * float(torch.cosine_similarity(images[j], texts[i], dim=0)) for j in range(6)]
        for scores in (row, column):
            total += math.log(sum(math.exp(s) for s in scores)) - scores[i]
    assert float(clip_loss(images, texts, scale)) == pytest.approx(total / 12, rel=1e-5)


def test_both_directions_count():
    images = torch.tensor([[1.0, 0], [1, 0]])  # every text is found, no picture is
    texts = torch.tensor([[1.0, 0], [0, 1]])
    assert float(clip_loss(images, texts, 20.0)) == pytest.approx(float(clip_loss(texts, images, 20.0)), rel=1e-6)
    assert float(clip_loss(images, texts, 20.0)) > math.log(2)


def test_equal_features_cost_ln_n_perfect_ones_nothing():
    assert float(clip_loss(torch.ones(7, 4), torch.ones(7, 4), 14.3)) == pytest.approx(math.log(7), rel=1e-6)
    assert float(clip_loss(torch.eye(7), torch.eye(7), 100.0)) < 1e-6


def test_norms_and_the_order_of_pairs_do_not_matter():
    images, texts = features(2), features(3)
    loss = clip_loss(images, texts, 10.0)
    norms = torch.tensor([0.01, 1, 3, 5, 100, 7])[:, None]
    order = torch.tensor([3, 1, 5, 0, 2, 4])
    assert torch.allclose(clip_loss(norms * images, texts / norms, 10.0), loss, rtol=1e-5)
    assert torch.allclose(clip_loss(images[order], texts[order], 10.0), loss, rtol=1e-5)
    assert not torch.allclose(clip_loss(images[order], texts, 10.0), loss, rtol=1e-3)


def test_half_precision_features_are_compared_in_float32():
    images, texts = features(4).bfloat16(), features(5).bfloat16()
    logits = similarity_logits(images, texts, 100.0)
    assert logits.dtype == torch.float32
    assert torch.equal(logits, similarity_logits(images.float(), texts.float(), 100.0))


def test_features_that_do_not_pair_are_refused():
    with pytest.raises(ValueError, match="6 pictures and 5 texts"):
        clip_loss(features(0), features(1)[:5], 1.0)
    with pytest.raises(ValueError, match=r"\[6, 8\] and \[6, 7\]"):
        clip_loss(features(0), features(1)[:, :7], 1.0)


@pytest.mark.parametrize("side", [0, 1])
def test_one_row_of_zeros_makes_the_loss_nan(side):
    both = [features(6), features(7)]
    both[side][2] = 0
    assert clip_loss(*both, 1.0).isnan()
    logits = similarity_logits(*both, 1.0)
    lost = logits[2] if side == 0 else logits[:, 2]
    assert lost.isnan().all() and logits.isnan().sum() == 6  # the others' logits stay


@pytest.mark.parametrize(("scale", "clamped"), [(148.0, 100.0), (0.4, 1.0), (14.3, 14.3)])
def test_the_scale_stays_between_1_and_100(scale, clamped):
    logit_scale = torch.nn.Parameter(torch.tensor(math.log(scale)))
    clamp_logit_scale(logit_scale)
    assert logit_scale.exp().item() == pytest.approx(clamped, rel=1e-5) and logit_scale.requires_grad


@pytest.mark.parametrize("wrong", [(8,), (2, 8, 5)])
def test_features_that_are_no_matrix_are_refused(wrong):
    for both in ((torch.ones(wrong), features(0)), (features(0), torch.ones(wrong))):
        with pytest.raises(ValueError, match="features must be"):
            similarity_logits(*both, 1.0)


def test_the_right_answers_lie_on_the_features_device():
    images = torch.ones(3, 4, device="meta")
    assert clip_loss(images, images, 1.0).device.type == "meta"
