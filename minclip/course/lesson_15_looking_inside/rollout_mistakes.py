"""What people write in place of lesson 15's attention_rollout: each mistake, and what it gives."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from minclip.course.assertions import Mistake

Way = Callable[..., Any]
STEP = "together = (layer + same) / 2 @ together"
CLS = "together[:, 0, 1:]"


def grid(heat: Tensor) -> Tensor:
    side = int(heat.shape[1] ** 0.5)
    return heat.unflatten(1, (side, side))


def rolled(
    layers: Tensor, mix: Callable[[Tensor, Tensor], Tensor] = lambda layer, same: (layer + same) / 2, left: bool = True
) -> Tensor:
    """The product of all layers, [batch, tokens, tokens]. layers: [layers, batch, tokens, tokens]."""
    same = torch.eye(layers.shape[-1])
    together = same
    for layer in layers:
        together = mix(layer, same) @ together if left else together @ mix(layer, same)
    return together


def of_cls(together: Tensor) -> Tensor:
    return grid(together[:, 0, 1:])


def mixed_by(mix: Callable[[Tensor, Tensor], Tensor]) -> Way:
    return lambda maps: of_cls(rolled(maps.mean(dim=2), mix))


def around(layers: Tensor, parts: int) -> Tensor:
    """(layer @ together + same) / parts, layer for layer."""
    same = torch.eye(layers.shape[-1])
    together = same
    for layer in layers:
        together = (layer @ together + same) / parts
    return together


def unit_sum(x: Tensor) -> Tensor:
    return x / x.sum(dim=-1, keepdim=True)


WRONG_ROLLOUTS: dict[str, Way | tuple[Way, ...]] = {
    Mistake("the residual is missing: half of every token is itself", way=STEP): mixed_by(lambda layer, same: layer),
    Mistake("attention and residual were added without the half: the shares must sum to 1", way=STEP): mixed_by(
        lambda layer, same: layer + same
    ),
    Mistake("the residual was halved, the attention was not", way=STEP): mixed_by(
        lambda layer, same: layer + same / 2
    ),
    Mistake("the attention was halved, the residual was not", way=STEP): mixed_by(
        lambda layer, same: layer / 2 + same
    ),
    Mistake("the residual was put around the product: it belongs to the layer, before it is multiplied", way=STEP): (
        lambda maps: of_cls(around(maps.mean(dim=2), 2)),
        lambda maps: of_cls(around(maps.mean(dim=2), 1)),
    ),
    Mistake("the product is turned round: a later layer stands on the left", way=STEP): (
        lambda maps: of_cls(rolled(maps.mean(dim=2), left=False)),
        lambda maps: of_cls(rolled(maps.mean(dim=2).flip(0))),
    ),
    Mistake("this is the last layer alone", way=STEP): (
        lambda maps: of_cls(rolled(maps.mean(dim=2)[-1:])),
        lambda maps: of_cls(maps[-1].mean(dim=1)),
    ),
    Mistake("this is the first layer alone", way=STEP): (
        lambda maps: of_cls(rolled(maps.mean(dim=2)[:1])),
        lambda maps: of_cls(maps[0].mean(dim=1)),
    ),
    Mistake("the last layer is left out", way="for layer in attentions.mean(dim=2)"): (
        lambda maps: of_cls(rolled(maps.mean(dim=2)[:-1]))
    ),
    Mistake("the first layer is left out", way="begin with the unit matrix, and take every layer"): (
        lambda maps: of_cls(rolled(maps.mean(dim=2)[1:]))
    ),
    Mistake("the layers were averaged: each reads what the one before it mixed, so they are multiplied", way=STEP): (
        lambda maps: of_cls((maps.mean(dim=2) + torch.eye(maps.shape[-1])).mean(dim=0) / 2),
        lambda maps: of_cls(maps.mean(dim=(0, 2))),
    ),
    Mistake("the layers were added: each reads what the one before it mixed, so they are multiplied", way=STEP): (
        lambda maps: of_cls(maps.mean(dim=2).sum(dim=0)),
    ),
    Mistake("the largest head was taken: the mean of the heads is asked", way="attentions.mean(dim=2)"): (
        lambda maps: of_cls(rolled(maps.amax(dim=2))),
        lambda maps: of_cls(rolled(maps.amax(dim=2), lambda layer, same: unit_sum(layer + same))),
    ),
    Mistake("the smallest head was taken: the mean of the heads is asked", way="attentions.mean(dim=2)"): (
        lambda maps: of_cls(rolled(maps.amin(dim=2)))
    ),
    Mistake("this is the first head alone: the mean of the heads is asked", way="attentions.mean(dim=2)"): (
        lambda maps: of_cls(rolled(maps[:, :, 0]))
    ),
    Mistake(
        "the mean over the batch was taken: dimension 1 is the batch, 2 are the heads",
        way="attentions.mean(dim=2)",
    ): (
        lambda maps: of_cls(rolled(maps.mean(dim=1)))
    ),
    Mistake("the heads were added: their mean is asked", way="attentions.mean(dim=2)"): (
        lambda maps: of_cls(rolled(maps.sum(dim=2)))
    ),
    Mistake("the matrices were multiplied number by number: @ is the product of matrices", way=STEP): (
        lambda maps: of_cls(((maps.mean(dim=2) + torch.eye(maps.shape[-1])) / 2).prod(dim=0)),
        lambda maps: torch.zeros_like(of_cls(maps[0, :, 0])),  # a unit matrix leaves its diagonal alone
    ),
    Mistake("this is the column of CLS, what it gives to the patches: its row says what it takes", way=CLS): (
        lambda maps: grid(rolled(maps.mean(dim=2))[:, 1:, 0])
    ),
    Mistake("every token's row was averaged: CLS alone is read at the end", way=CLS): (
        lambda maps: grid(rolled(maps.mean(dim=2)).mean(dim=1)[:, 1:]),
        lambda maps: grid(rolled(maps.mean(dim=2))[:, 1:, 1:].mean(dim=1)),
    ),
    Mistake("this is the last token's row: CLS is the first one", way=CLS): (
        lambda maps: grid(rolled(maps.mean(dim=2))[:, -1, 1:]),
        lambda maps: grid(rolled(maps.mean(dim=2))[:, -1, :-1]),
    ),
    Mistake("the last patch is left out, and CLS's own share stands first", way=CLS): (
        lambda maps: grid(rolled(maps.mean(dim=2))[:, 0, :-1])
    ),
    Mistake(
        "rows and columns are swapped: patches come in reading order, row by row",
        way="unflatten(1, (side, side))",
    ): (
        lambda maps: of_cls(rolled(maps.mean(dim=2))).mT
    ),
    Mistake("the grid is missing: one number for each patch, in rows and columns", way="unflatten(1, (side, side))"): (
        lambda maps: rolled(maps.mean(dim=2))[:, 0, 1:]
    ),
    Mistake("the patches' shares were made to sum to 1: CLS keeps some of itself", way=CLS): (
        lambda maps: grid(unit_sum(rolled(maps.mean(dim=2))[:, 0, 1:]))
    ),
    Mistake("the heat was divided by its largest number: the shares themselves are asked", way=CLS): (
        lambda maps: of_cls(rolled(maps.mean(dim=2))) / of_cls(rolled(maps.mean(dim=2))).amax(dim=(1, 2), keepdim=True)
    ),
    Mistake("these are all tokens' shares: of CLS's row alone the patches are asked", way=CLS): (
        lambda maps: rolled(maps.mean(dim=2))
    ),
}  # fmt: skip
