"""The learner's workbook: starting it, and a week of work on it. Nothing that somebody wrote is lost."""

import ast
import re

import pytest
from workbook_examples import CLAMP, CLIP_LOSS, LESSON, book, clone, exercise, numbered  # noqa: F401

from minclip.course.kept_answers import KeptAnswers

pytest.importorskip("nbformat", reason="pip install -e .[course] brings what reads notebooks")

from minclip.course import workbook
from minclip.course.former_answers import take_over, take_over_at_first
from minclip.course.notebook_files import notebook_in, read, write
from minclip.course.workbook import answers_folder
from minclip.course.workbook_links import linked
from minclip.course.workbook_start import exercise_in, lesson_of, reset, start


def test_start_makes_a_workbook_and_twice_is_once(book):  # noqa: F811
    assert book.start()[1:] == [f"{LESSON.name}: new"]
    before = book.everything()
    assert book.texts() == [linked(cell.source) for cell in book.first]
    assert "your workbook already" in book.start()[0]
    assert book.update() == [f"{LESSON.name}: up to date"] and book.everything() == before


def test_start_refuses_a_folder_with_other_files(tmp_path):
    (tmp_path / "thesis.docx").touch()
    with pytest.raises(ValueError, match=r"holds files that are no workbook's \(thesis\.docx\): name a folder"):
        start(tmp_path, KeptAnswers(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]
    with pytest.raises(ValueError, match=r"thesis\.docx"):
        start(tmp_path / "thesis.docx", KeptAnswers(tmp_path))


def test_a_workbook_that_lost_its_mark_is_known(book):  # noqa: F811
    book.start()
    (book.folder / "workbook.json").unlink()
    assert "your workbook already" in book.start()[0] and workbook.is_workbook(book.folder)


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
    assert book.answers.text("clip_loss") == CLIP_LOSS
    assert book.source("clamp_logit_scale") == CLAMP
    assert book.source("similarity_logits") == "def similarity_logits(:"  # begun in lessons/, and not right yet
    assert (mine / "loss.py").read_text(encoding="utf-8") == head + parts
    reset(book.folder, LESSON, None, book.answers)
    assert not any("Taken over" in line for line in book.start())  # what was reset does not come back
    assert "raise NotImplementedError" in book.source("similarity_logits")


def test_an_answer_comes_back_with_what_it_needs(book):  # noqa: F811
    helper, text = "def one_way(x):\n    return torch.sum(x)", "def clip_loss(a, b, scale):\n    return one_way(einops)"
    book.answers.adopt("clip_loss", f"import torch\nimport einops\n\n\n{helper}\n\n\n{text}\n")
    book.start()  # the lesson imports torch
    assert book.source("clip_loss") == f"import einops\n\n\n{helper}\n\n\n{text}"


def test_an_answer_that_is_kept_is_not_replaced(tmp_path):
    answers = KeptAnswers(tmp_path / "kept")
    answers.adopt("clip_loss", CLIP_LOSS)
    (tmp_path / "loss.py").write_text("# --- clip_loss, lesson 05\ndef clip_loss():\n    return 'older'\n", "utf-8")
    assert take_over(tmp_path, answers) == [] and answers.text("clip_loss") == CLIP_LOSS


@pytest.mark.parametrize("part", ["def other():\n    pass\n", "def clip_loss(:\n"])
def test_a_part_that_cannot_be_taken_over_is_named(tmp_path, part):
    class Strict(KeptAnswers):
        def adopt(self, name, text):
            if name not in {node.name for node in ast.parse(text).body}:
                raise ValueError(f"it does not define {name}")
            super().adopt(name, text)

    (tmp_path / "loss.py").write_text(f"# --- clip_loss, lesson 05\n{part}", encoding="utf-8")
    (line,) = take_over(tmp_path, Strict(tmp_path / "kept"))
    assert line.startswith(f"clip_loss stays in {tmp_path.parent.name}/{tmp_path.name}/loss.py alone: ")


def test_former_answers_are_found_without_a_command(clone, monkeypatch):  # noqa: F811
    (clone / "lessons" / "my_minclip").mkdir()
    (clone / "lessons" / "my_minclip" / "loss.py").write_text(f"# --- clip_loss, lesson 05\n{CLIP_LOSS}\n", "utf-8")
    monkeypatch.chdir(clone)
    folder = answers_folder()
    assert take_over_at_first(folder, KeptAnswers(folder)) != []
    assert KeptAnswers(folder).text("clip_loss") == CLIP_LOSS
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
    assert book.answers.names() == [] and book.texts() == [linked(cell.source) for cell in book.first]
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


def test_reset_says_where_a_part_taken_out_is(book):  # noqa: F811
    book.start()
    book.answers.adopt("clip_loss", CLIP_LOSS)
    (book.answers.folder / "loss.py").write_text('"""Empty."""\n', encoding="utf-8")
    said = reset(book.folder, LESSON, "clip_loss", book.answers)
    assert any(
        "clip_loss was taken out of my_minclip/loss.py: your answer is in my_minclip/aside" in one for one in said
    )
    assert book.answers.names() == []
