"""A clock for things that are compared: in turn, several rounds; medians and spread."""

import os
import statistics
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import TypeVar

import torch
from torch import Tensor

Name = TypeVar("Name")
Timed = Callable[[int], float]  # a number of calls -> seconds of one; partial(seconds, function, around) is one


def alternating(timed: dict[Name, Timed], rounds: int, block: float) -> dict[Name, list[float]]:
    """Seconds of a call for each, round by round: in turn, every other round backwards, blocks of `block` seconds."""
    calls = {name: calls_for(one, block) for name, one in timed.items()}
    found: dict[Name, list[float]] = {name: [] for name in timed}
    for number in range(rounds):
        for name in list(timed) if number % 2 == 0 else reversed(timed):
            found[name].append(timed[name](calls[name]))
    return found


def calls_for(timed: Timed, block: float) -> int:
    """How many calls make a block of about `block` seconds."""
    timed(1)  # compiled on its first call
    return max(1, round(block / timed(1)))


def seconds(function: Callable[[], object], around: Callable[[], AbstractContextManager], calls: int) -> float:
    """Of a call, in a block of calls of one kind: threads that wait spin for a while, into the call that follows."""
    with around():
        wait(function())
        began = time.perf_counter()
        for _ in range(calls):
            last = function()
        wait(last)
        return (time.perf_counter() - began) / calls


def wait(result: object) -> None:
    """A GPU is done only when its numbers can be read."""
    if isinstance(result, Tensor) and result.is_cuda:
        torch.cuda.synchronize()


def spread(values: Iterable[float], digits: int = 4) -> dict[str, float]:
    """Median, lowest and highest, to so many significant digits."""
    values = sorted(values)
    numbers = {"median": statistics.median(values), "lowest": values[0], "highest": values[-1]}
    return {name: float(f"{value:.{digits}g}") for name, value in numbers.items()}


def load_average() -> float | None:
    """How many programs wanted a core in the last minute; near 0 on a quiet machine. None where it is not counted."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def print_table(header: list[str], lines: list[list[str]]) -> None:
    """Columns as wide as what stands in them."""
    widths = [max(map(len, column)) for column in zip(header, *lines, strict=True)]
    for line in [header, *lines]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
