"""Lesson 04, The text encoder: its exercises. Beside it: checks, answers that try the checks, pictures."""

from minclip.course.exercise import Exercise, Lesson

LESSON = Lesson(
    __name__,
    title="The text encoder",
    question="How does a sentence become one vector?",
    exercises=(
        Exercise("causal_mask", "transformer", difficulty=1, minutes=10, points=2, box="text"),
        Exercise("TextTransformer", "text", difficulty=2, minutes=25, points=4, box="text", write=("forward",)),
    ),
)
