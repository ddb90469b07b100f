"""What people write in place of the logits of lesson 05, and of the limits: each mistake, and what it gives.

Those of the loss are in loss_mistakes.py.
"""

import math
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

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
        Mistake("these are the cosines alone: scale is missing, or a division by the length cancels it",
                way="scale * cosines, after both features have length 1"): lambda: right / scale,
        Mistake("scale is added to the cosines: they are multiplied by it", way="scale * cosines"): lambda: (
            scale + right / scale
        ),
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


def other_limit(came: Any, starts: Tensor) -> Known:
    """Names a number that stands where ln 100 belongs. starts: 7, -2 and 3."""
    number = float(came[0])
    if not 3 < number < 7:
        return {}
    words = f"the upper limit is {number:.5g} here, and ln 100 is {math.log(100):.5f}"
    if abs(number - math.log(100)) < 0.05:
        words = f"the upper limit is {number:.5g} here: that is ln 100, rounded too coarsely"
    return {Mistake(words, way="math.log(100), or MAX_LOGIT_SCALE"): lambda: starts.clamp(0, number)}


def wrong_limits(came: Any, starts: Tensor) -> Known:
    """What becomes of these logarithms, 7, -2 and 3, by name. came: what the answer made of them."""
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
        **other_limit(came, starts),
    }
