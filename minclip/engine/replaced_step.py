"""A step by the page's function, where somebody has put their own in its place (`minclip train --mine`).

The page is training.py. minclip's own runs take the engine's steps, which are the same to rounding and faster.
"""

import torch
from torch import Tensor

from minclip import training as page
from minclip.engine.batches import Batch
from minclip.engine.devices import Device
from minclip.engine.processes import world_size
from minclip.model import CLIP

# in a tuple: `minclip train --mine` puts the learner's function under every name that minclip's has
MINCLIPS = (page.train_step,)


class AllOptimizers:
    """The optimisers of a run as one, for a step that knows one."""

    def __init__(self, optimizers: list[torch.optim.Optimizer]):
        self.optimizers = optimizers
        self.param_groups = [group for optimizer in optimizers for group in optimizer.param_groups]

    def zero_grad(self, set_to_none: bool = True) -> None:
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none)

    def step(self) -> None:
        for optimizer in self.optimizers:
            optimizer.step()


def is_replaced() -> bool:
    """Whether train_step of the page is somebody's own."""
    return page.train_step is not MINCLIPS[0]


def replaced_step(
    model: CLIP, optimizers: list[torch.optim.Optimizer], batch: Batch, device: Device, micro_batch: int | None
) -> Tensor:
    """One step by the page's train_step. ValueError for what only the engine's step can do."""
    whole = micro_batch is None or micro_batch >= len(batch.pixels)
    if not whole or batch.kept is not None or world_size() > 1:
        raise ValueError(
            "your train_step takes whole batches in one process: leave out --micro-batch, patch dropout and torchrun, "
            "or --mine"
        )
    optimizer = optimizers[0] if len(optimizers) == 1 else AllOptimizers(optimizers)
    return page.train_step(model, optimizer, batch.pixels, batch.tokens, device.precision())  # type: ignore[arg-type]
