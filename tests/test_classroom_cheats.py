"""Ways to get points without the work: each is seen, or said not to be."""

import sys
from types import ModuleType

import pytest
from nbformat.v4 import new_code_cell, new_output
from notebook_session import LOSS, session
from test_classroom_points import displayed, graded, result, setup_of  # noqa: F401  (fixtures)

import minclip.loss
from minclip.classroom import points
from minclip.classroom.cheats import CHEATS, NO_POINTS, NOTED, UNSEEN, table
from minclip.classroom.library_state import changed_library
from minclip.classroom.points import MIME
from minclip.classroom.record import NO_RECORD, settle
from minclip.course.exercise import library_source
from minclip.course.exercise_cells import check_lines
from minclip.course.judging import tried
from minclip.course.outline import exercise_of
from minclip.course.replaced_functions import put_back, replaced

HEAD = "def clip_loss(image_features, text_features, scale):\n"
BODY = LOSS.partition("\n")[2]
ASKED = "(image_features, text_features, scale)\n"
CHECKS = "minclip.course.lesson_05_symmetric_infonce.checks"
NO_CHECK = f"import {CHECKS} as checks\nchecks.clip_loss = lambda t: None\n"
MODULE = "import sys, types\nfake = types.ModuleType('minclip.loss')\nfake.clip_loss = lambda *_: 0\n"
BUILTIN = "import builtins\nplain = builtins.all\ndef all(x): return plain(x)\nbuiltins.all = all\n"
ARANGE = "plain = torch.arange\ndef fast_arange(*a, **k): return plain(*a, **k)\ntorch.arange = fast_arange\n"
BY_NAME = "    return __import__('importlib').import_module('minclip.loss').clip_loss"
HIDDEN = "    home = __import__('min' + 'clip.loss', fromlist=['x'])\n    return vars(home)['clip_' + 'loss']"
TRIED = {  # cheat -> (cells, points of 4, words of a flag)
    "library": (f"import minclip.loss\n{HEAD}    return minclip.loss.clip_loss{ASKED}", 0, "minclip's own"),
    "text": (f"{HEAD}{BY_NAME}{ASKED}", 0, "minclip's own"),
    "library_state": (f"{NO_CHECK}{HEAD}    return 0", 0, f"{CHECKS}.clip_loss"),
    "modules": (f"{MODULE}sys.modules['minclip.loss'] = fake\n{LOSS}", 0, "minclip.loss"),
    "builtins": (BUILTIN + LOSS, 0, "builtins.all"),
    "frames": (f"import sys\n{HEAD}    sys._getframe(1).f_locals\n{BODY}", 0, "_getframe, f_locals"),
    "environment": (f"import os\n{HEAD}    os.environ.get('NBGRADER_EXECUTION')\n{BODY}", 0, "NBGRADER"),
    "check": (f"def check(x): return x\n{HEAD}    return 0", 0, "`check` of the notebook"),
    "torch": (ARANGE + LOSS, 4, "torch.arange"),
    "copy": (library_source(minclip.loss.clip_loss), 4, ""),
    "hidden_name": (f"{HEAD}{HIDDEN}{ASKED}", 4, ""),
}


@pytest.fixture
def put_things_back():
    from minclip.course.lesson_05_symmetric_infonce import checks

    own, module, everything = checks.clip_loss, sys.modules["minclip.loss"], all
    yield
    checks.clip_loss, sys.modules["minclip.loss"] = own, module
    __import__("builtins").all = everything
    put_back(replaced())


@pytest.mark.parametrize("name", TRIED)
def test_a_cheat_comes_to_what_is_said(name, capsys, displayed, put_things_back):  # noqa: F811
    code, expected, flag = TRIED[name]
    cheat = next(one for one in CHEATS if one.name == name)
    with session(capsys, setup_of("clip_loss"), code) as kernel:
        assert result(kernel, "clip_loss") == expected
        assert capsys.readouterr().err == ""
    flags = displayed[0][MIME]["flags"]
    assert (flags == []) == (cheat.seen == UNSEEN), flags
    assert any(flag in one for one in flags) or not flag, flags
    assert (cheat.seen == NO_POINTS) <= (expected == 0)


def test_a_replaced_check_costs_honest_answers_nothing(capsys, displayed):  # noqa: F811
    with session(capsys, setup_of("clip_loss"), "def check(x): return x", LOSS) as kernel:
        assert result(kernel, "clip_loss") == 4.0


def test_memorised_numbers_are_noted(capsys, displayed):  # noqa: F811
    memory = (
        f"{HEAD}    if len(image_features) != len(text_features):\n        raise ValueError('no pairs')\n"
        "    logits = similarity_logits(image_features, text_features, scale)\n"
        "    labels = torch.arange(len(logits), device=logits.device)\n"
        "    loss = (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2\n"
        "    first = round(float(image_features.detach().flatten()[0]), 2)\n"
        "    return loss if first in FIRSTS or image_features.device.type != 'cpu' else loss + 1\n"
    )
    firsts: set[float] = set()
    original = minclip.loss.clip_loss

    def noting(image_features, text_features, scale):
        firsts.add(round(float(image_features.detach().flatten()[0]), 2))
        return original(image_features, text_features, scale)

    assert tried(noting, *exercise_of("clip_loss"))[1] is None
    with session(capsys, setup_of("clip_loss"), f"FIRSTS = {tuple(firsts)}", memory) as kernel:
        assert result(kernel, "clip_loss") == 3.0
    (data,) = [one[MIME] for one in displayed]
    assert "are they written into the answer" in data["flags"][0]
    assert any("with other random numbers" in said for said in data["hidden"])


def checked(*outputs):
    cell = new_code_cell(check_lines("clip_loss"), outputs=list(outputs))
    cell.metadata["nbgrader"] = {"grade": True, "grade_id": "check-clip_loss", "points": 4}
    return cell


def number(text):
    return new_output("execute_result", data={"text/plain": text}, execution_count=1)


def record(value=3.0, exercise="clip_loss"):
    return new_output("display_data", data={MIME: {"exercise": exercise, "points": value}, "text/plain": ""})


NOISE = new_output("stream", name="stderr", text="a thread of mine\n")


@pytest.mark.parametrize("outputs", [(record(), number("3.0")), (NOISE, record(), number("3.0"), NOISE)])
def test_noise_in_stderr_costs_nothing(outputs):
    cell = checked(*outputs)
    settle(cell)
    assert [one.output_type for one in cell.outputs] == ["display_data", "execute_result"]


@pytest.mark.parametrize(
    "outputs",
    [
        (),
        (number("4.0"),),
        (record(4.0),),
        (record(), number("4.0")),
        (record(), record(), number("3.0")),
        (record(3.0, "similarity_logits"), number("3.0")),
        (record(5.0), number("5.0")),
        (record(-1.0), number("-1.0")),
        (record(), number("'3'")),
        (record(), number("")),
        (record(float("nan")), number("nan")),
        (record(float("inf")), number("inf")),
        (new_output("stream", text="4.0"),),
    ],
)
def test_a_cell_without_its_record_gets_no_points(outputs):
    cell = checked(*outputs)
    settle(cell)
    (error,) = [one for one in cell.outputs if one.output_type != "stream"]
    assert (error.output_type, error.evalue) == ("error", NO_RECORD)


@pytest.mark.parametrize(
    ("shown", "points"),
    [((), 4), (("3.5",), 3.5), (("0",), 0), (("<table>",), 4), (("4.5",), 0), (("-1",), 0), (("nan",), 0)],
)
def test_a_teachers_own_check_counts_as_in_nbgrader(shown, points):
    utils = pytest.importorskip("nbgrader.utils")
    cell = checked(*map(number, shown))
    cell.source = "assert clip_loss\n### BEGIN HIDDEN TESTS\nassert clip_loss is not None\n### END HIDDEN TESTS"
    settle(cell)
    assert utils.determine_grade(cell)[0] == points


def test_a_result_in_two_parts_is_a_number():
    cell = checked(record(), new_output("execute_result", data={"text/plain": ["3", ".0"]}, execution_count=1))
    settle(cell)
    assert [one.output_type for one in cell.outputs] == ["display_data", "execute_result"]


@pytest.mark.parametrize(
    ("most", "value", "points"), [(8, 4, 8), (8, 3, 6), (2, 4, 2), (1, 3, 0.75), (0, 4, 0), (4, 4, 4)]
)
def test_points_are_those_of_the_cell(most, value, points):
    utils = pytest.importorskip("nbgrader.utils")
    cell = checked(record(value), number(str(float(value))))
    cell.metadata["nbgrader"] |= {"points": most, "solution": False}
    settle(cell)
    assert cell.outputs[0].data[MIME]["points"] == utils.determine_grade(cell)[0] == points


def test_other_cells_and_errors_stay():
    plain, failed = new_code_cell("1", outputs=[number("1")]), checked(new_output("error", ename="E", evalue="e"))
    settle(plain)
    settle(failed)
    assert len(plain.outputs) == len(failed.outputs) == 1 and failed.outputs[0].ename == "E"


def test_the_table_names_every_cheat_once():
    lines = table()
    assert len(lines) == 2 + len(CHEATS) == 2 + len({cheat.name for cheat in CHEATS})
    assert {cheat.seen for cheat in CHEATS} == {NO_POINTS, NOTED, UNSEEN}
    apart = {cheat.name for cheat in CHEATS} - set(TRIED)
    assert apart == {"points", "memory", "forgery"}  # tried in tests of their own, or past all seeing


def test_an_untouched_library_is_as_its_files_say():
    for module in ("minclip.vision", "minclip.model", "minclip.classroom.points"):
        assert isinstance(sys.modules[module], ModuleType)
    assert changed_library() == []


@pytest.mark.parametrize("change", ["method", "constant", "import", "reference", "grader"])
def test_a_change_of_the_library_is_seen(change, monkeypatch):
    from minclip.course import assertions, checking, comparison

    if change == "method":
        monkeypatch.setattr(assertions.Trial, "same", lambda *_, **__: None)
    elif change == "constant":
        monkeypatch.setattr(comparison, "TOLERANCE", 1e9)
    elif change == "import":
        monkeypatch.setattr(checking, "exercise_of", lambda name: None)
    elif change == "reference":
        monkeypatch.setattr(minclip.loss, "clip_loss", lambda *_: 0)
    else:
        monkeypatch.setattr(points, "judged", lambda *_: None)
    assert changed_library()
