"""What was graded, and by which rules: so that `grade` runs again what changed, and `report` says what is out of date.

The autograded notebook's metadata have a digest of the submission as it was graded, and one of all else that decides
its points. `RestoreCells` and `KeepMarks` write them, so that plain `nbgrader autograde` leaves them, too.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

from nbformat import NotebookNode

from minclip.classroom.course_folder import AUTOGRADED, CONFIG, RELEASE, SOURCE, Classroom, named, released_otherwise
from minclip.classroom.handed_in import grade_id, read_file
from minclip.classroom.left_out import HIDDEN_COPIES, beside
from minclip.classroom.submissions import Submission, time_in
from minclip.course.exercise import Lesson

BEGUN, GRADED = "grading", "graded"  # keys of metadata.minclip
OF_FEEDBACK = re.compile(r"c\.(HideHiddenTests|GenerateFeedback)\b")  # settings that decide no points
NEWER, FORMER = "newer version not graded", "graded before a change"  # states of what has to be graded again


def out_of_date(one: Submission, known: str, now: str, graded: Any = None) -> str:
    """NEWER where another version was graded, FORMER where the release or the settings changed since, else "".

    known, now: digests of what was graded and of what is there; known is "" where another nbgrader course graded. Then
    the times tell: graded is the gradebook's, of the version that it has.
    """
    from nbgrader.utils import parse_utc

    if not one.folder.is_dir():
        return ""  # nothing is there to be graded again
    if known:
        submission, _, rules = now.partition(" ")
        if known.partition(" ")[0] != submission:
            return NEWER
        return "" if known.partition(" ")[2] == rules else FORMER
    with suppress(ValueError, OverflowError):  # a time that somebody wrote by hand
        when = time_in(one.folder)
        return NEWER if when and graded is not None and parse_utc(when) != graded else ""
    return ""


def key_of(one: Submission) -> str:
    return f"{one.student}/{one.lesson.name}"


def digest_now(room: Classroom, one: Submission, rules: str) -> str:
    """Of a submission and of its rules, which `rule_digest` gives."""
    return f"{submission_digest(room, one)} {rules}"


def submission_digest(room: Classroom, one: Submission) -> str:
    """Stands for all of a submission that decides its points.

    Not of its notebook: what grading makes anew (outputs, the cells' points), nor how its JSON is written. So a check
    that writes changed points into notebooks changes nothing.
    """
    files = [path for path in files_in(one.folder) if path != one.notebook]
    total = hashlib.sha256(digest_of(files, room.folder).encode("utf-8"))
    if one.notebook.is_file():
        try:
            total.update(json.dumps(what_counts(read_file(one.notebook).raw), sort_keys=True).encode("utf-8"))
        except ValueError:  # no notebook: its bytes tell
            total.update(digest_of([one.notebook], room.folder).encode("utf-8"))
    return total.hexdigest()[:16]


def what_counts(notebook: dict[str, Any]) -> list[Any]:
    """Of a notebook's cells, without what grading makes anew."""
    made = {"outputs", "execution_count", "metadata"}
    cells = []
    for cell in notebook["cells"]:
        source, metadata = cell["source"], dict(cell["metadata"])
        metadata["nbgrader"] = grade_id(cell)  # grading takes all other marks from the release
        text = "".join(source) if isinstance(source, list) else source
        rest = {key: value for key, value in cell.items() if key not in made}
        cells.append(rest | {"source": text, "metadata": metadata})
    return [cells, notebook.get("metadata")]


def rule_digest(room: Classroom, lesson: Lesson, book: Any) -> str:
    """Stands for all that decides the points beside what was handed in: the release, the gradebook, the settings.

    Checks and points are the gradebook's, which gets them with the release; files beside the notebook are the source's.
    """
    from nbgrader.api import MissingEntry

    given = [path for path in files_in(room.folder / SOURCE / lesson.name) if path.suffix != ".ipynb"]
    cells: list[tuple[str, ...]] = []
    with suppress(MissingEntry):
        notebook = book.find_notebook(lesson.name, lesson.name)
        cells += [(cell.name, cell.cell_type, str(cell.locked), cell.source) for cell in notebook.source_cells]
        cells += [(cell.name, f"{cell.max_score:g}") for cell in notebook.grade_cells]
    files = digest_of([*files_in(room.folder / RELEASE / lesson.name), *given], room.folder)
    parts = [files, settings_in(room.folder / CONFIG), sorted(cells)]
    return hashlib.sha256(json.dumps(parts).encode("utf-8")).hexdigest()[:16]


def settings_in(config: Path) -> list[str]:
    """The lines of nbgrader_config.py that can decide points: no comments, and nothing that is about feedback alone."""
    lines = config.read_text(encoding="utf-8", errors="replace").splitlines() if config.is_file() else []
    found = [line.rstrip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return [line for line in found if not OF_FEEDBACK.match(line)]


def not_released(room: Classroom, lessons: Sequence[Lesson]) -> Iterator[str]:
    """What is said of each lesson whose source changed since the release was made from it."""
    for lesson in dict.fromkeys(lessons):
        if released_otherwise(room, lesson):
            yield f"source/{lesson.name} differs from what was released: run minclip classroom {named(room.folder)}"


def files_in(folder: Path) -> list[Path]:
    """All files, without those that Jupyter and systems put there by themselves."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path for path in found if beside(PurePosixPath(path.relative_to(folder).as_posix())) != HIDDEN_COPIES]


def digest_of(files: Sequence[Path], folder: Path) -> str:
    """Stands for the names and bytes of files."""
    total = hashlib.sha256()
    for path in files:
        if path.is_file():
            total.update(path.relative_to(folder).as_posix().encode("utf-8", "surrogateescape"))
            with path.open("rb") as file:
                total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()[:16]


def note_begun(notebook: NotebookNode, digest: str) -> None:
    """Notes in a notebook what its grading is of. It counts when the grading is through."""
    ours = notebook.metadata.get("minclip")
    kept = {key: value for key, value in ours.items() if key != GRADED} if isinstance(ours, dict) else {}
    notebook.metadata["minclip"] = {**kept, BEGUN: digest}


def note_through(notebook: NotebookNode) -> None:
    ours = notebook.metadata.get("minclip")
    if isinstance(ours, dict) and BEGUN in ours:
        ours[GRADED] = ours.pop(BEGUN)


def read_graded(room: Classroom, one: Submission) -> str:
    """What was graded, as its autograded notebook has it; "" where nothing was, or another nbgrader course did it."""
    path = room.folder / AUTOGRADED / one.student / one.lesson.name / f"{one.lesson.name}.ipynb"
    try:
        ours = read_file(path).raw["metadata"].get("minclip")
    except (OSError, ValueError):
        return ""
    return str(ours.get(GRADED) or "") if isinstance(ours, dict) else ""
