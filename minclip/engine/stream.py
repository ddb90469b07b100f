"""A training set that is streamed from shards: pictures are read while training goes on, and memory holds a buffer.

Every epoch shuffles the shards and cuts them into one part for each process. A process fills its buffer with the next
samples of its part, shuffles them, and uses each of them once. The buffer holds captions and places in the shards; a
picture is read when its step is near. Everything random is drawn from seed, epoch and place, as in batches.py. So a
resumed run goes on with the very sample that comes next: it skips whole shards, and what its buffer held is read again.

A small set is one buffer that every process holds, and its order is that of a set in memory (order.py): no batch has a
picture twice where an epoch ends within it.

WebDataset's own shuffle draws from a buffer that it refills sample by sample. It mixes as well, but to resume it all
samples of the epoch must be read again.
"""

import math
import os
from bisect import bisect_right
from collections import deque
from collections.abc import Container, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property, partial
from hashlib import blake2b
from itertools import count, islice
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor

from minclip.config import CLIPConfig, TrainConfig
from minclip.data.images import MAX_THREADS
from minclip.data.left_out import LeftOut, note, note_cut
from minclip.data.shards import Place as Span
from minclip.data.shards import Sample
from minclip.data.streamed_shards import StreamedShards
from minclip.engine.augment import random_crops
from minclip.engine.batches import Batch, Pairs, draw_patches, make_batch, prepare
from minclip.engine.devices import Device
from minclip.engine.order import SMALL, batch_indices, generator_for
from minclip.engine.processes import own_rows
from minclip.preprocess import ImageTransform
from minclip.tokenizer import BPETokenizer

BUFFER = 8192  # samples that are shuffled together
AHEAD = 4  # batches that are read before they are needed
TRIES = 100  # other pictures that are tried in place of one that cannot be read
NAMED = 1000  # unreadable pictures that a report names
T = TypeVar("T")


class Place(NamedTuple):
    """A sample of the stream, as its buffer and its place in it."""

    buffer: list[Sample]
    row: int


@dataclass(frozen=True)
class Stream:
    """The train split of a folder of shards; stands where Pairs stands for a set in memory."""

    shards: StreamedShards
    tokenizer: BPETokenizer
    size: int  # side of the pictures that are read, in pixels
    left_out: LeftOut = field(default_factory=dict)  # takes the pictures that cannot be read, counted
    buffer: int = BUFFER
    squash: str | None = None  # as in `evaluation_suite`

    def __len__(self) -> int:
        return len(self.shards)

    @cached_property
    def transform(self) -> ImageTransform:
        return ImageTransform(self.size, squash=self.squash)

    def fingerprint(self) -> str:
        """What a resumed run must find again."""
        return self.shards.fingerprint()

    # --- which samples, in which order ---

    def part(self, seed: int, epoch: int, start: int, stop: int) -> Iterator[Sample]:
        """Samples number `start` to `stop` of an epoch, whose shards are shuffled. Whole shards before are skipped."""
        order = torch.randperm(len(self.shards.counts), generator=generator_for("shards", seed, epoch)).tolist()
        for shard in order:
            samples = self.shards.counts[shard]
            if start < samples and stop > 0:
                yield from self.shards.samples(shard, max(0, start), min(stop, samples))
            start, stop = start - samples, stop - samples

    def buffers(self, config: TrainConfig, first_step: int) -> Generator[tuple[list[Sample], int], None, None]:
        """(shuffled samples, the first of them to use) from a step on and without end; this process's alone.

        Every epoch has as many samples, each of them once.
        """
        rows = own_rows(config.batch_size)
        # in proportion to the rows, so that all processes end an epoch in the same step
        start, stop = (len(self) * row // config.batch_size for row in (rows.start, rows.stop))
        samples = stop - start  # of this process, in every epoch
        buffers = math.ceil(samples / self.buffer)  # of about equal size: the last one mixes as well as the others
        border = [samples * i // buffers for i in range(buffers + 1)]
        first_epoch, done = divmod(first_step * (rows.stop - rows.start), samples)
        first = bisect_right(border, done) - 1
        for epoch in count(first_epoch):
            part = self.part(config.seed, epoch, start + border[first], stop)
            for number in range(first, buffers):
                buffer = list(islice(part, border[number + 1] - border[number]))
                key = "buffer", config.seed, epoch, start, number
                order = torch.randperm(len(buffer), generator=generator_for(*key)).tolist()
                yield [buffer[i] for i in order], done - border[number]
                done = border[number + 1]
            first = done = 0

    def is_small(self, batch_size: int) -> bool:
        """Whether the set has so few batches that one of them would often hold a picture twice at an epoch's end."""
        return len(self) < SMALL * batch_size

    def all_samples(self) -> list[Sample]:
        """Every sample of a small set, in the order of the shards."""
        shards = enumerate(self.shards.counts)
        return [sample for shard, samples in shards for sample in self.shards.samples(shard, 0, samples)]

    def places(self, config: TrainConfig, first_step: int) -> Generator[Place, None, None]:
        """This process's samples, from a step on and without end."""
        if self.is_small(config.batch_size):
            own, samples = own_rows(config.batch_size), self.all_samples()
            for step in count(first_step):
                indices = batch_indices(step, config.batch_size, len(samples), config.seed)[own]
                yield from (Place(samples, i) for i in indices.tolist())
        for buffer, used in ahead(self.buffers(config, first_step), 1):  # the next one fills while this one is used
            yield from (Place(buffer, i) for i in range(used, len(buffer)))

    def first_buffer(self, config: TrainConfig, left_out: LeftOut) -> tuple[Pairs, list[str]]:
        """(a run's first samples without their pixels, their captions): what twins are counted on.

        left_out: takes the captions among them that are too long, counted.
        """
        if self.is_small(config.batch_size):
            samples = self.all_samples()
        else:
            with closing(self.buffers(config, 0)) as buffers:
                samples, _ = next(buffers)
        texts = [text for sample in samples for text in sample.captions]
        counts = torch.tensor([len(sample.captions) for sample in samples])
        files: dict[bytes, int] = {}
        same = [
            files.setdefault(blake2b(self.shards.file(s), digest_size=16).digest(), i) for i, s in enumerate(samples)
        ]
        tokens = self.tokenizer(texts, truncate=True).int()
        note_cut(left_out, "captions", self.tokenizer, texts, tokens)
        pairs = Pairs(torch.empty(len(samples), 0), tokens, counts.cumsum(0) - counts, counts, torch.tensor(same))
        return pairs, texts

    # --- what is read of them ---

    def batches(
        self, config: TrainConfig, first_step: int, model_config: CLIPConfig, device: Device
    ) -> Generator[Batch, None, None]:
        """This process's rows of every batch, from a step to the run's end."""
        own = own_rows(config.batch_size)
        with ThreadPoolExecutor(min(MAX_THREADS, os.cpu_count() or 1), "minclip-read") as readers:
            read = ahead(self.rows(config, first_step, readers), AHEAD)
            for step, (pixels, tokens) in enumerate(read, first_step):
                now, generator = config.at(step), generator_for("batch", config.seed, step)
                crops = random_crops(config.batch_size, config.crop_scale, generator, config.mirror, config.turn)
                kept = draw_patches(now, model_config, config.batch_size, generator)
                kept = None if kept is None else kept[own]
                yield prepare(pixels, tokens, crops[own], kept, now, model_config, device)

    def rows(
        self, config: TrainConfig, first_step: int, readers: ThreadPoolExecutor
    ) -> Generator[tuple[Tensor, Tensor], None, None]:
        """(uint8 [rows, size, size, 3], int64 [rows, context_length]) of every step. One random caption a picture."""
        own, places = own_rows(config.batch_size), self.places(config, first_step)
        for step in range(first_step, config.steps):
            drawn = torch.rand(config.batch_size, generator=generator_for("captions", config.seed, step))[own].tolist()
            rows = list(islice(places, len(drawn)))
            taken = {(sample.shard, sample.place) for sample in (place.buffer[place.row] for place in rows)}
            found = list(readers.map(partial(self.read, taken=taken), rows))
            captions = [sample.captions for sample, _, _ in found]
            texts = [some[int(u * len(some))] for some, u in zip(captions, drawn, strict=True)]
            for _, _, faults in found:
                self.note_faults(faults)
            pixels = torch.from_numpy(np.stack([pixels for _, pixels, _ in found]))
            yield pixels, self.tokenizer(texts, truncate=True)

    def read(self, place: Place, taken: Container[tuple[Path, Span]] = ()) -> tuple[Sample, np.ndarray, list[str]]:
        """(sample, uint8 [size, size, 3], why others could not be read before it).

        In place of a picture that cannot be read stands another one, half a buffer away. taken: what the batch has
        already, which stands there only where nothing else does.
        """
        faults: list[str] = []
        for sample in islice(self.candidates(place, taken), TRIES):
            try:
                return sample, np.asarray(self.transform.square(self.shards.image(sample))), faults
            except (OSError, ValueError) as error:
                faults.append(str(error) or type(error).__name__)
        raise ValueError(f"{len(faults)} pictures of {self.shards.name} cannot be read, first: {faults[0]}")

    def candidates(self, place: Place, taken: Container[tuple[Path, Span]]) -> Iterator[Sample]:
        """The sample at a place, then the others of its buffer in the order in which they may stand for it."""
        buffer, row = place
        yield buffer[row]
        places = ((row + len(buffer) // 2 + i) % len(buffer) for i in range(len(buffer)))
        others = [buffer[i] for i in places if i != row]
        yield from sorted(others, key=lambda sample: (sample.shard, sample.place) in taken)  # keeps the order otherwise

    def note_faults(self, faults: list[str]) -> None:
        """Counts pictures that cannot be read; each of them once, however often it is tried."""
        for fault in faults:
            known = self.left_out.get("pictures_unreadable", {}).get("all", [])
            if fault not in known and len(known) < NAMED:
                what = "pictures of the shards cannot be read: others stand in their place"
                note(self.left_out, "pictures_unreadable", what, fault)
                self.left_out["pictures_unreadable"]["all"] = [*known, fault]


def ahead(items: Generator[T, None, None], depth: int) -> Generator[T, None, None]:
    """The same items, which another thread makes before they are asked for: `depth` of them wait."""
    end = object()
    with closing(items), ThreadPoolExecutor(1, "minclip-ahead") as thread:
        waiting = deque(thread.submit(next, items, end) for _ in range(depth))
        try:
            while (item := waiting.popleft().result()) is not end:
                waiting.append(thread.submit(next, items, end))
                yield item  # type: ignore[misc]
        finally:
            for future in waiting:
                future.cancel()


def batches_from(
    pairs: Pairs | Stream, config: TrainConfig, first_step: int, model_config: CLIPConfig, device: Device
) -> Generator[Batch, None, None]:
    """The batch of every step from first_step on: out of memory, or out of a stream."""
    if isinstance(pairs, Stream):
        return pairs.batches(config, first_step, model_config, device)
    return (make_batch(pairs, config, step, model_config, device) for step in range(first_step, config.steps))
