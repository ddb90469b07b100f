"""Grades what lies in submitted/: nbgrader's autograde for one submission at a time, the notebooks side by side.

Each submission is a run of nbgrader of its own, so that one which fails stops no other.
"""

import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from minclip.classroom.course_folder import GRADEBOOK, Classroom, classroom_of
from minclip.classroom.foreign_files import why_unreadable
from minclip.classroom.graded_before import digest_now, key_of, not_released, read_graded, rule_digest
from minclip.classroom.handed_in import read_file
from minclip.classroom.requirements import need_packages, programs_on_path
from minclip.classroom.submissions import Submission, submissions
from minclip.course.exercise import Lesson
from minclip.course.grading import GRADING

NAMED = 10  # students in an error
COULD_NOT = "could not be graded: see above, and minclip classroom check."  # the end of the last line


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
    for line in not_released(room, [one.lesson for one in wanted]):
        say(line)
    known = {key_of(one): read_graded(room, one) for one in wanted}
    with gradebook(room) as book:
        rules = {lesson: rule_digest(room, lesson, book) for lesson in dict.fromkeys(one.lesson for one in wanted)}
    now = {key_of(one): digest_now(room, one, rules[one.lesson]) for one in wanted}
    for line in rules_changed(wanted, known, now):
        say(line)
    todo = [one for one in wanted if force or known[key_of(one)] != now[key_of(one)]]
    bounds = {name: value for name, value in (("timeout", seconds), ("memory", memory)) if value}
    given: dict[str, dict[str, object]] = {"SandboxedExecute": dict(bounds)}
    failed = 0
    for one, done, words in in_turns(room, todo, jobs or os.cpu_count() or 1, given):
        failed += not done
        say(f"{one.student}  {one.lesson.name}  {words if done else f'not graded: {words}'}")
    said = [f"{count(len(todo) - failed, 'submission')} graded."]
    if len(todo) < len(wanted):
        before = len(wanted) - len(todo)
        were = "1 was graded before and has" if before == 1 else f"{before} were graded before and have"
        said.append(f"{were} not changed: --force grades again.")
    if failed:
        said.append(f"{failed} {COULD_NOT}")
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
            names = sorted({one.student for one in every})
            more = f" and {len(names) - NAMED} more folders of submitted/" if len(names) > NAMED else ""
            raise ValueError(f'no submission of "{student}": the names are {", ".join(names[:NAMED])}{more}')
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
        if why := why_unreadable(one):  # in the words of `check`; nbgrader has its own
            return False, why
        try:
            with TURN:
                call("Autograde", room.folder, one.lesson.name, one.student, force=True, settings=settings)
                return True, points_in_words(room, one)
        except Failed as error:
            repaired = read_file(one.notebook).repaired
            return False, f"{repaired[0]}: minclip classroom check repairs it" if repaired else str(error)

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


@contextmanager
def gradebook(room: Classroom) -> Iterator[Any]:
    """nbgrader's, opened."""
    from nbgrader.api import Gradebook

    with programs_on_path(), Gradebook(f"sqlite:///{room.folder / GRADEBOOK}") as book:
        yield book


def points_in_words(room: Classroom, one: Submission) -> str:
    """As the gradebook has them."""
    with gradebook(room) as book:
        found = book.find_submission(one.lesson.name, one.student)
        open_ = ", more by hand" if found.needs_manual_grade else ""
        return f"{found.score:g} of {found.max_score:g} points{open_}"
