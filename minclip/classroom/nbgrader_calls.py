"""Calls nbgrader's converters from Python, with the settings of the class's own nbgrader_config.py."""

import logging
from contextlib import chdir
from pathlib import Path

from minclip.classroom.course_folder import CONFIG
from minclip.classroom.requirements import programs_on_path

LINES = 2  # of nbgrader's log in an error


class Failed(Exception):
    """nbgrader refused. The text is the last that it said."""


class Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += [record.getMessage()]


def call(converter: str, folder: Path, lesson: str, student: str = "*", force: bool = False, notebook: str = "*",
         settings: dict[str, dict[str, object]] | None = None) -> list[str]:  # fmt: skip
    """Runs a converter, such as Autograde, for one lesson; returns its warnings. Failed where it fails.

    settings: {"SandboxedExecute": {"timeout": 60}}, before those of nbgrader_config.py.
    """
    import glob

    from nbgrader import converters
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config
    from traitlets.config.loader import PyFileConfigLoader

    config = PyFileConfigLoader(CONFIG, path=str(folder)).load_config()
    config.merge(Config(settings or {}))
    kept = Kept()
    log = logging.Logger(f"minclip.classroom.{converter}", logging.INFO)  # of this call alone
    log.addHandler(kept)
    course = CourseDirectory(config=config, log=log)
    course.root = str(folder)
    course.assignment_id, course.notebook_id = lesson, notebook
    course.student_id = student if student == "*" else glob.escape(student)
    work = getattr(converters, converter)(coursedir=course, config=config, log=log)
    work.force = force
    try:
        with programs_on_path(), chdir(folder):
            work.start()
    except (converters.NbGraderException, OSError, ValueError, RuntimeError, SystemExit) as error:
        raise Failed(reason(kept.lines, error)) from error
    return kept.lines


def reason(lines: list[str], error: BaseException) -> str:
    """The last line of a traceback says most; nbgrader logs it before it gives up."""
    tracebacks = [text for text in lines if "Traceback" in text]
    if tracebacks:
        return tracebacks[-1].strip().splitlines()[-1]
    return " ".join(lines[-LINES:]) or str(error) or type(error).__name__
