"""What the checks are written with: call a learner's code, compare what came with what should have come.

A check is a function of a Trial. It draws inputs, calls the learner's code through the trial, and makes claims in the
order shape → dtype → value → gradient → invariants. The first claim that does not hold raises Wrong, whose lines the
learner reads. Nothing is broadcast in a comparison. battery.py has the claims that apply to many exercises.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from minclip.course import gpu_claims
from minclip.course.calls import Calls, unpacked
from minclip.course.comparison import TOLERANCE, copied, difference, equal
from minclip.course.failures import Errors, Known, Mistake, NotWritten, Wrong, gives
from minclip.course.value_words import Shown, in_words, said

__all__ = ["Errors", "Known", "Mistake", "NotWritten", "Shown", "Trial", "Wrong", "gives"]

CUT = Mistake(
    "the way back is cut: no .item(), .detach(), .data, torch.tensor(...) or no_grad on the way",
    way="go on with what PyTorch's functions give: x.mean() keeps the way back, torch.tensor(x.mean().item()) cuts it",
)
NO_GRAD = Mistake(
    "the way back is cut: under torch.no_grad() or inference_mode() PyTorch notes nothing of how a number came about",
    way="leave no_grad out: whoever calls the function without training wraps the call in it",
)
CHANGED_IN_PLACE = Mistake(
    "numbers that the gradient still needs were changed in place: += does that, and methods with _ at their end",
    way="x = x + y makes a new tensor, x += y changes the old one",
)
NUMBER = Mistake(
    "a plain number carries no gradient: leave out .item() and float()",
    way="return the tensor: x.mean() / 2 is one, x.mean().item() / 2 and float(x.mean()) / 2 are plain numbers",
)


class Trial(Calls):
    """One learner's object under trial.

    t = Trial(mine)
    t.same(t(t.normal(3, 4)), expected)
    """

    def __init__(self, mine: Any, seed: int = 0):
        super().__init__(mine)
        self.generator = torch.Generator().manual_seed(seed)

    def normal(self, *shape: int) -> Tensor:
        """Fresh normally distributed numbers, the same ones every time that a check runs with this seed."""
        return torch.randn(shape, generator=self.generator)

    def whole(self, low: int, high: int, *shape: int) -> Tensor:
        """Fresh whole numbers from low to high - 1."""
        return torch.randint(low, high, shape, generator=self.generator)

    def on_a_gpu(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Claims that it works, and leaves result and weights there, where its inputs lie on a GPU; gives the result.

        No GPU is needed: device_tracking.py follows the tensors. device=GPU of device_places.py may be an argument.
        """
        return gpu_claims.on_a_gpu(self, function, *arguments, **named)

    def copy_weights(self, to: nn.Module, of: nn.Module) -> None:
        """Gives the learner's module the weights of minclip's. Wrong where they have other names or shapes."""
        if not isinstance(to, nn.Module):
            raise Wrong(f"{type(to).__name__} is no nn.Module", "its first line is class ...(nn.Module):")
        expected, found = of.state_dict(), to.state_dict()
        for name in [*expected, *found]:
            shapes = [list(d[name].shape) if name in d else "no such weight" for d in (expected, found)]
            if shapes[0] != shapes[1]:
                lines = (f"  expected  {name} {shapes[0]}", f"  found     {name} {shapes[1]}")
                raise Wrong("the weights are not CLIP's", *lines, "keep __init__ as it was given")
        to.load_state_dict(expected)

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
        for this input is passed over. hint: the mistake where none of them is it; only for an input at which nothing
        else can go wrong.
        """
        known, self.came = known or {}, came
        if isinstance(expected, Tensor):
            self.same_tensor(came, expected, known, what, hint)
        elif not isinstance(came, type(expected)):
            found = "None: is there a return?" if came is None else f"{type(came).__name__}: {in_words(came)}"
            self.wrong(f"{what} has the wrong type", type(expected).__name__, found, came, known, hint)
        elif not equal(came, expected, TOLERANCE if any_tensor(expected) else 0.0):
            self.wrong(f"{what} is wrong", *difference(expected, came), came, known, hint)
        self.passed += 1

    def same_tensor(self, came: Any, expected: Tensor, known: Known, what: str, hint: str = "") -> None:
        if not isinstance(came, Tensor):
            none = "None: is there a return?" if came is None else type(came).__name__
            hint = NUMBER if isinstance(came, float | int) and expected.is_floating_point() else hint
            self.wrong(f"{what} is no tensor", f"a tensor {list(expected.shape)}", none, came, known, hint)
        elif came.layout != expected.layout or came.is_nested:
            self.wrong(f"{what} is no ordinary tensor", in_words(expected), in_words(came), came, known)
        elif came.shape != expected.shape:
            self.wrong(f"{what} has the wrong shape", list(expected.shape), list(came.shape), came, known, hint)
        elif came.dtype != expected.dtype:
            self.wrong(f"{what} has the wrong dtype", expected.dtype, came.dtype, came, known, hint)
        elif came.device.type != expected.device.type:
            self.wrong(f"{what} lies on another device", expected.device, came.device, came, known)
        elif not equal(came, expected, TOLERANCE):
            self.wrong(f"{what} is wrong", *difference(expected, came), came, known, hint)

    def gradient(
        self, came: Tensor, expected: Tensor, of: Mapping[str, tuple[Tensor, Tensor]], known: Known | None = None
    ) -> None:
        """Claims that both results have the same gradient at each named (learner's input, minclip's input)."""
        self.same_tensor(came, expected, {}, "the result")
        direction = torch.randn(expected.shape, generator=self.generator, dtype=expected.dtype)
        if not came.requires_grad:
            raise Wrong(*self.heading("no gradient flows through it"), NO_GRAD if self.works_without_grad() else CUT)
        for name, (mine, theirs) in of.items():
            ours = self.gradient_at(came, mine, direction, name)
            right = torch.autograd.grad(expected, theirs, direction, retain_graph=True)[0]
            self.same_tensor(ours, right, known or {}, f"the gradient of {name}")
            self.passed += 1

    def gradient_at(self, came: Tensor, point: Tensor, direction: Tensor, name: str) -> Tensor:
        """Of what came, in that direction. Wrong where there is none."""
        if not point.requires_grad:
            raise Wrong(*self.heading(f"no gradient reaches {name}"), f"  {name}    requires_grad is False now")
        try:
            ours = torch.autograd.grad(came, point, direction, retain_graph=True, allow_unused=True)[0]
        except Exception as error:
            words = said(error)
            cause = [CHANGED_IN_PLACE] if "modified by an inplace operation" in words else []
            first = words.partition(": [")[0]
            raise Wrong(*self.heading("autograd finds no way back through it"), f"  {first:.200}", *cause) from error
        if ours is None:
            words = f"the way back does not reach {name}: no .item(), .detach(), .data or no_grad on the way"
            way = f"use the tensor {name} itself, not numbers or copies made of it"
            raise Wrong(*self.heading(f"no gradient reaches {name}"), Mistake(words, way))
        return ours.to_dense() if ours.layout != torch.strided else ours

    def gradients_of_weights(self, mine: nn.Module, theirs: nn.Module, *inputs: Any, as_: str = "") -> None:
        """Claims that a gradient reaches every weight that it reaches in minclip's, and is the same there."""
        came, expected = self.call(mine, *inputs, as_=as_), theirs(*unpacked(inputs))
        names = [name for name, weight in theirs.named_parameters() if weight.requires_grad]
        found = torch.autograd.grad(expected.sum(), [theirs.get_parameter(name) for name in names], allow_unused=True)
        used = [name for name, gradient in zip(names, found, strict=True) if gradient is not None]
        pairs = {name: (mine.get_parameter(name), theirs.get_parameter(name)) for name in used}
        before = self.passed
        self.gradient(came, theirs(*unpacked(inputs)), pairs)
        self.passed = before + 1

    def acting_like(
        self,
        mine: Callable[..., Any],
        ways: Mapping[str, Callable[..., Any] | tuple[Callable[..., Any], ...]],
        *inputs: Any,
    ) -> Known:
        """Known mistakes for `same`, proven: each is a whole wrong way, and is named only where mine acts like it.

        That is, where both give the same for all of the inputs, or raise the same kind of error. ways: a mistake that
        takes several forms has a tuple of them. inputs: tuples of arguments, or lone arguments; the first is that of
        the claim. A mistake that fits one input by chance, as a neighbour may, is not named.
        """
        cases = [case if isinstance(case, tuple) else (case,) for case in inputs]

        def given(function: Callable[..., Any], case: tuple[Any, ...]) -> Any:
            try:
                return function(*copied(case))
            except Exception as error:
                return type(error)

        def outcome(forms: tuple[Callable[..., Any], ...]) -> Any:
            for way in forms:
                if all(equal(given(mine, case), given(way, case), TOLERANCE) for case in cases[1:]):
                    result = way(*copied(cases[0]))
                    if len(forms) == 1 or equal(given(mine, cases[0]), result, TOLERANCE):
                        return result
            raise ValueError("another mistake")

        return {words: partial(outcome, way if isinstance(way, tuple) else (way,)) for words, way in ways.items()}

    def wrong(self, what: str, expected: Any, found: Any, came: Any, known: Known, hint: str = "") -> None:
        """Raises Wrong; with the mistake's name where what came is what a known one gives."""
        lines = (f"  expected  {expected}", f"  got       {found}")
        names = [name for name, mistake in known.items() if gives(mistake, came)] or ([hint] if hint else [])
        raise Wrong(*self.heading(what), *lines, *names[:1])


def any_tensor(value: Any) -> bool:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return any(isinstance(item, Tensor) or any_tensor(item) for item in items)
