"""How much a measured share depends on the choice of test pictures: bootstrap percentile intervals.

The intervals cover the choice of test pictures. They do not cover the random seed of training.
Source: Efron and Tibshirani 1993, chapter 13.
"""

from numbers import Real

import numpy as np

from minclip.data.arguments import whole_number

LEVEL = 0.95
RESAMPLES = 2000  # the ends of a 95 % interval rest on 50 draws each: good to about a tenth of its width
CHUNK = 64  # resamples held in memory at a time


def checked_answers(correct: np.ndarray, resamples: int, level: float) -> np.ndarray:
    """correct as float [n], or a ValueError."""
    correct = np.asarray(correct)
    if correct.ndim != 1 or len(correct) == 0:
        raise ValueError(f"correct must be [n] with at least one answer, found shape {list(correct.shape)}")
    if not ((correct >= 0) & (correct <= 1)).all():  # NaN is neither
        raise ValueError("correct must hold 1 (right), 0 (wrong), or chances between them, where answers are level")
    whole_number("resamples", resamples)
    if not isinstance(level, Real) or not 0 < level < 1:
        raise ValueError(f"level={level!r:.80} must be between 0 and 1, such as 0.95")
    return correct.astype(float)


def percentile_interval(shares: np.ndarray, level: float) -> tuple[float, float]:
    """The middle `level` of resampled shares."""
    low, high = np.quantile(shares, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def bootstrap_interval(
    correct: np.ndarray, seed: int = 0, resamples: int = RESAMPLES, level: float = LEVEL
) -> tuple[float, float]:
    """(low, high) of the share of right answers; correct: bool [n], or float [n], chances of being right.

    The answers are independent of each other. Drawing n of them with replacement and counting the right ones is a
    binomial draw with the measured share: so the binomial is drawn itself, exact and without an [resamples, n] array.
    Chances (ties.py) are drawn one by one. Where all are right, or none, the interval has no width. The share may then
    be wrong by about 3 / n all the same.

    >>> low, high = bootstrap_interval(np.arange(100) < 80)
    >>> round(low, 1), round(high, 1)
    (0.7, 0.9)
    """
    correct = checked_answers(correct, resamples, level)
    n = len(correct)
    if not np.isin(correct, (0, 1)).all():
        return percentile_interval(resampled_shares(correct, np.ones(n), seed, resamples), level)
    draws = np.random.default_rng(whole_number("seed", seed, 0)).binomial(n, correct.mean(), size=resamples)
    return percentile_interval(draws / n, level)


def grouped_bootstrap_interval(
    correct: np.ndarray, group: np.ndarray, seed: int = 0, resamples: int = RESAMPLES, level: float = LEVEL
) -> tuple[float, float]:
    """(low, high) where answers come in groups, such as the five captions of a picture.

    correct: as in `bootstrap_interval`; group: int [n], equal for answers that belong together. Whole groups are
    drawn: answers about one picture fail together, and drawing them one by one would make the interval too narrow.
    """
    correct = checked_answers(correct, resamples, level)
    if np.shape(group) != correct.shape:
        raise ValueError(f"group has shape {list(np.shape(group))}, correct {list(correct.shape)}: they must agree")
    _, group = np.unique(group, return_inverse=True)
    sizes = np.bincount(group)  # [groups]
    right = np.bincount(group, weights=correct)  # [groups]
    if (sizes == 1).all():
        return bootstrap_interval(correct, seed, resamples, level)
    return percentile_interval(resampled_shares(right, sizes, seed, resamples), level)


def resampled_shares(right: np.ndarray, sizes: np.ndarray, seed: int, resamples: int) -> np.ndarray:
    """Shares of right answers in groups drawn with replacement: float [resamples]. right, sizes: of every group."""
    groups, rng, shares = len(sizes), np.random.default_rng(whole_number("seed", seed, 0)), []
    for start in range(0, resamples, CHUNK):
        drawn = rng.integers(groups, size=(min(CHUNK, resamples - start), groups))  # [chunk, groups]
        shares.append(right[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
    return np.concatenate(shares)
