"""A claim about adapting the shipped model, in the form of benchmarks/claims: numbers, differences, verdicts.

What is drawn anew here is not the training of the model but the shots (or the fine-tuning): a draw stands where the
others have a seed, and the rule of the verdicts is theirs (claims/intervals.py).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from benchmarks import result_files
from benchmarks.claims.intervals import difference, share, verdict
from benchmarks.claims.result import rounded

Answers = dict[tuple[str, str], list[np.ndarray]]  # (label, series) -> for each draw, [pictures], 1 right, 0 wrong
Cell = tuple[str, str]


@dataclass(frozen=True)
class ShippedClaim:
    """One section of docs/claims.md about a model that comes with minclip."""

    name: str
    title: str
    said: str
    source: str
    measured: str
    model: str
    draws: tuple[int, ...]
    answers: Callable[[Sequence[int]], Answers]
    findings: tuple[tuple[str, Cell, Cell], ...]  # statement, what is better, what is worse
    command: str = "python -m benchmarks.after_training"


def result_of(claim: ShippedClaim, draws: Sequence[int]) -> dict:
    """Measures a claim; ready for JSON."""
    began = time.perf_counter()
    answers = claim.answers(draws)
    seconds = time.perf_counter() - began
    return {
        "machine": result_files.machine(),
        "claim": claim.name,
        "title": claim.title,
        "said": claim.said,
        "source": claim.source,
        "measured": claim.measured,
        "model": claim.model,
        "command": claim.command,
        "seeds": list(draws),
        "seconds": round(seconds),
        "luck": {},
        "rows": rows(answers),
        "findings": [found(answers, *finding) for finding in claim.findings],
    }


def rows(answers: Mapping[Cell, list[np.ndarray]]) -> list[dict]:
    return [
        {"label": label, "series": series, **rounded(asdict(share(right))), "n": len(right[0])}
        for (label, series), right in answers.items()
    ]


def found(answers: Answers, statement: str, better: Cell, worse: Cell) -> dict:
    first, second = answers[better], answers[worse]
    interval = difference(first, second, same_pictures=True)  # a finding compares answers about the same pictures
    return {"statement": statement, **rounded(asdict(interval)), "verdict": verdict(interval)}
