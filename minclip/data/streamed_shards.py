"""A split of shards that is too large for memory: how many samples each shard holds, and the captions of some.

One pass over the shards, at the start of a run, finds what training must know: `survey`. It reads captions and no
pictures, and it keeps a few numbers for each shard. engine/stream.py reads the pictures while training goes on.
"""

import hashlib
import json
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from minclip.data.left_out import LeftOut, note
from minclip.data.progress import with_progress
from minclip.data.shard_splits import note_beside
from minclip.data.shards import Sample, Shards, read_content

TEXTS = 100_000  # pictures whose captions the tokenizer learns from, at most


class Counted(NamedTuple):
    """What a survey keeps of a shard."""

    size: int  # bytes of the file
    changed: int  # when it was written, in nanoseconds
    samples: int  # that have captions
    digest: str  # of their keys and captions


class Survey(NamedTuple):
    """What one pass over a split finds. Ready to be sent to other processes."""

    shards: dict[str, Counted]  # name -> what is in it
    captions: list[list[str]]  # of at most TEXTS pictures, out of whole shards that are drawn at random
    notes: LeftOut


def stamp(shard: Path) -> tuple[int, int]:
    """(bytes, when it was written): a shard that differs in neither is the same one.

    Bytes alone do not tell: a tar is filled up to a multiple of 10,240.
    """
    status = shard.stat()
    return status.st_size, status.st_mtime_ns


def other_shards(known: dict[str, Counted], now: dict[str, Counted]) -> str:
    """What is different in the shards of a split than an earlier survey found, in words; "" for the same captions."""
    if [(c.samples, c.digest) for c in known.values()] == [(c.samples, c.digest) for c in now.values()]:
        return ""
    changed = [name for name in known.keys() & now.keys() if known[name].digest != now[name].digest]
    kinds = {"missing": known.keys() - now.keys(), "new": now.keys() - known.keys(), "with other captions": changed}
    said = (f"{len(names)} {kind} ({min(names)})" for kind, names in kinds.items() if names)
    return ", ".join(said) or "in another order"


def survey(shards: Shards, known: dict[str, Counted] | None = None, progress: bool = False) -> Survey:
    """Reads every shard of a split once, its pictures excepted.

    known: an earlier survey. A shard that has not been written since is not read again.
    """
    found: dict[str, Counted] = {}
    captions: list[list[str]] = []
    left_out: list[str] = []
    notes = note_beside(shards.root)
    order = list(range(len(shards.shards)))
    random.Random(0).shuffle(order)  # whose captions the tokenizer reads does not depend on the seed of the run
    title = f"reading captions of shards/{shards.split}"
    for number in with_progress(order, title, "shards", shown=progress):
        path = shards.shards[number]
        now, before = stamp(path), (known or {}).get(path.name)
        if before is not None and (before.size, before.changed) == now:
            found[path.name] = before
            continue
        samples, digest = 0, hashlib.sha256()
        for sample in shards.read_shard(path, left_out, notes):
            if not sample.captions:
                what = f"pictures of {shards.name}/{shards.split} have no caption and are left out"
                note(notes, "pictures_without_captions", what, f"{path.name}: {sample.key!r}")
                continue
            samples += 1
            digest.update(json.dumps([sample.key, sample.captions]).encode())
            if len(captions) < TEXTS:
                captions.append(sample.captions)
        if left_out:
            what = "samples or files in shards cannot be used"
            note(notes, "samples_left_out", what, left_out[0], len(left_out))
            left_out.clear()
        found[path.name] = Counted(*now, samples, digest.hexdigest()[:16])
    total = sum(counted.samples for counted in found.values())
    if known is None and len(captions) < total:
        what = f"of {total:,} pictures have captions that the tokenizer does not learn from"
        note(notes, "captions_not_learned_from", what, count=total - len(captions))
    return Survey({path.name: found[path.name] for path in shards.shards}, captions, notes)


class StreamedShards:
    """A split of shards of which memory holds a few numbers for each shard, whatever the number of pictures.

    ValueError where the folder does not hold the shards that were surveyed.
    """

    def __init__(self, shards: Shards, surveyed: Survey):
        self.stamps = {path.name: stamp(path) for path in shards.shards}  # of another machine's copy: another time
        here = {(name, size) for name, (size, _) in self.stamps.items()}
        if differing := sorted(here ^ {(name, counted.size) for name, counted in surveyed.shards.items()}):
            raise ValueError(
                f"{shards.root} holds other shards than the first process found, such as {differing[0][0]}: give every "
                f"process the same folder"
            )
        self.name, self.split, self.looked_for = shards.name, shards.split, shards.looked_for
        self.survey, self.notes, self._shards = surveyed, surveyed.notes, shards
        self.counts = [surveyed.shards[path.name].samples for path in shards.shards]

    def __len__(self) -> int:
        """Pictures that have captions."""
        return sum(self.counts)

    def fingerprint(self) -> str:
        """The same for the same captions in the same order, in the same shards."""
        content = json.dumps([(c.samples, c.digest) for c in self.survey.shards.values()])
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    def samples(self, shard: int, start: int, stop: int) -> Iterator[Sample]:
        """Samples number `start` to `stop` of a shard, of those that have captions.

        ValueError where the shard has changed since.
        """
        path = self._shards.shards[shard]
        changed = f"{path} has changed since training began: bring it back, and resume the run"
        if not path.is_file() or stamp(path) != self.stamps[path.name]:
            raise ValueError(changed)
        with_captions = (sample for sample in self._shards.read_shard(path, [], {}) if sample.captions)
        for _ in range(start):
            next(with_captions, None)
        waiting = stop - start
        for sample in islice(with_captions, waiting):
            waiting -= 1
            yield sample
        if waiting:
            raise ValueError(changed)

    def image(self, sample: Sample) -> Image.Image:
        """The picture, mode RGB."""
        return self._shards.picture(sample)

    def file(self, sample: Sample) -> bytes:
        """The picture's file as it stands in the shard."""
        return read_content(sample.shard, sample.place)
