"""README and its pictures are what docs/front_page.py and docs/lessons.py make; links lead somewhere."""

import json
import re
import runpy
from pathlib import Path

import numpy as np
import pytest
from page_marks import made_anew
from PIL import Image

ROOT = Path(__file__).parents[1]
README, DOCS = ROOT / "README.md", ROOT / "docs"
lessons = runpy.run_path(str(DOCS / "lessons.py"))
front_page = runpy.run_path(str(DOCS / "front_page.py"))
PAGES = [README, ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """The picture, drawn now from the model that comes with minclip."""
    path = tmp_path_factory.mktemp("front") / "picture.png"
    front_page["write_picture"](path)
    return path


def test_the_picture_shows_a_heart_as_a_heart():
    answers = json.loads(Image.open(DOCS / "front_page.png").text["Answers"])
    assert answers[3][0] == ["grainy picture of a pink heart under a blue sky", pytest.approx(0.9, abs=0.02), True]
    assert len(answers) == 5 and all(len(found) == 3 for found in answers)


def test_the_picture_is_made_by_its_code(drawn):
    kept, made = (Image.open(path) for path in (DOCS / "front_page.png", drawn))
    for shown, found in zip(*(json.loads(image.text["Answers"]) for image in (kept, made)), strict=True):
        assert sum(probability for _, probability, _ in found) == pytest.approx(sum(p for _, p, _ in shown), abs=0.02)
        assert found[0][0] == shown[0][0], "run python docs/front_page.py"
    assert kept.text["Found"] == made.text["Found"] and len(json.loads(kept.text["Found"])) == 5
    assert abs(kept.width - made.width) + abs(kept.height - made.height) <= 20  # letters differ between versions
    pixels = [np.asarray(image.convert("RGB").resize((120, 44)), dtype=float) for image in (kept, made)]
    assert np.abs(pixels[0] - pixels[1]).mean() < 5, "run python docs/front_page.py"


def test_the_picture_is_small():
    assert (DOCS / "front_page.png").stat().st_size < 150_000


def test_readme_is_made_by_its_code():
    page = README.read_text(encoding="utf-8")
    assert made_anew(page, front_page["PARTS"]) == page, "run python docs/front_page.py"


def test_readme_is_short():
    assert len(README.read_text(encoding="utf-8").splitlines()) < 150


def test_the_lessons_picture_is_made_by_its_code(tmp_path):
    lessons["write_picture"](tmp_path / "lessons.png")
    kept, made = (
        Image.open(path).convert("RGB").resize((120, 76)) for path in (DOCS / "lessons.png", tmp_path / "lessons.png")
    )
    assert np.abs(np.asarray(kept, dtype=float) - np.asarray(made, dtype=float)).mean() < 5, (
        "run python docs/lessons.py"
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_a_page_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), f"{page.name}: {target} is not there"


def test_links_to_a_heading_find_it():
    for page in PAGES:
        for target, heading in re.findall(r"\]\(([^)#]*)#([^)]+)\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert heading in headings_of(page.parent / target if target else page), f"{page.name}: #{heading}"


def headings_of(page: Path) -> list[str]:
    """The headings of a page as GitHub writes them in a link."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]
