"""The gradient of a whole batch, computed in parts: all pairs meet in one loss, what lies before it is divided.

On a CPU every core takes its share of the rows. Where memory is short, a micro-batch is encoded at a time. Adding up
the gradients of small batches instead would show each pair only its own small batch as negatives.
"""

import math

import torch
from torch import Tensor

from minclip.cores import on_cores
from minclip.devices import Device
from minclip.loss import clip_loss
from minclip.model import CLIP

Features = tuple[Tensor, Tensor]  # of pictures and of texts, each [rows, embed_dim]


def backward(model: CLIP, pixels: Tensor, tokens: Tensor, device: Device, micro_batch: int | None = None) -> Tensor:
    """Adds the gradients of the batch's loss to the parameters; returns the loss, detached.

    pixels: float [batch, 3, size, size], tokens: int64 [batch, length]. micro_batch: pairs encoded at a time.
    """
    if micro_batch is not None and micro_batch < len(pixels):
        return backward_in_micro_batches(model, pixels, tokens, device, micro_batch)
    rows = math.ceil(len(pixels) / device.cores)
    parts = list(zip(pixels.split(rows), tokens.split(rows), strict=True))
    encoded = on_cores(lambda part: encode(model, part, device), parts, device.cores)
    loss, gradients = loss_and_feature_gradients(model, encoded)
    on_cores(carry_on, zip(encoded, gradients, strict=True), device.cores)
    return loss


def backward_in_micro_batches(model: CLIP, pixels: Tensor, tokens: Tensor, device: Device, micro_batch: int) -> Tensor:
    """The same in the memory of one micro-batch, for one more forward pass (GradCache, Gao et al. 2021).

    The features are first computed without a graph; the encoders then run again, part by part, to carry each part's
    gradients on. logit_scale gets its gradient once, from the one loss.
    """
    parts = list(zip(pixels.split(micro_batch), tokens.split(micro_batch), strict=True))
    with torch.no_grad():
        encoded = [encode(model, part, device) for part in parts]
    loss, gradients = loss_and_feature_gradients(model, encoded)
    for part, gradient in zip(parts, gradients, strict=True):
        carry_on((encode(model, part, device), gradient))
    return loss


def encode(model: CLIP, part: tuple[Tensor, Tensor], device: Device) -> Features:
    """Both encoders over some rows of the batch."""
    pixels, tokens = part
    with device.precision():
        return model.encode_image(pixels), model.encode_text(tokens)


def loss_and_feature_gradients(model: CLIP, encoded: list[Features]) -> tuple[Tensor, list[Features]]:
    """The loss of the whole batch, and its gradient at the features of each part. Fills logit_scale's gradient."""
    leaves = [[feature.detach().requires_grad_() for feature in part] for part in encoded]
    image_features, text_features = (
        torch.cat(features) for features in zip(*leaves, strict=True)
    )  # [batch, embed_dim]
    loss = clip_loss(image_features, text_features, model.logit_scale.exp())
    loss.backward()
    return loss.detach(), [(image.grad, text.grad) for image, text in leaves]  # type: ignore[misc]


def carry_on(part: tuple[Features, Features]) -> None:
    """From the gradients at a part's features to those at the parameters."""
    features, gradients = part
    torch.autograd.backward(features, gradients)
