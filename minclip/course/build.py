"""Notebooks out of a lesson's text: the learner's, the solved and executed one, and nbgrader's source.

    python -m minclip.course.build            (make lessons: builds what changed)
    python -m minclip.course.build --all      (builds and executes everything anew)

The learner's notebook is written twice: to minclip/course/notebooks/, from where a workbook gets it, and to lessons/,
to be read. What somebody wrote in the one in lessons/ stays, or is copied to the workbook's copies/ first.

lessons/NN_name/lesson.md is a notebook in jupytext's Markdown. Four kinds of code cells are filled in here:

    ```python exercise="clip_loss"              the library's text, to be written
    ```python check="clip_loss"                 clip_loss = check(clip_loss)
    ```python given="transformer:Transformer"   the library's text, to be run; folded="yes" hides it
    ```python predict="fresh_loss"              the question's words, and predict("fresh_loss", ...)

and a line `### exercise clip_loss` becomes the exercise's heading, with its number, difficulty and minutes.
"""

import argparse
import os
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from minclip.course.exercise import Lesson, library_source
from minclip.course.exercise_cells import METADATA, check_lines, marked, solved, stub, without_hidden
from minclip.course.notebook_files import as_text, course_path, keep_copy, notebook_in, read, same_cells, write
from minclip.course.outline import LESSONS, exercise_of, number_of
from minclip.course.question import Number
from minclip.course.value_words import wrapped
from minclip.course.workbook import PLACE, default_in, short
from minclip.course.workbook_lessons import written_in

ROOT = Path(__file__).parents[2]
SECONDS = 300  # for a cell while it is executed
HEADING = re.compile(r"^### exercise (\w+)$", re.MULTILINE)


def source_path(lesson: Lesson) -> Path:
    return ROOT / "lessons" / lesson.name / "lesson.md"


def lesson_path(lesson: Lesson) -> Path:
    """The learner's notebook."""
    return notebook_in(ROOT / "lessons", lesson)


def solution_path(lesson: Lesson) -> Path:
    return notebook_in(ROOT / "solutions", lesson)


def written() -> list[Lesson]:
    """The lessons whose text exists."""
    return [lesson for lesson in LESSONS if source_path(lesson).is_file()]


def stars(difficulty: int) -> str:
    return "●" * difficulty + "○" * (3 - difficulty)


def heading(name: str) -> str:
    """Of an exercise, in one line."""
    _, exercise = exercise_of(name)
    about = f"{stars(exercise.difficulty)} · about {exercise.minutes} minutes"
    return f"### Exercise {number_of(name)} · `{name}` · {about}"


def title(lesson: Lesson) -> str:
    """The first cell: what the lesson asks, and what it takes."""
    exercises = "exercise" if len(lesson.exercises) == 1 else "exercises"
    takes = f"{len(lesson.exercises)} {exercises}, about {lesson.minutes} minutes in all."
    return f"# {lesson.number:02} · {lesson.title}\n\n**{lesson.question}**\n\n{takes}"


def grading_notebook(lesson: Lesson) -> NotebookNode:
    """nbgrader's source: every exercise solved, its solution between marks, its check with points and hidden tests."""
    text = jupytext.read(source_path(lesson), fmt="md")
    cells = [cell_with_id(new_markdown_cell(title(lesson)), "title")]
    for place, cell in enumerate(text.cells):
        given = cell.metadata
        if cell.cell_type == "markdown":
            new = new_markdown_cell(HEADING.sub(lambda match: heading(match[1]), cell.source))
        elif "exercise" in given:
            new = exercise_cell(lesson, given["exercise"])
        elif "check" in given:
            new = check_cell(given["check"])
        elif "given" in given:
            folded = {"jupyter": {"source_hidden": True}} if "folded" in given else {}
            new = new_code_cell(given_source(given["given"]), metadata=folded)
        elif "predict" in given:
            new = new_code_cell(question_source(lesson, given["predict"]))
        else:
            new = new_code_cell(cell.source, metadata={k: given[k] for k in ("tags",) if k in given})
        cells.append(cell_with_id(new, new.metadata.get("nbgrader", {}).get("grade_id", f"cell-{place:03}")))
    metadata = METADATA | {"minclip": {"lesson": lesson.number, "made_from": "lesson.md"}}
    return new_notebook(cells=cells, metadata=metadata)


def cell_with_id(cell: NotebookNode, name: str) -> NotebookNode:
    """Ids that are the same at every build, where nbformat draws them at random."""
    cell.id = name
    return cell


def exercise_cell(lesson: Lesson, name: str) -> NotebookNode:
    """The library's text with its marks."""
    home, exercise = exercise_of(name)
    if home is not lesson:
        raise ValueError(f"{name} belongs to lesson {home.number}, not to {lesson.number}: see {lesson.package}")
    source = marked(library_source(exercise.library), exercise.write)
    return new_code_cell(source, metadata={"nbgrader": nbgrader(name, solution=True)})


def check_cell(name: str) -> NotebookNode:
    _, exercise = exercise_of(name)
    metadata = {"nbgrader": nbgrader(f"check-{name}", grade=True, locked=True, points=exercise.points)}
    return new_code_cell(check_lines(name), metadata=metadata)


def nbgrader(grade_id: str, **given: bool | int) -> dict[str, Any]:
    """Its metadata, schema 3: no key more, none less."""
    plain = {"grade": False, "locked": False, "solution": False, "task": False, "schema_version": 3}
    return plain | given | {"grade_id": grade_id}


def given_source(names: str) -> str:
    """The library's texts: "transformer:Transformer block_at" names a module and what to take from it."""
    home, _, wanted = names.partition(":")
    module = import_module(f"minclip.{home}")
    return "\n\n\n".join(library_source(getattr(module, name)) for name in wanted.split())


def question_source(lesson: Lesson, name: str) -> str:
    """The cell in which the learner answers a question before the number is known."""
    if name not in lesson.questions:
        raise ValueError(f"{name} is not a question of lesson {lesson.number}: see {lesson.package}.questions")
    question = lesson.questions[name]
    quotes = ", with words or % in quotes" if isinstance(question, Number) else ""  # else Python would not run the cell
    how = f"Write {question.wanted} in place of the three dots{quotes}."
    lines = [f"# {line}" for text in (question.words, how) for line in wrapped(text, 84)]
    return "\n".join([*lines, f'predict("{name}", ...)'])


def is_exercise(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def lesson_notebook(lesson: Lesson) -> NotebookNode:
    """As the learner gets it."""
    notebook = grading_notebook(lesson)
    for cell in notebook.cells:
        cell.source = stub(cell.source, number_of(cell.id)) if is_exercise(cell) else without_hidden(cell.source)
    return notebook


def solution_notebook(lesson: Lesson) -> NotebookNode:
    """Solved, not executed yet."""
    notebook = grading_notebook(lesson)
    for cell in notebook.cells:
        cell.source = without_hidden(solved(cell.source) if is_exercise(cell) else cell.source)
    return notebook


def executed(notebook: NotebookNode, folder: Path, mine: Path | None = None) -> NotebookNode:
    """The notebook with its outputs, run in `folder`. mine: where its checks keep answers; None: by the folder."""
    outer = os.environ.pop(PLACE, None)
    if mine is not None:
        os.environ[PLACE] = str(mine)
    try:
        client = NotebookClient(notebook, timeout=SECONDS, kernel_name="python3")
        client.record_timing, client.coalesce_streams = False, True  # else chance decides where a stream is cut
        client.execute(cwd=str(folder))
    finally:
        os.environ.pop(PLACE, None)
        if outer is not None:
            os.environ[PLACE] = outer
    notebook.metadata.language_info = METADATA["language_info"]  # the kernel's says which Python it was
    return notebook


def readable(path: Path) -> NotebookNode | None:
    """The notebook; None where there is no file, or one that is no notebook."""
    try:
        return read(path)
    except (ValueError, FileNotFoundError):
        return None


def build(lesson: Lesson, everything: bool = False) -> list[str]:
    """Brings a lesson's notebooks up to date; returns a line for each that was written, and for each copy."""
    new, solution, said = lesson_notebook(lesson), solution_notebook(lesson), []
    for notebook in (new, solution):
        nbformat.validate(notebook)
    courses, before = course_path(lesson), readable(course_path(lesson))
    changed = everything or before is None or courses.read_text(encoding="utf-8") != as_text(new)
    said += build_readers_copy(new, before, lesson, changed)
    if changed:
        write(new, courses)
        said.append(courses.relative_to(ROOT).as_posix())
    old, path = readable(solution_path(lesson)), solution_path(lesson)
    if everything or old is None or not same_cells(solution, old):
        path.parent.mkdir(parents=True, exist_ok=True)
        write(executed(solution, path.parent), path)
        said.append(path.relative_to(ROOT).as_posix())
    return said


def build_readers_copy(new: NotebookNode, before: NotebookNode | None, lesson: Lesson, changed: bool) -> list[str]:
    """Writes the notebook in lessons/, which people open and write in; returns what to say.

    Nothing that they wrote is lost: while the lesson has not changed, the notebook stays; else it is copied first.
    """
    path = lesson_path(lesson)
    name, found = path.relative_to(ROOT).as_posix(), readable(path)
    if found is not None and same_cells(new, found):
        return []
    if before is not None and found is not None:
        own = not same_cells(before, found)
    else:  # nothing to compare with: a file that cannot be read, or the first build
        own = path.exists() and (found is None or bool(written_in(path, new)))
    if own and not changed:
        return [f"{name} holds what somebody wrote, and stays as it is"]
    copy = [f"{name}: what somebody wrote in it is kept in {short(keep_copy(path, default_in(ROOT)))}"] if own else []
    write(new, path)
    return [*copy, name]


def main() -> None:
    parser = argparse.ArgumentParser(description="Builds the notebooks of the lessons out of their texts.")
    parser.add_argument("--all", action="store_true", help="build and execute those that did not change, too")
    parser.add_argument("lessons", nargs="*", type=int, help="numbers of lessons (default: all)")
    arguments = parser.parse_args()
    for lesson in written():
        if not arguments.lessons or lesson.number in arguments.lessons:
            for line in build(lesson, arguments.all):
                print(line)


if __name__ == "__main__":
    main()
