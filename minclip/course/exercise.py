"""What a lesson and an exercise are. Each folder lesson_NN_name/ defines its own LESSON with these two classes."""

import inspect
import re
import textwrap
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

from minclip.course.question import Question


@dataclass(frozen=True)
class Exercise:
    """One thing that the learner writes: a function, or some methods of a class."""

    name: str  # of the library object that it becomes
    home: str  # the module of minclip that holds it
    difficulty: int  # 1 to 3
    minutes: int  # for someone who meets it for the first time
    points: int
    box: str  # of the diagram that progress() draws
    write: tuple[str, ...] = ()  # of a class: the methods to write, the others are given
    former: tuple[str, ...] = ()  # the names that it had in earlier versions of the course

    @property
    def library(self) -> Any:
        """minclip's own."""
        return getattr(import_module(f"minclip.{self.home}"), self.name)


@dataclass(frozen=True)
class Lesson:
    """One notebook. Its folder in minclip/course/ also holds checks.py, answers.py, questions.py and pictures.py."""

    package: str  # minclip.course.lesson_05_symmetric_infonce
    title: str
    question: str
    exercises: tuple[Exercise, ...]

    @property
    def name(self) -> str:
        """Of its notebook and the notebook's folder: 05_symmetric_infonce."""
        return self.package.rpartition(".lesson_")[2]

    @property
    def number(self) -> int:
        return int(self.name.partition("_")[0])

    @property
    def minutes(self) -> int:
        """For the whole lesson: its exercises, a fifth more for mistakes, a quarter of an hour to read; in fives."""
        return 5 * round((1.2 * sum(exercise.minutes for exercise in self.exercises) + 15) / 5)

    @property
    def checks(self) -> ModuleType:
        """Its module with a function for each exercise, named like the exercise."""
        return import_module(f"{self.package}.checks")

    @property
    def answers(self) -> ModuleType:
        """Its module with WRONG and CORRECT: the planted answers that the tests hand to its checks."""
        return import_module(f"{self.package}.answers")

    @property
    def questions(self) -> dict[str, Question]:
        """Those that the learner answers before the number is known, in the order in which they are asked."""
        found: dict[str, Question] = import_module(f"{self.package}.questions").QUESTIONS
        return found


def library_source(thing: Any) -> str:
    """The text of a library function or class, without what is for the type checker alone."""
    text = textwrap.dedent(inspect.getsource(thing)).rstrip()
    return re.sub(r"  # type: ignore\[[\w, -]+\]$", "", text, flags=re.MULTILINE)
