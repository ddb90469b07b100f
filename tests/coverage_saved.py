"""For pytest under coverage.py (`-p tests.coverage_saved`): each worker of pytest-xdist saves its data before it ends.

coverage.py saves when a process ends. pytest-xdist waits ten seconds for that end, then it kills the worker, and a
worker that ran thousands of tests under load needs longer. Beside its data each worker leaves a file that says so.
"""

from pathlib import Path

import coverage
import pytest

SAVED = "saved-by-"


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    worker = getattr(session.config, "workerinput", None)
    measured = coverage.Coverage.current()
    if worker is None or measured is None:
        return
    measured.save()
    written = Path(measured.get_data().data_filename())
    (written.parent / f"{SAVED}{worker['workerid']}").write_text(written.name, encoding="utf-8")
