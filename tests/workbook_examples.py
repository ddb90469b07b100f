"""A workbook with a course of one lesson, of which tests write newer versions."""

import copy
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from minclip.course import notebook_files, workbook_lessons
from minclip.course.kept_answers import KeptAnswers
from minclip.course.notebook_files import notebook_in, read, write
from minclip.course.outline import LESSONS
from minclip.course.workbook import ANSWERS
from minclip.course.workbook_start import start

ROOT = Path(__file__).parents[1]
LESSON = LESSONS[5]
CLIP_LOSS = "def clip_loss(a, b, scale):\n    return 'an evening of work'"
CLAMP = "def clamp_logit_scale(logit_scale):\n    return 'an hour of work'"


class Book:
    """A learner's workbook, and the course that it comes from."""

    def __init__(self, folder, course, monkeypatch):
        self.folder, self.course, self.monkeypatch = folder, course, monkeypatch
        self.answers = KeptAnswers(folder / ANSWERS)
        self.path = notebook_in(folder, LESSON)
        self.first = read(course / f"{LESSON.name}.ipynb").cells

    def start(self):
        return start(self.folder, self.answers)

    def update(self):
        return workbook_lessons.update(self.folder, self.answers)

    def cells(self):
        return {cell.id: cell for cell in read(self.path).cells}

    def source(self, name):
        return self.cells()[name].source

    def ids(self):
        return [cell.id for cell in read(self.path).cells]

    def texts(self):
        return [cell.source for cell in read(self.path).cells]

    def edit(self, change):
        """What somebody does in an editor: change(cells), a list; saved with what an editor adds."""
        notebook = read(self.path)
        change(notebook.cells)
        notebook.metadata["language_info"] = {"name": "python", "version": "3.11.7", "file_extension": ".py"}
        write(notebook, self.path)

    def set(self, name, source):
        def change(cells):
            next(cell for cell in cells if cell.id == name)["source"] = source

        self.edit(change)

    def publish(self, change, former=None):
        """A newer version of the course: change(cells). former: name of an exercise -> what it was called."""
        path = self.course / f"{LESSON.name}.ipynb"
        notebook = read(path)
        change(notebook.cells)
        write(notebook, path)
        if former:
            renamed = {old: new for new, old in former.items()}
            exercises = tuple(
                replace(one, name=renamed[one.name], former=(one.name,)) if one.name in renamed else one
                for one in LESSON.exercises
            )
            self.monkeypatch.setattr(workbook_lessons, "LESSONS", (replace(LESSON, exercises=exercises),))

    def everything(self):
        """All files of the workbook with their bytes."""
        return {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}

    def copies(self):
        return sorted((self.folder / "copies").glob("*.ipynb"))


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A workbook that is not started yet, in a folder with a space and a letter that is not English."""
    course = tmp_path / "course"
    course.mkdir()
    (course / f"{LESSON.name}.ipynb").write_bytes((notebook_files.FOLDER / f"{LESSON.name}.ipynb").read_bytes())
    monkeypatch.setattr(notebook_files, "FOLDER", course)
    monkeypatch.setattr("minclip.course.workbook_start.repository_beside", lambda folder: None)
    monkeypatch.delenv("MINCLIP_MINE", raising=False)
    return Book(tmp_path / "Bøk med mellomrom" / "solutions", course, monkeypatch)


def exercise(like, name, number):
    """A cell for another exercise, made from an exercise's cell, and the cell with its check."""
    cell, check = copy.deepcopy(like), copy.deepcopy(like)
    cell.update(id=name, source=f'def {name}(x):\n    """New."""\n    raise NotImplementedError("exercise {number}")')
    cell.metadata.nbgrader["grade_id"] = name
    check.update(id=f"check-{name}", source=f"{name} = check({name})")
    check.metadata.nbgrader.update(grade_id=f"check-{name}", solution=False, grade=True, locked=True)
    return [cell, check]


def numbered(cells):
    """Ids as the build gives them: a cell without a name is called by its place."""
    for place, cell in enumerate(cells):
        if cell.id.startswith("cell-"):
            cell["id"] = f"cell-{place:03}"


@pytest.fixture
def started(book):
    book.start()
    return book


def first(book, kind, like=""):
    """The id of the first cell of a kind that is no exercise's."""
    return next(c.id for c in book.first if c.cell_type == kind and "nbgrader" not in c.metadata and like in c.source)


def change(name, text):
    def changed(cells):
        next(cell for cell in cells if cell.id == name)["source"] = text

    return changed


def updated_twice(book):
    """Updates, and again, which must change nothing; returns the line."""
    (line,) = book.update()
    before = book.everything()
    assert book.update() == [f"{LESSON.name}: up to date"] and book.everything() == before
    assert len(set(book.ids())) == len(book.ids())
    return line


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """What makes a folder the repository, below folders whose names mean nothing."""
    root = tmp_path / "lessons" / "solutions" / "min clip ø"
    (root / "lessons" / LESSON.name).mkdir(parents=True)
    (root / "solutions" / LESSON.name).mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", root)
    (root / "lessons" / LESSON.name / "lesson.md").touch()
    monkeypatch.delenv("MINCLIP_MINE", raising=False)
    return root
