"""Functions of PyTorch, NumPy and math that a notebook replaced: torch.softmax = my_softmax.

Such a change holds for all code, and until the kernel ends. An answer that needs it fails on another day, so it is
judged without it. What libraries change in each other, under the same name, stays.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

OWNERS: dict[str, Any] = {
    "torch": torch,
    "torch.nn.functional": nn.functional,
    "torch.nn": nn,
    "torch.linalg": torch.linalg,
    "torch.Tensor": torch.Tensor,
    "torch.nn.Module": nn.Module,
    "numpy": np,
    "math": math,
}
AS_IMPORTED = {name: dict(vars(owner)) for name, owner in OWNERS.items()}


def replaced_functions() -> list[str]:
    """The names of the functions that the notebook replaced or added, such as torch.softmax."""
    return [f"{owner}.{name}" for owner, name in replaced()]


def replaced() -> list[tuple[str, str]]:
    """(owner, name) of each."""
    found = []
    for owner, before in AS_IMPORTED.items():
        for name, value in vars(OWNERS[owner]).items():
            if callable(value) and value is not before.get(name) and is_of_notebook(value, before.get(name), name):
                found.append((owner, name))
    return sorted(found)


def is_of_notebook(value: Any, before: Any, name: str) -> bool:
    """Whether it was written in the notebook, or is a function of another name.

    torch.compile puts its own functions in the place of nn.Module's __init__ and the like.
    """
    home = getattr(value, "__module__", None)
    if name.startswith("__") and home != "__main__":
        return False
    other_name = getattr(value, "__name__", "") != getattr(before, "__name__", name)
    return home == "__main__" or (before is not None and other_name)


@contextmanager
def as_imported() -> Iterator[None]:
    """Inside, all of them are those of a fresh Python; then they are the notebook's again."""
    changed = {(owner, name): getattr(OWNERS[owner], name) for owner, name in replaced()}
    put_back(changed)
    try:
        yield
    finally:
        put_back(replaced())  # what an answer itself replaced
        for (owner, name), value in changed.items():
            setattr(OWNERS[owner], name, value)


def put_back(changed: Any) -> None:
    for owner, name in changed:
        if name in AS_IMPORTED[owner]:
            setattr(OWNERS[owner], name, AS_IMPORTED[owner][name])
        else:
            delattr(OWNERS[owner], name)
