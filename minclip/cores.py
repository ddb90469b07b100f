"""Several CPU cores on one batch: every core encodes its own rows, in a thread of its own.

PyTorch would let all cores share every single operation and meet after each. On a quiet machine that takes about as
long; where another program needs a core, all of them wait for it, operation by operation, and a step takes
much longer (measured: benchmarks/README.md, `cores` and `cores_busy`).
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

import torch

In = TypeVar("In")
Out = TypeVar("Out")


@cache
def pool(cores: int) -> ThreadPoolExecutor:
    """Threads that compute alone: PyTorch's own threads are switched off inside of them."""
    return ThreadPoolExecutor(cores, "minclip-core", initializer=torch.set_num_threads, initargs=(1,))


def on_cores(function: Callable[[In], Out], items: Iterable[In], cores: int) -> Iterator[Out]:
    """function(item) for every item, in order, `cores` at a time; one after the other, when asked for, on one core."""
    return map(function, items) if cores == 1 else pool(cores).map(function, items)


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside, PyTorch's own threads are switched off here too: waiting for a busy core, they would only spin."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
