"""The class's folder: an ordinary nbgrader course with the chosen lessons, which both minclip and nbgrader work with.

class/classroom.json          marks the folder: the lessons, and a secret number from which hidden tests draw
class/nbgrader_config.py      plain `nbgrader autograde` and `generate_feedback` go by it
class/source/LESSON/          the notebook with solutions; class/release/LESSON/ is what students get
class/submitted/STUDENT/LESSON/LESSON.ipynb      what students hand in
class/autograded/, class/feedback/, class/report/, class/gradebook.db     made of it
class/copies/                 what was here before it was written anew
"""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from minclip.classroom.out_of_git import keep_out_of_git
from minclip.classroom.requirements import need_packages
from minclip.course.exercise import Lesson
from minclip.course.notebook_files import as_text, course_lessons, notebook_in
from minclip.course.outline import LESSONS
from minclip.course.workbook import short
from minclip.data.paths import atomic_write

MARKER, CONFIG, GRADEBOOK, COPIES = "classroom.json", "nbgrader_config.py", "gradebook.db", "copies"
SOURCE, RELEASE, SUBMITTED, AUTOGRADED, FEEDBACK = "source", "release", "submitted", "autograded", "feedback"
STEPS = (SOURCE, RELEASE, SUBMITTED, AUTOGRADED, FEEDBACK)
GIVEN = (".zip", ".ipynb")  # what platforms hand out
ODD = set("*?[")  # nbgrader takes a path for a pattern, and for part of an address
CONFIG_TEXT = '''"""nbgrader's settings of this class, written by `minclip classroom`. Add your own below: they stay."""

from pathlib import Path

from minclip.classroom.settings import settings

c = get_config()  # noqa: F821
settings(c, Path(__file__).parent)

# Your own settings, for example:
# c.SandboxedExecute.timeout = 300  # seconds that a cell may run
# c.SandboxedExecute.memory = 4096  # megabytes
'''


@dataclass
class Classroom:
    """What classroom.json says. written: what was last written into a file of the folder, as a digest."""

    folder: Path
    lessons: list[str] = field(default_factory=list)
    seed: int = 0
    written: dict[str, str] = field(default_factory=dict)

    def chosen(self) -> list[Lesson]:
        """Its lessons, in the order of the course."""
        return [lesson for lesson in LESSONS if lesson.name in self.lessons]

    def save(self) -> None:
        content = {"version": 1, "lessons": self.lessons, "seed": self.seed, "written": self.written}
        with atomic_write(self.folder / MARKER) as file:
            file.write((json.dumps(content, indent=2) + "\n").encode("utf-8"))


def classroom_of(folder: Path) -> Classroom:
    """ValueError where the folder is no classroom, or one that says nothing of its lessons."""
    folder = folder.expanduser().absolute()
    path = folder / MARKER
    if folder.is_file():
        swapped = " Name the class's folder first: minclip classroom collect DIR ZIP_OR_FOLDER"
        raise ValueError(f"{short(folder)} is a file, and no classroom.{swapped * folder.name.endswith(GIVEN)}")
    if not path.is_file():
        raise ValueError(f"{short(folder)} is no classroom: minclip classroom {short(folder)} makes one")
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        room = Classroom(folder, list(found["lessons"]), int(found["seed"]), dict(found.get("written", {})))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{short(path)} cannot be read ({error}): take it from a backup") from error
    if not room.chosen():
        raise ValueError(f"{short(path)} names no lesson of this course: take it from a backup")
    return room


def digest(content: bytes) -> str:
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()[:16]


def make(folder: Path, lessons: list[Lesson] | None = None) -> list[str]:
    """Makes a classroom, or brings one up to date and adds lessons; returns what to say.

    lessons: None for those that it has, and for all in a new one. What the teacher wrote stays, or is copied aside.
    ValueError where the folder holds something else, or where minclip's repository is not there.
    """
    need_packages()
    folder = folder.expanduser().absolute()
    if odd := sorted(set(str(folder)) & ODD):
        raise ValueError(f"nbgrader cannot work in a path with {odd[0]} in it: choose another for {short(folder)}")
    new = not (folder / MARKER).is_file()
    if new and (others := [name for name in (*STEPS, CONFIG, GRADEBOOK) if (folder / name).exists()]):
        raise ValueError(f"{short(folder)} holds {others[0]} of another course: name a new folder")
    if new and folder.exists() and not folder.is_dir():
        raise ValueError(f"{short(folder)} is a file: name a new folder for the class")
    if new and (others := strangers(folder)):
        raise ValueError(
            f"{short(folder)} is not empty ({listed(others)}) and is no classroom: name a new folder, such as "
            f"{short(folder / 'class')}"
        )
    room = Classroom(folder, seed=secrets.randbelow(2**31)) if new else classroom_of(folder)
    wanted = lessons or room.chosen() or course_lessons()
    room.lessons = [one.name for one in LESSONS if one.name in room.lessons or one in wanted]
    from minclip.classroom.notebook import classroom_notebook
    from minclip.course.build import source_path

    missing = [one.name for one in room.chosen() if not source_path(one).is_file()]
    if missing:
        raise ValueError(
            f"{missing[0]} has no text here: a classroom is made in a clone of minclip's repository, see README.md"
        )
    said = [f"{short(folder)} is {'a new classroom' if new else 'your classroom, brought up to date'}."]
    folder.mkdir(parents=True, exist_ok=True)
    said += keep_out_of_git(folder, room.written)
    room.save()  # first: a folder that is half made can be made again
    said += place(room, CONFIG, CONFIG_TEXT.encode("utf-8"))
    (folder / SUBMITTED).mkdir(exist_ok=True)
    for lesson in room.chosen():
        said += place_lesson(room, lesson, as_text(classroom_notebook(lesson)).encode("utf-8"))
    return said + next_commands(folder, room.chosen())


def strangers(folder: Path) -> list[str]:
    """What lies in a folder, by name. Hidden files, which systems put there, do not count."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")) if folder.is_dir() else []


def listed(names: list[str]) -> str:
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")


def place_lesson(room: Classroom, lesson: Lesson, content: bytes) -> list[str]:
    """The lesson's source, and its release where the source changed."""
    path = notebook_in(room.folder / SOURCE, lesson)
    said = place(room, path.relative_to(room.folder).as_posix(), content)
    source = digest(path.read_bytes())
    released = notebook_in(room.folder / RELEASE, lesson)
    name, key = released.relative_to(room.folder).as_posix(), release_key(lesson)
    if room.written.get(key) == source and released.is_file():
        return said
    former = released.read_bytes() if released.is_file() else None
    if former is not None:
        kept = keep_former(room, lesson, former)
        if digest(former) != room.written.get(name):
            said.append(f"{name} was changed by hand: what was there is kept in {kept}")
    try:
        generate_release(room, lesson)
    except ValueError:
        if former is not None and not released.is_file():  # nbgrader deletes it first, and then refuses
            with atomic_write(released) as file:
                file.write(former)
        raise
    room.written |= {key: source, name: digest(released.read_bytes())}
    room.save()
    said.append(f"{name} is what students get.")
    if any((room.folder / AUTOGRADED).glob(f"*/{lesson.name}")):
        said.append(f"{lesson.name} was graded by what was released before: minclip classroom grade grades it again.")
    return said


def keep_former(room: Classroom, lesson: Lesson, content: bytes) -> str:
    """Keeps a release that students have, for what they hand in was made from it; returns where."""
    path = room.folder / COPIES / f"{former_name(lesson)} {digest(content)}.ipynb"
    with atomic_write(path) as file:
        file.write(content)
    return short(path)


def former_name(lesson: Lesson) -> str:
    return f"released before {lesson.name}"


def release_key(lesson: Lesson) -> str:
    """Of classroom.json's `written`: the digest of the source that the release was made from."""
    return f"{RELEASE} of {lesson.name}"


def released_otherwise(room: Classroom, lesson: Lesson) -> bool:
    """Whether the source changed since the release was made from it."""
    path, made_from = notebook_in(room.folder / SOURCE, lesson), room.written.get(release_key(lesson))
    return made_from is not None and path.is_file() and digest(path.read_bytes()) != made_from


def place(room: Classroom, name: str, content: bytes) -> list[str]:
    """Writes a file of ours. One that the teacher changed stays while ours is the same, else it is copied aside."""
    path, new = room.folder / name, digest(content)
    found = digest(path.read_bytes()) if path.is_file() else ""
    said: list[str] = []
    if found != new:
        if found and room.written.get(name) == new:
            return [f"{name} holds your changes and stays as it is."]
        if found and found != room.written.get(name):
            said = [f"{name} is new. What you wrote in the old one is kept in {keep_copy(room, path)}"]
        with atomic_write(path) as file:
            file.write(content)
    if room.written.get(name) != new:
        room.written[name] = new
        room.save()
    return said


def keep_copy(room: Classroom, path: Path) -> str:
    """Copies a file of the classroom to its copies/, under the time; returns where."""
    content, number = path.read_bytes(), 1
    stem = f"{path.stem} {datetime.now():%Y-%m-%d %H.%M.%S}"
    copy = room.folder / COPIES / f"{stem}{path.suffix}"
    while copy.exists():
        number += 1
        copy = copy.with_name(f"{stem} {number}{path.suffix}")
    with atomic_write(copy) as file:
        file.write(content)
    return short(copy)


def generate_release(room: Classroom, lesson: Lesson) -> None:
    """nbgrader's generate_assignment for one notebook. ValueError with its words where it refuses."""
    from minclip.classroom.nbgrader_calls import Failed, call

    try:
        call("GenerateAssignment", room.folder, lesson.name, force=True, notebook=lesson.name)
    except Failed as error:
        raise ValueError(f"nbgrader could not make the release of {lesson.name}: {error}") from error


def named(folder: Path) -> str:
    """The folder as it is typed in a command."""
    folder = folder.expanduser().absolute()
    name = folder.name if folder.parent == Path.cwd() else short(folder)
    return f'"{name}"' if " " in name else name


def next_commands(folder: Path, lessons: list[Lesson]) -> list[str]:
    name = named(folder)
    example = f"{RELEASE}/{lessons[0].name}"
    return [
        f"1. Give your students a lesson's folder, such as {example}.",
        f"2. Their work goes to {SUBMITTED}/STUDENT/LESSON/, or: minclip classroom collect {name} ZIP_OR_FOLDER",
        f"3. minclip classroom check {name}",
        f"4. minclip classroom grade {name}",
        f"5. minclip classroom report {name}",
    ]
