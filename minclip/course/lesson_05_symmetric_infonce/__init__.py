"""Lesson 05, The symmetric loss: its question and its exercises."""

from minclip.course.exercise import Exercise, Lesson

LESSON = Lesson(
    __name__,
    title="The symmetric loss",
    question="What makes a picture and its caption meet?",
    exercises=(
        Exercise("similarity_logits", "loss", difficulty=2, minutes=15, points=3, box="loss"),
        Exercise("clip_loss", "loss", difficulty=2, minutes=15, points=4, box="loss"),
        Exercise("clamp_logit_scale", "loss", difficulty=1, minutes=10, points=2, box="loss"),
    ),
)
