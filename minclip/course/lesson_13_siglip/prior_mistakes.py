"""What people write in place of lesson 13's prior_bias: each mistake, and what it gives."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from minclip.course.assertions import Known, Mistake
from minclip.course.comparison import TOLERANCE, equal

PRIOR = "-math.log(batch_size - 1)"
OF_PRIOR: dict[str, Callable[[int], float]] = {
    Mistake("the sign is turned round: p = 1 / batch_size is small, so the bias is below 0", way=PRIOR): (
        lambda n: math.log(n - 1)
    ),
    Mistake("this is ln p, and ln(p / (1 - p)) is asked", way=f"p / (1 - p) is 1 / (batch_size - 1): {PRIOR}"): (
        lambda n: -math.log(n)
    ),
    Mistake("ln(p / (1 - p)) is one logarithm, of the quotient", way=PRIOR): lambda n: -math.log(n) / (1 - 1 / n),
    Mistake("ln(p / (1 - p)) is the logarithm of a quotient, not a quotient of two", way=PRIOR): (
        lambda n: math.log(1 / n) / math.log(1 - 1 / n)
    ),
    Mistake("this is ln(batch_size), the loss of guessing of CLIP's softmax", way=PRIOR): lambda n: math.log(n),
    Mistake("this is p itself: the bias is what the sigmoid makes p of", way=PRIOR): lambda n: 1 / n,
    Mistake("these are the odds p / (1 - p): their logarithm is asked", way=PRIOR): lambda n: 1 / (n - 1),
    Mistake("this is ln(1 - p), and ln(p / (1 - p)) is asked", way=PRIOR): lambda n: math.log(1 - 1 / n),
    Mistake("the logarithm is to base 10, the sigmoid needs the natural one", way=PRIOR): (
        lambda n: -math.log10(n - 1)
    ),
    Mistake("the logarithm is to base 2, the sigmoid needs the natural one", way=PRIOR): lambda n: -math.log2(n - 1),
    Mistake("p is taken as 1 / batch_size²: of batch_size² pairs, batch_size are right", way=PRIOR): (
        lambda n: -math.log(n * n - 1)
    ),
    Mistake("one is added where one is taken away: of batch_size texts, batch_size - 1 are wrong", way=PRIOR): (
        lambda n: -math.log(n + 1)
    ),
    Mistake("this is the paper's -10, which fits batches of 22,027 alone", way=PRIOR): lambda n: -10.0,
    Mistake("this is p / (1 - p) for p = 1 / batch_size turned round: the odds of a wrong pair", way=PRIOR): (
        lambda n: float(n - 1)
    ),
    Mistake("the sigmoid was applied to p, and its inverse is asked", way=PRIOR): lambda n: 1 / (1 + math.exp(-1 / n)),
}  # fmt: skip

ROUNDED = Mistake("the bias was rounded: all its digits are asked", way=f"return {PRIOR}")
ROUNDINGS: list[Callable[[float], float]] = [
    *(partial(round, ndigits=digits) for digits in range(5)),
    math.floor,
    math.trunc,
]


def rounded_prior(change: Callable[[float], float], batch_size: int) -> float:
    return float(change(-math.log(batch_size - 1)))


def of_prior(came: Any, batch_size: int, others: dict[int, Any]) -> Known:
    """Mistakes that give what came for this batch, and for the others, too."""
    proofs = {batch_size: came, **others}

    def fits(way: Callable[[int], float]) -> bool:
        return all(equal(torch.tensor(float(value)), torch.tensor(way(n)), TOLERANCE) for n, value in proofs.items())

    def rounded() -> Any:
        ways = [partial(rounded_prior, change) for change in ROUNDINGS]
        return came if any(map(fits, ways)) else None

    known: Known = {words: (lambda way=way: came if fits(way) else None) for words, way in OF_PRIOR.items()}  # type: ignore[misc]
    return {**known, ROUNDED: rounded}
