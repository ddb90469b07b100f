"""Claims that apply to many exercises, each one line in a check. t is the Trial, theirs is minclip's own.

    batch_of_one(t, mine, theirs, image)
    any_iterable(t, mine, theirs, ["a cat", "a dog"])
    in_turn(t, (mine, theirs, [few]), (mine, theirs, [many]))
    keeps_dtype(t, mine, theirs, image)
    leaves_no_trace(t, mine, image)

t.gradients_of_weights and t.on_a_gpu belong to them, too.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from minclip.course.assertions import Known, Mistake, Shown, Trial, Wrong
from minclip.course.comparison import copied, equal
from minclip.course.value_words import in_words

ONE_LOST = Mistake(
    "the dimension of the batch is lost where the batch has one item",
    way="squeeze() without a dim drops every dimension of size 1: x[:, 0] or squeeze(dim) drop the one that is meant",
)
OF_BEFORE = Mistake(
    "this is the result of an earlier call: something is kept from it",
    way="what a call keeps for later must depend on all that the call was given",
)
READ_TWICE = Mistake(
    "it reads its input twice, and a generator gives its items once only: the second time there are none",
    way="make a list of it first: items = list(items)",
)
NO_LENGTH = Mistake(
    "it asks for a length, and a generator has none: it gives one item after the other",
    way="go through it with for, or make a list of it first: items = list(items)",
)
NO_PLACES = Mistake(
    "it asks for the item at a place, and a generator has no places: it gives one item after the other",
    way="go through it with for, or make a list of it first: items = list(items)",
)
CONSTANT_DTYPE = Mistake(
    "the result has the default dtype float32, whatever the dtype of the input",
    way="give new tensors the input's: dtype=x.dtype",
)


def batch_of_one(t: Trial, mine: Callable[..., Any], theirs: Callable[..., Any], *inputs: Any, as_: str = "") -> None:
    """Claims that a batch of one item keeps its batch dimension. Of every tensor in inputs the first item is taken."""
    first = [value[:1] if isinstance(value, Tensor) and value.ndim else value for value in inputs]
    expected = theirs(*first)
    known: Known = {ONE_LOST: lambda: expected.squeeze(0)}
    if isinstance(expected, Tensor) and expected.squeeze().ndim < expected.ndim - 1:
        both = Mistake("the dimensions of size 1 are lost, that of the batch among them", way=ONE_LOST.way)
        known = {**known, both: lambda: expected.squeeze()}
    t.same(t.call(mine, *first, as_=as_), expected, known, "the result for a batch of one")


def generator(items: Iterable[Any]) -> Iterator[Any]:
    yield from items


def any_iterable(
    t: Trial,
    mine: Callable[..., Any],
    theirs: Callable[..., Any],
    items: Sequence[Any],
    *more: Any,
    only_once: bool = True,
    empty: bool = True,
    read_twice: Mistake = READ_TWICE,
) -> None:
    """Claims the same result for a list, a tuple and (only_once) a generator of the items, and (empty) for no items.

    The items are the first argument; only_once where the signature says Iterable and not Sequence.
    read_twice: what is said where a generator is empty the second time.
    """
    kinds: dict[str, Callable[[Sequence[Any]], Any]] = {"a tuple": tuple}
    if only_once:
        kinds["a generator"] = generator
    expected = theirs(list(items), *more)
    t.same(t.call(mine, list(items), *more), expected, what="the result for a list")
    errors = {asks_for("len()"): NO_LENGTH, asks_for("subscriptable"): NO_PLACES}
    for words, kind in kinds.items():
        shown = Shown(kind(items), f"{words} of {in_words(list(items))}")
        came = t.call(mine, shown, *more, errors=errors)
        nothing: Known = {read_twice: lambda: theirs([], *more)} if words == "a generator" else {}
        t.same(came, expected, nothing, f"the result for {words}")
    if empty:
        t.same(t.call(mine, [], *more), theirs([], *more), what="the result for an empty list")


def asks_for(what: str) -> Callable[[BaseException], bool]:
    """Sees in an error that a generator was asked for what it does not have."""
    return lambda error: isinstance(error, TypeError) and "generator" in str(error) and what in str(error)


def in_turn(t: Trial, *calls: tuple[Callable[..., Any], Callable[..., Any], Sequence[Any]]) -> None:
    """Claims that calls with other inputs, or of other instances, do not disturb each other.

    calls: (the learner's, minclip's, inputs). They are made one after the other, and then the first one again.
    """
    earlier: list[Any] = []
    for number, (mine, theirs, inputs) in enumerate([*calls, calls[0]]):
        expected, came = theirs(*inputs), t.call(mine, *inputs)
        before = [value for value in earlier if not equal(value, expected)]
        known: Known = {OF_BEFORE: lambda before=before, came=came: next(v for v in before if equal(v, came))}  # type: ignore[misc]
        what = "the result" if number == 0 else "the result after other calls"
        t.same(came, expected, known, what)
        earlier.append(copied(came))


def keeps_dtype(
    t: Trial, mine: Any, theirs: Any, *inputs: Any, dtype: torch.dtype = torch.float64, as_: str = ""
) -> None:
    """Claims the right result, and its dtype, where inputs (and the weights of modules) are of another dtype."""
    given = [value.to(dtype) if isinstance(value, Tensor) and value.is_floating_point() else value for value in inputs]
    modules = [module for module in (mine, theirs) if isinstance(module, nn.Module)]
    try:
        for module in modules:
            module.to(dtype)
        expected, came = theirs(*given), t.call(mine, *given, as_=as_)
        known: Known = {CONSTANT_DTYPE: lambda: expected.float()} if dtype != torch.float32 else {}
        t.same(came, expected, known, f"the result for {in_words(given[0])}")
    finally:
        for module in modules:
            module.float()


def leaves_no_trace(t: Trial, mine: Callable[..., Any], *inputs: Any) -> None:
    """Claims that a call changes no weight, no buffer, no mode of a module, and that a second one gives the same."""
    module = mine if isinstance(mine, nn.Module) else getattr(mine, "__self__", None)
    before = state_of(module)
    first = copied(t.call(mine, *inputs))
    for name, value in state_of(module).items():
        if name not in before or not equal(value, before[name]):
            raise Wrong(*t.heading("changes the module itself"), f"  changed   {name}")
    t.same(t.call(mine, *inputs), first, what="the result of a second call")


def state_of(module: Any) -> dict[str, Any]:
    """Copies of a module's weights and buffers, which of them learn, and its modes."""
    if not isinstance(module, nn.Module):
        return {}
    state: dict[str, Any] = {name: copied(value) for name, value in module.state_dict().items()}
    state |= {f"{name}.requires_grad": weight.requires_grad for name, weight in module.named_parameters()}
    return state | {f"{name}.training".lstrip("."): part.training for name, part in module.named_modules()}
