"""Answers that a test hands to the checks: wrong ones that people write, and right ones that differ from minclip's.

Each lesson's folder has them in answers.py: SETUP, the lines that its notebook runs first, WRONG and CORRECT.
"""

import linecache
import textwrap
from dataclasses import dataclass
from itertools import count
from typing import Any

NUMBERS = count()


@dataclass(frozen=True)
class Answer:
    """What somebody wrote for an exercise.

    says: words that the check must answer with; silent: words that it must not. "" where none are promised.
    """

    exercise: str
    code: str
    says: str = ""
    silent: str = ""


def indented(body: str, by: int = 4) -> str:
    """The lines of a function's body, as far in as it stands."""
    return textwrap.indent(body.strip(), " " * by)


def answer_of(exercise: str, head: str, body: str, says: str = "", silent: str = "") -> Answer:
    """A function of that head and body."""
    return Answer(exercise, f"{head}{indented(body)}\n", says, silent)


def edited(text: str, old: str, new: str) -> str:
    """The text with `new` in place of `old`, which must be there."""
    if old not in text:
        raise ValueError(f"{old!r} is not in {text!r}")
    return text.replace(old, new)


def run_cell(code: str, setup: str = "") -> dict[str, Any]:
    """Runs the code as a notebook's cell would be: its text can be found again from its objects."""
    space: dict[str, Any] = {"__name__": "__main__"}
    for part in (setup, code):
        name = f"<cell {next(NUMBERS)}>"
        linecache.cache[name] = (len(part), None, part.splitlines(keepends=True), name)
        exec(compile(part, name, "exec"), space)
    return space
