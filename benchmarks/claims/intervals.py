"""The rule of the verdicts, written before any result was known: seen, not seen, opposite.

A difference is the mean over seeds of (share of right answers of one arm - that of the other), trained with the same
seeds. Its 95 % interval adds up two kinds of luck: that of training, by Student's t over the seeds, and that of the
pictures asked, which seeds share. Seen: the interval lies above 0. Opposite: below 0. Not seen: it holds 0.

Resampling three seeds would see only the three and draw its interval much too narrow; hence Student (1908).

One seed or two say nothing of the luck of training. It is then taken from seed_spread.py: what it was, on the whole,
in the claims that had three. (This paragraph is younger than those results, and older than those with one seed.)
"""

import math
from dataclasses import dataclass

import numpy as np

from minclip.evaluation.intervals import LEVEL

assert LEVEL == 0.95  # what the two constants below are for
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)  # 1 to 10 degrees of freedom
NORMAL = 1.960
ENOUGH = 3  # seeds, to show by themselves how much one of them moves a number
POOLED = 10  # degrees of freedom of a pooled deviation: five differences between two runs, three seeds each


@dataclass(frozen=True)
class Interval:
    """A mean over seeds with its 95 % interval, and the value of each seed."""

    mean: float
    low: float
    high: float
    by_seed: tuple[float, ...]


def interval(by_seed: list[float], variance: float, least: float, luck: float | None = None) -> Interval:
    """A value of each seed -> their mean, with its interval. All are shares: 0.01 is a point.

    variance: of the mean by the luck of the pictures; least: the lower end of the scale, 0 of a share, -1 of a
    difference; luck: the standard deviation between seeds, read where there are fewer than ENOUGH. Without it they show
    nothing, and the interval is the whole scale. It errs on the wide side: seeds scatter by the pictures' luck, too.
    """
    mean, seeds = float(np.mean(by_seed)), len(by_seed)
    if seeds >= ENOUGH:
        luck = float(np.std(by_seed, ddof=1))
    if luck is None:
        return Interval(mean, least, 1.0, tuple(by_seed))
    degrees = seeds - 1 if seeds >= ENOUGH else POOLED
    student = STUDENT[min(degrees, len(STUDENT)) - 1]
    half = math.hypot(student * luck / math.sqrt(seeds), NORMAL * math.sqrt(variance))
    return Interval(mean, max(least, mean - half), min(1.0, mean + half), tuple(by_seed))


def spread(values: np.ndarray) -> float:
    """Variance of the mean of [seeds, pictures] by the luck of the pictures: seeds are averaged first.

    At least as if one picture had come out otherwise: where none is right, or all are, that is no proof of 0 or 1.
    """
    n = values.shape[1]
    return max(float(values.mean(axis=0).var()), 1 / n) / n


def share(answers: list[np.ndarray], luck: float | None = None) -> Interval:
    """Share of right answers. answers: for every seed bool [pictures]; luck: see `interval`."""
    values = np.stack(answers).astype(float)
    return interval(values.mean(axis=1).tolist(), spread(values), least=0.0, luck=luck)


def difference(
    better: list[np.ndarray], worse: list[np.ndarray] | float, same_pictures: bool, luck: float | None = None
) -> Interval:
    """Share of `better` minus share of `worse`, seed by seed.

    better, worse: for every seed bool [pictures], or a fixed share. same_pictures: whether picture i is the same in
    both; then the luck of an easy picture is everybody's and cancels. luck: see `interval`.
    """
    first = np.stack(better).astype(float)  # [seeds, pictures]
    if isinstance(worse, float):  # the share's own interval, which ends at 0 and 1
        found = share(better, luck)
        by_seed = tuple(value - worse for value in found.by_seed)
        return Interval(found.mean - worse, found.low - worse, found.high - worse, by_seed)
    second = np.stack(worse).astype(float)
    variance = spread(first - second) if same_pictures else spread(first) + spread(second)
    return interval((first.mean(axis=1) - second.mean(axis=1)).tolist(), variance, least=-1.0, luck=luck)


def verdict(found: Interval) -> str:
    """
    >>> verdict(Interval(0.05, 0.01, 0.09, (0.04, 0.05, 0.06)))
    'seen'
    """
    if found.low > 0:
        return "seen"
    return "opposite" if found.high < 0 else "not seen"
