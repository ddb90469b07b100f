"""The look over submissions repairs what nobody wrote, names the rest, and changes nothing a second time."""

import copy
import json

import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator
from small_classroom import (
    FIRST,
    SECOND,
    as_bytes,
    cell,
    classroom,
    exercise,
    hand_in,
    notebook,
    state,
    without,
    written,
)

from minclip.classroom import handed_in, inspection
from minclip.classroom.inspection import inspect

NAME = FIRST.name
ANSWER = "    return x * x"
A, B = (one.name for one in FIRST.exercises[:2])


@pytest.fixture
def room(tmp_path):
    return classroom(tmp_path / "class", question=True)


def good(**changes):
    return notebook(FIRST, answers={A: ANSWER, B: ANSWER}, question=True, **changes)


def read(room, student="anna"):
    made = nbformat.read(room / "submitted" / student / NAME / f"{NAME}.ipynb", as_version=4)
    nbformat.validate(made)
    MetadataValidator().validate_nb(made)
    return made


def ids(made):
    return [one.metadata.get("nbgrader", {}).get("grade_id", "") for one in made.cells]


def sources(made):
    return [one.source for one in made.cells]


def looked_over(room, made, student="anna", name=None):
    """What is said of a notebook that a student hands in, after a second run that changes nothing."""
    content = made if isinstance(made, bytes) else as_bytes(made)
    hand_in(room / "submitted", student, FIRST, content, name)
    said = inspect(room)
    if any(line.startswith("repaired") for line in said):
        assert content in state(room).values(), "the original is lost"
    after = state(room)
    again = inspect(room)
    assert not any(line.startswith("repaired") for line in again) and state(room) == after
    return said


def test_a_good_notebook_stays_as_it_is(room):
    path = hand_in(room / "submitted", "anna", FIRST, as_bytes(good()))
    assert inspect(room) == ["1 submission looked over: nothing to repair."]
    assert path.read_bytes() == as_bytes(good()) and not (room / "originals").exists()


def test_a_copied_answer_keeps_the_last_that_is_written(room):
    made = good()
    first, stub = copy.deepcopy(made.cells[2]), exercise(A)
    first.source, first.id, stub.id = f"def {A}(x):\n    return 0", "copy-1", "copy-2"
    made.cells[2:2] = [first]
    made.cells.insert(4, stub)
    said = looked_over(room, made)
    now = read(room)
    assert "stood more than once" in said[0] and ids(now).count(A) == 1
    assert first.source in sources(now) and stub.source not in sources(now)
    assert now.cells[ids(now).index(A)].source == f"def {A}(x):\n{ANSWER}"


def test_a_copied_check_stays_once_below_the_answers(room):
    made = good()
    again = copy.deepcopy(made.cells[3])
    again.id = "again"
    answer = cell("code", f"def {A}(x):\n    return 7", "own")
    made.cells[4:4] = [answer, again]
    looked_over(room, made)
    now = read(room)
    assert ids(now).count(f"check-{A}") == 1
    assert sources(now).index(answer.source) < ids(now).index(f"check-{A}")


def test_an_answer_in_a_copied_check_stays(room):
    made = good()
    again = copy.deepcopy(made.cells[3])
    again.id, again.source = "again", f"def {A}(x):\n    return 8"
    made.cells.insert(3, again)
    looked_over(room, made)
    assert again.source in sources(read(room))


def test_ids_that_an_editor_dropped_come_back(room):
    made = good()
    for place, one in enumerate(made.cells):
        one.metadata = {"id": f"colab{place}"}
        one.id = f"x{place}"
    said = looked_over(room, made)
    assert "had lost their ids" in said[0] and ids(read(room)) == ids(good())


def test_ids_come_back_by_the_cells_own_id(room):
    made = good()
    for one in made.cells:
        one.metadata = {}
    made.cells[2].source = f"{A} = lambda x: x * x"
    looked_over(room, made)
    assert ids(read(room)) == ids(good())


def test_a_missing_check_comes_back_below_its_answer(room):
    made = without(good(), f"check-{A}")
    said = looked_over(room, made)
    now = ids(read(room))
    assert f"check-{A} was missing" in said[0] and now.index(f"check-{A}") == now.index(A) + 1


def test_a_missing_check_comes_back_below_an_answer_elsewhere(room):
    made = without(good(), f"check-{A}", A)
    made.cells.append(cell("code", f"def {A}(x):\n    return 5", "own"))
    looked_over(room, made)
    now = read(room)
    assert ids(now)[-1] == f"check-{A}" and ids(now).count(A) == 1
    assert not any("NotImplementedError" in text for text in sources(now))


def test_a_missing_answer_is_named(room):
    said = looked_over(room, without(good(), B))
    assert f"{B}: the cell is gone, and no other defines it" in said[0]


@pytest.mark.parametrize("words", [f"{B} = lambda x: x", f"from helper import {B}", f"if 1:\n    def {B}(x): pass"])
def test_an_answer_written_elsewhere_is_not_missed(room, words):
    made = without(good(), B, f"check-{B}")
    made.cells.append(cell("code", words, "own"))
    said = looked_over(room, made)
    assert not any("no other defines it" in line for line in said)
    assert ids(read(room))[-1] == f"check-{B}"


def test_a_missing_question_comes_back(room):
    looked_over(room, without(good(), "question-01"))
    assert ids(read(room)) == ids(good())


def test_a_missing_first_cell_comes_back_where_it_was(room):
    looked_over(room, without(good(), A, f"check-{A}"))
    assert [name for name in ids(read(room)) if name] == [f"check-{A}", B, f"check-{B}", "question-01"]


def test_unknown_ids_are_taken_off(room):
    made = good()
    made.cells[1].metadata = {"nbgrader": {"grade_id": "mine", "grade": True, "solution": False, "locked": True}}
    made.cells[0].metadata = {"nbgrader": []}
    said = looked_over(room, made)
    assert "mine" in said[0] and ids(read(room)) == ids(good())


def test_changed_points_and_kinds_are_the_released_ones(room):
    made = good()
    made.cells[3].metadata.nbgrader["points"] = 300
    made.cells[2] = nbformat.v4.new_markdown_cell(made.cells[2].source, metadata=made.cells[2].metadata)
    made.cells[4] = nbformat.v4.new_raw_cell(made.cells[4].source, metadata=made.cells[4].metadata)
    looked_over(room, made)
    now = read(room)
    assert [one.cell_type for one in now.cells[2:6]] == ["code"] * 4
    assert now.cells[3].metadata.nbgrader["points"] == 3


def test_a_changed_release_is_said_once(room):
    former = room / "copies" / f"released before {NAME} 1.ipynb"
    former.parent.mkdir()
    former.write_bytes((room / "release" / NAME / f"{NAME}.ipynb").read_bytes())
    release = good(version="new333")
    release.cells[3].metadata.nbgrader["points"] = 8
    release.cells[3].source += "  # new"
    release.cells[4].source = release.cells[4].source.replace(ANSWER, "    raise NotImplementedError")
    hand_in(room / "release", ".", FIRST, as_bytes(release))
    for place, student in enumerate(("anna", "ben")):
        made = good()
        made.cells[2].source += f"\n# {place}"
        hand_in(room / "submitted", student, FIRST, as_bytes(made))
    cheat = good()
    cheat.cells[3].metadata.nbgrader["points"] = 300
    cheat.cells[5].source = "print('right')"
    hand_in(room / "submitted", "cy", FIRST, as_bytes(cheat))
    said = inspect(room)
    changed = "the release changed since"
    assert sum(changed in line for line in said) == 1 and f"{changed} 3 notebooks were made" in said[1], said
    assert [line for line in said[:-1] if "anna" in line or "ben" in line] == []
    assert sum("cy" in line for line in said[:-1]) == 2
    assert read(room).cells[3].metadata.nbgrader["points"] == 8
    after = state(room)
    again = inspect(room)
    assert not any(line.startswith("repaired") for line in again) and sum(changed in line for line in again) == 1
    assert {name: after[name] for name in after if "checked" not in name} == {
        name: content for name, content in state(room).items() if "checked" not in name
    }


def test_a_changed_check_is_named(room):
    made = good()
    made.cells[3].source = "print('right')"
    said = looked_over(room, made)
    assert "locked, and changed by hand" in said[0] and said[0].startswith("look at")


def test_an_older_version_is_named(room):
    made = good(version="old222")
    made.cells[0].source = "# another title"
    said = looked_over(room, made)
    assert "made from another version of the notebook, old222: 1 cell differs from the class's" in said[0]


@pytest.mark.parametrize(
    "name", [f"{NAME} (1).ipynb", f"{NAME}-2.ipynb", "Untitled.ipynb", f"{NAME}.ipynb.ipynb", "05.IPYNB"]
)
def test_a_renamed_notebook_gets_its_name(room, name):
    said = looked_over(room, good(), name=name)
    assert name in said[0] and sources(read(room)) == sources(good())


def test_a_notebook_in_another_lessons_folder_finds_its_own(room):
    hand_in(room / "submitted", "anna", SECOND, as_bytes(good()))
    inspect(room)
    assert sources(read(room)) == sources(good()) and not (room / "submitted/anna" / SECOND.name).exists()


@pytest.mark.parametrize(
    "within", ["{name}.ipynb", "workbook/{name}/{name}.ipynb", "lesson5/x.ipynb", "{name} (1)/{name}.ipynb"]
)
def test_a_notebook_outside_of_its_folder_finds_it(room, within):
    path = room / "submitted/anna" / within.format(name=NAME)
    path.parent.mkdir(parents=True)
    path.write_bytes(as_bytes(good()))
    inspect(room)
    assert sources(read(room)) == sources(good())
    assert [p.name for p in (room / "submitted/anna").iterdir()] == [NAME]


def test_of_two_notebooks_the_named_one_counts(room):
    hand_in(room / "submitted", "anna", FIRST, written(FIRST), f"{NAME}-Copy1.ipynb")
    said = looked_over(room, good())
    assert "further notebook" in said[0] and written(FIRST) in state(room / "originals").values()
    assert sources(read(room)) == sources(good())


BROKEN = {
    b"": "it is empty",
    b"\0" * 50: "it is empty",
    b"{}": "no cells",
    b"[]": "no cells",
    b"[" * 100_000: "",
    b'{"cells": [': "cut off",
    b'{"cells": 3, "nbformat": 4, "metadata": {}}': "no cells",
    b'{"cells": [], "nbformat": 9, "metadata": {}}': "newer than 4",
    b"%PDF-1.7": "it is a PDF",
    b"<!DOCTYPE html><html>": "it is a web page",
    b"PK\x03\x04abc": "it is a zip",
    b"# In[1]:\nimport torch\n": "it is a Python file",
    b"hello": "no notebook",
    b'{\n "cells": [\n<<<<<<< HEAD\n  {}\n=======\n  {}\n>>>>>>> main\n ]}': "git's conflict marks (line 3)",
}


@pytest.mark.parametrize("content", BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_notebook_is_named(room, content):
    hand_in(room / "submitted", "ben", FIRST, as_bytes(good()))
    said = looked_over(room, content)
    assert BROKEN[content] in said[0] and said[0].startswith(f"look at   anna · {NAME}: ")
    assert said[-1].startswith("2 submissions looked over") and len(said) == 2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "cp1252"])
def test_other_encodings_become_utf8(room, encoding):
    made = good()
    made.cells[0].source = "# Größe"
    looked_over(room, as_bytes(made).decode().encode(encoding))
    assert read(room).cells[0].source == "# Größe"


def test_an_old_format_becomes_4(room):
    made = nbformat.convert(nbformat.from_dict(good()), 3)
    looked_over(room, nbformat.writes(made, 3).encode())
    assert ids(read(room)) == ids(good())


def test_cells_that_are_not_complete_are_mended(room):
    raw = json.loads(as_bytes(good()))
    del raw["cells"][1]["metadata"], raw["cells"][1]["outputs"], raw["cells"][1]["id"]
    raw["cells"][2]["outputs"] = ["?"]
    raw["cells"][4]["id"] = raw["cells"][2]["id"]
    raw["cells"].append("no cell")
    looked_over(room, json.dumps(raw).encode())
    assert ids(read(room)) == ids(good())


def test_a_large_notebook_loses_its_outputs(room, monkeypatch):
    monkeypatch.setattr(inspection, "LARGE", 20_000)
    made = good()
    made.cells[1].outputs = [nbformat.v4.new_output("stream", text="x" * 50_000)]
    said = looked_over(room, made)
    assert "its outputs are cut" in said[0] and not read(room).cells[1].outputs


def test_one_that_is_too_large_is_not_read(room, monkeypatch):
    monkeypatch.setattr(handed_in, "TOO_LARGE", 20_000)
    made = good()
    made.cells[0].source = "x" * 30_000
    assert "without its outputs" in looked_over(room, made)[0]


def test_files_that_do_not_belong_move_aside(room):
    folder = hand_in(room / "submitted", "anna", FIRST, as_bytes(good())).parent
    (room / "source" / NAME).mkdir(parents=True)
    (room / "source" / NAME / "data.csv").write_text("1")
    files = [
        "random.py",
        "torch.py",
        "sitecustomize.py",
        ".DS_Store",
        "cat.png",
        "my_minclip/loss.py",
        "__pycache__/a.pyc",
    ]
    for name in [*files, "helper.py", "data.csv", "timestamp.txt", f".ipynb_checkpoints/{NAME}-checkpoint.ipynb"]:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(name)
    said = looked_over(room, good())
    assert {path.name for path in folder.iterdir()} == {f"{NAME}.ipynb", "helper.py", "data.csv", "timestamp.txt"}
    assert set(files) <= {content.decode() for content in state(room / "originals").values()}
    assert any("helper.py stays" in line for line in said)


def test_a_link_is_moved_and_not_followed(room, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    path = hand_in(room / "submitted", "anna", FIRST, b"")
    path.unlink()
    path.symlink_to(tmp_path / "secret.txt")
    said = inspect(room)
    assert "was a link" in said[0] and not path.exists() and (tmp_path / "secret.txt").read_text() == "secret"


def test_an_export_in_place_of_the_notebook_is_named(room):
    hand_in(room / "submitted", "anna", FIRST, b"<html>", f"{NAME}.html")
    hand_in(room / "submitted", "ben", FIRST, b"x = 1", f"{NAME}.py")
    said = inspect(room)
    assert "is a web page in place of the notebook" in said[0] and "is a Python file in place" in said[1]


def test_students_with_the_same_work_are_named(room):
    for student in ("anna", "ben"):
        hand_in(room / "submitted", student, FIRST, as_bytes(good()))
    ran = good()
    ran.cells[1].execution_count = 3
    hand_in(room / "submitted", "cy", FIRST, as_bytes(ran))
    hand_in(room / "submitted", "dora", FIRST, as_bytes(notebook(FIRST, question=True)))
    hand_in(room / "submitted", "eve", FIRST, as_bytes(notebook(FIRST, question=True)))
    said = inspect(room)
    assert f"look at   anna · {NAME}: the same cells, letter by letter as ben, cy" in said
    assert f"look at   cy · {NAME}: the same cells, letter by letter as anna, ben" in said
    assert sum("the same" in line for line in said) == 3


def test_names_that_nbgrader_cannot_take_change(room):
    hand_in(room / "submitted", "Berg, Anna [2b]", FIRST, as_bytes(good()))
    assert "nbgrader cannot take" in inspect(room)[0]
    assert read(room, "Berg_Anna_2b").cells


def test_a_folder_in_the_wrong_order_is_named(room):
    hand_in(room / "submitted", NAME, SECOND, as_bytes(good()))
    assert "STUDENT/LESSON/LESSON.ipynb" in inspect(room)[0]


def test_a_file_that_cannot_be_read_stops_nobody(room, monkeypatch):
    for student in ("anna", "ben"):
        hand_in(room / "submitted", student, FIRST, as_bytes(without(good(), f"check-{A}")))
    real = inspection.repair_cells

    turns = iter([RuntimeError("boom"), None])

    def breaks_once(given, release):
        if (error := next(turns)) is not None:
            raise error
        return real(given, release)

    monkeypatch.setattr(inspection, "repair_cells", breaks_once)
    said = inspect(room)
    assert any("anna" in line and "boom" in line for line in said) and any("repaired  ben" in line for line in said)


def test_an_empty_classroom_says_so(room):
    assert inspect(room) == ["0 submissions looked over: nothing to repair."]


def test_half_a_letter_becomes_a_mark(room):
    made = as_bytes(good()).replace(b"# The symmetric loss", rb"# The \\ud83d loss".replace(rb"\\", b"\\"))
    looked_over(room, made)
    assert "\N{REPLACEMENT CHARACTER}" in read(room).cells[0].source


def test_names_with_odd_signs_are_one_line(room):
    folder = hand_in(room / "submitted", "anna", FIRST, as_bytes(good())).parent
    for name in ("a\nb\x1b[31m.png", "\udcff.png"):
        (folder / name).write_bytes(b"1")
    said = looked_over(room, good())
    assert "\\n" in said[0] and all(line.isprintable() for line in said) and "".join(said).encode()


def test_loose_files_are_named(room):
    hand_in(room / "submitted", "anna", FIRST, as_bytes(good()))
    (room / "submitted" / "ben.ipynb").write_bytes(as_bytes(good()))
    (room / "submitted" / "anna" / "notes.txt").write_text("1")
    said = inspect(room)
    assert any("notes.txt lies in no lesson's folder" in line for line in said)
    assert any("ben.ipynb: lies in no student's folder" in line for line in said)


def test_a_notebook_is_the_lesson_whose_cells_it_has(room):
    made = good()
    made.metadata["minclip"]["lesson"] = SECOND.number
    hand_in(room / "submitted", "anna", SECOND, as_bytes(made))
    inspect(room)
    assert sources(read(room)) == sources(good())


def test_a_release_that_cannot_be_read_is_said(room):
    (room / "release" / NAME / f"{NAME}.ipynb").write_bytes(b"{")
    with pytest.raises(ValueError, match=r"release.*cannot be read"):
        inspect(room)
