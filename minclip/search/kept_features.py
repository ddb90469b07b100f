"""What is encoded of a folder already: a finished file of features, and parts of one that is not finished.

`embed` asks what is known, adds what is new, and makes one file of it all. The rows stay on the disk.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from glob import escape
from itertools import groupby
from pathlib import Path
from time import monotonic

import numpy as np
from filelock import FileLock, Timeout

from minclip.data.paths import explain
from minclip.search.facts import Facts
from minclip.search.features_file import About, FeaturesFile, write_features
from minclip.search.index_file import Entry, Stamp

KEEP_EVERY = 4096  # pictures: then what was encoded goes into a part
KEEP_SECONDS = 60.0  # or after so long, where pictures are encoded slowly
PART = ".part"
PARTS = f"{'[0-9]' * 6}.safetensors"
WAY_OUT = "choose another file, or delete it"
NOT_FINITE = "has features that are not finite"


def parts_of(out: Path) -> Path:
    """The folder for what is encoded before the file is written."""
    return out.with_name(f"{out.name}{PART}")


@contextmanager
def alone(place: Path) -> Iterator[Path]:
    """A folder for parts that one process has at a time. It is deleted at the end where no part is in it."""
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise explain(error, place.with_name(place.name.removesuffix(PART))) from error
    lock = FileLock(place / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ValueError(f"another process is writing into {place}: wait for it, or choose another file") from None
    try:
        yield place
    finally:
        lock.release()
        if not any(place.glob(PARTS)):
            with suppress(OSError):  # something of somebody else's is in it
                (place / "lock").unlink(missing_ok=True)
                place.rmdir()


class KeptFeatures:
    """What is encoded already: rows of the finished file and of its parts, which stay on the disk."""

    def __init__(self, out: Path, place: Path, about: About, facts: Facts):
        self.out, self.place, self.about, self.facts = out, place, about, facts
        self.files: list[FeaturesFile] = []
        self.starts: list[int] = []  # of each file: how many rows the files before it have
        self.rows: dict[str, int] = {}  # name -> its row, counted through all files
        self.faults: dict[str, Entry] = {}
        self.added = 0  # pictures that were read now, whether they have features or not
        left_behind = [*place.glob(f".{PARTS}.*.tmp"), *out.parent.glob(f".{escape(out.name)}.*.tmp")]
        for left in left_behind:  # of a process that was killed while it wrote
            left.unlink(missing_ok=True)
        if out.exists():
            try:
                finished = FeaturesFile(out)
            except ValueError as error:
                raise ValueError(f"{error}: {WAY_OUT}") from error
            self.take(finished, out)
        for path in sorted(place.glob(PARTS)):
            try:
                part = FeaturesFile(path)
            except ValueError as error:
                facts.notes.append(f"a part is made anew: {error}")
                path.unlink()
                continue
            self.take(part, place)

    def take(self, file: FeaturesFile, where: Path) -> None:
        """Adds a file's rows; newer ones replace older ones. ValueError for another model's."""
        if file.model != self.about.model:
            whose = f" ({file.model_name})" if file.model_name else ""
            raise ValueError(
                f"{where} holds features of another model{whose}, or of pictures that were read in another way: "
                f"{WAY_OUT}"
            )
        start = self.starts[-1] + len(self.files[-1].names) if self.files else 0
        self.files.append(file)
        self.starts.append(start)
        for row, name in enumerate(file.names, start):
            self.rows[name] = row
            self.faults.pop(name, None)
        for name, entry in file.faults.items():
            self.faults[name] = entry
            self.rows.pop(name, None)

    def stamp(self, name: str) -> Stamp | None:
        """Of the picture's file when it was encoded; None where it was not."""
        if name in self.rows:
            number, row = self.place_of(name)
            return Stamp(*self.files[number].stamps[row].tolist())
        return self.faults[name].stamp if name in self.faults else None

    def refuse_another_folder(self, names: Sequence[str], folder: Path) -> None:
        """ValueError where features are kept, and none is of these pictures: they would be lost."""
        if names and self.rows and not any(name in self.rows for name in names):
            raise ValueError(
                f"{self.out} holds features of {len(self.rows):,} pictures, such as {next(iter(self.rows))}, and none "
                f"of them is in {folder}: {WAY_OUT}"
            )

    def place_of(self, name: str) -> tuple[int, int]:
        """(number of the file, row in it)."""
        number = bisect_right(self.starts, self.rows[name]) - 1
        return number, self.rows[name] - self.starts[number]

    def add(self, found: Iterator[tuple[str, Entry | None]], keep_every: int) -> None:
        """Writes what is encoded into parts, from time to time and at the end, also where it is stopped."""
        waiting: dict[str, Entry] = {}
        began = monotonic()
        try:
            for name, entry in found:
                if entry is None:  # the file system's: another time it may be there
                    self.facts.skipped.append(Path(name))
                    self.rows.pop(name, None)
                    self.faults.pop(name, None)
                    continue
                if entry.features is not None and not entry.features.isfinite().all():
                    entry = Entry(entry.stamp, None, NOT_FINITE)
                self.facts.encoded += entry.features is not None
                self.added += 1
                waiting[name] = entry
                if len(waiting) >= keep_every or monotonic() - began > KEEP_SECONDS:
                    self.write_part(waiting)
                    waiting, began = {}, monotonic()
        finally:
            if waiting:
                self.write_part(waiting)

    def write_part(self, entries: dict[str, Entry]) -> None:
        rows = {name: entry.features.numpy() for name, entry in entries.items() if entry.features is not None}
        faults = {name: entry for name, entry in entries.items() if entry.features is None}
        embed_dim = len(next(iter(rows.values()))) if rows else 0
        numbers = [int(path.stem) for path in self.place.glob(PARTS)]
        path = self.place / f"{max(numbers, default=0) + 1:06}.safetensors"
        stamps = [entries[name].stamp for name in rows]
        content = (row.astype("<f4").tobytes() for row in rows.values())
        write_features(path, self.about, list(rows), stamps, faults, embed_dim, content)
        part = FeaturesFile(path)
        part.names = list(rows)  # these texts are in memory already
        self.take(part, self.place)

    def finish(self, names: Sequence[str], folder: Path) -> None:
        """Makes the one file of the named pictures' rows. ValueError where none of them has features."""
        kept = [name for name in names if name in self.rows]
        faults = {name: self.faults[name] for name in names if name in self.faults}
        self.facts.skipped = sorted(
            {folder / path if not path.is_relative_to(folder) else path for path in self.facts.skipped}
            | {folder / name for name, entry in faults.items() if entry.fault != NOT_FINITE}
        )
        self.facts.without_direction = [folder / name for name, entry in faults.items() if entry.fault == NOT_FINITE]
        if kept and not self.is_finished(kept, faults):
            places = [self.place_of(name) for name in kept]
            stamps = np.empty((len(kept), 2), "<i8")
            for i, (number, row) in enumerate(places):
                stamps[i] = self.files[number].stamps[row]
            embed_dim = self.files[places[0][0]].embed_dim
            write_features(self.out, self.about, kept, stamps, faults, embed_dim, self.in_order(places))
        for path in self.place.glob(PARTS):
            path.unlink()
        if not kept:
            raise self.facts.no_picture(folder)

    def is_finished(self, names: Sequence[str], faults: dict[str, Entry]) -> bool:
        """Whether the file holds exactly this already."""
        only = self.files[0] if len(self.files) == 1 else None
        return only is not None and only.path == self.out and (only.names, only.faults) == (names, faults)

    def in_order(self, places: Sequence[tuple[int, int]]) -> Iterator[bytes]:
        """The bytes of the rows; rows that follow each other in a file are read together."""
        runs = groupby(enumerate(places), lambda pair: (pair[1][0], pair[1][1] - pair[0]))
        for (number, _), run in runs:
            rows = [place[1] for _, place in run]
            yield from self.files[number].rows(rows[0], rows[-1] + 1)
