"""The gradient of a batch, the way that suits the machine. Each way is a file, and all give the same to rounding.

plain.py           the whole batch at once: the page's lines
core_shares.py     on several CPU cores, each with its share of the rows
micro_batches.py   some pairs at a time, where memory is short
processes.py       over several processes, each of which goes one of the three ways with its rows
"""

from dataclasses import replace
from functools import partial

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm  # of any number of dimensions

from minclip.engine.batches import Batch
from minclip.engine.core_shares import backward_on_cores
from minclip.engine.devices import Device
from minclip.engine.micro_batches import backward_in_micro_batches
from minclip.engine.plain import plain_backward
from minclip.engine.processes import Loss, backward_over_processes, world_size
from minclip.loss import clip_loss
from minclip.model import CLIP


def backward(
    model: CLIP, batch: Batch, device: Device, micro_batch: int | None = None, loss_function: Loss = clip_loss
) -> Tensor:
    """Sets the gradients of the batch's loss in the parameters; returns the loss, a scalar without a graph.

    batch: this process's rows; the loss is that of all processes' rows, and so are the gradients. micro_batch: pairs
    encoded at a time; None: all at once. Gradients from before are dropped.
    Raises ValueError for a loss function that cannot teach (plain.py).
    """
    model.zero_grad(set_to_none=True)
    if sees_whole_batch(model):
        device = replace(device, cores=1)
    if micro_batch is not None and micro_batch < len(batch.pixels):
        backward_here = partial(backward_in_micro_batches, micro_batch=micro_batch)
    else:
        backward_here = plain_backward if device.cores == 1 else backward_on_cores  # type: ignore[assignment]
    if world_size() == 1:
        return backward_here(model, batch, device, loss_function)
    batch_size = batch.batch_size or len(batch.pixels) * world_size()
    return backward_over_processes(
        lambda whole_loss: backward_here(model, batch, device, whole_loss), model, loss_function, batch_size
    )


def sees_whole_batch(model: nn.Module) -> bool:
    """Whether the batch must not be divided: batch norm in training takes its statistics of all rows at once."""
    return any(isinstance(module, BatchNorm) and module.training for module in model.modules())
