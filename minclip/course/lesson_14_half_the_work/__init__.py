"""Lesson 14, Half the work: its question and its exercises."""

from minclip.course.exercise import Exercise, Lesson

LESSON = Lesson(
    __name__,
    title="Half the work",
    question="Can a model learn more in the same time if each step reads less?",
    exercises=(
        Exercise("kept_patches", "masking", difficulty=1, minutes=15, points=3, box="masking"),
        Exercise("keep_tokens", "masking", difficulty=2, minutes=15, points=3, box="masking"),
        Exercise("shorten", "masking", difficulty=2, minutes=20, points=4, box="masking"),
    ),
)
