"""Predict, then run: a guess that is written down before the number is known teaches more than the number.

guess = predict("the loss of a fresh CLIP on 64 pairs", ...)      (the learner replaces the dots)
guess.compare(loss)
"""

import math
from types import EllipsisType


class Guess:
    """A question and what the learner answered; `...` while there is no answer."""

    def __init__(self, question: str, answer: float | str | EllipsisType):
        self.question, self.answer = question, answer

    def compare(self, measured: float | str) -> None:
        """Prints both, and how far the guess was off. Numbers to three digits, so that machines agree."""
        found = measured if isinstance(measured, str) else f"{float(measured):.3g}"
        line = f"{self.question}: {found}"
        if isinstance(self.answer, EllipsisType):
            print(f"{line} (no prediction was made)")
        elif isinstance(measured, str) or isinstance(self.answer, str):
            right = str(self.answer).strip().lower() == found.strip().lower()
            print(f"{line}, you said {self.answer}{': right' if right else ''}")
        else:
            print(f"{line}, you said {self.answer:.3g}{how_far(float(self.answer), float(measured))}")


def how_far(guess: float, measured: float) -> str:
    """In words: within a tenth is right."""
    if math.isclose(guess, measured, rel_tol=0.1, abs_tol=1e-6):
        return ": right"
    if measured == 0 or guess / measured <= 0:
        return ""
    return f": {max(guess / measured, measured / guess):.2g} times too {'high' if guess > measured else 'low'}"


def predict(question: str, answer: float | str | EllipsisType) -> Guess:
    """Writes a prediction down; `guess.compare(measured)` looks at it again."""
    said = "write yours in place of the three dots" if isinstance(answer, EllipsisType) else f"you say {answer}"
    print(f"? {question}: {said}")
    return Guess(question, answer)
