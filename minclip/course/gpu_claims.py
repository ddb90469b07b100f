"""The claim that code works where its inputs lie on a GPU. device_tracking.py follows the tensors; no GPU is needed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from minclip.course.answer_dependencies import namespace
from minclip.course.answer_source import is_minclips
from minclip.course.device_places import GPU, DeviceError, Meeting, Place, is_placed, place_of, tensors_in
from minclip.course.device_tracking import PretendedGPU
from minclip.course.failures import Mistake, Wrong
from minclip.course.value_words import Shown, answers_line, in_words

if TYPE_CHECKING:
    from minclip.course.calls import Calls

__all__ = ["GPU", "on_a_gpu"]

CACHED = type(cache(len))

MADE = Mistake(
    "a tensor is made on the CPU, wherever the input is",
    way="say where it is to lie when it is made: device=x.device of an input x, or the argument device=device",
)
MOVED = Mistake(
    "a tensor is moved to the CPU, wherever the input is",
    way='leave out .cpu() and .to("cpu"), or bring the tensor back with .to(x.device)',
)
LIES = Mistake(
    "a tensor lies on the CPU, wherever the input is",
    way="bring it to the input where it is used: constant.to(x.device)",
)
KEPT = Mistake(
    "the result of an earlier call comes back, from functools.cache or lru_cache, and it lies on the CPU",
    way="leave the cache out: it takes a tensor for the same one after its numbers have changed, too",
)
NAMED = "whatever device is asked for"  # where no input is a tensor
MADE_ELSEWHERE = Mistake(
    f"a tensor is made on the CPU, {NAMED}", way="pass the device on when it is made: device=device"
)
MOVED_ELSEWHERE = Mistake(
    f"a tensor is moved to the CPU, {NAMED}", way='leave out .cpu() and .to("cpu"): it lies where it was made'
)
LIES_ELSEWHERE = Mistake(f"a tensor lies on the CPU, {NAMED}", way="bring it to the device: .to(device)")
FOR_NUMPY = Mistake(
    "NumPy cannot read a tensor that lies on a GPU", way="use PyTorch's own functions: they work wherever a tensor lies"
)


def on_a_gpu(t: "Calls", function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Claims that the learner's function works where its inputs lie on a GPU; gives its result."""
    try:
        return works_there(t, function, arguments, named)
    except Wrong as wrong:
        if wrong.mistake is None or not empty_caches(t.mine) or not works_anew(t, function, arguments, named):
            raise
        raise Wrong(*(KEPT if line is wrong.mistake else line for line in wrong.lines)) from wrong.__cause__


def works_anew(t: "Calls", function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> bool:
    """Whether it works now that the caches are empty; they are left so."""
    try:
        works_there(t, function, arguments, named)
    except Wrong:
        return False
    finally:
        empty_caches(t.mine)
    return True


def empty_caches(mine: Any) -> bool:
    """Empties those of functools in the learner's own functions. Whether one of them had given an earlier result."""
    members = vars(mine).values() if isinstance(mine, type) else [mine]
    cached = [one for one in (*members, *namespace(mine).values()) if isinstance(one, CACHED) and not is_minclips(one)]
    given = any(one.cache_info().hits for one in cached)
    for one in cached:
        one.cache_clear()
    return given


def works_there(t: "Calls", function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """on_a_gpu() for any function, whatever it keeps of earlier calls."""
    owner = getattr(function, "__self__", None)
    modules = {f"{i}": thing for i, thing in enumerate((function, owner, *arguments)) if isinstance(thing, nn.Module)}
    given = [value.value if isinstance(value, Shown) else value for value in (*arguments, *named.values())]
    has_input = bool(modules) or any(True for _ in tensors_in(given))
    left_behind: list[Tensor] = []
    weights: list[tuple[str, Place]] = []

    def there(*arguments: Any, **named: Any) -> Any:
        with PretendedGPU(*modules.values(), given) as gpu, devices_there(namespace(t.mine)):
            result = function(*arguments, **named)
            found = [tensor for tensor in tensors_in(result) if is_placed(tensor) or not gpu.blind]
            left_behind.extend(tensor for tensor in found if not place_of(tensor).on_gpu)
            for module in modules.values():
                places = [(name, place_of(weight)) for name, weight in module.named_parameters()]
                weights.extend((name, place) for name, place in places if not place.on_gpu)
        return result

    name = getattr(function, "__name__", f"{type(function).__name__}(...)")
    what = "would fail on a GPU"
    try:
        result = t.call(there, *arguments, as_=f"on a GPU: {name}", **named)
    except Wrong as wrong:
        error = wrong.__cause__
        if not isinstance(error, DeviceError):
            raise
        lines = [*t.heading(what), *answers_line(error, t.cell)]
        if isinstance(error, Meeting):
            lines += [
                f"  meets     {in_words(error.alone)}, {on_the_cpu(error.alone)}",
                cause(place_of(error.alone), has_input),
            ]
        else:
            lines.append(FOR_NUMPY)
        raise Wrong(*lines) from error
    if weights:
        names = ", ".join(name for name, _ in weights)
        raise Wrong(*t.heading("moves its weights to the CPU"), f"  there     {names}", cause(weights[0][1], has_input))
    if left_behind:
        alone = left_behind[0]
        came = f"  got       {in_words(alone)}, {on_the_cpu(alone)}"
        raise Wrong(*t.heading(what), came, cause(place_of(alone), has_input))
    t.passed += 1
    return result


@contextmanager
def devices_there(space: dict[str, Any]) -> Iterator[None]:
    """The notebook's own `device = torch.device("cpu")`, or "cpu", names the GPU while the inputs lie there."""
    named = {name: value for name, value in space.items() if isinstance(value, torch.device) and value.type == "cpu"}
    named |= {name: space[name] for name in ("device", "DEVICE") if space.get(name) == "cpu"}
    space.update(dict.fromkeys(named, GPU))
    try:
        yield
    finally:
        space.update(named)


def on_the_cpu(tensor: Tensor) -> str:
    """How it came there."""
    place = place_of(tensor)
    if place.moved_by:
        return f"moved to the CPU by {place.moved_by}"
    return f"made on the CPU by {place.made_by}" if place.made_by else "which lies on the CPU"


def cause(place: Place, has_input: bool) -> Mistake:
    """has_input: whether the function was given a tensor, or a module's weights."""
    if place.moved_by:
        return MOVED if has_input else MOVED_ELSEWHERE
    if place.made_by:
        return MADE if has_input else MADE_ELSEWHERE
    return LIES if has_input else LIES_ELSEWHERE
