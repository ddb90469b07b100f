"""Lesson 09, Prompt ensembling: its question and its exercises."""

from minclip.course.exercise import Exercise, Lesson

LESSON = Lesson(
    __name__,
    title="Prompt ensembling",
    question="Which sentence do you put a class name into, and are many sentences better than one?",
    exercises=(
        Exercise("prompts_for", "prompts", difficulty=1, minutes=10, points=2, box="evaluation"),
        Exercise("ensemble_features", "zero_shot", difficulty=2, minutes=15, points=3, box="evaluation"),
    ),
)
