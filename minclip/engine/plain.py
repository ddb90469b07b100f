"""The gradient of a whole batch at once: the page's lines (training.py), with words for a loss that cannot teach."""

from torch import Tensor

from minclip.engine.batches import Batch
from minclip.engine.devices import Device
from minclip.engine.features import image_features, text_features
from minclip.engine.processes import Loss
from minclip.model import CLIP

Features = tuple[Tensor, Tensor]  # of pictures and of texts, each [rows, embed_dim]


def plain_backward(model: CLIP, batch: Batch, device: Device, loss_function: Loss) -> Tensor:
    """Adds the gradients of the batch's loss to the parameters; returns the loss, a scalar without a graph."""
    return loss_backward(model, *encode(model, batch, device), loss_function)


def encode(model: CLIP, batch: Batch, device: Device) -> Features:
    """Both encoders, in the precision of the device: [batch, embed_dim] each."""
    with device.precision():
        return image_features(model, batch.pixels, batch.kept), text_features(model, batch.tokens)


def loss_backward(model: CLIP, image_features: Tensor, text_features: Tensor, loss_function: Loss) -> Tensor:
    """The loss of the features, and its gradients in everything that they were computed from; and in the features.

    Raises ValueError for a loss that is no scalar, has no gradient, or leaves an encoder without one.
    """
    for features in (image_features, text_features):
        if features.requires_grad:
            features.retain_grad()
    loss = loss_function(image_features, text_features, model.logit_scale.exp())
    check_loss(loss)
    loss.backward()
    check_gradient("image", "visual", image_features, model)
    check_gradient("text", "text", text_features, model)
    return loss.detach()


def check_loss(loss: object) -> None:
    """ValueError for what a loss function must not return."""
    if not isinstance(loss, Tensor):
        raise ValueError(f"the loss is of type {type(loss).__name__}, not a tensor: return it without .item()")
    if loss.numel() != 1:
        raise ValueError(f"the loss has shape {list(loss.shape)}, not one number: return its mean()")
    if not loss.requires_grad:
        raise ValueError(
            "the loss has no gradient: compute it from the features that it is given, without detach() or "
            "torch.no_grad()"
        )


def check_gradient(name: str, encoder: str, features: Tensor, model: CLIP) -> None:
    """ValueError where an encoder is to be trained, and the loss has no gradient at its features."""
    trains = any(parameter.requires_grad for parameter in getattr(model, encoder).parameters())
    if trains and features.grad is None:
        raise ValueError(
            f"the loss does not depend on the {name} features, so their encoder would learn nothing: use both, or "
            f"freeze it (model.{encoder}.requires_grad_(False))"
        )
