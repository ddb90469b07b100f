"""Every number in README and docs is the one in a kept result."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

import pages  # noqa: E402


@pytest.mark.parametrize("page", pages.PAGES)
def test_a_page_shows_its_results(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert pages.MARKS.search(text), f"{page} has lost its marks"
    assert pages.with_results(text) == text, f"{page} differs from benchmarks/results: run python benchmarks/pages.py"


@pytest.mark.parametrize("page", [*pages.PAGES, *(str(p.relative_to(ROOT)) for p in ROOT.glob("datasets/*/README.md"))])
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("http") or ((ROOT / page).parent / target).exists(), f"{page}: {target} is not there"
