"""Other people's packages, for the tests that compare with them."""

from types import ModuleType

import pytest

from benchmarks.speed.peers import package


def installed(name: str) -> ModuleType:
    """The package or module of that name; where it is not there, the test is skipped."""
    found = package(name)
    if found is None:
        pytest.skip(f"{name} is not installed: pip install -e .[peers]")
    return found
