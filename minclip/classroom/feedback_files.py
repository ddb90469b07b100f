"""Writes the feedback of a whole class: feedback/STUDENT/LESSON/LESSON.html.

A page runs nothing and fetches nothing, for a teacher opens what students wrote. Formulas stay as they are typed.
"""

import io
import logging
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from minclip.classroom.course_folder import CONFIG, GRADEBOOK, classroom_of
from minclip.classroom.originals import write_bytes
from minclip.classroom.submissions import folders_in
from minclip.course.certificate_page import POLICY
from minclip.course.exercise import Lesson


def write_feedback(folder: Path) -> list[str]:
    """Writes the feedback of every graded submission; returns what to say. What else is in feedback/ stays.

    A submission whose feedback cannot be made costs its own alone, and gets a line. ValueError: no classroom.
    """
    folder = folder.absolute()
    lessons, config = classroom_of(folder).chosen(), config_of(folder)
    if not (folder / GRADEBOOK).is_file():
        return ["There is no feedback yet: nothing was graded."]
    aside = Path(tempfile.mkdtemp(prefix=".feedback-", dir=folder))  # nbgrader writes within the course alone
    said, written = [], 0
    try:
        shutil.copy(folder / GRADEBOOK, aside / GRADEBOOK)  # nbgrader writes into what it reads
        for student in folders_in(folder / "autograded"):
            for lesson in lessons:
                if not (student / lesson.name / f"{lesson.name}.ipynb").is_file():
                    continue
                error = generate(folder, aside.name, student.name, lesson, config)
                page = aside / student.name / lesson.name / f"{lesson.name}.html"
                if page.is_file():
                    target = folder / "feedback" / student.name / lesson.name / page.name
                    write_bytes(target, still(page.read_text(encoding="utf-8")).encode("utf-8"))
                    written += 1
                else:
                    said.append(f"{student.name} · {lesson.name}: no feedback could be written: {error}")
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return [f"feedback/ has the feedback of {written} {'submission' if written == 1 else 'submissions'}.", *said]


def still(page: str) -> str:
    """A page that no browser runs or fetches anything for."""
    fetched = re.compile(r'<script[^>]*\bsrc="https?:[^>]*>\s*</script>', re.IGNORECASE)
    rule = f'<head>\n<meta http-equiv="Content-Security-Policy" content="{POLICY}"/>'
    return fetched.sub("", page).replace("<head>", rule, 1)


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
