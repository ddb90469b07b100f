"""The outline of the course: lesson → exercise → library object → minutes → points. The one table that all else reads.

What a lesson says is in lessons/NN_name/lesson.md, how an exercise is judged in checks/lesson_NN.py.
"""

from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any


@dataclass(frozen=True)
class Exercise:
    """One thing that the learner writes: a function, or some methods of a class."""

    name: str  # of the library object that it becomes
    home: str  # the module of minclip that holds it
    difficulty: int  # 1 to 3
    minutes: int  # for someone who meets it for the first time
    points: int
    write: tuple[str, ...] = ()  # of a class: the methods to write, the others are given

    @property
    def library(self) -> Any:
        """minclip's own."""
        return getattr(import_module(f"minclip.{self.home}"), self.name)


@dataclass(frozen=True)
class Lesson:
    """One notebook."""

    number: int
    slug: str
    title: str
    question: str
    exercises: tuple[Exercise, ...]

    @property
    def name(self) -> str:
        """Of its folder and its notebook: 05_symmetric_infonce."""
        return f"{self.number:02}_{self.slug}"

    @property
    def minutes(self) -> int:
        """For the whole lesson: its exercises, a fifth more for mistakes, a quarter of an hour to read; in fives."""
        return 5 * round((1.2 * sum(exercise.minutes for exercise in self.exercises) + 15) / 5)

    @property
    def checks(self) -> ModuleType:
        """The module with a function for each exercise, of its name."""
        return import_module(f"minclip.course.checks.lesson_{self.number:02}")


LESSONS = (
    Lesson(
        0, "meet_clip", "Meet CLIP", "What can a model do that has learned pictures and sentences together?",
        (Exercise("cosine_similarity", "similarity", 1, 10, 2),),
    ),
    Lesson(
        1, "bpe_tokenizer", "Byte-pair encoding", "How does a sentence become numbers, whatever its letters?",
        (
            Exercise("bytes_to_unicode", "bpe", 1, 10, 1),
            Exercise("count_pairs", "bpe", 1, 10, 1),
            Exercise("merge_pair", "bpe", 2, 15, 2),
            Exercise("train_bpe", "bpe", 2, 20, 3),
            Exercise("apply_merges", "bpe", 2, 15, 2),
            Exercise("BPETokenizer", "tokenizer", 3, 40, 5, ("encode", "decode", "__call__")),
        ),
    ),
    Lesson(
        2, "images_to_patches", "Pictures to patches", "How does a picture become a row of tokens?",
        (
            Exercise("resize_and_crop", "preprocess", 2, 20, 2),
            Exercise("pixels_to_float", "preprocess", 1, 10, 1),
            Exercise("patchify", "vision", 2, 20, 3),
            Exercise("PatchEmbedding", "vision", 2, 20, 3, ("forward",)),
        ),
    ),
    Lesson(
        3, "vision_transformer", "The Vision Transformer", "How do patches speak to each other?",
        (
            Exercise("attention", "transformer", 2, 20, 3),
            Exercise("MultiHeadAttention", "transformer", 3, 30, 4, ("split", "merge", "forward")),
            Exercise("TransformerBlock", "transformer", 1, 10, 2, ("forward",)),
            Exercise("VisionTransformer", "vision", 2, 20, 3, ("forward",)),
        ),
    ),
    Lesson(
        4, "causal_text_encoder", "The text encoder", "How does a sentence become one vector?",
        (
            Exercise("causal_mask", "transformer", 1, 10, 2),
            Exercise("TextTransformer", "text", 2, 25, 4, ("forward",)),
        ),
    ),
    Lesson(
        5, "symmetric_infonce", "The symmetric loss", "What makes a picture and its caption meet?",
        (
            Exercise("similarity_logits", "loss", 2, 15, 3),
            Exercise("clip_loss", "loss", 2, 20, 4),
            Exercise("clamp_logit_scale", "loss", 1, 10, 2),
        ),
    ),
)  # fmt: skip


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
