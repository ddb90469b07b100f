"""`clip_loss = check(clip_loss)`: is it right? Says so in a few lines, and goes on with what works.

Right: the learner's own object comes back, and its text is kept. Wrong or not written yet: minclip's comes back, so
that the rest of the lesson runs. Under nbgrader, wrong or missing raises, so that the points are right. Nothing goes
to stderr.
"""

import os
import random
from dataclasses import dataclass
from typing import Any

import torch

from minclip.course import learner_library
from minclip.course.answer_source import half_written, source_of, unwritten
from minclip.course.assertions import NotWritten, Trial, Wrong
from minclip.course.execution_guards import SECONDS, TooLong, captured, time_limit
from minclip.course.exercise import Exercise, Lesson
from minclip.course.outline import exercise_of

RIGHT, WRONG, MISSING = "✓", "✗", "○"
GRADING = "NBGRADER_EXECUTION"  # nbgrader sets it while it grades or validates
LINES = 5  # no answer is longer


@dataclass(frozen=True)
class Verdict:
    """What is said of an answer."""

    sign: str  # RIGHT, WRONG or MISSING
    text: str

    def __str__(self) -> str:
        return f"{self.sign} {self.text}"


def check(answer: Any) -> Any:
    """Judges a function or class that the learner wrote; returns it where it is right, else minclip's own."""
    name = getattr(answer, "__name__", None)
    if not callable(answer) or name is None:
        say(Verdict(WRONG, f"check wants the function or class itself, found {type(answer).__name__}: check(its_name)"))
        return answer
    try:
        lesson, exercise = exercise_of(name)
    except ValueError as error:
        say(Verdict(WRONG, str(error)))
        return answer
    verdict = judge(answer, lesson, exercise)
    say(verdict)
    return answer if verdict.sign == RIGHT else exercise.library


def say(verdict: Verdict) -> None:
    """Prints the verdict, or raises it where points depend on it."""
    if verdict.sign != RIGHT and os.environ.get(GRADING):
        raise AssertionError(str(verdict))
    print(verdict)


def judge(answer: Any, lesson: Lesson, exercise: Exercise) -> Verdict:
    """Checks the answer, and keeps it where it is right."""
    name = exercise.name
    if line := learner_library.later_syntax_error(name):
        return Verdict(WRONG, f"{name}: your last version does not run ({line}). Mend it, run its cell, then this one.")
    if answer is exercise.library:
        return Verdict(MISSING, f"{name}: this is minclip's. Run the cell in which you write yours, then this one.")
    try:
        source = source_of(answer)
    except ValueError as error:
        return Verdict(WRONG, f"{name}: {error}")
    missing = unwritten(source)
    if missing and (not exercise.write or set(exercise.write) <= set(missing)):
        return Verdict(MISSING, f"{name}: not written yet. The lesson goes on with minclip's.")
    if missing:
        return Verdict(MISSING, f"{name}: {', '.join(missing)} not written yet. The lesson goes on with minclip's.")
    if stale := half_written(source):
        return Verdict(
            MISSING, f"{name}: delete the line `raise NotImplementedError` in {', '.join(stale)}: it is written."
        )
    with captured() as printed:
        verdict, passed = tried(answer, lesson, exercise)
    if verdict is not None:
        return verdict
    try:
        kept = learner_library.keep(answer, source, exercise)
    except ValueError as error:
        return Verdict(WRONG, f"{name}: {error}")
    except OSError as error:
        kept = f" (it could not be kept: {error})"
    noise = len(printed.getvalue().splitlines())
    quiet = f" It prints {noise} lines while it is checked: take that out." if noise else ""
    return Verdict(RIGHT, f"{name}: {passed} checks.{kept}{quiet}")


def tried(answer: Any, lesson: Lesson, exercise: Exercise) -> tuple[Verdict | None, int]:
    """(None where every claim holds, the number of claims). Random numbers drawn by the answer leave no trace."""
    trial, name = Trial(answer), exercise.name
    states = random.getstate()
    try:
        with torch.random.fork_rng(devices=[]), time_limit(SECONDS):
            torch.manual_seed(0)
            getattr(lesson.checks, name)(trial)
    except NotWritten:
        return Verdict(MISSING, f"{name}: not written yet. The lesson goes on with minclip's."), 0
    except Wrong as wrong:
        first, *more = [line for line in wrong.lines if line][:LINES]
        said = [line if line.startswith("  ") else f"  → {line}" for line in more]  # facts, then what to do
        return Verdict(WRONG, "\n".join([f"{name}: {first}. The lesson goes on with minclip's.", *said])), 0
    except TooLong:
        advice = f"a loop that never ends? The last call was {trial.last}"
        return Verdict(WRONG, f"{name}: not done after {SECONDS:.0f} seconds: {advice}"), 0
    finally:
        random.setstate(states)
    return None, trial.passed
