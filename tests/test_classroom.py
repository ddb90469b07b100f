"""`minclip classroom`: the folder of a class, and the points of a class with tiny lessons."""

import copy
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from classroom_examples import NAME, RIGHT, code, contents, hand_in, hand_in_notebook, points, tiny_lessons  # noqa: F401
from nbformat import NotebookNode

pytest.importorskip("nbgrader")

from minclip.classroom import course_folder, grading
from minclip.classroom.course_folder import make
from minclip.classroom.released_cells import drop_linked, restored
from minclip.cli import build_parser, main
from minclip.course.notebook_files import read
from minclip.course.outline import LESSONS

ONE = [LESSONS[5]]
TWO = [LESSONS[1], LESSONS[5]]


@pytest.fixture(scope="module")
def patched():
    from classroom_examples import tiny

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("minclip.classroom.notebook.grading_notebook", tiny)
        yield patch


@pytest.fixture(scope="module")
def graded(tmp_path_factory, patched):
    """A class that is graded once, and what was said of it."""
    room = tmp_path_factory.mktemp("a class") / "class"
    make(room, ONE)
    hand_in(room, "perfect", RIGHT)
    hand_in(room, "half", {"first": RIGHT["first"], "second": "def second():\n    return helper()"})
    hand_in(room, "exits", {"first": RIGHT["first"] + "\nimport os\nos._exit(0)", "second": RIGHT["second"]})
    writes = """
        import pathlib, shutil
        shutil.rmtree(".", ignore_errors=True)
        for name in {!r}, "{}.ipynb":
            pathlib.Path(name).write_text("x")
    """
    hand_in(room, "writes", {"imports": writes.format(str(room / "gradebook.db"), NAME), **RIGHT})
    notebook = hand_in(room, "cells", RIGHT)
    check = next(cell for cell in notebook.cells if cell.id == "check-second")
    twice = NotebookNode(
        next(cell for cell in notebook.cells if cell.id == "first"), id="copied", source="first = None"
    )
    notebook.cells = [twice, *[cell for cell in notebook.cells if cell is not check]]
    hand_in_notebook(room, "cells", notebook)
    before, said = contents(room / "submitted", room / "source"), []
    lines = grading.grade(room, jobs=3, seconds=20, say=said.append)
    return room, before, said, lines


EXPECTED = {"perfect": 7, "half": 3, "exits": 4, "writes": 7, "cells": 7}


def test_every_submission_gets_its_own_points(graded):
    room, _, said, lines = graded
    assert points(room) == EXPECTED
    assert lines == [f"{len(EXPECTED)} submissions graded."]
    assert f"perfect  {NAME}  7 of 11 points" in said  # 4 are for the written question


def test_nothing_that_was_handed_in_changes(graded):
    room, before, *_ = graded
    assert contents(room / "submitted", room / "source") == before


def test_what_is_graded_and_unchanged_is_left_alone(graded):
    room, *_ = graded
    assert grading.grade(room) == [
        "0 submissions graded.",
        f"{len(EXPECTED)} were graded before and have not changed: --force grades again.",
    ]


@pytest.mark.slow
def test_grading_again_in_the_other_order_gives_the_same(graded, patched):
    room, before, *_ = graded
    lines = grading.grade(room, students=["writes", "exits", "half"], jobs=1, seconds=20, force=True)
    assert lines == ["3 submissions graded."] and points(room) == EXPECTED
    assert contents(room / "submitted", room / "source") == before


@pytest.mark.slow
def test_plain_nbgrader_works_in_the_folder(graded):
    room, *_ = graded
    search = str(Path(course_folder.__file__).parents[2])
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    words = [sys.executable, "-m", "nbgrader", "autograde", NAME, "--student", "half", "--force"]
    environment = dict(os.environ) | {"PATH": path, "PYTHONPATH": search}
    run = subprocess.run(words, cwd=room, env=environment, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    assert points(room) == EXPECTED
    done = read(room / "autograded/half" / NAME / f"{NAME}.ipynb")
    assert [cell.execution_count for cell in done.cells if cell.cell_type == "code"] == [1, 2, 3, 4, 5]


@pytest.mark.slow
def test_a_changed_submission_is_graded_again(graded):
    room, *_ = graded
    hand_in(room, "late", RIGHT)
    assert grading.grade(room, students=["late"]) == ["1 submission graded."]
    hand_in(room, "late")
    assert grading.grade(room, students=["late"]) == ["1 submission graded."]
    assert points(room)["late"] == 0


def test_a_notebook_that_is_none_stops_no_other(graded):
    room, *_ = graded
    broken = hand_in(room, "broken", RIGHT) and room / "submitted/broken" / NAME / f"{NAME}.ipynb"
    broken.write_text("<html>")
    said: list[str] = []
    lines = grading.grade(room, students=["broken", "half"], force=True, say=said.append)
    assert lines[-1] == "1 could not be graded: see above, and minclip classroom check."
    assert f"broken  {NAME}  not graded: it is a web page, not a notebook: ask for the .ipynb file" in said
    assert points(room)["half"] == 3
    shutil.rmtree(room / "submitted/broken")  # the class is that of the other tests, whatever their order


def test_an_unknown_student_is_named(graded):
    with pytest.raises(ValueError, match=r'no submission of "nora": the names are .*half'):
        grading.grade(graded[0], students=["nora"])


def test_making_a_class_twice_changes_nothing(tmp_path, tiny_lessons):  # noqa: F811
    room = tmp_path / "class"
    said = make(room, ONE)
    assert said[0].endswith("is a new classroom.") and f"release/{NAME}/{NAME}.ipynb is what students get." in said
    before = contents(room)
    assert not [line for line in make(room) if "release" in line and "1." not in line]
    assert contents(room) == before


def test_a_lesson_is_added_and_the_secret_stays(tmp_path, tiny_lessons):  # noqa: F811
    room = tmp_path / "class"
    make(room, ONE)
    seed = course_folder.classroom_of(room).seed
    make(room, [LESSONS[1]])
    again = course_folder.classroom_of(room)
    assert [lesson.number for lesson in again.chosen()] == [1, 5] and again.seed == seed


def test_what_a_teacher_changed_stays_or_is_copied_aside(tmp_path, tiny_lessons, monkeypatch):  # noqa: F811
    from classroom_examples import tiny

    room = tmp_path / "class"
    make(room, ONE)
    source, config = room / "source" / NAME / f"{NAME}.ipynb", room / "nbgrader_config.py"
    mine = source.read_text(encoding="utf-8").replace("# Tiny", "# My own")
    source.write_text(mine, encoding="utf-8")
    config.write_text(config.read_text(encoding="utf-8") + "c.SandboxedExecute.timeout = 7\n", encoding="utf-8")
    (room / "notes.txt").write_text("mine")
    said = make(room)
    assert f"source/{NAME}/{NAME}.ipynb holds your changes and stays as it is." in said
    assert "nbgrader_config.py holds your changes and stays as it is." in said
    assert source.read_text(encoding="utf-8") == mine
    assert "# My own" in (room / "release" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8")

    def newer(lesson):
        notebook = tiny(lesson)
        notebook.cells.append(code("'new'"))
        notebook.cells[-1].id = "new"
        return notebook

    monkeypatch.setattr("minclip.classroom.notebook.grading_notebook", newer)
    said = make(room)
    copies = [path for path in (room / "copies").iterdir() if path.read_text(encoding="utf-8") == mine]
    assert len(copies) == 1 and any(copies[0].name in line for line in said)
    assert "'new'" in source.read_text(encoding="utf-8") and (room / "notes.txt").read_text() == "mine"


def test_a_release_changed_by_hand_is_copied_aside(tmp_path, tiny_lessons):  # noqa: F811
    room = tmp_path / "class"
    make(room, ONE)
    release, source = (room / step / NAME / f"{NAME}.ipynb" for step in ("release", "source"))
    release.write_text(release.read_text(encoding="utf-8").replace("# Tiny", "# By hand"), encoding="utf-8")
    source.write_text(source.read_text(encoding="utf-8").replace("# Tiny", "# Other"), encoding="utf-8")
    said = make(room)
    assert any("was changed by hand" in line for line in said)
    assert ["# By hand" in path.read_text(encoding="utf-8") for path in (room / "copies").iterdir()] == [True]


def test_another_course_is_not_taken_over(tmp_path):
    (tmp_path / "source").mkdir()
    with pytest.raises(ValueError, match="holds source of another course: name a new folder"):
        make(tmp_path, ONE)
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


@pytest.mark.parametrize("name", ["50% of ü", "it's {1} #a"])
def test_a_class_may_have_many_names(tmp_path, tiny_lessons, name):  # noqa: F811
    room = tmp_path / name
    make(room, ONE)
    assert (room / "release" / NAME / f"{NAME}.ipynb").is_file() and (room / "gradebook.db").is_file()


@pytest.mark.parametrize("name", ["class [a]", "a?b", "c*"])
def test_a_name_that_is_a_pattern_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="nbgrader cannot work in a path with"):
        make(tmp_path / name, ONE)
    assert not list(tmp_path.iterdir())


def test_a_link_brings_nothing_of_the_teachers(tmp_path):
    submitted, autograded = tmp_path / "submitted", tmp_path / "autograded"
    for folder in (submitted, autograded):
        folder.mkdir()
        (folder / "own.txt").write_text("mine")
    (tmp_path / "gradebook.db").write_text("secret")
    (submitted / "data.csv").symlink_to(tmp_path / "gradebook.db")
    (autograded / "data.csv").write_text("secret")
    assert drop_linked(submitted, autograded) == ["data.csv"]
    assert [path.name for path in autograded.iterdir()] == ["own.txt"]
    assert (tmp_path / "gradebook.db").read_text() == "secret"


def test_two_gradings_at_once_are_refused(graded):
    room, *_ = graded
    with grading.only_one(course_folder.classroom_of(room)), pytest.raises(ValueError, match="another grading"):
        grading.grade(room, students=["half"], force=True)


def test_a_folder_that_is_no_classroom_is_refused(tmp_path, capsys):
    assert main(["classroom", "grade", str(tmp_path)]) == 2
    assert "is no classroom" in capsys.readouterr().err


def test_a_class_in_which_nobody_handed_in_is_refused(tmp_path, tiny_lessons, capsys):  # noqa: F811
    assert main(["classroom", str(tmp_path / "class"), "--lessons", "05"]) == 0
    assert main(["classroom", "grade", str(tmp_path / "class")]) == 2
    assert "nobody has handed in yet" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "action", "folder"),
    [
        (["class"], "make", "class"),
        (["--lessons", "01", "class"], "make", "class"),
        (["./check"], "make", "check"),
        (["check", "class"], "check", "class"),
        (["make", "check"], "make", "check"),
        (["grade", "--force", "grade"], "grade", "grade"),
    ],
)
def test_an_action_is_told_from_a_folder(words, action, folder):
    found = build_parser().parse_args(["classroom", *words])
    assert (found.action, found.folder) == (action, Path(folder))


@pytest.mark.parametrize(
    "words", [["grade", "class", "--jobs", "0"], ["check"], [], ["grade", "class", "--seconds", "x"]]
)
def test_wrong_words_are_refused(words, capsys):
    with pytest.raises(SystemExit):
        build_parser().parse_args(["classroom", *words])
    assert "error" in capsys.readouterr().err


def test_a_missing_package_is_named_with_the_command(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r'needs the package nbgrader: python -m pip install "minclip\[classroom\]"'):
        make(tmp_path / "class")


@pytest.mark.slow
def test_stopping_ends_all_and_the_next_run_goes_on(tmp_path, tiny_lessons):  # noqa: F811
    psutil = pytest.importorskip("psutil")
    room = tmp_path / "class"
    make(room, ONE)
    hand_in(room, "anna", RIGHT)
    hand_in(room, "ben", {"imports": "import time; time.sleep(600)", **RIGHT})

    def stop(line: str) -> None:
        if line.startswith("anna"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grading.grade(room, jobs=2, seconds=600, say=stop)
    assert not psutil.Process().children(recursive=True)
    assert points(room)["anna"] == 7
    hand_in(room, "ben", RIGHT)
    assert grading.grade(room, jobs=2)[0] == "1 submission graded."
    assert points(room) == {"anna": 7, "ben": 7}


def cells(*given: str) -> list[NotebookNode]:
    """'first' is the released cell; 'first=1' one with another text."""
    from classroom_examples import tiny

    released = {cell.id: cell for cell in tiny(LESSONS[5]).cells}
    found = []
    for word in given:
        name, _, text = word.partition("=")
        found.append(copy.deepcopy(released[name]))
        found[-1].source = text or found[-1].source
    return found


@pytest.mark.parametrize(
    ("there", "becomes"),
    [
        ("first check-first second check-second", "first check-first second check-second"),
        ("first second", "first check-first second check-second"),
        ("", "check-first check-second"),
        ("second", "check-first second check-second"),
        ("check-second second check-first first", "check-second second check-first first"),
        ("first=1 first first=2 check-first second check-second", "- - first check-first second check-second"),
        ("first=1 first check-first second check-second", "first - check-first second check-second"),
    ],
)
def test_cells_that_count_are_there_once(there, becomes):
    released = cells("title", "imports", "first", "check-first", "second", "check-second")
    found = restored(cells(*there.split()), released)
    assert [cell.metadata.get("nbgrader", {}).get("grade_id", "-") for cell in found] == becomes.split()
