"""Feedback in which no line of a hidden test stands, and that says what the hidden tests found, in words.

    feedback.write_feedback(folder)                           feedback/STUDENT/LESSON/LESSON.html for everybody
    c.GenerateFeedback.preprocessors = [..., HideHiddenTests]  the same for a plain `nbgrader generate_feedback`

nbgrader's own feedback shows the cells of the checks with their hidden tests, and tracebacks through them (its issues
917 and 1363). The preprocessor stands behind GetGrades, and before what makes the HTML.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_locked, is_solution
from traitlets import Bool

from minclip.classroom.cell_outputs import display_data, plain, texts
from minclip.classroom.cell_outputs import text as text_of
from minclip.classroom.execution import course_of
from minclip.classroom.further_tests import FOR_STUDENTS, FurtherTest, failed_further, was_put_back
from minclip.classroom.hidden_lines import SCHEME, HiddenLines, without_region
from minclip.classroom.kept_marks import earlier_comments
from minclip.classroom.record import MIME
from minclip.classroom.results import Graded
from minclip.course.outline import LESSONS

NOT_THERE = "it was not in the notebook that you handed in"
NO_COMMENT = "No response."  # nbgrader's own, below what nobody wrote in
TO_EARLIER = "To your earlier answer:"
SHOWN = 2000  # characters of an error's message
PLACE = re.compile(
    r"""[^\s'"<>()]{0,200}[/\\](?:mc-\w{8}[/\\](?:w\d+[/\\])?(?:(?:lesson|tmp)[/\\])?)(?:ipykernel_\d+[/\\](?=\d+\.py))?"""
)


class HideHiddenTests(NbGraderPreprocessor):
    """Takes hidden tests, tracebacks of checks and mark schemes out of a graded notebook, and says what they found."""

    show_mark_schemes = Bool(False, help="Whether students see the mark schemes of written questions").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        locked, own = ([cell.source for cell in nb.cells if is_locked(cell) == each] for each in (True, False))
        hidden = HiddenLines.of(locked, own)
        book = graded_in(resources)
        waiting = {grade.name for grade in book if grade.waits}
        rows = [row_of(cell, hidden, waiting) for cell in nb.cells if is_grade(cell)]
        there = {cell.metadata.nbgrader.grade_id for cell in nb.cells if is_grade(cell)}
        rows += [gone_row(grade) for grade in book if grade.name not in there and there]
        head_earlier_comments(nb, resources)
        comments = comments_in(nb)
        top = heading(resources, book, waiting & there) + (table(with_comments(rows, comments)) if rows else "")
        for cell in nb.cells:
            self.clean(cell, hidden)
        if top:
            nb.cells.insert(0, new_markdown_cell(top))
        return nb, resources

    def clean(self, cell: NotebookNode, hidden: HiddenLines) -> None:
        """One cell: its text, and what it shows."""
        further = failed_further(cell)  # before the text is cut
        if is_locked(cell):
            cell.source = without_region(cell.source)
        elif cell.cell_type == "code":
            cell.source = hidden.cut_code(cell.source)
        else:
            cell.source = hidden.cut(cell.source)
        if not self.show_mark_schemes:
            cell.source = without_region(cell.source, SCHEME)
        if cell.cell_type != "code":
            return
        checks = is_grade(cell) and not is_solution(cell)
        words = hidden.cut(words_of(cell, further)) if checks else ""
        said = [new_output("stream", text=words)] if words else []
        outputs = cell.outputs
        if checks and further and not further.shown:  # its message may hold what it asks
            outputs = [output for output in outputs if output.output_type != "error"]
        cleaned = [clean_output(output, hidden, checks) for output in outputs]
        cell.outputs = [output for output in cleaned if output is not None] + said


COLUMNS = ("", "points", "the check", "hidden tests", "your teacher's comment")


def table(rows: list[list[str]]) -> str:
    """The table at the top, in HTML: the page of nbgrader gives Markdown's no lines."""
    head = "".join(f"<th>{name}</th>" for name in COLUMNS[: len(rows[0])])
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<table class="table table-bordered"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


@dataclass(frozen=True)
class InBook:
    """A graded cell in the gradebook. waits: for a person's marks."""

    name: str
    score: float
    of: float
    waits: bool


def graded_in(resources: ResourcesDict) -> list[InBook]:
    """What the gradebook has of this notebook."""
    about = resources.get("nbgrader")
    if not about:
        return []
    with Gradebook(about["db_url"]) as book:
        grades = book.find_submission_notebook(about["notebook"], about["assignment"], about["student"]).grades
        return [
            InBook(one.name, one.score or 0.0, one.max_score or 0.0, bool(one.needs_manual_grade)) for one in grades
        ]


def heading(resources: ResourcesDict, book: list[InBook], waiting: set[str]) -> str:
    """Whose notebook it is, of which lesson, and how many points it has so far."""
    about = resources.get("nbgrader")
    if not about:
        return ""
    titles = {lesson.name: f"{lesson.number:02} {lesson.title}" for lesson in LESSONS}
    penalty, score = about.get("late_penalty") or 0.0, about.get("score")
    points = sum(one.score for one in book) - penalty if score is None else float(score)
    lines = [f"{points:g} of {sum(one.of for one in book):g} points"]
    if penalty:
        lines.append(f"{penalty:g} points were taken off because it came late")
    if waits := [one for one in book if one.name in waiting]:
        lines.append(f"{sum(one.of for one in waits):g} points wait for your teacher's marks")
    name = titles.get(about["assignment"], about["assignment"])
    return f"<h2>{escaped(about['student'])} · {escaped(name)}</h2><p>{'; '.join(lines)}.</p>"


def head_earlier_comments(nb: NotebookNode, resources: ResourcesDict) -> None:
    """Says of a comment that was written to an earlier answer that it was."""
    about, place = resources.get("nbgrader"), resources.get("metadata", {}).get("path")
    if not about or not place:
        return
    earlier = earlier_comments(course_of(Path(place).absolute()), about["student"], about["assignment"])
    for cell in nb.cells:
        ours = cell.metadata.get("nbgrader") or {}
        if ours.get("comment") and ours["comment"] == earlier.get(ours.get("grade_id", "")):
            ours["comment"] = f"{TO_EARLIER} {ours['comment']}"


def comments_in(nb: NotebookNode) -> dict[str, str]:
    """The teacher's comments, by exercise or question."""
    about = [cell.metadata.get("nbgrader") or {} for cell in nb.cells]
    said = [one for one in about if one.get("comment") not in (None, "", NO_COMMENT)]
    return {one["grade_id"].removeprefix("check-"): one["comment"] for one in said}


def with_comments(rows: list[list[str]], comments: dict[str, str]) -> list[list[str]]:
    """The rows with a column more, where a teacher commented on anything."""
    by_name = {escaped(name): escaped(words) for name, words in comments.items()}
    return [[*row, by_name.get(row[0], "")] for row in rows] if by_name else rows


def gone_row(grade: InBook) -> list[str]:
    """A graded cell that the notebook does not have."""
    name, points = escaped(grade.name.removeprefix("check-")), f"{grade.score:g} of {grade.of:g}"
    return [name, points, NOT_THERE, ""]


def row_of(cell: NotebookNode, hidden: HiddenLines, waiting: set[str]) -> list[str]:
    """A graded cell in the table at the top."""
    about = cell.metadata.nbgrader
    name = about.grade_id.removeprefix("check-")
    points = f"{float(about.get('score') or 0):g} of {float(about.get('points') or 0):g}"
    if about.grade_id in waiting:
        points = f"not marked yet, of {float(about.get('points') or 0):g}"
    if was_put_back(cell) and not about.get("score"):
        return [escaped(name), points, NOT_THERE, ""]
    if is_solution(cell):
        return [escaped(name), points, "a written answer", ""]
    data = display_data(cell, name)
    visible = text_of(data.get("visible"))
    said = Graded(name, 0, None, visible=visible).message
    said = f"{visible[:1]} {said}" if said else visible.partition("\n")[0] or error_line(cell, hidden)
    failed, further = texts(data.get("hidden")), failed_further(cell)
    if further:
        failed.append(f"{FOR_STUDENTS}: {further.message}" if further.shown else FOR_STUDENTS)
        said = said if data else ""
    found = "<br>".join(escaped(hidden.cut(words)) for words in failed) or ("passed" if visible.startswith("✓") else "")
    return [escaped(name), points, escaped(hidden.cut(said)), found]


def escaped(words: str) -> str:
    """Words that are neither Markdown nor HTML."""
    return "".join(f"&#{ord(sign)};" if sign in "|`*_[]\\$<>&#~" else sign for sign in words.replace("\n", " "))


def words_of(cell: NotebookNode, further: FurtherTest | None) -> str:
    """Below a check: its points, and what the hidden tests failed on."""
    about = cell.metadata.nbgrader
    data = display_data(cell, about.grade_id.removeprefix("check-"))
    if not data and not further:
        return ""
    lines = [f"{float(about.get('score') or 0):g} of {float(about.get('points') or 0):g} points."]
    lines += [f"A hidden test fails: {words}" for words in texts(data.get("hidden"))]
    lines += [f"{FOR_STUDENTS[0].upper()}{FOR_STUDENTS[1:]}."] * bool(further)
    return "\n".join(lines)


def clean_output(output: NotebookNode, hidden: HiddenLines, checks: bool) -> NotebookNode | None:
    """An output without hidden lines; None where nothing of it is for the student.

    checks: whether it is the output of a check, whose tracebacks lead through hidden tests.
    """
    if output.output_type == "stream":
        output.text = without_places(output.text)
    if output.output_type == "error":
        line = hidden.cut(plain(f"{output.ename}: {output.evalue}"))[:SHOWN]
        shows = checks or any(hidden.stands_in(line) for part in output.traceback for line in str(part).splitlines())
        traceback = [line] if shows else [hidden.cut(str(part)) for part in output.traceback]
        value = without_places(hidden.cut(output.evalue))
        output = new_output("error", ename=output.ename, evalue=value, traceback=[*map(without_places, traceback)])
        return output
    if output.output_type == "stream":
        output.text = hidden.cut(output.text)
        return output
    if MIME in output.data or (checks and output.output_type == "execute_result"):
        return None  # the points, which stand in words below
    shown = {kind: hidden.cut_data(value) for kind, value in output.data.items()}
    output.data = NotebookNode({kind: without_places(v) if isinstance(v, str) else v for kind, v in shown.items()})
    return output


def without_places(text: str) -> str:
    """A text without the folder in which the notebook ran: it is gone.

    >>> without_places("/tmp/mc-x1_y34ab/w0/lesson/a.py:3: UserWarning")
    'a.py:3: UserWarning'
    """
    return PLACE.sub("", text) if "mc-" in text else text  # a picture is one long word, in which a search takes long


def error_line(cell: NotebookNode, hidden: HiddenLines) -> str:
    """The first error of a cell, in a line."""
    errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
    return hidden.cut(plain(f"{errors[0].ename}: {errors[0].evalue}").partition("\n")[0])[:300] if errors else ""
