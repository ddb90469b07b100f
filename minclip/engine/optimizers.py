"""AdamW alone, or with Muon for the matrices inside of Transformer blocks; their steps on all cores, or on a GPU.

The page is optim.py: AdamW over everything, which is CLIP's.
"""

import itertools

import torch
from torch import nn

from minclip.config import OPTIMIZERS
from minclip.engine.cores import on_cores
from minclip.engine.muon import Muon, step_together
from minclip.optim import adamw, is_block_matrix


def block_of(name: str) -> tuple[str, str]:
    """The encoder and the number of the block that a parameter belongs to.

    >>> block_of("text.transformer.resblocks.1.mlp.c_fc.weight")
    ('text.transformer.', '1')
    """
    encoder, _, rest = name.partition("resblocks.")
    return encoder, rest.partition(".")[0]


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
    optimizers: list[torch.optim.Optimizer] = [
        adamw(model, learning_rate, weight_decay, block_matrices=optimizer == "adamw")
    ]
    if optimizer == "muon":
        matrices = [(name, p) for name, p in model.named_parameters() if p.requires_grad and is_block_matrix(name, p)]
        for _, block in itertools.groupby(matrices, key=lambda named: block_of(named[0])):
            own = [p for _, p in block]
            optimizers.append(Muon(own, muon_learning_rate, weight_decay))
    for muon in optimizers[1:]:
        for group in muon.param_groups:
            group["peak_lr"] = group["lr"]
    return optimizers


def take_steps(optimizers: list[torch.optim.Optimizer], cores: int = 1) -> None:
    """A step of every optimiser, as many at a time as there are cores (what that gains: benchmarks/README.md).

    A lone one stays in this thread, with the threads that PyTorch has there. On a GPU all Muons are one.
    """
    muons = [one for one in optimizers if isinstance(one, Muon)]
    if muons and muons[0].param_groups[0]["params"][0].device.type != "cpu":
        step_together(muons)
        optimizers = [one for one in optimizers if one not in muons]
    list(on_cores(lambda optimizer: optimizer.step(), optimizers, cores if len(optimizers) > 1 else 1))
