"""Arguments that many functions take: a ValueError in words where a value is of another kind."""

import operator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


def whole_number(name: str, value: Any, least: int = 1) -> int:
    """A whole number of Python, of NumPy, or of a tensor that holds a single one. ValueError for anything else,
    True and False too.

    >>> whole_number("k", 3)
    3
    """
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None:
        raise ValueError(f"{name}={value!r:.80} must be a whole number, at least {least}")
    if number < least:
        raise ValueError(f"{name}={number} must be at least {least}")
    return number


def as_tensor(name: str, values: Any) -> "Tensor":
    """A tensor of a tensor, an array or a list of numbers. ValueError for anything else."""
    import torch  # here, so that reading data does not import it

    try:
        return torch.as_tensor(values)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        kind = type(values).__name__
        raise ValueError(f"{name} must be numbers, in a tensor, an array or a list, found {kind}: {error}") from error
