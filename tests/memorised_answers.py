"""Answers that know by heart what a check asks: right for the inputs of one run, an error for all others."""

from functools import wraps
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


class Memorised:
    """An exercise's answer: minclip's own while it learns, and afterwards for what it was asked then alone."""

    def __init__(self, exercise):
        self.seen, self.learning = set(), True
        library = exercise.library
        if isinstance(library, type):
            inside = {name: self.by_heart(getattr(library, name)) for name in exercise.write}
            self.answer = type(library.__name__, (library,), inside)
        else:
            self.answer = self.by_heart(library)

    def by_heart(self, function):
        @wraps(function)
        def answer(*inputs: Any, **named: Any) -> Any:
            asked = (function.__name__, key(inputs), key(named))
            if self.learning:
                self.seen.add(asked)
            elif asked not in self.seen:
                raise RuntimeError("nobody told me")
            return function(*inputs, **named)

        return answer


def key(value: Any) -> Any:
    """What an input looks like to somebody who compares it with one that is known."""
    if isinstance(value, Tensor):
        with torch.no_grad():
            numbers = value.detach().to("cpu", torch.float64).flatten() if value.numel() else value
            return (tuple(value.shape), str(value.dtype), str([round(x, 1) for x in numbers.tolist()[:40]]))
    if isinstance(value, np.ndarray):
        return key(torch.from_numpy(value.copy()))
    if isinstance(value, list | tuple):
        return tuple(key(one) for one in value)
    if isinstance(value, dict):
        return tuple((str(name), key(one)) for name, one in value.items())
    if isinstance(value, nn.ModuleList):
        return (len(value),)
    if isinstance(value, int | float | str):
        return value
    if hasattr(value, "tobytes"):  # a picture
        return (value.size, value.tobytes())
    return type(value).__name__ if not hasattr(value, "__dataclass_fields__") else repr(value)
