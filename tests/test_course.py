"""The course's machine: finding a learner's text, judging it, keeping it, handing it on."""

import json
import math
import signal
import sys
from importlib import import_module
from pathlib import Path

import pytest
import torch
from PIL import Image

from minclip.cli import main
from minclip.course import built, check, progress
from minclip.course.answer_source import source_of, unwritten
from minclip.course.execution_guards import TooLong, time_limit
from minclip.course.grading import GIVEN
from minclip.course.learner_library import finished, installed, load
from minclip.course.outline import LESSONS, exercise_of, number_of
from minclip.course.planted_answers import run_cell
from minclip.course.progress_diagram import BOXES
from minclip.course.statements import outside_names
from minclip.loss import clip_loss as minclips

SETUP = """
import torch
from torch.nn import functional as F
from minclip.loss import similarity_logits
"""
RIGHT = """
def clip_loss(image_features, text_features, scale):
    if len(image_features) != len(text_features):
        raise ValueError("no pairs")
    logits = similarity_logits(image_features, text_features, scale)
    labels = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2
"""


@pytest.fixture(autouse=True)
def mine(monkeypatch, tmp_path):
    monkeypatch.setenv("MINCLIP_MINE", str(tmp_path / "my_minclip"))
    monkeypatch.setattr("minclip.course.workbook.said", {tmp_path / "my_minclip"})  # that line is another test's
    return tmp_path / "my_minclip"


def cell(code, setup=SETUP):
    return run_cell(code, setup)


def answer(code, name="clip_loss"):
    return cell(code)[name]


def said(capsys, code, name="clip_loss"):
    """What check answers, and what it returns."""
    returned = check(answer(code, name))
    return capsys.readouterr().out, returned


def test_a_right_answer_gets_this_line(capsys):
    code = "def causal_mask(length, device=None):\n"
    code += "    return torch.full((length, length), float('-inf'), device=device).triu(1)\n"
    text, returned = said(capsys, code, "causal_mask")
    assert text == "✓ causal_mask: 13 checks. Kept in my_minclip/transformer.py, and used from now on.\n"
    assert returned(2).tolist() == [[0.0, -math.inf], [0.0, 0.0]]


def test_a_wrong_answer_gets_these_lines(capsys):
    code = "def causal_mask(length, device=None):\n"
    code += "    return torch.full((length, length), float('-inf'), device=device).triu()\n"
    text, returned = said(capsys, code, "causal_mask")
    assert (
        text
        == """\
✗ causal_mask: the result is wrong. The lesson goes on with minclip's.
  called    causal_mask(5)
  expected  at [0, 0]: 0
  got       at [0, 0]: -inf   (5 of 25 numbers are off)
  → the diagonal is forbidden: the first token sees nothing, and its
    softmax is NaN
"""
    )
    assert returned is exercise_of("causal_mask")[1].library


def test_a_class_is_found_through_its_methods():
    code = "def other(): ...\n\nclass Net(torch.nn.Module):\n    @property\n    def y(self):\n        return 2\n"
    assert source_of(cell(code)["Net"]) == code[code.index("class") :]


def test_a_functions_text_has_its_decorators():
    code = "x = 1\n@torch.no_grad()\ndef f(a):\n    return a\n\n\ny = 2\n"
    assert source_of(cell(code)["f"]) == "@torch.no_grad()\ndef f(a):\n    return a\n"


def test_each_of_two_versions_has_its_own_text():
    first, second = answer("def f():\n    return 1\n", "f"), answer("def f():\n    return 2\n", "f")
    assert "1" in source_of(first) and "2" in source_of(second)


def test_what_cannot_be_found_says_how_to_write_it():
    space = {"__name__": "__main__"}
    exec("def f(): pass", space)
    with pytest.raises(ValueError, match="write it in a cell of its own"):
        source_of(space["f"])


def test_stubs_are_seen_in_functions_and_methods():
    text = "class A:\n    def f(self):\n        'Doc.'\n        raise NotImplementedError\n    def g(self): pass\n"
    assert unwritten(text) == ["f"]
    assert unwritten("def h(x):\n    if x:\n        raise NotImplementedError\n    return x\n") == []


def test_outside_names_leave_out_local_and_builtin_ones():
    text = "def f(x: Tensor, n=LIMIT):\n    y = [len(z) for z in x]\n    return math.sqrt(sum(y)) + g(n)\n"
    assert outside_names(text) == ["LIMIT", "Tensor", "g", "math"]


def test_an_unwritten_answer_gives_minclips(capsys):
    stub = 'def clip_loss(image_features, text_features, scale):\n    raise NotImplementedError("exercise 5.2")\n'
    text, returned = said(capsys, stub)
    assert text == "○ clip_loss: not written yet. The lesson goes on with minclip's.\n"
    assert returned is minclips


@pytest.mark.parametrize("place", ["before", "after"])
def test_a_stub_that_was_left_in_is_named(capsys, place):
    line = '    raise NotImplementedError("exercise 5.2")\n'
    code = RIGHT + line if place == "after" else RIGHT.replace("    logits =", f"{line}    logits =", 1)
    text, _ = said(capsys, code)
    line = "○ clip_loss: delete the line `raise NotImplementedError` in clip_loss: it is written."
    assert text == f"{line} The lesson goes on with minclip's.\n"


def test_a_right_answer_comes_back_and_is_kept(capsys, mine):
    text, returned = said(capsys, RIGHT)
    assert text.startswith("✓ clip_loss: ") and "Kept in my_minclip/loss.py" in text
    assert returned is not minclips
    kept = (mine / "loss.py").read_text(encoding="utf-8")
    assert "from minclip.loss import similarity_logits" in kept and RIGHT.strip() in kept
    assert finished() == ["clip_loss"]


def test_a_wrong_answer_is_told_in_a_few_lines(capsys, mine):
    text, returned = said(capsys, RIGHT.replace("F.cross_entropy(logits.T, labels)", "F.cross_entropy(logits, labels)"))
    heading = "✗ clip_loss: the result is wrong. The lesson goes on with minclip's."
    assert text.startswith(f"{heading}\n  called    clip_loss(float [6, 16], float [6, 16], 5)\n")
    assert "picture-to-text half alone" in text
    assert returned is minclips and not mine.exists()


def test_an_error_names_the_learners_line(capsys):
    text, _ = said(capsys, RIGHT.replace("logits.T, labels", "logits.T, pairs"))
    assert "raises an error" in text and "line 7" in text and "NameError" in text and "pairs" in text


def test_a_value_instead_of_the_function_is_explained(capsys):
    value = torch.tensor(1.0)
    assert check(value) is value
    assert "check wants the function or class itself, found Tensor" in capsys.readouterr().out


def test_running_the_check_again_does_not_praise_minclips(capsys):
    assert check(minclips) is minclips
    assert capsys.readouterr().out.startswith("○ clip_loss: this is minclip's")


def test_another_name_lists_the_exercises(capsys):
    check(answer("def clip_los():\n    return 1\n", "clip_los"))
    assert "'clip_los' is not an exercise of this course: choose one of" in capsys.readouterr().out


def test_a_loop_without_end_is_stopped(capsys, monkeypatch):
    monkeypatch.setattr(sys.modules["minclip.course.judging"], "SECONDS", 0.5)
    text, returned = said(capsys, "def clip_loss(images, texts, scale):\n    while True:\n        pass\n")
    assert "a loop that never ends, or a very slow one?" in text and returned is minclips


def test_a_loop_is_stopped_where_interrupts_are_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with pytest.raises(TooLong), time_limit(0.3):
            while True:
                pass
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_what_it_prints_is_counted_and_not_shown(capsys):
    text, _ = said(capsys, RIGHT.replace("    labels", "    print('here I am')\n    labels"))
    assert text.startswith("✓") and "here I am" not in text and "take that out" in text


def test_an_input_that_is_edited_is_refused(capsys):
    text, _ = said(capsys, RIGHT.replace("    labels", "    image_features.mul_(2)\n    labels"))
    assert "edits its input" in text


def test_a_variable_of_the_notebook_is_named(capsys, mine):
    own = "torch.arange(len(logits), device=logits.device)"
    code = "target = torch.arange(99)\n" + RIGHT.replace(own, "target.to(logits.device)[: len(logits)]")
    text, returned = said(capsys, code)
    assert "it uses target, a tensor of this notebook: pass it in as an argument" in text
    assert returned is minclips and not mine.exists()


def test_helpers_and_constants_are_kept_with_the_answer(capsys, mine):
    helper = "def one_way(logits):\n    labels = torch.arange(len(logits), device=logits.device)\n"
    helper += "    return F.cross_entropy(logits, labels)\n"
    whole = "(F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2"
    code = "HALF = 0.5\n" + helper + RIGHT.replace(whole, "HALF * (one_way(logits) + one_way(logits.T))")
    text, _ = said(capsys, code)
    assert text.startswith("✓")
    features = torch.randn(4, 8)
    assert torch.allclose(load(mine, "clip_loss")(features, -features, 10.0), minclips(features, -features, 10.0))


STUB = "def clip_loss(a, b, c):\n    raise NotImplementedError\n"


def test_validation_gets_an_error_for_wrong_answers_only(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    with pytest.raises(AssertionError, match="not written yet") as raised:
        check(answer(STUB))
    lines = raised.value._render_traceback_()
    assert lines == ["○ clip_loss: not written yet. The lesson goes on with minclip's."]
    assert check(answer(RIGHT)) is not minclips


def test_grading_prints_the_verdict_and_remembers_the_answer(monkeypatch, capsys):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    stub = answer(STUB)
    assert check(stub) is minclips and GIVEN["clip_loss"] is stub
    assert capsys.readouterr().out == "○ clip_loss: not written yet. The lesson goes on with minclip's.\n"
    check(minclips)
    assert GIVEN.pop("clip_loss") is stub


def test_a_check_leaves_no_trace_in_random_numbers():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    check(answer(RIGHT))
    assert torch.equal(torch.rand(2), expected)


def test_built_gives_the_learners_where_it_is_there(capsys):
    check(answer(RIGHT))
    capsys.readouterr()
    loss, logits = built("clip_loss", "similarity_logits")
    assert capsys.readouterr().out == "clip_loss: yours · similarity_logits: minclip's\n"
    assert loss.__module__ == "my_minclip.loss"
    assert logits is exercise_of("similarity_logits")[1].library


def test_a_file_that_does_not_run_is_named(mine, capsys):
    check(answer(RIGHT))
    path = mine / "loss.py"
    path.write_text(path.read_text(encoding="utf-8") + "\nx = no_such_name\n", encoding="utf-8")
    capsys.readouterr()
    assert built("clip_loss") is minclips
    assert "minclip's (yours does not run: my_minclip/loss.py, line " in (said := capsys.readouterr().out)
    assert "NameError: name 'no_such_name' is not defined" in said
    with pytest.raises(ValueError, match=r"your own parts do not run: my_minclip/loss\.py"), installed():
        pass


def test_installed_puts_the_learners_parts_in_minclips_place():
    from minclip.engine import gradients, step

    check(answer(RIGHT))
    with installed() as names:
        assert names == ["clip_loss"]
        assert gradients.clip_loss.__module__ == "my_minclip.loss"
        assert step.train_step.__defaults__[-1].__module__ == "my_minclip.loss"
    assert gradients.clip_loss is minclips and step.train_step.__defaults__[-1] is minclips


def test_what_training_finds_edited_is_said(mine, capsys):
    check(answer(RIGHT))
    mask = "torch.full((length, length), float('-inf'), device=device).triu(1)"
    check(answer(f"def causal_mask(length, device=None):\n    return {mask}\n", "causal_mask"))
    path = mine / "loss.py"
    path.write_text('"""Nothing left."""\n', encoding="utf-8")
    capsys.readouterr()
    with installed() as names:
        assert names == ["causal_mask"]
    assert "clip_loss was taken out of my_minclip/loss.py" in capsys.readouterr().err


def test_nothing_built_cannot_be_installed():
    with pytest.raises(ValueError, match="solve an exercise"), installed():
        pass


def test_solutions_keep_nothing(monkeypatch, capsys):
    monkeypatch.delenv("MINCLIP_MINE")
    monkeypatch.chdir(Path(__file__).parents[1] / "solutions" / "05_symmetric_infonce")
    text, _ = said(capsys, RIGHT)
    assert text.startswith("✓") and "Kept" not in text


def test_progress_counts_what_is_built(capsys):
    check(answer(RIGHT))
    total = sum(len(lesson.exercises) for lesson in LESSONS)
    assert progress().axes[0].get_title(loc="left") == f"Built so far: 1 of {total} parts"


def test_every_exercise_fills_a_box_of_the_diagram():
    assert {exercise.box for lesson in LESSONS for exercise in lesson.exercises} == set(BOXES)


def test_every_lessons_folder_judges_all_its_exercises():
    for lesson in LESSONS:
        assert import_module(lesson.package).LESSON is lesson
        assert import_module(f"{lesson.package}.pictures").__doc__
        for exercise in lesson.exercises:
            assert callable(getattr(lesson.checks, exercise.name)), exercise.name


def test_exercises_are_numbered_within_their_lesson():
    assert number_of("clip_loss") == "5.2"
    for lesson in LESSONS:
        for exercise in lesson.exercises:
            assert exercise.library.__name__ == exercise.name


def test_train_mine_trains_with_the_learners_loss(tmp_path, capsys):
    counting = RIGHT.replace("    logits", "    clip_loss.calls = getattr(clip_loss, 'calls', 0) + 1\n    logits", 1)
    check(answer(counting))
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    rows = ["file,caption"]
    for number in range(30):
        Image.new("RGB", (32, 32), (8 * number, 90, 200)).save(pictures / f"{number}.png")
        rows += [f"{number}.png,a picture of shade {number}"]
    (pictures / "captions.csv").write_text("\n".join(rows), encoding="utf-8")
    command = ["train", "--data", str(pictures), "--config", "tiny", "--samples", "12", "--batch", "6", "--mine"]
    assert main([*command, "--device", "cpu", "--out", str(tmp_path / "run")]) == 0
    assert "minclip: with your clip_loss from " in capsys.readouterr().err
    assert sys.modules["my_minclip.loss"].clip_loss.calls == 2  # of two steps
    report = json.loads((tmp_path / "run" / "report.json").read_text(encoding="utf-8"))
    assert report["run"]["parts"] == ["clip_loss"]
    assert "With parts of the learner's own: clip_loss." in (tmp_path / "run" / "report.md").read_text(encoding="utf-8")
    assert main(["train", "--resume", "--out", str(tmp_path / "run"), "--device", "cpu"]) == 2
    assert "this run was begun with your clip_loss: continue it with --mine" in capsys.readouterr().err
