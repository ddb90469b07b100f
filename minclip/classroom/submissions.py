"""What a class handed in, where nbgrader looks for it: DIR/submitted/STUDENT/LESSON/LESSON.ipynb.

A folder that holds classroom.json is a classroom.
"""

from dataclasses import dataclass
from pathlib import Path

from minclip.classroom.course_folder import SUBMITTED, classroom_of
from minclip.course.exercise import Lesson

TIME = "timestamp.txt"  # nbgrader's: when a submission came


@dataclass(frozen=True)
class Submission:
    """One student's folder for one lesson."""

    student: str
    lesson: Lesson
    folder: Path
    notebook: Path  # where nbgrader looks for it; it need not exist


def folders_in(folder: Path) -> list[Path]:
    """The folders in a folder, by name. Hidden ones and links do not count."""
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
    return sorted(path for path in found if not path.name.startswith(".") and path.name != "__MACOSX")


def time_in(place: Path) -> str:
    """When a submission came; "" where nobody says."""
    try:
        return " ".join((place / TIME).read_text(encoding="utf-8").split())[:40]
    except (OSError, ValueError):
        return ""


def submissions(folder: Path) -> list[Submission]:
    """Every student's folder for a lesson of this classroom, by student and lesson. ValueError: no classroom."""
    lessons, found = classroom_of(folder).chosen(), []
    for student in folders_in(folder / SUBMITTED):
        if any(student.name == lesson.name for lesson in lessons):
            continue  # LESSON/STUDENT, the wrong way around
        for lesson in lessons:
            place = student / lesson.name
            if place.is_dir() and not place.is_symlink():
                found.append(Submission(student.name, lesson, place, place / f"{lesson.name}.ipynb"))
    return found
