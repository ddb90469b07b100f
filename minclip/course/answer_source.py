"""The text of what a learner wrote, found again from the object.

`inspect.getsource` does not find classes that were made in a notebook's cell; here the way goes through the code of
their methods, whose file name leads to the cell. Nothing is run.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from minclip.course.notebook_cells import newest_definition, segment, text_of_file
from minclip.course.statements import first_line, lines_of, with_names

PACKAGE_FOLDER = Path(__file__).parents[1]
STUB = "NotImplementedError"
Definition = ast.FunctionDef | ast.ClassDef | ast.Assign


def code_of(thing: Any) -> CodeType | None:
    """The code of a function, or of the first method that a class's own text defines."""
    thing = unwrapped(thing)
    if not isinstance(thing, type):
        return getattr(thing, "__code__", None)
    for function in methods(thing).values():
        if function.__code__.co_qualname.startswith(f"{thing.__qualname__}.") and not is_minclips(function):
            return function.__code__
    return None


def unwrapped(thing: Any) -> Any:
    """What decorators that use functools.wraps stand around; minclip's own may lend its name, and is not meant."""
    return innermost(thing, stop=lambda one: is_minclips(one.__wrapped__))


def innermost(thing: Any, stop: Callable[[Any], bool] | None = None) -> Any:
    """What the last `__wrapped__` names; the thing itself where they lead around in a circle."""
    try:
        return inspect.unwrap(thing, stop=stop)
    except ValueError:
        return thing


def is_minclips(thing: Any) -> bool:
    code = getattr(innermost(thing), "__code__", None)
    return code is not None and PACKAGE_FOLDER in Path(code.co_filename).parents


def methods(thing: type) -> dict[str, FunctionType]:
    """name -> function of what stands in a class itself: methods, properties, static methods."""
    found = {}
    for name, member in vars(thing).items():
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        function = innermost(function) if callable(function) else None
        if isinstance(function, FunctionType):
            found[name] = function
    return found


def source_of(thing: Any, name: str = "") -> str:
    """The text of a function, class or lambda with its decorators, at the left margin.

    name: what it is called, where it does not know it (a lambda). ValueError where the text cannot be found, or where
    it works only in the function that it was made in. Methods that were put into a class later stand in its text.
    """
    text = own_text(thing, name)
    return with_later_methods(thing, text) if isinstance(thing, type) else text


def own_text(thing: Any, name: str = "") -> str:
    """The text of the one statement that defined it: like source_of, without what was put into a class later."""
    name = name or thing.__name__
    code = code_of(thing)
    if code is not None and code.co_freevars and not isinstance(thing, type):
        if by_decorator := decorated(name):  # what a decorator without functools.wraps gave back
            return by_decorator
        inner = ", ".join(code.co_freevars)
        raise ValueError(f"it is made inside a function and uses its {inner}: write it at the left margin of a cell")
    for text in text_of_file(code) if code else []:
        for called in (name, getattr(thing, "__name__", name)):  # it may have been given another name since
            if found := find(text, called, code):
                return found if called == name else with_names(found, {called: name})
    if isinstance(thing, type) and (written := newest_definition(name)):  # a class without a method
        return written
    raise ValueError(
        f"the text of {name} cannot be found: write it in a cell of its own or a .py file, as def or class"
    )


def decorated(name: str) -> str:
    """The newest text that defined a name of the notebook, where it has a decorator."""
    written = newest_definition(name) or ""
    return written if written and getattr(ast.parse(written).body[0], "decorator_list", []) else ""


def find(text: str, name: str, code: CodeType | None) -> str:
    """The part of a text that the code was made of, at the left margin; "" where it is not there."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return ""
    for node in ast.walk(tree):
        named = getattr(node, "name", None) or (isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None))
        if isinstance(node, Definition) and named == name and code and holds(node, code):
            return textwrap.dedent(segment(text, node))
    return ""


def holds(node: Definition, code: CodeType) -> bool:
    """Whether the code was made of this part of the text: by its lines, and by the names that it uses."""
    if not first_line(node) <= code.co_firstlineno <= (node.end_lineno or node.lineno):
        return False
    words = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    words |= {one.arg for one in ast.walk(node) if isinstance(one, ast.arg)}
    return set(code.co_varnames[: code.co_argcount]) <= words


def with_later_methods(thing: type, text: str) -> str:
    """The class's text with the methods that were put into it after its cell (as with fastcore's patch)."""
    node = ast.parse(text).body[0]
    if not isinstance(node, ast.ClassDef):  # Pair = namedtuple("Pair", "a b")
        return text
    inside = {one.name: one for one in node.body if isinstance(one, ast.FunctionDef)}
    own = code_of(thing)
    lines = lines_of(text)
    line, column = node.body[0].lineno - 1, node.body[0].col_offset
    indent, rest = lines[line][:column], lines[line][column:]
    if indent.strip():  # class Half: pass
        return with_later_methods(thing, "\n".join([*lines[:line], indent.rstrip(), f"    {rest}", *lines[line + 1 :]]))
    later = []
    for name, function in methods(thing).items():
        code = function.__code__
        at_home = own is not None and code.co_filename == own.co_filename
        if at_home and code.co_qualname.startswith(f"{thing.__qualname__}."):
            continue
        if getattr(inside.get(name), "decorator_list", []) and "<locals>" in code.co_qualname:  # no functools.wraps
            continue
        if function.__name__ == "<lambda>":
            raise ValueError(f"its {name} is a lambda that was put into it later: write it with def, inside the class")
        if code.co_filename == "<string>":  # made by dataclass, NamedTuple and their like
            continue
        if code.co_filename.endswith(".py") and "ipykernel" not in code.co_filename:  # a library's, as nn.Module's
            continue
        later.append((inside.get(name), name, source_of(function, function.__name__)))
    for old, name, new in sorted(later, key=lambda one: -(one[0].lineno if one[0] else len(lines) + 1)):
        (definition,) = ast.parse(new).body
        body = lines_of(new)
        at = definition.lineno - 1
        body[at] = body[at].replace(f"def {getattr(definition, 'name', name)}", f"def {name}", 1)
        shifted = [f"{indent}{line}".rstrip() for line in body[at:]]
        if old is None:
            lines += ["", *shifted]
        else:
            lines[old.lineno - 1 : old.end_lineno] = shifted
    return "\n".join(lines).rstrip() + "\n"


def given_statements(body: list[ast.stmt]) -> int:
    """How many statements at the beginning of a body are given: the docstring, and all up to the last refusal.

    A refusal is `if ...: raise ...`; before it only assignments may stand, such as the one that it reads.
    """
    given = 0
    for place, statement in enumerate(body):
        text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        refusal = isinstance(statement, ast.If) and not statement.orelse and isinstance(statement.body[-1], ast.Raise)
        if text or refusal:
            given = place + 1
        elif not isinstance(statement, ast.Assign):
            break
    return min(given, len(body) - 1)


def is_stub(statement: ast.stmt) -> bool:
    """raise NotImplementedError"""
    return isinstance(statement, ast.Raise) and STUB in ast.dump(statement)


def functions(source: str) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]


def unwritten(source: str) -> list[str]:
    """The functions of the text in which nothing but `raise NotImplementedError` follows what is given."""
    return [f.name for f in functions(source) if is_stub(f.body[-1]) and given_statements(f.body) == len(f.body) - 1]


def half_written(source: str) -> list[str]:
    """The functions of the text that were written, and still hold the line `raise NotImplementedError`."""
    return [f.name for f in functions(source) if any(map(is_stub, f.body)) and f.name not in unwritten(source)]
