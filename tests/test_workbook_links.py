"""Links of the lessons lead somewhere: in lessons/, in a workbook, and in one without a clone."""

import re

import pytest
from workbook_examples import LESSON, ROOT, book  # noqa: F401

pytest.importorskip("nbformat", reason="pip install -e .[course] brings what reads notebooks")

from minclip.course import workbook_links
from minclip.course.notebook_files import read
from minclip.course.workbook import SOURCES
from minclip.course.workbook_links import beside, linked, page_for, source_of, targets
from minclip.course.workbook_start import start

LESSONS = sorted(ROOT.glob("lessons/*/lesson.md"))
RELATIVE = re.compile(r"\]\((\.\.?/[^()#\s]+)(?:#([^()\s]*))?\)")
OWN_CELL = "My notes: [the loss](../../minclip/loss.py)."


def headings(text):
    """As a link names them."""
    return {re.sub(r"[^\w\s-]", "", line.strip("# ")).lower().replace(" ", "-") for line in text.split("\n")}


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.parent.name)
def test_links_of_a_lesson_lead_somewhere(lesson):
    for target, heading in RELATIVE.findall(lesson.read_text(encoding="utf-8")):
        path = lesson.parent / target
        assert path.is_file(), target
        assert not heading or heading in headings(path.read_text(encoding="utf-8")), f"{target}#{heading}"


def test_links_of_a_workbook_lead_somewhere(tmp_path):
    start(tmp_path / "clip")
    for path in (tmp_path / "clip").glob("*/*.ipynb"):
        found = RELATIVE.findall("\n".join(cell.source for cell in read(path).cells))
        assert found, path.name
        for target, _ in found:
            inside = (path.parent / target).resolve()
            assert inside.is_file() and (tmp_path / "clip").resolve() in inside.parents, f"{path.name}: {target}"


def test_links_and_pictures_of_copied_pages_lead_somewhere(tmp_path):
    start(tmp_path / "clip")
    sources = tmp_path / "clip" / SOURCES
    pages = sorted(sources.rglob("*.md"))
    assert len(pages) > 5
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "<img" not in text and "](/" not in text  # kinds of links that are not mended
        for target in re.findall(r"\]\(([^()\s]+)\)", text):
            path, _, heading = target.partition("#")
            if re.match(r"\w+:", target):
                continue
            found = (page.parent / path).resolve() if path else page
            assert found.is_file() and sources.resolve() in found.parents, f"{page.name}: {target}"
            assert not heading or heading in headings(found.read_text(encoding="utf-8")), f"{page.name}: {target}"
    assert (sources / "docs" / "claims" / "zero_shot.png").is_file()
    assert sum(path.stat().st_size for path in sources.rglob("*") if path.is_file()) < 4e6  # bytes


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("![seen](claims/a.png), [b](b.md#c)", "![seen](claims/a.png), b (docs/b.md in minclip's repository)"),
        ("[`up`](../c/) ![lost](d.png)", "`up` (c in minclip's repository) lost (docs/d.png in minclip's repository)"),
        ("[here](#top), [web](https://a.b/c.md)", "[here](#top), [web](https://a.b/c.md)"),
        ("```python\nx[0](1)\n```\n[a](e.py)", "```python\nx[0](1)\n```\na (docs/e.py in minclip's repository)"),
    ],
)
def test_links_to_what_is_not_copied_become_text(text, shown):
    assert page_for({"docs/claims/a.png"}.__contains__, "docs/claims.md", text) == shown
    assert beside("minclip/models/a.md", "../../docs/b.md") == "docs/b.md"


def test_without_a_clone_only_minclips_own_files_are_linked(monkeypatch):
    monkeypatch.setattr(workbook_links, "is_repository", lambda folder: False)
    assert linked("See [text.py](../../minclip/text.py).") == f"See [text.py](../{SOURCES}/minclip/text.py)."
    said = linked("It was [measured](../../docs/claims.md#batch-size),\nby [us](../../docs/claims.md).")
    assert (
        said
        == "It was measured (docs/claims.md in minclip's repository),\nby us (docs/claims.md in minclip's repository)."
    )
    assert all(target.startswith("minclip/") for target in targets())


@pytest.mark.parametrize(
    "text",
    [
        "[lesson 00](../00_meet_clip/00_meet_clip.ipynb)",
        "[a paper](https://arxiv.org/abs/2103.00020)",
        "x[0](1)",
        "[a] (b)",
    ],
)
def test_other_links_stay(text):
    assert linked(text) == text


def test_a_links_words_may_hold_code_and_lines():
    assert linked("[`loss.py`,\nthe `[n, n]` logits](../../minclip/loss.py)").endswith(
        f"](../{SOURCES}/minclip/loss.py)"
    )


def test_an_older_workbook_gets_links_and_keeps_own_cells(book):  # noqa: F811
    book.start()
    raw = {cell.id: cell.source for cell in book.first}

    def as_before(cells):
        for cell in cells:
            cell["source"] = raw[cell.id]
        cells.insert(3, cells[0] | {"id": "mine", "cell_type": "markdown", "source": OWN_CELL})

    book.edit(as_before)
    assert book.update()[0].startswith(f"{LESSON.name}: ") and "up to date" in book.update()[0]
    assert book.source("mine") == OWN_CELL
    assert [text for text in book.texts() if text != OWN_CELL] == [linked(cell.source) for cell in book.first]
    assert not any("yours" in text for text in book.update())


def test_a_copy_that_somebody_changed_is_kept(book):  # noqa: F811
    book.start()
    copy = book.folder / SOURCES / "minclip" / "loss.py"
    assert copy.read_bytes() == source_of("minclip/loss.py").read_bytes()
    copy.write_text("my notes", encoding="utf-8")
    said = book.update()[-1]
    assert said.startswith(f"{SOURCES}/minclip/loss.py: brought up to date")
    assert [path.read_text(encoding="utf-8") for path in (book.folder / "copies").glob("loss *.py")] == ["my notes"]
    assert len(book.update()) == 1
