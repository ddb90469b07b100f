"""The part of mutation testing that runs inside of pytest: collects the tests once, then forks for every mutant.

A forked process has torch and the tests in memory already, so a mutant costs tenths of a second, not the seconds of a
new pytest. mutmut's trampolines call the mutant whose name stands in MUTANT_UNDER_TEST, and with "stats" they note
which functions a test calls: a mutant needs only the tests that call its function, the fastest first.

Started by mutants.py. Reads the mutants' names from mutants.json in the folder, writes verdicts.json there.
"""

import gc
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import Phase, settings

SEED = 0  # of the order: where time ends early, what was tried is a fair sample
TIMES, SECONDS = 10, 5  # a mutant may take this many times its tests' normal time, and so much more, of the processor's
STUCK = 900  # seconds on the clock, for one that waits for ever
MEMORY = 4 << 30  # bytes beyond what is there already, for one that collects without end
KILLED, SURVIVED, TIMED_OUT = "killed", "survived", "timed_out"


def read_verdicts(folder: Path) -> dict[str, str]:
    """mutant -> verdict, of all that were tried so far."""
    path = folder / "verdicts.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def write_verdicts(folder: Path, verdicts: dict[str, str]) -> None:
    """Whole or not at all: the command may be stopped at any time."""
    new = folder / "verdicts.new.json"
    new.write_text(json.dumps(verdicts), encoding="utf-8")
    new.replace(folder / "verdicts.json")


def limit_memory() -> None:
    """This process may take MEMORY more than it has; on Linux alone, where it can be asked what it has."""
    if sys.platform == "linux":
        import resource  # which Windows does not have

        has = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (has + MEMORY, has + MEMORY))


def forked(work: Callable[[], int], seconds: float) -> int:
    """What `work` returns in a process of its own, or minus the number of the signal that ended it."""
    if not (child := os.fork()):
        code = 1
        try:
            signal.signal(signal.SIGPROF, signal.SIG_DFL), signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_PROF, seconds), signal.alarm(STUCK)
            limit_memory()
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 1), os.dup2(silence, 2)
            code = work()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def passes(items: list[pytest.Item], after: Callable[[pytest.Item], None] = lambda item: None) -> bool:
    """Whether all tests pass; ends with the first that does not."""
    for item, following in zip(items, [*items[1:], None], strict=True):
        if any(report.failed for report in runtestprotocol(item, log=False, nextitem=following)):
            return False
        after(item)
    return True


def normal_run(items: list[pytest.Item], path: Path) -> int:
    """Writes, for every test, the functions that it calls and its seconds of the processor. 1 where one fails."""
    from mutmut.state import state

    os.environ["MUTANT_UNDER_TEST"] = "stats"
    notes, began = {}, time.process_time()

    def note(item: pytest.Item) -> None:
        nonlocal began
        notes[item.nodeid] = {"calls": sorted(state()._stats), "seconds": time.process_time() - began}
        state()._stats.clear()
        began = time.process_time()

    fine = passes(items, note)
    path.write_text(json.dumps(notes), encoding="utf-8")
    return 0 if fine else 1


def pytest_sessionstart(session: pytest.Session) -> None:
    """No search for the smallest example that fails: that one fails is enough."""
    settings.register_profile("mutants", settings(), phases=[Phase.explicit, Phase.generate])
    settings.load_profile("mutants")


def pytest_runtestloop(session: pytest.Session) -> bool:
    from mutmut.configuration import config

    config()  # read now: a test may leave the folder that it stands in
    folder, items = session.config.rootpath, session.items
    if session.testsfailed:
        raise session.Interrupted("the tests cannot be collected")
    gc.collect(), gc.freeze()  # forked processes then share what is in memory
    notes_path = folder / "normal_run.json"
    if forked(lambda: normal_run(items, notes_path), seconds=1000):
        done = len(json.loads(notes_path.read_text(encoding="utf-8"))) if notes_path.is_file() else 0
        raise session.Failed(f"without a mutant, {items[done].nodeid} fails")
    notes = json.loads(notes_path.read_text(encoding="utf-8"))
    order = sorted(items, key=lambda item: notes[item.nodeid]["seconds"])
    verdicts = read_verdicts(folder)
    mutants = sorted(json.loads((folder / "mutants.json").read_text(encoding="utf-8")))
    random.Random(SEED).shuffle(mutants)
    end = time.monotonic() + 60 * float(os.environ["MUTANTS_MINUTES"])
    for mutant in mutants:
        if mutant in verdicts or time.monotonic() > end:
            continue
        function = mutant.rsplit("__mutmut_", 1)[0]
        asked = [item for item in order if function in notes[item.nodeid]["calls"]]
        seconds = TIMES * sum(notes[item.nodeid]["seconds"] for item in asked) + SECONDS

        def work(mutant: str = mutant, asked: list[pytest.Item] = asked) -> int:
            os.environ["MUTANT_UNDER_TEST"] = mutant
            return 0 if passes(asked) else 1

        code = forked(work, seconds) if asked else 0
        late = code in (-signal.SIGPROF, -signal.SIGALRM)
        verdicts[mutant] = TIMED_OUT if late else KILLED if code else SURVIVED
        write_verdicts(folder, verdicts)
    return True
