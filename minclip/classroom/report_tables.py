"""The points as CSV: a table for everybody, and one for each learning platform that the class came from.

    report/points.csv              student, lesson, points, of, percent, state, handed in, late by, each exercise
    report/moodle_LESSON.csv       Moodle's grading worksheet: Identifier, Full name, Grade, ...
    report/canvas.csv              Canvas's gradebook: Student, ID, SIS Login ID, Section, and a column for each lesson

Moodle knows a submission by its number in the assignment and Canvas a student by theirs, as collected.json has them
from the names of the files. UTF-8; a name that a spreadsheet would take for a formula has a ' in front.
"""

import csv
import io
from pathlib import Path
from typing import Any

from minclip.classroom.collecting import read_record
from minclip.classroom.originals import write_bytes
from minclip.classroom.results import Result
from minclip.course.exercise import Lesson

FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = ("student", "lesson", "points", "of", "percent", "state", "handed in", "late by")


def write_tables(folder: Path, found: list[Result]) -> list[Path]:
    """Writes the tables; returns their paths."""
    record, report = read_record(folder), folder / "report"
    tables = {"points.csv": points(found)}
    for lesson in dict.fromkeys(row.lesson for row in found):
        tables[f"moodle_{lesson.name}.csv"] = moodle([row for row in found if row.lesson is lesson], record)
    tables["canvas.csv"] = canvas(found, record)
    written = []
    for name, rows in tables.items():
        if len(rows) > 1 or name == "points.csv" or (report / name).is_file():  # none keeps points of before
            write_bytes(report / name, as_csv(rows))
            written.append(report / name)
    return written


def points(found: list[Result]) -> list[list[Any]]:
    """A row for each student and lesson. What was not handed in or not graded has no points."""
    exercises = list(dict.fromkeys((row.lesson, cell.name) for row in found for cell in row.graded))
    rows: list[list[Any]] = [[*COLUMNS, *(f"{lesson.number:02} {name}" for lesson, name in exercises)]]
    for row in found:
        each = {(row.lesson, cell.name): number(cell.points) for cell in row.graded}
        percent = "" if row.points is None or not row.of else number(round(100 * row.points / row.of, 1))
        start = [safe(row.student), row.lesson.name, number(row.points), number(row.of), percent, row.state]
        start += [safe(row.handed_in), row.late]
        rows.append([*start, *(each.get(exercise, "") for exercise in exercises)])
    return rows


def moodle(found: list[Result], record: dict[str, Any]) -> list[list[Any]]:
    """Of one lesson: the students who came with a number of Moodle's."""
    rows: list[list[Any]] = [["Identifier", "Full name", "Grade", "Maximum Grade", "Last modified (grade)"]]
    for row in found:
        about = record.get(row.student, {})
        collected = about.get("lessons", {}).get(row.lesson.name, {})
        if collected.get("platform") == "moodle" and row.points is not None:
            identifier = f"Participant {collected['number']}"
            rows.append([identifier, safe(about["name"]), number(row.points), number(row.of), ""])
    return rows


def canvas(found: list[Result], record: dict[str, Any]) -> list[list[Any]]:
    """All lessons: the students who came with a number of Canvas's."""
    lessons = list(dict.fromkeys(row.lesson for row in found))
    by_student: dict[str, dict[Lesson, Result]] = {}
    for row in found:
        if str(record.get(row.student, {}).get("canvas", "")).isdigit():
            by_student.setdefault(row.student, {})[row.lesson] = row
    if not by_student:
        return []
    most = [max((row.of for row in found if row.lesson is lesson), default=0.0) for lesson in lessons]
    rows = [
        ["Student", "ID", "SIS Login ID", "Section", *(lesson.name for lesson in lessons)],
        ["    Points Possible", "", "", "", *map(number, most)],
    ]
    for student, results in by_student.items():
        each = [number(results[lesson].points) if lesson in results else "" for lesson in lessons]
        rows.append([safe(record[student]["name"]), record[student]["canvas"], "", "", *each])
    return rows


def number(value: float | None) -> str:
    """
    >>> number(3.0), number(2.25), number(None)
    ('3', '2.25', '')
    """
    return "" if value is None else f"{value:.4f}".rstrip("0").rstrip(".")


def safe(name: str) -> str:
    """A name that no spreadsheet takes for a formula.

    >>> safe("=HYPERLINK(1)"), safe("Anna")
    ("'=HYPERLINK(1)", 'Anna')
    """
    return f"'{name}" if name.lstrip().startswith(FORMULA) else name


def as_csv(rows: list[list[Any]]) -> bytes:
    table = io.StringIO()
    csv.writer(table, lineterminator="\r\n").writerows(rows)
    return table.getvalue().encode("utf-8")
