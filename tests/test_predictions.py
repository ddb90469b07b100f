"""Predictions: what people type is read or refused in words, and never compared with the number of another question."""

import json
import math
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minclip.course import compare, outline, predict, predictions
from minclip.course.number_reading import Unreadable
from minclip.course.outline import LESSONS, question_of
from minclip.course.question import Choice, Letters, Number, percent, share, yes_or_no

ROOT = Path(__file__).parents[1]
LOSS = Number("How large is the loss?", right=0.1, close=0.5, digits=2, lowest=0)
BYTES = Number("How many bytes?", right=0, close=1, unit="bytes", lowest=0)
RIGHT = percent("What percentage is right?", right=3, close=10, misconceptions={(0, 4): "no, that is guessing"})
SHARE = share("What share, from 0 to 1?", right=0.01, close=0.1)
OF_16 = Number("How many of 16?", right=1, close=3, lowest=0, highest=16, whole=16)
COSINE = Number(
    "What cosine?",
    right=0.004,
    close=0.05,
    digits=3,
    lowest=-1,
    highest=1,
    misconceptions={(0.9995, 1): "close, not 1"},
)
NEARER = Choice("Which is nearer?", {"a blue car": (), "a red automobile": ()})
SAME = yes_or_no("The same?", {"no": "they are"})
PAIR = Letters("Which pair?", 2, close=("ph",), misconceptions={"th": "no, in English prose"})
ALL = {name: question for lesson in LESSONS for name, question in lesson.questions.items()}


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Nothing was asked yet, and the questions above can be asked, too."""
    ours = {"loss": LOSS, "bytes": BYTES, "right": RIGHT, "nearer": NEARER, "same": SAME, "pair": PAIR}
    monkeypatch.setattr(predictions, "PREDICTIONS", {})
    monkeypatch.setattr(predictions, "question_of", lambda name: ours.get(name) or question_of(name))


def said(capsys, call, *arguments):
    call(*arguments)
    return capsys.readouterr().out.strip()


@pytest.mark.parametrize(
    ("question", "answer", "read"),
    [
        (LOSS, 4, "4"),
        (LOSS, "4", "4"),
        (LOSS, "about 4", "4"),
        (LOSS, "~4", "4"),
        (LOSS, "I think 4?", "4"),
        (LOSS, "ca. 4", "4"),
        (LOSS, "four", "4"),
        (LOSS, "4.1-4.2", "4.1 to 4.2"),
        (LOSS, "between 4 and 5", "4 to 5"),
        (LOSS, "4 or 5", "4 to 5"),
        (LOSS, "5 - 3", "2"),
        (LOSS, "5 to 3", "3 to 5"),
        (LOSS, (4, 16), "4.16"),
        (LOSS, "4,16", "4.16"),
        (LOSS, "4,1-4,2", "4.1 to 4.2"),
        (LOSS, "ln 64", "4.159"),
        (LOSS, "ln64", "4.159"),
        (LOSS, "log(64)", "4.159"),
        (LOSS, "math.log(64)", "4.159"),
        (LOSS, "log2 64", "6"),
        (LOSS, "log2(64)", "6"),
        (LOSS, "log(64, 2)", "6"),
        (LOSS, "√64", "8"),
        (LOSS, "2^3", "8"),
        (LOSS, "3 × 8", "24"),
        (LOSS, "1e-3", "0.001"),
        (LOSS, torch.tensor(4.16), "4.16"),
        (LOSS, torch.tensor([4.16], requires_grad=True), "4.16"),
        (LOSS, np.float32(4.16), "4.16"),
        (LOSS, np.int64(4), "4"),
        (LOSS, Fraction(25, 6), "4.167"),
        (LOSS, Decimal("4.16"), "4.16"),
        (BYTES, "4 bytes", "4 bytes"),
        (BYTES, "1 byte", "1 byte"),
        (COSINE, "−0,5", "-0.5"),
        (COSINE, "-1 to -0.5", "-1 to -0.5"),
        (COSINE, "96 %", "0.96"),
        (RIGHT, 80, "80 %"),
        (RIGHT, "80%", "80 %"),
        (RIGHT, "80 percent", "80 %"),
        (RIGHT, 0.8, "80 %"),
        (RIGHT, (0, 8), "80 %"),
        (RIGHT, "0.4 %", "0.4 %"),
        (RIGHT, "a half", "50 %"),
        (RIGHT, "two thirds", "66.67 %"),
        (RIGHT, "80%-90%", "80 to 90 %"),
        (RIGHT, 1, "1 %"),
        (SHARE, 0.88, "0.88"),
        (SHARE, (0, 88), "0.88"),
        (SHARE, "88 %", "0.88"),
        (SHARE, 88, "0.88"),
        (SHARE, "1/3", "0.3333"),
        (OF_16, "half of them", "8"),
        (OF_16, "50 %", "8"),
        (OF_16, "8/16", "8"),
        (NEARER, "A red automobile.", '"a red automobile"'),
        (NEARER, "automobile", '"a red automobile"'),
        (NEARER, "I think the blue car, not the red automobile", '"a blue car"'),
        (SAME, True, '"yes"'),
        (SAME, np.bool_(False), '"no"'),
        (SAME, "N", '"no"'),
        (SAME, "no, it does not", '"no"'),
        (PAIR, "o f", '"of"'),
        (PAIR, ("o", "f</w>"), '"of"'),
        (PAIR, "O, F", '"of"'),
    ],
)
def test_what_people_type_is_read(question, answer, read):
    assert question.said(question.read(answer)) == read


@pytest.mark.parametrize(
    ("question", "answer", "why"),
    [
        (LOSS, "I don't know", "I find no number"),
        (LOSS, "twenty five", "I find no number"),
        (LOSS, "less than 4", "I find no number"),
        (LOSS, "nearly 4", "I find no number"),
        (LOSS, "4 1", "I find no number"),
        (LOSS, "9**9**9", "I find no number"),
        (LOSS, "(-8)**0.5", "I find no number"),
        (LOSS, "__import__('os')", "I find no number"),
        (LOSS, "9" * 5000, "I find no number"),
        (LOSS, "(" * 500, "I find no number"),
        (LOSS, "\0", "I find no number"),
        (LOSS, "1/0", "divides by zero"),
        (LOSS, "1,234", "may be 1234 or 1.234"),
        (LOSS, (1, 234), "two numbers, 1 and 234"),
        (LOSS, (1, 0), "two numbers, 1 and 0"),
        (LOSS, (1, 2, 3), "several answers"),
        (LOSS, math.nan, "no finite number"),
        (LOSS, "-inf", "I find no number"),
        (LOSS, np.float64("inf"), "no finite number"),
        (LOSS, 10**400, "no finite number"),
        (LOSS, True, "True is no number"),
        (LOSS, [4], "of type list"),
        (LOSS, torch.ones(3), "of type Tensor"),
        (LOSS, torch.ones(3).to("meta"), "of type Tensor"),
        (LOSS, 2j, "of type complex"),
        (LOSS, torch.Tensor, "is not one number"),
        (LOSS, -1, "not below 0, so it cannot be -1"),
        (LOSS, 4.1 - 4.2, "cannot be -0.1"),
        (RIGHT, 120, "between 0 and 100, so it cannot be 120 %"),
        (SHARE, 500, "between 0 and 1"),
        (COSINE, 24, "between -1 and 1"),
        (NEARER, "a red car", "none of the answers"),
        (NEARER, 3, "none of the answers"),
        (SAME, "no idea", "none of the answers"),
        (SAME, "yes and no", "none of the answers"),
        (SAME, 1, "none of the answers"),
        (PAIR, "the", "not 2 letters"),
        (PAIR, 3, "not 2 letters"),
    ],
)
def test_what_cannot_be_read_is_refused(question, answer, why):
    with pytest.raises(Unreadable, match=re.escape(why)):
        question.read(answer)


@pytest.mark.parametrize("name", ["loss", "right", "nearer", "same", "pair"])
@pytest.mark.filterwarnings("error")
def test_no_answer_raises(name):
    texts = st.text() | st.text(alphabet="0123456789 .,-+*/%^()elnog~to", max_size=12)
    numbers = st.integers() | st.floats() | st.complex_numbers() | st.decimals() | st.fractions() | st.booleans()
    anything = texts | numbers | st.none() | st.binary() | st.lists(numbers) | st.dictionaries(texts, numbers)

    @given(st.lists(anything, max_size=3))
    def answered(answers):
        predictions.PREDICTIONS.clear()
        predict(name, *answers)
        predict(name, tuple(answers))
        compare(name, {"nearer": "a blue car", "same": "yes", "pair": "o f"}.get(name, 0.5))

    answered()


@pytest.mark.parametrize(
    ("question", "answer", "measured", "words"),
    [
        (LOSS, 4.2, 4.1631, "right"),
        (LOSS, 4, 4.1631, "close"),
        (LOSS, 1, 4.1631, "3.2 too low"),
        (LOSS, 1000, 4.1631, "1000 too high"),
        (LOSS, "4.1-4.2", 4.1631, "right, it lies in your range"),
        (LOSS, "0-100", 4.1631, "it lies in your range, which is wide"),
        (LOSS, "5-6", 4.1631, "0.84 too high"),
        (BYTES, 4, 4, "right"),
        (BYTES, 3, 4, "close"),
        (BYTES, 8, 4, "4 too high"),
        (RIGHT, 80, 44.1, "36 percentage points too high"),
        (RIGHT, 33, 44.1, "11 percentage points too low"),
        (RIGHT, 2, 44.1, "no, that is guessing"),
        (RIGHT, 2, 2.1, "right"),  # a misconception is none where it is true
        (SHARE, 0.2, 0.881, "68 percentage points too low"),
        (COSINE, 1.0, 0.9961, "close, not 1"),
        (COSINE, 0.999, 0.9961, "right"),
        (COSINE, 1.0, 0.9999, "right"),
        (NEARER, "a red automobile", "a red automobile", "right"),
        (NEARER, "automobile", "a red automobile", "close enough"),
        (NEARER, "a blue car", "a red automobile", "wrong"),
        (SAME, "no", "yes", "they are"),
        (PAIR, "of", "o f", "right"),
        (PAIR, "ph", "o f", "close"),
        (PAIR, "th", "o f", "no, in English prose"),
        (PAIR, "qu", "o f", "wrong"),
    ],
)
def test_verdicts_are_in_words(question, answer, measured, words):
    assert question.verdict(question.read(answer), measured) == words


def test_an_answer_is_compared_with_its_question(capsys):
    assert said(capsys, predict, "loss", "about 4") == 'You say "about 4" (read as 4).'
    assert said(capsys, predict, "bytes", 4) == "You say 4 bytes."
    assert said(capsys, compare, "loss", torch.tensor(4.1631)) == "How large is the loss? 4.16\nYou said 4: close."
    assert said(capsys, compare, "bytes", 4) == "How many bytes? 4 bytes\nYou said 4 bytes: right."


@pytest.mark.parametrize("nothing", [(...,), (None,), ("",), (" ",), (), ((),)])
def test_without_an_answer_the_lesson_goes_on(capsys, nothing):
    assert said(capsys, predict, "loss", *nothing).startswith("Write a number in place of the three dots")
    assert said(capsys, compare, "loss", 4.1631) == "How large is the loss? 4.16\n(You made no prediction.)"


def test_a_skipped_question_is_said_to_be_skipped(capsys):
    predict("bytes", 4)
    assert said(capsys, compare, "loss", 4.16).endswith("(You made no prediction: its cell was skipped, or it failed.)")


def test_a_refused_answer_is_no_prediction(capsys):
    refused = said(capsys, predict, "loss", "dunno")
    assert refused == "I find no number in that. Write a number, a wild guess is welcome."
    assert said(capsys, compare, "loss", 4.16).endswith("(You made no prediction.)")


def test_the_last_answer_before_the_result_counts(capsys):
    predict("loss", 5)
    assert said(capsys, predict, "loss", 4).endswith("You say 4. Your prediction was 5.")
    assert said(capsys, predict, "loss", 4) == "You say 4."
    assert said(capsys, predict, "loss", "dunno") == "I find no number in that. Your prediction is still 4."
    assert said(capsys, predict, "loss", ...).endswith("Your prediction is still 4.")
    assert said(capsys, compare, "loss", 4.16).endswith("You said 4: close.")


def test_an_answer_after_the_result_does_not_replace_one(capsys):
    predict("loss", 5)
    compare("loss", 4.16)
    capsys.readouterr()
    assert said(capsys, predict, "loss", 4.16) == "The result has been shown already. Your prediction is still 5."
    assert said(capsys, predict, "loss", 5) == "You say 5."  # the notebook is run again
    assert said(capsys, compare, "loss", 4.16).endswith("You said 5: 0.84 too high.")


def test_a_first_answer_after_the_result_is_called_late(capsys):
    predict("loss", ...)
    compare("loss", 4.16)
    capsys.readouterr()
    assert said(capsys, predict, "loss", 4.16) == "You say 4.16. The result has been shown already."
    assert said(capsys, predict, "loss", 4.1).startswith("You say 4.1. Your prediction was 4.16.")
    assert said(capsys, compare, "loss", 4.16).endswith("You said 4.1 after the result was shown: right.")


def test_a_result_that_is_no_number_gets_no_verdict(capsys):
    predict("loss", 4)
    assert said(capsys, compare, "loss", math.nan) == "How large is the loss? nan\nYou said 4."
    assert said(capsys, compare, "loss", math.inf) == "How large is the loss? inf\nYou said 4."


@pytest.mark.parametrize("name", ["no_such_question", 4.2, ["fresh_loss"]])
def test_an_unknown_name_is_an_error_in_words(name):
    with pytest.raises(ValueError, match="keep the name that stands in the lesson"):
        outline.question_of(name)


def test_names_of_questions_are_unique():
    assert len(ALL) == sum(len(lesson.questions) for lesson in LESSONS)
    assert len({question.words for question in ALL.values()}) == len(ALL)


def text_of(lesson):
    return (ROOT / "lessons" / lesson.name / "lesson.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_every_question_is_asked_and_then_compared_once(lesson):
    text = text_of(lesson)
    asked = {match[1]: match.start() for match in re.finditer(r'^```python predict="(\w+)"$', text, re.MULTILINE)}
    compared = {match[1]: match.start() for match in re.finditer(r'^\s*compare\("(\w+)", ', text, re.MULTILINE)}
    assert list(asked) == list(lesson.questions), "questions.py has the questions of its lesson, in their order"
    assert sorted(asked) == sorted(compared)
    assert text.count("compare(") == len(compared) and text.count('python predict="') == len(asked)
    assert not re.search(r"\bpredict\(", text), 'write ```python predict="name", which puts the question\'s words there'
    for name in asked:
        assert asked[name] < compared[name]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_the_cell_of_a_question_has_its_words(lesson):
    build = pytest.importorskip("minclip.course.build", reason="pip install -e .[course] brings what builds notebooks")
    cells = [cell.source for cell in build.lesson_notebook(lesson).cells if "predict(" in cell.source]
    assert len(cells) == len(lesson.questions)
    for cell, (name, question) in zip(cells, lesson.questions.items(), strict=True):
        *words, last = cell.splitlines()
        assert last == f'predict("{name}", ...)'
        assert " ".join(line.removeprefix("# ") for line in words).startswith(f"{question.words} Write ")
        assert max(map(len, words)) <= 88
    with pytest.raises(ValueError, match="not a question of lesson"):
        build.question_source(lesson, "no_such_question")


def result_in_solution(lesson, question):
    """What stands behind the question's words in the solved notebook."""
    notebook = json.loads((ROOT / "solutions" / lesson.name / f"{lesson.name}.ipynb").read_text(encoding="utf-8"))
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    printed = "".join("".join(output.get("text", "")) for output in outputs)
    return re.search(rf"^{re.escape(question.words)} (.+)\n\(You made no prediction\.\)$", printed, re.MULTILINE)[1]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_of_every_question_truth_is_right_and_misconceptions_are_not(lesson):
    for question in lesson.questions.values():
        found = result_in_solution(lesson, question)
        truth = question.read(found)
        measured = truth[0] if isinstance(question, Number) else found
        assert question.verdict(truth, measured).startswith("right")
        for misconception, words in question.misconceptions.items():
            for answer in misconception if isinstance(misconception, tuple) else [misconception]:
                if isinstance(answer, str):
                    answer = question.read(answer)
                else:
                    assert question.lowest <= answer <= question.highest
                    answer = (answer, answer)
                verdict = question.verdict(answer, measured)
                assert verdict in question.misconceptions.values(), f"{answer}: {verdict}"
                assert not verdict.startswith("right")
                assert not words.endswith(".")


def test_grading_and_solutions_say_the_same(capsys, monkeypatch):
    predict("loss", ...)
    compare("loss", 4.16)
    plain = capsys.readouterr().out
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    predictions.PREDICTIONS.clear()
    predict("loss", ...)
    compare("loss", 4.16)
    assert capsys.readouterr() == (plain, "")
