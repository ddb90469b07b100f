"""One answer under the checks of its exercise, and what is said of it."""

import random
from dataclasses import dataclass
from typing import Any

import torch

from minclip.course.assertions import NotWritten, Trial, Wrong
from minclip.course.execution_guards import SECONDS, TooLong, time_limit
from minclip.course.exercise import Exercise, Lesson

RIGHT, WRONG, MISSING = "✓", "✗", "○"
LINES = 5  # no answer is longer, what it printed apart


@dataclass(frozen=True)
class Verdict:
    """What is said of an answer."""

    sign: str  # RIGHT, WRONG or MISSING
    text: str
    goes_on: Any = None  # with what the lesson goes on, where that is neither the answer nor minclip's

    def __str__(self) -> str:
        return f"{self.sign} {self.text}"


def tried(answer: Any, lesson: Lesson, exercise: Exercise, after: str = "") -> tuple[Verdict | None, int]:
    """(None where every claim holds, the number of claims). Random numbers drawn by the answer leave no trace.

    after: with what the lesson goes on, a sentence for a verdict that is not RIGHT.
    """
    trial, name = Trial(answer), exercise.name
    after = f" {after}" if after else ""
    states = random.getstate()
    try:
        with torch.random.fork_rng(devices=[]), time_limit(SECONDS):
            torch.manual_seed(0)
            getattr(lesson.checks, name)(trial)
    except NotWritten:
        return Verdict(MISSING, f"{name}: not written yet.{after}"), 0
    except Wrong as wrong:
        first, *more = [line for line in wrong.lines if line][:LINES]
        said = [line if line.startswith("  ") else f"  → {line}" for line in more]  # facts, then what to do
        return Verdict(WRONG, "\n".join([f"{name}: {first}.{after}", *said])), 0
    except TooLong:
        advice = f"a loop that never ends? The last call was {trial.last}"
        return Verdict(WRONG, f"{name}: not done after {SECONDS:.0f} seconds: {advice}"), 0
    finally:
        random.setstate(states)
    return None, trial.passed
