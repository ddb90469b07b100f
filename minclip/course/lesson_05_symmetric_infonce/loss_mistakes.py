"""What people write in place of the loss of lesson 05: each mistake, and what it gives."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from minclip import loss as library
from minclip.course.assertions import Known, Mistake
from minclip.course.comparison import TOLERANCE, equal
from minclip.course.lesson_05_symmetric_infonce.mistakes import NO_EXP, NOT_DIVIDED, together_with

HALVES_MEAN = "(F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2"
SMALL_NUMBERS = [10.0**-digits for digits in range(3, 16)]  # that are added to a share, so that it has a logarithm


def halves(images: Tensor, texts: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    """The cross entropy along the rows, and the one along the columns."""
    logits, order = library.similarity_logits(images, texts, scale), torch.arange(len(images))
    return F.cross_entropy(logits, order), F.cross_entropy(logits.T, order)


HALF_CUT = Mistake(
    "only one of the two halves has a way back: no .detach(), .item(), .data or no_grad on the way of the other",
    way=HALVES_MEAN,
)


def half_is_cut(came: Any, mine: Tensor, inputs: list[Tensor]) -> bool:
    """Whether what came gives at mine the gradient of one half alone. inputs: minclip's, the first in place of mine."""

    def gradient_of(half: Tensor) -> Tensor:
        return torch.autograd.grad(half / 2, inputs[0], retain_graph=True)[0]

    with suppress(Exception):  # what came may be anything
        ours = torch.autograd.grad(came, mine, retain_graph=True)[0]
        return any(equal(ours, gradient_of(half), TOLERANCE) for half in halves(*inputs))
    return False


WRONG_HALVES: dict[str, Callable[..., Tensor]] = {  # ways that one input does not tell apart
    Mistake("this is the picture-to-text half alone (the rows): the half of the columns, text to picture, is missing",
            way=f"{HALVES_MEAN}: .T makes rows of the columns"): lambda *inputs: halves(*inputs)[0],
    Mistake("this is the text-to-picture half alone (the columns): the half of the rows, picture to text, is missing",
            way=HALVES_MEAN): lambda *inputs: halves(*inputs)[1],
    Mistake("this is the larger one of the two halves: their mean is asked",
            way=HALVES_MEAN): lambda *inputs: max(halves(*inputs)),
    Mistake("this is the smaller one of the two halves: their mean is asked",
            way=HALVES_MEAN): lambda *inputs: min(halves(*inputs)),
}  # fmt: skip


def small_number_added(came: Any, images: Tensor, texts: Tensor, scale: Tensor | float) -> Known:
    """Names a small number that keeps the shares away from 0: added to each, or the least that each can be."""
    logits = library.similarity_logits(images, texts, scale)
    shares = [logits.softmax(dim=axis).diagonal() for axis in (1, 0)]

    def closest() -> Any:
        given = [-sum((share + small).log().mean() for share in shares) / 2 for small in SMALL_NUMBERS]
        given += [-sum(share.clamp(min=small).log().mean() for share in shares) / 2 for small in SMALL_NUMBERS]
        return next((loss for loss in given if equal(came, loss, TOLERANCE)), None)

    words = "a small number keeps the shares away from 0, and so a pair that is very wrong costs too little"
    way = "F.cross_entropy and log_softmax take the logarithm without making the share, and need no such number"
    return {Mistake(words, way=way): closest}


def wrong_losses(came: Any, images: Tensor, texts: Tensor, scale: Tensor) -> Known:
    """What is written instead, by name; without WRONG_HALVES."""
    n = len(images)
    logits, right = library.similarity_logits(images, texts, scale), library.clip_loss(images, texts, scale)
    order = torch.arange(n)

    def both(logits: Tensor, labels: Tensor = order) -> Tensor:
        return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2

    each = [F.cross_entropy(x, order, reduction="none") for x in (logits, logits.T)]
    softmaxed = "F.cross_entropy(logits, labels): the logits as they are"
    average, two = HALVES_MEAN, Mistake("two losses come back: one is asked, their mean", way=HALVES_MEAN)
    parts = halves(images, texts, scale)
    return {
        two: lambda: torch.stack(parts) if isinstance(came, Tensor) else type(came)(parts),
        Mistake("the loss comes back together with something else: it is asked alone",
                way="return the loss alone"): lambda: together_with(came, right),
        Mistake("both halves are added and divided by the batch: cross_entropy has divided by it already",
                way=average): lambda: 2 * right / n,
        Mistake("both halves are there, and added: their mean is asked", way=average): lambda: 2 * right,
        Mistake("only the second half is divided by 2", way=f"brackets first: {average}"): lambda: (
            each[0].mean() + each[1].mean() / 2
        ),
        Mistake("only the first half is divided by 2", way=f"brackets first: {average}"): lambda: (
            each[0].mean() / 2 + each[1].mean()
        ),
        Mistake("pictures meet pictures: the logits are asked of pictures and texts",
                way="similarity_logits(image_features, text_features, scale)"): lambda: both(
            library.similarity_logits(images, images, scale)
        ),
        Mistake("the sum over the batch is taken, its mean is asked",
                way='F.cross_entropy takes the mean by itself: leave out reduction="sum"'): lambda: n * right,
        Mistake("the sum over the batch is taken, and both halves are added; means are asked",
                way=average): lambda: 2 * n * right,
        Mistake("the features are not brought to length 1", way="similarity_logits does it"): lambda: both(
            scale * images @ texts.T
        ),
        Mistake("scale is missing: the logits are scaled cosines",
                way="similarity_logits(image_features, text_features, scale)"): lambda: both(logits / scale),
        NO_EXP: lambda: both(logits / scale * scale.exp()),
        NOT_DIVIDED: lambda: both(logits / scale**2),
        Mistake("scale is multiplied in twice", way="similarity_logits does it already"): lambda: both(logits * scale),
        **{
            Mistake(f"the labels are all {label}: but the right text of picture i is text i",
                    way="torch.arange(len(logits), device=logits.device)"): partial(
                both, logits, torch.full_like(order, label)
            )
            for label in range(n)
        },
        Mistake("every text is marked as right for every picture: the right text of picture i is text i",
                way="torch.arange(len(logits), device=logits.device)"): lambda: both(logits, torch.ones_like(logits)),
        Mistake("the labels run backwards: the right text of picture i is text i",
                way="torch.arange(len(logits), device=logits.device)"): lambda: both(logits, order.flip(0)),
        Mistake("cross_entropy got shares; it takes logits and does the softmax itself",
                way=softmaxed): lambda: both(logits.softmax(dim=-1)),
        Mistake("cross_entropy got shares in both directions; it takes logits and does the softmax itself",
                way=softmaxed): lambda: sum(F.cross_entropy(x.softmax(dim=-1), order) for x in (logits, logits.T)) / 2,
        Mistake("the shares of the right answers are averaged, without a logarithm",
                way=softmaxed): lambda: -sum(x.softmax(dim=-1).diagonal().mean() for x in (logits, logits.T)) / 2,
        Mistake("the two logits are averaged, and then one loss is taken: average the two losses",
                way=average): lambda: F.cross_entropy((logits + logits.T) / 2, order),
        Mistake("a loss is to be made small, and this one has the sign the wrong way round",
                way="cross entropy is minus the logarithm of a share: it is never negative"): lambda: -right,
        Mistake("only the diagonal is read: without the other pairs there are no negatives",
                way="a softmax over each row and each column brings them in"): lambda: -logits.diagonal().mean(),
        Mistake("there is one loss for every pair; their mean is asked",
                way='leave out reduction="none"'): lambda: (each[0] + each[1]) / 2,
        Mistake("cross_entropy got its arguments in the wrong order", way="F.cross_entropy(logits, labels)"): lambda: (
            sum(F.cross_entropy(torch.eye(n), x) for x in (logits, logits.T)) / 2
        ),
    }  # fmt: skip
