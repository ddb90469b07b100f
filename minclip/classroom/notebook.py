"""The notebook of a class: nbgrader's source of a lesson, a written question at its end, and the version of its cells.

The question and its mark scheme are in lessons/NN_name/written_question.md. Learners who work alone do not get it.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from minclip.course.build import ROOT, cell_with_id, grading_notebook, nbgrader
from minclip.course.exercise import Lesson

BEGIN_SCHEME, END_SCHEME = "### BEGIN MARK SCHEME", "### END MARK SCHEME"
BEGIN_ANSWER, END_ANSWER = "### BEGIN SOLUTION", "### END SOLUTION"  # nbgrader puts YOUR ANSWER HERE in its place
FORM = re.compile(r"# Written question \((\d+) points\)\n+(.+?)\n+## Mark scheme\n+(.+)", re.DOTALL)


@dataclass(frozen=True)
class WrittenQuestion:
    """What a lesson asks in words; a person marks it."""

    points: int
    words: str
    mark_scheme: str  # what earns each point, and what does not


def question_path(lesson: Lesson) -> Path:
    return ROOT / "lessons" / lesson.name / "written_question.md"


def written_question(lesson: Lesson) -> WrittenQuestion:
    """ValueError where its file has another form."""
    text = question_path(lesson).read_text(encoding="utf-8").strip()
    if (found := FORM.fullmatch(text)) is None:
        wanted = "# Written question (4 points), the question, ## Mark scheme, what earns each point"
        raise ValueError(f"{question_path(lesson)} must have the parts: {wanted}")
    return WrittenQuestion(int(found[1]), found[2].strip(), found[3].strip())


def question_cell(lesson: Lesson) -> NotebookNode:
    """The question; below it the mark scheme, in the place of the answer."""
    question = written_question(lesson)
    name = f"question-{lesson.number:02}"
    head = f"## Written question · {question.points} points"
    scheme = [BEGIN_ANSWER, BEGIN_SCHEME, question.mark_scheme, END_SCHEME, END_ANSWER]
    text = f"{head}\n\n{question.words}\n\n### Your answer\n"  # a heading, so that no list of the question goes on
    cell = new_markdown_cell("\n".join([text, *scheme]))
    cell.metadata["nbgrader"] = nbgrader(name, grade=True, solution=True, points=question.points)
    return cell_with_id(cell, name)


def classroom_notebook(lesson: Lesson) -> NotebookNode:
    """nbgrader's source of a lesson for a class."""
    notebook = grading_notebook(lesson)
    notebook.cells.append(question_cell(lesson))
    notebook.metadata["minclip"] = {**notebook.metadata["minclip"], "version": version(notebook)}
    return notebook


def version(notebook: NotebookNode) -> str:
    """Of the cells that count, by what they hold: the same until a lesson changes."""
    counted = [cell for cell in notebook.cells if cell.metadata.get("nbgrader")]
    text = "\0".join(part for cell in counted for part in (cell.metadata.nbgrader.grade_id, cell.source))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]
