"""A learner's week: lessons in any order, kernels restarted, files edited, an update, a reset. Nothing is lost.

Everything that is called theirs is theirs.
"""

from dataclasses import replace

import pytest

pytest.importorskip("nbformat", reason="pip install -e .[course] brings what reads notebooks")

from notebook_session import CHECK_LOGITS, CHECK_LOSS, LOGITS, LOGITS_STUB, LOSS, session

from minclip.cli import main
from minclip.course import build, kept_answers, notebook_files, workbook_lessons
from minclip.course.exercise import library_source
from minclip.course.kept_answers import KeptAnswers
from minclip.course.learner_library import built, finished, installed
from minclip.course.notebook_files import read, write
from minclip.course.outline import LESSONS, exercise_of

LESSON = LESSONS[5]


@pytest.fixture
def week(tmp_path, monkeypatch):
    """The folder of a workbook, in which the learner works."""
    course = tmp_path / "the course"
    course.mkdir()
    for lesson in build.written():
        write(build.lesson_notebook(lesson), course / f"{lesson.name}.ipynb")
    monkeypatch.setattr(notebook_files, "FOLDER", course)
    monkeypatch.setattr("minclip.course.workbook_start.repository_beside", lambda folder: None)  # nobody's answers
    monkeypatch.delenv("MINCLIP_MINE", raising=False)
    book = tmp_path / "Høst 2026" / "min bok"
    book.parent.mkdir()
    monkeypatch.chdir(book.parent)
    assert main(["course", "start", str(book)]) == 0
    monkeypatch.chdir(book)
    return book


def solved_cells(name):
    """The cells in which a learner writes an exercise as minclip has it, and checks it."""
    lesson, exercise = exercise_of(name)
    return lesson.answers.SETUP, library_source(exercise.library), "from minclip.course import check", f"check({name})"


def whose(capsys, *names):
    """What `built` says, and where each part comes from."""
    capsys.readouterr()
    parts = built(*names)
    return capsys.readouterr().out.splitlines()[-1], [part.__module__ for part in parts]


def test_a_learners_week_loses_nothing(week, capsys, monkeypatch):
    mine, notebook = week / "my_minclip", week / LESSON.name / f"{LESSON.name}.ipynb"

    # Monday: lesson 03 before lesson 02, and the kernel restarts in the middle
    with session(capsys) as kernel:
        assert "✓ attention" in kernel.run(*solved_cells("attention"))
    with session(capsys) as kernel:
        assert "attention: yours" in kernel.run("attention = built('attention')")
        assert "✓ MultiHeadAttention" in kernel.run(*solved_cells("MultiHeadAttention"))
        assert "✓ PatchEmbedding" in kernel.run(*solved_cells("PatchEmbedding"))
    line, homes = whose(capsys, "MultiHeadAttention", "PatchEmbedding", "attention")
    assert line.count("yours") == 3 and all(home.startswith("my_minclip.") for home in homes)

    # Tuesday: 5.1 is skipped, 5.2 solved, then 5.1 after all
    with session(capsys, LOGITS_STUB, CHECK_LOGITS) as kernel:
        assert "✓ clip_loss" in kernel.run(LOSS, CHECK_LOSS)
    with session(capsys) as kernel:
        assert "✓ similarity_logits" in kernel.run(LOGITS, CHECK_LOGITS)
    loss, logits = built("clip_loss", "similarity_logits")
    assert loss.__globals__["similarity_logits"] is logits

    # Wednesday: notes and another loss, written into my_minclip/loss.py by hand, and a part changed there
    text = (mine / "loss.py").read_text(encoding="utf-8")
    text = text.replace("import torch\n", 'import torch\n\nNOTES = "what I learned"\n', 1)
    text = text.replace("labels = ", "labels = 0 + ", 1) + "\n\ndef my_own_loss(logits):\n    return clip_loss\n"
    (mine / "loss.py").write_text(text, encoding="utf-8")
    line, _ = whose(capsys, "clip_loss", "similarity_logits")
    assert line == "clip_loss: yours, edited by hand · similarity_logits: yours"

    # Thursday: a newer course calls an exercise by another name and has one more before it
    cells = read(notebook).cells
    next(cell for cell in cells if cell.id == "similarity_logits")["source"] = "# half an idea\n" + LOGITS
    old = read(notebook)
    old.cells = cells
    write(old, notebook)
    as_older_version_kept_it(KeptAnswers(mine))
    monkeypatch.setitem(kept_answers.FORMER, "contrastive_loss", "clip_loss")
    newer = [replace(one, former=("contrastive_loss",)) if one.name == "clip_loss" else one for one in LESSON.exercises]
    lessons = (*LESSONS[:5], replace(LESSON, exercises=tuple(newer)), *LESSONS[6:])
    monkeypatch.setattr(workbook_lessons, "LESSONS", lessons)
    path = notebook_files.FOLDER / f"{LESSON.name}.ipynb"
    course = read(path)
    place = next(i for i, cell in enumerate(course.cells) if cell.id == "clip_loss")
    added = {
        **course.cells[place],
        "id": "temperature",
        "source": 'def temperature():\n    raise NotImplementedError("5.2")',
    }
    course.cells.insert(place, type(course.cells[place])(added))
    course.cells[place]["metadata"] = {}
    write(course, path)
    assert main(["course", "update"]) == 0
    assert "put back: clip_loss" in capsys.readouterr().out
    after = {cell.id: cell.source for cell in read(notebook).cells}
    assert after["similarity_logits"].startswith("# half an idea") and "labels = 0 + " in after["clip_loss"]
    assert "temperature" in after
    assert whose(capsys, "clip_loss", "similarity_logits")[0] == line

    # Friday: one exercise is started afresh, another is trained with
    assert main(["course", "reset", "05", "similarity_logits"]) == 0
    assert "similarity_logits" not in finished() and (mine / "aside" / "similarity_logits.py").is_file()
    assert "raise NotImplementedError" in {c.id: c.source for c in read(notebook).cells}["similarity_logits"]
    with installed() as names:
        assert names == ["PatchEmbedding", "attention", "MultiHeadAttention", "clip_loss"]
    text = (mine / "loss.py").read_text(encoding="utf-8")
    assert 'NOTES = "what I learned"' in text and "def my_own_loss" in text and "labels = 0 + " in text
    with session(capsys) as kernel:
        assert "✓ similarity_logits" in kernel.run(LOGITS, CHECK_LOGITS)
    text = (mine / "loss.py").read_text(encoding="utf-8")
    assert 'NOTES = "what I learned"' in text and "def my_own_loss" in text and "def similarity_logits" in text
    assert "from minclip.loss import similarity_logits" not in text


def as_older_version_kept_it(answers):
    """Puts the answer to clip_loss where a version kept it that called the exercise contrastive_loss."""
    answers.up_to_date()
    file = answers.file("clip_loss")
    text = file.read_text(encoding="utf-8")
    file.unlink()
    answers.file("contrastive_loss").write_text(text.replace("clip_loss", "contrastive_loss"), encoding="utf-8")
    for path in (answers.folder / "loss.py", answers.folder / ".written" / "loss.py"):
        older = path.read_text(encoding="utf-8").replace("clip_loss", "contrastive_loss")
        path.write_text(older, encoding="utf-8")
