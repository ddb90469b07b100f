"""Guards around a learner's code: an endless loop is stopped, what it prints is kept apart.

Python only: a loop inside a library's compiled code is not stopped.
"""

import _thread
import contextlib
import io
import signal
import threading
from collections.abc import Iterator

SECONDS = 20.0  # for all checks of an exercise; minclip's own take less than one


class TooLong(Exception):
    """The code did not come to an end in time."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises TooLong where the block takes longer. In the main thread only; elsewhere there is no limit.

    An interrupt as by Ctrl-C, which Windows knows, too. One that the user sends stays what it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    over = threading.Event()

    def stop() -> None:
        over.set()
        _thread.interrupt_main()

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    # where interrupts are ignored, as in a program that a shell has put into the background, this one would be, too
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer.start()
    try:
        yield
    except KeyboardInterrupt:
        if over.is_set():
            raise TooLong from None
        raise
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)


@contextlib.contextmanager
def captured() -> Iterator[io.StringIO]:
    """What the block prints goes into the text that is given, and nowhere else."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
        yield text
