"""What an answer gets in a class: full points, none, or those of the methods that are right."""

import json
import os

import pytest
from notebook_session import LOSS, Session, session

from minclip.classroom import points
from minclip.classroom.marking import MethodsTrial, marks, shares
from minclip.classroom.points import MIME, SEED, points_of
from minclip.course.exercise import library_source
from minclip.course.exercise_cells import check_lines
from minclip.course.grading import GIVEN, GRADING
from minclip.course.outline import LESSONS, exercise_of
from minclip.course.planted_answers import run_cell

NAMES = [lesson.name for lesson in LESSONS]
MULTI = "MultiHeadAttention"


@pytest.fixture(autouse=True)
def graded(monkeypatch, tmp_path):
    monkeypatch.setenv("MINCLIP_MINE", str(tmp_path / "my_minclip"))
    monkeypatch.setenv(GRADING, "autograde")
    monkeypatch.delenv(SEED, raising=False)
    GIVEN.clear()


def setup_of(name):
    return exercise_of(name)[0].answers.SETUP + "\nfrom minclip.course import built, check\n"


def right(name, number=0):
    lesson, _ = exercise_of(name)
    return [answer.code for answer in lesson.answers.CORRECT if answer.exercise == name][number]


class Displayed(list):
    """What was displayed of points."""

    def note(self, data, **_):
        self.append(data)


@pytest.fixture
def displayed(monkeypatch):
    found = Displayed()
    monkeypatch.setattr("IPython.display.publish_display_data", found.note)
    return found


def result(kernel: Session, name: str) -> float:
    """Runs a check's cell as nbgrader's source has it; gives what the cell gives."""
    ran = kernel.shell.run_cell(check_lines(name), store_history=True)
    ran.raise_error()
    return ran.result


def test_a_right_answer_gets_full_points(capsys, displayed):
    with session(capsys, setup_of("clip_loss"), right("clip_loss")) as kernel:
        capsys.readouterr()
        assert result(kernel, "clip_loss") == 4.0
        printed = capsys.readouterr()
    assert printed.out.startswith("✓ clip_loss: ") and printed.err == ""
    (data,) = displayed
    assert json.loads(json.dumps(data[MIME])) == data[MIME]
    assert data[MIME]["points"] == data[MIME]["of"] == 4.0 and data["text/plain"] == "4 of 4 points"
    assert data[MIME]["hidden"] == data[MIME]["flags"] == [] and data[MIME]["visible"].startswith("✓")


def test_a_wrong_answer_gets_nothing_and_no_traceback(capsys, displayed):
    wrong = LOSS.replace("/ 2", "/ 1")
    with session(capsys, setup_of("clip_loss"), wrong) as kernel:
        capsys.readouterr()
        assert result(kernel, "clip_loss") == 0.0
        printed = capsys.readouterr()
    assert "✗ clip_loss" in printed.out and printed.err == "" and "Traceback" not in printed.out
    assert displayed[0][MIME]["visible"] == printed.out.partition("Out[")[0].strip()


def test_a_stub_costs_the_next_answer_nothing(capsys, displayed):
    stub = "def similarity_logits(image_features, text_features, scale):\n    raise NotImplementedError\n"
    with session(capsys, setup_of("clip_loss"), stub, right("clip_loss")) as kernel:
        assert result(kernel, "similarity_logits") == 0.0
        assert result(kernel, "clip_loss") == 4.0


def test_the_points_of_a_class_are_divided_in_quarters():
    for lesson in LESSONS:
        for exercise in lesson.exercises:
            parts = shares(exercise)
            assert sum(parts.values()) == exercise.points and min(parts.values()) > 0
            assert all(4 * share == int(4 * share) for share in parts.values())
            assert list(parts) == list(exercise.write if len(exercise.write) > 1 else (exercise.name,))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("query, key, value = qkv.permute(2, 0, 3, 1, 4)", "query, value, key = qkv.permute(2, 0, 3, 1, 4)", 2.75),
        ("self.out_proj(x.transpose(1, 2).flatten(2))", "x.transpose(1, 2).flatten(2)", 2.75),
        ("attention(query, key, value, mask)", "attention(query, key, value)", 2.5),
        ("return self.out_proj(x.transpose(1, 2).flatten(2))", "raise NotImplementedError", 2.75),
    ],
)
def test_each_method_is_judged_among_minclips(old, new, expected):
    lesson, exercise = exercise_of(MULTI)
    code = library_source(exercise.library)
    assert old in code
    found = marks(run_cell(code.replace(old, new), lesson.answers.SETUP)[MULTI], lesson, exercise, 1)
    assert found.points == expected, found
    assert found.hidden == []


def test_an_answer_for_small_sizes_loses_a_quarter():
    lesson, exercise = exercise_of("clip_loss")
    memorised = right("clip_loss").replace("def clip_loss", "def right_one") + (
        "def clip_loss(image_features, text_features, scale):\n"
        "    loss = right_one(image_features, text_features, scale)\n"
        "    return loss if len(image_features) < 10 else loss * 2\n"
    )
    found = marks(run_cell(memorised, lesson.answers.SETUP)["clip_loss"], lesson, exercise, 1)
    assert found.points == 3.0 and found.visible.startswith("✓")
    (failed,) = found.hidden
    assert failed.startswith("clip_loss, where the notebook does not look: ")


def test_a_class_gets_one_of_the_tested_seeds(monkeypatch):
    seeds = set()
    for text in ("", "1", "secret", "99999999999", *map(str, range(60))):
        monkeypatch.setenv(SEED, text)
        seeds.add(points.seed_of_class())
        assert points.seed_of_class() == points.seed_of_class()
    assert seeds == set(range(1, 9))


def test_a_name_that_is_nowhere_gets_nothing(capsys):
    space = {"points_of": points_of}
    exec("found = points_of('clip_loss')", space)
    assert space["found"] == 0.0
    exec("found = points_of('no_such_exercise')", space)
    assert space["found"] == 0.0 and capsys.readouterr().err == ""


def test_minclips_methods_all_pass_one_by_one():
    lesson, exercise = exercise_of(MULTI)
    trial = MethodsTrial(exercise.library)
    trial.run(getattr(lesson.checks, MULTI))
    assert set(trial.passed_by) == set(exercise.write) and not trial.wrong_by
    assert os.environ[GRADING] == "autograde"
