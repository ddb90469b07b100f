"""Whose file it is: the student in the names that learning platforms give to what they hand to a teacher.

    Moodle     Berg Anna_12345_assignsubmission_file/05_symmetric_infonce.ipynb      a folder for each student (with or
                                                                                     without a _ at the end)...
               Berg Anna_12345_assignsubmission_file_05_symmetric_infonce.ipynb      ...or the same as a file's name
    Canvas     berganna_LATE_123_4567_05_symmetric_infonce-1.ipynb                   LATE, -1 of a further attempt; 123
               anon_x7Qz_4567_05_symmetric_infonce.ipynb                             is the user, 4567 grows with time
    Google     05_symmetric_infonce - Anna Berg.ipynb, Anna Berg - 05_symmetric_infonce.ipynb, Copy of ...
    plain      Anna Berg/05_symmetric_infonce.ipynb, Anna Berg.ipynb, Anna Berg/workbook/05_.../05_....ipynb

Moodle's number belongs to one assignment and Canvas's to one person, so the name is who somebody is.
"""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath

from minclip.course.exercise import Lesson

MOODLE = re.compile(r"^(?P<name>.+?)_(?P<id>\d+)_assignsubmission_[a-z]+(?:_(?P<file>.*))?$")
CANVAS = re.compile(r"^(?P<name>.+?)(?:_LATE)?_(?P<id>\d+)_(?P<number>\d+)_(?P<file>.+)$")
CANVAS_UNNAMED = re.compile(r"^(?:LATE_)?(?P<name>anon_(?P<id>[A-Za-z0-9]+))_(?P<number>\d+)_(?P<file>.+)$")
COPY = re.compile(r"^(copy of|copia de|copia di|cópia de|copie de|kopie von|kopia|kopi av|kopi af)\s+", re.IGNORECASE)
AGAIN = re.compile(r"\s*\((?P<number>\d+)\)$|-(?P<attempt>\d{1,2})$")  # of a browser, of Canvas
UNNAMED = ["Participant", "Teilnehmer in", "Participante"]  # Moodle's name for everybody in blind marking
GENERIC = {"submissions", "submitted", "submission", "workbook", "minclip-workbook", "lessons", "notebooks", "notebook"}
GENERIC |= {"assignments", "assignment", "downloads", "homework", "classroom"}


@dataclass(frozen=True)
class Owner:
    """Who handed a file in, as the platform's names say."""

    name: str
    platform: str = ""  # "moodle", "canvas" or ""
    number: str = ""  # of the person on that platform (Moodle: in that assignment)
    version: int | None = None  # grows with time
    again: int = 0  # "(2)", "-2": a further copy of a file with the same name
    file: str = ""  # the name that the student gave the file


def owners(paths: list[PurePosixPath], lessons: list[Lesson], download: str = "") -> list[Owner | None]:
    """The owner of each file; None where no name says whose it is. download: the download's own name, without suffix.

    >>> [owner.name for owner in owners([PurePosixPath("Berg Anna_12345_assignsubmission_file/05.ipynb")], [])]
    ['Berg Anna']
    """
    found = [of_platform(path, lessons) for path in paths]
    rest = [path for path, owner in zip(paths, found, strict=True) if owner is None]
    around = common_folders(rest, lessons)
    plain = {path: plain_owner(path, around, lessons) for path in rest}
    notebooks = [path for path in paths if path.suffix.lower() == ".ipynb"]
    if len(notebooks) == 1 and len(rest) == len(paths) and plain[notebooks[0]] is None and is_name(download, lessons):
        plain[notebooks[0]] = Owner(download, file=notebooks[0].name)  # Anna Berg.zip, with her notebook alone
    return [owner or plain.get(path) for path, owner in zip(paths, found, strict=True)]


def of_platform(path: PurePosixPath, lessons: list[Lesson]) -> Owner | None:
    """What Moodle's or Canvas's names say, in the folders from the outermost on and in the file's name."""
    for part in path.parts:
        if match := MOODLE.match(part):
            file = part_of_file(match["file"] or path.name)
            return Owner(match["name"], "moodle", match["id"], again=again(file), file=file)
        for pattern in (CANVAS_UNNAMED, CANVAS):
            match = pattern.match(part)
            if match and not (lesson_in(part, lessons) and not lesson_in(match["file"], lessons)):
                file = match["file"] if part == path.name else path.name
                return Owner(match["name"], "canvas", match["id"], int(match["number"]), again(file), file)
    return None


def part_of_file(name: str) -> str:
    return name.rpartition("/")[2]


def again(file: str) -> int:
    """The number of a further copy.

    >>> again("05_symmetric_infonce (2).ipynb"), again("05_symmetric_infonce-1.ipynb"), again("05.ipynb")
    (2, 1, 0)
    """
    match = AGAIN.search(PurePosixPath(file).stem)
    return int(match["number"] or match["attempt"]) if match else 0


def lesson_in(name: str, lessons: list[Lesson]) -> Lesson | None:
    """The lesson that a file's or folder's name names: whole, or its number in front."""
    plain = name.lower().replace("-", "_").replace(" ", "_")
    for lesson in lessons:
        if lesson.name in plain:
            return lesson
    match = re.match(r"^(?:lesson_?)?0?(\d{1,2})(?:_|\.|$)", plain)
    return next((lesson for lesson in lessons if match and lesson.number == int(match[1])), None)


def is_name(part: str, lessons: list[Lesson]) -> bool:
    """Whether a folder or the rest of a file's name can be somebody's name."""
    return any(map(str.isalnum, part)) and part.lower() not in GENERIC and lesson_in(part, lessons) is None


def common_folders(paths: list[PurePosixPath], lessons: list[Lesson]) -> int:
    """How many folders stand around all files, such as the class's: below them are the students' own."""
    depth = 0
    while paths and all(len(path.parts) > depth + 1 for path in paths) and len({p.parts[depth] for p in paths}) == 1:
        below = {path.parts[depth + 1] for path in paths}
        inside = [part for part in below if is_name(PurePosixPath(part).stem, lessons)]
        if len(inside) < 2 and is_name(paths[0].parts[depth], lessons):
            break  # one student's folder
        depth += 1
    return depth


def plain_owner(path: PurePosixPath, around: int, lessons: list[Lesson]) -> Owner | None:
    """The first folder that can be a name, else what the file's name says beside the lesson's."""
    for part in path.parts[around:-1]:
        if is_name(part, lessons):
            return Owner(part, again=again(path.name), file=path.name)
    name = beside_the_lesson(path.stem, lessons)
    return Owner(name, again=again(path.name), file=path.name) if is_name(name, lessons) else None


def beside_the_lesson(stem: str, lessons: list[Lesson]) -> str:
    """What a file's name says beside the lesson's, a copy's number and "Copy of".

    >>> beside_the_lesson("Copy of 05_symmetric_infonce - Anna Ø (1)", [])
    '05_symmetric_infonce - Anna Ø'
    """
    rest = AGAIN.sub("", COPY.sub("", stem))
    for lesson in lessons:
        rest = re.sub(re.escape(lesson.name), " ", rest, flags=re.IGNORECASE)
    return AGAIN.sub("", re.sub(r"^[\s_.-]+|[\s_.-]+$", "", rest)).strip(" _.-")


def names_with_numbers(found: list[Owner]) -> dict[Owner, str]:
    """The name of each; with the platform's number, where two people have the same."""
    people = {(owner.name, owner.platform, owner.number) for owner in found}
    times = Counter(name for name, _, _ in people) + Counter(UNNAMED)
    return {owner: owner.name if times[owner.name] == 1 else f"{owner.name} {owner.number}" for owner in found}
