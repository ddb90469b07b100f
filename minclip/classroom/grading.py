"""Grades what lies in submitted/: nbgrader's autograde for one submission at a time, the notebooks side by side.

Each submission is a run of nbgrader of its own, so that one which fails stops no other.
"""

import hashlib
import json
import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import chdir, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from minclip.classroom.course_folder import (
    AUTOGRADED,
    CONFIG,
    GRADEBOOK,
    RELEASE,
    SOURCE,
    Classroom,
    classroom_of,
    released_otherwise,
)
from minclip.classroom.requirements import need_packages, programs_on_path
from minclip.classroom.submissions import Submission, submissions
from minclip.course.exercise import Lesson
from minclip.course.grading import GRADING
from minclip.course.workbook import short
from minclip.data.paths import atomic_write

GRADED = "graded.json"  # in autograded/: of each submission, what was graded


def grade(
    folder: Path,
    lessons: Sequence[Lesson] | None = None,
    students: Sequence[str] | None = None,
    jobs: int | None = None,
    seconds: int | None = None,
    memory: int | None = None,
    force: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> list[str]:
    """Grades the submissions of these lessons and students (None: all) that are new or changed; returns what to say.

    jobs: notebooks at a time. seconds: for a cell. memory: megabytes for a submission. None: as in nbgrader_config.py.
    force: those that are graded already, too. say: gets a line for each one that is through. ValueError where there is
    nothing to grade.
    """
    need_packages()
    room = classroom_of(folder)
    from minclip.classroom.sandbox import lacking

    wanted = chosen(room, lessons, students)
    for line in lacking():
        say(line)
    for lesson in dict.fromkeys(one.lesson for one in wanted):
        if released_otherwise(room, lesson):
            say(f"source/{lesson.name} differs from what was released: run minclip classroom {short(room.folder)}")
    known = read_graded(room)
    rules = {one.lesson: rule_digest(room, one.lesson) for one in wanted}
    now = {key_of(one): f"{digest_of([one.folder], room.folder)} {rules[one.lesson]}" for one in wanted}
    for line in rules_changed(wanted, known, now):
        say(line)
    todo = [one for one in wanted if force or known.get(key_of(one)) != now[key_of(one)] or not is_graded(room, one)]
    bounds = {name: value for name, value in (("timeout", seconds), ("memory", memory)) if value}
    given: dict[str, dict[str, object]] = {"SandboxedExecute": dict(bounds)}
    failed = 0
    for one, done, words in in_turns(room, todo, jobs or os.cpu_count() or 1, given):
        if done:
            known[key_of(one)] = now[key_of(one)]
        else:
            failed += 1
            known.pop(key_of(one), None)
        write_graded(room, known)
        say(f"{one.student}  {one.lesson.name}  {words if done else f'not graded: {words}'}")
    said = [f"{count(len(todo) - failed, 'submission')} graded."]
    if len(todo) < len(wanted):
        before = len(wanted) - len(todo)
        were = "1 was graded before and has" if before == 1 else f"{before} were graded before and have"
        said.append(f"{were} not changed: --force grades again.")
    if failed:
        said.append(f"{failed} could not be graded: see above, and minclip classroom check.")
    return said


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def chosen(room: Classroom, lessons: Sequence[Lesson] | None, students: Sequence[str] | None) -> list[Submission]:
    """ValueError for a lesson or a student that handed in nothing."""
    every = submissions(room.folder)
    if not every:
        raise ValueError(f"nobody has handed in yet: put notebooks into {room.folder.name}/submitted/STUDENT/LESSON/")
    for lesson in lessons or ():
        if lesson not in {one.lesson for one in every}:
            raise ValueError(f"nobody has handed in {lesson.name}")
    for student in students or ():
        if student not in {one.student for one in every}:
            raise ValueError(f"{student} has handed in nothing: the names are those of the folders in submitted/")
    found = [one for one in every if (not lessons or one.lesson in lessons)]
    if not students:
        return found
    return sorted((one for one in found if one.student in students), key=lambda one: list(students).index(one.student))


def in_turns(
    room: Classroom, todo: Sequence[Submission], jobs: int, settings: dict[str, dict[str, object]]
) -> Iterator[tuple[Submission, bool, str]]:
    """Runs nbgrader for each; yields it when it is through, with its points in words, or False and why it failed.

    Ctrl-C ends all that run.
    """
    from minclip.classroom.execution import TURN, ended_at_last
    from minclip.classroom.nbgrader_calls import Failed, call

    def one_of_them(one: Submission) -> tuple[bool, str]:
        try:
            with TURN:
                call("Autograde", room.folder, one.lesson.name, one.student, force=True, settings=settings)
                return True, points_in_words(room, one)
        except Failed as error:
            return False, str(error)

    with only_one(room), grading_environment(room), ThreadPoolExecutor(jobs) as pool, ended_at_last(pool):
        waiting = {pool.submit(one_of_them, one): one for one in todo}
        for done in as_completed(waiting):
            yield waiting[done], *done.result()


@contextmanager
def only_one(room: Classroom) -> Iterator[None]:
    """ValueError while another grading of this classroom runs."""
    try:
        with FileLock(room.folder / ".grading.lock", timeout=0):
            yield
    except Timeout:
        raise ValueError(f"another grading of {room.folder.name} runs: wait for it, or stop it") from None


@contextmanager
def grading_environment(room: Classroom) -> Iterator[None]:
    """What nbgrader sets for one converter at a time, and would take back while others run."""
    before = os.environ.get(GRADING)
    try:
        with chdir(room.folder), programs_on_path(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"nbgrader\..*")  # of its own dealings with its database
            yield
    finally:
        os.environ.pop(GRADING, None)
        if before is not None:
            os.environ[GRADING] = before


def key_of(one: Submission) -> str:
    return f"{one.student}/{one.lesson.name}"


def rule_digest(room: Classroom, lesson: Lesson) -> str:
    """Stands for all that decides the points beside what was handed in: the release, the gradebook, the settings.

    Checks and points are the gradebook's, which gets them with the release; files beside the notebook are the source's.
    """
    from nbgrader.api import Gradebook, MissingEntry

    beside = [path for path in (room.folder / SOURCE / lesson.name).rglob("*") if path.suffix != ".ipynb"]
    cells: list[tuple[str, ...]] = []
    with programs_on_path(), Gradebook(f"sqlite:///{room.folder / GRADEBOOK}") as book, suppress(MissingEntry):
        notebook = book.find_notebook(lesson.name, lesson.name)
        cells += [(cell.name, cell.cell_type, str(cell.locked), cell.source) for cell in notebook.source_cells]
        cells += [(cell.name, f"{cell.max_score:g}") for cell in notebook.grade_cells]
    files = digest_of([room.folder / RELEASE / lesson.name, room.folder / CONFIG, *sorted(beside)], room.folder)
    return hashlib.sha256(json.dumps([files, sorted(cells)]).encode("utf-8")).hexdigest()[:16]


def rules_changed(wanted: Sequence[Submission], known: dict[str, str], now: dict[str, str]) -> Iterator[str]:
    """A line for each lesson of which work that did not change is graded again, since what it is graded by did."""
    changed = Counter(
        one.lesson.name
        for one in wanted
        if (before := known.get(key_of(one), "").split(" "))[-1:] != now[key_of(one)].split(" ")[1:]
        and before[0] == now[key_of(one)].split(" ")[0]
    )
    for name, number in changed.items():
        yield f"{name}: its release or the settings changed: {count(number, 'submission')} graded before, graded again"


def digest_of(parts: Sequence[Path], folder: Path) -> str:
    """Stands for the names and bytes of files, and of all files in folders."""
    total = hashlib.sha256()
    for part in parts:
        for path in sorted(part.rglob("*")) if part.is_dir() else [part]:
            if path.is_file():
                total.update(path.relative_to(folder).as_posix().encode("utf-8", "surrogateescape"))
                with path.open("rb") as file:
                    total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()[:16]


def is_graded(room: Classroom, one: Submission) -> bool:
    return (room.folder / AUTOGRADED / one.student / one.lesson.name / f"{one.lesson.name}.ipynb").is_file()


def read_graded(room: Classroom) -> dict[str, str]:
    try:
        found = json.loads((room.folder / AUTOGRADED / GRADED).read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    except (OSError, ValueError):  # nothing graded yet
        return {}


def write_graded(room: Classroom, known: dict[str, str]) -> None:
    with atomic_write(room.folder / AUTOGRADED / GRADED) as file:
        file.write((json.dumps(known, indent=1, sort_keys=True) + "\n").encode("utf-8"))


def points_in_words(room: Classroom, one: Submission) -> str:
    """As the gradebook has them."""
    from nbgrader.api import Gradebook

    with programs_on_path(), Gradebook(f"sqlite:///{room.folder / GRADEBOOK}") as book:
        found = book.find_submission(one.lesson.name, one.student)
        open_ = ", more by hand" if found.needs_manual_grade else ""
        return f"{found.score:g} of {found.max_score:g} points{open_}"
