"""The gradient of a whole batch, computed in parts: all pairs meet in one loss, what lies before it is divided.

On a CPU every core takes its share of the rows. Where memory is short, a micro-batch is encoded at a time. Adding up
the gradients of small batches instead would show each pair only its own small batch as negatives.
"""

import math

import torch
from torch import Tensor

from minclip.batches import Batch
from minclip.cores import on_cores
from minclip.devices import Device
from minclip.loss import clip_loss
from minclip.model import CLIP

Features = tuple[Tensor, Tensor]  # of a part: pictures and texts, each [rows, embed_dim]


def backward(model: CLIP, batch: Batch, device: Device, micro_batch: int | None = None) -> Tensor:
    """Adds the gradients of the batch's loss to the parameters; returns the loss, detached.

    With micro_batch, that many pairs at a time are in memory with their graph, for one more forward pass: the
    features are first computed without a graph, and the encoders run again to carry each part's gradients on
    (GradCache, Gao et al. 2021). logit_scale gets its gradient once, from the one loss.
    """
    pairs = len(batch.pixels)
    at_once = min(micro_batch or pairs, pairs)
    again = at_once < pairs
    cores = 1 if model.config.is_resnet else device.cores  # batch norm takes its statistics of all rows it sees at once
    parts = batch.split(math.ceil(at_once / cores))
    parameters = [p for p in model.parameters() if p.requires_grad and p is not model.logit_scale]

    def encoded(part: Batch) -> Features:
        return encode(model, part, device, graph=not again)

    def carried_on(item: tuple[Batch, Features, Features]) -> tuple[Tensor, ...]:
        part, features, gradients = item
        features = encode(model, part, device) if again else features
        return torch.autograd.grad(features, parameters, gradients, allow_unused=True)

    features = list(on_cores(encoded, parts, cores))
    loss, gradients = loss_and_feature_gradients(model, features)
    for share in on_cores(carried_on, zip(parts, features, gradients, strict=True), cores):
        add_gradients(parameters, share)  # in the order of the parts, not of arrival: sums round alike every time
    return loss


def encode(model: CLIP, part: Batch, device: Device, graph: bool = True) -> Features:
    """Both encoders over some rows of the batch. Autocast and gradient mode are a thread's own: they are set here."""
    with torch.set_grad_enabled(graph), device.precision():
        return model.encode_image(part.pixels, part.kept), model.encode_text(part.tokens)


def loss_and_feature_gradients(model: CLIP, parts: list[Features]) -> tuple[Tensor, list[Features]]:
    """The loss of the whole batch, and its gradient at the features of each part. Fills logit_scale's gradient."""
    leaves = [[feature.detach().requires_grad_() for feature in part] for part in parts]
    image_features, text_features = (torch.cat(both) for both in zip(*leaves, strict=True))  # [batch, embed_dim]
    loss = clip_loss(image_features, text_features, model.logit_scale.exp())
    loss.backward()
    return loss.detach(), [(image.grad, text.grad) for image, text in leaves]  # type: ignore[misc]


def add_gradients(parameters: list[torch.nn.Parameter], gradients: tuple[Tensor | None, ...]) -> None:
    """parameter.grad += gradient, where there is one."""
    for parameter, gradient in zip(parameters, gradients, strict=True):
        if gradient is not None:
            parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient
