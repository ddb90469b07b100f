"""What a class handed in, where nbgrader looks for it: DIR/submitted/STUDENT/LESSON/LESSON.ipynb."""

from dataclasses import dataclass
from pathlib import Path

from minclip.classroom.course_folder import classroom_of
from minclip.course.exercise import Lesson


@dataclass(frozen=True)
class Submission:
    """One student's folder for one lesson."""

    student: str
    lesson: Lesson
    folder: Path
    notebook: Path  # where nbgrader looks for it; it need not exist


def submissions(folder: Path) -> list[Submission]:
    """Every student's folder for a lesson of this classroom, by student and lesson. ValueError: no classroom."""
    room, found = classroom_of(folder), []
    for student in sorted((room.folder / "submitted").glob("[!.]*")):
        for lesson in room.chosen():
            place = student / lesson.name
            if place.is_dir():
                found.append(Submission(student.name, lesson, place, place / f"{lesson.name}.ipynb"))
    return found
