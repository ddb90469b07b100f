"""The teacher's tables and page say who has how many points, who is stuck where, and what waits."""

import csv
import io
import re
from html.parser import HTMLParser

import pytest
from nbformat import read, write
from nbformat.v4 import new_code_cell, new_output
from small_classroom import FIRST, SECOND, autograded, classroom, gradebook, hand_in, state, written

from minclip.classroom import report as report_module
from minclip.classroom.collecting import collect
from minclip.classroom.inspection import inspect
from minclip.classroom.report import report, stuck
from minclip.classroom.results import Graded, results

NAME = FIRST.name
ONE, TWO = (one.name for one in FIRST.exercises[:2])
WRONG = {"visible": f"✗ {ONE}: one direction only.\n  expected  3"}
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def room(tmp_path, monkeypatch):
    """Five students: right, wrong twice the same way, wrong in a hidden test, handed in but not graded, nothing."""
    monkeypatch.setattr(report_module, "write_feedback", lambda *_: [])
    folder = classroom(tmp_path / "class")
    for student in ("anna", "ben", "cy", "dora", "eve"):
        hand_in(folder / "submitted", student, FIRST, written(FIRST))
    hand_in(folder / "submitted", "fay", SECOND, written(SECOND))
    right, wrong, waits = (4.0, None, False), (1.5, None, False), (None, None, True)
    gradebook(
        folder,
        {
            "anna": {f"check-{ONE}": right, f"check-{TWO}": right, "question-01": (None, 3.5, False)},
            "ben": {f"check-{ONE}": wrong, f"check-{TWO}": right, "question-01": waits},
            "cy": {f"check-{ONE}": wrong, f"check-{TWO}": right, "question-01": waits},
            "dora": {f"check-{ONE}": right, f"check-{TWO}": (3.0, None, False), "question-01": (0.0, None, False)},
        },
    )
    for student in ("anna", "ben", "cy", "dora"):
        passed = student in ("anna", "dora")
        autograded(
            folder, student, ONE, 4.0 if passed else 1.5, 4, {"visible": f"✓ {ONE}: 6 checks"} if passed else WRONG
        )
        more = (
            {"hidden": [f"a batch of one {EVIL}"], "flags": ["calls the library's function"]}
            if student == "dora"
            else {}
        )
        autograded(folder, student, TWO, 3.0 if student == "dora" else 4.0, 4, {"visible": f"✓ {TWO}"} | more)
    return folder


def rows(folder, name="points.csv"):
    return list(csv.reader(io.StringIO((folder / "report" / name).read_text(encoding="utf-8"))))


def test_points_are_the_gradebooks(room):
    report(room)
    head, *found = rows(room)
    assert head[:8] == ["student", "lesson", "points", "of", "percent", "state", "handed in", "late by"]
    assert head[8:] == [f"05 {ONE}", f"05 {TWO}", "05 question-01"]
    table = {row[0]: row[2:6] + row[8:] for row in found if row[1] == NAME}
    assert table["anna"] == ["11.5", "12", "95.8", "graded", "4", "4", "3.5"]
    assert table["ben"] == ["5.5", "12", "45.8", "waits for marks", "1.5", "4", ""]
    assert table["eve"] == ["", "12", "", "not graded", "", "", ""]
    assert table["fay"][3] == "not handed in"
    assert len(found) == 12, "six students, two lessons"


def test_who_is_stuck_where(room):
    found = [(one.exercise, one.message, one.students) for one in stuck(results(room), FIRST)]
    assert found == [
        (ONE, "one direction only", ("ben", "cy")),
        (TWO, f"hidden test: a batch of one {EVIL}", ("dora",)),
    ]


MESSAGES = {
    "✓ f: 6 checks.": "",
    "○ f: not written yet. The lesson goes on with minclip's.": "not written yet",
    "✗ f: it is wrong. The lesson goes on with minclip's.\n  called    f(2)\n  got   3": "it is wrong: called f(2)",
    "✗ f: the result is wrong.\n  called    f(2)\n  → their mean is asked": "the result is wrong: their mean is asked",
    "✗ f.split: one direction only.": "split: one direction only",
    "KeyError: 'x'": "KeyError: 'x'",
    "": "",
}


@pytest.mark.parametrize("visible", MESSAGES)
def test_a_message_is_the_verdict_in_one_line(visible):
    assert Graded("f", 3, 0, visible=visible).message == MESSAGES[visible]


def test_the_page_is_one_safe_file(room):
    inspect(room)
    said = report(room)
    page = (room / "report" / "index.html").read_text(encoding="utf-8")
    tags, links = [], []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            tags.append(tag)
            links.extend(value for name, value in attributes if name in ("href", "src"))

    Reader().feed(page)
    assert "script" not in tags and all(link.startswith("#") for link in links) and not re.search(r"https?://", page)
    assert "one direction only" in page and "calls the library" in page and "&lt;script&gt;" in page
    assert "prefers-color-scheme: dark" in page
    assert "4 of 6 submissions are graded." in said
    assert "less than half of the points" in page
    assert f"eve · {NAME}: handed in, not graded" in said


def test_a_report_reads_and_does_not_change(room):
    before = {name: content for name, content in state(room).items() if not name.startswith("report/")}
    report(room)
    first = state(room)
    report(room)
    assert state(room) == first
    assert {name: content for name, content in first.items() if not name.startswith("report/")} == before


def test_points_that_were_changed_behind_the_check_are_named(room):
    autograded(room, "eve", ONE, 1.0, 4, {"visible": f"✗ {ONE}: wrong"})
    gradebook_of_eve(room, 4.0)
    flags = [finding.words for finding in report_module.flagged(results(room)) if finding.student == "eve"]
    assert flags == [f"{ONE}: the gradebook has 4 points, and the check gave 1"]


def gradebook_of_eve(room, points):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{room / 'gradebook.db'}") as book:
        book.update_or_create_student("eve")
        book.add_submission(NAME, "eve")
        book.find_grade(f"check-{ONE}", NAME, NAME, "eve").auto_score = points
        book.db.commit()


def test_plain_nbgrader_without_our_data_has_points_and_errors(tmp_path, monkeypatch):
    monkeypatch.setattr(report_module, "write_feedback", lambda *_: [])
    folder = classroom(tmp_path / "class")
    hand_in(folder / "submitted", "anna", FIRST, written(FIRST))
    gradebook(folder, {"anna": {f"check-{ONE}": (0.0, None, False)}})
    autograded(folder, "anna", ONE, 0, 4, error="\x1b[31mtwo\x1b[0m is not four\nand more")
    report(folder)
    assert stuck(results(folder), FIRST)[0].message == "AssertionError: two is not four"
    assert rows(folder)[1][2:4] == ["0", "4"]


@pytest.mark.parametrize("name", ["=cmd|' C calc'!A0", "+1", "-2", "@SUM(A1)"])
def test_a_name_is_no_formula(room, name):
    hand_in(room / "submitted", name, FIRST, written(FIRST))
    report(room)
    found = [row[0] for row in rows(room) if name in row[0]]
    assert found and all(one.startswith("'") for one in found)


def test_moodle_and_canvas_get_their_own_tables(tmp_path, monkeypatch):
    monkeypatch.setattr(report_module, "write_feedback", lambda *_: [])
    folder, given = classroom(tmp_path / "class"), tmp_path / "given"
    for name in (f"=Berg Anna_77_assignsubmission_file/{NAME}.ipynb", f"bergben_123_45_{NAME}.ipynb"):
        (given / name).parent.mkdir(parents=True, exist_ok=True)
        (given / name).write_bytes(written(FIRST, f"    return {len(name)}"))
    collect(folder, given)
    students = ("Berg_Anna", "bergben")
    gradebook(folder, {student: {f"check-{ONE}": (3.0, None, False)} for student in students})
    for student in students:
        autograded(folder, student, ONE, 3.0, 4, {})
    report(folder)
    assert rows(folder, f"moodle_{NAME}.csv")[1] == ["Participant 77", "'=Berg Anna", "3", "4", ""]
    assert rows(folder, "canvas.csv")[0] == ["Student", "ID", "SIS Login ID", "Section", NAME]
    assert rows(folder, "canvas.csv")[1:] == [["    Points Possible", "", "", "", "4"], ["bergben", "123", "", "", "3"]]


def test_a_damaged_gradebook_is_one_clear_error(room):
    (room / "gradebook.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(ValueError, match=r"gradebook\.db cannot be read"):
        report(room)


def test_without_submissions_there_is_nothing_to_report(tmp_path):
    assert "Nobody has handed anything in yet" in report(classroom(tmp_path / "class"))[0]
    with pytest.raises(ValueError, match="is no classroom"):
        report(tmp_path)


def test_forged_data_in_other_cells_does_not_count(room):
    """Only the check's own cell speaks for an exercise."""
    path = room / "autograded" / "ben" / NAME / f"{NAME}.ipynb"
    made = read(path, as_version=4)
    data = {"application/vnd.minclip.points+json": {"exercise": ONE, "points": 4, "visible": "✓"}}
    made.cells.append(new_code_cell("", outputs=[new_output("display_data", data=data)]))
    write(made, path)
    assert stuck(results(room), FIRST)[0].students == ("ben", "cy")


def test_data_that_stand_twice_are_flagged(room):
    path = room / "autograded" / "ben" / NAME / f"{NAME}.ipynb"
    made = read(path, as_version=4)
    data = {"application/vnd.minclip.points+json": {"exercise": ONE, "points": float("nan"), "flags": []}}
    made.cells[0].outputs.append(new_output("display_data", data=data))
    write(made, path)
    flags = [finding.words for finding in report_module.flagged(results(room)) if finding.student == "ben"]
    assert len(flags) == 2 and "more than once" in flags[0] and "the check gave nan" in flags[1]


def test_answers_that_wait_are_said_with_the_way(room):
    *_, waits, following = report(room)
    assert waits.startswith("2 written answers wait for your marks: run `jupyter lab`") and "Formgrader" in waits
    assert "do not upload them yet" in waits
    assert following == f"next: minclip classroom grade {room}, then mark, then minclip classroom report {room}"
    page = (room / "report" / "index.html").read_text(encoding="utf-8")
    assert "Manual Grading" in page and "again" in page


FURTHER = new_output("error", ename="AssertionError", evalue="a sum, not a mean", traceback=["----> 4 assert f(9)"])
SOURCE = "f = check(f)\n### BEGIN HIDDEN TESTS\npoints_of('f')\nassert f(9)\n### END HIDDEN TESTS"


def test_a_teachers_own_test_that_fails_is_counted(room):
    path = room / "autograded" / "anna" / NAME / f"{NAME}.ipynb"
    made = read(path, as_version=4)
    made.cells[0].source = SOURCE
    made.cells[0].outputs.append(FURTHER)
    write(made, path)
    change_grade(room, "anna", 0.0)
    found = results(room)
    assert (ONE, "your own test: AssertionError: a sum, not a mean", ("anna",)) in [
        (one.exercise, one.message, one.students) for one in stuck(found, FIRST)
    ]
    assert not [one for one in report_module.flagged(found) if one.student == "anna"]


def change_grade(room, student, points):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{room / 'gradebook.db'}") as book:
        book.find_grade(f"check-{ONE}", NAME, NAME, student).auto_score = points
        book.db.commit()


def test_a_question_not_handed_in_is_said(room):
    change_question(room, "cy")
    cell = next(one for row in results(room) if row.student == "cy" for one in row.graded if one.name == "question-01")
    assert cell.message == "0 points: it is not in the notebook that was handed in"


def change_question(room, student):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{room / 'gradebook.db'}") as book:
        book.find_grade("question-01", NAME, NAME, student).needs_manual_grade = False
        book.db.commit()


def test_when_it_came_and_how_late_it_was(room):
    from datetime import datetime

    from nbgrader.api import Gradebook

    for student in ("anna", "eve"):
        (room / "submitted" / student / NAME / "timestamp.txt").write_text("2026-01-02 12:00:00\n")
    with Gradebook(f"sqlite:///{room / 'gradebook.db'}") as book:
        book.find_assignment(NAME).duedate = datetime(2026, 1, 1, 9, 30)
        book.find_submission(NAME, "anna").timestamp = datetime(2026, 1, 2, 12)
        book.db.commit()
    report(room)
    table = {row[0]: row[6:8] for row in rows(room) if row[1] == NAME}
    assert table["anna"] == ["2026-01-02 12:00:00", "1 d 2 h 30 min"]
    assert table["eve"] == ["2026-01-02 12:00:00", ""] and table["ben"] == ["", ""]


def test_a_strange_folder_becomes_no_classroom(tmp_path):
    from minclip.classroom.course_folder import make

    (tmp_path / "note.txt").write_text("buy milk")
    with pytest.raises(ValueError, match=r"is not empty \(note.txt\) and is no classroom: name a new folder"):
        make(tmp_path, [FIRST])
    with pytest.raises(ValueError, match=r"note.txt is a file: name a new folder"):
        make(tmp_path / "note.txt", [FIRST])
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_lessons_may_be_a_range():
    from minclip.cli.classroom import lessons_of

    assert [lesson.number for lesson in lessons_of("01, 05-07,6")] == [1, 5, 6, 7]
    with pytest.raises(ValueError, match="the first lesson must come before the last"):
        lessons_of("07-05")


def test_commands_say_what_comes_next(room, capsys):
    from minclip.cli import main

    assert main(["classroom", "check", str(room)]) == 0
    assert f"next: minclip classroom grade {room}" in capsys.readouterr().out
    (room / "empty").mkdir()
    assert main(["classroom", "collect", str(room), str(room / "empty")]) == 1
    with pytest.raises(SystemExit):
        main(["classroom", "release", "class"])
    assert "minclip classroom class makes the release" in capsys.readouterr().err


def test_students_are_named_as_people_write(tmp_path):
    from minclip.cli.classroom import students_of

    (tmp_path / "submitted" / "Anna_Berg").mkdir(parents=True)
    assert students_of(tmp_path, "Anna Berg, Zoe Zed") == ["Anna_Berg", "Zoe Zed"]  # who is not there is said as given
    assert students_of(tmp_path, None) is None
