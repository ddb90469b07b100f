"""The symmetric InfoNCE loss: its known values, its invariances, its refusals."""

import math

import pytest
import torch

from minclip.loss import clip_loss, similarity_logits


def features(seed: int, n: int = 6, dim: int = 8) -> torch.Tensor:
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(seed))


def test_it_is_the_mean_of_both_directions_spelled_out():
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


def test_features_that_know_nothing_cost_ln_n_and_perfect_ones_nothing():
    assert float(clip_loss(torch.ones(7, 4), torch.ones(7, 4), 14.3)) == pytest.approx(math.log(7), rel=1e-6)
    assert float(clip_loss(torch.eye(7), torch.eye(7), 100.0)) < 1e-6


def test_only_directions_matter_not_norms_and_not_the_order_of_pairs():
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


def test_batches_that_are_no_pairs_are_refused():
    with pytest.raises(ValueError, match="6 pictures and 5 texts"):
        clip_loss(features(0), features(1)[:5], 1.0)
    with pytest.raises(ValueError, match=r"\[6, 8\] and \[6, 7\]"):
        clip_loss(features(0), features(1)[:, :7], 1.0)
