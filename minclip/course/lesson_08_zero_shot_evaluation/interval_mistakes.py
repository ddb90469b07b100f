"""What people write in place of a bootstrap interval: each mistake, and the ends that it gives.

An end of an interval of 4,000 resamples scatters by 0.04 of the resamples' spread. The tolerance is 0.2 of it: five
times as much, so a right answer passes with any seed. The ends of a 90 % interval lie 0.31 further in.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from torch import Tensor

from minclip.course.assertions import Known, Mistake

RESAMPLES, TOLERANCE = 4000, 0.2
Ends = tuple[float, float]
REPLACED = Mistake(
    "every draw holds each answer once, so its mean is always the same: drawn with replacement, some come twice",
    way="torch.randint(n, (n,), generator=generator) draws n places with replacement; randperm does not",
)
ANSWERS = Mistake(
    "these are quantiles of the answers; those of the resamples' means are asked",
    way="shares.append(correct[drawn].mean()) in the loop, and quantile of the shares",
)
TAILS = Mistake("too much is cut off: of the 5 % outside, half lies below and half above", way="tail = (1 - level) / 2")
INSIDE = Mistake(
    "too much is cut off: the middle 95 % is asked, and this is the middle 5 %", way="from (1 - level) / 2 to 1 - that"
)
HUNDRED = Mistake(
    "np.percentile counts from 0 to 100, np.quantile and torch.quantile from 0 to 1",
    way="np.percentile(shares, 100 * tail)",
)
SPREAD = Mistake(
    "one standard deviation to each side holds 68 %; the middle 95 % is asked", way="take the quantiles of the shares"
)
OF_ANSWERS = Mistake(
    "this is the spread of single answers; a mean of n of them spreads less", way="quantiles of the shares"
)
BACKWARDS = Mistake("the lower end comes first", way="(low, high)")
SUMS = Mistake("these are numbers of right answers; the share is their mean", way="correct[drawn].mean()")
NO_WIDTH = Mistake(
    "all resamples are the same: the draw must differ from one to the next",
    way="make the generator before the loop, and draw in the loop",
)
SHRINKING = Mistake(
    "each draw is taken from the draw before it, until only one of the answers is left",
    way="shares.append(correct[drawn].mean()), and correct stays what it was",
)
ALL_ONES = Mistake(
    "every answer became 1: correct may hold chances between 0 and 1, and bool() and > 0 make 1 of each",
    way="correct.float() keeps chances as they are",
)
ALL_ZEROS = Mistake(
    "the chances became 0, and only the answers that are exactly 1 count: long(), int() and == 1 do that",
    way="correct.float() keeps chances as they are",
)
DIGITS = Mistake("the ends are rounded", way="return them as they are; only where they are printed they are rounded")
FORMULA = Mistake(
    "nothing is drawn here: this is the formula of the normal distribution, mean ± 1.96 standard errors",
    way="draw resamples, and take the quantiles of their means",
)
CHANCES_SPREAD_LESS = Mistake(
    "p(1 - p)/n is for answers that are 0 or 1; some answers here are chances, which spread less, and nothing is drawn",
    way="draw resamples, and take the quantiles of their means",
)
UPPER = Mistake(
    "the upper end is cut off at level: 5 % are above it, and half of that is asked", way="1 - tail, with the same tail"
)
LOWER = Mistake(
    "the lower end is cut off at 1 - level: 5 % are below it, and half of that is asked", way="tail = (1 - level) / 2"
)
OF_LESSON = Mistake(
    "a resample has as many answers as there are; here it has 400, as in the lesson", way="n = len(correct)"
)
AXIS = Mistake(
    "each mean here is one of as many draws as there are resamples; a resample has n answers",
    way="correct[drawn] is [resamples, n] if all are drawn at once: .mean(dim=1)",
)
PERCENT = Mistake("these are percent; shares from 0 to 1 are asked", way="leave out the factor 100")
HALF = Mistake("this is the mean and half of the width; both ends are asked", way="(low, high)")
WIDTH = Mistake("this is the mean and the width; both ends are asked", way="(low, high)")
EXTREMES = Mistake(
    "these are the lowest and the highest share; 2.5 % of the shares are cut off at each end",
    way="shares.quantile(tail)",
)
ROUNDED = Mistake("the chances were turned into right and wrong first", way="correct.float() keeps chances as they are")
FEWER = Mistake("a resample here has fewer answers than there are", way="torch.randint(n, (n,), generator=generator)")
FEWER_YET = Mistake("a resample here has far fewer answers than there are", way=FEWER.way)
MORE = Mistake("a resample here has more answers than there are", way=FEWER.way)
BINOMIAL = Mistake(
    "right and wrong are drawn anew by their share; here some answers are chances, and the answers are what is drawn",
    way="draw places, and take correct[drawn].mean()",
)


def near(came: Any, ends: Ends, width: float) -> bool:
    return all(abs(float(a) - b) <= width for a, b in zip(came, ends, strict=True))


def shares_of(correct: Tensor, n: int | None = None) -> np.ndarray:
    """Means of many resamples of n answers: float [resamples]."""
    size = n or len(correct)
    drawn = np.random.default_rng(3).integers(len(correct), size=(5 * RESAMPLES, size))
    means: np.ndarray = correct.double().numpy()[drawn].mean(axis=1)
    return means


def middle(shares: np.ndarray, level: float) -> Ends:
    low, high = np.quantile(shares, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def wrong_intervals(came: Any, correct: Tensor) -> Known:
    """For a level of 0.95: what is written instead, by name."""
    shares, n = shares_of(correct), len(correct)
    mean, spread, single = float(correct.double().mean()), float(shares.std()), float(correct.std())
    low, high = middle(shares, 0.95)
    answers = correct.double().numpy()
    fewest, fifth, most = (float(np.quantile(shares, q)) for q in (0.00025, 0.00975, 1))
    around, of_bits = 1.96 * single / RESAMPLES**0.5, 1.96 * (mean * (1 - mean) / n) ** 0.5
    # the two narrow ones are told apart by less than the tolerance, and scatter less
    known: dict[Mistake, tuple[Ends, float]] = {
        INSIDE: (middle(shares, 0.05), 0.05),
        AXIS: ((mean - around, mean + around), 0.1),
        SUMS: ((n * low, n * high), n * TOLERANCE),
        PERCENT: ((100 * low, 100 * high), 100 * TOLERANCE),
        HALF: ((mean, (high - low) / 2), TOLERANCE),
        WIDTH: ((mean, high - low), TOLERANCE),
        EXTREMES: ((float(shares.min()), float(shares.max())), 0.7),  # extremes scatter more
    }
    others: dict[Mistake, Ends] = {
        TAILS: middle(shares, 0.90),
        HUNDRED: (fewest, fifth),
        ANSWERS: middle(answers, 0.95),
        SPREAD: (mean - spread, mean + spread),
        OF_ANSWERS: (mean - 1.96 * single, mean + 1.96 * single),
        BACKWARDS: (high, low),
        ROUNDED: middle(shares_of((correct > 0.5).float()), 0.95),
        ALL_ZEROS: middle(shares_of((correct == 1).float()), 0.95),
        UPPER: (low, float(np.quantile(shares, 0.95))),
        LOWER: (float(np.quantile(shares, 0.05)), high),
        FEWER: middle(shares_of(correct, n // 2), 0.95),
        Mistake("the upper end is that of all shares; 2.5 % are cut off there, too", way="1 - tail"): (low, most),
    }
    known |= {mistake: (ends, TOLERANCE) for mistake, ends in others.items()}
    known[CHANCES_SPREAD_LESS] = ((mean - of_bits, mean + of_bits), 0.05)  # nothing is drawn, and nothing scatters
    found: dict[str, Callable[[], Any]] = {
        mistake: lambda ends=ends, share=share: came if near(came, ends, share * spread) else None  # type: ignore[misc]
        for mistake, (ends, share) in known.items()
    }
    binomial = middle(np.random.default_rng(3).binomial(n, mean, size=5 * RESAMPLES) / n, 0.95)

    def drawn_by_share() -> Any:
        whole = all(abs(n * float(end) - round(n * float(end))) < 1e-3 for end in came)  # numbers of right answers
        return came if whole and near(came, binomial, TOLERANCE * spread) else None

    found[BINOMIAL] = drawn_by_share
    for mistake, sizes in {OF_LESSON: (400,), FEWER_YET: (10, 20), MORE: (100, 200, 1000)}.items():
        found[mistake] = lambda sizes=sizes: came if any(is_of_size(came, correct, m) for m in sizes) else None  # type: ignore[misc]
    return found


def is_of_size(came: Any, correct: Tensor, size: int) -> bool:
    """Whether these are the ends for resamples of another size."""
    shares = shares_of(correct, size)
    return near(came, middle(shares, 0.95), TOLERANCE * float(shares.std()))


def by_formula(correct: Tensor) -> list[Ends]:
    """Ends without any draw: mean ± 1.96 standard errors, with n and with n - 1."""
    mean, n = float(correct.double().mean()), len(correct)
    errors = [1.96 * float(correct.double().std(correction=less)) / n**0.5 for less in (0, 1)]
    return [(mean - error, mean + error) for error in errors]
