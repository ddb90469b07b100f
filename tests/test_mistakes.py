"""Every wrong answer that people write is refused, most by name; every other right one is accepted.

The answers are in the lessons' folders, beside the checks: minclip/course/lesson_NN_name/answers.py.
"""

import pytest

from minclip.course.checking import judge
from minclip.course.judging import LINES, MISSING, RIGHT, SEEN, WRONG, tried
from minclip.course.outline import LESSONS, exercise_of
from minclip.course.planted_answers import Answer, run_cell

NAMES = [lesson.name for lesson in LESSONS]
WRONG_ONES = [(answer, lesson.answers.SETUP) for lesson in LESSONS for answer in lesson.answers.WRONG]
RIGHT_ONES = [(answer, lesson.answers.SETUP) for lesson in LESSONS for answer in lesson.answers.CORRECT]
LEAST_MISTAKES, LEAST_CORRECT, NAMED = 8, 3, 0.8  # for an exercise, for an exercise, share of all mistakes


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("MINCLIP_MINE", str(tmp_path / "my_minclip"))
    SEEN.clear()


def judged(answer: Answer, setup: str):
    lesson, exercise = exercise_of(answer.exercise)
    return judge(run_cell(answer.code, setup)[answer.exercise], lesson, exercise)


@pytest.mark.parametrize(("answer", "setup"), WRONG_ONES, ids=lambda x: x.exercise if isinstance(x, Answer) else "")
def test_a_wrong_answer_is_refused_and_named(answer, setup):
    verdict = judged(answer, setup)
    assert verdict.sign == WRONG, f"accepted:\n{answer.code}"
    assert answer.says in verdict.text, f"{verdict}\n--- for\n{answer.code}"
    assert not answer.silent or answer.silent not in verdict.text, f"{verdict}\n--- for\n{answer.code}"
    assert len(verdict.text.splitlines()) <= LINES + 1 and "Traceback" not in verdict.text


@pytest.mark.parametrize(("answer", "setup"), RIGHT_ONES, ids=lambda x: x.exercise if isinstance(x, Answer) else "")
def test_another_right_answer_is_accepted(answer, setup):
    verdict = judged(answer, setup)
    assert verdict.sign == RIGHT, f"{verdict}\n--- for\n{answer.code}"


@pytest.mark.parametrize("lesson", LESSONS, ids=NAMES)
def test_every_exercise_has_enough_planted_answers(lesson):
    wrong, correct = lesson.answers.WRONG, lesson.answers.CORRECT
    for exercise in lesson.exercises:
        assert sum(answer.exercise == exercise.name for answer in wrong) >= LEAST_MISTAKES, exercise.name
        assert sum(answer.exercise == exercise.name for answer in correct) >= LEAST_CORRECT, exercise.name
    assert sum(bool(answer.says) for answer in wrong) >= NAMED * len(wrong)


@pytest.mark.parametrize("lesson", LESSONS, ids=NAMES)
def test_minclips_own_passes_and_is_not_the_learners(lesson):
    for exercise in lesson.exercises:
        trial, end = tried(exercise.library, lesson, exercise)
        assert end is None and trial.passed >= 3, f"{exercise.name}: {end}"
        assert judge(exercise.library, lesson, exercise).sign == MISSING
