"""Lesson 12: what the learner predicts."""

QUESTIONS = {}
