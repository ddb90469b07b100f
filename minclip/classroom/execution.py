"""Takes the place of nbgrader's `Execute`: a notebook runs in a process and a folder of its own, within bounds.

nbgrader cleans a submission before and scores it afterwards, in the teacher's process. `nbgrader autograde` uses this
by the class's nbgrader_config.py, and so does `minclip classroom grade`.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from nbformat import NotebookNode
from nbgrader.preprocessors import Execute
from traitlets import Integer, List, Unicode

import minclip
from minclip.classroom.answer_errors import explain_missing_names
from minclip.classroom.course_folder import MARKER
from minclip.classroom.process_tree import each
from minclip.classroom.record import settle
from minclip.classroom.run_notebook import JOB, LOG, NOTEBOOK, RESULT, Job
from minclip.classroom.sandbox import hidden_of, lacking
from minclip.course.grading import GRADING
from minclip.course.notebook_files import read, write

CELL_SECONDS, NOTEBOOK_SECONDS, MEMORY_MB = 180, 900, 4096
SEED = "MINCLIP_CLASSROOM_SEED"
SLACK = 180  # seconds beyond a notebook's own, for starting kernels and ending them
LONGEST_PATH = 70  # characters, of the folder for temporary files: the name of a socket may have 104


class Turn:
    """nbgrader's own code runs in one thread at a time; another has its turn while a notebook runs."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.holder: int | None = None

    def __enter__(self) -> None:
        self.lock.acquire()
        self.holder = threading.get_ident()

    def __exit__(self, *error: object) -> None:
        self.holder = None
        self.lock.release()

    @contextmanager
    def given_away(self) -> Iterator[None]:
        """Within it others have theirs. Nothing happens in a thread that has none."""
        mine = self.holder == threading.get_ident()
        if mine:
            self.__exit__()
        try:
            yield
        finally:
            if mine:
                self.__enter__()


TURN = Turn()
running: set[subprocess.Popen[bytes]] = set()
stopping = threading.Event()


class SandboxedExecute(Execute):
    """nbgrader's preprocessor. `timeout` is the seconds of a cell; c.Execute.timeout sets it, too."""

    timeout = Integer(CELL_SECONDS, help="Seconds that a cell may run.").tag(config=True)
    notebook_timeout = Integer(NOTEBOOK_SECONDS, help="Seconds that a notebook may run.").tag(config=True)
    memory = Integer(MEMORY_MB, help="Megabytes of memory that a submission may take.").tag(config=True)
    readable = List(Unicode(), help="Folders that a notebook may read, besides Python and the system.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """The notebook with its outputs. RuntimeError where no kernel could be started: then nobody gets points."""
        folder = Path(resources.get("metadata", {}).get("path") or ".").absolute()
        for line in lacking():
            self.log.warning(line)
        with TURN.given_away():
            bounds = (self.timeout, self.notebook_timeout, self.memory * 2**20)
            ran = executed(nb, folder, course_of(folder), *bounds, tuple(self.readable))
        os.environ[GRADING] = "autograde"  # nbgrader takes it back after each submission, whatever runs beside it
        for cell, done in zip(nb.cells, ran.cells, strict=True):
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = done.outputs, done.execution_count
                settle(cell)
        explain_missing_names(nb.cells)
        return nb, resources


def course_of(folder: Path) -> Path:
    """The classroom that a folder belongs to; the working folder, as nbgrader has it, where there is none."""
    return next((up for up in (folder, *folder.parents) if (up / MARKER).is_file()), Path.cwd())


def seed_of(course: Path) -> dict[str, str]:
    """The class's secret number, from which hidden tests draw."""
    try:
        return {SEED: str(json.loads((course / MARKER).read_text(encoding="utf-8"))["seed"])}
    except (OSError, ValueError, KeyError, TypeError):  # another nbgrader course
        return {}


def executed(
    notebook: NotebookNode,
    given: Path,
    course: Path,
    cell_seconds: int,
    seconds: int,
    memory: int,
    readable: tuple[str, ...] = (),
) -> NotebookNode:
    """Runs a copy of a notebook beside copies of the files in `given`, apart from everything in `course`."""
    with temporary_folder() as folder:
        hide = hidden_of(course.resolve())
        job = Job(
            folder=str(folder),
            given=str(given),
            hide=tuple(path for path in hide if Path(path) not in folder.parents and Path(path) != folder),
            read=readable,
            environment=seed_of(course),
            cell_seconds=cell_seconds,
            seconds=seconds,
            memory=memory,
        )
        write(notebook, folder / NOTEBOOK)
        job.write(folder / JOB)
        run(folder, seconds + SLACK)
        return read(folder / RESULT)


def run(folder: Path, seconds: int) -> None:
    """RuntimeError, with the last that was said, where the run itself fails: a submission alone cannot do that."""
    words = [sys.executable, "-P", "-m", "minclip.classroom.run_notebook", str(folder)]
    search = os.pathsep.join([str(Path(minclip.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])])
    said = folder / "said.txt"
    with said.open("wb") as output:
        process = subprocess.Popen(
            words,
            env=dict(os.environ) | {"PYTHONPATH": search},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        running.add(process)
        try:
            if stopping.is_set():  # while this one was being started
                process.kill()
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = -signal.SIGTERM
        finally:
            end(process)
            running.discard(process)
    if code or not (folder / RESULT).is_file():
        log = folder / LOG
        texts = [path.read_text(encoding="utf-8", errors="replace") for path in (said, log) if path.is_file()]
        last = [line for text in texts for line in text.strip().splitlines()[-3:]]
        raise RuntimeError(f"the notebook could not be run (exit code {code}): {' / '.join(last)[-600:]}")


def end(process: subprocess.Popen[bytes]) -> None:
    """With all that it started: its session, its kernel, and what on Linux dies with the kernel."""
    with suppress(psutil.Error):
        each(psutil.Process(process.pid).children(recursive=True), lambda one: one.kill())
    if hasattr(os, "killpg"):
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


@contextmanager
def ended_at_last(pool: Executor) -> Iterator[None]:
    """After it nothing runs of what the pool's threads started, and nothing waits there."""
    try:
        yield
    finally:
        stopping.set()
        for process in list(running):
            with suppress(OSError):
                end(process)
        pool.shutdown(cancel_futures=True)
        stopping.clear()


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Short, since sockets lie in it; gone afterwards, whatever rights its files have then."""
    usual = str(Path(tempfile.gettempdir()).resolve())
    short = "/tmp" if os.name == "posix" and len(usual) > LONGEST_PATH else None
    folder = Path(tempfile.mkdtemp(prefix="mc-", dir=short)).resolve()
    try:
        yield folder
    finally:
        for path, _, _ in os.walk(folder):
            with suppress(OSError):
                Path(path).chmod(0o700)
        shutil.rmtree(folder, ignore_errors=True)
