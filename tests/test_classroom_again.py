"""What changes between two gradings: the release, an answer, a mark. Points and marks follow what they are of."""

import csv
import io
from contextlib import contextmanager

import pytest
from classroom_examples import NAME, RIGHT, hand_in, points, tiny_lessons  # noqa: F401

pytest.importorskip("nbgrader")

from minclip.classroom import grading
from minclip.classroom.answer_errors import explain_missing_names
from minclip.classroom.course_folder import make
from minclip.classroom.inspection import inspect
from minclip.classroom.report import report
from minclip.classroom.results import results
from minclip.course.notebook_files import read, write
from minclip.course.outline import LESSONS

ANSWER = "Because of the rows."


@contextmanager
def gradebook_of(room):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{room / 'gradebook.db'}") as book:
        yield book
        book.db.commit()


def question_of(room):
    return next(c.id for c in read(room / "release" / NAME / f"{NAME}.ipynb").cells if c.id.startswith("question"))


def mark(room, value, student="anna"):
    """As nbgrader's Formgrader does."""
    with gradebook_of(room) as book:
        grade = book.find_grade(question_of(room), NAME, NAME, student)
        grade.manual_score, grade.needs_manual_grade = value, False


def comment(room, words, student="anna"):
    with gradebook_of(room) as book:
        book.find_comment(question_of(room), NAME, NAME, student).manual_comment = words


def row(room, student="anna"):
    return next(one for one in results(room) if one.student == student)


def grade_once(room, **more):
    said = []
    return grading.grade(room, jobs=1, seconds=60, say=said.append, **more), said


@pytest.fixture
def room(tmp_path, tiny_lessons):  # noqa: F811
    folder = tmp_path / "class"
    make(folder, [LESSONS[5]])
    return folder


def test_a_mark_is_of_the_answer_that_was_marked(room):
    question = question_of(room)
    hand_in(room, "anna", RIGHT | {question: ANSWER})
    grade_once(room)
    assert row(room).state == "waits for marks" and row(room).points == 7
    mark(room, 3)
    assert row(room).state == "graded" and row(room).points == 10
    grade_once(room, force=True)
    assert row(room).state == "graded" and row(room).points == 10, "the same answer keeps its mark"
    comment(room, "Good.")
    hand_in(room, "anna", RIGHT | {question: "Another answer."})
    assert row(room).state == "newer version not graded" and row(room).points is None
    grade_once(room)
    one = row(room)
    assert one.state == "waits for marks" and one.points == 7 and points(room) == {"anna": 7}
    assert "the earlier one had 3 points" in one.graded[-1].flags[0]
    report(room)
    table = list(csv.DictReader(io.StringIO((room / "report" / "points.csv").read_text(encoding="utf-8"))))
    assert table[0]["points"] == "7" and table[0]["state"] == "waits for marks"
    page = (room / "feedback" / "anna" / NAME / f"{NAME}.html").read_text(encoding="utf-8")
    assert "not marked yet" in page and "To your earlier answer: Good." in page
    mark(room, 1)
    grade_once(room, force=True)
    assert row(room).points == 8 and not row(room).graded[-1].flags


def test_a_changed_source_is_released_before_it_grades(room):
    hand_in(room, "anna", RIGHT)
    grade_once(room)
    source = room / "source" / NAME / f"{NAME}.ipynb"
    notebook = read(source)
    next(cell for cell in notebook.cells if cell.id == "check-first").metadata["nbgrader"]["points"] = 8
    write(notebook, source)
    lines, said = grade_once(room)
    assert lines[0] == "0 submissions graded." and any(
        f"source/{NAME} differs from what was released" in s for s in said
    )
    assert any("was graded by what was released before" in line for line in make(room))
    assert row(room).state == "graded before a change" and row(room).points is None and row(room).of == 16
    lines, said = grade_once(room)
    assert lines == ["1 submission graded."] and any("graded before, graded again" in line for line in said)
    assert points(room) == {"anna": 12}
    inspect(room)  # writes the new points into the submission, which is no change
    lines, said = grade_once(room)
    assert lines[0] == "0 submissions graded." and not any(NAME in line for line in said)
    assert row(room).state == "graded" and row(room).points == 12


def test_a_release_that_nbgrader_refuses_stays_as_it_was(room, monkeypatch):
    from minclip.classroom import nbgrader_calls

    def refuses(*_, **__):
        release.unlink()
        raise nbgrader_calls.Failed("cannot add cells")

    release, source = (room / step / NAME / f"{NAME}.ipynb" for step in ("release", "source"))
    before = release.read_bytes()
    source.write_text(source.read_text(encoding="utf-8").replace("# Tiny", "# Other"), encoding="utf-8")
    monkeypatch.setattr(nbgrader_calls, "call", refuses)
    with pytest.raises(ValueError, match="cannot add cells"):
        make(room)
    assert release.read_bytes() == before


def cells_with(answer_error, check_error, source="def clip_loss(:"):
    from nbformat.v4 import new_code_cell, new_output

    cells = []
    for name, found, text in (("clip_loss", answer_error, source), ("check-clip_loss", check_error, "")):
        outputs = [new_output("error", ename=found[0], evalue=found[1], traceback=[])] if found else []
        cells.append(new_code_cell(text, outputs=outputs, metadata={"nbgrader": {"grade_id": name}}))
    return cells


GONE = ("NameError", "name 'clip_loss' is not defined")
SYNTAX = ("SyntaxError", "'(' was never closed (1234.py, line 3)")


@pytest.mark.parametrize(
    ("answer", "check", "says"),
    [
        (SYNTAX, GONE, "SyntaxError: '(' was never closed, line 3 of the answer's cell"),
        (("NameError", "name 'torhc' is not defined"), GONE, "NameError: name 'torhc' is not defined"),
        (("KernelEnded", "it ended"), GONE, "KernelEnded: it ended"),
        (None, GONE, "NameError: name 'clip_loss' is not defined"),
        (SYNTAX, ("ValueError", "other"), "ValueError: other"),
        (SYNTAX, None, ""),
    ],
)
@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_check_says_why_its_answer_is_missing(answer, check, says, elsewhere):
    cells = cells_with(answer, check)
    if elsewhere:
        del cells[0].metadata["nbgrader"]
    explain_missing_names(cells)
    errors = cells[1].outputs
    assert (f"{errors[0].ename}: {errors[0].evalue}" if errors else "") == says


@pytest.mark.parametrize(
    ("source", "failed", "says"),
    [
        ("", None, "NameError: the notebook's first cell of code is missing: it imports `check`"),
        ("from minclip.course import built, check", ("ImportError", "no x"), "ImportError: no x, in the cell that"),
        ("from minclip.course import check", None, "NameError: the cell that imports `check` did not run before"),
    ],
)
def test_a_missing_first_cell_is_named(source, failed, says):
    cells = cells_with(failed, ("NameError", "name 'check' is not defined"), source)
    explain_missing_names(cells)
    first = cells[1].outputs[0]
    assert f"{first.ename}: {first.evalue}".startswith(says)
