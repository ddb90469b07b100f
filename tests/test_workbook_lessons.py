"""A workbook's notebooks that are broken, lost, foreign or open elsewhere, and a disk that is full."""

import json

import pytest
from workbook_examples import CLIP_LOSS, LESSON, book, change, first, started, updated_twice  # noqa: F401

pytest.importorskip("nbformat", reason="pip install -e .[course] brings what reads notebooks")

from nbformat.v4 import new_code_cell

from minclip.course.notebook_files import read, write

BROKEN = [
    "", "{}", "[]", "\x00", '{"cells": [', '{"cells": 3, "nbformat": 4}', '{"nbformat": 3, "worksheets": []}',
    '{"nbformat": 4, "cells": [3]}', '{"nbformat": 4, "cells": [{"cell_type": "code", "source": 3}]}',
]  # fmt: skip


@pytest.mark.parametrize("text", BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_notebook_is_copied_and_replaced(started, text):  # noqa: F811
    started.answers.adopt("clip_loss", CLIP_LOSS)
    started.path.write_text(text, encoding="utf-8")
    line = updated_twice(started)
    assert "could not be read, so here is a new one; put back: clip_loss. The notebook before: copies/" in line
    assert started.copies()[0].read_text(encoding="utf-8") == text and started.source("clip_loss") == CLIP_LOSS


ODD = [
    {"id": None}, {"id": ""}, {"id": "a b/c"}, {"id": "title"}, {"metadata": None}, {"metadata": {"nbgrader": "yes"}},
    {"metadata": {"nbgrader": None, "tags": 3}}, {"source": None}, {"outputs": None},
    {"cell_type": "heading", "level": 2}, {"attachments": {}}, {"colab": {"x": 1}}, {"source": ["a\n", "b"]},
    {"execution_count": "*"},
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_what_an_editor_may_write_is_merged(started, odd):  # noqa: F811
    raw = json.loads(started.path.read_text(encoding="utf-8"))
    raw["cells"].insert(4, {"cell_type": "code", "id": "mine", "metadata": {}, "source": ["mine = 1"]} | odd)
    raw["cells"][2] |= {key: value for key, value in odd.items() if key not in ("id", "source", "cell_type")}
    text = "\ufeff" + json.dumps(raw)
    started.path.write_text(text, encoding="utf-8")
    started.publish(change(first(started, "markdown", "##"), "## Rewritten"))
    updated_twice(started)
    assert started.source(first(started, "markdown", "##")) == "## Rewritten"
    assert odd.get("source", "mine = 1") in (None, ["a\n", "b"]) or "mine = 1" in started.texts()
    assert started.copies()[0].read_text(encoding="utf-8") == text


def test_gits_marks_of_a_conflict_are_copied(started):  # noqa: F811
    text = started.path.read_text(encoding="utf-8").replace(' "cells"', '<<<<<<< HEAD\n "cells"', 1).encode("utf-8")
    started.path.write_bytes(text)
    assert "could not be read" in updated_twice(started)
    assert started.copies()[0].read_bytes() == text


def test_a_notebook_from_elsewhere_gives_its_answers(started):  # noqa: F811
    """One that does not say which version it was made from: its answers are put into a new one."""
    notebook = read(started.path)
    notebook.metadata["minclip"] = {}
    next(cell for cell in notebook.cells if cell.id == "clip_loss")["source"] = CLIP_LOSS
    notebook.cells.append(new_code_cell("mine = 1"))
    write(notebook, started.path)
    assert "is not one that this workbook handed out" in updated_twice(started)
    assert started.source("clip_loss") == CLIP_LOSS and "mine = 1" not in started.texts()
    assert "mine = 1" in [cell.source for cell in read(started.copies()[0]).cells]


def test_a_spoilt_handed_out_notebook_is_no_end(started):  # noqa: F811
    started.set("clip_loss", CLIP_LOSS)
    (handed_out,) = (started.folder / ".handed_out" / LESSON.name).iterdir()
    handed_out.write_text("", encoding="utf-8")
    assert updated_twice(started) == f"{LESSON.name}: up to date"  # it is the version that the course still has
    handed_out.write_text("", encoding="utf-8")
    started.publish(change(first(started, "markdown", "##"), "## Rewritten"))
    assert "put back: clip_loss" in updated_twice(started)
    assert started.source("clip_loss") == CLIP_LOSS


def test_a_lesson_that_the_course_dropped_stays(started):  # noqa: F811
    before = started.path.read_bytes()
    (started.course / f"{LESSON.name}.ipynb").unlink()
    assert started.update() == [f"{LESSON.name}: the course has it no more; yours stays as it is"]
    assert started.path.read_bytes() == before


def test_an_older_notebook_saved_over_a_newer_updates_again(started):  # noqa: F811
    """JupyterLab had it open, and saved it after the update."""
    old = started.path.read_bytes()
    text = first(started, "markdown", "##")
    started.publish(change(text, "## Rewritten"))
    updated_twice(started)
    started.path.write_bytes(old)
    updated_twice(started)
    assert started.source(text) == "## Rewritten"


def test_a_lost_notebook_comes_again_with_its_answers(started):  # noqa: F811
    started.answers.adopt("clip_loss", CLIP_LOSS)
    started.path.unlink()
    assert updated_twice(started) == f"{LESSON.name}: new; put back: clip_loss"


def test_an_answer_of_the_learner_is_not_overwritten(started):  # noqa: F811
    started.answers.adopt("clip_loss", CLIP_LOSS)
    started.set("clip_loss", "def clip_loss(a, b, scale):\n    return 'a new idea'")
    assert updated_twice(started) == f"{LESSON.name}: up to date"
    assert "a new idea" in started.source("clip_loss")


def test_a_write_that_fails_leaves_the_notebook(started, monkeypatch):  # noqa: F811
    before = started.path.read_bytes()
    started.publish(change(first(started, "markdown", "##"), "## Rewritten"))

    def full(notebook, path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("minclip.course.workbook_lessons.write", full)
    with pytest.raises(OSError, match="No space"):
        started.update()
    assert started.path.read_bytes() == before


def test_a_cell_stays_folded_or_open_as_left(started):  # noqa: F811
    def first_code(cells):
        return next(cell for cell in cells if cell.cell_type == "code").metadata

    started.publish(lambda cells: first_code(cells).update({"jupyter": {"source_hidden": True}}))
    updated_twice(started)
    assert "jupyter" not in first_code(started.cells().values())
    started.path.unlink()
    updated_twice(started)
    assert first_code(started.cells().values()).jupyter.source_hidden
    started.edit(lambda cells: first_code(cells).pop("jupyter"))
    updated_twice(started)
    assert "jupyter" not in first_code(started.cells().values())
