"""`clip_loss = check(clip_loss)`: is it right? Says so in a few lines, and goes on with what works.

Right: the learner's own object comes back, and its text is kept. Wrong or not written yet: an earlier right answer
comes back, else minclip's, so that the rest of the lesson runs. Under nbgrader nothing is kept: while it validates,
wrong or missing raises; while it grades, the verdict is printed, and minclip.classroom.points gives the points. Nothing
goes to stderr.
"""

import contextlib
import re
import sys
import textwrap
from typing import Any

from minclip.course.answer_dependencies import answer_of
from minclip.course.answer_source import half_written, is_minclips, methods, own_text, source_of, unwritten
from minclip.course.execution_guards import captured
from minclip.course.exercise import Exercise, Lesson
from minclip.course.grading import GIVEN, NotRight, grading, validating
from minclip.course.judging import MISSING, RIGHT, WRONG, Verdict, forget, tried, verdict_of
from minclip.course.kept_answer import Answer
from minclip.course.learner_package import PARTS
from minclip.course.library_use import inherits, not_replaced, uses_library
from minclip.course.missing_answer import explain_missing_answers
from minclip.course.missing_names import advice_on
from minclip.course.notebook_cells import newest_definition, newest_failed, same
from minclip.course.outline import exercise_of
from minclip.course.replaced_functions import replaced_functions
from minclip.course.second_judging import earlier, fault_of_another, keep, unchecked
from minclip.course.value_words import shortened
from minclip.course.workbook import ANSWERS as PACKAGE
from minclip.course.workbook import in_the_courses_own, where_answers_go

WIDTH = 72  # columns: JupyterLab breaks longer lines within a word, on a small screen with the outline open
ARROW = "  → "  # before what to do
CODE = re.compile(r"`[^`]*`")
WARNED = re.compile(r"\w*Warning: ")  # how a warning begins, as execution_guards.captured notes it
PRINTED = 3  # lines that a wrong answer printed, and that are shown


def check(answer: Any) -> Any:
    """Judges a function or class that the learner wrote; returns it where it is right, else what works."""
    explain_missing_answers()
    name = name_of(answer, sys._getframe(1).f_globals)
    if not callable(answer) or not name:
        say(Verdict(WRONG, f"check wants the function or class itself, found {type(answer).__name__}: check(its_name)"))
        return answer
    try:
        lesson, exercise = exercise_of(name)
    except ValueError as error:
        say(Verdict(WRONG, str(error)))
        return answer
    if grading() and answer is not exercise.library:
        GIVEN[name] = answer
    verdict = judge(answer, lesson, exercise)
    say(verdict)
    if verdict.goes_on is not None:
        return verdict.goes_on
    return answer if verdict.sign == RIGHT else exercise.library


def name_of(answer: Any, space: dict[str, Any]) -> str:
    """Its own name; of a lambda, or of a function under another name, that of the exercise in the notebook."""
    name = getattr(answer, "__name__", "")
    if name in PARTS:
        return name
    return next((known for known, value in space.items() if value is answer and known in PARTS), name)


def say(verdict: Verdict) -> None:
    """Prints the verdict, or raises it where nbgrader validates."""
    if validating() and verdict.sign != RIGHT:
        raise NotRight(str(verdict))
    print("\n".join(folded(line) for line in str(verdict).splitlines()))
    # below a wrong answer it would read as if that one were kept
    if (verdict.sign == RIGHT or in_the_courses_own()) and (line := where_answers_go()):
        print(line)


def folded(line: str) -> str:
    """A line of what to do, its words on as many lines as they need; numbers and code stay as they are."""
    if not line.startswith(ARROW):
        return line
    whole = CODE.sub(lambda code: code[0].replace(" ", "\0"), line)  # to be copied: it is not broken
    lines = textwrap.fill(
        whole, WIDTH, subsequent_indent=" " * len(ARROW), break_long_words=False, break_on_hyphens=False
    )
    return lines.replace("\0", " ")


def judge(answer: Any, lesson: Lesson, exercise: Exercise) -> Verdict:
    """Checks the answer, and keeps it where it is right."""
    name, keeps = exercise.name, not grading()
    kept, whose = earlier(name) if keeps else (None, "minclip's")
    after = f"The lesson goes on with {whose}."
    inside = f"{name}: it works, with minclip's own {name} inside. Write it yourself, and it counts as yours."
    if answer is not exercise.library and is_minclips(answer):  # torch.compile(clip_loss)
        return Verdict(MISSING, inside, kept)
    try:
        source = "" if answer is exercise.library else source_of(answer, name)
        written = own_text(answer, name) if source else None
    except ValueError as error:
        return Verdict(WRONG, f"{name}: {error}", kept)
    is_kept = answer.__module__.partition(".")[0] == PACKAGE  # as `built` gave it, or a check of a wrong answer
    if why := newest_failed(name, None if is_kept else written):
        text = f"{name}: your last version does not run ({why}). Mend it, run its cell, then this one."
        todo = advice_on(why, name)
        return Verdict(WRONG, f"{text}\n{ARROW}{todo}" if todo else text, kept)
    if answer is exercise.library:
        return Verdict(
            MISSING, f"{name}: this is minclip's. Run the cell in which you write yours, then this one.", kept
        )
    if missing := not_written(answer, source, exercise):
        return Verdict(MISSING, f"{name}: {missing}. {after}", kept)
    if inherits(answer, source, exercise) or uses_library(answer, source, exercise.library):
        return Verdict(MISSING, inside, kept)
    alone, why_not = text_alone(answer, name, source)  # before the trial, in which the notebook's variables may change
    with captured() as printed:
        trial, end = tried(answer, lesson, exercise)
    lines = printed.getvalue().splitlines()
    if end is not None:
        with contextlib.suppress(OSError, ValueError):  # nothing can be written
            if another := fault_of_another(answer, source, lesson, exercise, keeps):
                return another
        verdict = verdict_of(trial, end, name, after, remember=True)
        shown = [f"  it printed  {shortened(line)}" for line in lines[:PRINTED]]
        if changed := replaced_functions():
            shown.append(
                f"  not used    {', '.join(changed):.60}: replaced since the lesson began; the check uses the original"
            )
        return Verdict(verdict.sign, "\n".join([verdict.text, *shown]), kept)
    if alone is None:
        return Verdict(WRONG, f"{name}: {why_not}", kept)
    try:
        said = keep(alone, lesson, exercise, keeps) + (unchecked(answer, alone) if keeps else "")
    except ValueError as error:
        return Verdict(WRONG, f"{name}: {error}", kept)
    except OSError as error:
        said = f" (it could not be kept: {error})"
    forget(name)
    if is_kept and not same(newest_definition(name) or source, source):
        again = "To check the one of this notebook, run its cell again, then this one."
        passes = f"what was checked is {PACKAGE}/{exercise.home}.py, which passes its {trial.passed} checks"
        return Verdict(MISSING, f"{name}: {passes}. {again}", answer)  # a tick would seem to be the notebook's
    return Verdict(RIGHT, f"{name}: {trial.passed} checks.{said}{besides(lines)}")


def besides(lines: list[str]) -> str:
    """What is said of the lines that a right answer printed, and of those with which Python warned, as sentences."""
    warned = [line for line in lines if WARNED.match(line)]
    printed = len(lines) - len(warned)
    said = f" It prints {printed} lines while it is checked: take that out." if printed else ""
    return said + (f" Python warns of something in it: {shortened(warned[0], 200)}" if warned else "")


def text_alone(answer: Any, name: str, source: str) -> tuple[Answer | None, str]:
    """The answer as a text that runs without its notebook, or None and why there is none."""
    try:
        return answer_of(answer, name, source), ""
    except ValueError as error:
        return None, str(error)


def not_written(answer: Any, source: str, exercise: Exercise) -> str:
    """What is left to write, in words; "" where nothing is."""
    missing, stale = unwritten(source), half_written(source)
    own = methods(answer) if isinstance(answer, type) else {}
    gone = [one for one in exercise.write if own and one not in own and not_replaced(one, source, exercise)]
    if gone:
        return f"it has no {', '.join(gone)} any more: write that, too"
    if missing and (not exercise.write or set(exercise.write) <= set(missing)):
        return "not written yet"
    if stale:
        return f"delete the line `raise NotImplementedError` in {', '.join(stale)}: it is written"
    return ""
