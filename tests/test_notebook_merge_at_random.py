"""Whatever a learner and the course do to a notebook: no text of the learner's is lost, and twice is once."""

import copy
import random

import pytest
from workbook_examples import book, numbered, started, updated_twice  # noqa: F401

nbformat = pytest.importorskip("nbformat", reason="pip install -e .[course] brings what reads notebooks")


def edit(cells, draw, words):
    """Some cells are changed, deleted, added, copied or moved; each new line of text is another one."""
    for number in range(draw.randint(1, 8)):
        at = draw.randrange(len(cells))
        text = f"{words} {number}."
        kind = draw.choice(("change", "replace", "delete", "add", "add", "move", "copy"))
        if kind == "change":
            cells[at]["source"] += f"\n{text}"
        elif kind == "replace":
            cells[at]["source"] = text
        elif kind == "delete":
            del cells[at]
        elif kind == "move":
            cells.insert(draw.randrange(len(cells)), cells.pop(at))
        else:
            new = copy.deepcopy(cells[at]) if kind == "copy" else nbformat.v4.new_code_cell()
            new.update(id=f"{draw.randrange(10**9)}", source=text)
            cells.insert(at, new)


def as_built(cells):
    """Every exercise of a course stands once, and other cells are called by their place."""
    seen = set()
    for cell in cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name is not None and name in seen:
            del cell.metadata["nbgrader"]
        seen.add(name)
        cell["id"] = cell.id if "nbgrader" in cell.metadata or cell.id == "title" else "cell-"
    numbered(cells)


@pytest.mark.parametrize("seed", range(12))
def test_no_text_of_the_learner_is_lost(started, seed):  # noqa: F811
    draw = random.Random(seed)
    for version in range(3):
        started.edit(lambda cells, version=version: edit(cells, draw, f"Mine, {version},"))
        own = {line for text in started.texts() for line in text.splitlines() if line.startswith("Mine")}

        def change(cells, version=version):
            edit(cells, draw, f"The course's, {version},")
            as_built(cells)

        started.publish(change)
        updated_twice(started)
        text = "\n".join(started.texts())
        assert {line for line in own if line not in text} == set()
