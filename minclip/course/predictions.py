"""Predict, then run: a guess that is written down before the number is known teaches more than the number.

guess = predict("the loss of a fresh CLIP on 64 pairs", ...)      (the learner replaces the dots)
guess.compare(loss)
"""

import math
import re
from fractions import Fraction
from types import EllipsisType


class Guess:
    """A question and what the learner answered; `...` while there is no answer."""

    def __init__(self, question: str, answer: float | str | EllipsisType):
        self.question, self.answer = question, answer

    def compare(self, measured: float | str) -> None:
        """Prints both, and how far the guess was off. Numbers to three digits, so that machines agree."""
        found = measured if isinstance(measured, str) else f"{float(measured):.3g}"
        if isinstance(self.answer, EllipsisType):
            print(f"{self.question}: {found} (no prediction was made)")
        elif isinstance(measured, str):
            right = plain(str(self.answer)) == plain(measured)
            print(f"{self.question}: {found}, you said {self.answer}: {'right' if right else 'no'}")
        else:
            print(f"{self.question}: {found}, you said {self.answer}{how_far(number(self.answer), float(measured))}")


def plain(text: str) -> str:
    """A word without what does not matter: case, an article, spaces around it."""
    return re.sub(r"^(a|an|the) ", "", text.strip().lower())


def number(answer: float | str) -> float | None:
    """0.5 for 0.5, "0.5" and "1/2", 50 for "50 %"; None for what is no number."""
    try:
        return float(Fraction(str(answer).strip().removesuffix("%").strip()))
    except (ValueError, ZeroDivisionError):
        return None


def how_far(guess: float | None, measured: float) -> str:
    """In words: three percent are right, a quarter is close; a share in percent is named."""
    if guess is None:
        return ": that is no number"
    if math.isclose(guess, measured, rel_tol=0.03, abs_tol=1e-6):
        return ": right"
    if any(math.isclose(guess, unit * measured, rel_tol=0.03) for unit in (100, 0.01)):
        return ": the right number, in the other unit (1 is 100 %)"
    if math.isclose(guess, measured, rel_tol=0.25):
        return ": close"
    if measured == 0 or guess / measured <= 0:
        return ": no"
    return f": {max(guess / measured, measured / guess):.2g} times too {'high' if guess > measured else 'low'}"


def predict(question: str, answer: float | str | EllipsisType) -> Guess:
    """Writes a prediction down; `guess.compare(measured)` looks at it again."""
    said = "write yours in place of the three dots" if isinstance(answer, EllipsisType) else f"you say {answer}"
    print(f"? {question}: {said}")
    return Guess(question, answer)
