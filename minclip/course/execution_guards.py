"""Guards around a learner's code: an endless loop is stopped, memory is bounded, what it prints is kept apart.

    with fresh_state(), captured() as printed, limits():
        judge(answer)

Python only: a loop inside a library's compiled code is not stopped, nor one allocation that is larger than all memory.
"""

import _thread
import contextlib
import importlib
import io
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from minclip.course.global_state import fresh_state

__all__ = [
    "MEMORY",
    "SECONDS",
    "Stopped",
    "TooLong",
    "TooMuchMemory",
    "captured",
    "fresh_state",
    "limits",
    "time_limit",
]

SECONDS = 20.0  # for all checks of an exercise; minclip's own take less than one
MEMORY = 2**30  # bytes that a check may add; minclip's own add a few million
LETTERS = 100_000  # of what an answer prints
EVERY = 0.05  # seconds between two looks at the clock and the memory
AGAIN = 0.25  # seconds to the next interrupt, where a bare `except:` of the answer swallowed one


class Stopped(BaseException):
    """The code was stopped. In words for the learner. No Exception: `except Exception:` in an answer lets it pass."""


class UserInterrupt(KeyboardInterrupt):
    """The user's Ctrl-C under limits, as against a KeyboardInterrupt that the answer raises itself."""


class TooLong(Stopped):
    """The code did not come to an end in time."""


class TooMuchMemory(Stopped):
    """The code took more and more memory."""


def limits(
    seconds: float = SECONDS, memory: int | None = MEMORY, used: Callable[[], int] | None = None
) -> "contextlib.AbstractContextManager[Any]":
    """Raises TooLong where the block takes longer, TooMuchMemory where it adds more bytes to what this process holds.

    In the main thread only; elsewhere there is no limit. A Ctrl-C of the user stays what it is.

    Args:
        seconds: until the block is stopped.
        memory: bytes; None: no limit.
        used: gives the bytes that the process holds now, 0 where nobody knows.
    """
    if threading.current_thread() is not threading.main_thread():
        return contextlib.nullcontext()
    return Watch(seconds, memory, used or memory_used)


def time_limit(seconds: float) -> "contextlib.AbstractContextManager[Any]":
    """Raises TooLong where the block takes longer."""
    return limits(seconds, None)


class Watch:
    """A thread that looks at clock and memory, and interrupts the main thread when either is used up.

    An interrupt as by Ctrl-C, which Windows knows, too. A class and no generator: an interrupt that comes while the
    block is being left must not keep __exit__ from its work, and `interrupted` sees from the frame that it is there.
    """

    def __init__(self, seconds: float, memory: int | None, used: Callable[[], int]):
        self.seconds, self.memory, self.used = seconds, memory, used
        self.over = threading.Event()
        self.reason: Stopped | None = None
        self.thread = threading.Thread(target=self.look, daemon=True)

    def __enter__(self) -> None:
        self.begin, self.at_first = time.monotonic(), self.used() if self.memory else 0
        # where interrupts are ignored, as in a program that a shell has put into the background, these would be, too
        self.before = signal.signal(signal.SIGINT, self.interrupted)
        self.thread.start()

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.over.set()
        self.thread.join()
        # it first takes what is still on its way, and `interrupted` drops it
        signal.signal(signal.SIGINT, signal.SIG_DFL if self.before is None else self.before)
        if isinstance(error, Stopped):
            traceback.clear_frames(trace)  # a list that has grown is let go
        elif isinstance(error, KeyboardInterrupt) and self.reason:  # limits within these took ours for the user's
            raise self.reason from None
        elif isinstance(error, UserInterrupt):
            raise KeyboardInterrupt from None

    def look(self) -> None:
        while not self.over.wait(AGAIN if self.reason else EVERY):
            self.reason = self.reason or self.reason_to_stop()
            if self.reason and not self.over.is_set():
                interrupt_main_thread()

    def reason_to_stop(self) -> Stopped | None:
        added = self.used() - self.at_first if self.memory else 0
        if self.memory and added > self.memory:
            words = f"stopped when it had taken {in_gigabytes(added)} of memory"
            return TooMuchMemory(f"{words}: a list or string that grows in a loop that never ends?")
        if time.monotonic() - self.begin > self.seconds:
            return TooLong(f"not done after {self.seconds:.0f} seconds: a loop that never ends, or a very slow one?")
        return None

    def interrupted(self, _number: int, frame: FrameType | None) -> None:
        """An interrupt is here, in the main thread: ours, or the user's Ctrl-C."""
        if self.reason is None:
            raise UserInterrupt
        elif not self.over.is_set() and not is_leaving(frame):
            raise self.reason


def by_user(interrupt: KeyboardInterrupt) -> bool:
    """Whether it is the user's Ctrl-C. Without limits every KeyboardInterrupt counts as one."""
    limited = getattr(signal.getsignal(signal.SIGINT), "__func__", None) is Watch.interrupted
    return isinstance(interrupt, UserInterrupt) or not limited


def is_leaving(frame: FrameType | None) -> bool:
    """Whether Watch.__exit__ has begun."""
    while frame is not None:
        if frame.f_code is Watch.__exit__.__code__:
            return True
        frame = frame.f_back
    return False


def interrupt_main_thread() -> None:
    """As by Ctrl-C. A signal where there are any, which ends a sleep, too; on Windows Python's own way."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()


def memory_used() -> int:
    """Bytes of memory that this process holds, 0 where nobody knows. psutil comes with Jupyter."""
    with contextlib.suppress(Exception):
        return int(importlib.import_module("psutil").Process().memory_info().rss)
    with contextlib.suppress(OSError, ValueError, IndexError):
        resource = importlib.import_module("resource")
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * int(resource.getpagesize())
    with contextlib.suppress(Exception):  # a Mac without psutil: the most that it ever held, there in bytes
        resource = importlib.import_module("resource")
        return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * (1 if sys.platform == "darwin" else 1024)
    return 0


def in_gigabytes(number: int) -> str:
    """
    >>> in_gigabytes(2**30), in_gigabytes(3 * 2**29)
    ('1 GB', '1.5 GB')
    """
    return f"{number / 2**30:.2g} GB"


class Printed(io.StringIO):
    """What was printed, up to a number of letters; a print in an endless loop fills no memory."""

    left_out = 0  # letters

    def write(self, text: str) -> int:
        room = max(0, LETTERS - self.tell())
        self.left_out += max(0, len(text) - room)
        super().write(text[:room])
        return len(text)


@contextlib.contextmanager
def captured() -> Iterator[Printed]:
    """What the block prints, and what Python warns of, goes into the text that is given, and nowhere else."""
    text = Printed()

    def show(message: Warning | str, category: type[Warning], *_where: Any, **_more: Any) -> None:
        text.write(f"{category.__name__}: {str(message).splitlines()[0] if str(message) else ''}\n")

    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text), warnings.catch_warnings():
        warnings.showwarning = show
        with figures_kept_back(text):
            yield text


@contextlib.contextmanager
def figures_kept_back(text: Printed) -> Iterator[None]:
    """In a notebook: what the block displays is noted and not shown."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is None:
        yield
        return
    capture_output = importlib.import_module("IPython.utils.capture").capture_output
    shown = None
    try:
        with capture_output(stdout=False, stderr=False, display=True) as shown:
            yield
    finally:
        text.write("(a figure or another display)\n" * len(shown.outputs if shown else []))
