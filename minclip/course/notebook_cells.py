"""The cells that a learner has run, newest last, as they typed them. Empty outside of a notebook."""

import ast
import linecache
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from types import CodeType
from typing import Any

from minclip.course.statements import first_line, lines_of

# cell magics whose text does not run as Python in the notebook
ELSEWHERE = {"!", "ai", "bash", "cmd", "file", "html", "javascript", "js", "latex", "markdown", "perl", "python"}
ELSEWHERE |= {"python3", "pypy", "ruby", "script", "sh", "svg", "sx", "system", "writefile"}


def shell() -> Any | None:
    """The running IPython, which is not imported for this."""
    return sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None


def cells() -> list[str]:
    """The texts of all cells that were run, as Python gets them: a magic command is a call of get_ipython()."""
    running = shell()
    if running is None or running.history_manager is None:
        return []
    return [as_python(text, running.transform_cell) for text in running.history_manager.input_hist_raw]


@cache
def as_python(cell: str, transform: Callable[[str], str]) -> str:
    """What a cell hands to Python; below a magic command such as %%time the rest of it."""
    while (stripped := cell.lstrip()).startswith("%%"):
        command, _, cell = stripped.partition("\n")
        if command.split()[0].removeprefix("%%") in ELSEWHERE:
            return ""
    try:
        return transform(cell)
    except Exception:  # whatever IPython raises for a text that is no Python
        return cell


def text_of_file(code: CodeType) -> list[str]:
    """The texts that may hold the code: its file, or the newest cells first where no file is known (%%time)."""
    linecache.checkcache(code.co_filename)  # a file of my_minclip changes with each answer
    text = "".join(linecache.getlines(code.co_filename))
    return [text] if text and is_python(text) else cells()[::-1]


def is_python(text: str) -> bool:
    """IPython's memory of a cell is none where a text in it holds a form feed or a Unicode separator."""
    try:
        return ast.parse(text) is not None
    except (SyntaxError, ValueError):
        return False


def definitions(text: str, name: str) -> Iterator[ast.stmt]:
    """The statements at the top level of a text that define `name`: def, class or assignment."""
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            yield node
        if getattr(getattr(getattr(node, "value", None), "func", None), "id", "") in ("check", "built"):
            continue
        targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
        is_assignment = isinstance(node, ast.Assign | ast.AnnAssign)
        if is_assignment and any(isinstance(target, ast.Name) and target.id == name for target in targets):
            yield node


def newest_definition(name: str) -> str | None:
    """The text that defined a name of the notebook last; None where no cell did."""
    for cell in reversed(cells()):
        found = list(definitions(cell, name))
        if found:
            return segment(cell, found[-1])
    return None


def segment(text: str, node: ast.stmt) -> str:
    """The lines of a statement, decorators included."""
    return "\n".join(lines_of(text)[first_line(node) - 1 : node.end_lineno]).rstrip() + "\n"


def newest_failed(name: str, running_text: str | None) -> str:
    """Why the newest cell that writes `name` did not run to its definition, so that an older one holds; "" if it did.

    running_text: the text of the object that the notebook holds; None where that is minclip's or unknown.
    """
    writes = re.compile(rf"^\s*(async\s+def|def|class)\s+{name}\b|^{name}\s*=\s*lambda\b", re.MULTILINE)
    written = [cell for cell in cells() if writes.search(cell)]
    if not written:
        return ""
    newest = written[-1]
    try:
        compile(newest, "cell", "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"{error.msg}, line {error.lineno} of the cell"
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    inside = [node for node in ast.walk(ast.parse(newest)) if isinstance(node, kinds) and node.name == name]
    found = [segment(newest, node) for node in [*inside, *definitions(newest, name)]]
    if not found or (running_text is not None and any(same(text, running_text) for text in found)):
        return ""
    failed = last_error(newest)
    return failed if failed or running_text is None else "its cell stopped before the definition"


def same(a: str, b: str) -> bool:
    return a.split() == b.split()


def last_error(cell: str) -> str:
    """The error that IPython showed last, if it came from this cell."""
    error = getattr(sys, "last_value", None)
    trace = getattr(error, "__traceback__", None)
    while trace is not None:
        text = "".join(linecache.getlines(trace.tb_frame.f_code.co_filename))
        if text and same(text, cell):
            return f"{type(error).__name__}: {error}, line {trace.tb_lineno} of the cell"
        trace = trace.tb_next
    return ""
