"""Lesson 00: the first exercise comes early, so that a learner has a right answer within five minutes."""

import pytest

build = pytest.importorskip("minclip.course.build", reason="pip install -e .[course] brings what builds notebooks")

from minclip.course.outline import LESSONS  # noqa: E402

# At 200 words a minute these take under two minutes. With a minute for the cells and a minute and a half for the
# answer that is less than five minutes from the first word to the first own right answer.
WORDS = 350
CELLS = 2  # the imports and one figure
HEAVY = ("minclip.load", "PictureBook", "encode_", "classify")  # what takes seconds


def before_the_exercise():
    cells = build.lesson_notebook(LESSONS[0]).cells
    return cells[: [cell.id for cell in cells].index("cosine_similarity")]


def test_little_is_read_before_the_first_exercise():
    words = [len(cell.source.split()) for cell in before_the_exercise() if cell.cell_type == "markdown"]
    assert sum(words) <= WORDS, words


def test_no_heavy_cell_stands_before_the_first_exercise():
    code = [cell.source for cell in before_the_exercise() if cell.cell_type == "code"]
    assert len(code) <= CELLS
    assert [word for word in HEAVY if any(word in source for source in code)] == []


def test_later_cosines_are_the_learners():
    code = [cell.source for cell in build.lesson_notebook(LESSONS[0]).cells if cell.cell_type == "code"]
    assert not any("minclip.cosine_similarity" in source for source in code)
    assert sum("cosine_similarity(" in source for source in code) >= 6
