"""Why a check did not find its answer: the error of the answer's own cell, in the place of the check's NameError.

A cell with a syntax error defines nothing, so that its check only says that the name is not defined.
"""

import re

from nbformat import NotebookNode

from minclip.classroom.record import error

BRINGS_CHECK = re.compile(r"^ *from .*import.*\bcheck\b|^ *check *=|^ *import .*\bcheck\b", re.MULTILINE)
NO_FIRST_CELL = "the notebook's first cell of code is missing: it imports `check`"
CHECKED = re.compile(r"check-(\w+)")
FILE = re.compile(r" \([^()]*, line (\d+)\)$")  # IPython's name of a cell says nothing to a reader


def explain_missing_names(cells: list[NotebookNode]) -> None:
    """Puts the error of an answer's cell before the NameError of its check. Without such an error all stays."""
    for place, cell in enumerate(cells):
        found = CHECKED.fullmatch(name_of(cell))
        if cell.cell_type == "code" and found and says_undefined(first_error(cell), "check"):
            cell.outputs.insert(0, why_no_check(cells[:place]))
        elif cell.cell_type == "code" and found and says_undefined(first_error(cell), found[1]):
            failed = first_error_of(cells[:place], found[1])
            if failed is not None:
                line = FILE.sub(r", line \1 of the answer's cell", failed.evalue)
                cell.outputs.insert(0, error(failed.ename, line))


def why_no_check(cells: list[NotebookNode]) -> NotebookNode:
    """The error in the place of "name 'check' is not defined": the first cell's own, or that it is not there."""
    brings = [cell for cell in cells if cell.cell_type == "code" and BRINGS_CHECK.search(cell.source)]
    errors = [found for cell in brings if (found := first_error(cell)) is not None]
    if errors:
        return error(errors[0].ename, f"{errors[0].evalue}, in the cell that imports `check`")
    return error("NameError", NO_FIRST_CELL if not brings else "the cell that imports `check` did not run before")


def name_of(cell: NotebookNode) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def first_error(cell: NotebookNode) -> NotebookNode | None:
    return next((output for output in cell.get("outputs", []) if output.output_type == "error"), None)


def says_undefined(found: NotebookNode | None, name: str) -> bool:
    return found is not None and found.ename == "NameError" and found.evalue.startswith(f"name '{name}' is not defined")


def first_error_of(cells: list[NotebookNode], name: str) -> NotebookNode | None:
    """The error of the answer's cell, else of the last cell that was to define the name."""
    defines = re.compile(rf"^ *(?:async +def|def|class) +{name}\b|^ *{name} *=", re.MULTILINE)
    own = [cell for cell in cells if name_of(cell) == name]
    others = [cell for cell in cells if cell.cell_type == "code" and not name_of(cell) and defines.search(cell.source)]
    errors = [found for cell in (*own, *reversed(others)) if (found := first_error(cell)) is not None]
    return errors[0] if errors else None
