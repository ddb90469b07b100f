"""A class with nbgrader: make its folder from the lessons, collect and check what comes in, grade it, report.

    minclip classroom class                     makes the folder `class` with all lessons: source, release, settings
    minclip classroom class --lessons 01,05     with these lessons only, or adds them later
    minclip classroom collect class FILE        puts an LMS's zip, or a folder, where nbgrader looks for it
    minclip classroom check class               names what would stop the grading, and repairs what can be repaired
    minclip classroom grade class               runs each notebook apart from others, within bounds, and gives points
    minclip classroom report class              points.csv, a page of who is stuck where, and feedback for students

A folder that is named like an action: minclip classroom ./check
Exit code: 0; 1 where `collect` found no notebook, or `grade` could not grade a submission (the others are graded);
2 for wrong usage.
"""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minclip.course.exercise import Lesson

from minclip.cli.values import local_path, positive

NEXT = {"collect": "check", "check": "grade", "grade": "report"}
RANGE = re.compile(r"(\d+)\s*-\s*(\d+)")
ACTIONS = ("make", "collect", "check", "grade", "report")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="DIR | collect | check | grade | report")
    make = actions.add_parser("make", help="make a class's folder, as without this word")
    collect = actions.add_parser("collect", help="put an LMS's zip or a folder into submitted/")
    check = actions.add_parser("check", help="look over what came in, before grading")
    grade = actions.add_parser("grade", help="run the notebooks and give points")
    report = actions.add_parser("report", help="write points, a page for the teacher, and feedback")
    for action in (make, collect, check, grade, report):
        action.add_argument("folder", type=local_path, metavar="DIR", help="the class's folder")
    for action in (make, grade):
        action.add_argument("--lessons", metavar="01,05-07", help="these lessons (default: all)")
    collect.add_argument("given", type=local_path, metavar="ZIP_OR_FOLDER", help="what the LMS gave you")
    collect.add_argument("--lesson", metavar="05", help="the lesson that it is of (default: the notebooks tell)")
    grade.add_argument("--students", metavar="ANNA,BEN", help="these students (default: all)")
    grade.add_argument("--jobs", type=positive, metavar="N", help="notebooks at a time (default: one for each core)")
    grade.add_argument("--seconds", type=positive, metavar="S", help="for a cell (default: 180)")
    grade.add_argument("--memory", type=positive, metavar="MB", help="for a submission (default: 4096)")
    grade.add_argument("--force", action="store_true", help="those that are graded already, too")
    parse = parser.parse_known_args

    def with_action(args: Sequence[str] | None = None, namespace: Any = None) -> Any:
        """Without a word of its own, `minclip classroom DIR` makes the folder."""
        given = list(args or ())
        if given[:1] == ["release"] and len(given) > 1:
            parser.error(f"there is no command release: minclip classroom {given[1]} makes the release, too")
        if given and given[0] not in (*ACTIONS, "-h", "--help"):
            given = ["make", *given]
        return parse(given, namespace)

    parser.parse_known_args = with_action  # type: ignore[method-assign, assignment]


def run(arguments: argparse.Namespace) -> int:
    from minclip.classroom import course_folder, requirements

    folder, action = arguments.folder, arguments.action
    requirements.need_packages()
    failed = incomplete = False
    if action == "make":
        lines = course_folder.make(folder, lessons_of(arguments.lessons))
    elif action == "collect":
        from minclip.classroom.collecting import NOTHING, collect

        chosen = lessons_of(arguments.lesson)
        lines = collect(folder, arguments.given, chosen[0] if chosen else None, progress=True)
        failed = lines[0] == NOTHING
    elif action == "check":
        from minclip.classroom.inspection import inspect

        lines = inspect(folder, progress=True)
    elif action == "grade":
        from minclip.classroom.grading import COULD_NOT, grade

        students = students_of(folder, arguments.students)
        bounds = (arguments.jobs, arguments.seconds, arguments.memory)
        lines = grade(folder, lessons_of(arguments.lessons), students, *bounds, arguments.force, say)
        incomplete = lines[-1].endswith(COULD_NOT)
    else:
        from minclip.classroom.report import report

        lines = report(folder, progress=True)
    if action in NEXT and not failed:
        lines.append(f"next: minclip classroom {NEXT[action]} {course_folder.named(folder)}")
    print("\n".join(lines), flush=True)
    return int(failed or incomplete)


def students_of(folder: Path, words: str | None) -> list[str] | None:
    """'Anna Berg,ben' as the names of their folders in submitted/."""
    from minclip.classroom.originals import student_id

    names = [name.strip() for name in (words or "").split(",") if name.strip()]
    there = folder / "submitted"
    return [student_id(one) if (there / student_id(one)).is_dir() else one for one in names] or None


def say(line: str) -> None:
    print(line, flush=True)


def lessons_of(words: str | None) -> "list[Lesson] | None":
    """'01,05' or '05-07' as lessons. ValueError for what is none."""
    from minclip.course.outline import LESSONS
    from minclip.course.workbook_start import lesson_of

    found: list[Lesson] = []
    for word in map(str.strip, words.split(",")) if words else ():
        if ends := RANGE.fullmatch(word):
            first, last = (LESSONS.index(lesson_of(end)) for end in ends.groups())
            if last < first:
                raise ValueError(f"--lessons {word}: the first lesson must come before the last")
            found += LESSONS[first : last + 1]
        elif word:
            found.append(lesson_of(word))
    return list(dict.fromkeys(found)) or None
