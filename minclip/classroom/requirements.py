"""What nbgrader needs on this machine: packages, and the programs that it calls by their names."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INSTALL = 'python -m pip install "minclip[classroom]"'


def need_packages() -> None:
    """ValueError where nbgrader or what comes with it is missing."""
    from importlib.util import find_spec

    missing = [name for name in ("nbgrader", "jupytext", "nbclient", "psutil") if find_spec(name) is None]
    if missing:
        raise ValueError(f"a classroom needs the package {missing[0]}: {INSTALL}")


@contextmanager
def programs_on_path() -> Iterator[None]:
    """nbgrader calls `alembic` by its name. It stands beside this Python, whether or not the environment is active."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before
