"""From gradients to steps: AdamW with its two groups of parameters, and the schedule of the learning rate.

Sources: CLIP paper appendix F (constants), Loshchilov and Hutter 2019 (AdamW).
"""

import math

import torch
from torch import nn

# CLIP paper appendix F, common hyperparameters
VIT = {"betas": (0.9, 0.98), "eps": 1e-6}
RESNET = {"betas": (0.9, 0.999), "eps": 1e-8}


def is_gain_or_bias(parameter: nn.Parameter) -> bool:
    """Whether weight decay spares a parameter: gains, biases, the logit scale and the CLS embedding are no matrices."""
    return parameter.ndim < 2


def is_block_matrix(name: str, parameter: nn.Parameter) -> bool:
    """Whether a parameter is a weight matrix inside a Transformer block: these can be left to Muon (engine/muon.py)."""
    return "resblocks" in name and parameter.ndim == 2


def param_groups(model: nn.Module, weight_decay: float, block_matrices: bool = True) -> list[dict]:
    """[group with weight decay, group without]: every trainable parameter is in exactly one of them.

    block_matrices: False leaves them out of both groups, because Muon trains them.
    """
    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    named = [(name, p) for name, p in named if block_matrices or not is_block_matrix(name, p)]
    return [
        {"params": [p for _, p in named if not is_gain_or_bias(p)], "weight_decay": weight_decay},
        {"params": [p for _, p in named if is_gain_or_bias(p)], "weight_decay": 0.0},
    ]


def adamw(
    model: nn.Module, learning_rate: float, weight_decay: float, block_matrices: bool = True
) -> torch.optim.AdamW:
    """CLIP's optimiser. Each group keeps its peak learning rate under "peak_lr", for `set_learning_rate`."""
    constants = RESNET if any(isinstance(module, nn.BatchNorm2d) for module in model.modules()) else VIT
    groups = param_groups(model, weight_decay, block_matrices)
    for group in groups:
        group["peak_lr"] = learning_rate
    return torch.optim.AdamW(groups, lr=learning_rate, fused=True, **constants)  # type: ignore[arg-type]


def lr_schedule(step: int, steps: int, warmup: int) -> float:
    """The share of the peak learning rate at a step: it rises linearly to 1, then falls to 0 as half a cosine.

    step: counted from 0; warmup: the steps in which it rises.

    >>> [round(lr_schedule(step, steps=10, warmup=2), 2) for step in (0, 1, 2, 6, 9)]
    [0.5, 1.0, 1.0, 0.5, 0.04]
    """
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


def set_learning_rate(optimizers: list[torch.optim.Optimizer], share: float) -> None:
    """Sets every group's learning rate to `share` of its peak."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = share * group["peak_lr"]
