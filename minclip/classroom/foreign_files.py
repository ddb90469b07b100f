"""Files in a submission that do not belong there: moved to originals/, or named.

A Python file that the notebook may import stays, unless a package has its name: while grading, `random.py` beside the
notebook would take the place of Python's.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

from minclip.classroom.findings import Findings
from minclip.classroom.graded_before import files_in
from minclip.classroom.handed_in import read_file
from minclip.classroom.left_out import HIDDEN
from minclip.classroom.originals import ORIGINALS, keep_original
from minclip.classroom.submissions import TIME, Submission

EXPORTS = {".py": "a Python file", ".html": "a web page", ".htm": "a web page", ".pdf": "a PDF", ".txt": "a text file"}
EXPORTS |= {".docx": "a Word file", ".zip": "a zip", ".md": "a Markdown file"}
STARTED = {"sitecustomize", "usercustomize", "conftest"}  # files that Python or pytest run by themselves


def clear(folder: Path, submission: Submission, findings: Findings) -> None:
    """Moves what does not belong out of a submission's folder."""
    student, lesson = submission.student, submission.lesson.name
    given = given_names(folder, lesson)
    moved, stays = [], []
    for path in sorted(submission.folder.rglob("*"), reverse=True):
        within = path.relative_to(submission.folder).as_posix()
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path == submission.notebook or within == TIME or within in given:
            continue
        elif not submission.notebook.is_file() and path.suffix.lower() in EXPORTS:
            findings.name(student, lesson, in_place(path, submission))
        elif importable(path, submission.folder):
            stays.append(within)
        else:
            keep_original(folder, student, lesson, path.name, path.read_bytes())
            path.unlink()
            moved.append(within)
    if moved:
        shown = ", ".join(sorted(moved)[:3]) + (f" and {len(moved) - 3} more" if len(moved) > 3 else "")
        words = "does not belong here, and is" if len(moved) == 1 else "do not belong here, and are"
        findings.repair(student, lesson, f"{shown} {words} in {ORIGINALS}/{student}/{lesson} now")
    if stays:
        findings.name(student, lesson, f"{', '.join(sorted(stays))} stays: the notebook may import it")


def in_place(path: Path, submission: Submission) -> str:
    """What is said of a file that was handed in where a notebook is wanted."""
    within = path.relative_to(submission.folder).as_posix()
    return f"{within} is {EXPORTS[path.suffix.lower()]} in place of the notebook: ask for the .ipynb file"


def why_unreadable(submission: Submission) -> str:
    """Why a submission cannot be graded, in the words of `check`; "" where its notebook can be read."""
    if not submission.notebook.is_file():
        others = [path for path in files_in(submission.folder) if path.suffix.lower() in EXPORTS and path.name != TIME]
        return in_place(others[0], submission) if others else "there is no notebook"
    try:
        read_file(submission.notebook)
    except (OSError, ValueError) as error:
        return str(error)
    return ""


def given_names(folder: Path, lesson: str) -> set[str]:
    """The files that the teacher handed out with the notebook."""
    source = folder / "source" / lesson
    return {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()} - {f"{lesson}.ipynb"}


def importable(path: Path, folder: Path) -> bool:
    """Whether a file is Python that the notebook may import, and that takes no package's name."""
    within = path.relative_to(folder)
    if path.suffix != ".py" or any(part in HIDDEN or part.startswith(".") for part in within.parts):
        return False
    name = Path(within.parts[0]).stem
    if not name.isidentifier() or name in STARTED or name in sys.stdlib_module_names or name == "my_minclip":
        return False
    try:
        return find_spec(name) is None
    except (ImportError, ValueError):
        return False


def move_links(folder: Path, student: Path, findings: Findings) -> None:
    """Moves links in a student's folder to originals/, as links, where nothing follows them."""
    for path in [path for path in sorted(student.rglob("*")) if path.is_symlink()]:
        within = path.relative_to(student).as_posix()
        target = folder / ORIGINALS / student.name / f"{path.name}.link"
        target.parent.mkdir(parents=True, exist_ok=True)
        while target.is_symlink() or target.exists():
            target = target.with_name(f"{target.name}.link")
        path.rename(target)
        findings.repair(student.name, "", f"{within} was a link, and is in {ORIGINALS}/{student.name} now")
