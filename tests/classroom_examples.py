"""A small classroom for tests: two lessons of a few cells each, an nbgrader course, and what students hand in."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, writes

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
