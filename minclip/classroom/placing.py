"""Notebooks that stand in the wrong place or have the wrong name: moved to submitted/STUDENT/LESSON/LESSON.ipynb.

A notebook that stands in the place of another lesson is moved by what it holds. Nothing is written over: where two
notebooks want the same place, the one that is there stays, and the other goes to originals/.
"""

from contextlib import suppress
from pathlib import Path, PurePosixPath

from minclip.classroom.attribution import again, lesson_in
from minclip.classroom.findings import Findings
from minclip.classroom.handed_in import lesson_of, read_file, signs
from minclip.classroom.left_out import beside
from minclip.classroom.originals import keep_original, student_id
from minclip.classroom.submissions import TIME
from minclip.course.exercise import Lesson


def rename_student(student: Path, findings: Findings) -> Path:
    """Gives a student's folder a name that nbgrader takes; returns where it is now."""
    name = student_id(student.name)
    if name == student.name:
        return student
    target = student.with_name(name)
    if target.exists():
        findings.name(student.name, "", f"nbgrader cannot take this name, and {name} is there already: join the two")
        return student
    student.rename(target)
    findings.repair(name, "", f"the folder was called {student.name!r}, which nbgrader cannot take")
    return target


def place_notebooks(folder: Path, student: Path, lessons: list[Lesson], findings: Findings) -> None:
    """Moves each notebook of a student to where nbgrader looks for it."""
    notebooks = [path for path in sorted(student.rglob("*")) if is_notebook(path, student)]
    wanted: dict[Lesson, list[Path]] = {}
    for path in notebooks:
        which = lesson_at(path, student, lessons)
        if which is None:
            within = path.relative_to(student).as_posix()
            findings.name(student.name, "", f"{within} is the notebook of no lesson of this classroom")
        else:
            wanted.setdefault(which, []).append(path)
    free_first = sorted(wanted, key=lambda lesson: (student / lesson.name / f"{lesson.name}.ipynb").exists())
    for lesson in free_first:
        place_lesson(folder, student, lesson, wanted[lesson], findings)
    name_stray_files(student, lessons, findings)
    for path in sorted(student.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            with suppress(OSError):  # only folders that are empty now
                path.rmdir()


def name_stray_files(student: Path, lessons: list[Lesson], findings: Findings) -> None:
    """Files outside of the lessons' folders: nbgrader does not see them."""
    names = {lesson.name for lesson in lessons}
    within = [path.relative_to(student) for path in sorted(student.rglob("*")) if path.is_file()]
    stray = [path.as_posix() for path in within if path.parts[0] not in names and path.suffix.lower() != ".ipynb"]
    stray = [name for name in stray if beside(PurePosixPath(name)) is None and name != TIME]
    if stray:
        more = f" and {len(stray) - 3} more" if len(stray) > 3 else ""
        words = "lies in no lesson's folder" if len(stray) == 1 else "lie in no lesson's folder"
        findings.name(student.name, "", f"{', '.join(stray[:3])}{more} {words}, where nobody grades it")


def is_notebook(path: Path, student: Path) -> bool:
    within = PurePosixPath(path.relative_to(student).as_posix())
    return path.suffix.lower() == ".ipynb" and path.is_file() and not path.is_symlink() and beside(within) is None


def lesson_at(path: Path, student: Path, lessons: list[Lesson]) -> Lesson | None:
    """The lesson of a notebook, by what it holds, else by its name and folders."""
    with suppress(ValueError):
        if (which := lesson_of(read_file(path), lessons)) is not None:
            return which
    names = (lesson_in(part, lessons) for part in reversed(path.relative_to(student).parts))
    return next((which for which in names if which is not None), None)


def place_lesson(folder: Path, student: Path, lesson: Lesson, found: list[Path], findings: Findings) -> None:
    """One of the notebooks comes to the lesson's place: the one that is there, else the best; the others go aside."""
    target = student / lesson.name / f"{lesson.name}.ipynb"
    chosen = target if target in found else max(found, key=lambda path: rank(path, student, lesson))
    if chosen != target and target.exists():  # another lesson's, and the two stand in each other's places
        within = chosen.relative_to(student).as_posix()
        findings.name(
            student.name, lesson.name, f"{within} is its notebook, but another has its place: move both by hand"
        )
        return
    for path in found:
        if path != chosen:
            kept = keep_original(folder, student.name, lesson.name, path.name, path.read_bytes())
            path.unlink()
            within, where = path.relative_to(student).as_posix(), kept.relative_to(folder).as_posix()
            findings.repair(student.name, lesson.name, f"{within} is a further notebook, and is in {where} now")
    if chosen != target:
        target.parent.mkdir(parents=True, exist_ok=True)
        chosen.rename(target)
        findings.repair(student.name, lesson.name, f"the notebook was called {chosen.relative_to(student).as_posix()}")


def rank(path: Path, student: Path, lesson: Lesson) -> tuple[bool, int, int]:
    """In the lesson's folder rather than elsewhere, with more of its exercises, the later copy."""
    count = 0
    with suppress(ValueError):
        count = signs(read_file(path), lesson)
    return path.parent == student / lesson.name, count, again(path.name)
