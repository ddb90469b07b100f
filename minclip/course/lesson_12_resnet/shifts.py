"""How far a picture's features move when the picture is shifted: nets without training, with and without averages."""

import torch
from torch import Tensor
from torch.nn import functional as F

from minclip.course.lesson_12_resnet.other_nets import blocks_of, with_plain_strides
from minclip.engine.cores import one_thread
from minclip.resnet import ModifiedResNet

SHIFTS, SEEDS = tuple(range(1, 9)), (0, 1, 2)  # pixels to the right


def shifted(pixels: Tensor, by: int) -> Tensor:
    """Pictures moved to the right; what is left free takes the colours of the rim. [batch, 3, size, size]"""
    return F.pad(pixels, (by, 0, 0, 0), mode="replicate")[..., : pixels.shape[-1]]


def fresh(seed: int, size: int, kind: type[ModifiedResNet] = ModifiedResNet) -> ModifiedResNet:
    """A net without training whose blocks all do something: bn3 begins at 1 here, not at 0."""
    torch.manual_seed(seed)
    net = kind(image_size=size, width=16, layers=(1, 1, 1, 1), heads=8, embed_dim=128)
    for block in blocks_of(net):
        torch.nn.init.ones_(block.bn3.weight)
    return net  # in training mode: its norms measure the batch


def moved(net: ModifiedResNet, pixels: Tensor) -> list[float]:
    """For each of SHIFTS, how unlike a picture's features become: the mean of 1 - cosine, between 0 and 2.

    The mean of all pictures' features is taken away first: it is most of what a fresh net gives, whatever it sees.
    """
    with torch.no_grad(), one_thread():
        before = net(pixels)
        centre = before.mean(dim=0)
        after = [net(shifted(pixels, by)) for by in SHIFTS]
    return [1 - F.cosine_similarity(before - centre, one - centre).mean().item() for one in after]


def moved_by_seed(pixels: Tensor, kind: type[ModifiedResNet] = ModifiedResNet) -> dict[str, list[list[float]]]:
    """ "averages" and "plain strides" -> for every seed what `moved` gives. kind: the class, perhaps the learner's."""
    size = pixels.shape[-1]
    found: dict[str, list[list[float]]] = {"averages": [], "plain strides": []}
    for seed in SEEDS:
        found["averages"].append(moved(fresh(seed, size, kind), pixels))
        found["plain strides"].append(moved(with_plain_strides(fresh(seed, size, kind)), pixels))
    return found
