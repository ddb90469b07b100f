"""What the checks are written with: call a learner's code, compare what came with what should have come.

A check is a function of a Trial. It draws inputs, calls the learner's code through the trial, and makes claims in the
order shape → dtype → value → gradient → invariants. The first claim that does not hold raises Wrong, whose lines the
learner reads. Nothing is broadcast in a comparison.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from minclip.course.answer_source import code_of
from minclip.course.comparison import TOLERANCE, copied, difference, equal, in_words, is_stub_line, where
from minclip.course.execution_guards import TooLong

Known = Mapping[str, Callable[[], Any]]  # a mistake's name, as the learner reads it -> what it gives


class Wrong(Exception):
    """A claim that does not hold, in a few lines for the learner."""

    def __init__(self, *lines: str):
        super().__init__("\n".join(lines))
        self.lines = lines


class NotWritten(Exception):
    """The code under trial reached a `raise NotImplementedError`."""


class Trial:
    """One learner's object under trial.

    t = Trial(mine)
    t.same(t(t.normal(3, 4)), expected)
    """

    def __init__(self, mine: Any):
        self.mine = mine
        self.passed = 0
        code = code_of(mine)
        self.cell = code.co_filename if code else ""
        self.errors: dict[str, str] = {}  # what Python says -> what to do about it
        self.last = ""  # the last call, in words
        self.generator = torch.Generator().manual_seed(0)

    def normal(self, *shape: int) -> Tensor:
        """Fresh normally distributed numbers, the same ones every time that a check runs."""
        return torch.randn(shape, generator=self.generator)

    def whole(self, low: int, high: int, *shape: int) -> Tensor:
        """Fresh whole numbers from low to high - 1."""
        return torch.randint(low, high, shape, generator=self.generator)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self.call(self.mine, *arguments, **named)

    def call(
        self,
        function: Callable,
        *arguments: Any,
        as_: str = "",
        in_place: bool = False,
        errors: Mapping[str, str] | None = None,
        **named: Any,
    ) -> Any:
        """function(*arguments, **named), where function is the learner's.

        as_: what to call it; errors: what Python may say -> what to do about it, for this call alone. Wrong where it
        raises, or, unless in_place, changes one of its arguments.
        """
        name = as_ or getattr(function, "__name__", type(function).__name__)
        parts = [in_words(value) for value in arguments] + [f"{key}={in_words(value)}" for key, value in named.items()]
        self.last = f"{name}({', '.join(parts)})"
        before = [copied(value) for value in (*arguments, *named.values())]
        try:
            result = function(*arguments, **named)
        except (TooLong, KeyboardInterrupt, Wrong):
            raise
        except Exception as error:
            if is_stub_line(error):
                raise NotWritten from error
            said = f"{type(error).__name__}: {error}"
            remedies = [what for says, what in {**(errors or {}), **self.errors}.items() if says in said]
            raise Wrong(*self.heading("raises an error"), *where(error, self.cell), *remedies[:1]) from error
        for value, kept in zip((*arguments, *named.values()), before, strict=True):
            if not in_place and not equal(value, kept):
                advice = "it changes what it was given: x = x + 1 makes a new tensor, x += 1 and x.add_(1) do not"
                raise Wrong(*self.heading("edits its input"), advice)
        return result

    def on_a_gpu(self, function: Callable, *arguments: Any, **named: Any) -> None:
        """Claims that it makes its new tensors where its inputs are.

        No GPU is needed: inside, tensors that are made without a device land on PyTorch's meta device instead. Not for
        code that indexes: x[torch.arange(n), i] would read there at random (torch 2.13).
        """
        advice = "a tensor is made on the CPU, wherever the input is: pass device=..., such as the input's .device"
        try:
            with torch.device("meta"):
                result = self.call(function, *arguments, **named)
        except Wrong as wrong:
            raise Wrong(*self.heading("would fail on a GPU"), advice) from wrong
        self.holds(not (isinstance(result, Tensor) and result.is_meta), "would fail on a GPU", advice)

    def copy_weights(self, to: nn.Module, of: nn.Module) -> None:
        """Gives the learner's module the weights of minclip's. Wrong where they have other names or shapes."""
        expected, found = of.state_dict(), to.state_dict()
        for name in [*expected, *found]:
            shapes = [list(d[name].shape) if name in d else "no such weight" for d in (expected, found)]
            if shapes[0] != shapes[1]:
                lines = (f"  expected  {name} {shapes[0]}", f"  found     {name} {shapes[1]}")
                raise Wrong("the weights are not CLIP's", *lines, "keep __init__ as it was given")
        to.load_state_dict(expected)

    def heading(self, what: str) -> tuple[str, str]:
        return what, f"  called    {self.last}"

    def holds(self, true: bool | Tensor, *lines: str) -> None:
        """Wrong with these lines where it is not true."""
        if not bool(true):
            raise Wrong(*self.heading(lines[0]), *lines[1:])
        self.passed += 1

    def same(
        self, came: Any, expected: Any, known: Known | None = None, what: str = "the result", hint: str = ""
    ) -> None:
        """Claims that what came is what was expected; a Tensor by shape, dtype and value.

        known: the mistakes that this claim can name, each with what it would give. A mistake that cannot be computed
        for this input is passed over. hint: what to say where none of them is it.
        """
        known = known or {}
        if isinstance(expected, Tensor):
            self.same_tensor(came, expected, known, what, hint)
        elif not isinstance(came, type(expected)):
            found = "None: is there a return?" if came is None else f"{type(came).__name__}: {in_words(came)}"
            self.wrong(f"{what} has the wrong type", type(expected).__name__, found, came, known, hint)
        elif came != expected:
            self.wrong(f"{what} is wrong", *difference(expected, came), came, known, hint)
        self.passed += 1

    def same_tensor(self, came: Any, expected: Tensor, known: Known, what: str, hint: str = "") -> None:
        if not isinstance(came, Tensor):
            none = "None: is there a return?" if came is None else type(came).__name__
            number = "a plain number carries no gradient: leave out .item() and float()" if came is not None else ""
            hint = number if isinstance(came, float | int) else hint
            self.wrong(f"{what} is no tensor", f"a tensor {list(expected.shape)}", none, came, known, hint)
        elif came.shape != expected.shape:
            self.wrong(f"{what} has the wrong shape", list(expected.shape), list(came.shape), came, known, hint)
        elif came.dtype != expected.dtype:
            self.wrong(f"{what} has the wrong dtype", expected.dtype, came.dtype, came, known, hint)
        elif not equal(came, expected, TOLERANCE):
            self.wrong(f"{what} is wrong", *difference(expected, came), came, known, hint)

    def gradient(
        self, came: Tensor, expected: Tensor, of: Mapping[str, tuple[Tensor, Tensor]], known: Known | None = None
    ) -> None:
        """Claims that both results have the same gradient at each named (learner's input, minclip's input)."""
        direction = torch.randn(expected.shape, generator=self.generator, dtype=expected.dtype)
        if not came.requires_grad:
            advice = "the way back is cut: no .item(), .detach(), .data, torch.tensor(...) or no_grad on the way"
            raise Wrong(*self.heading("no gradient flows through it"), advice)
        for name, (mine, theirs) in of.items():
            ours = torch.autograd.grad(came, mine, direction, retain_graph=True, allow_unused=True)[0]
            right = torch.autograd.grad(expected, theirs, direction, retain_graph=True)[0]
            if ours is None:
                advice = f"{name} does not reach the result: no .item(), .detach(), .data or no_grad on the way"
                raise Wrong(*self.heading(f"no gradient reaches {name}"), advice)
            self.same_tensor(ours, right, known or {}, f"the gradient of {name}")
            self.passed += 1

    def wrong(self, what: str, expected: Any, found: Any, came: Any, known: Known, hint: str = "") -> None:
        """Raises Wrong; with the mistake's name where what came is what a known one gives."""
        lines = (f"  expected  {expected}", f"  came      {found}")
        names = [*(name for name, mistake in known.items() if gives(mistake, came)), hint]
        raise Wrong(*self.heading(what), *lines, *names[:1])

    def raises(self, error: type[Exception], function: Callable, *arguments: Any, why: str) -> str:
        """Claims that the learner's function refuses these arguments; returns its message. why: what they are."""
        parts = ", ".join(in_words(value) for value in arguments)
        self.last = f"{getattr(function, '__name__', type(function).__name__)}({parts})"
        try:
            result = function(*arguments)
        except error as refusal:
            self.passed += 1
            return str(refusal)
        except Exception as other:
            if is_stub_line(other):
                raise NotWritten from other
            raised = f"{type(other).__name__}: {other}"
            lines = (f"  expected  a {error.__name__}: {why}", f"  came      {raised:.90}")
            raise Wrong(*self.heading("raises another error"), *lines) from other
        lines = (f"  expected  a {error.__name__}: {why}", f"  came      {in_words(result)}")
        raise Wrong(*self.heading("accepts what it must refuse"), *lines)


def gives(mistake: Callable[[], Any], came: Any) -> bool:
    """Whether what came is what the mistake gives. One that cannot be computed here is not it."""
    try:
        return equal(came, mistake(), TOLERANCE)
    except Exception:
        return False
