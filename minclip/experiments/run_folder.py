"""The folder of a run of `minclip.fit`: a temporary one, or one that is kept, in which an old run may be replaced."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from minclip.checkpoint import MODEL_FILE, STATE_FILE
from minclip.experiments.best_on_val import BEST_FILE
from minclip.experiments.run_places import LOG_FILE, REPORT_FILES
from minclip.experiments.streaming import SURVEY_FILE
from minclip.experiments.tensorboard import EVENTS

RUN_FILES = (STATE_FILE, MODEL_FILE, LOG_FILE, SURVEY_FILE, BEST_FILE, *REPORT_FILES)
REPLACED = "replaced-run"  # where the files of the old run lie until the new one has a checkpoint


@contextmanager
def run_folder(out: str | Path | None, overwrite: bool) -> Iterator[Path]:
    """The folder of the run; a temporary one that is deleted afterwards where none is given.

    ValueError where `out` holds a run, unless it is to be overwritten. Its files, and no others, are then deleted when
    the new run is through, or has a checkpoint to go on from. Where the new one fails earlier, they are put back.
    """
    if out is None:
        with tempfile.TemporaryDirectory(prefix="minclip-fit-") as temporary:
            yield Path(temporary)
        return
    folder = Path(out)
    if not (folder / STATE_FILE).is_file():
        yield folder
        return
    if not overwrite:
        raise ValueError(f"{folder} holds a run already: give overwrite=True, or another out")
    aside = folder / REPLACED
    aside.mkdir(exist_ok=True)
    move(folder, aside)
    try:
        yield folder
    finally:
        if not (folder / STATE_FILE).is_file():
            move(aside, folder)
        shutil.rmtree(aside)


def move(here: Path, there: Path) -> None:
    """Moves the files of a run, the state last: a folder with a state is a whole run."""
    files = [*(here / name for name in reversed(RUN_FILES)), *here.glob(EVENTS)]
    for path in files:
        if path.is_file():
            path.replace(there / path.name)
