"""The luck of training: how far another seed moves a number, from the claims that were trained with three or more.

Whoever has one seed reads it here instead of guessing. Pooled over all numbers of a kind: the root of the mean variance
between seeds. It is a middle: some numbers move more (rare classes, few pictures), some less.
"""

import math
import statistics
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from claims.claim import Finding
from claims.verdict import ENOUGH

SHARE, ONE_RUN, TWO_RUNS = "share", "one run", "two runs"  # kinds of numbers
Luck = Mapping[str, float]  # kind -> standard deviation between seeds
NO_LUCK: Luck = MappingProxyType({})


def kind_of(finding: Finding) -> str:
    """What is compared: a share with a number, two questions to the same runs, or two runs of each seed."""
    if isinstance(finding.worse, float):
        return SHARE
    return ONE_RUN if finding.better.arm == finding.worse.arm else TWO_RUNS


def pooled(results: Iterable[dict]) -> Luck:
    """The standard deviation between seeds for each kind that results with ENOUGH seeds show."""
    seen: dict[str, set[tuple[float, ...]]] = {}  # a set: claims show the base's numbers again and again
    for result in results:
        if len(result["seeds"]) < ENOUGH:
            continue
        for row in result["rows"]:
            seen.setdefault(SHARE, set()).add(tuple(row["by_seed"]))
        for finding in result["findings"]:
            if finding["kind"] != SHARE:
                seen.setdefault(finding["kind"], set()).add(tuple(finding["by_seed"]))
    return {kind: root_mean_variance(values) for kind, values in seen.items()}


def root_mean_variance(values: Iterable[tuple[float, ...]]) -> float:
    """
    >>> root_mean_variance([(0.5, 0.7), (0.2, 0.2)])
    0.1
    """
    return round(math.sqrt(statistics.mean(map(statistics.variance, values))), 4)
