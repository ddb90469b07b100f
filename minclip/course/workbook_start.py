"""Starting a workbook, and starting a lesson of it afresh."""

import os
from pathlib import Path

from nbformat import NotebookNode

from minclip.course.exercise import Lesson
from minclip.course.former_answers import take_over
from minclip.course.kept_answers import KeptAnswers
from minclip.course.notebook_files import (
    course_lessons,
    course_path,
    grade_id,
    keep_copy,
    notebook_in,
    read,
    write,
)
from minclip.course.outline import exercise_of, number_of
from minclip.course.workbook import (
    ANSWERS,
    NAMES,
    PLACE,
    answers_folder,
    foreign,
    is_repository,
    is_workbook,
    make_workbook,
    repository,
    short,
)
from minclip.course.workbook_lessons import HANDED_OUT, fresh, update, written_in

SHOWN = 3  # names of a folder's files in an error


def answers_of(book: Path) -> KeptAnswers:
    """What is kept for a workbook: in its my_minclip/, or in the folder that MINCLIP_MINE names."""
    folder = (answers_folder() if os.environ.get(PLACE) else None) or book / ANSWERS
    return KeptAnswers(folder)


def start(folder: Path, answers: KeptAnswers | None = None) -> list[str]:
    """Makes a workbook of a new or empty folder, or brings up to date one that is there; returns what to say.

    Answers that were kept in the repository's lessons/ come along. ValueError where the folder holds other files.
    """
    folder = folder.expanduser().absolute()
    new = not (folder / HANDED_OUT).is_dir()  # a workbook that a first answer made has no notebooks yet
    if new and not is_workbook(folder) and (others := foreign(folder)):
        more = " and others" if len(others) > SHOWN else ""
        raise ValueError(
            f"{short(folder)} holds files that are no workbook's ({', '.join(others[:SHOWN])}{more}): name a folder "
            f"that is new or empty, such as minclip course start {NAMES[1]}"
        )
    said = [f"Your workbook is {short(folder)}."]
    if not new:
        said = [f"{short(folder)} is your workbook already. It is brought up to date."]
    make_workbook(folder)
    answers = answers_of(folder) if answers is None else answers
    root = repository_beside(folder)
    unfinished: dict[str, str] = {}
    if new and root is not None:
        said += take_over(root / "lessons" / ANSWERS, answers)
        for lesson in course_lessons():
            unfinished |= written_in(notebook_in(root / "lessons", lesson), read(course_path(lesson)))
    return said + update(folder, answers, unfinished)


def repository_beside(folder: Path) -> Path | None:
    """The repository that a workbook is in, or that the working folder or this package belongs to."""
    package = Path(__file__).resolve().parents[2]
    return next((up for up in (*folder.parents, repository(), package) if up is not None and is_repository(up)), None)


def lesson_of(word: str) -> Lesson:
    """'5', '05' or '05_symmetric_infonce'. ValueError for what is no lesson."""
    lessons = course_lessons()
    for lesson in lessons:
        if word == lesson.name or (word.isdecimal() and int(word) == lesson.number):
            return lesson
    raise ValueError(f"{word!r} is no lesson: choose one of {', '.join(f'{lesson.number:02}' for lesson in lessons)}")


def exercise_in(lesson: Lesson, word: str) -> str:
    """'5.2' or 'clip_loss' -> 'clip_loss'. ValueError for what is no exercise of the lesson."""
    names = [exercise.name for exercise in lesson.exercises]
    for name in names:
        if word in (name, number_of(name)):
            return name
    raise ValueError(f"{word!r} is no exercise of lesson {lesson.number:02}: choose one of {', '.join(names)}")


def reset(book: Path, lesson: Lesson, exercise: str | None = None, answers: KeptAnswers | None = None) -> list[str]:
    """Gives a lesson or one exercise its stubs again; returns what to say.

    The notebook is copied first, and the kept answers are set aside. ValueError where one exercise
    is to be reset in a notebook that cannot be read.
    """
    answers = answers_of(book) if answers is None else answers
    path = notebook_in(book, lesson)
    if path.exists():
        copy = keep_copy(path, book)
        said = [f"The notebook before: {short(copy)}"]
        new = with_stub(path, lesson, exercise) if exercise else fresh(book, lesson)
        write(new, path)
    else:
        said = ["There was no notebook to copy."]
        write(fresh(book, lesson), path)
    what = f"{exercise} of {lesson.name}" if exercise else lesson.name
    said = [f"{what} starts afresh.", *said, *answers.up_to_date()]  # first: a part taken out by hand is aside already
    names = [exercise] if exercise else [one.name for one in lesson.exercises]
    former = [old for name in names for old in exercise_of(name)[1].former]
    kept = [name for name in names + former if name in answers.names()]
    return said + [f"Your {name} is kept in {short(answers.set_aside(name))}" for name in kept]


def with_stub(path: Path, lesson: Lesson, name: str) -> NotebookNode:
    """The learner's notebook with one exercise's cell as the course has it; put in again where it was deleted."""
    notebook, course = read(path), read(course_path(lesson)).cells
    for place, cell in enumerate(course):
        if cell.id not in (name, f"check-{name}"):
            continue
        here = next((mine for mine in notebook.cells if grade_id(mine) == cell.id), None)
        if here is None:
            before = {one.id for one in course[:place]}
            last = max((at for at, mine in enumerate(notebook.cells) if mine.id in before), default=-1)
            notebook.cells.insert(last + 1, cell)
        elif cell.id == name:
            here.update({"source": cell.source, "outputs": [], "execution_count": None})
    return notebook
