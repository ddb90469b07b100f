"""The repairs of submissions hold for the course's own notebooks, whatever an editor did to them."""

import copy
import json
from pathlib import Path

import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator

from minclip.classroom.cell_repairs import repair_cells
from minclip.classroom.handed_in import Notebook, grade_id, read_notebook, source_of
from minclip.course.notebook_files import course_path, notebook_in
from minclip.course.outline import LESSONS

SOLUTIONS = Path(__file__).parents[1] / "solutions"


def stripped(cells):
    """As an editor that knows neither ids nor nbgrader writes them."""
    for cell in cells:
        cell["metadata"] = {"id": "x7Qz"}
        cell["source"] = source_of(cell)
        cell.pop("id")
    return cells


def doubled(cells):
    return [copy.deepcopy(cell) for cell in cells for _ in range(2 if grade_id(cell) else 1)]


def without_checks(cells):
    return [cell for cell in cells if not grade_id(cell).startswith("check-")]


def as_markdown(cells):
    for cell in cells:
        if grade_id(cell):
            cell["cell_type"] = "markdown"
            cell.pop("outputs"), cell.pop("execution_count")
    return cells


def with_stubs_behind(cells, release):
    """A copy of the empty cell behind each answer."""
    stubs = {grade_id(cell): cell for cell in release.cells if grade_id(cell)}
    found = []
    for cell in cells:
        found.append(cell)
        if grade_id(cell) and not grade_id(cell).startswith("check-"):
            found.append(copy.deepcopy(stubs[grade_id(cell)]))
    return found


CHANGES = {"stripped": stripped, "doubled": doubled, "without checks": without_checks, "as markdown": as_markdown}


@pytest.mark.parametrize("change", [*CHANGES, "with stubs behind", "nothing"])
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_every_answer_keeps_its_text_and_gets_its_check(lesson, change):
    release = read_notebook(course_path(lesson).read_bytes())
    solved = read_notebook(notebook_in(SOLUTIONS, lesson).read_bytes())
    wanted = {grade_id(cell): source_of(cell) for cell in solved.cells if grade_id(cell)}
    given = Notebook(copy.deepcopy(solved.raw))
    if change == "with stubs behind":
        given.raw["cells"] = with_stubs_behind(given.cells, release)
    elif change != "nothing":
        given.raw["cells"] = CHANGES[change](given.cells)
    said = repair_cells(given, release)
    assert bool(said) == (change != "nothing")
    found = {grade_id(cell): source_of(cell) for cell in given.cells if grade_id(cell)}
    assert found == wanted and list(found) == list(wanted)
    made = nbformat.reads(json.dumps(given.raw), as_version=4)
    nbformat.validate(made)
    MetadataValidator().validate_nb(made)
    assert repair_cells(given, release) == [], "a second time changes nothing"
