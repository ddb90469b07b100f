"""Where the learner's workbook is: decided by what folders hold, never by their names."""

import pytest
from workbook_examples import LESSON, clone  # noqa: F401

from minclip.course import workbook
from minclip.course.workbook import (
    answers_folder,
    default_folder,
    make_answers_folder,
    where_answers_are,
    where_answers_go,
)


def test_a_clone_keeps_answers_in_its_workbook(clone, monkeypatch):  # noqa: F811
    for place in (clone, clone / "lessons" / LESSON.name, clone / "lessons"):
        monkeypatch.chdir(place)
        assert answers_folder() == clone / "workbook" / "my_minclip"
        assert default_folder() == clone / "workbook"


def test_the_repositorys_solutions_keep_nothing(clone, monkeypatch):  # noqa: F811
    monkeypatch.chdir(clone / "solutions" / LESSON.name)
    assert workbook.workbook() is None and answers_folder() is None and where_answers_are() == where_answers_go() == ""
    assert make_answers_folder() is None
    assert default_folder() == clone / "workbook"


@pytest.mark.parametrize("name", ["solutions", "lessons", "solutions/week 5", "æ ø/lessons/05_symmetric_infonce"])
def test_a_learners_own_folder_keeps_whatever_its_name(tmp_path, monkeypatch, name):
    monkeypatch.delenv("MINCLIP_MINE", raising=False)
    folder = tmp_path / name
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    assert answers_folder() == folder / "workbook" / "my_minclip"
    assert list(folder.iterdir()) == []
    assert make_answers_folder().is_dir() and workbook.is_workbook(folder / "workbook")


def test_the_nearest_workbook_counts(clone, monkeypatch):  # noqa: F811
    inner = clone / "solutions" / "mine"
    workbook.make_workbook(inner)
    (inner / "solutions").mkdir()
    monkeypatch.chdir(inner / "solutions")
    assert answers_folder() == inner / "my_minclip"
    workbook.make_workbook(clone.parent)  # further up than the repository
    monkeypatch.chdir(clone / "lessons")
    assert answers_folder() == clone / "workbook" / "my_minclip"


def test_a_workbook_beside_is_found_by_either_name(tmp_path, monkeypatch):
    monkeypatch.delenv("MINCLIP_MINE", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "workbook").mkdir()
    (tmp_path / "workbook" / "diary.txt").touch()
    assert answers_folder() == tmp_path / "minclip-workbook" / "my_minclip"  # the other name is somebody's
    (tmp_path / "workbook" / "diary.txt").unlink()
    assert answers_folder() == tmp_path / "workbook" / "my_minclip"
    workbook.make_workbook(tmp_path / "minclip-workbook")
    assert answers_folder() == tmp_path / "minclip-workbook" / "my_minclip"


def test_the_variable_names_a_folder_of_the_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("MINCLIP_MINE", "~/mine")
    assert answers_folder() == tmp_path / "mine"
    assert where_answers_are() == "Right answers are kept in ~/mine."
    assert make_answers_folder() == tmp_path / "mine" and not (tmp_path / "workbook.json").exists()


def test_who_opens_lessons_is_told_of_the_workbook(clone, monkeypatch):  # noqa: F811
    monkeypatch.chdir(clone / "lessons" / LESSON.name)
    line = where_answers_are()
    assert line.startswith("These are the course's own notebooks") and "`make lab`" in line
    assert line.endswith(f"{clone / 'workbook' / 'my_minclip'}.") and "\n" not in line


@pytest.mark.parametrize("text", ["", "[project]\nname = 'other'\n", "project = 1\n", "<<<<<<< HEAD\n"])
def test_another_project_is_not_the_repository(clone, text):  # noqa: F811
    assert workbook.is_repository(clone)
    (clone / "pyproject.toml").write_text(text, encoding="utf-8")
    assert not workbook.is_repository(clone)


def test_git_ignores_a_workbook_in_the_repository_alone(clone, tmp_path):  # noqa: F811
    for folder, ignored in ((clone / "my own", True), (tmp_path / "elsewhere", False)):
        workbook.make_workbook(folder)
        assert (folder / ".gitignore").exists() == ignored


def test_where_answers_go_is_said_once(tmp_path, monkeypatch):
    monkeypatch.setenv("MINCLIP_MINE", str(tmp_path / "mine"))
    assert where_answers_go() == where_answers_are() != ""
    assert where_answers_go() == ""
    monkeypatch.setenv("MINCLIP_MINE", str(tmp_path / "others"))
    assert where_answers_go() != ""
