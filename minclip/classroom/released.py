"""The notebook that the class was given: release/LESSON/LESSON.ipynb, or the course's own where there is none."""

from functools import lru_cache
from pathlib import Path
from typing import Any

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
                raise ValueError(f"{path} cannot be read: {error}") from error
    raise ValueError(f"{folder} has no notebook of {lesson.name} in release/: run `minclip classroom {folder}`")


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
    """Whether a notebook is the released one, with nothing written in its answers' cells."""
    try:
        given = {grade_id(cell): cell for cell in read_notebook(content).cells if grade_id(cell)}
    except ValueError:
        return False
    answers = [cell for cell in released(folder, lesson).cells if is_answer(cell)]
    return all(grade_id(cell) in given and same_text(cell, given[grade_id(cell)]) for cell in answers)
