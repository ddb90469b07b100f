"""What a class handed in, where nbgrader looks for it: DIR/submitted/STUDENT/LESSON/LESSON.ipynb.

A folder that holds classroom.json is a classroom. Nothing that a student handed in is ever lost: before a file in
submitted/ changes or goes, its bytes are in originals/STUDENT/LESSON/, which nbgrader never reads.
"""

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from minclip.course.exercise import Lesson
from minclip.course.outline import LESSONS
from minclip.data.paths import atomic_write

MARKER = "classroom.json"
SUBMITTED, ORIGINALS = "submitted", "originals"
TIME = "timestamp.txt"  # nbgrader's: when a submission came
DEVICES = {"con", "prn", "aux", "nul", *(f"{kind}{number}" for kind in ("com", "lpt") for number in range(1, 10))}
LONGEST = 80  # characters of a student's id: a path must fit on Windows, too


@dataclass(frozen=True)
class Submission:
    """One student's folder for one lesson."""

    student: str
    lesson: Lesson
    folder: Path
    notebook: Path  # where nbgrader looks for it; it need not exist


def lessons_of(folder: Path) -> list[Lesson]:
    """The lessons of a classroom, in the order of the course. ValueError where the folder is none."""
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        wanted = [str(name) for name in marker["lessons"]]
    except FileNotFoundError:
        raise ValueError(f"{folder} is no classroom: make one with `minclip classroom {folder}`") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{folder / MARKER} cannot be read ({error}): restore it from a copy") from error
    known = [lesson for lesson in LESSONS if lesson.name in wanted or str(lesson.number) in wanted]
    if not known:
        raise ValueError(
            f"{folder / MARKER} names no lesson of this course: {', '.join(wanted) or 'its list is empty'}"
        )
    return known


def folders_in(folder: Path) -> list[Path]:
    """The folders in a folder, by name. Hidden ones and links do not count."""
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
    return sorted(path for path in found if not path.name.startswith(".") and path.name != "__MACOSX")


def submissions(folder: Path) -> list[Submission]:
    """Every student's folder for a lesson of this classroom, by student and lesson. ValueError: no classroom."""
    lessons, found = lessons_of(folder), []
    for student in folders_in(folder / SUBMITTED):
        if any(student.name == lesson.name for lesson in lessons):
            continue  # LESSON/STUDENT, the wrong way around
        for lesson in lessons:
            place = student / lesson.name
            if place.is_dir() and not place.is_symlink():
                found.append(Submission(student.name, lesson, place, place / f"{lesson.name}.ipynb"))
    return found


def student_id(name: str) -> str:
    """A name as nbgrader takes it in paths, patterns and lists: letters and digits of any script, and - _ . @

    >>> student_id("Øye, Anna [b]")
    'Øye_Anna_b'
    """
    clean = re.sub(r"[^\w.@-]+", "_", unicodedata.normalize("NFC", name)).strip("._-")[:LONGEST].rstrip("._-")
    if not clean:  # nothing but signs
        return f"student_{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:6]}"
    return f"{clean}_" if clean.lower().partition(".")[0] in DEVICES else clean


def digest(content: bytes) -> str:
    """Twelve characters that stand for the bytes."""
    return hashlib.sha256(content).hexdigest()[:12]


def original_place(folder: Path, student: str, lesson: str, name: str, content: bytes) -> Path:
    """Where these bytes are kept in originals/: the name tells them apart, so the same bytes are kept once."""
    stem, dot, suffix = name.rpartition(".")
    named = f"{stem} {digest(content)}.{suffix}" if stem and dot else f"{name} {digest(content)}"
    return folder / ORIGINALS / student / lesson / named


def keep_original(folder: Path, student: str, lesson: str, name: str, content: bytes) -> Path:
    """Keeps the bytes in originals/, and returns where."""
    place = original_place(folder, student, lesson, name, content)
    if not place.is_file() or place.read_bytes() != content:
        with atomic_write(place) as file:
            file.write(content)
    return place


def write_bytes(path: Path, content: bytes) -> None:
    """The whole file or nothing."""
    with atomic_write(path) as file:
        file.write(content)
