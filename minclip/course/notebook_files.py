"""Notebooks as files: the course's own, which come with the package, and how any notebook is read, written, copied.

The course's notebooks are minclip/course/notebooks/*.ipynb, written by the course's build beside those in lessons/ and
held to the lessons' texts by a test. They are package data, so `pip install minclip` brings them without a further
download, and building a wheel needs no step of ours. A checkout uses them, too, although it has lessons/: people write
in lessons/, and what is handed out must not hold somebody's answers.
"""

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from minclip.course.exercise import Lesson
from minclip.course.outline import LESSONS
from minclip.course.workbook import COPIES
from minclip.data.paths import atomic_write

FOLDER = Path(__file__).parent / "notebooks"
COURSE_KEYS = ("nbgrader", "tags", "minclip")  # of metadata: what the course writes. Editors add others when they save.
FIRST_KEYS = ("jupyter",)  # what it writes at first, such as a folded cell; from then on it is the learner's


def course_path(lesson: Lesson) -> Path:
    """The course's own copy of a lesson's notebook."""
    return FOLDER / f"{lesson.name}.ipynb"


def course_lessons() -> list[Lesson]:
    """The lessons that have a notebook."""
    return [lesson for lesson in LESSONS if course_path(lesson).is_file()]


def notebook_in(folder: Path, lesson: Lesson) -> Path:
    """A lesson's notebook in a workbook, in lessons/ or in solutions/."""
    return folder / lesson.name / f"{lesson.name}.ipynb"


def read(path: Path) -> NotebookNode:
    """A notebook of format 4, every cell with an id. ValueError where the file is something else.

    Raises FileNotFoundError where there is no file.
    """
    text = path.read_bytes()
    try:
        raw = json.loads(text.decode("utf-8-sig"))  # Windows' Notepad writes a mark in front
        if raw["nbformat"] != 4:
            raise ValueError(f"it has format {raw['nbformat']}, not 4")
        for place, cell in enumerate(raw["cells"]):
            complete(cell, f"without-id-{place:03}")
        raw |= {"metadata": table(raw.get("metadata")), "nbformat_minor": max(5, raw.get("nbformat_minor", 0))}
        notebook: NotebookNode = nbformat.v4.nbjson.JSONReader().to_notebook(raw)
        return notebook
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise ValueError(f"{path} is no notebook that can be read: {error}") from error


def complete(cell: dict[str, Any], name: str) -> None:
    """Gives a cell what older formats and other editors leave out. TypeError where it has no type or no text."""
    cell |= {"id": str(cell.get("id") or name), "metadata": table(cell.get("metadata"))}
    cell["source"] = "".join(cell.get("source") or "")
    if not isinstance(cell["cell_type"], str):
        raise TypeError(f"{name} has no type")
    if cell["cell_type"] == "code":
        cell |= {"outputs": cell.get("outputs") or [], "execution_count": cell.get("execution_count")}


def table(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def as_text(notebook: NotebookNode) -> str:
    """As nbformat writes it. What an editor left there that the format does not know stays."""
    return str(nbformat.v4.writes(nbformat.from_dict(notebook))) + "\n"


def write(notebook: NotebookNode, path: Path) -> None:
    """The whole file or nothing."""
    with atomic_write(path) as file:
        file.write(as_text(notebook).encode("utf-8"))


def digest(path: Path) -> str:
    """Twelve characters that stand for a file's content, whatever its line ends."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()[:12]


def keep_copy(path: Path, workbook: Path) -> Path:
    """Copies a file, byte by byte, to the workbook's copies/ under its name and the time; returns where."""
    stem = f"{path.stem} {datetime.now():%Y-%m-%d %H.%M.%S}"
    content, number = path.read_bytes(), 1
    copy = workbook / COPIES / f"{stem}{path.suffix}"
    while copy.exists():
        number += 1
        copy = copy.with_name(f"{stem} {number}{path.suffix}")
    with atomic_write(copy) as file:
        file.write(content)
    return copy


def bare(cell: NotebookNode) -> dict[str, Any]:
    """What the course says in a cell: no outputs, and nothing that an editor adds when it saves."""
    metadata = {key: cell.metadata[key] for key in COURSE_KEYS if key in cell.metadata}
    return {key: cell[key] for key in ("id", "cell_type", "source")} | {"metadata": metadata}


def same_cells(a: NotebookNode, b: NotebookNode) -> bool:
    """Whether two notebooks hold the same texts. What running and saving them changes does not count."""
    return [bare(cell) for cell in a.cells] == [bare(cell) for cell in b.cells]


def exercise_name(cell: NotebookNode) -> str:
    """The exercise that is written in this cell; "" for other cells."""
    return grade_id(cell) if table(cell.metadata.get("nbgrader")).get("solution") else ""


def grade_id(cell: NotebookNode) -> str:
    """The name of an exercise, or of its check; "" for other cells."""
    return str(table(cell.metadata.get("nbgrader")).get("grade_id", ""))
