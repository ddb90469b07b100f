"""Lesson 10: what the learner predicts."""

QUESTIONS = {}
