"""A person's mark belongs to the answer that was marked: it stays while the answer does, and no longer.

nbgrader keeps a mark in the gradebook when it grades again, whatever was handed in since, and asks to review each one.
This runs behind its `SaveAutoGrades`. Where the answer is the same, the mark counts. Where it changed, the answer waits
for a mark, and the mark of the earlier answer is kept in marked.json for the report. A comment stays in the gradebook;
marked.json says where it is of an earlier answer, and the feedback heads it so.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_locked, is_solution

from minclip.classroom.graded_before import note_through
from minclip.classroom.released import plain
from minclip.data.paths import atomic_write

MARKED = "marked.json"  # in the class's folder: of each submission, which answers the gradebook's marks are of


class KeepMarks(NbGraderPreprocessor):
    """nbgrader's preprocessor. marked.json lies in the working folder, which is the course's."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        about, record = resources["nbgrader"], read_marked(Path.cwd())
        student, lesson = about["student"], about["assignment"]
        before = record.get(f"{student}/{lesson}", {})
        now: dict[str, dict[str, Any]] = {}
        with Gradebook(about["db_url"]) as book:
            for cell in filter(is_grade, nb.cells):
                name = cell.metadata["nbgrader"]["grade_id"]
                grade = book.find_grade(name, about["notebook"], lesson, student)
                now[name] = settled(grade, before.get(name, {}), answer_digest(nb, cell))
            for cell in filter(is_solution, nb.cells):
                name = cell.metadata["nbgrader"]["grade_id"]
                comment = book.find_comment(name, about["notebook"], lesson, student).manual_comment
                now[name] = now.get(name, {}) | commented(comment, before.get(name, {}), text_digest([cell.source]))
            record[f"{student}/{lesson}"] = now  # first: a mark that is taken off must be written down
            write_marked(Path.cwd(), record)
            book.db.commit()
        note_through(nb)
        return nb, resources


def settled(grade: Any, before: dict[str, Any], answer: str) -> dict[str, Any]:
    """Keeps the mark of an answer that is the same, takes off another's; returns what marked.json says of it."""
    if grade.manual_score is None:
        earlier = before.get("earlier")
    elif before.get("answer") == answer:
        grade.needs_manual_grade, earlier = False, None
    else:
        earlier = float(grade.manual_score)
        grade.manual_score = grade.extra_credit = None
        grade.needs_manual_grade = grade.auto_score is None
    return {"answer": answer} | ({} if earlier is None else {"earlier": earlier})


def commented(comment: str | None, before: dict[str, Any], text: str) -> dict[str, Any]:
    """What marked.json says of a teacher's comment: whether it is of an answer that was another one."""
    earlier = comment if comment and before.get("text") != text else before.get("earlier comment")
    stays = comment and comment == earlier  # one that was written anew is of the new answer
    return {"text": text} | ({"earlier comment": earlier} if stays else {})


def answer_digest(notebook: NotebookNode, cell: NotebookNode) -> str:
    """Of what is marked, and of its points: the written answer, or for a check all code that is not locked."""
    if is_solution(cell):
        marked = [cell.source]
    else:
        marked = [one.source for one in notebook.cells if one.cell_type == "code" and not is_locked(one)]
    return text_digest([f"{float(cell.metadata['nbgrader'].get('points', 0)):g}", *marked])


def text_digest(parts: list[str]) -> str:
    text = "\0".join(map(plain, parts))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def read_marked(folder: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """Nothing where the file is missing or damaged: then marks are taken for those of earlier answers."""
    try:
        found = json.loads((folder / MARKED).read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    except (OSError, ValueError):
        return {}


def write_marked(folder: Path, record: dict[str, dict[str, dict[str, Any]]]) -> None:
    with atomic_write(folder / MARKED) as file:
        file.write((json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8"))


def earlier_marks(folder: Path, student: str, lesson: str) -> dict[str, float]:
    """Graded cell -> the mark that its earlier answer had."""
    found = read_marked(folder).get(f"{student}/{lesson}", {})
    return {name: float(about["earlier"]) for name, about in found.items() if about.get("earlier") is not None}


def earlier_comments(folder: Path, student: str, lesson: str) -> dict[str, str]:
    """Answer's cell -> the comment that a teacher wrote to its earlier answer."""
    found = read_marked(folder).get(f"{student}/{lesson}", {})
    return {name: str(about["earlier comment"]) for name, about in found.items() if about.get("earlier comment")}
