"""The gradient of a whole batch, computed in parts: all pairs meet in one loss, what lies before it is divided.

On a CPU every core takes its share of the rows, under torchrun every process. Where memory is short, a micro-batch is
encoded at a time. Adding up the gradients of small batches instead would show each pair only its own small batch as
negatives.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import reduce

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm  # of any number of dimensions

from minclip.engine.batches import Batch
from minclip.engine.cores import on_cores
from minclip.engine.devices import Device
from minclip.engine.features import image_features, text_features
from minclip.engine.processes import count, gather, sum_over_processes
from minclip.loss import clip_loss
from minclip.model import CLIP

Features = tuple[Tensor, Tensor]  # of a part: pictures and texts, each [rows, embed_dim]
Gradients = Sequence[Tensor | None]  # one for each parameter
Loss = Callable[[Tensor, Tensor, Tensor], Tensor]  # (image features, text features, scale) -> scalar


def backward(
    model: CLIP, batch: Batch, device: Device, micro_batch: int | None = None, loss: Loss = clip_loss
) -> Tensor:
    """Adds the gradients of the batch's loss to the parameters; returns the loss, detached.

    batch: this process's rows of it; the loss is that of all processes' rows, and so are the gradients.

    With micro_batch, that many pairs at a time are in memory with their graph, for one more forward pass: the
    features are first computed without a graph, and the encoders run again to carry each part's gradients on
    (GradCache, Gao et al. 2021). logit_scale gets its gradient once, from the one loss.
    """
    pairs = len(batch.pixels)
    at_once = min(micro_batch or pairs, pairs)
    again = at_once < pairs
    cores = 1 if sees_whole_batch(model) else device.cores
    parts = batch.split(math.ceil(at_once / cores))
    parameters = [p for p in model.parameters() if p.requires_grad and p is not model.logit_scale]

    def encoded(part: Batch) -> Features:
        return encode(model, part, device, graph=not again)

    def carried_on(item: tuple[Batch, Features, Features]) -> Gradients:
        part, features, gradients = item
        features = encode(model, part, device) if again else features
        # a frozen encoder's features lead to no parameter
        lead = [i for i in (0, 1) if features[i].requires_grad]
        if not lead:
            return [None] * len(parameters)
        ends, at_them = [features[i] for i in lead], [gradients[i] for i in lead]
        return torch.autograd.grad(ends, parameters, at_them, allow_unused=True)

    features = list(on_cores(encoded, parts, cores))
    batch_size = batch.batch_size or pairs * count()
    value, gradients = loss_and_feature_gradients(model, features, loss, batch_size)
    shares = on_cores(carried_on, zip(parts, features, gradients, strict=True), cores)
    total = added(shares)
    if any(gradient is not None for gradient in total):
        total = sum_over_processes(total)
    for parameter, gradient in zip(parameters, total, strict=True):
        if gradient is not None:
            gradient = gradient.contiguous()  # a compiled encoder's may lie otherwise; fused optimisers read as it lies
            parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient
    return value


def sees_whole_batch(model: nn.Module) -> bool:
    """Whether the batch must not be divided: batch norm in training takes its statistics of all rows at once."""
    return any(isinstance(module, BatchNorm) and module.training for module in model.modules())


def encode(model: CLIP, part: Batch, device: Device, graph: bool = True) -> Features:
    """Both encoders over some rows of the batch. Autocast and gradient mode are a thread's own: they are set here."""
    with torch.set_grad_enabled(graph), device.precision():
        return image_features(model, part.pixels, part.kept), text_features(model, part.tokens)


def loss_and_feature_gradients(
    model: CLIP, parts: list[Features], loss: Loss, batch_size: int
) -> tuple[Tensor, list[Features]]:
    """The loss of the whole batch, and its gradient at the features of each part.

    Fills logit_scale's gradient: every process computes the same loss, and so has the same one.
    """
    with torch.no_grad():
        images, own = gather(
            torch.cat([image_features for image_features, _ in parts]), batch_size
        )  # [batch, embed_dim]
        texts, _ = gather(torch.cat([text_features for _, text_features in parts]), batch_size)
    images.requires_grad_(), texts.requires_grad_()
    value = loss(images, texts, model.logit_scale.exp())
    check_loss(value)
    value.backward()
    rows = [len(image_features) for image_features, _ in parts]
    shares = []
    for name, features, encoder in (("image", images, model.visual), ("text", texts, model.text)):
        if features.grad is None and any(parameter.requires_grad for parameter in encoder.parameters()):
            raise ValueError(
                f"the loss does not depend on the {name} features, so their encoder would learn nothing: use both, or "
                f"freeze it (model.{'visual' if name == 'image' else 'text'}.requires_grad_(False))"
            )
        gradient = torch.zeros_like(features) if features.grad is None else features.grad
        shares.append(gradient[own].split(rows))
    return value.detach(), list(zip(*shares, strict=True))


def check_loss(value: object) -> None:
    """ValueError in words for what a loss function must not return."""
    if not isinstance(value, Tensor):
        raise ValueError(f"the loss is of type {type(value).__name__}, not a tensor: return it without .item()")
    if value.numel() != 1:
        raise ValueError(f"the loss has shape {list(value.shape)}, not one number: return its mean()")
    if not value.requires_grad:
        raise ValueError(
            "the loss has no gradient: compute it of the features that it is given, without detach() or torch.no_grad()"
        )


def added(shares: Iterable[Gradients]) -> Gradients:
    """The sum of the parts' gradients, in the order of the parts and not of arrival: sums round alike every time."""
    return reduce(lambda total, share: [plus(a, b) for a, b in zip(total, share, strict=True)], shares)


def plus(a: Tensor | None, b: Tensor | None) -> Tensor | None:
    """a + b, where None is the gradient of what was not used."""
    if a is None or b is None:
        return b if a is None else a
    return a + b
