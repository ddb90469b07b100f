"""Every wrong answer that people write is refused, most by name; every other right one is accepted.

The answers are in the lessons' folders, beside the checks: minclip/course/lesson_NN_name/answers.py.
"""

import pytest

from minclip.course.checking import judge
from minclip.course.judging import LINES, MISSING, RIGHT, SEEN, WRONG, tried
from minclip.course.lesson_01_bpe_tokenizer import answers as lesson_01
from minclip.course.lesson_01_bpe_tokenizer import tokenizer_answers, training_answers
from minclip.course.lesson_02_images_to_patches.patch_answers import EACH, SPLIT, WALK, patches
from minclip.course.outline import LESSONS, exercise_of
from minclip.course.planted_answers import Answer, edited, run_cell

NAMES = [lesson.name for lesson in LESSONS]
WRONG_ONES = [(answer, lesson.answers.SETUP) for lesson in LESSONS for answer in lesson.answers.WRONG]
RIGHT_ONES = [(answer, lesson.answers.SETUP) for lesson in LESSONS for answer in lesson.answers.CORRECT]
WHILE, COUNT = "    while len(learned) < merges:", "    counts = count_pairs(words)"
STALE = f"{WHILE}\n    {COUNT}"
LEAST_MISTAKES, LEAST_CORRECT = 8, 3  # for an exercise
NAMED, NAMED_FROM_06 = 0.8, 0.9  # share of all mistakes of a lesson


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


@pytest.mark.parametrize(
    ("code", "old", "new", "way"),
    [
        (
            tokenizer_answers.written().code,
            "for i in as_ids(ids, len(self)):",
            "as_ids(ids, len(self))\n        for i in ids:",
            "ids = as_ids",
        ),
        (training_answers.CORRECT[0].code, STALE, f"{COUNT}\n{WHILE}", "inside the loop: counts = count_pairs(words)"),
    ],
)
def test_the_second_time_shows_the_way(code, old, new, way):
    answer = Answer("BPETokenizer" if "class" in code else "train_bpe", edited(code, old, new))
    first, second = (judged(answer, lesson_01.SETUP).text for _ in range(2))
    assert way not in first and way in " ".join(second.split())


LAST_CHANNEL = EACH.replace(".flatten", ".permute(0, 2, 3, 1).flatten")
WAYS = {  # what is written in 2.3 -> what the second message holds
    SPLIT + "return x.reshape(b, -1, c * p * p)": "x.permute(0, 2, 4, 1, 3, 5)",
    f"return torch.stack([{EACH} for x in range(0, w, p) for y in range(0, h, p)], dim=1)": "the outer one of",
    f"return torch.stack([{LAST_CHANNEL} {WALK}], dim=1)": "[3, patch_size, patch_size]",
}


@pytest.mark.parametrize(("code", "way"), WAYS.items(), ids=["permute", "columns", "channels"])
def test_the_way_fits_the_style_of_the_answer(code, way):
    answer, (_, setup) = patches(code), next(one for one in WRONG_ONES if one[0].exercise == "patchify")
    first, second = judged(answer, setup), judged(answer, setup)
    assert way not in first.text and way in second.text
    assert "permute" in way or "x.permute" not in second.text


@pytest.mark.parametrize("lesson", LESSONS, ids=NAMES)
def test_every_exercise_has_enough_planted_answers(lesson):
    wrong, correct = lesson.answers.WRONG, lesson.answers.CORRECT
    for exercise in lesson.exercises:
        assert sum(answer.exercise == exercise.name for answer in wrong) >= LEAST_MISTAKES, exercise.name
        assert sum(answer.exercise == exercise.name for answer in correct) >= LEAST_CORRECT, exercise.name
    least = NAMED if LESSONS.index(lesson) < 6 else NAMED_FROM_06
    assert sum(bool(answer.says) for answer in wrong) >= least * len(wrong)


@pytest.mark.parametrize("lesson", LESSONS, ids=NAMES)
def test_minclips_own_passes_and_is_not_the_learners(lesson):
    for exercise in lesson.exercises:
        trial, end = tried(exercise.library, lesson, exercise)
        assert end is None and trial.passed >= 3, f"{exercise.name}: {end}"
        assert judge(exercise.library, lesson, exercise).sign == MISSING
