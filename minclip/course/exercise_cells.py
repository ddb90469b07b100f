"""An exercise's cell, in its forms: as it stands in the library, marked for nbgrader, and as the learner gets it.

The text comes from the library. What the learner writes is a function's body after its docstring and the checks of its
arguments, which are given; of a class it is the methods that its Exercise names.
"""

import ast

from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.preprocessors import ClearSolutions

from minclip.course.answer_source import given_statements

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
BEGIN_HIDDEN, END_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"  # nbgrader takes out what is between them


def solution_lines(function: ast.FunctionDef) -> tuple[int, int, int]:
    """(first line, last line, indent) of what the learner writes; lines from 1."""
    given = given_statements(function.body)
    before = function.body[given - 1].end_lineno if given else function.body[0].lineno - 1
    last = function.end_lineno
    assert before is not None and last is not None  # ast.parse fills them
    return before + 1, last, function.body[0].col_offset


def marked(source: str, write: tuple[str, ...] = ()) -> str:
    """The text with nbgrader's marks around what the learner writes: the function, or those methods of the class."""
    lines = source.splitlines()
    (top,) = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    functions = [top] if isinstance(top, ast.FunctionDef) else top.body
    wanted = [f for f in functions if isinstance(f, ast.FunctionDef) and (f is top or f.name in write)]
    if isinstance(top, ast.ClassDef) and {f.name for f in wanted} != set(write):
        raise ValueError(f"class {top.name} has no method for each of {', '.join(write)}: see its lesson's __init__.py")
    for function in sorted(wanted, key=lambda f: f.lineno, reverse=True):
        first, last, indent = solution_lines(function)
        lines.insert(last, " " * indent + END)
        lines.insert(first - 1, " " * indent + BEGIN)
    return "\n".join(lines)


def check_lines(name: str) -> str:
    """The text of a check's cell: the learner's line, and below it those that give the points, hidden from learners."""
    points = ("from minclip.classroom.points import points_of", f'points_of("{name}")')
    return "\n".join([f"{name} = check({name})", BEGIN_HIDDEN, *points, END_HIDDEN])


def without_hidden(source: str) -> str:
    """The text as learners get it.

    >>> without_hidden(check_lines("clip_loss"))
    'clip_loss = check(clip_loss)'
    """
    return source.partition(f"\n{BEGIN_HIDDEN}\n")[0]


def solved(source: str) -> str:
    """The marked text without its marks."""
    return "\n".join(line for line in source.splitlines() if line.strip() not in (BEGIN, END))


def stub(source: str, number: str) -> str:
    """The marked text as the learner gets it: nbgrader's own preprocessor takes the solutions out."""
    notebook = new_notebook(cells=[new_code_cell(source)], metadata=METADATA)
    clear = ClearSolutions(code_stub={"python": f'raise NotImplementedError("exercise {number}")'})
    clear.enforce_metadata = False
    cleared, _ = clear.preprocess(notebook, {})
    return str(cleared.cells[0].source)
