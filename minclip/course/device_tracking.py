"""A pretended GPU: would this code run where its inputs lie on one?

    with PretendedGPU(logits, labels):
        loss(logits, labels)

No tensor moves. Inside, the tensors that were named count as lying on a GPU, and so does what is made of them or for
them. As on a real GPU, a new tensor without a device lies on the CPU, and where the two meet there is an error:
a tensor of no dimensions may come along, and so may an index. The error knows how the tensor came to the CPU.

Seen are the functions of PyTorch that Python calls. What they do inside is taken to be right, and so is torch.vmap.
torch.jit.script is not followed.
"""

from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._device import _device_constructors

from minclip.course.device_places import (
    CPU,
    GPU,
    HERE,
    THERE,
    Meeting,
    NotForNumPy,
    Place,
    is_placed,
    memory_of,
    place_of,
    put,
    tensors_in,
)

OF_TENSOR = torch.Tensor
DEVICE, IS_CUDA, IS_CPU = (getattr(OF_TENSOR, name).__get__ for name in ("device", "is_cuda", "is_cpu"))
MOVES = {OF_TENSOR.to, OF_TENSOR.cpu, OF_TENSOR.cuda}
TO_NUMPY = {OF_TENSOR.numpy, OF_TENSOR.__array__, OF_TENSOR.__dlpack__}
FROM_DATA = {torch.tensor, torch.as_tensor, torch.asarray}  # of a tensor they make one where it lies
OF_ITS_SHAPE = {OF_TENSOR.expand_as, OF_TENSOR.view_as, OF_TENSOR.reshape_as}  # the other one gives only its shape
INDEXING = {OF_TENSOR.__getitem__, OF_TENSOR.__setitem__, OF_TENSOR.index_put, OF_TENSOR.index_put_, torch.index_put}
JOINING = {  # here a tensor of no dimensions is no exception
    torch.cat, torch.concat, torch.concatenate, torch.stack, torch.hstack, torch.vstack, torch.dstack,
    torch.column_stack, torch.row_stack, torch.nn.functional.embedding, torch.index_select, OF_TENSOR.index_select,
}  # fmt: skip
ANYWHERE = OF_ITS_SHAPE | {  # these take tensors of two devices; the last two are of module.to
    OF_TENSOR.type_as, OF_TENSOR.copy_, torch.broadcast_tensors, torch._has_compatible_shallow_copy_type,
    OF_TENSOR.data.__set__,  # type: ignore[attr-defined]
}  # fmt: skip
IN_PLACE = {f"__i{name}__" for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor")}


class PretendedGPU(TorchFunctionMode):
    """Inside, the tensors of these things lie on the GPU."""

    def __init__(self, *things: Any):
        super().__init__()
        self.tensors = list(tensors_in(things))
        self.blind = False  # once torch.vmap was there: what it maps, and what it gives, are tensors that nobody placed

    def __enter__(self) -> "PretendedGPU":
        for tensor in self.tensors:
            put(tensor, THERE)
        super().__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        for tensor in self.tensors:
            put(tensor, HERE)

    def __torch_function__(
        self, function: Any, types: Any, arguments: tuple[Any, ...] = (), named: dict[str, Any] | None = None
    ) -> Any:
        named = dict(named or {})
        first = arguments[0] if arguments else None
        self.blind = self.blind or torch._C._functorch.maybe_current_level() is not None
        for tensor in tensors_in((arguments, named)) if self.blind else ():
            if not is_placed(tensor):
                put(tensor, THERE)
        if isinstance(first, Tensor) and function in (DEVICE, IS_CUDA, IS_CPU, OF_TENSOR.get_device):
            return answer(function, first)
        if function in TO_NUMPY and place_of(arguments[0]).on_gpu and not named.get("force"):
            raise NotForNumPy
        if function in MOVES:
            return moved(function, arguments, named)
        refuse_a_meeting(function, arguments, named)
        given = list(tensors_in((arguments, named)))
        place, named = place_of_result(function, arguments, named)
        result = function(*arguments, **named)
        return result if changes_the_first(function) else placed(result, place, given)


def answer(function: Any, tensor: Tensor) -> Any:
    """Where does it lie? As a GPU's tensor would say it."""
    on_gpu = place_of(tensor).on_gpu
    if function == IS_CUDA:
        return on_gpu or function(tensor)
    if function == IS_CPU:
        return not on_gpu and function(tensor)
    if not on_gpu:
        return function(tensor)
    return GPU if function == DEVICE else GPU.index


def is_gpu(device: Any) -> bool:
    """Of what is given as a device."""
    return isinstance(device, int) or torch.device(device).type not in ("cpu", "meta")


def without_gpu(device: Any) -> Any:
    """The device that is there in its place."""
    return CPU if is_gpu(device) else device


def is_device(value: Any) -> bool:
    return isinstance(value, torch.device | str) or (isinstance(value, int) and not isinstance(value, bool))


def moved(function: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> Tensor:
    """tensor.to(...), .cpu() and .cuda(): the tensor at its new place."""
    tensor, *more = arguments
    away = Place(moved_by=f".{function.__name__}()")
    if function != OF_TENSOR.to:
        result: Tensor = placed(tensor, THERE if function == OF_TENSOR.cuda else away, [tensor])
        return result
    values = [*more, *named.values()]
    places = [place_of(value) for value in values if isinstance(value, Tensor)]
    places += [THERE if is_gpu(value) else HERE for value in values if is_device(value)]
    place = place_of(tensor) if not places else THERE if places[0].on_gpu else away
    more = [without_gpu(value) if is_device(value) else value for value in more]
    named = {name: without_gpu(value) if is_device(value) else value for name, value in named.items()}
    result = placed(function(tensor, *more, **named), place, [tensor])
    return result


def changes_the_first(function: Any) -> bool:
    """Whether it works in place, on its first argument."""
    name = getattr(function, "__name__", "")
    return name in IN_PLACE or (name.endswith("_") and not name.endswith("__"))


def refuse_a_meeting(function: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    """Meeting, where PyTorch would refuse these tensors on their devices."""
    name = getattr(function, "__name__", str(function))
    tensors = list(tensors_in((arguments, named)))
    here = [tensor for tensor in tensors if not place_of(tensor).on_gpu and not tensor.is_meta]
    if len(here) in (0, len(tensors)):
        return
    first = arguments[0]
    if function in ANYWHERE:
        return
    if function in INDEXING:
        if function == OF_TENSOR.__setitem__ and not list(tensors_in(arguments[1])):
            return  # x[0, 1] = y copies y to where x lies
        if any(tensor is first for tensor in here):
            raise Meeting(name, first)
        value = arguments[2:3] if function != OF_TENSOR.__getitem__ and list(tensors_in(arguments[1])) else ()
        here = [tensor for tensor in tensors_in(value) if not place_of(tensor).on_gpu and tensor.ndim]
        if here:
            raise Meeting(name, here[0])
        return
    if changes_the_first(function) and isinstance(first, Tensor) and any(tensor is first for tensor in here):
        raise Meeting(name, first)
    for tensor in here:
        if tensor.ndim or function in JOINING:
            raise Meeting(name, tensor)


def place_of_result(function: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> tuple[Place, dict[str, Any]]:
    """Where its result lies, and the named arguments with which it stays on this machine."""
    name = getattr(function, "__name__", str(function))
    tensors = list(tensors_in((arguments, named)))
    made = Place(made_by=f"torch.{name}" if not tensors else name)
    device = named.get("device")
    if device is None and function in _device_constructors():
        device = torch.utils._device.CURRENT_DEVICE  # of a `with device:`
    if device is not None:
        return (THERE if is_gpu(device) else made), named | {"device": without_gpu(device)}
    if function in _device_constructors():
        data = arguments[0] if arguments else None
        return (place_of(data) if function in FROM_DATA and isinstance(data, Tensor) else made), named
    if function in OF_ITS_SHAPE:
        return place_of(arguments[0]), named
    if function == OF_TENSOR.type and len(arguments) > 1 and not isinstance(arguments[1], torch.dtype):
        return (THERE if "cuda" in str(arguments[1]) else Place(moved_by=".type(torch.FloatTensor)")), named
    if function == OF_TENSOR.type_as:
        return place_of(arguments[1]), named
    if any(place_of(tensor).on_gpu for tensor in tensors):
        return THERE, named
    return next((place for place in map(place_of, tensors) if place != HERE), HERE if tensors else made), named


def placed(result: Any, place: Place, given: list[Tensor]) -> Any:
    """The result, lying at its place."""
    memories = [memory_of(tensor) for tensor in given]
    if isinstance(result, Tensor) and any(memory_of(result) is memory for memory in memories):
        if place_of(result).on_gpu == place.on_gpu:
            return result
        result = result.clone()  # .to and as_tensor give the tensor itself back where there is nothing to do
    for tensor in tensors_in(result):
        if not any(memory_of(tensor) is memory for memory in memories):
            put(tensor, place)
    return result
