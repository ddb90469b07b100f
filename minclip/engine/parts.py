"""A batch in parts under one loss: what core_shares.py and micro_batches.py have in common.

All pairs of a batch are each other's negatives, so the loss needs the features of all of them. The encoders need only
the rows of their part. So the loss is differentiated first, as a function of the features. Then each part continues
from the gradients at its features to the gradients of the parameters.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from minclip.engine.plain import Features, loss_backward
from minclip.engine.processes import Loss
from minclip.model import CLIP

Gradients = Sequence[Tensor | None]  # one for each parameter; None: it was not used


def loss_and_feature_gradients(
    model: CLIP, parts: Sequence[Features], loss_function: Loss
) -> tuple[Tensor, list[Features]]:
    """The loss of the whole batch, and its gradients at the features of each part. logit_scale gets its gradient."""
    image_features = torch.cat([images for images, _ in parts]).detach().requires_grad_()  # [batch, embed_dim]
    text_features = torch.cat([texts for _, texts in parts]).detach().requires_grad_()
    loss = loss_backward(model, image_features, text_features, loss_function)
    rows = [len(images) for images, _ in parts]
    image_gradients, text_gradients = (
        (torch.zeros_like(features) if features.grad is None else features.grad).split(rows)
        for features in (image_features, text_features)
    )
    return loss, list(zip(image_gradients, text_gradients, strict=True))


def encoder_parameters(model: CLIP) -> list[torch.nn.Parameter]:
    """What is trained of the model, but for logit_scale."""
    return [p for p in model.parameters() if p.requires_grad and p is not model.logit_scale]


def parameter_gradients(model: CLIP, features: Features, feature_gradients: Features) -> Gradients:
    """From the gradients at a part's features to its share of the gradients of `encoder_parameters`."""
    parameters = encoder_parameters(model)
    trained = [i for i, of_one_encoder in enumerate(features) if of_one_encoder.requires_grad]
    if not trained:  # both encoders are frozen
        return [None] * len(parameters)
    ends, gradients = [features[i] for i in trained], [feature_gradients[i] for i in trained]
    return torch.autograd.grad(ends, parameters, gradients, allow_unused=True)


def add_gradients(model: CLIP, shares: Iterable[Gradients]) -> None:
    """Adds the parts' shares to the gradients, in the order of the parts: so that sums round alike every time."""
    parameters = encoder_parameters(model)
    for share in shares:
        for parameter, gradient in zip(parameters, share, strict=True):
            if gradient is not None:
                # fused optimisers read a gradient as it lies in memory; a compiled encoder's may lie otherwise
                gradient = gradient.contiguous()
                parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient
