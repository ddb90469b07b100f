"""Lesson 04, The text encoder: its question and its exercises."""

from minclip.course.exercise import Exercise, Lesson

LESSON = Lesson(
    __name__,
    title="The text encoder",
    question="How does a sentence become one vector?",
    exercises=(
        Exercise("causal_mask", "transformer", difficulty=1, minutes=10, points=2, box="text"),
        Exercise("TextTransformer", "text", difficulty=2, minutes=30, points=4, box="text", write=("forward",)),
    ),
)
