"""Puts what a learning platform hands to the teacher where nbgrader looks for it.

    collect(folder, given)      given: a zip, a folder or a file, as Moodle, Canvas or Google name them, or plain

Of several versions the newest counts: by the platform's number, else by the file's time, else by its "(2)". The others
are in originals/STUDENT/LESSON/, and so is what stood in submitted/ before. collected.json remembers whose number is
whose, and which bytes came last, so that collecting the same download again changes nothing.
"""

import json
import unicodedata
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from tqdm import tqdm

from minclip.classroom.archives import Entry, download
from minclip.classroom.attribution import Owner, lesson_in, names_with_numbers, owners
from minclip.classroom.course_folder import MARKER, SUBMITTED, classroom_of, named
from minclip.classroom.findings import printable
from minclip.classroom.handed_in import lesson_of, read_notebook
from minclip.classroom.left_out import HIDDEN_COPIES, LeftOut, beside, is_beside
from minclip.classroom.originals import digest, keep_original, original_place, student_id, write_bytes
from minclip.classroom.released import unwritten
from minclip.classroom.submissions import TIME
from minclip.classroom.without_notebook import remember_them
from minclip.course.exercise import Lesson
from minclip.course.outline import LESSONS

RECORD = "collected.json"
NOTHING = "There is no notebook of this classroom in it."
NO_NAME = "no name in its path says whose it is: rename it, for example to Anna Berg"


@dataclass
class Version:
    """One notebook that somebody handed in for a lesson."""

    entry: Entry
    owner: Owner
    content: bytes

    def age(self) -> tuple[int, datetime, int]:
        return self.owner.version or 0, self.entry.time or datetime.min, self.owner.again


def collect(folder: Path, given: Path, lesson: Lesson | None = None, progress: bool = False) -> list[str]:
    """Collects a download; returns a line for each submission, and what was left out.

    lesson: take this lesson alone, whatever the files are called; None: the notebooks say which lesson they are.
    progress: a bar on stderr that counts the files.
    Raises ValueError where the folder is no classroom, or the download cannot be opened.
    """
    if (given / MARKER).is_file() and not (folder / MARKER).is_file():
        raise ValueError(f"the class's folder comes first: minclip classroom collect {named(given)} {named(folder)}")
    lessons = classroom_of(folder).chosen()
    if lesson is not None and lesson not in lessons:
        raise ValueError(f"{folder} has no lesson {lesson.name}: it has {', '.join(one.name for one in lessons)}")
    found, record = download(given), read_record(folder)
    left_out = LeftOut(found.refused)
    whose = owners([entry.path for entry in found.entries], list(LESSONS), given.stem)
    ids = students(record, [owner for owner in whose if owner is not None])
    versions: dict[tuple[str, Lesson], list[Version]] = defaultdict(list)
    others: dict[str, list[Entry]] = defaultdict(list)
    pairs = list(zip(found.entries, whose, strict=True))
    for entry, owner in tqdm(pairs, desc="collecting", unit=" files", disable=not progress):
        if (kind := beside(entry.path)) is not None:
            left_out.add_kind(kind, None if kind == HIDDEN_COPIES else entry.path)
        elif owner is None:
            left_out.add(entry.path, f"{NO_NAME}{entry.path.suffix}")
        elif entry.path.suffix.lower() != ".ipynb":
            others[ids[owner]].append(entry)
        else:
            add_version(versions, ids[owner], entry, owner, lesson, lessons, left_out)
    said = []
    for (student, which), candidates in sorted(versions.items(), key=lambda item: (item[0][0], item[0][1].number)):
        many = len({one for someone, one in versions if someone == student}) > 1
        if many and lesson is None and all(unwritten(folder, which, version.content) for version in candidates):
            left_out.add_kind(f"{which.name} of {student}, in which nothing is written")
            continue
        try:
            said += put(folder, student, which, candidates, others[student], record)
        except OSError as error:
            said.append(f"{student} · {which.name}: could not be put into {SUBMITTED}/: {error}")
    with_notebook = {student for student, _ in versions}
    for student, entries in sorted(others.items()):
        for entry in entries:
            if student not in with_notebook:
                left_out.add(entry.path, without_notebook(entry.path, student))
            elif not any(is_beside(entry.path, version.entry.path) for v in versions.values() for version in v):
                left_out.add_kind(f"{entry.path.suffix or 'other'} files", entry.path)
    if said:
        whose_files = [(owner, entry.path) for entry, owner in pairs if owner is not None]
        remember_them(record, ((ids[owner], owner, path) for owner, path in whose_files))
        write_record(folder, record)
    said = said or [NOTHING]
    return [printable(line) for line in (*said, *left_out.lines())]


def without_notebook(path: PurePosixPath, student: str) -> str:
    """What is said of a file of somebody of whom there is no notebook."""
    if path.suffix.lower() in (".html", ".htm"):
        return f"{student} wrote it into the platform's text field, and there is no notebook of {student}"
    kind = f"a {path.suffix} file" if path.suffix else "a file without a suffix"
    return f"it is {kind}, and there is no notebook of {student}"


def add_version(
    versions: dict[tuple[str, Lesson], list[Version]],
    student: str,
    entry: Entry,
    owner: Owner,
    wanted: Lesson | None,
    lessons: list[Lesson],
    left_out: LeftOut,
) -> None:
    """Reads a notebook, and finds its lesson: by what it holds, else by the names around it, else the wanted one."""
    try:
        content = entry.read()
    except (ValueError, OSError) as error:
        left_out.add(entry.path, str(error))
        return
    names = [lesson_in(part, list(LESSONS)) for part in (owner.file, *reversed(entry.path.parts[:-1]))]
    which = next((named for named in names if named is not None), wanted)
    with suppress(ValueError):  # `check` says what is wrong with it
        which = lesson_of(read_notebook(content), list(LESSONS)) or which
    if which is None:
        left_out.add(entry.path, "neither its name nor its cells say which lesson it is")
    elif wanted is not None and which is not wanted:
        left_out.add(entry.path, f"it is {which.name}, and {wanted.name} is asked for")
    elif which not in lessons:
        left_out.add(entry.path, f"it is {which.name}, which this classroom does not have")
    else:
        versions[student, which].append(Version(entry, owner, content))


def students(record: dict[str, Any], found: list[Owner]) -> dict[Owner, str]:
    """The id of each owner: the one that collected.json has for a Canvas number or a name, else the name's."""
    by_number = {about["canvas"]: student for student, about in record.items() if about.get("canvas")}
    times = Counter(about["name"] for about in record.values())
    by_name = {about["name"]: student for student, about in record.items() if times[about["name"]] == 1}
    names = names_with_numbers(found)
    ids = {owner: student_id(names[owner]) for owner in found}
    written = defaultdict(set)  # two names that differ in signs or capitals alone are two people
    for owner, student in ids.items():
        written[student.casefold()].add(unicodedata.normalize("NFC", names[owner]))
    for owner, student in ids.items():
        if owner.platform == "canvas" and owner.number in by_number:
            ids[owner] = by_number[owner.number]
        elif names[owner] == owner.name in by_name:
            ids[owner] = by_name[owner.name]
        elif len(written[student.casefold()]) > 1:
            ids[owner] = f"{student}_{digest(names[owner].encode('utf-8', 'replace'))[:4]}"
    return ids


def put(
    folder: Path,
    student: str,
    lesson: Lesson,
    candidates: list[Version],
    others: list[Entry],
    record: dict[str, Any],
) -> list[str]:
    """Puts the newest version into submitted/; returns the line about it."""
    *older, newest = sorted(candidates, key=Version.age)
    target = folder / SUBMITTED / student / lesson.name / f"{lesson.name}.ipynb"
    about = record.setdefault(student, {"name": newest.owner.name, "lessons": {}})
    before = about["lessons"].get(lesson.name, {})
    for version in older:
        if version.content != newest.content:
            keep_original(folder, student, lesson.name, target.name, version.content)
    different = len({digest(version.content) for version in candidates}) - 1
    line = f"{student} · {lesson.name}: {newest.entry.path}"
    if different:
        line += f", the newest of {different + 1} versions; the others are in {place(folder, student, lesson)}"
    if target.exists() and before.get("bytes") == digest(newest.content):
        return [f"{line}: collected before, nothing changes"]
    age = [newest.owner.version or 0, newest.entry.time.isoformat() if newest.entry.time else ""]
    if target.exists() and before and before["age"] > age:
        keep_original(folder, student, lesson.name, target.name, newest.content)
        return [f"{line}: older than what was collected before, which stays; kept in {place(folder, student, lesson)}"]
    if target.is_file() and target.read_bytes() != newest.content:
        keep_original(folder, student, lesson.name, target.name, target.read_bytes())
        line += f"; the version before is in {place(folder, student, lesson)}"
    write_bytes(target, newest.content)
    if newest.entry.time:
        write_bytes(target.parent / TIME, f"{newest.entry.time:%Y-%m-%d %H:%M:%S}\n".encode())
    line += put_beside(folder, student, lesson, newest, others)
    about["lessons"][lesson.name] = {
        "bytes": digest(newest.content),
        "age": age,
        "platform": newest.owner.platform,
        "number": newest.owner.number,
    }
    if newest.owner.platform == "canvas":
        about["canvas"] = newest.owner.number
    return [line]


def put_beside(folder: Path, student: str, lesson: Lesson, newest: Version, others: list[Entry]) -> str:
    """Python files that lie beside the notebook go along with it; returns the words about them."""
    names = []
    for entry in others:
        if is_beside(entry.path, newest.entry.path):
            target = folder / SUBMITTED / student / lesson.name / entry.path.name
            try:
                content = entry.read()
            except (ValueError, OSError):
                continue
            if target.is_file() and target.read_bytes() != content:
                keep_original(folder, student, lesson.name, target.name, target.read_bytes())
            write_bytes(target, content)
            names.append(entry.path.name)
    return f"; with {', '.join(names)}" if names else ""


def place(folder: Path, student: str, lesson: Lesson) -> str:
    return original_place(folder, student, lesson.name, "x", b"").parent.relative_to(folder).as_posix()


def read_record(folder: Path) -> dict[str, Any]:
    """What was collected before, by student. ValueError where the file was damaged."""
    try:
        found: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return found
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ValueError(f"{folder / RECORD} cannot be read ({error}): move it away, and collect again") from error


def write_record(folder: Path, record: dict[str, Any]) -> None:
    text = json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    write_bytes(folder / RECORD, text.encode("utf-8", "backslashreplace"))  # of half a letter JSON's own escape
