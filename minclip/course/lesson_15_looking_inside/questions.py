"""Lesson 15: what the learner predicts."""

from minclip.course.question import Number, percent

QUESTIONS = {}
