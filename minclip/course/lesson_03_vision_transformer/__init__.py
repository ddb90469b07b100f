"""Lesson 03, The Vision Transformer: its question and its exercises."""

from minclip.course.exercise import Exercise, Lesson

LESSON = Lesson(
    __name__,
    title="The Vision Transformer",
    question="How do patches speak to each other?",
    exercises=(
        Exercise("attention", "transformer", difficulty=2, minutes=20, points=3, box="blocks"),
        Exercise(
            "MultiHeadAttention",
            "transformer",
            difficulty=3,
            minutes=35,
            points=4,
            box="blocks",
            write=("split", "merge", "forward"),
        ),
        Exercise(
            "TransformerBlock", "transformer", difficulty=1, minutes=10, points=2, box="blocks", write=("forward",)
        ),
        Exercise("VisionTransformer", "vision", difficulty=2, minutes=20, points=3, box="vision", write=("forward",)),
    ),
)
