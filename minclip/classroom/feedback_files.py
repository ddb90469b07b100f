"""Writes the feedback of a whole class: feedback/STUDENT/LESSON/LESSON.html.

A page runs nothing and fetches nothing, for a teacher opens what students wrote. Formulas stay as they are typed.
"""

import io
import logging
import re
import shutil
import tempfile
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

from tqdm import tqdm

from minclip.classroom.collecting import read_record
from minclip.classroom.course_folder import CONFIG, GRADEBOOK, classroom_of
from minclip.classroom.originals import write_bytes
from minclip.classroom.submissions import folders_in
from minclip.course.certificate_page import POLICY
from minclip.course.exercise import Lesson

STYLE = "<style>img, svg { max-width: 100%; height: auto }</style>"  # figures stay within the page's frame
LIST = re.compile(r'<div id="toc">.*?</div>', re.DOTALL)  # of points, by the kind of cell, and 0 for what waits
HEAD = re.compile(r"(?<=[^<>]) \(Score: [\d.-]+ / [\d.]+\)(?=</h4>)")
SCORE = re.compile(r'(<span class="pull-right">)\s*Score: [\d.-]+ / [\d.]+ (?=<a href="#top">)')


def write_feedback(folder: Path, out_of_date: Collection[tuple[str, str]] = (), progress: bool = False) -> list[str]:
    """Writes the feedback of every graded submission; returns what to say. What else is in feedback/ stays.

    out_of_date: student and lesson of those whose grading is of another version or release: they get none.
    progress: a bar on stderr that counts the pages.

    A submission whose feedback cannot be made costs its own alone, and gets a line. ValueError: no classroom.
    """
    folder = folder.absolute()
    lessons, config = classroom_of(folder).chosen(), config_of(folder)
    if not (folder / GRADEBOOK).is_file():
        return ["There is no feedback yet: nothing was graded."]
    aside = Path(tempfile.mkdtemp(prefix=".feedback-", dir=folder))  # nbgrader writes within the course alone
    said, written = [], 0
    pages: dict[Lesson, dict[str, bytes]] = {}
    try:
        shutil.copy(folder / GRADEBOOK, aside / GRADEBOOK)  # nbgrader writes into what it reads
        graded = [
            (student.name, lesson)
            for student in folders_in(folder / "autograded")
            for lesson in lessons
            if (student / lesson.name / f"{lesson.name}.ipynb").is_file()
            and (student.name, lesson.name) not in out_of_date
        ]
        for student, lesson in tqdm(graded, desc="feedback", unit=" pages", disable=not progress):
            error = generate(folder, aside.name, student, lesson, config)
            page = aside / student / lesson.name / f"{lesson.name}.html"
            if page.is_file():
                content = still(page.read_text(encoding="utf-8")).encode("utf-8")
                write_bytes(folder / "feedback" / student / lesson.name / page.name, content)
                pages.setdefault(lesson, {})[student] = content
                written += 1
            else:
                said.append(f"{student} · {lesson.name}: no feedback could be written: {error}")
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    for lesson in lessons:
        packed = zip_path(folder, lesson)
        if lesson not in pages and packed.is_file():  # nobody is to upload the pages of earlier versions
            packed.unlink()
            said.append(f"{packed.relative_to(folder).as_posix()} is gone: what it held is out of date.")
    counted = f"feedback/ has the feedback of {written} {'submission' if written == 1 else 'submissions'}."
    return [counted, *said, *(write_zip(folder, lesson, found) for lesson, found in sorted_by_number(pages))]


def sorted_by_number(pages: dict[Lesson, dict[str, bytes]]) -> list[tuple[Lesson, dict[str, bytes]]]:
    return sorted(pages.items(), key=lambda item: item[0].number)


def write_zip(folder: Path, lesson: Lesson, pages: dict[str, bytes]) -> str:
    """report/feedback_LESSON.zip, with the platform's own names of folders; returns the line about it.

    Moodle takes it as it is ("Upload multiple feedback files in a zip"). Its dates are fixed: the same pages make the
    same bytes.
    """
    record, packed = read_record(folder), io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for student, content in sorted(pages.items()):
            name = zipfile.ZipInfo(f"{platform_folder(student, lesson, record)}/{lesson.name}.html")
            name.compress_type, name.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            made.writestr(name, content)
    path = zip_path(folder, lesson)
    write_bytes(path, packed.getvalue())
    return f"{path.relative_to(folder).as_posix()} has the pages of {lesson.name} in a folder for each student."


def zip_path(folder: Path, lesson: Lesson) -> Path:
    return folder / "report" / f"feedback_{lesson.name}.zip"


def platform_folder(student: str, lesson: Lesson, record: dict[str, Any]) -> str:
    """The folder that the platform knows a submission by; where it is not known, the student's id."""
    about = record.get(student, {})
    collected = about.get("lessons", {}).get(lesson.name, {})
    if collected.get("platform") == "moodle" and about.get("name"):
        name = re.sub(r'[/\\:*?"<>|]', "_", str(about["name"]))
        return f"{name}_{collected.get('number', '')}_assignsubmission_file"
    return student


def still(page: str) -> str:
    """A page that no browser runs or fetches anything for. Points stand in the table at its top alone."""
    fetched = re.compile(r'<script[^>]*\bsrc="https?:[^>]*>\s*</script>', re.IGNORECASE)
    page = LIST.sub("", page, count=1)
    page = HEAD.sub("", SCORE.sub(r"\1", page), count=1)
    rule = f'<head>\n<meta http-equiv="Content-Security-Policy" content="{POLICY}"/>'
    return fetched.sub("", page).replace("<head>", rule, 1).replace("</head>", f"{STYLE}</head>", 1)


def config_of(folder: Path) -> Any:
    """The course's nbgrader_config.py."""
    from traitlets.config import Config
    from traitlets.config.loader import PyFileConfigLoader

    return PyFileConfigLoader(CONFIG, path=str(folder)).load_config() if (folder / CONFIG).is_file() else Config()


def generate(folder: Path, where: str, student: str, lesson: Lesson, config: Any) -> str:
    """Makes one page within the course's folder `where`; returns why there is none, "" where there is."""
    from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
    from nbgrader.converters import GenerateFeedback
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.preprocessors import GetGrades
    from traitlets.config import Config

    from minclip.classroom.feedback import HideHiddenTests

    ours = Config()
    ours.merge(config)
    book = f"sqlite:///{folder / where / GRADEBOOK}"
    ours.CourseDirectory.merge({"root": str(folder), "feedback_directory": where, "db_url": book})
    ours.CourseDirectory.merge({"student_id": student, "assignment_id": lesson.name, "notebook_id": lesson.name})
    ours.GenerateFeedback.preprocessors = [GetGrades, HideHiddenTests, CSSHTMLHeaderPreprocessor]
    converter = GenerateFeedback(coursedir=CourseDirectory(config=ours), config=ours)
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    handler.setLevel(logging.ERROR)
    silent = list(converter.log.handlers)
    propagates, converter.log.propagate = converter.log.propagate, False
    converter.log.handlers = [handler]
    try:
        converter.start()
        return ""
    except SystemExit:
        return "nbgrader stopped"
    except Exception as error:
        lines = [line for line in log.getvalue().splitlines() if line.strip() and not line.startswith(" ")]
        causes = [line for line in lines if "Error" in line or "Exception" in line]
        return causes[-1] if causes else f"{type(error).__name__}: {error}"
    finally:
        converter.log.handlers, converter.log.propagate = silent, propagates
