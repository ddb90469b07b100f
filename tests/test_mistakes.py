"""Every wrong answer that people write is refused, most by name; every other right one is accepted."""

from importlib import import_module
from pathlib import Path

import pytest

from minclip.course.checking import LINES, MISSING, RIGHT, WRONG, judge
from minclip.course.outline import LESSONS, exercise_of
from minclip.course.planted_answers import Answer, run_cell

MODULES = {
    lesson.number: import_module(f"mistakes.lesson_{lesson.number:02}")
    for lesson in LESSONS
    if (Path(__file__).parent / "mistakes" / f"lesson_{lesson.number:02}.py").is_file()
}
WRONG_ONES = [(answer, module.SETUP) for module in MODULES.values() for answer in module.WRONG]
RIGHT_ONES = [(answer, module.SETUP) for module in MODULES.values() for answer in module.CORRECT]
LEAST_MISTAKES, LEAST_CORRECT, NAMED = 5, 2, 0.8  # for an exercise, for an exercise, share of all mistakes


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("MINCLIP_MINE", str(tmp_path / "my_minclip"))


def judged(answer: Answer, setup: str):
    lesson, exercise = exercise_of(answer.exercise)
    return judge(run_cell(answer.code, setup)[answer.exercise], lesson, exercise)


@pytest.mark.parametrize(("answer", "setup"), WRONG_ONES, ids=lambda x: x.exercise if isinstance(x, Answer) else "")
def test_a_wrong_answer_is_refused_and_named(answer, setup):
    verdict = judged(answer, setup)
    assert verdict.sign == WRONG, f"accepted:\n{answer.code}"
    assert answer.says in verdict.text, f"{verdict}\n--- for\n{answer.code}"
    assert len(verdict.text.splitlines()) <= LINES + 1 and "Traceback" not in verdict.text


@pytest.mark.parametrize(("answer", "setup"), RIGHT_ONES, ids=lambda x: x.exercise if isinstance(x, Answer) else "")
def test_another_right_answer_is_accepted(answer, setup):
    verdict = judged(answer, setup)
    assert verdict.sign == RIGHT, f"{verdict}\n--- for\n{answer.code}"


@pytest.mark.parametrize("number", MODULES)
def test_every_exercise_has_enough_answers_and_most_mistakes_are_named(number):
    module = MODULES[number]
    for exercise in LESSONS[number].exercises:
        assert sum(answer.exercise == exercise.name for answer in module.WRONG) >= LEAST_MISTAKES, exercise.name
        assert sum(answer.exercise == exercise.name for answer in module.CORRECT) >= LEAST_CORRECT, exercise.name
    assert sum(bool(answer.says) for answer in module.WRONG) >= NAMED * len(module.WRONG)


@pytest.mark.parametrize("number", MODULES)
def test_minclips_own_passes_its_check_and_is_not_taken_for_the_learners(number):
    from minclip.course.checking import tried

    for exercise in LESSONS[number].exercises:
        verdict, passed = tried(exercise.library, LESSONS[number], exercise)
        assert verdict is None and passed >= 3, f"{exercise.name}: {verdict}"
        assert judge(exercise.library, LESSONS[number], exercise).sign == MISSING
