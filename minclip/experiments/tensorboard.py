"""The log of a run for TensorBoard: event files in the run's folder, beside log.jsonl.

minclip train --data picturebook --out runs/first --tensorboard
tensorboard --logdir runs
"""

from pathlib import Path
from typing import Any

from minclip.experiments.runs import Run

EVENTS = "events.out.tfevents.*"
NEEDED = (
    'TensorBoard\'s log needs the package tensorboard: pip install "minclip[tensorboard]" (in a clone: '
    'pip install -e ".[tensorboard]")'
)
NOT_DRAWN = ("step", "samples")  # of an entry: the axis


def has_events(folder: str | Path) -> bool:
    """Whether a run was logged for TensorBoard before."""
    return any(Path(folder).glob(EVENTS))


class TensorBoardLog:
    """Writes each entry of a log: is a Keeper's on_log, and `fit`'s. What a run has logged before comes first.

        minclip.fit("picturebook", out="runs/first", on_log=TensorBoardLog("runs/first"))

    A file is written when the first entry comes. Raises ValueError where the package tensorboard is missing.
    """

    def __init__(self, folder: str | Path):
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ModuleNotFoundError as error:
            raise ValueError(f"{NEEDED} ({error})") from error
        self.folder, self.make_writer = Path(folder), SummaryWriter
        self.writer: Any = None

    def __call__(self, entry: dict[str, Any]) -> None:
        if self.writer is None:
            earlier = Run(self.folder).read_log()
            known = has_events(self.folder)
            # what a stopped run logged after its checkpoint is not shown
            self.writer = self.make_writer(str(self.folder), purge_step=entry["step"] if known else None)
            for one in earlier if not known else ():
                if one["step"] < entry["step"]:
                    self.write(one)
        self.write(entry)
        self.writer.flush()

    def write(self, entry: dict[str, Any]) -> None:
        for name, value in entry.items():
            if name not in NOT_DRAWN and isinstance(value, int | float):
                self.writer.add_scalar(name, value, entry["step"])
