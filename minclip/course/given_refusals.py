"""The lines at the top of an exercise's function that refuse bad input: they are given, and the learner leaves them."""

import ast
from typing import Any

from minclip.course.answer_source import functions, given_statements
from minclip.course.exercise import library_source
from minclip.course.failures import Mistake
from minclip.course.learner_package import PARTS
from minclip.course.outline import exercise_of

GUARDS_GONE = Mistake(
    "the lines that refuse bad input are gone, changed, or come too late",
    way="the exercise has them at the top of the function, above your own lines: put them back there",
)


def has_refusals(exercise: str, function: Any) -> bool:
    """Whether lines that refuse bad input are given in a function of the exercise, or (an instance) in its forward."""
    if exercise not in PARTS:
        return False
    name = getattr(function, "__name__", "forward")
    given = [f for f in functions(library_source(exercise_of(exercise)[1].library)) if f.name == name]
    return any(
        isinstance(node, ast.Raise)
        for one in given
        for statement in one.body[: given_statements(one.body)]
        for node in ast.walk(statement)
    )
