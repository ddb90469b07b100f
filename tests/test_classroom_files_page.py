"""The names and columns in docs/classroom-files.md are those that the classroom reads and writes."""

import re
from pathlib import Path, PurePosixPath

import pytest

from minclip.classroom.attribution import owners
from minclip.classroom.graded_before import FORMER, NEWER
from minclip.classroom.handed_in import LARGE
from minclip.classroom.originals import student_id
from minclip.classroom.report_tables import COLUMNS
from minclip.classroom.results import GRADED, MISSING, NOT_GRADED, WAITS
from minclip.course.outline import LESSONS

PAGE = (Path(__file__).parents[1] / "docs" / "classroom-files.md").read_text(encoding="utf-8")
NAMES = re.findall(r"^\| [^|`]+ \| `([^`]+\.ipynb)` \| `([^`]+)` \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("path", "student"), NAMES)
def test_names_are_read_as_the_page_says(path, student):
    (owner,) = owners([PurePosixPath(path)], list(LESSONS))
    assert student_id(owner.name) == student


def test_the_page_has_the_columns_and_states():
    assert len(NAMES) == 10
    assert all(f"`{name}`" in PAGE for name in (*COLUMNS, GRADED, WAITS, NOT_GRADED, NEWER, FORMER, MISSING))
    assert f"more than {LARGE // 1024**2} MB" in PAGE
