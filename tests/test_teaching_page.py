"""docs/teaching.md: its tables are made by docs/teaching_tables.py, its commands run."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
tables = runpy.run_path(str(DOCS / "teaching_tables.py"))


def test_the_tables_are_made_by_their_code():
    page = (DOCS / "teaching.md").read_text(encoding="utf-8")
    assert tables["made_anew"](page) == page, "run python docs/teaching_tables.py"
