"""The text of what a learner wrote, found again from the object.

`inspect.getsource` does not find classes that were made in a notebook's cell; here the way goes through the code of
their methods, whose file name leads to the cell. Nothing is run.
"""

import ast
import builtins
import inspect
import linecache
import symtable
from types import CodeType
from typing import Any

STUB = "NotImplementedError"


def code_of(thing: Any) -> CodeType | None:
    """The code of a function, or of the first method that a class's own text defines."""
    thing = inspect.unwrap(thing)
    if not isinstance(thing, type):
        return getattr(thing, "__code__", None)
    for member in vars(thing).values():
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
        if code is not None and code.co_qualname.startswith(f"{thing.__qualname__}."):
            return code
    return None


def source_of(thing: Any) -> str:
    """The text of a function or class with its decorators. ValueError where it cannot be found."""
    code = code_of(thing)
    lines = linecache.getlines(code.co_filename) if code else []
    try:
        tree = ast.parse("".join(lines))
    except SyntaxError:  # IPython's magic commands: those lines say nothing to Python
        tree = ast.parse("".join("\n" if line.lstrip().startswith(("%", "!")) else line for line in lines))
    for node in ast.walk(tree):
        kinds = (ast.FunctionDef, ast.ClassDef)
        if isinstance(node, kinds) and node.name == thing.__name__ and code and holds(node, code):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            return "".join(lines[first - 1 : node.end_lineno]).rstrip() + "\n"
    raise ValueError(f"the text of {thing.__name__} cannot be found: write it in a cell of its own, with def or class")


def holds(node: ast.FunctionDef | ast.ClassDef, code: CodeType) -> bool:
    """Whether the code was made of this part of the text."""
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return first <= code.co_firstlineno <= (node.end_lineno or node.lineno)


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


def outside_names(source: str) -> list[str]:
    """The names that a text takes from outside of itself, Python's own not counted, in alphabetical order.

    >>> outside_names("def double(x):\\n    return torch.add(x, x)")
    ['torch']
    """
    top = symtable.symtable(source, "cell", "exec")
    own = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    own |= {table.get_name() for table in top.get_children()}
    found: set[str] = set()
    tables = [top]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (symbol.is_global() or table is top):
                found.add(symbol.get_name())
    return sorted(name for name in found - own if not hasattr(builtins, name))
