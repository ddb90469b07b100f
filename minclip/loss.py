"""The symmetric InfoNCE loss: every picture must find its caption among the batch's, every caption its picture.

Sources: van den Oord et al. 2018 (InfoNCE), CLIP paper figure 3 (the symmetric form).
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

MAX_LOGIT_SCALE = math.log(100)  # CLIP paper section 2.5: the scale is 100 at most


def similarity_logits(image_features: Tensor, text_features: Tensor, scale: Tensor | float) -> Tensor:
    """scale · cosine of every picture with every text.

    image_features: float [images, embed_dim], text_features: float [texts, embed_dim], of any norm and any precision:
    the cosines are computed in float32. scale: the exponential of the learned logit_scale.
    Returns float32 [images, texts]. A row of zeros has no direction: here its logits are NaN. F.normalize, or a small
    number added to the norm, would make them 0.
    """
    if image_features.ndim != 2 or text_features.ndim != 2 or image_features.shape[1] != text_features.shape[1]:
        raise ValueError(
            f"features must be [images, embed_dim] and [texts, embed_dim] of one embed_dim, "
            f"found {list(image_features.shape)} and {list(text_features.shape)}"
        )
    image_features, text_features = image_features.float(), text_features.float()  # bfloat16 is too coarse
    image_features = image_features / image_features.norm(dim=-1, keepdim=True)
    text_features = text_features / text_features.norm(dim=-1, keepdim=True)
    return scale * image_features @ text_features.T  # [images, texts]


def clip_loss(image_features: Tensor, text_features: Tensor, scale: Tensor | float) -> Tensor:
    """Mean of the picture → text and the text → picture cross entropy; picture i belongs to text i.

    image_features, text_features: float [batch, embed_dim], of any norm; scale: exp(logit_scale).
    Returns a scalar: ln(batch) where all cosines are equal, 0 for perfect features at a large scale.
    Raises ValueError where the two batches differ in length. It does not look for a row of zeros, which would make a
    GPU wait in every step: with minclip's similarity_logits, one makes the loss NaN, and a training run stops
    there.

    >>> round(clip_loss(torch.eye(2), torch.eye(2), 1.0).item(), 2)  # both cosines right: ln(1 + e⁻¹)
    0.31
    >>> round(clip_loss(torch.eye(2), torch.eye(2).flip(0), 1.0).item(), 2)  # both wrong: ln(1 + e)
    1.31
    """
    if len(image_features) != len(text_features):
        raise ValueError(
            f"a batch is made of pairs, found {len(image_features)} pictures and {len(text_features)} texts"
        )
    logits = similarity_logits(image_features, text_features, scale)  # [batch, batch]
    labels = torch.arange(len(logits), device=logits.device)  # the right answers stand on the diagonal
    return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2


def clamp_logit_scale(logit_scale: Tensor) -> None:
    """Keeps the scale, exp(logit_scale), between 1 and 100: in place, after every step.

    The upper limit is CLIP's (paper section 2.5), the lower one open_clip's.

    logit_scale: the learned parameter, a logarithm; a scalar that requires a gradient.
    """
    with torch.no_grad():
        logit_scale.clamp_(0, MAX_LOGIT_SCALE)
