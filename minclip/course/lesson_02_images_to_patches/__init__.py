"""Lesson 02, Pictures to patches: its question and its exercises."""

from minclip.course.exercise import Exercise, Lesson

LESSON = Lesson(
    __name__,
    title="Pictures to patches",
    question="How does a picture become a row of tokens?",
    exercises=(
        Exercise("resize_and_crop", "preprocess", difficulty=2, minutes=20, points=2, box="preprocess"),
        Exercise("pixels_to_float", "preprocess", difficulty=1, minutes=10, points=1, box="preprocess"),
        Exercise("patchify", "vision", difficulty=2, minutes=20, points=3, box="patches"),
        Exercise("PatchEmbedding", "vision", difficulty=2, minutes=20, points=3, box="patches", write=("forward",)),
    ),
)
