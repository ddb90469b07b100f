"""Runs one notebook within bounds: python -m minclip.classroom.run_notebook FOLDER, as execution.py fills the folder.

A cell that runs too long is interrupted. Where that does not help, or the kernel ends, the cell gets an error and the
notebook runs again without it, so that the cells after it still run. No code cell is left without having run, unless
with an error in it: nbgrader gives an empty one full points.
"""

import asyncio
import json
import os
import re
import secrets
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import zmq.asyncio
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_async
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from minclip.classroom.process_tree import ProcessTree, adopt_orphans, size_in_words
from minclip.classroom.record import error
from minclip.classroom.sandbox import Sandbox
from minclip.classroom.surroundings import copy_files, environment
from minclip.course.notebook_files import read, write

JOB, NOTEBOOK, RESULT, LOG = "job.json", "given.ipynb", "done.ipynb", "kernel.log"  # in the folder
RERUNS = 3  # of a notebook whose kernel ended
START = 120  # seconds for a kernel to start, on a machine that is busy
LARGEST_MESSAGE = 64 * 2**20  # bytes; a larger one is not received
START_LINES = (  # IPython's own exit() would end the kernel some cells later; what lies beside the notebook comes last
    "get_ipython().ask_exit = lambda: None; "
    "__import__('sys').path[:] = [path for path in __import__('sys').path if path] + ['']"
)
CHECK = re.compile(r"check-(\w+)")


@dataclass(frozen=True)
class Job:
    """What to run and within which bounds. folder: a new one for this. given: where the notebook and its files lie.

    hide, read: what it must not see, and what it may see besides. environment: variables that the kernel gets, too.
    """

    folder: str
    given: str
    hide: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    cell_seconds: int = 180
    seconds: int = 900
    heed: int = 10  # seconds that a cell has to end after it was interrupted
    memory: int = 4 * 2**30
    output: int = 5 * 2**20
    disk: int = 2 * 2**30

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


def job_of(path: Path) -> Job:
    given = json.loads(path.read_text(encoding="utf-8"))
    return Job(**{one.name: given[one.name] for one in fields(Job)})


class Stopped(Exception):
    """The kernel is lost. The text says why."""


class Client(NotebookClient):
    """Takes only so many bytes of output, and stops a cell that goes on."""

    most = 5 * 2**20
    taken, flooded = 0, False

    def process_message(self, message: dict[str, Any], cell: NotebookNode, index: int) -> Any:
        kind = message["msg_type"]
        if kind in ("stream", "display_data", "execute_result", "update_display_data", "error"):
            self.taken += len(json.dumps(message["content"]))
            if self.taken > self.most:
                if not self.flooded:
                    self.flooded = True
                    self.interrupt()
                return None
        return super().process_message(message, cell, index)

    def interrupt(self) -> None:
        assert self.km is not None
        self.interrupting = asyncio.ensure_future(ensure_async(self.km.interrupt_kernel()))


class Run:
    """One notebook, run until it is through."""

    def __init__(self, notebook: NotebookNode, job: Job) -> None:
        self.notebook, self.job = notebook, job
        self.until, self.late = time.monotonic() + job.seconds, ""
        self.stopped: dict[int, list[NotebookNode]] = {}  # cells that ended a kernel, and their outputs
        self.through_with: set[int] = set()  # cells whose outputs are complete
        self.code = [(index, cell) for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]

    def run(self) -> None:
        for _ in range(1 + RERUNS):
            self.through_with.clear()
            for _, cell in self.code:
                cell.outputs, cell.execution_count = [], None
            if self.through():
                return self.give_up(self.late or "it did not run")
        return self.give_up(f"the notebook's cells ended {1 + RERUNS} kernels")

    def through(self) -> bool:
        """Runs all cells with a new kernel, in a new folder; False where one of them ended it."""
        job, work = self.job, Path(self.job.folder) / f"w{len(self.stopped)}"
        copy_files(Path(job.given), work / "lesson")
        surrounding = environment(work, work / "lesson") | job.environment
        with ExitStack() as stack:
            tree = stack.enter_context(ProcessTree(job.memory, work, job.disk))
            client = self.client(work)
            stack.callback(self.leave, client)
            log = stack.enter_context((Path(job.folder) / LOG).open("ab"))
            client.start_new_kernel(cwd=str(work / "lesson"), env=surrounding, stdout=log, stderr=log)
            client.start_new_kernel_client()
            for index, cell in self.code:
                if index in self.stopped:
                    cell.outputs = list(self.stopped[index])
                    self.through_with.add(index)
                    self.go_on_with_the_library(client, cell)
                    continue
                left = int(self.until - time.monotonic())
                if left <= 0:
                    self.late = f"the notebook ran longer than {job.seconds} seconds"
                    return True
                client.timeout = min(job.cell_seconds, left)
                try:
                    self.run_cell(client, tree, index, cell)
                    self.through_with.add(index)
                except Stopped as stopped:
                    name = "MemoryError" if "memory" in str(stopped) else "KernelEnded"
                    self.stopped[index] = [error(name, str(stopped)), *cell.outputs]
                    return False
        return True

    def client(self, work: Path) -> Client:
        """With a kernel of this Python, in a sandbox."""
        job = self.job
        connection = work / "k" / "k.json"
        connection.parent.mkdir()
        program = [sys.executable, "-P", "-m", "ipykernel_launcher", "-f", str(connection)]
        program.append(f"--IPKernelApp.exec_lines={START_LINES}")
        argv = Sandbox(str(work), job.hide, job.memory, job.read).command(program)
        manager = AsyncKernelManager(connection_file=str(connection), context=zmq.asyncio.Context())
        if sys.platform != "win32":
            manager.transport = "ipc"  # sockets in the folder: the kernel has no network
        manager.context.setsockopt(zmq.MAXMSGSIZE, LARGEST_MESSAGE)
        manager._kernel_spec = KernelSpec(argv=argv, display_name="Python 3", language="python")
        client = Client(self.notebook, km=manager, allow_errors=True, startup_timeout=START)
        client.record_timing, client.coalesce_streams, client.most = False, True, job.output
        client.interrupt_on_timeout, client.raise_on_iopub_timeout, client.iopub_timeout = True, True, job.heed
        client.skip_cells_with_tag = secrets.token_hex()  # none: a cell that is left out would get full points
        client.error_on_timeout = {"ename": "CellTimeoutError", "evalue": "", "traceback": []}
        return client

    def run_cell(self, client: Client, tree: ProcessTree, index: int, cell: NotebookNode) -> None:
        """Runs a cell; its outputs hold an error where it did not end well. Stopped where the kernel is lost."""
        client.taken, client.flooded = 0, False
        reply: dict[str, Any] = {}
        client.on_cell_executed = lambda **given: reply.update(given["execute_reply"]["content"])
        try:
            client.execute_cell(cell, index, execution_count=client.code_cells_executed + 1)
        except DeadKernelError:
            raise Stopped(f"the kernel ended in this cell: {tree.why or 'os._exit, or a crash'}") from None
        except CellTimeoutError:
            if client.flooded:
                raise Stopped(self.too_much()) from None
            raise Stopped(f"{self.too_long(client)}, and did not heed the interrupt") from None
        if why := tree.look():  # before the next cell, which has no part in it
            raise Stopped(f"the kernel ended in this cell: {why}")
        if client.flooded:
            cell.outputs.insert(0, error("OutputTooLong", self.too_much()))
        elif reply.get("ename") == "CellTimeoutError":
            cell.outputs.insert(0, error("CellTimeoutError", self.too_long(client)))
        elif reply.get("status") not in ("ok", None) and not any(one.output_type == "error" for one in cell.outputs):
            cell.outputs.insert(0, error(reply.get("ename", "Error"), reply.get("evalue", "it did not run")))
        if client.flooded or reply.get("status") not in ("ok", None):
            self.go_on_with_the_library(client, cell)

    def too_long(self, client: Client) -> str:
        return f"this cell ran longer than {client.timeout} seconds"

    def too_much(self) -> str:
        return f"this cell printed more than {size_in_words(self.job.output)}"

    def go_on_with_the_library(self, client: Client, cell: NotebookNode) -> None:
        """After a check that failed or was stopped the name holds minclip's own, as after any answer that is wrong.

        A check fails where the name is nowhere: the answer's cell is gone, or is no Python.
        """
        found = CHECK.fullmatch(str(cell.metadata.get("nbgrader", {}).get("grade_id", "")))
        if found:
            name = found[1]
            source = f"from minclip.course.outline import exercise_of\n{name} = exercise_of({name!r})[1].library"
            hidden = NotebookNode(cell_type="code", source=source, metadata={}, outputs=[], execution_count=None)
            client.nb.cells.append(hidden)
            try:
                with suppress(DeadKernelError, CellTimeoutError):
                    client.execute_cell(hidden, len(client.nb.cells) - 1, store_history=False)
            finally:
                client.nb.cells.pop()

    def give_up(self, why: str) -> None:
        """No cell stays without having run, unless with an error."""
        for index, cell in self.code:
            if cell.source.strip() and index not in self.through_with:  # a count alone says that it began
                cell.outputs = self.stopped.get(index) or [error("DidNotRun", why)]

    def leave(self, client: Client) -> None:
        with suppress(Exception):  # all its processes are ended in any case
            client.shutdown_kernel = "immediate"
            client._cleanup_kernel()


def main() -> None:
    folder = Path(sys.argv[1])
    adopt_orphans()
    notebook = read(folder / NOTEBOOK)
    Run(notebook, job_of(folder / JOB)).run()
    write(notebook, folder / RESULT)
    sys.stdout.flush()
    os._exit(0)  # no thread of the messages holds it up


if __name__ == "__main__":
    main()
