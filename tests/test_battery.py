"""Claims that apply to many exercises: batches of one, generators, caches, dtypes, gradients of every weight."""

import pytest
import torch
from torch import nn

from minclip.course.assertions import Trial, Wrong
from minclip.course.battery import any_iterable, batch_of_one, in_turn, keeps_dtype, leaves_no_trace


def refused(claim, *arguments, **named) -> Wrong:
    with pytest.raises(Wrong) as found:
        claim(Trial(len), *arguments, **named)
    assert len(found.value.lines) <= 5
    return found.value


def accepted(claim, *arguments, **named) -> None:
    trial = Trial(len)
    claim(trial, *arguments, **named)
    assert trial.passed


def means(x):
    return x.mean(dim=-1, keepdim=True)


X = torch.randn(3, 4)


def test_a_batch_of_one_keeps_its_dimension():
    accepted(batch_of_one, lambda x: x.sum(-1)[:, None] / 4, means, X)
    lost = refused(batch_of_one, lambda x: means(x).squeeze(), lambda x: x.mean(dim=-1), X)
    assert "the dimension of the batch is lost" in str(lost)
    assert "dimensions of size 1 are lost" in str(refused(batch_of_one, lambda x: means(x).squeeze(), means, X))
    assert refused(batch_of_one, lambda x: x, means, X).mistake is None


def test_any_iterable_gives_the_same():
    def total(texts):
        return sum(map(len, texts))

    def twice(texts):
        return sum(len(text) for text in texts) + 0 * max(map(len, texts), default=0)

    accepted(any_iterable, total, total, ["a", "bcd"])
    accepted(any_iterable, lambda texts: len("".join(list(texts))), total, ["a", "bcd"])
    accepted(any_iterable, lambda texts: sum(len(texts[i]) for i in range(len(texts))), total, ["a"], only_once=False)
    assert "it asks for a length" in str(refused(any_iterable, lambda t: len(t) * 2, lambda t: 2 * len(list(t)), ["a"]))
    assert "it asks for the item" in str(
        refused(any_iterable, lambda t: t[0] if t else 0, lambda t: max(t, default=0), [1])
    )
    empty = refused(any_iterable, lambda t: sum(t) / len(list(t)), lambda t: 2.0, [2, 2], only_once=False)
    assert empty.lines[0] == "raises an error" and "ZeroDivisionError" in str(empty)

    def reads_twice(texts):
        n = sum(1 for _ in texts)
        return list(texts)[:n]

    assert "reads its input twice" in str(refused(any_iterable, reads_twice, lambda t: list(t), ["a", "b"]))
    assert twice(["a"]) == 1


def test_calls_in_turn_do_not_disturb_each_other():
    def count(n):
        return torch.zeros(n)

    kept: list = []

    def cached(n):
        kept[:] = kept or [torch.zeros(n)]
        return kept[0]

    by_size: dict = {}
    accepted(in_turn, (lambda n: by_size.setdefault(n, torch.zeros(n)), count, [2]), (count, count, [3]))
    assert "something is kept" in str(refused(in_turn, (cached, count, [2]), (cached, count, [3])))


class Shared:
    words: dict = {}  # noqa: RUF012

    def __init__(self, by):
        self.by = by

    def __call__(self, x):
        return self.words.setdefault(x, x * self.by)


def test_instances_do_not_share_what_they_keep():
    def times(by):
        return lambda x: x * by

    found = refused(in_turn, (Shared(2), times(2), [1]), (Shared(3), times(3), [1]))
    assert found.lines[0] == "the result after other calls is wrong" and "an earlier call" in str(found)


def test_the_inputs_dtype_is_kept():
    accepted(keeps_dtype, lambda x: x * 2, lambda x: 2 * x, X)
    constant = refused(keeps_dtype, lambda x: (2 * x).float(), lambda x: 2 * x, X)
    assert constant.lines[0].endswith("has the wrong dtype") and "whatever the dtype of the input" in str(constant)
    mine, theirs = nn.Linear(4, 2), nn.Linear(4, 2)
    theirs.load_state_dict(mine.state_dict())
    accepted(keeps_dtype, mine, theirs, X)
    assert mine.weight.dtype == torch.float32


class Layers(nn.Module):
    def __init__(self, cut=""):
        super().__init__()
        self.cut, self.first, self.last = cut, nn.Linear(4, 4), nn.Linear(4, 2)
        self.spare = nn.Parameter(torch.ones(2))
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x):
        if self.cut == "training":
            self.eval()
        if self.cut == "counts":
            self.calls += 1
        if self.cut == "frozen":
            self.first.weight.requires_grad_(False)
        weight = self.first.weight.detach() if self.cut == "detached" else self.first.weight
        scale = (self.last.weight.detach() / self.last.weight).mean() if self.cut == "wrong" else 1.0
        return self.last((x @ weight.T + self.first.bias).relu()) * scale


def twins(cut):
    mine, theirs = Layers(cut), Layers()
    theirs.load_state_dict(mine.state_dict())
    return mine, theirs


def test_a_gradient_reaches_every_weight():
    accepted(Trial.gradients_of_weights, *twins(""), X)
    for cut in ("detached", "frozen"):
        assert refused(Trial.gradients_of_weights, *twins(cut), X).lines[0] == "no gradient reaches first.weight"
    assert refused(Trial.gradients_of_weights, *twins("wrong"), X).lines[0] == "the gradient of last.weight is wrong"


def test_a_call_leaves_no_trace_in_a_module():
    accepted(leaves_no_trace, Layers(), X)
    for cut, name in (("training", "training"), ("counts", "calls"), ("frozen", "first.weight.requires_grad")):
        assert f"changed   {name}" in str(refused(leaves_no_trace, Layers(cut), X))
    dropout = nn.Dropout()
    assert refused(leaves_no_trace, dropout, torch.ones(200)).lines[0] == "the result of a second call is wrong"
