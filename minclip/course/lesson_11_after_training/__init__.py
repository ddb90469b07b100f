"""Lesson 11, After training: its question and its exercises."""

from minclip.course.exercise import Exercise, Lesson

LESSON = Lesson(
    __name__,
    title="After training",
    question="What can a few labelled pictures teach a model that is trained already?",
    exercises=(
        Exercise("tip_adapter_logits", "adapters", difficulty=2, minutes=20, points=4, box="adaptation"),
        Exercise("ClipAdapter", "adapters", difficulty=1, minutes=15, points=3, box="adaptation", write=("forward",)),
        Exercise("encode_embeddings", "prompt_learning", difficulty=2, minutes=20, points=4, box="adaptation"),
        Exercise("mixed", "adapters", difficulty=2, minutes=20, points=4, box="adaptation"),
    ),
)
