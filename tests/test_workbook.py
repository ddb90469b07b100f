"""The learner's workbook: where it is, starting it, and a week of work on it. Nothing that somebody wrote is lost."""

import re
import shutil
from pathlib import Path

import pytest
from kept_answers_stand_in import KeptAnswers
from workbook_examples import CLAMP, CLIP_LOSS, LESSON, book, exercise, numbered  # noqa: F401

pytest.importorskip("nbformat", reason="pip install -e .[course] brings what reads notebooks")

from minclip.course import workbook
from minclip.course.former_answers import take_over, take_over_at_first
from minclip.course.notebook_files import notebook_in, read, write
from minclip.course.workbook import answers_folder, default_folder, make_answers_folder, where_answers_go
from minclip.course.workbook_start import exercise_in, lesson_of, reset, start

ROOT = Path(__file__).parents[1]


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """What makes a folder the repository, below folders whose names mean nothing."""
    root = tmp_path / "lessons" / "solutions" / "min clip ø"
    (root / "lessons" / LESSON.name).mkdir(parents=True)
    (root / "solutions" / LESSON.name).mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", root)
    (root / "lessons" / LESSON.name / "lesson.md").touch()
    monkeypatch.delenv("MINCLIP_MINE", raising=False)
    return root


def test_a_clone_keeps_answers_in_its_workbook(clone, monkeypatch):
    for place in (clone, clone / "lessons" / LESSON.name, clone / "lessons"):
        monkeypatch.chdir(place)
        assert answers_folder() == clone / "workbook" / "my_minclip"
        assert default_folder() == clone / "workbook"


def test_the_repositorys_solutions_keep_nothing(clone, monkeypatch):
    monkeypatch.chdir(clone / "solutions" / LESSON.name)
    assert workbook.workbook() is None and answers_folder() is None and where_answers_go() == ""
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


def test_the_nearest_workbook_counts(clone, monkeypatch):
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
    assert where_answers_go() == "Your answers are kept in ~/mine."
    assert make_answers_folder() == tmp_path / "mine" and not (tmp_path / "workbook.json").exists()


def test_who_opens_lessons_is_told_of_the_workbook(clone, monkeypatch):
    monkeypatch.chdir(clone / "lessons" / LESSON.name)
    line = where_answers_go()
    assert line.startswith("These are the course's own notebooks") and "`make lab`" in line
    assert line.endswith(f"{clone / 'workbook' / 'my_minclip'}.") and "\n" not in line


@pytest.mark.parametrize("text", ["", "[project]\nname = 'other'\n", "project = 1\n", "<<<<<<< HEAD\n"])
def test_another_project_is_not_the_repository(clone, text):
    assert workbook.is_repository(clone)
    (clone / "pyproject.toml").write_text(text, encoding="utf-8")
    assert not workbook.is_repository(clone)


def test_start_makes_a_workbook_and_twice_is_once(book):  # noqa: F811
    assert book.start()[1:] == [f"{LESSON.name}: new"]
    before = book.everything()
    assert book.texts() == [cell.source for cell in book.first]
    assert "your workbook already" in book.start()[0]
    assert book.update() == [f"{LESSON.name}: up to date"] and book.everything() == before


def test_start_refuses_a_folder_with_other_files(tmp_path):
    (tmp_path / "thesis.docx").touch()
    with pytest.raises(ValueError, match=r"holds files that are no workbook's \(thesis\.docx\): name a folder"):
        start(tmp_path, KeptAnswers(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]
    with pytest.raises(ValueError, match=r"thesis\.docx"):
        start(tmp_path / "thesis.docx", KeptAnswers(tmp_path))


def test_start_takes_a_folder_that_a_first_answer_made(book):  # noqa: F811
    workbook.make_workbook(book.folder)
    book.answers.adopt("clip_loss", CLIP_LOSS)
    assert book.start()[1:] == [f"{LESSON.name}: new; put back: clip_loss"]
    assert book.source("clip_loss") == CLIP_LOSS


def test_answers_of_the_former_place_come_along(clone, book, monkeypatch):  # noqa: F811
    monkeypatch.setattr("minclip.course.workbook_start.repository_beside", lambda folder: clone)
    mine = clone / "lessons" / "my_minclip"
    mine.mkdir()
    head = '"""Written by you."""\n\n\n'
    parts = (
        f"# --- clip_loss, lesson 05\nimport torch\n\n\n{CLIP_LOSS}\n\n\n# --- clamp_logit_scale, lesson 05\n{CLAMP}\n"
    )
    (mine / "loss.py").write_text(head + parts, encoding="utf-8")
    unfinished = read(book.course / f"{LESSON.name}.ipynb")
    next(cell for cell in unfinished.cells if cell.id == "similarity_logits")["source"] = "def similarity_logits(:"
    write(unfinished, notebook_in(clone / "lessons", LESSON))

    said = book.start()
    assert "Taken over from lessons/my_minclip, where the files stay: clip_loss, clamp_logit_scale." in said
    assert book.answers.text("clip_loss") == f"import torch\n\n\n{CLIP_LOSS}\n"
    assert book.source("clamp_logit_scale") == CLAMP
    assert book.source("similarity_logits") == "def similarity_logits(:"  # begun in lessons/, and not right yet
    assert (mine / "loss.py").read_text(encoding="utf-8") == head + parts
    reset(book.folder, LESSON, None, book.answers)
    assert not any("Taken over" in line for line in book.start())  # what was reset does not come back
    assert "raise NotImplementedError" in book.source("similarity_logits")


def test_an_answer_that_is_kept_is_not_replaced(tmp_path):
    answers = KeptAnswers(tmp_path / "kept")
    answers.adopt("clip_loss", "newer")
    (tmp_path / "loss.py").write_text("# --- clip_loss, lesson 05\nolder\n", encoding="utf-8")
    assert take_over(tmp_path, answers) == [] and answers.text("clip_loss") == "newer"


def test_former_answers_are_found_without_a_command(clone, monkeypatch):
    (clone / "lessons" / "my_minclip").mkdir()
    (clone / "lessons" / "my_minclip" / "loss.py").write_text(f"# --- clip_loss, lesson 05\n{CLIP_LOSS}\n", "utf-8")
    monkeypatch.chdir(clone)
    folder = answers_folder()
    assert take_over_at_first(folder, KeptAnswers(folder)) != []
    assert KeptAnswers(folder).text("clip_loss") == f"{CLIP_LOSS}\n"
    KeptAnswers(folder).set_aside("clip_loss")
    assert take_over_at_first(folder, KeptAnswers(folder)) == []  # what was set aside stays there


def test_a_learners_week(book):  # noqa: F811
    book.start()
    book.set("clip_loss", CLIP_LOSS)
    book.answers.adopt("clamp_logit_scale", CLAMP)  # solved, and the notebook was lost since
    own = "my_notes = 'added in the middle'"
    book.edit(lambda cells: cells.insert(8, {**cells[2], "id": "4711", "source": own}))

    def version_2(cells):  # an exercise before 5.2, and 5.3 has another name
        at = [cell.id for cell in cells].index("clip_loss")
        new = exercise(cells[at], "count_negatives", "5.2")
        for cell in cells[at:]:
            cell.update(source=cell.source.replace("5.2", "5.3").replace("clamp_logit_scale", "limit_scale"))
            cell.update(id=cell.id.replace("clamp_logit_scale", "limit_scale"))
            if "nbgrader" in cell.metadata:
                cell.metadata.nbgrader["grade_id"] = cell.id
        cells[at:at] = new
        numbered(cells)

    book.publish(version_2, former={"limit_scale": "clamp_logit_scale"})
    (line,) = book.update()
    assert re.search(r"put back: limit_scale\. The notebook before: copies/05_symmetric_infonce .*\.ipynb$", line)
    assert book.source("clip_loss") == CLIP_LOSS
    assert book.source("limit_scale") == CLAMP.replace("clamp_logit_scale", "limit_scale")
    assert book.source("check-limit_scale") == "limit_scale = check(limit_scale)"
    assert "raise NotImplementedError" in book.source("count_negatives")
    assert book.texts().count(own) == 1 and book.texts().index(own) == 8
    assert "kept and marked" not in line and not any("Yours" in text for text in book.texts())  # only numbers moved
    assert CLIP_LOSS in [cell.source for cell in read(book.copies()[0]).cells]

    before = book.everything()
    assert book.update() == [f"{LESSON.name}: up to date"] and book.everything() == before

    said = reset(book.folder, LESSON, "clip_loss", book.answers)
    assert said[0] == f"clip_loss of {LESSON.name} starts afresh." and len(book.copies()) == 2
    assert "raise NotImplementedError" in book.source("clip_loss") and own in book.texts()
    assert book.update() == [f"{LESSON.name}: up to date"]
    assert CLIP_LOSS in [cell.source for copy in book.copies() for cell in read(copy).cells]


def test_a_lesson_that_is_reset_sets_its_answers_aside(book):  # noqa: F811
    book.start()
    book.answers.adopt("clip_loss", CLIP_LOSS)
    book.update()
    assert book.source("clip_loss") == CLIP_LOSS
    said = reset(book.folder, LESSON, None, book.answers)
    assert any(line.endswith("clip_loss.py") and "aside" in line for line in said)
    assert book.answers.names() == [] and book.texts() == [cell.source for cell in book.first]
    assert book.update() == [f"{LESSON.name}: up to date"]


def test_a_deleted_exercise_comes_back_by_reset(book):  # noqa: F811
    book.start()
    gone = ("clip_loss", "check-clip_loss")
    book.edit(lambda cells: cells.__setitem__(slice(None), [cell for cell in cells if cell.id not in gone]))
    assert book.update() == [f"{LESSON.name}: up to date"]  # a learner may delete cells
    reset(book.folder, LESSON, "clip_loss", book.answers)
    assert book.ids() == [cell.id for cell in book.first]


@pytest.mark.parametrize("word", ["5", "05", "05_symmetric_infonce"])
def test_lessons_and_exercises_are_named_as_people_do(word):
    assert lesson_of(word) is LESSON
    assert exercise_in(LESSON, "5.2") == exercise_in(LESSON, "clip_loss") == "clip_loss"


def test_unknown_lessons_and_exercises_list_the_known():
    with pytest.raises(ValueError, match="'55' is no lesson: choose one of 00, 01"):
        lesson_of("55")
    with pytest.raises(ValueError, match="'attention' is no exercise of lesson 05: choose one of similarity_logits"):
        exercise_in(LESSON, "attention")
