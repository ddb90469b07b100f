"""Where a run may be written: not over another run, a model or a report, and not into the pictures that it learns."""

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minclip.checkpoint import MODEL_FILE, STATE_FILE
from minclip.data.layouts.data_source import as_source
from minclip.data.paths import require_writable
from minclip.engine.processes import is_first

if TYPE_CHECKING:
    from minclip.experiments.runs import Run

LOG_FILE = "log.jsonl"
REPORT_FILE = "report.json"
REPORT_FILES = (REPORT_FILE, "report.md", "curves.png", "predictions.png", "confusion.png", "retrieval.png")


def refuse_to_overwrite(folder: Path) -> None:
    """ValueError where the folder is none, cannot be written to, or holds a file that a run would replace."""
    if (folder / STATE_FILE).is_file():
        raise ValueError(f"{folder} holds a run already: pass --resume to go on with it, or another --out")
    in_the_way = next((path for path in (folder, *folder.parents) if path.exists() and not path.is_dir()), None)
    if in_the_way is not None:
        raise ValueError(f"out={str(folder)!r} cannot be a folder: {in_the_way} is a file; pass another --out")
    require_writable(folder, "pass another --out")
    for name in (MODEL_FILE, *REPORT_FILES, LOG_FILE):
        if (folder / name).exists() and not is_log_of_a_run(folder / name):
            raise ValueError(f"{folder} holds a {name}, which a run would replace: pass another --out")


def is_log_of_a_run(path: Path) -> bool:
    """Whether it is the log of a run that was stopped before its first checkpoint: nothing is lost with it."""
    with suppress(OSError, ValueError):
        first = json.loads(path.read_text(encoding="utf-8").split("\n")[0])
        return path.name == LOG_FILE and isinstance(first, dict) and {"step", "samples"} <= first.keys()
    return False


def refuse_data_folder(folder: Path, data: Any) -> None:
    """ValueError where a run would be written between the pictures and captions that it learns from."""
    source = as_source(data).data
    if not isinstance(source, str | Path) or not Path(source).exists():
        return  # a name, or data in memory
    path = Path(source).resolve()
    if folder.resolve() == (path if path.is_dir() else path.parent):
        raise ValueError(
            f"out={str(folder)!r} is the folder of the data: a run would write its figures between the pictures; pass "
            f"another --out, such as {folder / 'run'}"
        )


def refuse_own_model(folder: Path, init: str) -> None:
    """ValueError where a run would replace the model that it begins from, and that it is compared with at its end."""
    path = Path(init)
    if path.exists() and folder.resolve() == (path if path.is_dir() else path.parent).resolve():
        raise ValueError(f"out={str(folder)!r} holds the model that the run begins from, {init}: give another out")


def longer(folder: str | Path) -> str:
    """The command that trains the model of a finished run for longer."""
    return f"minclip train --data DATA --init {folder} --samples N --out NEW"


def say_if_finished(run: "Run", state: dict[str, Any], steps: int) -> None:
    """Says that a run has no step left, and how its model is trained for longer. state: of its last checkpoint."""
    if is_first() and run.is_reported() and (state["step"] >= steps or state.get("ended_early")):
        print(
            f"minclip: {run.folder} is finished ({state['step']:,} of {steps:,} steps): only its report is made again; "
            f"to train it for longer, begin a new run with its model: {longer(run.folder)}",
            file=sys.stderr,
        )
