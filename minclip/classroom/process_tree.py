"""Watches the processes that a notebook starts, and ends them all."""

import ctypes
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

EVERY = 0.1  # seconds
PROCESSES = 200  # the most at a time
FOLDER_EVERY = 20  # looks: a folder takes longer to measure
ADOPTS_ORPHANS = 36  # prctl(PR_SET_CHILD_SUBREAPER)


def adopt_orphans() -> None:
    """On Linux: whoever starts a process and ends leaves it to this process, not to the system's first one."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(ADOPTS_ORPHANS, 1, 0, 0, 0)


class ProcessTree:
    """All that runs beneath this process, with a bound for its memory and for what it writes into a folder.

    `why` says in words which bound was passed, "" before. Then all are ended.
    """

    def __init__(self, memory: int, folder: Path, disk: int) -> None:
        self.memory, self.folder, self.disk = memory, folder, disk
        self.why = ""
        self.seen: set[psutil.Process] = set()
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def __enter__(self) -> "ProcessTree":
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stopped.set()
        self.thread.join()
        self.end()

    def watch(self) -> None:
        looks = 0
        while not self.stopped.wait(EVERY):
            looks += 1
            self.look(looks)

    def look(self, looks: int = 1) -> str:
        """Ends all where a bound is passed; returns `why`."""
        self.why = self.why or self.passed_bound(looks)
        if self.why:
            self.end()
        return self.why

    def passed_bound(self, looks: int) -> str:
        processes = self.processes()
        if len(processes) > PROCESSES:
            return f"it started more than {PROCESSES} processes"
        if sum(map(memory_of, processes)) > self.memory:
            return f"it took more than {size_in_words(self.memory)} of memory"
        if looks % FOLDER_EVERY == 0 and size_of(self.folder) > self.disk:
            return f"it wrote more than {size_in_words(self.disk)} to files"
        return ""

    def processes(self) -> list[psutil.Process]:
        with suppress(psutil.Error):
            self.seen.update(psutil.Process().children(recursive=True))
        self.seen = {one for one in self.seen if one.is_running()}  # by its start, too: a number may be used again
        return list(self.seen)

    def end(self, seconds: float = 10) -> None:
        """Ends all of them. First they are held, so that none starts another."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and (left := [one for one in self.processes() if alive(one)]):
            each(left, lambda process: process.suspend())
            each(left, lambda process: process.kill())
            psutil.wait_procs(left, timeout=0.2)
            reap_orphans(left)


def each(processes: list[psutil.Process], action: Callable[[psutil.Process], None]) -> None:
    for process in processes:
        with suppress(psutil.Error, OSError):
            action(process)


def alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def reap_orphans(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(OSError, psutil.Error, AttributeError):
            if process.status() == psutil.STATUS_ZOMBIE and process.ppid() == os.getpid():
                os.waitpid(process.pid, os.WNOHANG)


def memory_of(process: psutil.Process) -> int:
    """Bytes in memory, as the system counts them."""
    try:
        return int(process.memory_info().rss)
    except psutil.Error:  # it has ended
        return 0


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder, links not followed."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(path, name)).st_size  # noqa: PTH118 (as os.walk gives them)
    return total


def size_in_words(size: int) -> str:
    return f"{size / 2**30:.3g} GB" if size >= 2**30 else f"{size / 2**20:.3g} MB"
