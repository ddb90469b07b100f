"""Lesson 00, Meet CLIP: its exercises. Beside it: checks, answers that try the checks, pictures."""

from minclip.course.exercise import Exercise, Lesson

LESSON = Lesson(
    __name__,
    title="Meet CLIP",
    question="What can a model do that has learned pictures and sentences together?",
    exercises=(Exercise("cosine_similarity", "similarity", difficulty=1, minutes=10, points=2, box="loss"),),
)
