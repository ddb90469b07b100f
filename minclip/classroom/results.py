"""What grading gave: the points in nbgrader's gradebook, and what the checks said, in the autograded notebooks.

Reading changes nothing: the gradebook is read from a copy. A plain nbgrader course without minclip's display data has
points, too; what it lacks are the words.
"""

import re
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minclip.classroom.cell_outputs import all_display_data, is_graded, printed, text, texts
from minclip.classroom.collecting import read_record
from minclip.classroom.course_folder import GRADEBOOK, SUBMITTED, Classroom, classroom_of
from minclip.classroom.foreign_files import why_unreadable
from minclip.classroom.further_tests import failed_further, was_put_back
from minclip.classroom.graded_before import FORMER, NEWER, digest_now, out_of_date, read_graded, rule_digest
from minclip.classroom.handed_in import Notebook, grade_id, read_file
from minclip.classroom.kept_marks import earlier_marks
from minclip.classroom.submissions import Submission, folders_in, time_in
from minclip.classroom.without_notebook import without_notebook
from minclip.course.exercise import Lesson

GRADED, WAITS, NOT_GRADED, MISSING = "graded", "waits for marks", "not graded", "not handed in"
TO_GRADE = (NOT_GRADED, NEWER, FORMER)  # states without points, which grading brings
GONE = "0 points: it is not in the notebook that was handed in"


@dataclass
class Graded:
    """One graded cell: an exercise, or a written question."""

    name: str
    of: float
    points: float | None  # None: not marked yet
    waits: bool = False  # for a person's marks
    visible: str = ""  # what the check said
    hidden: list[str] = field(default_factory=list)  # what the hidden tests failed on
    flags: list[str] = field(default_factory=list)  # what a teacher should look at
    said: float | None = None  # the points that minclip's data in the notebook name
    further: str = ""  # the error of a test that the teacher wrote
    gone: bool = False  # it is not in the notebook that was handed in

    @property
    def message(self) -> str:
        """What kept the points away, in one line; "" where nothing did."""
        if self.gone:
            return GONE
        if self.further:
            return f"your own test: {self.further}"
        first, *more = self.visible.strip().splitlines() or [""]
        if not first or first.startswith("✓"):
            return f"hidden test: {self.hidden[0]}" if self.hidden else ""
        first = re.sub(rf"^[✗○]\s*{re.escape(self.name)}(\.\w+)?:\s*", lambda m: f"{m[1]}: " if m[1] else "", first)
        first = first.partition(" The lesson goes on with ")[0].strip(" .")
        known = [line.strip(" →") for line in more if line.startswith("  →")]
        called = [line.strip() for line in more if line.startswith("  called")]
        return " ".join(": ".join([first, *(known or called)[:1]]).split())


@dataclass
class Result:
    """One student's lesson."""

    student: str
    lesson: Lesson
    state: str
    graded: list[Graded] = field(default_factory=list)
    penalty: float = 0.0
    handed_in: str = ""  # when, as timestamp.txt has it
    late: str = ""  # by how much, where the gradebook has a due date
    why: str = ""  # why it cannot be graded as it is

    @property
    def of(self) -> float:
        return sum(cell.of for cell in self.graded)

    @property
    def points(self) -> float | None:
        """None where what is there was not graded. What waits for marks counts as 0 so far."""
        if self.state in (MISSING, *TO_GRADE):
            return None
        return max(0.0, sum(cell.points or 0.0 for cell in self.graded) - self.penalty)


def results(folder: Path) -> list[Result]:
    """Every student's result in each lesson that somebody handed in, by lesson and student.

    Raises ValueError where the folder is no classroom, or its gradebook cannot be read.
    """
    room, found = classroom_of(folder), []
    lessons = room.chosen()
    others = without_notebook(read_record(folder))
    with tempfile.TemporaryDirectory() as aside:
        book = None
        try:
            book = open_gradebook(folder, Path(aside))
            students = sorted({path.name for path in folders_in(folder / SUBMITTED)} - {one.name for one in lessons})
            students = (
                sorted({*students, *others, *(student.id for student in book.students)})
                if book
                else sorted({*students, *others})
            )
            for lesson in lessons:
                rules = rule_digest(room, lesson, book) if book else ""
                rows = [result(room, book, student, lesson, rules) for student in students]
                if any(row.state != MISSING for row in rows):
                    maximum = next((row.graded for row in rows if row.graded), None) or cells_of(book, lesson)
                    found += [row if row.graded else with_maximum(row, maximum) for row in rows]
        except Exception as error:
            raise ValueError(f"{folder / GRADEBOOK} cannot be read ({error}): is it nbgrader 0.9's?") from error
        finally:
            if book is not None:
                book.close()
    return found


def with_maximum(row: Result, graded: list[Graded]) -> Result:
    """A result without points, with the points that there are."""
    row.graded = [Graded(cell.name, cell.of, None) for cell in graded]
    return row


def cells_of(book: Any, lesson: Lesson) -> list[Graded]:
    """The graded cells that the gradebook has of a lesson, without points."""
    from nbgrader.api import MissingEntry

    try:
        cells = book.find_notebook(lesson.name, lesson.name).grade_cells if book else []
    except MissingEntry:
        return []
    return [Graded(cell.name.removeprefix("check-"), float(cell.max_score), None) for cell in cells]


def open_gradebook(folder: Path, aside: Path) -> Any:
    """A copy of the gradebook, opened; None where nothing was graded yet."""
    from nbgrader.api import Gradebook

    if not (folder / GRADEBOOK).is_file() or not (folder / GRADEBOOK).stat().st_size:
        return None
    copy = shutil.copy(folder / GRADEBOOK, aside / GRADEBOOK)
    return Gradebook(f"sqlite:///{copy}")


def result(room: Classroom, book: Any, student: str, lesson: Lesson, rules: str) -> Result:
    """One student's lesson, as the gradebook and the autograded notebook have it.

    rules: the digest of what would decide the points now.
    """
    from nbgrader.api import MissingEntry

    folder, place = room.folder, room.folder / SUBMITTED / student / lesson.name
    one = Submission(student, lesson, place, place / f"{lesson.name}.ipynb")
    when, state = time_in(place), NOT_GRADED if one.notebook.is_file() else MISSING
    path = folder / "autograded" / student / lesson.name / f"{lesson.name}.ipynb"
    try:  # nbgrader makes an entry before it grades, and keeps it where grading fails
        graded = book is not None and path.is_file()
        notebook = book.find_submission_notebook(lesson.name, lesson.name, student) if graded else None
    except MissingEntry:
        notebook = None
    if notebook is not None:
        before = read_graded(room, one)
        now = digest_now(room, one, rules) if before else ""
        state = out_of_date(one, before, now, notebook.assignment.timestamp)
    if state:
        why = why_unreadable(one) if state in TO_GRADE else ""
        return Result(student, lesson, state, handed_in=when, why=why)
    assert notebook is not None
    said, order = spoken(path)
    earlier = earlier_marks(folder, student, lesson.name)
    cells = [graded_cell(grade, said, earlier.get(grade.name)) for grade in notebook.grades]
    for cell in cells:
        missing = bool(order) and cell.name not in order and cell.points is None
        cell.gone = not cell.waits and (missing or (said.get(cell.name, cell).gone and not cell.points))
    cells.sort(key=lambda cell: order.get(cell.name, len(order)))
    state = WAITS if any(cell.waits for cell in cells) else GRADED
    late = in_words(notebook.assignment.total_seconds_late)
    return Result(student, lesson, state, cells, float(notebook.late_submission_penalty or 0.0), when, late)


def in_words(seconds: float) -> str:
    """
    >>> in_words(0), in_words(61), in_words(3600 * 26 + 300)
    ('', '1 min', '1 d 2 h 5 min')
    """
    minutes = max(int(seconds // 60), int(seconds > 0))
    parts = {"d": minutes // 1440, "h": minutes // 60 % 24, "min": minutes % 60}
    return " ".join(f"{number} {unit}" for unit, number in parts.items() if number)


def graded_cell(grade: Any, said: dict[str, Graded], earlier: float | None = None) -> Graded:
    """earlier: the mark that a person gave to an earlier answer. While a mark is waited for, it does not count."""
    name = grade.name.removeprefix("check-")
    words = said.get(name, Graded(name, 0.0, None))
    waits, flags = bool(grade.needs_manual_grade), list(words.flags)
    known = grade.auto_score is not None or (grade.manual_score is not None and not waits)
    score = float(grade.auto_score or 0.0 if waits else grade.score) if known else None
    if waits and grade.manual_score is not None:
        earlier = float(grade.manual_score)
    if earlier is not None and (waits or grade.manual_score is None):
        flags.append(f"the answer changed since you marked it: the earlier one had {earlier:g} points by hand")
    both = words.said is not None and grade.auto_score is not None
    differs = both and not abs(words.said - grade.auto_score) <= 1e-6  # NaN differs, too
    if differs and not words.further:
        flags.append(f"the gradebook has {grade.auto_score:g} points, and the check gave {words.said:g}")
    return Graded(name, float(grade.max_score), score, waits, words.visible, words.hidden, flags, None, words.further)


def spoken(path: Path) -> tuple[dict[str, Graded], dict[str, int]]:
    """What the cells of an autograded notebook say, and the order of the graded ones. Nothing where it is damaged."""
    try:
        notebook = read_file(path)
    except (OSError, ValueError):
        return {}, {}
    return words_of(notebook), {grade_id(cell).removeprefix("check-"): i for i, cell in enumerate(notebook.cells)}


def words_of(notebook: Notebook) -> dict[str, Graded]:
    """By the exercise: what its check and its hidden tests said."""
    found = {}
    for cell in notebook.cells:
        name = grade_id(cell).removeprefix("check-")
        if not name or not is_graded(cell):
            continue
        shown = all_display_data(cell, name)
        data = shown[-1] if shown else {}
        flags = [flag for one in shown for flag in texts(one.get("flags"))]
        if len(shown) > 1:
            flags.append("minclip's data stand more than once: something beside the check displayed them")
        visible = text(data.get("visible")) or printed(cell)
        points = data.get("points")
        said = float(points) if isinstance(points, int | float) else None
        further = failed.message if (failed := failed_further(cell)) else ""
        found[name] = Graded(name, 0.0, None, False, visible, texts(data.get("hidden")), flags, said, further)
        found[name].gone = was_put_back(cell)
    return found
