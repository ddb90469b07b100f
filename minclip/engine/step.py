"""A training step in parts: on several cores or processes, in micro-batches, in the device's precision.

The page is training.py, whose step does the same on one batch at once.
"""

import torch
from torch import Tensor

from minclip.engine.batches import Batch
from minclip.engine.devices import Device
from minclip.engine.gradients import backward
from minclip.engine.optimizers import take_steps
from minclip.engine.processes import Loss
from minclip.engine.replaced_step import is_replaced, replaced_step
from minclip.loss import clip_loss
from minclip.model import CLIP


def train_step(
    model: CLIP,
    optimizers: list[torch.optim.Optimizer],
    batch: Batch,
    device: Device,
    micro_batch: int | None = None,
    loss_function: Loss = clip_loss,
) -> Tensor:
    """One step of every optimiser on one batch; returns the loss before the step.

    Where somebody has put a train_step of their own into training.py, that one takes it.
    """
    if is_replaced() and loss_function is clip_loss:
        return replaced_step(model, optimizers, batch, device, micro_batch)
    loss = backward(model, batch, device, micro_batch, loss_function)
    take_steps(optimizers, device.cores)
    if model.logit_scale.requires_grad:
        model.clamp_logit_scale()
    return loss
