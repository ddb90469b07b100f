"""A notebook that a learner worked in meets a newer version of the course: every cell finds its place."""

import json

import pytest
from workbook_examples import CLIP_LOSS, LESSON, book, exercise, numbered  # noqa: F401

pytest.importorskip("nbformat", reason="pip install -e .[course] brings what reads notebooks")

from nbformat.v4 import new_code_cell, new_markdown_cell  # noqa: E402

from minclip.course.notebook_files import read, write  # noqa: E402
from minclip.course.notebook_merge import ASIDE, DROPPED  # noqa: E402


@pytest.fixture
def started(book):  # noqa: F811
    book.start()
    return book


def first(book, kind, like=""):  # noqa: F811
    """The id of the first cell of a kind that is no exercise's."""
    return next(c.id for c in book.first if c.cell_type == kind and "nbgrader" not in c.metadata and like in c.source)


def change(name, text):
    def changed(cells):
        next(cell for cell in cells if cell.id == name)["source"] = text

    return changed


def updated_twice(book):  # noqa: F811
    """Updates, and again, which must change nothing; returns the line."""
    (line,) = book.update()
    before = book.everything()
    assert book.update() == [f"{LESSON.name}: up to date"] and book.everything() == before
    assert len(set(book.ids())) == len(book.ids())
    return line


def test_an_untouched_cell_follows_the_course(started):
    text = first(started, "markdown", "##")
    started.publish(change(text, "## Rewritten"))
    assert "1 cells of the course are new or changed. The notebook before: copies/" in updated_twice(started)
    assert started.source(text) == "## Rewritten"


def test_a_changed_cell_stays_where_the_course_did_not(started):
    mine, courses = first(started, "code"), first(started, "markdown", "##")
    started.set(mine, "x = 'mine'")
    started.publish(change(courses, "## Rewritten"))
    updated_twice(started)
    assert started.source(mine) == "x = 'mine'" and started.source(courses) == "## Rewritten"
    assert not any(ASIDE in text for text in started.texts())


@pytest.mark.parametrize("kind", ["code", "markdown"])
def test_a_cell_that_both_changed_keeps_both(started, kind):
    name = first(started, kind, "" if kind == "code" else "##")
    started.set(name, "mine = 1\n\nmine = 2")
    started.publish(change(name, "course = 1"))
    assert "1 of yours stand beside them, marked" in updated_twice(started)
    at = started.ids().index(name)
    assert started.source(name) == "course = 1"
    below = read(started.path).cells[at + 1]
    assert ASIDE in below.source and below.source.endswith("mine = 1\n\nmine = 2")
    assert below.cell_type == ("raw" if kind == "code" else "markdown")  # nothing old runs by itself


def test_an_answer_stays_where_the_exercise_changed(started):
    started.set("clip_loss", CLIP_LOSS)
    stub = 'def clip_loss(a, b, scale, new):\n    raise NotImplementedError("exercise 5.2")'
    started.publish(change("clip_loss", stub))
    updated_twice(started)
    assert started.source("clip_loss") == CLIP_LOSS
    note = started.texts()[started.ids().index("clip_loss") - 1]
    assert "The course has changed this exercise" in note and stub in note


def test_a_dropped_exercise_stays_as_the_learners_own(started):
    started.set("clip_loss", CLIP_LOSS)

    def drop(cells):
        cells[:] = [cell for cell in cells if cell.id not in ("clip_loss", "check-clip_loss", "similarity_logits")]
        numbered(cells)

    started.publish(drop)
    updated_twice(started)
    at = started.texts().index(CLIP_LOSS)
    assert started.texts()[at - 1] == DROPPED and "nbgrader" not in read(started.path).cells[at].metadata
    assert "check-clip_loss" not in started.ids() and "similarity_logits" not in started.ids()


def test_an_exercise_in_place_of_another_takes_no_answer(started):
    started.set("clip_loss", CLIP_LOSS)

    def swap(cells):
        at = [cell.id for cell in cells].index("clip_loss")
        cells[at : at + 1] = exercise(cells[at], "another_loss", "5.2")

    started.publish(swap)
    updated_twice(started)
    assert "raise NotImplementedError" in started.source("another_loss") and CLIP_LOSS in started.texts()


def test_added_cells_stay_behind_their_neighbour(started):
    notes = [new_markdown_cell("my title"), new_code_cell("mine = 1"), new_markdown_cell("my end")]

    def add(cells):
        cells.insert(0, notes[0])
        cells.insert(10, notes[1])
        cells.append(notes[2])

    started.edit(add)
    neighbour = started.ids()[9]

    def longer(cells):
        cells.insert(1, new_markdown_cell("A new beginning.", id="cell-xxx"))
        cells.append(new_markdown_cell("A new end.", id="cell-yyy"))
        numbered(cells)

    before = started.texts()
    started.publish(longer)
    updated_twice(started)
    texts = started.texts()
    assert texts[0] == "my title" and texts[-2:] == ["my end", "A new end."]
    assert texts[texts.index("mine = 1") - 1] == before[9], neighbour
    assert sorted(texts) == sorted([*before, "A new beginning.", "A new end."])


def test_shifted_ids_are_not_mistaken_for_changes(started):
    guess = first(started, "code", "predict(")
    text = started.source(guess).replace("...", "0.5")
    started.set(guess, text)

    def insert(cells):
        cells[3:3] = [new_markdown_cell(f"New {n}.", id=f"cell-9{n}") for n in range(4)]
        numbered(cells)

    started.publish(insert)
    line = updated_twice(started)
    assert "4 cells of the course" in line and "beside" not in line
    assert started.texts().count(text) == 1


def test_a_deleted_cell_stays_away_until_it_changes(started):
    name, other = first(started, "markdown", "##"), first(started, "code")
    started.edit(lambda cells: cells.remove(next(cell for cell in cells if cell.id == name)))
    started.publish(change(other, "pass"))
    updated_twice(started)
    assert name not in started.ids()
    started.publish(change(name, "## Rewritten"))
    updated_twice(started)
    assert started.source(name) == "## Rewritten"


def test_outputs_stay_below_cells_that_compute_the_same(started):
    name = first(started, "code")
    output = {"output_type": "stream", "name": "stdout", "text": "seen\n"}

    def run(cells):
        cell = next(cell for cell in cells if cell.id == name)
        cell.update(outputs=[output], execution_count=3)

    started.edit(run)
    started.publish(change(first(started, "markdown", "##"), "## Rewritten"))
    updated_twice(started)
    assert started.cells()[name].outputs == [output] and started.cells()[name].execution_count == 3


def test_a_notebook_without_ids_is_merged_by_text(started):
    """As editors save it that know no ids: format 4.4."""
    started.set("clip_loss", CLIP_LOSS)
    raw = json.loads(started.path.read_text(encoding="utf-8"))
    for cell in raw["cells"]:
        del cell["id"]
    raw["nbformat_minor"] = 4
    raw["cells"].insert(5, {"cell_type": "markdown", "metadata": {}, "source": ["my ", "note"]})
    started.path.write_text(json.dumps(raw), encoding="utf-8")
    started.publish(change(first(started, "markdown", "##"), "## Rewritten"))
    line = updated_twice(started)
    assert "1 cells of the course" in line and "beside" not in line
    assert started.source("clip_loss") == CLIP_LOSS and started.texts().count("my note") == 1


def test_a_pasted_attempt_is_a_second_cell(started):
    started.set("clip_loss", CLIP_LOSS)

    def paste(cells):
        at = [cell.id for cell in cells].index("clip_loss")
        cells.insert(at, {**cells[at], "id": "0815", "source": "def clip_loss():\n    return 'my first try'"})

    started.edit(paste)
    started.publish(change(first(started, "markdown", "##"), "## Rewritten"))
    updated_twice(started)
    assert started.source("clip_loss") == CLIP_LOSS and "def clip_loss():\n    return 'my first try'" in started.texts()


BROKEN = ["", "{}", "[]", '{"cells": 3, "nbformat": 4}', '{"nbformat": 3, "worksheets": []}', "\x00", '{"cells": [']


@pytest.mark.parametrize("text", BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_notebook_is_copied_and_replaced(started, text):
    started.answers.adopt("clip_loss", CLIP_LOSS)
    started.path.write_text(text, encoding="utf-8")
    line = updated_twice(started)
    assert "could not be read, so here is a new one; put back: clip_loss. The notebook before: copies/" in line
    assert started.copies()[0].read_text(encoding="utf-8") == text and started.source("clip_loss") == CLIP_LOSS


def test_gits_marks_of_a_conflict_are_copied_byte_by_byte(started):
    text = started.path.read_text(encoding="utf-8").replace(' "cells"', '<<<<<<< HEAD\n "cells"', 1).encode("utf-8")
    started.path.write_bytes(text)
    assert "could not be read" in updated_twice(started)
    assert started.copies()[0].read_bytes() == text


def test_a_notebook_from_elsewhere_gives_its_answers(started):
    """One that does not say which version it was made from: its answers are put into a new one."""
    notebook = read(started.path)
    notebook.metadata["minclip"] = {}
    next(cell for cell in notebook.cells if cell.id == "clip_loss")["source"] = CLIP_LOSS
    notebook.cells.append(new_code_cell("mine = 1"))
    write(notebook, started.path)
    assert "is not one that this workbook handed out" in updated_twice(started)
    assert started.source("clip_loss") == CLIP_LOSS and "mine = 1" not in started.texts()
    assert "mine = 1" in [cell.source for cell in read(started.copies()[0]).cells]


def test_an_older_notebook_saved_over_a_newer_updates_again(started):
    """JupyterLab had it open, and saved it after the update."""
    old = started.path.read_bytes()
    text = first(started, "markdown", "##")
    started.publish(change(text, "## Rewritten"))
    updated_twice(started)
    started.path.write_bytes(old)
    updated_twice(started)
    assert started.source(text) == "## Rewritten"


def test_a_lost_notebook_comes_again_with_its_answers(started):
    started.answers.adopt("clip_loss", CLIP_LOSS)
    started.path.unlink()
    assert updated_twice(started) == f"{LESSON.name}: new; put back: clip_loss"


def test_an_answer_of_the_learner_is_not_overwritten(started):
    started.answers.adopt("clip_loss", CLIP_LOSS)
    started.set("clip_loss", "def clip_loss(a, b, scale):\n    return 'a new idea'")
    assert updated_twice(started) == f"{LESSON.name}: up to date"
    assert "a new idea" in started.source("clip_loss")


def test_a_write_that_fails_leaves_the_notebook(started, monkeypatch):
    before = started.path.read_bytes()
    started.publish(change(first(started, "markdown", "##"), "## Rewritten"))

    def full(notebook, path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("minclip.course.workbook_lessons.write", full)
    with pytest.raises(OSError, match="No space"):
        started.update()
    assert started.path.read_bytes() == before
