"""Lesson 00, Meet CLIP: its question and its exercises."""

from minclip.course.exercise import Exercise, Lesson

LESSON = Lesson(
    __name__,
    title="Meet CLIP",
    question="What can a model do that has learned pictures and sentences together?",
    exercises=(Exercise("cosine_similarity", "similarity", difficulty=1, minutes=10, points=2, box="loss"),),
)
