"""What a class handed in, where nbgrader looks for it: DIR/submitted/STUDENT/LESSON/LESSON.ipynb.

A folder that holds classroom.json is a classroom.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from minclip.course.exercise import Lesson
from minclip.course.outline import LESSONS

MARKER = "classroom.json"
SUBMITTED = "submitted"
TIME = "timestamp.txt"  # nbgrader's: when a submission came


@dataclass(frozen=True)
class Submission:
    """One student's folder for one lesson."""

    student: str
    lesson: Lesson
    folder: Path
    notebook: Path  # where nbgrader looks for it; it need not exist


def lessons_of(folder: Path) -> list[Lesson]:
    """The lessons of a classroom, in the order of the course. ValueError where the folder is none."""
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        wanted = [str(name) for name in marker["lessons"]]
    except FileNotFoundError:
        raise ValueError(f"{folder} is no classroom: make one with `minclip classroom {folder}`") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{folder / MARKER} cannot be read ({error}): take it from a backup") from error
    known = [lesson for lesson in LESSONS if lesson.name in wanted or str(lesson.number) in wanted]
    if not known:
        raise ValueError(
            f"{folder / MARKER} names no lesson of this course: {', '.join(wanted) or 'its list is empty'}"
        )
    return known


def folders_in(folder: Path) -> list[Path]:
    """The folders in a folder, by name. Hidden ones and links do not count."""
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
    return sorted(path for path in found if not path.name.startswith(".") and path.name != "__MACOSX")


def submissions(folder: Path) -> list[Submission]:
    """Every student's folder for a lesson of this classroom, by student and lesson. ValueError: no classroom."""
    lessons, found = lessons_of(folder), []
    for student in folders_in(folder / SUBMITTED):
        if any(student.name == lesson.name for lesson in lessons):
            continue  # LESSON/STUDENT, the wrong way around
        for lesson in lessons:
            place = student / lesson.name
            if place.is_dir() and not place.is_symlink():
                found.append(Submission(student.name, lesson, place, place / f"{lesson.name}.ipynb"))
    return found
