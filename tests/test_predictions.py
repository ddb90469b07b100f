"""Predictions: an answer is compared with its own question, once, and nothing that is typed ends a lesson."""

import json
import math
import re
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minclip.course import compare, outline, predict, predictions
from minclip.course.number_reading import Range
from minclip.course.outline import LESSONS, question_of
from minclip.course.question import Choice, Letters, Number, yes_or_no

ROOT = Path(__file__).parents[1]
OURS = {
    "loss": Number("How large is the loss?", right=0.1, close=0.5, digits=2, lowest=0),
    "bytes": Number("How many bytes?", right=0, close=1, unit="bytes", lowest=0),
    "nearer": Choice("Which is nearer?", {"a blue car": (), "a red automobile": ()}),
    "same": yes_or_no("The same?"),
    "pair": Letters("Which pair?", 2),
}
ALL = {name: question for lesson in LESSONS for name, question in lesson.questions.items()}


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Nothing was asked yet, and the questions above can be asked, too."""
    monkeypatch.setattr(predictions, "PREDICTIONS", {})
    monkeypatch.setattr(predictions, "question_of", lambda name: OURS.get(name) or question_of(name))


def said(capsys, call, *arguments):
    call(*arguments)
    return capsys.readouterr().out.strip()


@pytest.mark.parametrize("name", OURS)
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


def test_an_answer_is_compared_with_its_question(capsys):
    assert said(capsys, predict, "loss", "about 4") == 'You say "about 4" (read as 4).'
    assert said(capsys, predict, "bytes", 4) == "You say 4 bytes."
    assert said(capsys, compare, "loss", torch.tensor(4.1631)) == "How large is the loss? 4.16\nYou said 4: close."
    assert said(capsys, compare, "bytes", 4) == "How many bytes? 4 bytes\nYou said 4 bytes: right."


@pytest.mark.parametrize("nothing", [(...,), (None,), ("",), (" ",), (), ((),)])
def test_without_an_answer_the_lesson_goes_on(capsys, nothing):
    assert said(capsys, predict, "loss", *nothing).startswith("No prediction yet")
    assert said(capsys, compare, "loss", 4.1631) == "How large is the loss? 4.16\n(You made no prediction.)"


def test_a_skipped_question_is_said_to_be_skipped(capsys):
    predict("bytes", 4)
    assert said(capsys, compare, "loss", 4.16).endswith("(You made no prediction: its cell was skipped, or it failed.)")


def test_a_refused_answer_is_no_prediction(capsys):
    refused = said(capsys, predict, "loss", "dunno")
    assert refused == "I cannot read that as a number. Write a number, a wild guess is welcome."
    assert said(capsys, compare, "loss", 4.16).endswith("(You made no prediction.)")


def test_the_last_answer_before_the_result_counts(capsys):
    predict("loss", 5)
    assert said(capsys, predict, "loss", 4).endswith("You say 4. Your prediction was 5.")
    assert said(capsys, predict, "loss", 4) == "You say 4."
    assert said(capsys, predict, "loss", "dunno") == "I cannot read that as a number. Your prediction is still 4."
    assert said(capsys, predict, "loss", ...) == "Your prediction is still 4."
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
    said(capsys, predict, "loss", 4)
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
        assert max(map(len, words)) <= 88 and not any(line.startswith("# %") for line in words)
    with pytest.raises(ValueError, match="not a question of lesson"):
        build.question_source(lesson, "no_such_question")


def result_in_solution(lesson, question):
    """What stands behind the question's words in the solved notebook."""
    notebook = json.loads((ROOT / "solutions" / lesson.name / f"{lesson.name}.ipynb").read_text(encoding="utf-8"))
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    printed = "".join("".join(output.get("text", "")) for output in outputs)
    return re.search(rf"^{re.escape(question.words)} (.+)\n\(You made no prediction\.\)$", printed, re.MULTILINE)[1]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_truth_is_right_and_misconceptions_are_not(lesson):
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
                    answer = Range(answer, answer)
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
