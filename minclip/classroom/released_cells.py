"""Takes the place of nbgrader's `DeduplicateIds`: brings the cells that count back to how the class got them.

A cell that is there twice, that lost its id or that is gone would stop nbgrader, or leave old points standing. The
submission itself stays as it was handed in; this is done to the copy that is graded.
"""

from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from minclip.classroom.course_folder import SUBMITTED, classroom_of
from minclip.classroom.further_tests import mark_put_back
from minclip.classroom.graded_before import digest_now, note_begun, rule_digest
from minclip.classroom.submissions import Submission
from minclip.course.notebook_files import grade_id, read


class RestoreCells(NbGraderPreprocessor):
    """nbgrader's preprocessor. It reads release/LESSON/LESSON.ipynb in the working folder, which is the course's."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        about = resources["nbgrader"]
        path = Path("release") / about["assignment"] / f"{about['notebook']}.ipynb"
        note_begun(nb, digest_of_work(about))
        nb.cells = restored(nb.cells, read(path).cells)
        work = Path(about["student"]) / about["assignment"]
        for name in drop_linked(Path("submitted") / work, Path("autograded") / work):
            self.log.warning("%s is a link in the submission, and is left out", name)
        return nb, resources


def digest_of_work(about: dict[str, Any]) -> str:
    """Of the submission that is graded now; "" where the working folder is no classroom of minclip's."""
    try:
        room = classroom_of(Path.cwd())
    except ValueError:
        return ""
    lesson = next((one for one in room.chosen() if one.name == about["assignment"]), None)
    if lesson is None:
        return ""
    folder = room.folder / SUBMITTED / about["student"] / lesson.name
    with Gradebook(about["db_url"]) as book:
        rules = rule_digest(room, lesson, book)
    return digest_now(room, Submission(about["student"], lesson, folder, folder / f"{lesson.name}.ipynb"), rules)


def drop_linked(submitted: Path, autograded: Path) -> list[str]:
    """Deletes what nbgrader copied by way of links, which may lead to anything that the teacher reads."""
    links = [path.relative_to(submitted) for path in submitted.rglob("*") if path.is_symlink()]
    for name in links:
        (autograded / name).unlink(missing_ok=True)
    return [name.as_posix() for name in links]


def restored(cells: list[NotebookNode], released: list[NotebookNode]) -> list[NotebookNode]:
    """The cells of a submission, each that counts once and with the metadata that it was given."""
    wanted = {grade_id(cell): cell for cell in released if grade_id(cell)}
    chosen = {name: choose([cell for cell in cells if grade_id(cell) == name], cell) for name, cell in wanted.items()}
    for cell in cells:
        name = grade_id(cell)
        if name and chosen.get(name) is cell:
            cell.metadata["nbgrader"] = dict(wanted[name].metadata["nbgrader"])
        else:
            cell.metadata.pop("nbgrader", None)
    found = list(cells)
    for place, cell in enumerate(released):
        name = grade_id(cell)
        if name and chosen[name] is None and cell.metadata["nbgrader"].get("grade"):
            mark_put_back(cell.metadata)
            found.insert(place_in(found, [one.id for one in released[place + 1 :]]), NotebookNode(cell))
    return found


def choose(there: list[NotebookNode], released: NotebookNode) -> NotebookNode | None:
    """Of several cells with one id the last that somebody wrote in, as in Python the last definition counts."""
    changed = [cell for cell in there if cell.source != released.source]
    best = changed or there
    return best[-1] if best else None


def place_in(cells: list[NotebookNode], later: list[str]) -> int:
    """As late as it may be: before the first cell that is to come after it. What was written before is then run."""
    ids = [str(cell.get("id", "")) for cell in cells]
    return next((ids.index(name) for name in later if name in ids), len(cells))
