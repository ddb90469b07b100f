"""What students handed in, byte by byte, and the names under which nbgrader takes it.

Before a file in submitted/ changes or goes, its bytes are in originals/STUDENT/LESSON/, which nbgrader never reads.
"""

import hashlib
import re
import unicodedata
from pathlib import Path

from minclip.data.paths import atomic_write

ORIGINALS = "originals"
DEVICES = {"con", "prn", "aux", "nul", *(f"{kind}{number}" for kind in ("com", "lpt") for number in range(1, 10))}
LONGEST = 80  # characters of a student's id: a path must fit on Windows, too


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
