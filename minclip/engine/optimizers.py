"""AdamW alone, or with Muon for the matrices inside of Transformer blocks; their steps on all cores, or on a GPU.

The page is optim.py: AdamW over everything, which is CLIP's.
"""

from collections.abc import Callable

import torch
from torch import nn

from minclip.config import OPTIMIZERS
from minclip.engine.cores import on_cores
from minclip.engine.muon import Muon
from minclip.optim import adamw


def build_optimizers(
    model: nn.Module, optimizer: str, learning_rate: float, weight_decay: float, muon_learning_rate: float
) -> list[torch.optim.Optimizer]:
    """[AdamW] over everything, or [AdamW, Muon]: Muon for the matrices of the blocks, AdamW for the rest.

    Each group remembers its peak rate under "peak_lr", from which `set_learning_rate` scales. Frozen parameters are in
    no group. Raises ValueError where all are frozen.
    """
    if optimizer not in OPTIMIZERS:
        raise ValueError(f"optimizer={optimizer!r} is not known: choose one of {', '.join(OPTIMIZERS)}")
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ValueError("every parameter of the model is frozen (requires_grad=False): leave one that can be trained")
    if optimizer == "adamw":
        return [adamw(model, learning_rate, weight_decay)]
    matrices = [p for name, p in model.named_parameters() if p.requires_grad and is_block_matrix(name, p)]
    optimizers: list[torch.optim.Optimizer] = [adamw(model, learning_rate, weight_decay, without=matrices)]
    if matrices:
        muon = Muon(matrices, muon_learning_rate, weight_decay)
        muon.param_groups[0]["peak_lr"] = muon_learning_rate
        optimizers.append(muon)
    return optimizers


def is_block_matrix(name: str, parameter: nn.Parameter) -> bool:
    """Whether a parameter is a weight matrix inside a Transformer block: Muon is made for these."""
    return "resblocks" in name and parameter.ndim == 2


def take_steps(optimizers: list[torch.optim.Optimizer], cores: int = 1) -> None:
    """A step of every optimiser. Cores share Muon's matrices (what that gains: benchmarks/README.md, `muon_cores`).

    AdamW alone stays in this thread, with the threads that PyTorch has there.
    """
    steps: list[Callable[[], object]] = []
    for optimizer in optimizers:
        if not isinstance(optimizer, Muon):
            steps.append(optimizer.step)
        elif optimizer.param_groups[0]["params"][0].device.type == "cpu":
            steps += optimizer.moves()
        else:
            steps.append(optimizer.step_together)
    list(on_cores(lambda step: step(), steps, cores if len(steps) > 1 else 1))
