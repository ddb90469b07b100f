"""The outline of the course: all lessons in order, and an exercise looked up by its name.

A lesson is a folder: lesson_05_symmetric_infonce/__init__.py names its exercises, checks.py judges them, answers.py
has wrong and right answers to try the checks with, questions.py has what the learner predicts, pictures.py draws the
figures. Its text is in lessons/.
"""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from minclip.course.exercise import Exercise, Lesson
from minclip.course.question import Question

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


def question_of(name: str) -> Question:
    """The question of that name. ValueError where no lesson has one."""
    for lesson in LESSONS:
        if isinstance(name, str) and name in lesson.questions:
            return lesson.questions[name]
    raise ValueError(
        f"{name!r} is not a question of this course: keep the name that stands in the lesson, the answer comes after it"
    )


def number_of(name: str) -> str:
    """The exercise's number in the course.

    >>> number_of("clip_loss")
    '5.2'
    """
    lesson, exercise = exercise_of(name)
    return f"{lesson.number}.{lesson.exercises.index(exercise) + 1}"
