"""Guards around an answer: limits of time and memory, and what it prints."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import warnings

import pytest

from minclip.course.execution_guards import (
    LETTERS,
    TooLong,
    TooMuchMemory,
    captured,
    interrupt_main_thread,
    limits,
    memory_used,
    time_limit,
)

GIGABYTE = 2**30


def growing(*amounts):
    """A reading of memory that gives these amounts, the last one again and again."""
    left = list(amounts)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def for_ever():
    while True:
        pass


def test_code_that_takes_memory_is_stopped():
    used = growing(GIGABYTE, GIGABYTE, 5 * GIGABYTE // 2)
    with pytest.raises(TooMuchMemory, match=r"1\.5 GB of memory: a list or string that grows"), limits(60, used=used):
        for_ever()


def test_memory_that_was_taken_before_counts_not():
    with pytest.raises(TooLong), limits(0.2, GIGABYTE, growing(9 * GIGABYTE)):
        for_ever()


def test_memory_that_nobody_knows_has_no_limit():
    with pytest.raises(TooLong), limits(0.2, GIGABYTE, lambda: 0):
        for_ever()


def test_this_process_knows_its_memory():
    assert memory_used() > 10_000_000


def test_a_stopped_answers_list_is_let_go():
    class Big:
        pass

    gone = threading.Event()

    def grow():
        big = Big()
        weakref.finalize(big, gone.set)
        for_ever()

    import weakref

    with pytest.raises(TooMuchMemory), limits(60, GIGABYTE, growing(0, 2 * GIGABYTE)):
        grow()
    assert gone.is_set()


def test_except_exception_does_not_swallow_a_limit():
    with pytest.raises(TooLong), time_limit(0.2):
        while True:
            with contextlib.suppress(Exception):
                for_ever()


def test_a_bare_except_swallows_no_limit_for_good():
    swallowed = 0
    with pytest.raises(TooLong), time_limit(0.1):
        while swallowed < 3:
            try:
                for_ever()
            except:  # noqa: E722
                swallowed += 1
        for_ever()


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="Windows has no signals between threads")
def test_a_sleep_is_ended():
    begin = time.monotonic()
    with pytest.raises(TooLong), time_limit(0.1):
        time.sleep(600)
    assert time.monotonic() - begin < 300


def test_the_users_interrupt_stays_what_it_is():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), limits(60):
        threading.Timer(0.1, interrupt_main_thread).start()
        for_ever()
    assert signal.getsignal(signal.SIGINT) is before


def test_limits_within_limits_each_do_their_work():
    with pytest.raises(TooLong), time_limit(0.1), time_limit(60):
        for_ever()
    with pytest.raises(TooLong), time_limit(60), time_limit(0.1):
        for_ever()


def test_a_block_that_ends_leaves_nothing_behind():
    before = signal.getsignal(signal.SIGINT)
    for _ in range(20):
        with limits(60):
            pass
    assert signal.getsignal(signal.SIGINT) is before
    assert not any("look" in thread.name for thread in threading.enumerate())


def test_other_threads_have_no_limits():
    done = []
    thread = threading.Thread(target=lambda: done.append(limits(0.1).__enter__()))
    thread.start()
    thread.join()
    assert done == [None]


def test_prints_and_warnings_are_kept():
    with captured() as printed:
        warnings.simplefilter("always")
        print("here", end="!\n")
        print("there", file=sys.stderr)
        warnings.warn("no good\nat all", stacklevel=1)
    assert printed.getvalue() == "here!\nthere\nUserWarning: no good\n"


def test_prints_without_end_fill_no_memory():
    with captured() as printed:
        for _ in range(100):
            print("x" * 5000)
    assert len(printed.getvalue()) == LETTERS and printed.left_out == 100 * 5001 - LETTERS


IN_A_NOTEBOOK = """
from IPython.core.interactiveshell import InteractiveShell
from minclip.course.execution_guards import captured
shell = InteractiveShell.instance()
shell.push({'captured': captured})
shell.run_cell("with captured() as printed: print('here'); display({'text/plain': 'a figure'}, raw=True)")
shell.run_cell("print(repr(printed.getvalue())); display({'text/plain': 'it shows again'}, raw=True)")
"""


def test_what_a_notebook_displays_is_kept_back(tmp_path):
    pytest.importorskip("IPython")
    variables = {**os.environ, "IPYTHONDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", IN_A_NOTEBOOK], capture_output=True, text=True, env=variables)
    assert done.stdout.splitlines() == ["'here\\n(a figure or another display)\\n'", "it shows again"], done.stderr
