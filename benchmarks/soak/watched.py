"""What a process holds: open files and sockets, threads, and memory; and how that grows."""

import gc
import threading
from collections.abc import Callable
from pathlib import Path

from benchmarks.speed.contender_process import resident

HANDLES = Path("/proc/self/fd")


def open_handles() -> list[str]:
    """What this process has open, by name; of a socket and a pipe its kind. [] where the system does not say."""
    if not HANDLES.is_dir():
        return []
    found = []
    for entry in HANDLES.iterdir():
        try:
            found.append(entry.readlink().as_posix().partition(":[")[0])
        except OSError:  # the handle by which this list was read
            continue
    return sorted(found)


def look(done: int) -> dict:
    """The numbers of now. Garbage is collected first, so that only what is still held counts."""
    gc.collect()
    memory = resident(highest=False)
    handles, threads = len(open_handles()), threading.active_count()
    return {"done": done, "mb": None if memory is None else round(memory, 1), "handles": handles, "threads": threads}


def soaked(work: Callable[[int], object], count: int, warm: int, every: int, per: int) -> dict:
    """Does `work` with 0, 1, ... and looks at the process: before, after `warm` of them, and every so many.

    growth: what is held more after the last than after the warm-up, for each `per` pieces of work.
    """
    looks = [look(0)]
    for i in range(count):
        work(i)
        if (i + 1) % every == 0 or i + 1 in (warm, count):
            looks.append(look(i + 1))
    start, after, end = looks[0], next(one for one in looks if one["done"] == warm), looks[-1]
    growth = {
        name: None if end[name] is None else round((end[name] - after[name]) * per / max(1, count - warm), 3)
        for name in ("mb", "handles", "threads")
    }
    return {"start": start, "warm": after, "end": end, "per": per, "growth": growth, "looks": looks}
