"""The outline of the course: all lessons in order, and an exercise looked up by its name.

A lesson is a folder: lesson_05_symmetric_infonce/__init__.py names its exercises, checks.py judges them, answers.py
has wrong and right answers to try the checks with, pictures.py draws the figures. Its text is in lessons/.
"""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from minclip.course.exercise import Exercise, Lesson

FOLDERS = sorted(found.name for found in iter_modules([str(Path(__file__).parent)]) if found.name.startswith("lesson_"))
LESSONS: tuple[Lesson, ...] = tuple(import_module(f"minclip.course.{folder}").LESSON for folder in FOLDERS)


def exercise_of(name: str) -> tuple[Lesson, Exercise]:
    """The exercise of that name and its lesson. ValueError where there is none."""
    for lesson in LESSONS:
        for exercise in lesson.exercises:
            if exercise.name == name:
                return lesson, exercise
    known = ", ".join(exercise.name for lesson in LESSONS for exercise in lesson.exercises)
    raise ValueError(f"{name!r} is not an exercise of this course: choose one of {known}")


def number_of(name: str) -> str:
    """The exercise's number in the course.

    >>> number_of("clip_loss")
    '5.2'
    """
    lesson, exercise = exercise_of(name)
    return f"{lesson.number}.{lesson.exercises.index(exercise) + 1}"
