"""Which methods of a class a learner wrote: not a stub, not inherited from minclip's, not a call of minclip's."""

import ast
import re
from typing import Any

from minclip.course.answer_source import is_minclips, methods, source_of, unwritten
from minclip.course.exercise import Exercise
from minclip.course.library_use import is_subclass, uses_library


def own_methods(answer: Any, exercise: Exercise) -> list[str]:
    """Those of the exercise's methods that stand in the class itself and are the learner's work."""
    if not isinstance(answer, type) or answer is exercise.library:
        return []
    try:
        source = source_of(answer, exercise.name)
    except ValueError:
        return []
    top = ast.parse(source).body[0]
    if not isinstance(top, ast.ClassDef):
        return []
    texts = {node.name: ast.unparse(node) for node in top.body if isinstance(node, ast.FunctionDef)}
    stubs, members, found = unwritten(source), methods(answer), []
    for name in exercise.write:
        if name not in texts or name not in members or name in stubs or is_minclips(members[name]):
            continue
        handed_up = is_subclass(answer, exercise.library) and re.search(rf"super\([^)]*\)\.{name}\b", texts[name])
        if not handed_up and not uses_library(answer, texts[name], exercise.library):
            found.append(name)
    return found
