"""`minclip classroom check`: looks over what was handed in before it is graded, and repairs or names what is wrong.

One line for each finding. Before a file in submitted/ changes or goes, its bytes are in originals/. A second run
changes nothing. No submission stops the others.
"""

import copy
import hashlib
import json
from collections import defaultdict
from pathlib import Path

from tqdm import tqdm

from minclip.classroom.cell_repairs import changed_locked, listed, repair_cells, undefined
from minclip.classroom.collecting import read_record
from minclip.classroom.course_folder import GIVEN, SUBMITTED, classroom_of
from minclip.classroom.findings import Findings, remember
from minclip.classroom.foreign_files import clear, move_links
from minclip.classroom.handed_in import LARGE, Notebook, grade_id, read_file, source_of
from minclip.classroom.originals import ORIGINALS, digest, keep_original, write_bytes
from minclip.classroom.placing import place_notebooks, rename_student
from minclip.classroom.released import former_releases, is_answer, plain, released, unwritten
from minclip.classroom.submissions import Submission, folders_in, submissions
from minclip.classroom.without_notebook import in_words, without_notebook


def inspect(folder: Path, progress: bool = False) -> list[str]:
    """Looks over all submissions; returns a line for each finding. ValueError where the folder is no classroom.

    progress: a bar on stderr that counts the submissions.
    """
    lessons, findings = classroom_of(folder).chosen(), Findings()
    for lesson in lessons:
        released(folder, lesson)  # what all are held against: said now, where it cannot be read
    for student in folders_in(folder / SUBMITTED):
        try:
            if student.name in {lesson.name for lesson in lessons}:
                findings.name(
                    student.name, "", "a lesson's folder where a student's is expected: STUDENT/LESSON/LESSON.ipynb"
                )
                continue
            student = rename_student(student, findings)
            move_links(folder, student, findings)
            place_notebooks(folder, student, lessons, findings)
        except OSError as error:
            findings.name(student.name, "", f"could not be looked over: {error}")
    name_loose_files(folder, findings)
    for name, files in without_notebook(read_record(folder)).items():
        if not (folder / SUBMITTED / name).is_dir():
            findings.name(name, "", in_words(files))
    found = submissions(folder)
    for submission in tqdm(found, desc="looking over", unit=" submissions", disable=not progress):
        try:
            inspect_one(folder, submission, findings)
        except Exception as error:  # whatever a file makes the readers stumble over: the others go on
            words = f"could not be looked over: {type(error).__name__}: {error}"
            findings.name(submission.student, submission.lesson.name, words)
    name_equal(folder, found, findings)
    name_changed_releases(findings)
    remember(folder, findings)
    return lines_of(findings, len(found), folder)


def name_loose_files(folder: Path, findings: Findings) -> None:
    """Files that lie in submitted/ itself, in no student's folder."""
    loose = [path for path in (folder / SUBMITTED).glob("*") if path.is_file() and not path.name.startswith(".")]
    for path in sorted(loose):
        taken = path.suffix.lower() in GIVEN
        collect = "lies in no student's folder: take it in with `minclip classroom collect`"
        findings.name(path.name, "", collect if taken else "not a submission: it lies in no student's folder")


def name_changed_releases(findings: Findings) -> None:
    """Once for a lesson, not for each student: nobody but the teacher changed anything."""
    for lesson, number in (findings.older_repaired + findings.older).items():
        made = "1 notebook was made; it is" if number == 1 else f"{number} notebooks were made; they are"
        say = findings.repair if findings.older_repaired[lesson] else findings.name
        say("the class", lesson, f"the release changed since {made} graded as the release is now")


def lines_of(findings: Findings, number: int, folder: Path) -> list[str]:
    lines = [f"repaired  {finding.line()}" for finding in sorted(findings.repaired)]
    lines += [f"look at   {finding.line()}" for finding in sorted(findings.named)]
    counted = f"{number} {'submission' if number == 1 else 'submissions'} looked over"
    if not findings.repaired and not findings.named:
        return [f"{counted}: nothing to repair."]
    if not findings.repaired:
        return [*lines, f"{counted}: nothing to repair, {len(findings.named)} to look at."]
    kept = f" The files as they were handed in are in {folder / ORIGINALS}." if (folder / ORIGINALS).is_dir() else ""
    return [*lines, f"{counted}: {len(findings.repaired)} repaired, {len(findings.named)} to look at.{kept}"]


def inspect_one(folder: Path, submission: Submission, findings: Findings) -> None:
    """One student's folder for one lesson."""
    student, lesson = submission.student, submission.lesson
    clear(folder, submission, findings)
    if not submission.notebook.is_file():
        if not any(finding.student == student and finding.lesson == lesson.name for finding in findings.named):
            findings.name(student, lesson.name, "there is no notebook")
        return
    try:
        given = read_file(submission.notebook)
    except ValueError as error:
        findings.name(student, lesson.name, str(error))
        return
    content = submission.notebook.read_bytes()
    releases = [released(folder, lesson), *former_releases(folder, lesson)]
    repaired = [*given.repaired, *cut_outputs(given, len(content))]
    own, others = own_repairs(given, releases)
    if repaired or own or others:
        keep_original(folder, student, lesson.name, submission.notebook.name, content)
        write_bytes(submission.notebook, given.text())
    for words in [*repaired, *own]:
        findings.repair(student, lesson.name, words)
    named, from_former = worth_a_look(folder, submission, given, releases)
    for words in named:
        findings.name(student, lesson.name, words)
    if others:
        findings.older_repaired[lesson.name] += 1
    elif from_former:
        findings.older[lesson.name] += 1


def own_repairs(given: Notebook, releases: list[Notebook]) -> tuple[list[str], bool]:
    """Repairs a notebook in place; returns what is said of it, and whether something comes of a changed release alone.

    releases: what the class is given now, and what it was given before. Said is what no release explains.
    """
    copies = [copy.deepcopy(given) for _ in releases[1:]]
    lines = repair_cells(given, releases[0])
    by_former = [repair_cells(one, former) for one, former in zip(copies, releases[1:], strict=True)] if lines else []
    own = fewest([lines, *by_former])
    return own, len(own) < len(lines)


def fewest(found: list[list[str]]) -> list[str]:
    return min(found, key=lambda lines: len(lines))


def cut_outputs(given: Notebook, size: int) -> list[str]:
    """Takes the outputs out of a large notebook: grading throws them away anyway."""
    with_outputs = [cell for cell in given.cells if cell.get("outputs")]
    if size <= LARGE or not with_outputs:
        return []
    for cell in with_outputs:
        cell["outputs"] = []
    return [f"it had {size / 1024**2:,.0f} MB: its outputs are cut"]


def worth_a_look(
    folder: Path, submission: Submission, given: Notebook, releases: list[Notebook]
) -> tuple[list[str], bool]:
    """What is no mistake to repair, but a teacher wants to know; and whether a former release explains other things.

    releases: as in own_repairs.
    """
    release, found = releases[0], []
    if unwritten(folder, submission.lesson, given.text()):
        found.append("nothing is written in it")
    if gone := undefined(given, release):
        found.append(f"{listed(gone)}: the cell is gone, and no other defines it")
    locked = [changed_locked(given, one) for one in releases]
    if changed := fewest(locked):
        found.append(f"{listed(changed)}: locked, and changed by hand; grading puts the released text back")
    if len(given.text()) > LARGE:
        found.append(f"it still has {len(given.text()) / 1024**2:,.0f} MB: look for pictures in its text cells")
    versions = [version_words(given, one) for one in releases]
    found += fewest(versions)
    places = {grade_id(cell): place for place, cell in enumerate(given.cells) if grade_id(cell)}
    early = [n for n in places if places.get(f"check-{n}", len(places) + 10**6) < places[n]]
    if early:
        found.append(f"{listed(early)}: its check stands above the answer")
    return found, len(changed) < len(locked[0]) or fewest(versions) != versions[0]


def version_words(given: Notebook, release: Notebook) -> list[str]:
    """Whether a notebook was made from another version than the one that the class was given."""
    ours, theirs = version(release), version(given)
    if not ours or ours == theirs:
        return []
    texts = {plain(source_of(cell)) for cell in given.cells}
    other = sum(plain(source_of(cell)) not in texts for cell in release.cells if not is_answer(cell))
    if not other:
        return []
    made = "a notebook that the class was not given, such as a workbook's"
    if theirs:
        made = f"another version of the notebook, {theirs}"
    differ = "1 cell differs" if other == 1 else f"{other} cells differ"
    return [f"made from {made}: {differ} from the class's, {ours}; grading puts the class's back"]


def version(notebook: Notebook) -> str:
    ours = notebook.raw["metadata"].get("minclip")
    return str(ours.get("version") or "") if isinstance(ours, dict) else ""


def name_equal(folder: Path, found: list[Submission], findings: Findings) -> None:
    """Names students whose notebooks have the same bytes, or the same cells. It does not judge them."""
    groups = defaultdict(list)
    for submission in found:
        try:
            notebook = read_file(submission.notebook)
            content = submission.notebook.read_bytes()
        except (OSError, ValueError):
            continue
        if not unwritten(folder, submission.lesson, content):
            cells = json.dumps([plain(source_of(cell)) for cell in notebook.cells]).encode()
            groups[submission.lesson.name, hashlib.sha256(cells).digest()].append((submission.student, digest(content)))
    for (lesson, _), members in groups.items():
        for student, _ in members if len(members) > 1 else ():
            same = (
                "the same file" if len({content for _, content in members}) == 1 else "the same cells, letter by letter"
            )
            others = ", ".join(other for other, _ in members if other != student)
            findings.name(student, lesson, f"{same} as {others}")
