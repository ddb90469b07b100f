"""A function of PyTorch that the notebook replaced is not used where an answer is judged."""

import functools

import pytest
import torch

from minclip.course.checking import judge
from minclip.course.judging import RIGHT, SEEN, WRONG
from minclip.course.lesson_05_symmetric_infonce.answers import SETUP
from minclip.course.lesson_05_symmetric_infonce.loss_answers import loss
from minclip.course.outline import exercise_of
from minclip.course.planted_answers import run_cell
from minclip.course.replaced_functions import as_imported, replaced_functions

SHARES = (
    "rows, columns = {0}(logits, 1).diagonal(), {0}(logits, 0).diagonal()\nreturn -(rows + columns).mean() / 2".format
)


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("MINCLIP_MINE", str(tmp_path / "my_minclip"))
    SEEN.clear()


def judged(body: str, before: str = ""):
    return judge(run_cell(loss(body).code, SETUP + before)["clip_loss"], *exercise_of("clip_loss"))


def test_an_answer_that_needs_a_replaced_function_is_refused(monkeypatch):
    monkeypatch.setattr(torch, "softmax", torch.log_softmax)
    verdict = judged(SHARES("torch.softmax"))
    assert verdict.sign == WRONG and "torch.softmax: replaced since the lesson began" in verdict.text
    assert torch.softmax is torch.log_softmax  # the notebook's again


def test_an_answer_that_does_without_it_passes(monkeypatch):
    monkeypatch.setattr(torch, "softmax", torch.log_softmax)
    assert judged(SHARES("torch.log_softmax")).sign == RIGHT


@pytest.mark.parametrize("name", ["torch.Tensor.log_shares", "torch.my_log_softmax"])
def test_what_a_notebook_adds_is_not_there(name):
    owner, _, added = name.rpartition(".")
    cell = f"def ours(x, axis):\n    return F.log_softmax(x, axis)\n{name} = ours\n"
    try:
        verdict = judged(SHARES(name), cell)
        assert verdict.sign == WRONG and f"{name}: replaced since the lesson began" in verdict.text
        assert hasattr(torch.Tensor if owner.endswith("Tensor") else torch, added)
    finally:
        delattr(torch.Tensor if owner.endswith("Tensor") else torch, added)


def test_an_answer_that_replaces_one_is_refused_and_undone():
    before = torch.softmax
    verdict = judged("torch.softmax = torch.log_softmax\n" + SHARES("torch.softmax"))
    assert verdict.sign == WRONG and "changes a setting" in verdict.text
    assert torch.softmax is before


def test_a_librarys_own_change_stays(monkeypatch):
    @functools.wraps(torch.softmax)
    def faster(*arguments):
        return torch.nn.functional.softmax(*arguments)

    monkeypatch.setattr(torch, "softmax", faster)
    faster.__module__ = "another_library"
    assert replaced_functions() == []
    with as_imported():
        assert torch.softmax is faster


def test_what_torch_compile_replaces_is_nobodys():
    torch.compile(lambda x: x + 1, backend="eager")(torch.ones(2))
    assert replaced_functions() == []


@pytest.mark.parametrize(
    "line",
    [
        "clip_loss.__wrapped__ = clip_loss",
        "clip_loss.__wrapped__ = lambda: 1\nclip_loss.__wrapped__.__wrapped__ = clip_loss",
    ],
)
def test_decorators_that_lead_in_a_circle_are_passed_over(line):
    space = run_cell(loss(SHARES("torch.log_softmax")).code, SETUP)
    exec(line, space)
    assert judge(space["clip_loss"], *exercise_of("clip_loss")).sign == RIGHT
