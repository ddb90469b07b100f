"""What a teacher should look at: an answer that is minclip's, that spies on the grader, or a grader that was changed.

All of it runs in the learner's own process, so none of it is proof against somebody who writes code for that purpose.
cheats.py says what is seen and what is not.
"""

import ast
import builtins
import sys
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from minclip.classroom.library_state import changed_library
from minclip.course.answer_dependencies import answer_of
from minclip.course.answer_source import source_of
from minclip.course.checking import check
from minclip.course.exercise import Exercise
from minclip.course.library_use import inherits, uses_library
from minclip.course.notebook_cells import cells
from minclip.course.replaced_functions import replaced_functions

SPYING = {  # names in an answer's text with which it can see who calls it, and what is expected of it
    *("_getframe", "currentframe", "f_back", "f_locals", "extract_stack", "format_stack", "walk_stack"),
    *("get_objects", "get_referrers", "settrace", "setprofile", "environ", "getenv"),
}
GRADERS = ("NBGRADER", "MINCLIP_CLASSROOM", "minclip.course", "minclip.classroom")


@dataclass
class Findings:
    """void: what costs all points of the exercise. notes: what costs none."""

    void: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def findings(answer: Any, exercise: Exercise, space: dict[str, Any]) -> Findings:
    """What is seen in an answer, its notebook (space: the notebook's variables) and this process."""
    found = Findings()
    if changed := [*changed_library(), *other_modules(), *changed_builtins()]:
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        found.void.append(f"what grades was changed: {', '.join(changed[:3])}{more}")
    if words := spying(answer, exercise.name):
        found.void.append(f"the answer can see who calls it: {', '.join(words)}")
    if is_the_librarys(answer, exercise):
        found.notes.append("minclip's own is called in it, or handed in")
    if space.get("check", check) is not check:
        found.notes.append("`check` of the notebook is not minclip's; the answer was judged all the same")
    if replaced := replaced_functions():
        found.notes.append(f"replaced, and not used by the grader: {', '.join(replaced[:5])}")
    if any(grader in cell for cell in cells() for grader in GRADERS[:2]):
        found.notes.append("a cell of the notebook asks whether it is graded")
    return found


def is_the_librarys(answer: Any, exercise: Exercise) -> bool:
    if answer is exercise.library:
        return True
    try:
        source = source_of(answer, exercise.name)
        return inherits(answer, source, exercise) or uses_library(answer, source, exercise.library)
    except (ValueError, AttributeError, SyntaxError):
        return False


def spying(answer: Any, name: str) -> list[str]:
    """The words in the text of an answer, and of what it uses of its notebook, that look at the grader."""
    try:
        source = source_of(answer, name)
    except (ValueError, AttributeError, SyntaxError):
        return []
    texts = [source]
    try:
        kept = answer_of(answer, name, source)
        texts += [*kept.helpers.values(), *kept.imports.values()]
    except ValueError:  # it does not run without its notebook, and gets no points for that
        pass
    return sorted({word for text in texts for word in words_of(text)})


def words_of(text: str) -> set[str]:
    """
    >>> sorted(words_of("def f(x):\\n    return sys._getframe(1).f_locals['expected']"))
    ['_getframe', 'f_locals']
    """
    found = set()
    for node in ast.walk(ast.parse(text)):
        names = [getattr(node, "id", ""), getattr(node, "attr", "")]
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        value = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        found |= {name for name in (*names, value) if name in SPYING}
        found |= {grader for name in (*names, value) for grader in GRADERS if name.startswith(grader)}
    return found


def other_modules() -> list[str]:
    """torch and NumPy, where sys.modules holds others than the grader has."""
    return [name for name, module in (("torch", torch), ("numpy", np)) if sys.modules.get(name) is not module]


def changed_builtins() -> list[str]:
    """Python's own functions that the notebook replaced."""
    return [f"builtins.{name}" for name, value in vars(builtins).items() if is_of_notebook(value)]


def is_of_notebook(value: Any) -> bool:
    return callable(value) and getattr(value, "__module__", None) == "__main__"
