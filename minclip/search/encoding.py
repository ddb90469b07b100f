"""Picture files become features: several threads read them in their order, and few are in memory at a time.

The index of a search and `minclip embed` share this. Each picture is known by the size and time of its file.
"""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor
from tqdm import tqdm

from minclip.data.arguments import whole_number
from minclip.data.images import MAX_THREADS, open_image
from minclip.model import CLIP
from minclip.search.index_file import UNREADABLE, Entry, Stamp
from minclip.zero_shot import Preprocess, evaluating

Item = TypeVar("Item")
Result = TypeVar("Result")


def stamp_of(path: Path) -> Stamp | None:
    """None where the file has gone meanwhile."""
    try:
        found = path.stat()
    except OSError:
        return None
    return Stamp(found.st_size, found.st_mtime_ns)


def encode_files(
    folder: Path, names: Sequence[str], model: CLIP, preprocess: Preprocess, batch_size: int, bar: tqdm
) -> Generator[tuple[str, Entry | None], None, None]:
    """(name, what is known of the file) for each name; files that cannot be read may come before others' features.

    features: float32 [embed_dim] on the CPU, as encode_image gives them, not normalised. None in place of an entry:
    the file system refused the file, and another time it may be there.
    """
    batch_size = whole_number("batch_size", batch_size)

    def read(name: str) -> tuple[Stamp, Tensor] | Entry | None:
        stamp = stamp_of(folder / name)  # before it is read: a change in between is seen the next time
        try:
            pixels = preprocess(open_image(folder / name))  # [3, size, size]
        except ValueError:
            return None if stamp is None else Entry(stamp, None, UNREADABLE)
        except OSError:
            return None
        return None if stamp is None else (stamp, pixels)

    def encoded() -> Iterator[tuple[str, Entry]]:
        stacked = torch.stack([pixels for _, _, pixels in waiting]).to(model.logit_scale)
        with evaluating(model):
            features = model.encode_image(stacked).float().cpu()  # [batch, embed_dim]
        yield from ((name, Entry(stamp, row)) for (name, stamp, _), row in zip(waiting, features, strict=True))

    waiting: list[tuple[str, Stamp, Tensor]] = []
    for name, found in in_threads(read, names, ahead=batch_size):
        if isinstance(found, tuple):
            waiting.append((name, *found))
        else:
            bar.update()
            yield name, found
        if len(waiting) == batch_size:
            bar.update(len(waiting))
            yield from encoded()
            waiting = []
    if waiting:
        bar.update(len(waiting))
        yield from encoded()


def in_threads(function: Callable[[Item], Result], items: Iterable[Item], ahead: int) -> Iterator[tuple[Item, Result]]:
    """(item, function(item)) in the order of the items; at most so many are computed ahead of the one that is given."""
    waiting: deque[tuple[Item, Future[Result]]] = deque()
    pool = ThreadPoolExecutor(min(MAX_THREADS, os.cpu_count() or 1))
    try:
        for item in items:
            waiting.append((item, pool.submit(function, item)))
            if len(waiting) > ahead:
                first, result = waiting.popleft()
                yield first, result.result()
        while waiting:
            first, result = waiting.popleft()
            yield first, result.result()
    finally:
        pool.shutdown(cancel_futures=True)
