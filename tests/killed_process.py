"""A process that is killed at its n-th step on the disk: what a power cut leaves, for the tests of what is kept."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
KILLED = """
import os, signal, sys
from pathlib import Path
from test_search_index import AverageColour, plain

at, calls = int(sys.argv[1]), 0
def killed(real):
    def call(*arguments, **named):
        global calls
        calls += 1
        if calls == at: os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)
    return call
for name in sys.argv[2].split(","):
    if name == "unlink": Path.unlink = killed(Path.unlink)
    else: setattr(os, name, killed(getattr(os, name)))
Path.replace = lambda self, to: os.replace(self, to)
"""
needs_kill = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")


def run_killed(code: str, at: int, *arguments: object, steps: str = "fsync,replace") -> None:
    """Runs code, in which sys.argv[3:] are the arguments, and kills it at its step number `at`.

    steps: what counts as one: fsync, replace, unlink.
    """
    command = [sys.executable, "-c", KILLED + code, str(at), steps, *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
