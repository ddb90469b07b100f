"""A class's notebook in a session: who wrote all gets all, who wrote nothing gets nothing, lesson by lesson."""

import ast

import pytest
from notebook_session import LOGITS, session
from test_classroom_points import displayed, graded, result, setup_of  # noqa: F401  (fixtures)

from minclip.classroom.notebook import classroom_notebook
from minclip.classroom.points import MIME
from minclip.course.build import is_exercise
from minclip.course.exercise_cells import BEGIN_HIDDEN, solved, stub
from minclip.course.outline import LESSONS

QUICK = (1, 5)  # lessons that are tried each time; the others, whose models take their time, are slow
PARAMETERS = [
    pytest.param(lesson, id=lesson.name, marks=() if lesson.number in QUICK else pytest.mark.slow) for lesson in LESSONS
]
HELPER = """def one_way(logits):
    return F.cross_entropy(logits, torch.arange(len(logits), device=logits.device))

def clip_loss(image_features, text_features, scale):
    if len(image_features) != len(text_features):
        raise ValueError("no pairs")
    logits = similarity_logits(image_features, text_features, scale)
    return (one_way(logits) + one_way(logits.T)) / 2
"""


def exercises(lesson, written):
    """Name -> the text of its cell, solved or as students get it."""
    cells = [cell for cell in classroom_notebook(lesson).cells if cell.cell_type == "code" and is_exercise(cell)]
    return {cell.id: solved(cell.source) if written else stub(cell.source, "1.1") for cell in cells}


def given(lesson):
    """What the cells around the exercises import, define and take from earlier lessons, without what they compute."""
    cells = [cell.source for cell in classroom_notebook(lesson).cells if cell.cell_type == "code"]
    cells = ["\n".join(line for line in text.splitlines() if not line.startswith("%")) for text in cells]
    nodes = [node for text in cells if BEGIN_HIDDEN not in text for node in ast.parse(text).body if is_given(node)]
    return "\n".join(ast.unparse(node) for node in nodes)


def is_given(node):
    called = getattr(getattr(getattr(node, "value", None), "func", None), "id", "")
    return called == "built" or isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef)


@pytest.mark.parametrize("lesson", PARAMETERS)
def test_a_solved_lesson_gets_all_points(lesson, capsys, displayed):  # noqa: F811
    texts = exercises(lesson, True)
    with session(capsys, setup_of(lesson.exercises[0].name), given(lesson)) as kernel:
        for exercise in lesson.exercises:
            kernel.run(texts[exercise.name])
            assert result(kernel, exercise.name) == exercise.points
        assert capsys.readouterr().err == ""
    assert all(one[MIME]["flags"] == [] for one in displayed)


@pytest.mark.parametrize("lesson", PARAMETERS)
def test_an_unsolved_lesson_gets_none(lesson, capsys, displayed):  # noqa: F811
    texts = exercises(lesson, False)
    with session(capsys, setup_of(lesson.exercises[0].name), given(lesson)) as kernel:
        for exercise in lesson.exercises:
            kernel.run(texts[exercise.name])
            assert result(kernel, exercise.name) == 0
        assert capsys.readouterr().err == ""
    assert all(one[MIME]["visible"].startswith("○") for one in displayed)
    assert all(one[MIME]["flags"] == [] for one in displayed)


def test_what_helpers_are_called_does_not_matter(capsys, displayed):  # noqa: F811
    wrong = HELPER.replace("torch.arange(len(logits), ", "torch.zeros(len(logits), dtype=torch.long, ")
    for code, expected in ((HELPER, 4.0), (wrong, 0.0), (HELPER.replace("one_way", "check_half"), 4.0)):
        with session(capsys, setup_of("clip_loss"), LOGITS, code) as kernel:
            assert result(kernel, "clip_loss") == expected


def test_a_wrong_answer_costs_the_next_one_nothing(capsys, displayed):  # noqa: F811
    wrong = LOGITS.replace("scale * a", "a")
    with session(capsys, setup_of("clip_loss"), wrong, HELPER) as kernel:
        assert result(kernel, "clip_loss") == 4.0  # before the check of the wrong one
        assert result(kernel, "similarity_logits") == 0.0
        assert result(kernel, "clip_loss") == 4.0
    assert displayed[0][MIME]["visible"].startswith("✓ clip_loss: right with minclip's similarity_logits.")


def test_a_failed_definition_costs_later_ones_nothing(capsys, displayed):  # noqa: F811
    with session(capsys, setup_of("clip_loss"), "def similarity_logits(:\n    pass", HELPER) as kernel:
        assert result(kernel, "clip_loss") == 4.0


def test_written_methods_count_in_an_unfinished_class(capsys, displayed):  # noqa: F811
    lesson = LESSONS[3]
    whole, none = exercises(lesson, True)["MultiHeadAttention"], exercises(lesson, False)["MultiHeadAttention"]
    head, _, tail = none.partition("    def forward")
    half = whole.partition("    def forward")[0] + "    def forward" + tail
    assert head and half.count("NotImplementedError") == 1
    with session(capsys, setup_of("MultiHeadAttention"), half) as kernel:
        assert result(kernel, "MultiHeadAttention") == 2.5
    assert displayed[0][MIME]["visible"].startswith(
        "○ MultiHeadAttention: split ✓ · merge ✓ · forward: not written yet"
    )
