"""What turns gradients into steps: parameter groups, AdamW or Muon (muon.py), the learning rate's course.

Sources: CLIP paper appendix F (constants), Loshchilov and Hutter 2019 (AdamW).
"""

import itertools
import math

import torch
from torch import nn

from minclip.cores import on_cores
from minclip.muon import Muon, step_together

# CLIP paper appendix F, common hyperparameters
VIT = {"betas": (0.9, 0.98), "eps": 1e-6}
RESNET = {"betas": (0.9, 0.999), "eps": 1e-8}
OPTIMIZERS = ("adamw", "muon")


def is_gain_or_bias(parameter: nn.Parameter) -> bool:
    """What weight decay must not shrink: gains, biases, the logit scale, the CLS embedding: all that is no matrix."""
    return parameter.ndim < 2


def is_block_matrix(name: str, parameter: nn.Parameter) -> bool:
    """The weight matrices inside Transformer blocks: what Muon is made for (not embeddings, not projections out)."""
    return "resblocks" in name and parameter.ndim == 2


def block_of(name: str) -> tuple[str, str]:
    """The encoder and the number of the block that a parameter belongs to.

    >>> block_of("text.transformer.resblocks.1.mlp.c_fc.weight")
    ('text.transformer.', '1')
    """
    encoder, _, rest = name.partition("resblocks.")
    return encoder, rest.partition(".")[0]


def param_groups(model: nn.Module, weight_decay: float, block_matrices: bool = True) -> list[dict]:
    """Two groups for AdamW: decayed and not. Every trainable parameter is in one of them, exactly once.

    With block_matrices=False those are left out: Muon has them.
    """
    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    named = [(name, p) for name, p in named if block_matrices or not is_block_matrix(name, p)]
    return [
        {"params": [p for _, p in named if not is_gain_or_bias(p)], "weight_decay": weight_decay},
        {"params": [p for _, p in named if is_gain_or_bias(p)], "weight_decay": 0.0},
    ]


def build_optimizers(
    model: nn.Module, optimizer: str, learning_rate: float, weight_decay: float, muon_learning_rate: float
) -> list[torch.optim.Optimizer]:
    """[AdamW] over everything, or [AdamW, Muon, Muon, …]: a Muon for the matrices of each block, AdamW for the rest.

    Muon looks at one matrix at a time: many of them do what one would, and cores can share them (`take_steps`).
    Each group remembers its peak rate under "peak_lr", from which `set_learning_rate` scales. Frozen parameters are in
    no group. Raises ValueError where all are frozen.
    """
    if optimizer not in OPTIMIZERS:
        raise ValueError(f"optimizer={optimizer!r} is not known: choose one of {', '.join(OPTIMIZERS)}")
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ValueError("every parameter of the model is frozen (requires_grad=False): leave one that can be trained")
    groups = param_groups(model, weight_decay, block_matrices=optimizer == "adamw")
    constants = RESNET if any(isinstance(module, nn.BatchNorm2d) for module in model.modules()) else VIT
    optimizers: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(groups, lr=learning_rate, fused=True, **constants)  # type: ignore[arg-type]
    ]
    if optimizer == "muon":
        matrices = [(name, p) for name, p in model.named_parameters() if p.requires_grad and is_block_matrix(name, p)]
        for _, block in itertools.groupby(matrices, key=lambda named: block_of(named[0])):
            own = [p for _, p in block]
            optimizers.append(Muon(own, muon_learning_rate, weight_decay))
    for one in optimizers:
        for group in one.param_groups:
            group["peak_lr"] = group["lr"]
    return optimizers


def lr_schedule(step: int, steps: int, warmup: int) -> float:
    """Share of the peak learning rate at a step: linear warm-up, then half a cosine down to 0.

    >>> [round(lr_schedule(step, steps=10, warmup=2), 2) for step in (0, 1, 2, 6, 9)]
    [0.5, 1.0, 1.0, 0.5, 0.04]
    """
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


def set_learning_rate(optimizers: list[torch.optim.Optimizer], share: float) -> None:
    """Every group to `share` of its peak."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = share * group["peak_lr"]


def take_steps(optimizers: list[torch.optim.Optimizer], cores: int = 1) -> None:
    """A step of every optimiser, as many at a time as there are cores (what that gains: benchmarks/README.md).

    A lone one stays in this thread, with the threads that PyTorch has there. On a GPU all Muons are one.
    """
    muons = [one for one in optimizers if isinstance(one, Muon)]
    if muons and muons[0].param_groups[0]["params"][0].device.type != "cpu":
        step_together(muons)
        optimizers = [one for one in optimizers if one not in muons]
    list(on_cores(lambda optimizer: optimizer.step(), optimizers, cores if len(optimizers) > 1 else 1))
