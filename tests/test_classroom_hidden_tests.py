"""The hidden tests: every right answer passes them, and one that knows the notebook's check by heart does not."""

import ast
import time
from importlib import import_module

import pytest
from memorised_answers import Memorised
from test_classroom_points import graded  # noqa: F401  (a fixture)

from minclip.classroom.marking import SEEDS, MethodsTrial, marks, shares
from minclip.classroom.own_methods import own_methods
from minclip.course.execution_guards import captured
from minclip.course.exercise import library_source
from minclip.course.judging import run_alone
from minclip.course.outline import LESSONS, exercise_of
from minclip.course.planted_answers import run_cell

EXERCISES = [(lesson, exercise) for lesson in LESSONS for exercise in lesson.exercises]
IDS = [exercise.name for _, exercise in EXERCISES]
QUICK = (0, 1, 2, 5, 9)  # lessons that are tried each time; the others, whose models take their time, are slow
SOME_SLOW = [
    pytest.param(lesson, exercise, id=exercise.name, marks=() if lesson.number in QUICK else pytest.mark.slow)
    for lesson, exercise in EXERCISES
]
ONE_SEED = ("bytes_to_unicode",)  # it has no inputs: the notebook's check asks everything
LIMIT = 3.0  # seconds for all hidden tests of a lesson, on a machine that does nothing else


def hidden(lesson, exercise):
    return getattr(import_module(f"minclip.classroom.hidden_tests.lesson_{lesson.number:02}"), exercise.name)


def holds(thing, check, seed):
    trial = MethodsTrial(thing, seed)
    with captured():
        end = run_alone(trial, check, seed)
    return end is None and not trial.wrong_by


def some(answers, number):
    """Of a list, evenly: the first, the last and what lies between."""
    step = max(1, (len(answers) - 1) // max(1, number - 1))
    return answers[::step][:number]


@pytest.mark.parametrize(("lesson", "exercise"), SOME_SLOW)
def test_an_answer_that_knows_the_check_by_heart_fails(lesson, exercise):
    memory = Memorised(exercise)
    check = getattr(lesson.checks, exercise.name)
    assert holds(memory.answer, check, 0)
    memory.learning = False
    assert holds(memory.answer, check, 0), "it does not know the check by heart"
    if exercise.name in ONE_SEED:
        return
    assert not holds(memory.answer, hidden(lesson, exercise), 1)


@pytest.mark.parametrize(("lesson", "exercise"), SOME_SLOW)
def test_right_answers_of_other_styles_pass(lesson, exercise):
    answers = [answer for answer in lesson.answers.CORRECT if answer.exercise == exercise.name]
    for number, answer in enumerate(some(answers, 2)):
        thing = run_cell(answer.code, lesson.answers.SETUP)[exercise.name]
        for seed in (1 + number, 4 + number, 6 + number):
            assert 1 <= seed <= SEEDS
            assert holds(thing, getattr(lesson.checks, exercise.name), seed), answer.code
            assert holds(thing, hidden(lesson, exercise), seed), answer.code


@pytest.mark.slow
@pytest.mark.parametrize(("lesson", "exercise"), EXERCISES, ids=IDS)
def test_all_right_answers_pass_at_every_seed(lesson, exercise):
    for answer in [answer for answer in lesson.answers.CORRECT if answer.exercise == exercise.name]:
        thing = run_cell(answer.code, lesson.answers.SETUP)[exercise.name]
        for seed in range(1, SEEDS + 1):
            assert holds(thing, getattr(lesson.checks, exercise.name), seed), answer.code
            assert holds(thing, hidden(lesson, exercise), seed), answer.code


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.name for lesson in LESSONS])
def test_hidden_tests_are_quick(lesson):
    begin = time.process_time()  # of this process: other work on the machine does not count
    for exercise in lesson.exercises:
        assert holds(exercise.library, hidden(lesson, exercise), 2)
    assert time.process_time() - begin < LIMIT


def bodies(code):
    """Method -> its statements, of the class in a text."""
    found = {}
    for top in ast.parse(code).body:
        for node in top.body if isinstance(top, ast.ClassDef) else []:
            if isinstance(node, ast.FunctionDef):
                documented = isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)
                found[node.name] = "\n".join(ast.unparse(one) for one in node.body[documented:])
    return found


@pytest.mark.parametrize(("lesson", "exercise"), SOME_SLOW)
def test_planted_mistakes_keep_their_right_methods(lesson, exercise):
    answers = [answer for answer in lesson.answers.WRONG if answer.exercise == exercise.name]
    rights = [one.code for one in lesson.answers.CORRECT if one.exercise == exercise.name]
    rights.append(library_source(exercise.library))
    for answer in some(answers, 2):
        thing = run_cell(answer.code, lesson.answers.SETUP)[exercise.name]
        found = marks(thing, lesson, exercise, 1)
        if len(exercise.write) < 2:
            assert found.points == 0, answer.code
            continue
        right = [
            name for name in exercise.write if bodies(answer.code).get(name) in [bodies(r).get(name) for r in rights]
        ]
        worth = shares(exercise)
        assert found.points == sum(worth[name] for name in right), (answer.code, found)


def test_a_method_that_calls_minclips_is_not_the_learners():
    lesson, exercise = exercise_of("MultiHeadAttention")
    code = library_source(exercise.library).replace(
        "return self.out_proj(x.transpose(1, 2).flatten(2))", "return library.MultiHeadAttention.merge(self, x)"
    )
    setup = lesson.answers.SETUP + "\nfrom minclip import transformer as library\n"
    thing = run_cell(code, setup)[exercise.name]
    assert own_methods(thing, exercise) == ["split", "forward"]
    found = marks(thing, lesson, exercise, 1)
    assert found.points == 2.75 and found.visible.startswith("○")
