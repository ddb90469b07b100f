"""One answer under the checks of its exercise, and what is said of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from minclip.course.assertions import NotWritten, Trial, Wrong
from minclip.course.execution_guards import MEMORY, SECONDS, Stopped, fresh_state, limits
from minclip.course.exercise import Exercise, Lesson
from minclip.engine.cores import one_thread

RIGHT, WRONG, MISSING = "✓", "✗", "○"
LINES = 5  # no answer is longer, what it printed aside
SEEN: set[tuple[str, str]] = set()  # (exercise, mistake) that were said already: next time the way out is shown


@dataclass(frozen=True)
class Verdict:
    """What is said of an answer."""

    sign: str  # RIGHT, WRONG or MISSING
    text: str
    goes_on: Any = None  # with what the lesson goes on, where that is neither the answer nor minclip's

    def __str__(self) -> str:
        return f"{self.sign} {self.text}"


def tried(answer: Any, lesson: Lesson, exercise: Exercise) -> tuple[Trial, Wrong | NotWritten | Stopped | None]:
    """The answer under the checks of its exercise: the trial, and what ended it; None where every claim holds.

    Nothing that it switches, draws or leaves behind stays: the same random numbers come afterwards.
    """
    trial = Trial(answer)
    return trial, run_alone(trial, getattr(lesson.checks, exercise.name))


def run_alone(trial: Trial, check: Callable[[Any], None], seed: int = 0) -> Wrong | NotWritten | Stopped | None:
    """The trial under a check, in the state of a fresh Python and within the limits; what ended it, None at its end."""
    try:
        with fresh_state(seed), one_thread(), limits(SECONDS, MEMORY):  # threads of small tensors wait for busy cores
            torch.manual_seed(seed)
            trial.run(check)
    except (Wrong, NotWritten, Stopped) as end:
        return end
    return None


def verdict_of(
    trial: Trial, end: Wrong | NotWritten | Stopped, name: str, after: str = "", remember: bool = False
) -> Verdict:
    """What to say of a trial that ended early.

    after: with what the lesson goes on, a sentence. remember: the same mistake again shows its way out.
    """
    after = f" {after}" if after else ""
    if isinstance(end, Stopped):
        return Verdict(WRONG, f"{name}: {end}\n  called    {trial.last}")
    if isinstance(end, NotWritten):
        return Verdict(MISSING, f"{name}: {unfinished(trial, end, name)}.{after}")
    key = (name, str(end.mistake))
    lines = end.with_way() if end.mistake and key in SEEN else end.lines
    if remember and end.mistake:
        SEEN.add(key)
    first, *more = [line for line in lines if line][:LINES]
    said = [line if line.startswith("  ") else f"  → {line}" for line in more]  # facts, then what to do
    method = f"{name}.{end.method}" if end.method else name
    return Verdict(WRONG, "\n".join([f"{method}: {first}.{after}", *said]))


def unfinished(trial: Trial, end: NotWritten, name: str) -> str:
    """What is written and what is not, method by method where the checks go by methods."""
    if trial.not_written:
        return trial.methods_in_words()
    if end.name and end.name != name and not isinstance(trial.mine, type):
        return f"it calls {end.whole_name}, which is not written yet"
    return "not written yet" if not end.name or end.name == name else f"{end.name} is not written yet"


def forget(name: str) -> None:
    """After a right answer: a mistake that comes back later is new."""
    for key in [key for key in SEEN if key[0] == name]:
        SEEN.discard(key)
