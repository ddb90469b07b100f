"""What differs where nbgrader runs a notebook: it validates what a learner has, or grades what was handed in."""

import os
from typing import Any

GRADING = "NBGRADER_EXECUTION"  # nbgrader sets it, to "validate" or to "autograde"
GIVEN: dict[
    str, Any
] = {}  # exercise -> what `check` was given while nbgrader grades; minclip.classroom gives its points


class NotRight(AssertionError):
    """An answer that nbgrader's validation counts as failed. Jupyter shows the verdict in place of a traceback."""

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


def grading() -> bool:
    """Whether nbgrader runs this notebook, for either purpose."""
    return bool(os.environ.get(GRADING))


def validating() -> bool:
    return os.environ.get(GRADING) == "validate"
