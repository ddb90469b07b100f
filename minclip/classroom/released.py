"""The notebook that the class was given: release/LESSON/LESSON.ipynb, or the course's own where there is none."""

from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from minclip.classroom.course_folder import COPIES, former_name
from minclip.classroom.handed_in import Notebook, grade_id, read_notebook, source_of
from minclip.course.exercise import Lesson
from minclip.course.notebook_files import course_path


def released(folder: Path, lesson: Lesson) -> Notebook:
    """The notebook that the class was given. ValueError where there is none that can be read; do not change it."""
    for path in (folder / "release" / lesson.name / f"{lesson.name}.ipynb", course_path(lesson)):
        if path.is_file():
            try:
                return read_once(path, path.stat().st_mtime_ns)
            except ValueError as error:
                raise ValueError(f"the release {path} cannot be read: {error}") from error
    raise ValueError(f"{folder} has no notebook of {lesson.name} in release/: run `minclip classroom {folder}`")


def former_releases(folder: Path, lesson: Lesson) -> list[Notebook]:
    """What the class was given before, without what cannot be read; do not change them."""
    found = []
    for path in sorted((folder / COPIES).glob(f"{former_name(lesson)} *.ipynb")):
        with suppress(OSError, ValueError):
            found.append(read_once(path, path.stat().st_mtime_ns))
    return found


@lru_cache(maxsize=32)
def read_once(path: Path, changed: int) -> Notebook:
    return read_notebook(path.read_bytes())


def same_text(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Whether two cells have the same text; spaces at line ends and the kind of line ends do not count."""
    return plain(source_of(a)) == plain(source_of(b))


def plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def is_answer(cell: dict[str, Any]) -> bool:
    """Whether a cell of the released notebook is one to write in."""
    found = cell["metadata"].get("nbgrader")
    return isinstance(found, dict) and bool(found.get("solution"))


def unwritten(folder: Path, lesson: Lesson, content: bytes) -> bool:
    """Whether a notebook is the released one, with nothing written in its answers' cells.

    A workbook's notebook has no written question: a question that is missing is not written.
    """
    try:
        given = read_notebook(content).cells
    except ValueError:
        return False
    found = False
    for answer in filter(is_answer, released(folder, lesson).cells):
        copies = [cell for cell in given if grade_id(cell) == grade_id(answer)]
        found = found or bool(copies)
        if not all(same_text(cell, answer) for cell in copies) or (not copies and answer["cell_type"] == "code"):
            return False
    return found
