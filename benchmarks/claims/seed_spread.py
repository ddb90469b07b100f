"""The luck of training: how far single seeds scatter, from the claims that were trained with three or more.

Whoever has fewer reads it here instead of guessing. Pooled over all numbers of a kind: the root of the mean variance
between seeds. It is a middle of unlike things, which is why the range is kept beside it: a share near 100 % scatters
less, a question that is answered by guessing more. Few runs stand behind it, most of them three of the base.
"""

import math
import statistics
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from benchmarks.claims.definition import Finding
from benchmarks.claims.intervals import ENOUGH

OTHER_RUNS = ("siglip", "resnet", "resnet_parts")  # of smaller models in fewer samples: other luck
SHARE, ONE_RUN, TWO_RUNS = "share", "one run", "two runs"  # kinds of numbers
Luck = Mapping[str, dict[str, float]]  # kind -> standard deviation between seeds: pooled, lowest, highest
NO_LUCK: Luck = MappingProxyType({})


def kind_of(finding: Finding) -> str:
    """What is compared: a share with a number, two questions to the same runs, or two runs of each seed."""
    if isinstance(finding.worse, float):
        return SHARE
    return ONE_RUN if finding.better.arm == finding.worse.arm else TWO_RUNS


def pooled(results: Iterable[dict]) -> Luck:
    """The luck of every kind that results with ENOUGH seeds show."""
    seen: dict[str, set[tuple[float, ...]]] = {}  # a set: claims show the base's numbers again and again
    for result in results:
        if len(result["seeds"]) < ENOUGH or result.get("claim") in OTHER_RUNS:
            continue
        for row in result["rows"]:
            seen.setdefault(SHARE, set()).add(tuple(row["by_seed"]))
        for finding in result["findings"]:
            if finding["kind"] != SHARE:
                seen.setdefault(finding["kind"], set()).add(tuple(finding["by_seed"]))
    return {kind: scatter(values) for kind, values in seen.items()}


def scatter(values: Iterable[tuple[float, ...]]) -> dict[str, float]:
    """The standard deviation between the seeds of several numbers.

    >>> scatter([(0.5, 0.7), (0.2, 0.2)])
    {'pooled': 0.1, 'lowest': 0.0, 'highest': 0.1414}
    """
    variances = sorted(map(statistics.variance, values))
    found = {"pooled": statistics.mean(variances), "lowest": variances[0], "highest": variances[-1]}
    return {name: round(math.sqrt(variance), 4) for name, variance in found.items()}
