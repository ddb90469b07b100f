"""What people write in place of the logits and the loss of lesson 05: each mistake, and what it gives."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from minclip import loss as library
from minclip.course.assertions import Known, Mistake
from minclip.course.comparison import TOLERANCE, equal

NO_EXP = Mistake(
    "scale is the exponential of logit_scale already, and is used as it is",
    way="scale * cosines, without scale.exp()",
)
NOT_DIVIDED = Mistake(
    "the logits are divided by scale; it is 1 / temperature, so they are multiplied by it",
    way="scale * cosines: you would divide by a temperature",
)


HALVES_MEAN = "(F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2"
SMALL_NUMBERS = [10.0**-digits for digits in range(3, 16)]  # that are added to a share, so that it has a logarithm


def times_constant(came: Any, right: Tensor, scale: float) -> Known:
    """Names a number that stands where scale belongs: what came is the cosines times it."""
    factor = float((came / right).median()) * scale if isinstance(came, Tensor) and came.shape == right.shape else 0.0
    if not factor > 0:
        return {}
    words = f"these are the cosines times {factor:.4g}, and scale is {scale:.4g} here"
    return {Mistake(words, way="scale * cosines, with the scale that came in"): lambda: right / scale * factor}


def wrong_logits(came: Any, images: Tensor, texts: Tensor, scale: float) -> Known:
    """What is written instead, by name. came: what the answer gave, for mistakes that hold a number of its own."""
    unit_images, unit_texts = F.normalize(images, dim=-1), F.normalize(texts, dim=-1)
    right = scale * unit_images @ unit_texts.T
    columns = [x / x.norm(dim=0) for x in (images, texts)]
    summed = [x / x.sum(dim=-1, keepdim=True) for x in (images, texts)]
    squared = [x / x.pow(2).sum(dim=-1, keepdim=True) for x in (images, texts)]
    absolute = [F.normalize(x, p=1, dim=-1) for x in (images, texts)]
    together = [x / x.norm() for x in (images, texts)]
    own = "x.norm(dim=-1, keepdim=True) is the length of every row"
    return {
        Mistake(
            "these are dot products, not cosines: the features must have length 1 before they meet",
            way="x / x.norm(dim=-1, keepdim=True) has length 1 in every row: both features need it",
        ): lambda: scale * images @ texts.T,
        Mistake("only the image features have length 1, the text features must have it, too", way=own): lambda: (
            scale * unit_images @ texts.T
        ),
        Mistake("only the text features have length 1, the image features must have it, too", way=own): lambda: (
            scale * images @ unit_texts.T
        ),
        Mistake("the norm runs over the batch; each row of features has a length of its own", way=own): lambda: (
            scale * columns[0] @ columns[1].T
        ),
        Mistake("you divide by one length for all rows together; each row has a length of its own", way=own): lambda: (
            scale * together[0] @ together[1].T
        ),
        Mistake("you divide by the square of the length", way=own): lambda: scale * squared[0] @ squared[1].T,
        Mistake("you divide by the sum of a row; its length is the root of the sum of squares", way=own): lambda: (
            scale * summed[0] @ summed[1].T
        ),
        Mistake("you divide by the sum of the absolute numbers; the length is the root of the sum of squares",
                way=own): lambda: scale * absolute[0] @ absolute[1].T,
        Mistake("scale is missing: the cosines are multiplied by it", way="scale * cosines"): lambda: right / scale,
        NOT_DIVIDED: lambda: right / scale**2,
        NO_EXP: lambda: right / scale * math.exp(scale),
        Mistake(
            "rows are pictures and columns are texts: yours is transposed", way="unit_images @ unit_texts.T"
        ): lambda: right.T,
        Mistake(
            "these are shares, after a softmax: the logits are asked, without it", way="the softmax belongs to the loss"
        ): lambda: right.softmax(dim=-1),
        Mistake("these are logarithms of shares, after a log_softmax: the logits are asked, without it",
                way="the softmax belongs to the loss"): lambda: right.log_softmax(dim=-1),
        Mistake("scale is multiplied in twice", way="scale * cosines, once"): lambda: scale * right,
        Mistake("the numbers are right, and stand in float64", way=".float(), and no .double()"): right.double,
        Mistake("the logits come back together with something else: they are asked alone",
                way="return the logits of pictures and texts alone"): lambda: together_with(came, right),
        **times_constant(came, right, scale),
    }  # fmt: skip


def together_with(came: Any, right: Tensor) -> Any:
    """came, where it is a tuple or list whose first item is right; else None."""
    return came if isinstance(came, tuple | list) and len(came) > 1 and equal(came[0], right, TOLERANCE) else None


def halves(images: Tensor, texts: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    """The cross entropy along the rows, and the one along the columns."""
    logits, order = library.similarity_logits(images, texts, scale), torch.arange(len(images))
    return F.cross_entropy(logits, order), F.cross_entropy(logits.T, order)


WRONG_HALVES: dict[str, Callable[..., Tensor]] = {  # ways that one input does not tell apart
    Mistake("this is the picture → text half alone: the columns of the logits ask the other question",
            way=f"{HALVES_MEAN}: .T makes rows of the columns"): lambda *inputs: halves(*inputs)[0],
    Mistake("this is the text → picture half alone: the rows of the logits ask the other question",
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
        Mistake("the labels are all 0: but the right text of picture i is text i",
                way="torch.arange(len(logits), device=logits.device)"): lambda: both(logits, torch.zeros_like(order)),
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


def wrong_limits(starts: Tensor) -> Known:
    """What becomes of these logarithms, 7, -2 and 3, by name."""
    limit = math.log(100)
    named = Mistake(
        "logit_scale is a logarithm, and so are its limits",
        way=f"ln 1 is 0, and ln 100 is {limit:.3f}, MAX_LOGIT_SCALE",
    )
    return {
        Mistake(
            "nothing is changed: logit_scale itself must hold the new number afterwards",
            way="logit_scale.clamp_(...) changes it; clamp, exp and all others make a new tensor, which is lost",
        ): lambda: starts,
        named: lambda: starts.clamp(1, 100),
        Mistake("the lower limit is that of the scale; logit_scale is its logarithm", way="ln 1 is 0"): lambda: (
            starts.clamp(1, limit)
        ),
        Mistake(
            "the logarithm of MAX_LOGIT_SCALE is taken, and it is ln 100 already", way="clamp_(0, MAX_LOGIT_SCALE)"
        ): lambda: starts.clamp(0, math.log(limit)),
        Mistake(
            "-2 stays -2: its scale, exp(-2) = 0.14, is below 1, and nothing brings it up", way="ln 1 is 0"
        ): lambda: starts.clamp(max=limit),
        Mistake(
            "7 stays 7: its scale, exp(7) = 1,097, is above 100, and nothing brings it down",
            way="MAX_LOGIT_SCALE is ln 100",
        ): lambda: starts.clamp(min=0),
        Mistake(
            "logit_scale holds the scale now; it must hold the logarithm",
            way="leave out exp: clamp the logarithm itself",
        ): lambda: starts.exp().clamp(1, 100),
        **{
            Mistake(
                f"the upper limit is the logarithm of 100 to base {base}; logit_scale is a natural one",
                way="math.log(100), or MAX_LOGIT_SCALE",
            ): partial(starts.clamp, 0, math.log(100, base))
            for base in (10, 2)
        },
        **{
            Mistake(
                f"all three are {number} now, as clamp makes them where its lower limit is above the upper one",
                way="the lower limit comes first: clamp_(0, MAX_LOGIT_SCALE)",
            ): partial(torch.full, (3,), float(number))
            for number in (0, 1)
        },
        Mistake("the logarithm of a logarithm is taken", way="clamp logit_scale as it is"): lambda: starts.log().clamp(
            0, limit
        ),
    }
