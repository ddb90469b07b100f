"""Lesson 07, Training: its question and its exercises."""

from minclip.course.exercise import Exercise, Lesson

LESSON = Lesson(
    __name__,
    title="Training",
    question="How does a CLIP learn, and how do you see that it does not?",
    exercises=(
        Exercise("param_groups", "optim", difficulty=1, minutes=10, points=2, box="training"),
        Exercise("lr_schedule", "optim", difficulty=1, minutes=10, points=2, box="training"),
        Exercise("train_step", "training", difficulty=2, minutes=20, points=4, box="training"),
        Exercise("train", "training", difficulty=2, minutes=20, points=4, box="training"),
    ),
)
