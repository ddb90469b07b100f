"""The points of one answer, by the rule that RULE says: visible claims and hidden tests, method by method."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from types import CellType, FunctionType
from typing import Any

from minclip.classroom.called_exercises import minclips_in_place, wrong_ones
from minclip.classroom.own_methods import own_methods
from minclip.course.assertions import NotWritten, Trial, Wrong
from minclip.course.checking import judge
from minclip.course.execution_guards import Stopped, captured
from minclip.course.exercise import Exercise, Lesson
from minclip.course.judging import RIGHT, forget, run_alone

RULE = """
A function has the points of its exercise. The points of a class are divided among the methods that are written, as
equally as quarters of a point allow; the last method gets what is left over.

Three quarters of them are for the check that the notebook shows: where it says ✓, they are sure. One quarter is for the
hidden tests: the same check with other random numbers, and claims that the notebook does not show. They count only
where the notebook's check is passed.

Each method is judged by itself: where another method is missing or wrong, minclip's stands in its place. What is not
written, what is minclip's own and what calls minclip's own gives no points. Neither does a class whose given parts were
changed so that its check fails.

Where you give a check's cell other points than its exercise has, all of these are scaled to them.
"""
VISIBLE = 0.75  # of the points
SEEDS = 8  # the seeds 1 to 8: at each of them every right answer of the lessons' answers.py passes


@dataclass
class Marks:
    """What an answer gets, and why."""

    exercise: str
    of: float
    points: float = 0.0
    visible: str = ""  # what the check says
    hidden: list[str] = field(default_factory=list)  # which hidden tests failed, in words
    flags: list[str] = field(default_factory=list)  # what a teacher should look at


class MethodsTrial(Trial):
    """A trial that goes on behind a method that is wrong."""

    def __init__(self, mine: Any, seed: int = 0):
        super().__init__(mine, seed)
        self.wrong_by: dict[str, Wrong] = {}  # method -> its first claim that does not hold

    @contextmanager
    def method(self, name: str) -> Iterator[None]:
        try:
            with super().method(name):
                yield
        except Wrong as wrong:
            self.wrong_by.setdefault(name, wrong)


def shares(exercise: Exercise) -> dict[str, float]:
    """The points of each method, or of the function.

    >>> from minclip.course.outline import exercise_of
    >>> shares(exercise_of("MultiHeadAttention")[1])
    {'split': 1.25, 'merge': 1.25, 'forward': 1.5}
    """
    parts = exercise.write if len(exercise.write) > 1 else (exercise.name,)
    each = 4 * exercise.points // len(parts) / 4
    found = dict.fromkeys(parts, each)
    found[parts[-1]] += exercise.points - each * len(parts)
    return found


def marks(answer: Any, lesson: Lesson, exercise: Exercise, seed: int) -> Marks:
    """What the answer gets. seed: 1 to SEEDS, of the numbers that the hidden tests draw."""
    parts, found = shares(exercise), Marks(exercise.name, float(exercise.points))
    forget(exercise.name)  # the first message, as the notebook shows it
    with captured():
        verdict = judge(answer, lesson, exercise)
        found.visible = str(verdict)
        right = dict.fromkeys(parts, answer) if verdict.sign == RIGHT else right_methods(answer, lesson, exercise)
        failed = hidden_failures(right, lesson, exercise, seed)
        if any(failed.values()) and (others := wrong_ones(answer, exercise.name)):
            with minclips_in_place(answer, others):
                failed = hidden_failures(right, lesson, exercise, seed)
    for part in right:
        found.points += parts[part] * (VISIBLE if failed[part] else 1)
        found.hidden += [said for said in failed[part] if said not in found.hidden]
    return found


def right_methods(answer: Any, lesson: Lesson, exercise: Exercise) -> dict[str, Any]:
    """Of a class whose check is not passed: method that is right -> the class in which it is.

    That is the answer with minclip's methods in place of its others, or the answer itself.
    """
    if len(exercise.write) < 2:
        return {}
    check = getattr(lesson.checks, exercise.name)
    alone, own = passed(answer, check), own_methods(answer, exercise)
    if (
        set(alone) == set(own) == set(exercise.write)
    ):  # and yet it was refused: it does not run without its notebook, for example
        return {}
    found = {}
    for method in own:
        mixed = with_minclips(answer, exercise, method)
        if method in passed(mixed, check):
            found[method] = mixed
        elif method in alone:
            found[method] = answer
    if set(found) == set(exercise.write):  # each is right by itself, and together they are not
        return {method: thing for method, thing in found.items() if method in alone}
    return found


def passed(thing: Any, check: Any) -> list[str]:
    """The methods all of whose claims hold; none where a claim about the whole class does not."""
    trial = MethodsTrial(thing)
    end = run_alone(trial, check)
    if isinstance(end, Wrong):
        return []
    return [name for name in trial.passed_by if name not in trial.wrong_by and name not in trial.not_written]


def with_minclips(answer: Any, exercise: Exercise, method: str) -> Any:
    """The class with its own method, and minclip's in the place of the others that are written."""
    mixed = type(answer.__name__, (answer,), {"__module__": answer.__module__})
    for name in exercise.write:
        if name != method:
            setattr(mixed, name, moved(vars(exercise.library)[name], answer))
    return mixed


def moved(method: Any, home: type) -> Any:
    """A copy of a method whose super() means another class."""
    if not isinstance(method, FunctionType) or "__class__" not in method.__code__.co_freevars:
        return method
    cells = zip(method.__code__.co_freevars, method.__closure__ or (), strict=True)
    closure = tuple(CellType(home) if name == "__class__" else cell for name, cell in cells)
    return FunctionType(method.__code__, method.__globals__, method.__name__, method.__defaults__, closure)


def hidden_failures(right: dict[str, Any], lesson: Lesson, exercise: Exercise, seed: int) -> dict[str, list[str]]:
    """What does not hold of each method that is right, or of the function, in words.

    A method may fail only because another one does: where several fail, each is judged among minclip's.
    """
    things = {id(thing): thing for thing in right.values()}
    failed_in = {key: failures(thing, lesson, exercise, seed) for key, thing in things.items()}

    def of(part: str, failed: list[tuple[str, str]]) -> list[str]:
        return [said for name, said in failed if name in (part, exercise.name)]

    found = {part: of(part, failed_in[id(thing)]) for part, thing in right.items()}
    failing = [part for part, words in found.items() if words and len(things) == 1 and len(right) > 1]
    if len(failing) > 1:
        mixed = {part: with_minclips(right[part], exercise, part) for part in failing}
        alone = {part: of(part, failures(thing, lesson, exercise, seed)) for part, thing in mixed.items()}
        if any(alone.values()):
            found |= alone
    return found


def failures(thing: Any, lesson: Lesson, exercise: Exercise, seed: int) -> list[tuple[str, str]]:
    """(method or exercise, what does not hold) of the check with other numbers, and of the hidden claims."""
    hidden = import_module(f"minclip.classroom.hidden_tests.lesson_{lesson.number:02}")
    checks = {
        "with other random numbers": getattr(lesson.checks, exercise.name),
        "where the notebook does not look": getattr(hidden, exercise.name),
    }
    found = []
    for where, check in checks.items():
        trial = MethodsTrial(thing, seed)
        end = run_alone(trial, check, seed)
        ends: dict[str, Wrong | NotWritten | Stopped] = {**trial.wrong_by, **trial.not_written}
        if end is not None and not isinstance(end, NotWritten):
            ends[exercise.name] = end
        found += [(name, in_words(name, end, where, trial)) for name, end in ends.items()]
    return found


def in_words(name: str, end: Wrong | NotWritten | Stopped, where: str, trial: Trial) -> str:
    """One line for the teacher."""
    if isinstance(end, Wrong):
        facts = [line.strip() for line in end.lines if not line.startswith("  →")]
        what = "; ".join(" ".join(line.split()) for line in facts)
    else:
        what = f"{end} {trial.last}" if isinstance(end, Stopped) else f"{end} is not written"
    return f"{name}, {where}: {what:.300}"
