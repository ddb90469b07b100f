"""SigLIP: every pair of a batch is a question of its own, "does this text describe this picture?", yes or no.

CLIP's loss lets the texts of a batch compete for a picture, so each row needs all its texts (loss.py). Here a sigmoid
answers for each of the batch · batch pairs alone, and the loss is a plain sum. With it come a learned bias, and an
image encoder that is read by attention pooling instead of a CLS token.

Sources: Zhai et al. 2023 (SigLIP), google-research/big_vision trainers/proj/image_text/siglip.py; Lee et al. 2019 and
Zhai et al. 2022 (attention pooling with one learned query, the "MAP head").
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from minclip.loss import similarity_logits
from minclip.transformer import MLP, LayerNorm, MultiHeadAttention, attention

START_SCALE, START_BIAS = 10.0, -10.0  # SigLIP paper, section 3.2


def siglip_loss(image_features: Tensor, text_features: Tensor, scale: Tensor | float, bias: Tensor | float) -> Tensor:
    """-1/B · Σ_i Σ_j log σ(z_ij · (scale · cosine_ij + bias)), with z_ij = 1 for pairs (i = j) and -1 for all others.

    image_features, text_features: float [B, embed_dim], of any norm; picture i belongs to text i. scale: the
    exponential of the learned logit_scale; bias: the learned logit_bias.
    Returns a float32 scalar: a sum over B texts, the mean over B pictures. Raises ValueError where the two batches
    differ in length.

    >>> round(siglip_loss(torch.eye(2), torch.eye(2), 1.0, 0.0).item(), 2)  # ln(1 + e⁻¹) + ln 2, the pair and the other
    1.01
    """
    if len(image_features) != len(text_features):
        raise ValueError(
            f"a batch is made of pairs, found {len(image_features)} pictures and {len(text_features)} texts"
        )
    logits = similarity_logits(image_features, text_features, scale) + bias  # [B, B]
    signs = 2 * torch.eye(len(logits), device=logits.device) - 1  # 1 on the diagonal, -1 elsewhere
    return -F.logsigmoid(signs * logits).sum() / len(logits)


def prior_bias(batch_size: int) -> float:
    """The bias whose sigmoid is the share of right pairs in a batch, p = 1 / batch_size: ln(p / (1 - p)).

    With it a new model, whose cosines are near 0, begins with the right share of yes. Raises ValueError below 2: one
    pair has no wrong ones.

    >>> [round(prior_bias(batch_size), 1) for batch_size in (16, 256, 22_027)]  # the paper's -10 fits the last
    [-2.7, -5.5, -10.0]
    """
    if batch_size < 2:
        raise ValueError(f"batch_size={batch_size} must be at least 2: a single pair has no negatives to learn from")
    return -math.log(batch_size - 1)


def start_loss(batch_size: int, bias: float) -> float:
    """`siglip_loss` where all cosines are 0, as nearly in a new model: one yes and batch_size - 1 times no.

    >>> [round(start_loss(256, bias), 2) for bias in (0.0, prior_bias(256), -10.0)]
    [177.45, 6.54, 10.01]
    """
    yes, no = F.logsigmoid(torch.tensor([bias, -bias], dtype=torch.float64)).tolist()
    return -(yes + (batch_size - 1) * no)


class SigLIPLoss(nn.Module):
    """`siglip_loss` with its learned bias, as the `loss` of `minclip.fit`.

    bias: where it starts; the paper's -10, or `prior_bias` of your batch. Raises ValueError where it is not finite.
    """

    def __init__(self, bias: float = START_BIAS):
        super().__init__()
        if not math.isfinite(bias):
            raise ValueError(f"bias={bias} must be a finite number, such as prior_bias(batch_size)")
        self.logit_bias = nn.Parameter(torch.tensor(float(bias)))

    def forward(self, image_features: Tensor, text_features: Tensor, scale: Tensor | float) -> Tensor:
        """image_features, text_features: float [batch, embed_dim]; scale: exp(logit_scale). Returns a scalar."""
        return siglip_loss(image_features, text_features, scale, self.logit_bias)


class MAPHead(nn.Module):
    """Multihead attention pooling: one learned query, the probe, asks all tokens; an MLP follows.

    Takes the place of CLS: the probe is the same for every picture, and is no token of the Transformer.
    """

    def __init__(self, width: int, heads: int, mlp_width: int):
        super().__init__()
        self.probe = nn.Parameter(width**-0.5 * torch.randn(1, 1, width))
        self.attn = MultiHeadAttention(width, heads)
        self.ln = LayerNorm(width)
        self.mlp = MLP(width, mlp_width, quick_gelu=False)

    def forward(self, x: Tensor) -> Tensor:
        """x: float [batch, tokens, width] -> float [batch, width]."""
        probe = self.probe.to(x.dtype).expand(len(x), 1, -1)  # [batch, 1, width]
        query, _, _ = self.attn.split(probe)  # [batch, heads, 1, head_width]
        _, key, value = self.attn.split(x)  # two of [batch, heads, tokens, head_width]
        x = self.attn.merge(attention(query, key, value)).squeeze(1)  # [batch, width]
        return x + self.mlp(self.ln(x))
