"""Ctrl-C during a training: the step is finished and a checkpoint written, so that nothing is lost."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from minclip.engine.processes import world_size


@contextmanager
def stop_after_step(wanted: bool = True) -> Iterator[Callable[[], bool]]:
    """Inside, the first Ctrl-C makes the given function True, and the second one raises KeyboardInterrupt at once.

    Where Ctrl-C is not Python's own, in another thread than the main one, and in one of several processes, which must
    all end at the same step, it stays what it is. wanted: False leaves it what it is, too.
    """
    able = threading.current_thread() is threading.main_thread() and world_size() == 1
    if not wanted or not able or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield lambda: False
        return
    asked = False

    def ask(number: int, frame: Any) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        print("\nminclip: stopping after this step, to keep it; Ctrl-C once more stops at once", file=sys.stderr)

    signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
