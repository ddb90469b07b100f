"""What was graded as another version, or by other rules: no old points stand beside new work, and all of it is said."""

import csv
import io
import json

import pytest
from nbformat import read, write
from small_classroom import FIRST, autograded, classroom, gradebook, hand_in, written

pytest.importorskip("nbgrader")

from minclip.classroom import report as report_module
from minclip.classroom.course_folder import classroom_of
from minclip.classroom.feedback import TO_EARLIER, comments_in, head_earlier_comments
from minclip.classroom.feedback_files import write_feedback
from minclip.classroom.graded_before import (
    FORMER,
    NEWER,
    digest_now,
    note_begun,
    note_through,
    rule_digest,
    submission_digest,
)
from minclip.classroom.grading import COULD_NOT, grade
from minclip.classroom.inspection import inspect
from minclip.classroom.kept_marks import commented, write_marked
from minclip.classroom.out_of_git import keep_out_of_git
from minclip.classroom.report import report
from minclip.classroom.results import GRADED, results
from minclip.classroom.submissions import submissions
from minclip.cli import main

NAME = FIRST.name
ONE = FIRST.exercises[0].name
STUDENTS = ("anna", "ben")


@pytest.fixture
def room(tmp_path, monkeypatch):
    """Two students of Moodle's, graded as they are."""
    monkeypatch.setattr(report_module, "write_feedback", lambda *given: sorted(map(str, given[1])))
    folder = classroom(tmp_path / "class", lessons=(FIRST,))
    gradebook(folder, {student: {f"check-{ONE}": (3.0, None, False)} for student in STUDENTS})
    collected = {}
    for number, student in enumerate(STUDENTS):
        hand_in(folder / "submitted", student, FIRST, written(FIRST, f"    return {number}"))
        autograded(folder, student, ONE, 3.0, 4, {"visible": f"✓ {ONE}"})
        collected[student] = {"name": student, "lessons": {NAME: {"platform": "moodle", "number": str(number)}}}
    (folder / "collected.json").write_text(json.dumps(collected), encoding="utf-8")
    (folder / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")
    with gradebook_of(folder) as book:
        rules = rule_digest(classroom_of(folder), FIRST, book)
    for one in submissions(folder):
        path = folder / "autograded" / one.student / NAME / f"{NAME}.ipynb"
        made = read(path, as_version=4)
        note_begun(made, digest_now(classroom_of(folder), one, rules))
        note_through(made)
        write(made, path)
    return folder


def gradebook_of(folder):
    from nbgrader.api import Gradebook

    return Gradebook(f"sqlite:///{folder / 'gradebook.db'}")


def table(folder, name="points.csv"):
    return list(csv.DictReader(io.StringIO((folder / "report" / name).read_text(encoding="utf-8"))))


def states(folder):
    return {row.student: row.state for row in results(folder)}


def test_a_newer_version_has_no_old_points(room):
    assert states(room) == {"anna": GRADED, "ben": GRADED}
    report(room)
    assert len(table(room, f"moodle_{NAME}.csv")) == 2
    hand_in(room / "submitted", "ben", FIRST, written(FIRST, "    return 9"))
    said = report(room)
    line = f"ben · {NAME}: a newer version came in after the grading, and is not graded: no points until it is"
    assert line in said and said[0] == "1 of 2 submissions are graded."
    assert said[-1] == f"next: minclip classroom grade {room}, then minclip classroom report {room}"
    assert f"('ben', '{NAME}')" in said, "its feedback is of the earlier version"
    assert [(row["state"], row["points"]) for row in table(room)] == [(GRADED, "3"), (NEWER, "")]
    assert [row["Full name"] for row in table(room, f"moodle_{NAME}.csv")] == ["anna"]
    page = (room / "report" / "index.html").read_text(encoding="utf-8")
    assert line in page and NEWER in page and "<code>minclip classroom grade</code>" in page


def test_a_change_of_points_is_said_and_counted(room):
    report(room)
    with gradebook_of(room) as book:
        book.find_graded_cell(f"check-{ONE}", NAME, NAME).max_score = 17
        book.db.commit()
    said = report(room)
    line = f"{NAME}: the release or the settings changed after 2 submissions were graded"
    assert [one for one in said if one.startswith(line)] and said[0] == "0 of 2 submissions are graded."
    assert said[-1].startswith("next: minclip classroom grade")
    assert [(row["state"], row["points"], row["of"]) for row in table(room)] == [(FORMER, "", "17")] * 2
    assert table(room, f"moodle_{NAME}.csv") == [], "no points of before stay in a table"
    assert line in (room / "report" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("c.HideHiddenTests.show_mark_schemes = True", GRADED),
        ("# a note", GRADED),
        ("c.SandboxedExecute.timeout = 9", FORMER),
    ],
)
def test_settings_that_decide_no_points_grade_nothing_again(room, line, state):
    config = room / "nbgrader_config.py"
    config.write_text(f"{config.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    assert states(room) == {"anna": state, "ben": state}


def test_what_a_check_writes_is_no_newer_version(room):
    """Points and outputs are made anew by grading, and so are files that Jupyter and systems put there."""
    (one, _), here = submissions(room), classroom_of(room)
    before = submission_digest(here, one)
    made = read(one.notebook, as_version=4)
    for cell in made.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata["nbgrader"]["points"] = 17
    write(made, one.notebook)
    (one.folder / ".ipynb_checkpoints").mkdir()
    for name in (".ipynb_checkpoints/a.ipynb", ".DS_Store", "Thumbs.db"):
        (one.folder / name).write_bytes(b"x")
    assert submission_digest(here, one) == before and states(room)["anna"] == GRADED
    made.cells[-2].source += "\n# another thought"
    write(made, one.notebook)
    assert submission_digest(here, one) != before


def test_a_newer_file_that_is_no_notebook_is_named(room):
    hand_in(room / "submitted", "ben", FIRST, b"%PDF-1.7")
    said = report(room)
    assert (
        f"ben · {NAME}: a newer version came in after the grading, and cannot be graded: it is a PDF, not a notebook: "
        "ask for the .ipynb file" in said
    )
    assert not said[-1].startswith("next: minclip classroom grade"), "grading cannot help"


def test_another_courses_grading_is_told_by_its_time(room):
    from datetime import datetime

    for path in (room / "autograded").rglob("*.ipynb"):
        made = read(path, as_version=4)
        del made.metadata["minclip"]
        write(made, path)
    with gradebook_of(room) as book:
        for student in STUDENTS:
            book.find_submission(NAME, student).timestamp = datetime(2026, 1, 2, 12)
        book.db.commit()
    for student, day in zip(STUDENTS, (2, 3), strict=True):
        (room / "submitted" / student / NAME / "timestamp.txt").write_text(f"2026-01-0{day} 12:00:00\n")
    assert states(room) == {"anna": GRADED, "ben": NEWER}


KINDS = {
    "empty": b"",
    "cut": b'{"cells": [',
    "web": b"<!doctype html>",
    "pdf": b"%PDF-1.7",
    "conflict": b"{\n<<<<<<< HEAD\n",
    "python": b"import os",
    "json": b"{}",
}


def test_grade_says_what_check_says(room, capsys):
    """For all that is no notebook, without a run of nbgrader; and the exit code tells."""
    for kind, content in KINDS.items():
        hand_in(room / "submitted", kind, FIRST, content)
    hand_in(room / "submitted", "only", FIRST, b"%PDF-1.7", f"{NAME}.pdf")
    names = [*KINDS, "only"]
    checked = [line.partition(": ")[2] for line in inspect(room) if line.startswith("look at   ") and NAME in line]
    said: list[str] = []
    lines = grade(room, students=names, jobs=1, say=said.append)
    assert lines[0] == "0 submissions graded." and lines[-1] == f"{len(names)} {COULD_NOT}"
    words = [line.partition("  not graded: ")[2] for line in said if "not graded" in line]
    assert len(words) == len(names) and all(one in checked for one in words)
    assert main(["classroom", "grade", str(room), "--students", "only"]) == 1
    assert f"only  {NAME}  not graded: {NAME}.pdf is a PDF in place of the notebook" in capsys.readouterr().out


def test_long_commands_count_on_stderr(room, tmp_path, capsys):
    given = tmp_path / "given"
    hand_in(given, "cy", FIRST, written(FIRST))
    for words, shows in ((["collect", str(room), str(given)], "collecting"), (["check", str(room)], "looking over")):
        assert main(["classroom", *words]) == 0
        out, err = capsys.readouterr()
        assert shows in err and shows not in out


def test_an_unknown_student_is_named(room):
    with pytest.raises(ValueError, match='no submission of "Nobody": the names are anna, ben'):
        grade(room, students=["Nobody"])


@pytest.mark.parametrize(
    ("comment", "before", "text", "earlier"),
    [
        ("Good.", {"text": "a"}, "a", None),
        ("Good.", {"text": "a"}, "b", "Good."),
        ("Good.", {"text": "b", "earlier comment": "Good."}, "b", "Good."),
        ("Better.", {"text": "b", "earlier comment": "Good."}, "b", None),
        (None, {"text": "a", "earlier comment": "Good."}, "b", None),
        ("Good.", {}, "b", "Good."),
        (None, {}, "a", None),
    ],
)
def test_a_comment_is_of_the_answer_that_was_commented(comment, before, text, earlier):
    assert commented(comment, before, text).get("earlier comment") == earlier


def test_feedback_heads_a_comment_to_an_earlier_answer(room):
    write_marked(room, {f"anna/{NAME}": {ONE: {"text": "a", "earlier comment": "Good."}}})
    place = room / "autograded" / "anna" / NAME
    shown = {}
    for comment in ("Good.", "Better."):
        made = read(place / f"{NAME}.ipynb", as_version=4)
        made.cells[0].metadata["nbgrader"] |= {"grade_id": ONE, "comment": comment}
        about = {"student": "anna", "assignment": NAME, "notebook": NAME}
        head_earlier_comments(made, {"nbgrader": about, "metadata": {"path": str(place)}})
        shown[comment] = comments_in(made)[ONE]
    assert shown == {"Good.": f"{TO_EARLIER} Good.", "Better.": "Better."}


def test_a_class_stays_out_of_git(tmp_path):
    written: dict[str, str] = {}
    assert "out of git" in keep_out_of_git(tmp_path, written)[0]
    path = tmp_path / ".gitignore"
    assert path.read_text(encoding="utf-8") == "*\n"
    path.unlink()
    assert keep_out_of_git(tmp_path, written) == [] and not path.exists(), "deleted by hand"
    path.write_text("mine", encoding="utf-8")
    assert keep_out_of_git(tmp_path, {}) == [] and path.read_text(encoding="utf-8") == "mine"


def test_what_is_no_submission_is_not_to_be_collected(room):
    for name in ("Thumbs.db", "notes.txt", "anna.ipynb"):
        (room / "submitted" / name).write_bytes(b"x")
    said = [line for line in inspect(room) if line.startswith("look at")]
    assert [line.partition(": ")[0].split()[-1] for line in said] == ["Thumbs.db", "anna.ipynb", "notes.txt"]
    assert ["collect" in line for line in said] == [False, True, False] and "not a submission" in said[0]


def test_a_graded_notebook_keeps_quiet_of_the_workbook(room, monkeypatch):
    from minclip.course import workbook

    monkeypatch.setattr(workbook, "answers_folder", lambda: room / "my_minclip")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert workbook.where_answers_go() == ""
    monkeypatch.delenv("NBGRADER_EXECUTION")
    assert "my_minclip" in workbook.where_answers_go()


def test_a_zip_of_old_feedback_is_removed(room):
    packed = room / "report" / f"feedback_{NAME}.zip"
    packed.parent.mkdir()
    packed.write_bytes(b"old pages")
    said = write_feedback(room, {(student, NAME) for student in STUDENTS})
    assert not packed.exists() and any("is gone: what it held is out of date" in line for line in said)
