"""Lesson 06: what the learner predicts."""

from minclip.course.question import Question

QUESTIONS: dict[str, Question] = {}
