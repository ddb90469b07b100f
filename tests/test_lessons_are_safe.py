"""A build, a formatter and a test leave alone what somebody wrote in lessons/."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

build = pytest.importorskip("minclip.course.build", reason="pip install -e .[course] brings what builds notebooks")

from minclip.course import notebook_files  # noqa: E402
from minclip.course.notebook_files import course_path, read, write  # noqa: E402
from minclip.course.outline import LESSONS  # noqa: E402

ROOT = Path(__file__).parents[1]
LESSON = LESSONS[5]


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """The notebooks of lesson 05 as a checkout has them, where a build may write."""
    for folder in ("lessons", "solutions"):
        shutil.copytree(ROOT / folder / LESSON.name, tmp_path / folder / LESSON.name)
    (tmp_path / "notebooks").mkdir()
    shutil.copy(course_path(LESSON), tmp_path / "notebooks")
    monkeypatch.setattr(build, "ROOT", tmp_path)
    monkeypatch.setattr(notebook_files, "FOLDER", tmp_path / "notebooks")
    write(read(course_path(LESSON)), build.lesson_path(LESSON))
    return tmp_path


def save(path, change=lambda cells: None):
    """What JupyterLab does when somebody runs a notebook, changes it and saves."""
    notebook = read(path)
    notebook.metadata["language_info"] = {"name": "python", "version": "3.11.7", "nbconvert_exporter": "python"}
    notebook.metadata["kernelspec"]["display_name"] = "mine"
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    for number, cell in enumerate(notebook.cells):
        cell.metadata["jp-MarkdownHeadingCollapsed"] = True
        if cell.cell_type == "code":
            cell.update(execution_count=number, outputs=[])
            cell.metadata["execution"] = {"iopub.execute_input": "2026"}
    change(notebook.cells)
    write(notebook, path)


def answer(cells):
    next(cell for cell in cells if cell.id == "clip_loss")["source"] = "def clip_loss(a,b,s): l = a; return l"


def changed(monkeypatch):
    """A newer library: the stub says something else."""
    source = build.library_source
    monkeypatch.setattr(build, "library_source", lambda thing: source(thing).replace("loss", "Loss"))
    monkeypatch.setattr(build, "executed", lambda notebook, folder, mine=None: notebook)


def test_a_notebook_that_was_run_and_saved_is_unchanged(checkout):
    save(build.lesson_path(LESSON))
    save(build.solution_path(LESSON))
    assert build.build(LESSON) == []


def test_answers_stay_while_the_lesson_is_the_same(checkout):
    save(build.lesson_path(LESSON), answer)
    before = build.lesson_path(LESSON).read_bytes()
    (line,) = build.build(LESSON)
    assert line.endswith("05_symmetric_infonce.ipynb holds what somebody wrote, and stays as it is")
    assert build.lesson_path(LESSON).read_bytes() == before


def test_answers_are_copied_before_a_newer_lesson(checkout, monkeypatch):
    save(build.lesson_path(LESSON), answer)
    before = build.lesson_path(LESSON).read_bytes()
    changed(monkeypatch)
    said = build.build(LESSON)
    (copy,) = (checkout / "workbook" / "copies").iterdir()
    assert copy.read_bytes() == before and any(copy.name in line for line in said)
    assert "l = a" not in build.lesson_path(LESSON).read_text(encoding="utf-8")
    assert build.build(LESSON) == []


def test_a_newer_lesson_alone_needs_no_copy(checkout, monkeypatch):
    changed(monkeypatch)
    assert len(build.build(LESSON)) == 3 and not (checkout / "workbook").exists()


@pytest.mark.parametrize("text", ["<<<<<<< HEAD\n", ""])
def test_an_unreadable_notebook_is_copied_and_built(checkout, monkeypatch, text):
    build.lesson_path(LESSON).write_text(text, encoding="utf-8")
    changed(monkeypatch)
    build.build(LESSON)
    (copy,) = (checkout / "workbook" / "copies").iterdir()
    assert copy.read_text(encoding="utf-8") == text and read(build.lesson_path(LESSON))


def test_answers_are_seen_where_nothing_is_to_compare(checkout):
    save(build.lesson_path(LESSON), answer)
    course_path(LESSON).unlink()
    assert any("is kept in" in line for line in build.build(LESSON))


def test_ruff_leaves_notebooks_that_people_write_in(tmp_path):
    pytest.importorskip("ruff", reason="pip install -e .[dev] brings ruff")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    places = ["lessons/05", "workbook/05", "minclip-workbook/05", "minclip/course/notebooks"]
    for place in places:
        (tmp_path / place).mkdir(parents=True)
        path = tmp_path / place / "05.ipynb"
        shutil.copy(course_path(LESSON), path)
        save(path, answer)
    done = subprocess.run([sys.executable, "-m", "ruff", "check"], cwd=tmp_path, capture_output=True, text=True)
    said = done.stdout.replace("\\", "/")
    assert done.returncode == 1 and "minclip/course/notebooks/05.ipynb" in said
    assert not any(f"{place}/05.ipynb" in said for place in places[:3])
    assert subprocess.run([sys.executable, "-m", "ruff", "format", "--check"], cwd=tmp_path).returncode == 0
