"""`minclip course`: what a learner types, and what is answered."""

import sys
from pathlib import Path

import pytest

pytest.importorskip("nbformat", reason="pip install -e .[course] brings what reads notebooks")

from minclip.cli import main
from minclip.course import lab
from minclip.course.notebook_files import course_lessons

FIRST = "00_meet_clip"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder outside of any repository."""
    folder = tmp_path / "Mine ting"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("MINCLIP_MINE", raising=False)
    monkeypatch.setattr("minclip.course.workbook_start.repository_beside", lambda folder: None)
    return folder


def said(capsys, *words):
    assert main(["course", *words]) == 0
    return capsys.readouterr().out.splitlines()


def refused(capsys, *words):
    assert main(["course", *words]) == 2
    return capsys.readouterr().err


def test_start_update_reset(here, capsys):
    lines = said(capsys, "start")
    assert lines[0] == f"Your workbook is {here / 'minclip-workbook'}." and f"{FIRST}: new" in lines
    assert lines[-1] == "To open it: minclip course lab"
    assert said(capsys, "update") == [f"{lesson.name}: up to date" for lesson in course_lessons()]
    lines = said(capsys, "reset", "0")
    assert lines[0] == f"{FIRST} starts afresh." and "The notebook before: " in lines[1]
    assert lines[-1].startswith("If a notebook that changed is open in JupyterLab, reload it")


def test_commands_find_the_workbook_from_inside(here, capsys, monkeypatch):
    said(capsys, "start", "kurs i clip")
    monkeypatch.chdir(here / "kurs i clip" / FIRST)
    assert said(capsys, "update")[0] == f"{FIRST}: up to date"
    assert said(capsys, "start")[0].endswith("is your workbook already. It is brought up to date.")
    assert said(capsys, "reset", "00", "0.1")[0] == f"cosine_similarity of {FIRST} starts afresh."


@pytest.mark.parametrize("words", [["update"], ["reset", "05"], ["update", "elsewhere"]])
def test_without_a_workbook_the_way_is_named(capsys, words):
    assert "is no workbook: minclip course start makes one" in refused(capsys, *words)


def test_a_foreign_folder_is_refused_and_left(here, capsys):
    (here / "thesis.docx").touch()
    assert "holds files that are no workbook's (thesis.docx): name a folder" in refused(capsys, "start", ".")
    assert [path.name for path in here.iterdir()] == ["thesis.docx"]


@pytest.mark.parametrize("words", [["reset", "77"], ["reset", "5", "attention"], ["reset", "5", ""]])
def test_a_reset_lists_what_is_there(capsys, words):
    said(capsys, "start")
    assert ": choose one of " in refused(capsys, *words)


def test_lab_starts_a_workbook_once(here, capsys, monkeypatch):
    opened = []
    monkeypatch.setattr(lab, "open_lab", lambda folder, options: opened.append((folder, options)) or 0)
    assert said(capsys, "lab")[-1] == f"{course_lessons()[-1].name}: new"
    assert said(capsys, "lab", "--jupyter", "--no-browser", "--port=9") == [
        f"Your workbook is {here / 'minclip-workbook'}."
    ]
    assert said(capsys, "lab", "other book")[0] == f"Your workbook is {here / 'other book'}."
    folder = here / "minclip-workbook"
    assert opened == [(folder, []), (folder, ["--no-browser", "--port=9"]), (here / "other book", [])]


def test_lab_says_that_the_course_has_news(here, capsys, monkeypatch):
    monkeypatch.setattr(lab, "open_lab", lambda folder, options: 0)
    said(capsys, "start")
    (here / "minclip-workbook" / FIRST / f"{FIRST}.ipynb").unlink()
    news = f"The course has a newer version of {FIRST}: minclip course update brings it."
    assert said(capsys, "lab")[-1] == news


def test_without_nbformat_one_line_says_what_to_install(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "nbformat", None)
    assert 'notebooks need the package nbformat: python -m pip install "nbformat' in refused(capsys, "start")


def test_without_jupyterlab_one_line_says_what_to_install(capsys, monkeypatch):
    monkeypatch.setattr(lab, "find_spec", lambda name: None)
    assert 'JupyterLab is not installed: python -m pip install "jupyterlab' in refused(capsys, "lab")
    assert Path("minclip-workbook").is_dir()
