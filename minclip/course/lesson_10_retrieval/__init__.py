"""Lesson 10, Retrieval: its question and its exercises."""

from minclip.course.exercise import Exercise, Lesson

LESSON = Lesson(
    __name__,
    title="Retrieval",
    question="Which of my pictures fits this sentence?",
    exercises=(
        Exercise("search", "retrieval", difficulty=1, minutes=15, points=3, box="retrieval"),
        Exercise("rank_of_right", "ties", difficulty=3, minutes=30, points=5, box="retrieval"),
        Exercise("recall_at_k", "retrieval", difficulty=2, minutes=20, points=4, box="retrieval"),
        Exercise("composed_query", "retrieval", difficulty=1, minutes=10, points=2, box="retrieval"),
    ),
)
