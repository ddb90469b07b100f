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


def decays(parameter: nn.Parameter) -> bool:
    """Whether weight decay pulls a parameter to zero: matrices, convolution kernels and embedding tables.

    Gains, biases, the logit scale and the CLS embedding are spared: they have fewer than two dimensions.
    """
    return parameter.ndim >= 2


def param_groups(model: nn.Module, weight_decay: float, without: Iterable[nn.Parameter] = ()) -> list[dict]:
    """[group with weight decay, group without]: every trainable parameter is in exactly one of them.

    without: parameters that another optimiser trains; they are in neither.
    """
    others = {id(parameter) for parameter in without}
    trained = [p for p in model.parameters() if p.requires_grad and id(p) not in others]
    return [
        {"params": [p for p in trained if decays(p)], "weight_decay": weight_decay},
        {"params": [p for p in trained if not decays(p)], "weight_decay": 0.0},
    ]


def adamw(
    model: nn.Module, learning_rate: float, weight_decay: float, without: Iterable[nn.Parameter] = ()
) -> torch.optim.AdamW:
    """CLIP's optimiser. Each group keeps its peak learning rate under "peak_lr", for `set_learning_rate`."""
    constants = RESNET if any(isinstance(module, nn.BatchNorm2d) for module in model.modules()) else VIT
    groups = param_groups(model, weight_decay, without)
    for group in groups:
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
