"""The engine of the checks: calls, comparisons and errors of any answer end in a sentence that is true."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from minclip.course.assertions import Mistake, NotWritten, Shown, Trial, Wrong
from minclip.course.checking import judge
from minclip.course.execution_guards import interrupt_main_thread, limits
from minclip.course.judging import RIGHT, WRONG
from minclip.course.lesson_06_clip_assembled import answers as lesson_06
from minclip.course.outline import exercise_of
from minclip.course.planted_answers import run_cell

SETUP = "import sys\nimport numpy as np\nimport torch\nfrom torch import nn\n"


def answer(body: str, arguments: str = "x"):
    lines = "\n".join("    " + line for line in body.splitlines())
    return run_cell(f"def answer({arguments}):\n{lines}\n", SETUP)["answer"]


def verdict(check, mine) -> Wrong | NotWritten | None:
    try:
        with limits(60):
            Trial(mine).run(check)
    except (Wrong, NotWritten) as found:
        return found
    return None


def doubled(t):
    x = torch.arange(12.0).view(3, 4)
    t.same(t(x), 2 * x)
    mine, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    t.gradient(t(mine), 2 * theirs, {"x": (mine, theirs)})
    t.holds(t(x).sum() > 0, "the sum is wrong")


@pytest.mark.parametrize("body", ["return 2 * x", "return x + x", "return nn.Parameter(2 * x) if 0 else x.mul(2)"])
def test_right_answers_of_any_style_pass(body):
    assert verdict(doubled, answer(body)) is None


RAISED = [
    "raise SystemExit", "sys.exit(3)", "raise KeyboardInterrupt", "raise GeneratorExit", "raise StopIteration",
    "raise BaseException('x')", "raise BaseExceptionGroup('two', [ValueError(), KeyError()])", "raise MemoryError",
    "return answer(x)", "assert False",
    "class Odd(Exception):\n    def __str__(self):\n        raise ValueError\nraise Odd",
    "raise NotImplementedError from None" + "\n" * 2 + "return 1", "return next(iter([]))", "1 / 0",
    "raise ValueError('line one\\nline two')", "stop = KeyboardInterrupt()\nraise stop",
    "(_ for _ in ()).throw(KeyboardInterrupt())",
]  # fmt: skip


@pytest.mark.parametrize("body", RAISED)
def test_whatever_it_raises_is_a_verdict(body):
    found = verdict(doubled, answer(body))
    if "NotImplementedError" in body:
        assert isinstance(found, NotWritten)
    else:
        assert isinstance(found, Wrong) and len(found.lines) <= 5 and "called    answer(float [3, 4])" in found.lines[1]


RESULTS = [
    "None", "x.tolist()", "[x, x]", "(2 * x,)", "2 * x.numpy()", "(2 * x).to_sparse()", "(2 * x).to_sparse_csr()",
    "(2 * x).to(torch.complex64)", "2 * x.double()", "(2 * x)[:2]", "(2 * x).to('meta')", "torch.tensor(2.0)", "3",
    "'2x'", "torch.nested.nested_tensor([x[0], x[1, :2]])", "2 * x.bool()", "x * float('nan')", "{'x': 2 * x}",
    "lambda: 2 * x", "(2 * y for y in x)", "torch.quantize_per_tensor(x, 0.1, 0, torch.quint8)", "object()", "answer",
    "type", "np.float32(2)", "float('inf')", "10 ** 5000", "list(range(10 ** 6))", "2 * x.half()", "nn.Linear(1, 1)",
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*:UserWarning")  # some kinds of tensors are in beta, others deprecated
@pytest.mark.parametrize("result", RESULTS)
def test_any_strange_result_is_refused_in_words(result):
    found = verdict(doubled, answer(f"return {result}"))
    assert isinstance(found, Wrong)
    assert len(found.lines) <= 5 and max(map(len, found.lines)) < 250 and "\n" not in "".join(found.lines)


class Bad:
    def __repr__(self):
        raise ValueError("no words")

    def __eq__(self, other):
        raise ValueError("not to be compared")

    __hash__ = None  # type: ignore[assignment]


class Silly(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, arguments=(), named=None):
        raise TypeError("not with me")


CHECKS = [
    lambda t: t.same(t(1), [1, 2]),
    lambda t: t.same(t(1), "ab"),
    lambda t: t.same(t(1), torch.ones(2)),
    lambda t: t.same(t(1), (torch.ones(2), 3)),
    lambda t: t.holds(t(1) == 3, "it is not 3"),
    lambda t: t.holds(t(1).shape == (7,), "the shape is wrong"),
    lambda t: t.same(t.call(len, t(1)), 7),
    lambda t: t.same([t(1)], [1]),
    lambda t: t.same({"a": t(1)}, {"a": torch.ones(2)}),
    lambda t: t.raises(ValueError, t.mine, 1, why="1 is too small"),
    lambda t: t.gradient(t(1), torch.ones(2), {}),
    lambda t: t.copy_weights(t(1), nn.Linear(2, 2)),
    lambda t: t.on_a_gpu(t.mine, torch.ones(2)).shape.index(9),
]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    "thing", [Bad(), torch.ones(2).as_subclass(Silly), np.ones(3), [Bad()], {"a": Bad()}, Bad, nn.Linear(2, 3), ""]
)
def test_no_check_stops_at_any_result(check, thing):
    assert isinstance(verdict(check, lambda _: thing), Wrong)


def test_the_users_interrupt_is_no_verdict():
    function = answer("import threading\nthreading.Timer(0.1, interrupt).start()\nwhile True:\n    pass")
    function.__globals__["interrupt"] = interrupt_main_thread
    with pytest.raises(KeyboardInterrupt) as stopped, limits(60):
        Trial(function).run(doubled)
    assert type(stopped.value) is KeyboardInterrupt


def test_an_error_of_autograd_is_told():
    body = "y = x.exp()\nz = y * y\ny += 1\nreturn 2 * x + 0 * z"
    found = verdict(doubled, answer(body))
    assert found.lines[0] == "autograd finds no way back through it" and "changed in place" in str(found)
    assert "RuntimeError: one of the variables needed for gradient" in str(found)
    cut = verdict(doubled, answer("return 2 * x.detach()"))
    assert cut.lines[0] == "no gradient flows through it" and cut.mistake.way
    wrong = verdict(doubled, answer("return x + x.detach()"))
    assert wrong.lines[0] == "the gradient of x is wrong"


def test_an_edited_input_is_found_in_any_place():
    for given, body in (
        (torch.ones(2), "x.add_(1)"), ([torch.ones(2)], "x[0].add_(1)"), ({"a": [1]}, "x['a'].append(2)"),
        (np.ones(2), "x += 1"), (([1],), "x[0].clear()"), ({1, 2}, "x.add(3)"),
    ):  # fmt: skip
        found = verdict(lambda t, given=given: t(given), answer(body))
        assert found is not None and found.lines[0] == "edits its input", body


def test_a_setting_that_is_changed_is_named():
    found = verdict(doubled, answer("torch.set_grad_enabled(False)\nreturn 2 * x"))
    torch.set_grad_enabled(True)
    assert found.lines[0] == "changes a setting for all code that runs later"
    assert "  gradients    False after the call, True before" in found.lines
    assert verdict(doubled, answer("with torch.no_grad():\n    n = 2\nreturn n * x")) is None


def test_a_mistake_is_a_string_with_a_way():
    mistake = Mistake("the sign is lost", way="leave out abs()")
    assert isinstance(mistake, str) and copy.deepcopy(mistake).way == "leave out abs()"
    found = verdict(lambda t: t.same(t(-1), -2, {mistake: lambda: 2}), lambda x: 2)
    assert found.mistake is mistake
    assert found.lines[-1] == "the sign is lost" and found.with_way()[-1] == "leave out abs()"
    assert found.with_way()[:-1] == found.lines[:-1]
    assert verdict(lambda t: t.same(t(-1), -2, {mistake: lambda: 2}), lambda x: 3).mistake is None


def test_a_mistake_is_proven_by_several_inputs():
    last = Mistake("this is the last item", way="max looks at all of them")
    ways = {last: lambda items: items[-1], "this is the smallest": min}
    check = lambda t: t.same(t([2, 3, 1]), 3, t.acting_like(t.mine, ways, [2, 3, 1], [4, 1, 2], [6, 5]))  # noqa: E731
    assert verdict(check, answer("return x[-1]")).mistake is last
    assert verdict(check, answer("return sorted(x)[0]")).lines[-1] == "this is the smallest"
    assert verdict(check, answer("return 1 if len(x) == 3 else x[0]")).lines[-1] == "  got       1"
    assert verdict(check, answer("return 1 / (3 - x[0])")).lines[-1].startswith("  got")
    assert verdict(check, answer("return max(x)")) is None


def test_errors_are_matched_by_words_or_by_proof():
    empty = Mistake("an empty text has no first letter", way="return early")
    errors = {lambda error: isinstance(error, IndexError) and not error.args[1:]: empty, "KeyError": "another"}
    check = lambda t: t.call(t.mine, "", errors=errors)  # noqa: E731
    assert verdict(check, answer("return x[0]")).mistake is empty
    assert verdict(check, answer("return {}[x]")).lines[-1] == "another"
    assert verdict(check, answer("return int(x)")).mistake is None
    broken = {lambda error: error.nothing: "never"}
    assert "never" not in str(verdict(lambda t: t.call(t.mine, "", errors=broken), answer("return x[0]")))


def test_shown_arguments_are_handed_over_as_values():
    trial = Trial(lambda x: x + 1)
    assert trial(Shown(1, "the number one")) == 2 and trial.last.endswith("(the number one)")


METHODS = """
class Answer:
    def split(self, x):
        return x.split()
    def merge(self, parts):
        raise NotImplementedError("exercise 9.9")
    def forward(self, x):
        return self.merge(self.split(x))
"""


def judge_methods(t):
    mine = t()
    for name, given, expected in (
        ("split", "a b", ["a", "b"]),
        ("merge", ["a", "b"], "a b"),
        ("forward", "a b", "a b"),
    ):
        with t.method(name):
            t.same(t.call(getattr(mine, name), given), expected)


def test_methods_are_judged_one_by_one():
    trial = Trial(run_cell(METHODS)["Answer"])
    with pytest.raises(NotWritten) as stub:
        trial.run(judge_methods)
    assert (stub.value.name, stub.value.whole_name) == ("merge", "Answer.merge")
    assert trial.passed_by == {"split": 1} and list(trial.not_written) == ["merge", "forward"]
    assert trial.methods_in_words() == "split ✓ · merge: not written yet · forward waits for merge"
    stub_line = '        raise NotImplementedError("exercise 9.9")\n'
    wrong = verdict(judge_methods, run_cell(METHODS.replace(stub_line, "        return ''.join(parts)\n"))["Answer"])
    assert wrong.method == "merge"
    assert (
        verdict(judge_methods, run_cell(METHODS.replace(stub_line, "        return ' '.join(parts)\n"))["Answer"])
        is None
    )
    gone = METHODS.replace("    def merge(self, parts):\n" + stub_line, "")
    found = verdict(judge_methods, run_cell(gone)["Answer"])
    assert found.method == "merge" and "object has no attribute 'merge'" in str(found)
    assert found.lines[0] == "has not all its parts"


def test_a_stub_elsewhere_is_named():
    code = "def first(x):\n    raise NotImplementedError('exercise 5.1')\n\ndef second(x):\n    return first(x)\n"
    found = verdict(lambda t: t(1), run_cell(code)["second"])
    assert isinstance(found, NotWritten) and found.name == "first"


def test_pytorchs_not_implemented_is_no_stub():
    found = verdict(lambda t: t.call(t(), torch.ones(1)), run_cell("class A(nn.Module): pass\n", SETUP)["A"])
    assert isinstance(found, Wrong) and 'missing the required "forward"' in str(found)


SPOILS = {
    "count_pairs": """
def count_pairs(words):
    counts = Counter()
    while words:
        symbols, count = words.popitem()
        for pair in zip(symbols, symbols[1:]):
            counts[pair] += count
    return counts
""",
    "train_bpe": """
def train_bpe(word_counts, merges):
    for word in list(word_counts):
        word_counts[word_symbols(word)] = word_counts.pop(word)
    raise KeyError("lost")
""",
    "apply_merges": """
def apply_merges(symbols, ranks):
    ranks.clear()
    return symbols
""",
    "similarity_logits": """
def similarity_logits(image_features, text_features, scale):
    image_features.zero_()
    return image_features @ text_features.T
""",
}


@pytest.mark.parametrize("name", SPOILS)
def test_an_answer_spoils_no_input_of_the_next(name, monkeypatch, tmp_path):
    monkeypatch.setenv("MINCLIP_MINE", str(tmp_path / "my_minclip"))
    lesson, exercise = exercise_of(name)
    for _ in range(6):
        said = judge(run_cell(SPOILS[name], lesson.answers.SETUP)[name], lesson, exercise)
        assert said.sign == WRONG
    own = next(answer for answer in lesson.answers.CORRECT if answer.exercise == name)
    assert judge(run_cell(own.code, lesson.answers.SETUP)[name], lesson, exercise).sign == RIGHT


def test_a_warning_is_not_taken_for_printing(monkeypatch, tmp_path):
    monkeypatch.setenv("MINCLIP_MINE", str(tmp_path / "my_minclip"))
    start = next(answer for answer in lesson_06.CORRECT if answer.exercise == "initialise_blocks")
    warns = "import warnings\n" + start.code.replace(":\n", ":\n    warnings.warn('normal is old', FutureWarning)\n", 1)
    prints = start.code.replace(":\n", ":\n    print('here')\n", 1)
    said = [
        judge(run_cell(code, lesson_06.SETUP)["initialise_blocks"], *exercise_of("initialise_blocks")).text
        for code in (warns, prints)
    ]
    assert "Python warns of something in it: FutureWarning: normal is old" in said[0] and "It prints" not in said[0]
    assert "It prints" in said[1] and "warns" not in said[1]
