"""Predict, then run: a number that was predicted before it is known is remembered longer than one that was only read.

    predict("fresh_loss", ...)        the learner replaces the three dots
    compare("fresh_loss", loss)       in a later cell, where the number is known

The name stands for a question in questions.py of the lesson's folder, so an answer is never compared with the number of
another question. Whatever is typed as an answer, neither of the two raises.
"""

from dataclasses import dataclass
from typing import Any

from minclip.course.number_reading import Unreadable, plain_value
from minclip.course.outline import question_of
from minclip.course.question import Question, shown


@dataclass
class Prediction:
    """What became of one question in this session of Python."""

    value: Any = None  # the answer as the question read it; None while there is none
    asked: bool = False  # the cell with the question has run
    shown: bool = False  # what was measured has been shown
    late: bool = False  # the answer came after that


PREDICTIONS: dict[str, Prediction] = {}  # by the name of the question


def predict(name: str, *answer: object) -> None:
    """Keeps the answer to a question and says how it was read. `0,96` arrives here as two numbers.

    ValueError where no lesson has a question of that name.
    """
    question = question_of(name)
    prediction = PREDICTIONS.setdefault(name, Prediction())
    prediction.asked = True
    print(heard(question, prediction, answer[0] if len(answer) == 1 else answer))


def heard(question: Question, prediction: Prediction, answer: object) -> str:
    """Takes the answer into the prediction where it is one; returns what to say."""
    before = "" if prediction.value is None else f" Your prediction is still {question.said(prediction.value)}."
    nothing = answer is None or answer is ... or (isinstance(answer, str | tuple) and not answer)
    if nothing or (isinstance(answer, str) and not answer.strip()):
        return before.strip() or "No prediction yet: write one in place of the three dots, and run this cell again."
    try:
        value: Any = question.read(answer)
    except Unreadable as why:
        again = "" if prediction.value is not None else f" Write {question.wanted}, a wild guess is welcome."
        return f"{why}{before or again}"
    if prediction.shown and prediction.value not in (None, value) and not prediction.late:
        return f"The result has been shown already.{before}"
    changed = before.replace("is still", "was") if prediction.value not in (None, value) else ""
    prediction.late = prediction.shown and (prediction.late or prediction.value is None)
    prediction.value = value
    said, read = in_short(answer), question.said(value)
    as_it_is = said.strip('"').lower() in (read.strip('"'), read.split(" ")[0])  # 4 for "4 bytes"
    how = read if as_it_is else f"{said} (read as {read})"
    return f"You say {how}.{changed}" + (" The result has been shown already." if prediction.late else "")


def in_short(answer: object) -> str:
    """What was typed, in a few characters."""
    if isinstance(answer, str):
        text = " ".join(answer.split())
        return f'"{text if len(text) <= 40 else text[:39] + "…"}"'
    if isinstance(answer, tuple):
        return ",".join(map(in_short, answer))
    value = plain_value(answer)
    return shown(float(value)) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def compare(name: str, measured: Any) -> None:
    """Prints the question, what was measured, and what becomes of the prediction.

    measured: a number (a tensor of one element, too), or the word that is right. ValueError for an unknown name.
    """
    question = question_of(name)
    prediction = PREDICTIONS.setdefault(name, Prediction())
    prediction.shown = True
    print(f"{question.words} {question.measured(measured)}")
    if prediction.value is None:
        skipped = "" if prediction.asked else ": its cell was skipped, or it failed"
        print(f"(You made no prediction{skipped}.)")
        return
    late = " after the result was shown" if prediction.late else ""
    said = f"You said {question.said(prediction.value)}{late}"
    verdict = question.verdict(prediction.value, measured)
    print(f"{said}: {verdict}." if verdict else f"{said}.")
