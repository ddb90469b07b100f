"""Where a tensor counts as lying while a GPU is pretended, and the errors of tensors that lie elsewhere."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

GPU = torch.device("cuda", 99)  # no machine has it: what an answer keeps for this device is of use to no later call
CPU = torch.device("cpu")
PLACE = "_minclip_place"  # an attribute of a tensor's memory; it outlives a call, as what an answer keeps does


class Place(NamedTuple):
    """Where a tensor lies, and for one on the CPU: by which function."""

    on_gpu: bool = False
    made_by: str = ""
    moved_by: str = ""


THERE, HERE = Place(on_gpu=True), Place()


class DeviceError(Exception):
    """What PyTorch would not do on a GPU."""


class Meeting(DeviceError, RuntimeError):
    """Tensors of two devices meet. alone: one on the CPU."""

    def __init__(self, function: str, alone: Tensor):
        words = "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!"
        super().__init__(f"{words} ({function})")
        self.alone = alone


class NotForNumPy(DeviceError, TypeError):
    """NumPy is given a tensor on the GPU."""

    def __init__(self) -> None:
        words = "can't convert cuda:0 device type tensor to numpy."
        super().__init__(f"{words} Use Tensor.cpu() to copy the tensor to host memory first.")


def memory_of(tensor: Tensor) -> Any:
    """What views and parameters share with the tensor that they are made of."""
    try:
        return tensor.untyped_storage()
    except Exception:  # a sparse one, for example, has none of its own
        return tensor


def is_placed(tensor: Tensor) -> bool:
    return hasattr(memory_of(tensor), PLACE)


def place_of(tensor: Tensor) -> Place:
    return getattr(memory_of(tensor), PLACE, HERE)


def put(tensor: Tensor, place: Place) -> None:
    setattr(memory_of(tensor), PLACE, place)


def tensors_in(value: Any) -> Iterator[Tensor]:
    """The tensors of a value: of lists, dictionaries, and of modules their weights and buffers."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, nn.Module):
        yield from [*value.parameters(), *value.buffers()]
    elif isinstance(value, dict):
        for item in value.values():
            yield from tensors_in(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from tensors_in(item)
