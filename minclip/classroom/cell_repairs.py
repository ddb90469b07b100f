"""Brings the cells of a submitted notebook into the form in which nbgrader can grade them.

nbgrader knows a cell by its grade_id. A cell that stands twice or whose id is unknown stops the grading of a notebook,
and one without its id gets no points. Repaired is what nobody wrote: ids, kinds, what nbgrader keeps about a cell, and
cells of the released notebook that are missing. What a student wrote stays, to the letter.
"""

import copy
import re
from collections import defaultdict
from typing import Any

from minclip.classroom.further_tests import mark_put_back
from minclip.classroom.handed_in import Notebook, grade_id, source_of
from minclip.classroom.released import is_answer, plain, same_text
from minclip.course.outline import LESSONS

KEYS = ("grade", "grade_id", "locked", "points", "solution", "task", "schema_version")  # of nbgrader's metadata
FORMER = {old: exercise.name for lesson in LESSONS for exercise in lesson.exercises for old in exercise.former}
Cell = dict[str, Any]


def repair_cells(given: Notebook, release: Notebook) -> list[str]:
    """Repairs the cells of a notebook in place; returns a line for each kind of repair."""
    wanted = {grade_id(cell): cell for cell in release.cells if grade_id(cell)}
    lines = [line for step in (forget_unknown, give_ids, one_of_each, as_released) for line in step(given, wanted)]
    return [*lines, *add_missing(given, release), *own_cell_ids(given)]


def forget_unknown(given: Notebook, wanted: dict[str, Cell]) -> list[str]:
    """Takes nbgrader's metadata off cells that the released notebook does not know; a former name becomes today's."""
    forgotten, renamed = [], []
    for cell in given.cells:
        if "nbgrader" not in cell["metadata"]:
            continue
        name = grade_id(cell)
        today = re.sub(r"^(check-)?(.*)$", lambda m: (m[1] or "") + FORMER.get(m[2], m[2]), name)
        if name not in wanted and today in wanted:
            cell["metadata"]["nbgrader"]["grade_id"] = today
            renamed.append(name)
        elif name not in wanted:
            del cell["metadata"]["nbgrader"]
            forgotten.append(name or "one without a name")
    lines = [f"{listed(renamed)} had the name of an older version"] if renamed else []
    return lines + ([f"{listed(forgotten)}: ids that this lesson does not have are off"] if forgotten else [])


def give_ids(given: Notebook, wanted: dict[str, Cell]) -> list[str]:
    """Gives cells that lost nbgrader's metadata their ids again, as some editors drop them."""
    known, back = {grade_id(cell) for cell in given.cells}, []
    for name, released in wanted.items():
        if name in known:
            continue
        cell = find(name, released, [cell for cell in given.cells if not grade_id(cell)])
        if cell is not None:
            cell["metadata"]["nbgrader"] = about(released)
            back.append(name)
    return [f"{listed(back)} had lost {'its id' if len(back) == 1 else 'their ids'} for nbgrader"] if back else []


def find(name: str, released: Cell, cells: list[Cell]) -> Cell | None:
    """The cell that was this one: by its own id, else by its text, else by the name that it defines or checks."""
    exercise = re.escape(name.removeprefix("check-"))
    pattern = rf"^(?:async +def|def|class) +{exercise}\b" if is_answer(released) else rf"^ *{exercise} *= *check\("
    by_id = [cell for cell in cells if released.get("id") in (cell.get("id"), cell["metadata"].get("id"))]
    by_text = [cell for cell in cells if same_text(cell, released)]
    by_name = [cell for cell in cells if re.search(pattern, source_of(cell), re.MULTILINE)]
    first_line = source_of(released).strip().partition("\n")[0]
    by_start = [
        cell for cell in cells if released["cell_type"] == "markdown" and source_of(cell).strip().startswith(first_line)
    ]
    for found in (by_id, by_name if is_answer(released) else by_text, by_text, by_name, by_start):
        if found:
            return found[-1]
    return None


def one_of_each(given: Notebook, wanted: dict[str, Cell]) -> list[str]:
    """Of a cell that stands twice, the last one that somebody wrote in keeps the id."""
    places = defaultdict(list)
    for cell in given.cells:
        if name := grade_id(cell):
            places[name].append(cell)
    twice, gone = [name for name, cells in places.items() if len(cells) > 1], []
    for name in twice:
        cells = places[name]
        written = [cell for cell in cells if not same_text(cell, wanted[name])]
        keeper = (written if is_answer(wanted[name]) and written else [c for c in cells if c not in written] or cells)[
            -1
        ]
        for cell in cells:
            if cell is not keeper and (cell in written):
                del cell["metadata"]["nbgrader"]
            elif cell is not keeper:
                gone.append(id(cell))
    given.raw["cells"] = [cell for cell in given.cells if id(cell) not in gone]
    if not twice:
        return []
    more = "; copies in which nothing was written are out" if gone else ""
    return [f"{listed(twice)} stood more than once: the last one that is written has the points{more}"]


def as_released(given: Notebook, wanted: dict[str, Cell]) -> list[str]:
    """Kind, points and marks of each graded cell are the released ones."""
    kinds, marks = [], []
    for cell in given.cells:
        name = grade_id(cell)
        if not name:
            continue
        released = wanted[name]
        if cell["cell_type"] != released["cell_type"]:
            change_kind(cell, released["cell_type"])
            kinds.append(name)
        now, then = cell["metadata"]["nbgrader"], about(released)
        if any(now.get(key) != then.get(key) for key in KEYS) or set(now) - {*then, "checksum", "cell_type"}:
            cell["metadata"]["nbgrader"] = then
            marks.append(name)
    lines = [f"{listed(kinds)} had another cell type"] if kinds else []
    return lines + ([f"{listed(marks)} had other marks or points for nbgrader"] if marks else [])


def add_missing(given: Notebook, release: Notebook) -> list[str]:
    """Puts graded cells that are missing back to where they stand in the released notebook.

    The cell of an answer does not come back: it has no points of its own, and its empty text below an answer that is
    written elsewhere would take that answer's place.
    """
    present, added = {grade_id(cell) for cell in given.cells}, []
    for place, released in enumerate(release.cells):
        name = grade_id(released)
        if not name or name in present or not released["metadata"]["nbgrader"].get("grade"):
            continue
        defining = [i for i, cell in enumerate(given.cells) if defines(cell, name.removeprefix("check-"))]
        stands = [where for cell in release.cells[:place][::-1] if (where := where_is(cell, given)) is not None]
        back = copy.deepcopy(released)
        mark_put_back(back["metadata"])
        given.cells.insert(max([-1, *stands[:1], *defining]) + 1, back)
        added.append(name)
    return (
        [f"{listed(added)} {'was' if len(added) == 1 else 'were'} missing, and came back as released"] if added else []
    )


def undefined(given: Notebook, release: Notebook) -> list[str]:
    """The answers that have no cell any more, and whose name no other cell defines."""
    names = [grade_id(cell) for cell in release.cells if is_answer(cell) and cell["cell_type"] == "code"]
    present = {grade_id(cell) for cell in given.cells}
    return [name for name in names if name not in present and not any(defines(cell, name) for cell in given.cells)]


def where_is(released: Cell, given: Notebook) -> int | None:
    """The place of a released cell in the notebook, by its ids or its text."""
    for same in (lambda cell: grade_id(cell), lambda cell: cell.get("id")):
        for place, cell in enumerate(given.cells):
            if same(released) and same(cell) == same(released):
                return place
    return next((place for place, cell in enumerate(given.cells) if same_text(cell, released)), None)


def defines(cell: Cell, name: str) -> bool:
    """Whether a code cell binds the name: a function, a class, an assignment, an import; not its check."""
    text, name = source_of(cell) if cell["cell_type"] == "code" else "", re.escape(name)
    made = (
        rf"^ *(?:async +def|def|class) +{name}\b|^ *{name} *(?::[^=\n]*)?=(?!=| *check\()|^ *from .*import.*\b{name}\b"
    )
    return re.search(made, text, re.MULTILINE) is not None


def own_cell_ids(given: Notebook) -> list[str]:
    """Since format 4.5 each cell has an id of its own, of letters, digits, - and _."""
    if not isinstance(given.raw.get("nbformat_minor"), int) or given.raw["nbformat_minor"] < 0:
        given.raw["nbformat_minor"] = 5
    if given.raw["nbformat_minor"] < 5:
        return []
    seen: set[str] = set()
    wrong = 0
    for place, cell in enumerate(given.cells):
        name = str(cell.get("id", ""))
        if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) or name in seen or name != cell["id"]:
            wrong += 1
            number = place
            while (name := f"cell-of-student-{number:03}") in seen:
                number += 1000
            cell["id"] = name
        seen.add(name)
    words = "1 cell had no id of its own" if wrong == 1 else f"{wrong} cells had no ids of their own"
    return [words] if wrong else []


def about(released: Cell) -> dict[str, Any]:
    """nbgrader's metadata of a released cell."""
    return copy.deepcopy(released["metadata"]["nbgrader"])


def change_kind(cell: Cell, kind: str) -> None:
    cell["cell_type"] = kind
    cell.pop("attachments", None) if kind == "code" else None
    if kind == "code":
        cell |= {"outputs": [], "execution_count": None}
    else:
        for key in ("outputs", "execution_count"):
            cell.pop(key, None)


def listed(names: list[str]) -> str:
    """The names, at most four."""
    shown = list(dict.fromkeys(names))
    return ", ".join(shown[:4]) + (f" and {len(shown) - 4} more" if len(shown) > 4 else "")


def changed_locked(given: Notebook, release: Notebook) -> list[str]:
    """The locked cells whose text is not the released one. Grading puts the released text back."""
    wanted = {grade_id(cell): cell for cell in release.cells if grade_id(cell) and not is_answer(cell)}
    found = [grade_id(c) for c in given.cells if grade_id(c) in wanted and not same_text(c, wanted[grade_id(c)])]
    return [name for name in found if plain(source_of(wanted[name]))]
