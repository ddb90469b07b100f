"""Which methods of a class a learner wrote: not a stub, not inherited from minclip's, not a call of minclip's."""

import ast
import re
import textwrap
from typing import Any

from minclip.course.answer_source import is_minclips, methods, source_of, unwritten
from minclip.course.exercise import Exercise
from minclip.course.library_use import is_subclass, uses_library
from minclip.course.notebook_cells import segment


def own_methods(answer: Any, exercise: Exercise) -> list[str]:
    """Those of the exercise's methods that stand in the class itself and are the learner's work."""
    if not isinstance(answer, type) or answer is exercise.library:
        return []
    try:
        source = source_of(answer, exercise.name)
    except ValueError:
        return []
    (top,) = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)] or [None]
    if top is None:
        return []
    texts = {node.name: textwrap.dedent(segment(source, node)) for node in top.body if isinstance(node, ast.FunctionDef)}
    stubs, members, found = unwritten(source), methods(answer), []
    for name in exercise.write:
        if name not in texts or name not in members or name in stubs or is_minclips(members[name]):
            continue
        handed_up = is_subclass(answer, exercise.library) and re.search(rf"super\([^)]*\)\.{name}\b", texts[name])
        if not handed_up and not uses_library(answer, texts[name], exercise.library):
            found.append(name)
    return found
