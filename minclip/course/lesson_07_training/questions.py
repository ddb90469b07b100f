"""Lesson 07: what the learner predicts."""

from minclip.course.question import Number

QUESTIONS: dict[str, Number] = {}
