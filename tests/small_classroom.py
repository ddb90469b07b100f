"""A small classroom for tests: two lessons of a few cells each, an nbgrader course, and what students hand in."""

import copy
import json
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from nbformat import read
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, writes

from minclip.course.outline import LESSONS

FIRST, SECOND = LESSONS[5], LESSONS[6]  # 05_symmetric_infonce, 06_clip_assembled
HIDDEN = 'assert clip_loss(3) == 9, "a negative number"'


def marks(grade_id, **given):
    plain = {"grade": False, "locked": False, "solution": False, "task": False, "schema_version": 3}
    return {"nbgrader": plain | given | {"grade_id": grade_id}}


def cell(kind, source, name, **metadata):
    made = (new_code_cell if kind == "code" else new_markdown_cell)(source, metadata=metadata)
    made.id = name
    return made


def exercise(name, answer=None):
    body = "    raise NotImplementedError" if answer is None else answer
    return cell("code", f"def {name}(x):\n{body}", name, **marks(name, solution=True))


def check(name, points=3, hidden=""):
    text = f"{name} = check({name})" if not hidden else f"assert {name}(2) == 4\n{hidden}"
    return cell("code", text, f"check-{name}", **marks(f"check-{name}", grade=True, locked=True, points=points))


def notebook(lesson, version="aaa111", answers=None, question=False):
    """A lesson as the class gets it. answers: name -> what a student wrote in its place."""
    cells = [cell("markdown", f"# {lesson.title}", "title"), cell("code", "check = lambda f: f", "cell-000")]
    for one in lesson.exercises[:2]:
        cells += [exercise(one.name, (answers or {}).get(one.name)), check(one.name)]
    if question:
        words = cell("markdown", "Why does it work?", "question-01")
        words.metadata.update(marks("question-01", grade=True, solution=True, points=2))
        cells.append(words)
    about = {"minclip": {"lesson": lesson.number, "version": version}}
    return new_notebook(cells=cells, metadata=about | {"kernelspec": {"name": "python3", "display_name": "Python 3"}})


def as_bytes(made):
    return (writes(made) + "\n").encode("utf-8")


def written(lesson, words="    return 1", **changes):
    """A notebook in which every answer is written."""
    made = notebook(lesson, answers={one.name: words for one in lesson.exercises}, **changes)
    return as_bytes(made)


def classroom(folder: Path, lessons=(FIRST, SECOND), **changes) -> Path:
    """A folder with classroom.json and release/, as far as collecting and checking need it."""
    folder.mkdir(parents=True, exist_ok=True)
    marker = {"version": 1, "lessons": [lesson.name for lesson in lessons], "seed": 7}
    (folder / "classroom.json").write_text(json.dumps(marker), encoding="utf-8")
    for lesson in lessons:
        hand_in(folder / "release", ".", lesson, as_bytes(notebook(lesson, **changes)))
    return folder


def hand_in(submitted: Path, student, lesson, content, name=None) -> Path:
    path = submitted / student / lesson.name / (name or f"{lesson.name}.ipynb")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def state(folder: Path) -> dict[str, bytes]:
    """Every file's bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def without(made, *ids):
    changed = copy.deepcopy(made)
    changed.cells = [one for one in changed.cells if one.id not in ids]
    return changed


# --- a course that nbgrader grades


CHECKED = """
from IPython.display import publish_display_data
print("{verdict}")
publish_display_data({{"application/vnd.minclip.points+json": {data}, "text/plain": "points"}})
{points}
"""


def source_notebook(hidden=HIDDEN):
    """nbgrader's source of a lesson with two exercises and a written question; the first has a hidden test."""
    first, second = (one.name for one in FIRST.exercises[:2])
    tests = f"### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS"
    cells = [
        cell("markdown", "# A lesson", "title"),
        exercise(first, "    ### BEGIN SOLUTION\n    return x * x\n    ### END SOLUTION"),
        check(first, hidden=tests),
        exercise(second, "    ### BEGIN SOLUTION\n    return x + x\n    ### END SOLUTION"),
        check(second, points=2, hidden="x = 5\nassert x"),
        cell("markdown", "Why?", "question-01", **marks("question-01", grade=True, solution=True, points=4)),
    ]
    return new_notebook(cells=cells, metadata={"minclip": {"lesson": FIRST.number, "version": "aaa111"}})


def run_nbgrader(folder, *arguments):
    """nbgrader as its own command; returns what it says."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


def autograded(folder, student, name, points, of, said=None, error=None, lesson=FIRST):
    """The check of an exercise in an autograded notebook, as grading leaves it, with minclip's data or without."""
    path = folder / "autograded" / student / lesson.name / f"{lesson.name}.ipynb"
    made = read(path, as_version=4) if path.is_file() else new_notebook()
    one = check(name, of)
    if error:
        one.outputs = [new_output("error", ename="AssertionError", evalue=error, traceback=[])]
    if said is not None:
        data = {"exercise": name, "points": points, "of": of, "visible": "", "hidden": [], "flags": []} | said
        one.outputs = [new_output("display_data", data={"application/vnd.minclip.points+json": data})]
    made.cells.append(one)
    hand_in(folder / "autograded", student, lesson, as_bytes(made))


@cache
def empty_gradebook():
    """Made once: nbgrader runs alembic for a new one."""
    from nbgrader.api import Gradebook

    path, before = Path(tempfile.mkdtemp()) / "gradebook.db", os.environ["PATH"]
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        Gradebook(f"sqlite:///{path}").close()
    finally:
        os.environ["PATH"] = before
    return path


def gradebook(folder, points, lesson=FIRST):
    """nbgrader's gradebook. points: student -> graded cell -> (auto, manual, waits); every cell is worth 4 points."""
    from nbgrader.api import Gradebook

    names = dict.fromkeys(name for cells in points.values() for name in cells)
    shutil.copy(empty_gradebook(), folder / "gradebook.db")
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        book.add_assignment(lesson.name)
        book.add_notebook(lesson.name, lesson.name)
        for name in names:
            book.add_grade_cell(name, lesson.name, lesson.name, max_score=4, cell_type="code")
        for student, cells in points.items():
            book.update_or_create_student(student)
            book.add_submission(lesson.name, student)
            for name, (auto, manual, waits) in cells.items():
                grade = book.find_grade(name, lesson.name, lesson.name, student)
                grade.auto_score, grade.manual_score, grade.needs_manual_grade = auto, manual, waits
        book.db.commit()
