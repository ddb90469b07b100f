"""Values compared: are they equal, and where do they differ?

Whatever an answer gives can be asked. What cannot be compared, such as an object whose == raises, is not equal.
"""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from minclip.course.value_words import FEW, in_words, rounded

__all__ = ["TOLERANCE", "copied", "difference", "equal", "far_apart", "in_words", "put_back_edited"]

TOLERANCE = 1e-4  # of the largest number expected: float32 sums in another order stay below, a wrong formula does not
LONG = 60  # letters


def equal(a: Any, b: Any, tolerance: float = 0.0) -> bool:
    """Tensors by shape, dtype and value (NaN is equal to NaN), lists and dictionaries item by item, all else by ==.

    tolerance: for tensors of floats and for floats, as a share of the largest number expected.
    """
    try:
        return compared(a, b, tolerance)
    except Exception:
        return False


def compared(a: Any, b: Any, tolerance: float) -> bool:
    if a is b:
        return True
    if isinstance(a, Tensor) or isinstance(b, Tensor):
        return isinstance(a, Tensor) and isinstance(b, Tensor) and tensors_equal(a, b, tolerance)
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        arrays = isinstance(a, np.ndarray) and isinstance(b, np.ndarray)
        return arrays and a.dtype == b.dtype and tensors_equal(torch.tensor(a), torch.tensor(b), tolerance)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(compared(a[key], b[key], tolerance) for key in b)
    if any(isinstance(a, kind) and isinstance(b, kind) for kind in (list, tuple)):
        return len(a) == len(b) and all(compared(x, y, tolerance) for x, y in zip(a, b, strict=True))
    if tolerance and isinstance(a, float) and isinstance(b, float):
        return not bool(far_apart(torch.tensor(a).double(), torch.tensor(b).double(), tolerance))
    return bool(a == b)


def tensors_equal(a: Tensor, b: Tensor, tolerance: float) -> bool:
    if a.layout != b.layout or a.shape != b.shape or a.dtype != b.dtype:
        return False
    a, b = a.detach().cpu(), b.detach().cpu()
    return not bool(far_apart(a, b, tolerance).any()) if b.is_floating_point() else torch.equal(a, b)


def copied(value: Any) -> Any:
    """A copy to compare with later. A module's weights are nobody's input; what cannot be copied stands for itself."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if type(value) in (list, tuple):
        return type(value)(copied(item) for item in value)
    if type(value) is dict:
        return {key: copied(item) for key, item in value.items()}
    try:
        return copy.deepcopy(value) if isinstance(value, list | dict | set | np.ndarray) else value
    except Exception:
        return value


def put_back_edited(values: Sequence[Any], kept: Sequence[Any]) -> list[Any]:
    """The values that are no longer equal to their copies; they are what they were again, collections of them too."""
    edited = [(value, old) for value, old in zip(values, kept, strict=True) if not equal(value, old)]
    for value, old in edited:
        put_back(value, old)
    return [value for value, _ in edited]


def put_back(value: Any, kept: Any) -> None:
    """Makes a tensor, an array or a collection in place what its copy is."""
    if isinstance(value, Tensor):
        if value.shape == kept.shape and not value.is_inference():
            value.detach().copy_(kept)
    elif isinstance(value, np.ndarray):
        if value.shape == kept.shape and value.flags.writeable:
            value[...] = kept
    elif isinstance(value, tuple):
        for item, old in zip(value, kept, strict=True):
            put_back(item, old)
    elif isinstance(value, list):
        value[:] = kept
    elif isinstance(value, dict | set):
        value.clear()
        value.update(kept)


def difference(expected: Any, came: Any) -> tuple[str, str]:
    """Both in words; of a long collection the first item that differs, of long texts the first difference.

    >>> difference({"train": [0.5] * 9, "val": [1.0] * 30}, {"train": [0.5] * 9, "val": [1.0] * 28 + [0.0, 1.0]})
    ("at ['val'][28]: 1.0", "at ['val'][28]: 0.0")
    """
    tensors = isinstance(expected, Tensor) and isinstance(came, Tensor)
    if tensors and (expected.shape, expected.dtype) == (came.shape, came.dtype):
        return difference_of_tensors(expected.detach(), came.detach())
    if max(len(in_words(expected)), len(in_words(came))) < LONG:
        return in_words(expected), in_words(came)
    if isinstance(expected, str) and isinstance(came, str):
        ends = min(len(expected), len(came))
        at = next((i for i, (a, b) in enumerate(zip(expected, came, strict=False)) if a != b), ends)
        begin = max(0, at - 10)
        right, found = (f"from letter {begin}: {text[begin : at + 30]!r}" for text in (expected, came))
        return right, found
    items, others = named_items(expected), named_items(came)
    for name in [*items, *others] if items and others else []:
        if name not in others:
            return within(name, in_words(items[name])), within(name, "nothing")
        if name not in items:
            return within(name, "nothing"), within(name, in_words(others[name]))
        if not equal(items[name], others[name], TOLERANCE):
            right, found = difference(items[name], others[name])
            return within(name, right), within(name, found)
    return in_words(expected), in_words(came)


def named_items(collection: Any) -> dict[str, Any]:
    """Its items by what a learner calls them: ['key'] of a dictionary, [0] of a list, a field of a named tuple."""
    if isinstance(collection, dict):
        return {f"[{in_words(key)}]": value for key, value in collection.items()}
    if isinstance(collection, list | tuple):
        places = [f"[{i}]" for i in range(len(collection))]
        return dict(zip(getattr(collection, "_fields", places), collection, strict=False))
    return {}


def within(name: str, words: str) -> str:
    """Words of an item, with the item's name: "at [0]: 3", "at [0][1, 2]: 3", "better: [1, 2]", "at better[3]: 1"."""
    if words.startswith("at ["):
        return f"at {name}{words.removeprefix('at ')}"
    return f"at {name}: {words}" if name.startswith("[") else f"{name}: {words}"


def difference_of_tensors(expected: Tensor, came: Tensor) -> tuple[str, str]:
    """Of two of one shape; as many digits as it takes to see that they differ."""
    if expected.numel() <= FEW:
        return apart_in_words(expected, came)
    apart = far_apart(came, expected)
    place = apart.nonzero()[0].tolist() if apart.any() else [0] * expected.ndim
    share = f"   ({int(apart.sum())} of {expected.numel()} numbers are off)"
    right, found = apart_in_words(expected[tuple(place)], came[tuple(place)])
    return f"at {place}: {right}", f"at {place}: {found}{share}"


def apart_in_words(expected: Tensor, came: Tensor) -> tuple[str, str]:
    for digits in (4, 6, 9):
        right, found = rounded(expected, digits), rounded(came, digits)
        if right != found:
            break
    return right, found


def far_apart(came: Tensor, expected: Tensor, tolerance: float = TOLERANCE) -> Tensor:
    """bool, of their shape: which numbers differ by more than the tolerance. NaN equals NaN."""
    finite = expected[expected.isfinite()].abs()
    limit = tolerance * max(float(finite.max()) if finite.numel() else 0.0, 1e-6)
    return ~torch.isclose(came.cpu().double(), expected.cpu().double(), rtol=0, atol=limit, equal_nan=True)
