"""Lesson 06, CLIP, assembled: its question and its exercises."""

from minclip.course.exercise import Exercise, Lesson

LESSON = Lesson(
    __name__,
    title="CLIP, assembled",
    question="What holds the parts together, and how do you know that it works?",
    exercises=(
        Exercise("initialise_blocks", "transformer", difficulty=1, minutes=15, points=2, box="clip"),
        Exercise(
            "CLIP",
            "model",
            difficulty=2,
            minutes=35,
            points=5,
            box="clip",
            write=("__init__", "encode_image", "encode_text", "forward"),
        ),
    ),
)
