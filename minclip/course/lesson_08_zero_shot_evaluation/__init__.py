"""Lesson 08, Zero-shot evaluation: its question and its exercises."""

from minclip.course.exercise import Exercise, Lesson

LESSON = Lesson(
    __name__,
    title="Zero-shot evaluation",
    question="How well does it name what nobody labelled for it, and how sure can you be of the number?",
    exercises=(
        Exercise("zero_shot_classifier", "zero_shot", difficulty=2, minutes=20, points=4, box="evaluation"),
        Exercise("top_k_correct", "accuracy", difficulty=2, minutes=20, points=4, box="evaluation"),
        Exercise("bootstrap_interval", "accuracy", difficulty=2, minutes=20, points=4, box="evaluation"),
    ),
)
