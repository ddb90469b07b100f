"""From gradients to steps: AdamW with its two groups of parameters, and the schedule of the learning rate.

Sources: CLIP paper appendix F (constants), Loshchilov and Hutter 2019 (AdamW).
"""

import math
from collections.abc import Iterable

import torch
from torch import nn

# CLIP paper appendix F, common hyperparameters
VIT = {"betas": (0.9, 0.98), "eps": 1e-6}
RESNET = {"betas": (0.9, 0.999), "eps": 1e-8}


def param_groups(model: nn.Module, weight_decay: float) -> list[dict]:
    """Two groups for an optimiser: first the parameters that weight decay pulls towards zero, then those it spares.

    It pulls matrices, convolution kernels and embedding tables: all with two dimensions or more. Gains, biases, the
    logit scale and the CLS embedding have fewer, and are spared. Frozen parameters (requires_grad is False) are in no
    group, every other one is in exactly one.
    Returns [{"params": list, "weight_decay": weight_decay}, {"params": list, "weight_decay": 0.0}].
    """
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return [
        {"params": [p for p in trained if p.ndim >= 2], "weight_decay": weight_decay},
        {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
    ]


def adamw(
    model: nn.Module, learning_rate: float, weight_decay: float, without: Iterable[nn.Parameter] = ()
) -> torch.optim.AdamW:
    """CLIP's optimiser. Each group keeps its peak learning rate under "peak_lr", for `set_learning_rate`.

    without: parameters that another optimiser trains.
    """
    constants = RESNET if any(isinstance(module, nn.BatchNorm2d) for module in model.modules()) else VIT
    others = {id(parameter) for parameter in without}
    groups = param_groups(model, weight_decay)
    for group in groups:
        group["params"] = [parameter for parameter in group["params"] if id(parameter) not in others]
        group["peak_lr"] = learning_rate
    # fused: all parameters in one operation; the same numbers, faster
    return torch.optim.AdamW(groups, lr=learning_rate, fused=True, **constants)  # type: ignore[arg-type]


def lr_schedule(step: int, steps: int, warmup: int) -> float:
    """The share of the peak learning rate at a step: it rises linearly to 1, then falls as half a cosine.

    step: counted from 0, below steps; warmup: the steps in which it rises. It would reach 0 at `steps`.

    >>> [round(lr_schedule(step, steps=10, warmup=2), 2) for step in (0, 1, 2, 6, 9)]
    [0.5, 1.0, 1.0, 0.5, 0.04]
    """
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup)))


def set_learning_rate(optimizers: list[torch.optim.Optimizer], share: float) -> None:
    """Sets every group's learning rate to `share` of its peak."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = share * group["peak_lr"]
