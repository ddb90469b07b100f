"""Lesson 13, SigLIP: its question and its exercises."""

from minclip.course.exercise import Exercise, Lesson

LESSON = Lesson(
    __name__,
    title="SigLIP",
    question="What if every pair of a batch is a question of its own?",
    exercises=(
        Exercise("siglip_loss", "siglip", difficulty=2, minutes=20, points=4, box="siglip"),
        Exercise("prior_bias", "siglip", difficulty=1, minutes=10, points=2, box="siglip"),
        Exercise("MAPHead", "siglip", difficulty=2, minutes=20, points=4, box="siglip", write=("forward",)),
    ),
)
