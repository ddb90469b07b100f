"""Tiny lessons and tiny students, for tests of the classroom that are not about the lessons."""

import textwrap
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from minclip.course.build import nbgrader
from minclip.course.exercise import Lesson
from minclip.course.exercise_cells import METADATA
from minclip.course.notebook_files import read, write
from minclip.course.outline import LESSONS

LESSON = LESSONS[5]
NAME = LESSON.name
SOLUTION = "### BEGIN SOLUTION\n    return {0}\n    ### END SOLUTION"
RIGHT = {"first": "def first():\n    return 1", "second": "def second():\n    return 2"}


def code(source: str, name: str = "", **metadata: bool | int) -> NotebookNode:
    cell = new_code_cell(textwrap.dedent(source).strip())
    if name:
        cell.id, cell.metadata["nbgrader"] = name, nbgrader(name, **metadata)
    return cell


def tiny(lesson: Lesson) -> NotebookNode:
    """A source with two exercises, of 3 and 4 points."""
    cells = [new_markdown_cell("# Tiny", id="title"), code("import os", "")]
    for name, value, points in (("first", 1, 3), ("second", 2, 4)):
        cells.append(code(f"def {name}():\n    {SOLUTION.format(value)}", name, solution=True))
        check = f"assert {name}() == {value}"
        cells.append(code(check, f"check-{name}", grade=True, locked=True, points=points))
    cells[1].id = "imports"
    return new_notebook(cells=cells, metadata=METADATA | {"minclip": {"lesson": lesson.number}})


@pytest.fixture
def tiny_lessons(monkeypatch):
    monkeypatch.setattr("minclip.classroom.notebook.grading_notebook", tiny)


def hand_in(room: Path, student: str, answers: dict[str, str] | None = None, name: str = NAME) -> NotebookNode:
    """Writes the released notebook with these answers as a student's; returns it."""
    notebook = read(room / "release" / name / f"{name}.ipynb")
    for cell in notebook.cells:
        cell.source = textwrap.dedent((answers or {}).get(cell.id, cell.source))
    return hand_in_notebook(room, student, notebook, name)


def hand_in_notebook(room: Path, student: str, notebook: NotebookNode, name: str = NAME) -> NotebookNode:
    path = room / "submitted" / student / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    write(notebook, path)
    return notebook


def points(room: Path, name: str = NAME) -> dict[str, float]:
    """Of every student, as the gradebook has them."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{room / 'gradebook.db'}") as book:
        return {one.student.id: one.score for one in book.find_assignment(name).submissions}


def contents(*folders: Path) -> dict[str, bytes]:
    """Every file of these folders, byte by byte."""
    return {str(path): path.read_bytes() for one in folders for path in one.rglob("*") if path.is_file()}
