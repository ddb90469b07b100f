"""Whether an answer is the library's own in disguise: it works, but the learner has not written it."""

import ast
import re
import sys
from types import FunctionType, ModuleType
from typing import Any

from minclip.course.answer_dependencies import namespace
from minclip.course.answer_source import source_of
from minclip.course.exercise import Exercise, library_source


def is_subclass(thing: Any, library: Any) -> bool:
    return isinstance(thing, type) and isinstance(library, type) and issubclass(thing, library)


def inherits(thing: Any, source: str, exercise: Exercise) -> bool:
    """Whether a class has from minclip's what is to be written: class PatchEmbedding(vision.PatchEmbedding): pass."""
    library = exercise.library
    if not is_subclass(thing, library):
        return False
    theirs = exercise.write or [name for name, value in vars(library).items() if isinstance(value, FunctionType)]
    asked = [name for name in theirs if not_replaced(name, source, exercise)]
    return any(getattr(thing, name, None) is getattr(library, name) for name in asked)


def not_replaced(method: str, source: str, exercise: Exercise) -> bool:
    """Whether a method is missed: it is not where others of minclip's call it, and the answer's do without it."""
    call = rf"self\.{method}\("
    return not re.search(call, library_source(exercise.library)) or bool(re.search(call, source))


def uses_library(thing: Any, source: str, library: Any, seen: frozenset[int] = frozenset()) -> bool:
    """Whether a text calls or names `library`, itself or through helpers of the notebook.

    A class may inherit from minclip's, as long as it does not ask it for what is to be written: super().forward(x).
    """
    space = namespace(thing)
    tree = ast.parse(source)
    for part in tree.body:
        if isinstance(part, ast.ClassDef):
            part.bases = [base for base in part.bases if meaning(base, space) is not library]
            asked = re.findall(r"super\([^)]*\)\.(?!__init__)(\w+)", source)
            if is_subclass(thing, library) and any(name in vars(library) for name in asked):
                return True
    for node in ast.walk(tree):
        if is_hidden(node, library.__name__):
            return True
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("minclip"):
            taken = [getattr(sys.modules.get(node.module or ""), alias.name, None) for alias in node.names]
            if any(one is library for one in taken):
                return True
        value = meaning(node, space)
        if value is library:
            return True
        helper = isinstance(value, FunctionType | type) and value.__module__ == "__main__" and id(value) not in seen
        if helper and value is not thing:
            try:
                text = source_of(value)
            except ValueError:
                continue
            if uses_library(value, text, library, seen | {id(value)}):
                return True
    return False


def is_hidden(node: ast.AST, name: str) -> bool:
    """Whether it gets minclip's by a text: import_module("minclip.loss"), getattr(loss, "clip_loss"), eval(...)."""
    inside = [*node.args, node.func] if isinstance(node, ast.Call) else []
    inside += [node.slice] if isinstance(node, ast.Subscript) else []
    texts = [one.value for one in inside if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    calls = isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("eval", "exec", "getattr")
    looked_up = calls or isinstance(node, ast.Subscript)
    return any(
        re.fullmatch(r"minclip(\.\w+)*", text) or (looked_up and text == name) or (calls and "minclip" in text)
        for text in texts
    )


def meaning(node: ast.AST, space: dict[str, Any]) -> Any:
    """What a name, or a chain such as minclip.loss.clip_loss, stands for; None where it is no such thing."""
    if isinstance(node, ast.Name):
        return space.get(node.id)
    if isinstance(node, ast.Attribute):
        parent = meaning(node.value, space)
        if parent is None and isinstance(node.value, ast.Name):
            parent = sys.modules.get(node.value.id)  # imported inside the function
        if isinstance(parent, ModuleType | type):
            return getattr(parent, node.attr, None)
    return None
