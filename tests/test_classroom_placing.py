"""Handed-in files that are odd in a rare way: what they become, and what is said of them."""

import json

import nbformat
import pytest
from small_classroom import FIRST, SECOND, as_bytes, classroom, hand_in, notebook, state

from minclip.classroom import released
from minclip.classroom.course_folder import classroom_of
from minclip.classroom.grading import chosen, only_one
from minclip.classroom.handed_in import read_notebook
from minclip.classroom.inspection import inspect

A, B = (one.name for one in FIRST.exercises[:2])
CELL = {"cell_type": "code", "source": "1", "metadata": {}, "outputs": [], "execution_count": None}


@pytest.fixture
def room(tmp_path):
    return classroom(tmp_path / "class", question=True)


def good():
    return notebook(FIRST, answers={A: "    return x * x", B: "    return x * x"}, question=True)


def of(*cells, **more) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells, **more}).encode()


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "it is empty"),
        (b"\0\0 \n", "it is empty"),
        (b"[" * 99_999, "its brackets never end"),
        (b"[1]", "it is JSON, but no notebook: it has no cells"),
        (b'{"cells": 3, "nbformat": 4}', "it is JSON, but no notebook: it has no cells"),
        (b'{"worksheets": [3], "nbformat": 3}', "an old notebook format that cannot be read"),
        (b'{"cells": [], "nbformat": 9}', "it has the notebook format 9, newer than 4"),
        (b"PK\x03\x04" + b"a" * 20, "it is a zip, not a notebook"),
        (b"%PDF-1.7", "it is a PDF, not a notebook"),
        (b'{"cells": [{"source": "', "it is a notebook that was cut off"),
    ],
)
def test_what_is_no_notebook_says_what_it_is(content, words):
    with pytest.raises(ValueError, match=words):
        read_notebook(content)


@pytest.mark.parametrize(
    "content, words",
    [
        (of(CELL, metadata=3), "its metadata were missing"),
        (of(CELL, 3, {"source": "1"}), "2 of its cells were no cells"),
        (of({**CELL, "outputs": [3]}), "1 of its cells were not complete"),
        (of({**CELL, "execution_count": "7"}), "1 of its cells were not complete"),
        (of({**CELL, "source": ["1", 3]}), "1 of its cells were not complete"),
        (of({**CELL, "source": None}, {"cell_type": "markdown", "source": "a"}), "2 of its cells were not complete"),
        (of(CELL).decode().encode("utf-16-le"), "it was in UTF-16"),  # without a mark
        (of(CELL).decode().encode("utf-16-be"), "it was in UTF-16"),
        (of(CELL).decode().encode("utf-16"), "it was in UTF-16"),
        (of(CELL).decode().encode("utf-8-sig"), "a mark of Windows' editors"),
        (of(CELL).replace(b'"1"', b'"\xe9"'), "it was not in UTF-8"),
        (of({**CELL, "source": "\ud83d"}), "it held halves of letters"),
        (of({**CELL, "source": "\U0001f600"}), ""),  # JSON writes both halves of it
    ],
)
def test_what_can_be_mended_is_mended_and_said(content, words):
    found = read_notebook(content)
    assert any(words in line for line in found.repaired) if words else not found.repaired
    text = json.dumps(found.raw)
    nbformat.validate(nbformat.reads(text, as_version=4))
    assert json.loads(text)["cells"]


def test_two_folders_for_one_name_are_said(room):
    for name in ("Berg, Anna", "Berg_Anna"):
        hand_in(room / "submitted", name, FIRST, as_bytes(good()))
    before = {path for path in state(room) if "submitted" in str(path)}
    assert any("Berg_Anna is there already: join the two" in line for line in inspect(room))
    assert {path for path in state(room) if "submitted" in str(path)} >= before


def test_a_notebook_of_no_lesson_is_said(room):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    hand_in(room / "submitted", "anna", FIRST, as_bytes(good()))
    (room / "submitted" / "anna" / "homework.ipynb").write_bytes(as_bytes(made))
    assert any("homework.ipynb is the notebook of no lesson of this classroom" in line for line in inspect(room))


def test_notebooks_in_each_others_places_are_said(room):
    of_second = notebook(SECOND, answers={one.name: "    return x" for one in SECOND.exercises})
    hand_in(room / "submitted", "anna", FIRST, as_bytes(of_second), f"{FIRST.name}.ipynb")
    hand_in(room / "submitted", "anna", SECOND, as_bytes(good()), f"{SECOND.name}.ipynb")
    assert any("another has its place: move both by hand" in line for line in inspect(room))


def test_many_loose_files_are_counted(room):
    hand_in(room / "submitted", "anna", FIRST, as_bytes(good()))
    for i in range(5):
        (room / "submitted" / "anna" / f"{i}.txt").write_text("1", encoding="utf-8")
    assert any("0.txt, 1.txt, 2.txt and 2 more lie in no lesson's folder" in line for line in inspect(room))


def test_who_handed_in_nothing_is_said(room):
    place = classroom_of(room)
    with pytest.raises(ValueError, match="nobody has handed in yet: put notebooks into class/submitted/"):
        chosen(place, None, None)
    for name in ("anna", "ben"):
        hand_in(room / "submitted", name, FIRST, as_bytes(good()))
    with pytest.raises(ValueError, match=f"nobody has handed in {SECOND.name}"):
        chosen(place, [SECOND], None)
    with pytest.raises(ValueError, match='no submission of "eve": the names are anna, ben'):
        chosen(place, None, ["anna", "eve"])
    assert [one.student for one in chosen(place, [FIRST], ["ben", "anna"])] == ["ben", "anna"]


def test_two_gradings_of_a_class_do_not_mix(room):
    place = classroom_of(room)
    with only_one(place), pytest.raises(ValueError, match="another grading of class runs"), only_one(place):
        pass


def test_a_release_that_is_gone_is_said(room, monkeypatch, tmp_path):
    (room / "release" / FIRST.name / f"{FIRST.name}.ipynb").unlink()
    monkeypatch.setattr(released, "course_path", lambda lesson: tmp_path / "nowhere.ipynb")
    with pytest.raises(ValueError, match=r"has no notebook of .* in release/: run `minclip classroom"):
        released.released(room, FIRST)
