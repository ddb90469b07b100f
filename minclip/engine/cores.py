"""Several CPU cores on one batch: every core encodes its own rows, in a thread of its own.

PyTorch would let all cores share every single operation and meet after each. On a quiet machine that takes about as
long; where another program needs a core, all of them wait for it, operation by operation, and a step takes
much longer (measured: benchmarks/README.md, `cores` and `cores_busy`).
"""

import ctypes
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

import torch

# malloc.h: threads' own heaps, pieces apart from the heap, free bytes at its end before it shrinks
M_ARENA_MAX, M_MMAP_MAX, M_TRIM_THRESHOLD = -8, -4, -1
In = TypeVar("In")
Out = TypeVar("Out")


@cache
def pool(cores: int) -> ThreadPoolExecutor:
    """Threads that compute alone: PyTorch's own threads are switched off inside of them."""
    return ThreadPoolExecutor(cores, "minclip-core", initializer=torch.set_num_threads, initargs=(1,))


def on_cores(function: Callable[[In], Out], items: Iterable[In], cores: int) -> Iterator[Out]:
    """function(item) for every item, in order, `cores` at a time; one after the other, when asked for, on one core."""
    return map(function, items) if cores == 1 else pool(cores).map(function, items)


@cache
def keep_freed_memory() -> None:
    """Asks Linux's C library (glibc) to keep what is freed for what is needed next; elsewhere nothing changes.

    Left alone it gives large pieces back to the system and takes them again at every operation, page by page (measured:
    benchmarks/README.md, `memory…`). See mallopt(3). To be called before threads compute, which get heaps of their own
    otherwise; it holds until the process ends. A PyTorch with another allocator (on ARM) does not listen.
    """
    if sys.platform != "linux" or not hasattr(library := ctypes.CDLL(None), "mallopt"):
        return
    for option, value in ((M_ARENA_MAX, 1), (M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, 2**31 - 1)):
        library.mallopt(option, value)


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside, PyTorch's own threads are switched off here too: waiting for a busy core, they would only spin."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
