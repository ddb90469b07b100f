"""A workbook's notebooks: made, brought up to date, one line said about each. Nothing of the learner's is lost.

Each notebook says in its metadata which version of the course it was made from, and .handed_out/ keeps these versions.
So the three-way merge finds the right one, also where an editor saves an older notebook over a newer one.
"""

import ast
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from nbformat import NotebookNode

from minclip.course.answer_source import unwritten
from minclip.course.exercise import Exercise, Lesson
from minclip.course.kept_answers import KeptAnswers
from minclip.course.notebook_files import (
    as_text,
    course_lessons,
    course_path,
    digest,
    exercise_name,
    keep_copy,
    notebook_in,
    read,
    write,
)  # fmt: skip
from minclip.course.notebook_merge import merge, plain, rename
from minclip.course.outline import LESSONS
from minclip.course.workbook_links import bring_sources, with_links
from minclip.data.paths import atomic_write

HANDED_OUT = ".handed_out"


def update(workbook: Path, answers: KeptAnswers, unfinished: Mapping[str, str] | None = None) -> list[str]:
    """Brings new and changed lessons, and puts answers into the stubs; returns one line for each notebook.

    unfinished: answers from elsewhere that did not pass a check, by exercise; they go before the kept ones.
    """
    lessons, said = course_lessons(), answers.up_to_date()
    texts = kept_texts(answers) | dict(unfinished or {})
    said += [f"{lesson.name}: {update_lesson(workbook, lesson, texts)}" for lesson in lessons]
    said += bring_sources(workbook)
    former = {path.parent.name for path in (workbook / HANDED_OUT).glob("*/*.ipynb")} - {one.name for one in lessons}
    return said + [f"{name}: the course has it no more; yours stays as it is" for name in sorted(former)]


def behind(workbook: Path) -> list[str]:
    """The lessons of which the course has a version that the workbook does not have yet."""
    lessons = course_lessons()
    return [one.name for one in lessons if handed_out_version(workbook, one) != digest(course_path(one))]


def handed_out_version(workbook: Path, lesson: Lesson) -> str:
    """The version that the learner's notebook was made from; "" where there is none, or it does not say so."""
    try:
        return str(read(notebook_in(workbook, lesson)).metadata["minclip"]["handed_out"])
    except (ValueError, KeyError, TypeError, FileNotFoundError):
        return ""


def kept_texts(answers: KeptAnswers) -> dict[str, str]:
    """exercise -> what its cell needs to hold, also where an older version of the course had another name for it.

    The answer, below the learner's own helpers and the imports that the lesson does not have.
    """
    names, texts = answers.names(), {}
    for lesson in course_lessons():
        bound = bound_names(read(course_path(lesson)).cells)
        for exercise in next(one.exercises for one in LESSONS if one.name == lesson.name):
            found = next((name for name in (exercise.name, *exercise.former) if name in names), None)
            if found is not None:
                kept = answers.answer(found)
                imports = [line for name, line in kept.imports.items() if name not in bound]
                parts = ["\n".join(imports), *kept.helpers.values(), answers.text(found)]
                text = "\n\n\n".join(part.strip("\n") for part in parts if part)
                texts[exercise.name] = rename(text, found, exercise.name)
    return texts


def bound_names(cells: Sequence[NotebookNode]) -> set[str]:
    """The names that a lesson's code imports, defines or assigns."""
    names: set[str] = set()
    for cell in cells:
        code = "\n".join(line for line in cell.source.splitlines() if not line.startswith(("%", "!")))
        with suppress(SyntaxError):
            for node in ast.walk(ast.parse(code if cell.cell_type == "code" else "")):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    names |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                    names.add(node.name)
                elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    names.add(node.id)
    return names


def exercises() -> list[Exercise]:
    return [exercise for lesson in LESSONS for exercise in lesson.exercises]


def renamed_exercises() -> dict[str, str]:
    """former name -> name"""
    return {former: exercise.name for exercise in exercises() for former in exercise.former}


def update_lesson(workbook: Path, lesson: Lesson, texts: Mapping[str, str]) -> str:
    """Brings one notebook up to date; returns what to say."""
    path, course = notebook_in(workbook, lesson), fresh(workbook, lesson)
    if not path.exists():
        put = put_back(course, course, texts)
        write(course, path)
        return sentence(["new"], put)
    try:
        mine = read(path)
    except ValueError:
        return replace(workbook, lesson, texts, "it could not be read")
    try:
        handed_out = read(handed_out_path(workbook, lesson, mine.metadata["minclip"]["handed_out"]))
    except (ValueError, KeyError, TypeError, FileNotFoundError):
        return replace(workbook, lesson, texts, "it is not one that this workbook handed out")
    before = as_text(mine)
    with_links(mine, {cell.id: cell.source for cell in handed_out.cells})  # of a workbook that has the lessons' own yet
    with_links(handed_out)
    merged = merge(handed_out.cells, mine.cells, course.cells, renamed_exercises())
    course.cells, stubs = merged.cells, fresh(workbook, lesson)
    course.metadata = NotebookNode(course.metadata | mine.metadata | {"minclip": course.metadata["minclip"]})
    put = put_back(course, stubs, texts)
    if as_text(course) == before:
        return "up to date"
    copy = keep_copy(path, workbook)
    write(course, path)
    counts = {"new or changed cells": merged.brought, "dropped": merged.gone, "yours, kept and marked": merged.aside}
    said = [f"{what}: {number}" for what, number in counts.items() if number]
    return sentence(said if said or put else ["brought up to date"], put, copy)


def replace(workbook: Path, lesson: Lesson, texts: Mapping[str, str], why: str) -> str:
    """Gives the learner a new notebook for one that cannot be merged; its answers come along where they can be read."""
    path, course = notebook_in(workbook, lesson), fresh(workbook, lesson)
    own = written_in(path, course)
    copy = keep_copy(path, workbook)
    put = put_back(course, course, dict(texts) | own)
    write(course, path)
    return sentence([f"{why}, so here is a new one"], put, copy)


def sentence(said: list[str], put: list[str], copy: Path | None = None) -> str:
    """'new or changed cells: 2; put back: clip_loss. The notebook before: copies/...'"""
    parts = said + ([f"put back: {', '.join(put)}"] if put else [])
    return "; ".join(parts) + (f". The notebook before: {copy.parent.name}/{copy.name}" if copy else "")


def fresh(workbook: Path, lesson: Lesson) -> NotebookNode:
    """The course's notebook, as it is handed out, its links mended; a copy is kept to compare with later."""
    source = course_path(lesson)
    version = digest(source)
    handed_out = handed_out_path(workbook, lesson, version)
    if not handed_out.is_file() or digest(handed_out) != version:
        with atomic_write(handed_out) as file:
            file.write(source.read_bytes())
    notebook = read(source)
    notebook.metadata["minclip"] = NotebookNode(notebook.metadata.get("minclip", {}) | {"handed_out": version})
    return with_links(notebook)


def handed_out_path(workbook: Path, lesson: Lesson, version: str) -> Path:
    return workbook / HANDED_OUT / lesson.name / f"{version}.ipynb"


def put_back(notebook: NotebookNode, course: NotebookNode, texts: Mapping[str, str]) -> list[str]:
    """Writes answers into the cells that hold a stub, or nothing; returns the exercises whose cells were filled."""
    stubs = {exercise_name(cell): plain(cell.source) for cell in course.cells if exercise_name(cell)}
    filled = []
    for cell in notebook.cells:
        name = exercise_name(cell)
        if name in texts and plain(cell.source) in ("", stubs.get(name)):
            cell.update({"source": texts[name].rstrip(), "outputs": [], "execution_count": None})
            filled.append(name)
    return filled


def written_in(path: Path, course: NotebookNode) -> dict[str, str]:
    """exercise -> what somebody wrote in its cell of a notebook; without the stubs, older ones included."""
    stubs = {exercise_name(cell): plain(cell.source) for cell in course.cells}
    try:
        cells = read(path).cells
    except (ValueError, FileNotFoundError):
        return {}
    found = {exercise_name(cell): cell.source for cell in cells if exercise_name(cell)}
    return {name: text for name, text in found.items() if plain(text) != stubs.get(name) and not is_stub(text)}


def is_stub(text: str) -> bool:
    """Whether nothing is written yet: every function that asks for an answer still raises NotImplementedError."""
    try:
        asked = unwritten(text)
    except SyntaxError:
        return False
    return not text.strip() or text.count("raise NotImplementedError") == len(asked) > 0
