"""Students who handed something in, but no notebook of the class. They stay in collected.json, to be asked for it."""

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

from minclip.classroom.attribution import Owner
from minclip.classroom.left_out import beside

WORK = {".ipynb", ".py", ".html", ".pdf", ".zip"}  # what a student hands in in a notebook's place
SHOWN = 3  # names of files


def remember_them(record: dict[str, Any], came: Iterable[tuple[str, Owner, PurePosixPath]]) -> None:
    """Writes them into collected.json's record. came: student, owner, and where the file lies in the download.

    A folder without a platform's name may be anything: there it takes a file that is somebody's work.
    """
    for student, owner, path in came:
        about = record.get(student, {"name": owner.name, "lessons": {}})
        if about["lessons"]:
            about.pop("files", None)
        elif owner.platform or (path.suffix.lower() in WORK and beside(path) is None):
            about["files"] = sorted({*about.get("files", []), path.name})
            if owner.platform == "canvas":
                about["canvas"] = owner.number
            record[student] = about


def without_notebook(record: dict[str, Any]) -> dict[str, list[str]]:
    """Student -> the files that came in place of a notebook."""
    return {student: about["files"] for student, about in record.items() if about.get("files")}


def in_words(files: list[str]) -> str:
    """
    >>> in_words(["a.py", "b.py"])
    'handed in no notebook of the class, but a.py, b.py'
    """
    more = f" and {len(files) - SHOWN} more" if len(files) > SHOWN else ""
    return f"handed in no notebook of the class, but {', '.join(files[:SHOWN])}{more}"
