"""`minclip classroom report`: the class's points as tables, a page for the teacher, and feedback for the students."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from minclip.classroom.course_folder import classroom_of, named
from minclip.classroom.feedback_files import write_feedback
from minclip.classroom.findings import Finding, remembered
from minclip.classroom.graded_before import FORMER, NEWER, not_released
from minclip.classroom.originals import write_bytes
from minclip.classroom.report_tables import write_tables
from minclip.classroom.results import MISSING, TO_GRADE, Result, results
from minclip.course.exercise import Lesson

HOW_TO_MARK = "run `jupyter lab` in the class's folder, menu Nbgrader, Formgrader, Manual Grading."


@dataclass(frozen=True)
class Stuck:
    """A message, and who got it."""

    exercise: str
    message: str
    students: tuple[str, ...]


def report(folder: Path, progress: bool = False) -> list[str]:
    """Writes report/ and feedback/; returns what to say. ValueError where the folder is no classroom.

    progress: a bar on stderr that counts the pages of feedback.
    """
    from minclip.classroom.report_page import page

    folder = folder.absolute()
    found = results(folder)
    if not found:
        return ["Nobody has handed anything in yet: put the class's notebooks in with `minclip classroom collect`."]
    tables = write_tables(folder, found)
    write_bytes(folder / "report" / "index.html", page(found, remembered(folder)).encode("utf-8"))
    graded = [row for row in found if row.points is not None]
    said = [f"{len(graded)} of {sum(row.state != MISSING for row in found)} submissions are graded."]
    said += to_grade(found)
    said += not_released(classroom_of(folder), [row.lesson for row in found])
    said += [f"{path.relative_to(folder).as_posix()} is written." for path in tables]
    said.append("report/index.html is written: who is stuck where, what to look at.")
    old = {(row.student, row.lesson.name) for row in found if row.state in TO_GRADE}
    said += write_feedback(folder, old, progress)
    name = named(folder)
    again = f"minclip classroom report {name}"
    gradable = any(row.state in TO_GRADE and not row.why for row in found)
    if waiting := waiting_for_marks(found):
        number = sum(map(len, waiting.values()))
        said.append(
            f"{number} written {'answer waits' if number == 1 else 'answers wait'} for your marks: {HOW_TO_MARK} "
            f"The tables have 0 points for {'it' if number == 1 else 'them'} so far: do not upload them yet."
        )
    if gradable:
        said.append(f"next: minclip classroom grade {name}, {'then mark, ' if waiting else ''}then {again}")
    elif waiting:
        said.append(f"next: mark, then again: {again}")
    else:
        said.append("next: give report/feedback_LESSON.zip and the points back to your students.")
    return said


def to_grade(found: list[Result]) -> list[str]:
    """A line for each submission that grading has to give points, and one for each lesson that changed since."""
    said = []
    for row in found:
        came = "a newer version came in after the grading" if row.state == NEWER else "handed in"
        if row.state in TO_GRADE and row.why:
            said.append(f"{row.student} · {row.lesson.name}: {came}, and cannot be graded: {row.why}")
        elif row.state == NEWER:
            said.append(f"{row.student} · {row.lesson.name}: {came}, and is not graded: no points until it is")
        elif row.state in TO_GRADE and row.state != FORMER:
            said.append(f"{row.student} · {row.lesson.name}: {came}, not graded")
    for lesson, number in Counter(row.lesson.name for row in found if row.state == FORMER and not row.why).items():
        were, their = ("1 submission was", "its") if number == 1 else (f"{number} submissions were", "their")
        said.append(
            f"{lesson}: the release or the settings changed after {were} graded: "
            f"{their} points are left out until you grade again"
        )
    return said


def stuck(found: list[Result], lesson: Lesson) -> list[Stuck]:
    """Who is stuck where in a lesson: each exercise's messages, those that most students got first."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    order: list[str] = []
    for row in found:
        for cell in row.graded if row.lesson is lesson else ():
            order += [cell.name] * (cell.name not in order)
            if cell.message:
                groups[cell.name, cell.message].append(row.student)
    ordered = sorted(groups.items(), key=lambda item: (order.index(item[0][0]), -len(item[1]), item[0][1]))
    return [Stuck(exercise, message, tuple(students)) for (exercise, message), students in ordered]


def waiting_for_marks(found: list[Result]) -> dict[tuple[Lesson, str], list[str]]:
    """The written questions that wait for a person's marks: lesson and question -> students."""
    waiting: dict[tuple[Lesson, str], list[str]] = defaultdict(list)
    for row in found:
        for cell in row.graded:
            if cell.waits:
                waiting[row.lesson, cell.name].append(row.student)
    return dict(waiting)


def flagged(found: list[Result]) -> list[Finding]:
    """What the grading found that a teacher should look at."""
    flags = [(row, cell, flag) for row in found for cell in row.graded for flag in cell.flags]
    return [Finding(row.student, row.lesson.name, f"{cell.name}: {flag}") for row, cell, flag in flags]
