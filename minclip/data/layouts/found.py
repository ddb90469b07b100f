"""What was found in a data set: the one line that a command prints before it begins."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from minclip.data.left_out import LeftOut


@dataclass(frozen=True)
class Found:
    """Counts of the whole set, all splits together.

    >>> counts = {"train": 8, "val": 1, "test": 1}
    >>> str(Found("photos", "OpenCLIP's table", 10, 20, counts, left_out={"captions_empty": {"count": 2}}))
    "photos is OpenCLIP's table: 10 pictures, 20 captions; train 8, val 1, test 1; left out: captions empty 2"
    """

    where: str
    title: str  # of the layout
    pictures: int
    captions: int
    splits: Mapping[str, int]  # split -> pictures
    how: str = ""  # how splits were made that the set does not tell
    left_out: LeftOut = field(default_factory=dict)
    classes: int = 0

    def __str__(self) -> str:
        what = f"{self.classes:,} classes" if self.classes else f"{self.captions:,} captions"
        splits = ", ".join(f"{name} {count:,}" for name, count in self.splits.items())
        out = ", ".join(f"{name.replace('_', ' ')} {entry['count']:,}" for name, entry in self.left_out.items())
        parts = [f"{self.where} is {self.title}: {self.pictures:,} pictures, {what}"]
        parts += [f"{splits} ({self.how})" if self.how else splits]
        return "; ".join([*parts, f"left out: {out}" if out else "nothing left out"])


def found_line(dataset: Any) -> str:
    """What was found, on one line: of shards and RSICD in this split, of others in all. "" where there is no folder."""
    found = getattr(dataset, "found", None)
    if found is None and hasattr(dataset, "root"):
        captions = sum(len(dataset.captions(i)) for i in range(len(dataset)))
        counts = {dataset.split: len(dataset)}
        found = Found(str(dataset.root), dataset.name, len(dataset), captions, counts, left_out=dataset.notes)
    return " ".join(str(found).split()) if found is not None else ""
