"""A notebook that a learner worked in meets a newer version of the course: every cell finds its place."""

import json

import pytest
from workbook_examples import (  # noqa: F401
    CLIP_LOSS,
    book,
    change,
    exercise,
    first,
    numbered,
    started,
    updated_twice,
)

pytest.importorskip("nbformat", reason="pip install -e .[course] brings what reads notebooks")

from nbformat.v4 import new_code_cell, new_markdown_cell

from minclip.course.notebook_files import read
from minclip.course.notebook_merge import ASIDE, DROPPED


def test_an_untouched_cell_follows_the_course(started):  # noqa: F811
    text = first(started, "markdown", "##")
    started.publish(change(text, "## Rewritten"))
    assert "new or changed cells: 1. The notebook before: copies/" in updated_twice(started)
    assert started.source(text) == "## Rewritten"


def test_a_changed_cell_stays_where_the_course_did_not(started):  # noqa: F811
    mine, courses = first(started, "code"), first(started, "markdown", "##")
    started.set(mine, "x = 'mine'")
    started.publish(change(courses, "## Rewritten"))
    updated_twice(started)
    assert started.source(mine) == "x = 'mine'" and started.source(courses) == "## Rewritten"
    assert not any(ASIDE in text for text in started.texts())


@pytest.mark.parametrize("kind", ["code", "markdown"])
def test_a_cell_that_both_changed_keeps_both(started, kind):  # noqa: F811
    name = first(started, kind, "" if kind == "code" else "##")
    started.set(name, "mine = 1\n\nmine = 2")
    started.publish(change(name, "course = 1"))
    assert "yours, kept and marked: 1" in updated_twice(started)
    at = started.ids().index(name)
    assert started.source(name) == "course = 1"
    below = read(started.path).cells[at + 1]
    assert ASIDE in below.source and below.source.endswith("mine = 1\n\nmine = 2")
    assert below.cell_type == ("raw" if kind == "code" else "markdown")  # nothing old runs by itself


def test_an_answer_stays_where_the_exercise_changed(started):  # noqa: F811
    started.set("clip_loss", CLIP_LOSS)
    stub = 'def clip_loss(a, b, scale, new):\n    raise NotImplementedError("exercise 5.2")'
    started.publish(change("clip_loss", stub))
    updated_twice(started)
    assert started.source("clip_loss") == CLIP_LOSS
    note = started.texts()[started.ids().index("clip_loss") - 1]
    assert "The course has changed this exercise" in note and stub in note


def test_a_dropped_exercise_stays_as_the_learners_own(started):  # noqa: F811
    started.set("clip_loss", CLIP_LOSS)

    def drop(cells):
        cells[:] = [cell for cell in cells if cell.id not in ("clip_loss", "check-clip_loss", "similarity_logits")]
        numbered(cells)

    started.publish(drop)
    updated_twice(started)
    at = started.texts().index(CLIP_LOSS)
    assert started.texts()[at - 1] == DROPPED and "nbgrader" not in read(started.path).cells[at].metadata
    assert "check-clip_loss" not in started.ids() and "similarity_logits" not in started.ids()


def test_an_exercise_in_place_of_another_takes_no_answer(started):  # noqa: F811
    started.set("clip_loss", CLIP_LOSS)

    def swap(cells):
        at = [cell.id for cell in cells].index("clip_loss")
        cells[at : at + 1] = exercise(cells[at], "another_loss", "5.2")

    started.publish(swap)
    updated_twice(started)
    assert "raise NotImplementedError" in started.source("another_loss") and CLIP_LOSS in started.texts()


def test_added_cells_stay_behind_their_neighbour(started):  # noqa: F811
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


def test_shifted_ids_are_not_mistaken_for_changes(started):  # noqa: F811
    guess = first(started, "code", "predict(")
    text = started.source(guess).replace("...", "0.5")
    started.set(guess, text)

    def insert(cells):
        cells[3:3] = [new_markdown_cell(f"New {n}.", id=f"cell-9{n}") for n in range(4)]
        numbered(cells)

    started.publish(insert)
    line = updated_twice(started)
    assert "new or changed cells: 4" in line and "marked" not in line
    assert started.texts().count(text) == 1


def test_a_deleted_cell_stays_away_until_it_changes(started):  # noqa: F811
    name, other = first(started, "markdown", "##"), first(started, "code")
    started.edit(lambda cells: cells.remove(next(cell for cell in cells if cell.id == name)))
    started.publish(change(other, "pass"))
    updated_twice(started)
    assert name not in started.ids()
    started.publish(change(name, "## Rewritten"))
    updated_twice(started)
    assert started.source(name) == "## Rewritten"


def test_outputs_stay_below_cells_that_compute_the_same(started):  # noqa: F811
    name = first(started, "code")
    output = {"output_type": "stream", "name": "stdout", "text": "seen\n"}

    def run(cells):
        cell = next(cell for cell in cells if cell.id == name)
        cell.update(outputs=[output], execution_count=3)

    started.edit(run)
    started.publish(change(first(started, "markdown", "##"), "## Rewritten"))
    updated_twice(started)
    assert started.cells()[name].outputs == [output] and started.cells()[name].execution_count == 3


def test_a_notebook_without_ids_is_merged_by_text(started):  # noqa: F811
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
    assert "new or changed cells: 1" in line and "marked" not in line
    assert started.source("clip_loss") == CLIP_LOSS and started.texts().count("my note") == 1


def test_a_pasted_attempt_is_a_second_cell(started):  # noqa: F811
    started.set("clip_loss", CLIP_LOSS)

    def paste(cells):
        at = [cell.id for cell in cells].index("clip_loss")
        cells.insert(at, {**cells[at], "id": "0815", "source": "def clip_loss():\n    return 'my first try'"})

    started.edit(paste)
    started.publish(change(first(started, "markdown", "##"), "## Rewritten"))
    updated_twice(started)
    assert started.source("clip_loss") == CLIP_LOSS and "def clip_loss():\n    return 'my first try'" in started.texts()
