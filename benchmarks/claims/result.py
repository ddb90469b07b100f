"""A claim with its numbers: what benchmarks/results keeps of it, and all that docs/claims.md is made from."""

import time
from collections.abc import Callable
from dataclasses import asdict

from benchmarks.claims.definition import Claim, Finding, Number
from benchmarks.claims.intervals import ENOUGH, difference, share, verdict
from benchmarks.claims.seed_spread import NO_LUCK, SHARE, Luck, kind_of
from benchmarks.claims.trained_arms import answers, done, is_done
from benchmarks.claims.training_arms import Setting
from minclip.experiments.report import describe


def result_of(
    claim: Claim, setting: Setting, seeds: list[int], luck: Luck = NO_LUCK, say: Callable[[str], None] = print
) -> dict:
    """Trains what is missing, asks what was not asked, and gathers it; ready for JSON.

    luck: of training, by kind of number (seed_spread.py); read where there are too few seeds to show it.
    """
    for arm in claim.arms:
        for seed in seeds:
            began, there = time.perf_counter(), is_done(arm, seed, setting.out)
            for number in claim.numbers:
                if number.arm == arm:
                    answers(number, seed, setting)
            state = "was there" if there else f"{time.perf_counter() - began:.0f} s"
            say(f"{claim.name}: {claim.name_of(arm)}, seed {seed}: {state}")
    runs = [done(arm, seed, setting.out) for arm in claim.arms for seed in seeds]
    config = setting.base.config
    return {
        "claim": claim.name,
        "title": claim.title,
        "said": claim.said,
        "source": claim.source,
        "measured": claim.measured,
        "seeds": seeds,
        "samples": config.samples,
        "batch_size": config.batch_size,
        "runs": len(runs),
        "training_seconds": round(sum(run["seconds"] for run in runs)),
        "stopped": [run["stopped"] for run in runs if run["stopped"]],
        "device": describe(setting.device),
        "luck": dict(luck) if len(seeds) < ENOUGH else {},
        "rows": [
            {"label": row.label, "series": row.series, **shown(row.number, setting, seeds, luck)} for row in claim.rows
        ],
        "findings": [found(finding, setting, seeds, luck) for finding in claim.findings],
    }


def shown(number: Number, setting: Setting, seeds: list[int], luck: Luck) -> dict:
    """A share with its interval and the number of pictures."""
    right = [answers(number, seed, setting) for seed in seeds]
    return rounded(asdict(share(right, scatter_of(luck, SHARE)))) | {"n": len(right[0])}


def found(finding: Finding, setting: Setting, seeds: list[int], luck: Luck) -> dict:
    """A difference with its interval and the verdict."""
    kind, better, worse = kind_of(finding), finding.better, finding.worse
    first = [answers(better, seed, setting) for seed in seeds]
    if isinstance(worse, Number):
        second, same_pictures = [answers(worse, seed, setting) for seed in seeds], better.same_pictures(worse)
    else:
        second, same_pictures = worse, False
    interval = difference(first, second, same_pictures, scatter_of(luck, kind))
    return {"statement": finding.statement, "kind": kind, **rounded(asdict(interval)), "verdict": verdict(interval)}


def scatter_of(luck: Luck, kind: str) -> float | None:
    """The pooled standard deviation between seeds; None where nothing is known of the kind."""
    return luck[kind]["pooled"] if kind in luck else None


def rounded(numbers: dict) -> dict:
    """Shares to a hundredth of a percent."""
    return {
        name: [round(v, 4) for v in value] if isinstance(value, tuple) else round(value, 4)
        for name, value in numbers.items()
    }
