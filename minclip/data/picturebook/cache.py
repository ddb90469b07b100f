"""Pictures drawn by several processes, kept in a file, and opened from it the next time.

The file is a plain .npy of raw uint8: fast to map into memory, no decoding. It stands under its full name
only when it is complete. A hash in the name says which pictures it holds and which Pillow drew them: other
versions may draw other pixels (the facts and captions stay the same).
"""

import hashlib
import io
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import numpy as np
import PIL
from filelock import FileLock
from tqdm import tqdm

from minclip.data.paths import data_root, explain
from minclip.data.picturebook.picture import Picture
from minclip.data.picturebook.render import GENERATOR_VERSION, MAX_SIZE, MIN_SIZE, render
from minclip.data.picturebook.sampling import WORLD_VERSION
from minclip.data.progress import is_shown

CHUNK = 500  # pictures per job: 1.5 MB of pixels at 32 px, a sixth of a second of work
PARALLEL_FROM = 5_000  # pictures: fewer are drawn before the workers have started
MAX_WORKERS = 61  # the most that Windows can wait for

PictureAt = Callable[[int], Picture]  # must be picklable: a top-level function, or functools.partial of one


def cached_pixels(
    name: str,
    identity: str,
    picture_at: PictureAt,
    count: int,
    size: int,
    cache: Path | str | None = None,
    workers: int | None = None,
    progress: bool = True,
) -> np.ndarray:
    """Pictures 0 to count - 1: uint8 [count, size, size, 3], drawn or found in the cache.

    `identity` is everything that decides what `picture_at` returns; it goes into the file's name as a hash.
    The array is mapped copy-on-write: memory is taken where it is read, writing never reaches the file.
    Raises ValueError for a size or count that makes no sense, OSError where the cache cannot be written.
    """
    if not MIN_SIZE <= size <= MAX_SIZE:
        raise ValueError(f"size={size} must be from {MIN_SIZE} to {MAX_SIZE} pixels")
    if count < 1:
        raise ValueError(f"count={count} must be at least 1 picture")
    path = _path(name, identity, count, size, cache)
    pixels = _opened(path, count, size)
    if pixels is None:
        _write(path, picture_at, count, size, workers or os.cpu_count() or 1, progress)
        pixels = _opened(path, count, size)
    if pixels is None:
        raise OSError(f"{path} was written and cannot be read back: delete it, or set MINCLIP_DATA to another folder")
    return pixels


def cached_part(
    name: str,
    identity: str,
    picture_at: PictureAt,
    count: int,
    which: Sequence[int],
    size: int,
    cache: Path | str | None = None,
    workers: int | None = None,
    progress: bool = True,
) -> np.ndarray:
    """As `cached_pixels`, for a run that sees only some of the pictures: the others are black, and not drawn.

    `which`: the pictures that are seen, in any order, each once. Memory is taken for them alone.
    """
    whole = _opened(_path(name, identity, count, size, cache), count, size)
    if whole is not None:
        return whole
    chosen = sorted(which)
    digest = hashlib.sha256(np.asarray(chosen, dtype=np.int64).tobytes()).hexdigest()
    one_of_them = partial(_chosen, picture_at, chosen)
    part = cached_pixels(name, f"{identity}/{digest}", one_of_them, len(chosen), size, cache, workers, progress)
    pixels = np.zeros((count, size, size, 3), dtype=np.uint8)
    pixels[chosen] = part
    return pixels


def _chosen(picture_at: PictureAt, which: Sequence[int], index: int) -> Picture:
    """The facts of the picture that stands at `index` of a choice. A top-level function: it goes to the workers."""
    return picture_at(which[index])


def _path(name: str, identity: str, count: int, size: int, cache: Path | str | None) -> Path:
    """The file in which these pictures are kept."""
    folder = Path(cache) if cache is not None else data_root() / "picturebook" / "cache"
    versions = f"{GENERATOR_VERSION}/{WORLD_VERSION}/{PIL.__version__}/{np.__version__.split('.')[0]}"
    digest = hashlib.sha256(f"{identity}/{versions}".encode()).hexdigest()[:10]
    return folder / f"{name}-{size}px-{count}-v{GENERATOR_VERSION}-{digest}.npy"


def _opened(path: Path, count: int, size: int) -> np.ndarray | None:
    """The file's pixels; None where there is none, or a broken one."""
    try:
        pixels = np.load(path, mmap_mode="c")
    except (OSError, ValueError, EOFError):  # absent, truncated, or no .npy at all
        return None
    whole = pixels.dtype == np.uint8 and pixels.shape == (count, size, size, 3)
    return pixels if whole else None


def _write(path: Path, picture_at: PictureAt, count: int, size: int, workers: int, progress: bool) -> None:
    """Draws into the file. Written, not memory-mapped: a full disk is an error here and a crash there.

    What is drawn stands in a .part file, with which the next call goes on where this one is stopped or killed.
    """
    part, lock = path.with_name(f"{path.name}.part"), path.with_name(f".{path.name}.lock")
    silent = not (progress or is_shown())
    bar = tqdm(total=count, desc=f"drawing {path.name.split('-')[0]}", unit=" pictures", disable=silent)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with bar, FileLock(lock):  # another process may be drawing the same
            if _opened(path, count, size) is None:
                _fill(part, picture_at, count, size, workers, bar)
                part.replace(path)
    except KeyboardInterrupt:
        if part.exists() and part.stat().st_size >= 2 * CHUNK * size * size * 3:
            raise KeyboardInterrupt(f"what is drawn is kept in {part}; the same command goes on") from None
        raise
    except OSError as error:
        if _opened(path, count, size) is not None:  # another process was faster, and the file is in use
            return
        raise OSError(
            f"cannot keep {count} pictures, {count * size**2 * 3 / 1e6:.1f} MB, in {path.parent}: "
            f"{explain(error, path)}. Set MINCLIP_DATA to a folder that can be written to and has room"
        ) from error
    finally:
        with suppress(OSError):
            lock.unlink(missing_ok=True)
            if part.stat().st_size < 2 * CHUNK * size * size * 3:  # nothing to go on from: see _fill
                part.unlink()


def _fill(part: Path, picture_at: PictureAt, count: int, size: int, workers: int, bar: tqdm) -> None:
    """Draws what the file lacks. Its last chunk is drawn anew: a loss of power may have left a hole in it."""
    header = io.BytesIO()
    facts = {"descr": "|u1", "fortran_order": False, "shape": (count, size, size, 3)}
    np.lib.format.write_array_header_1_0(header, facts)
    begin, chunk_bytes = header.getvalue(), CHUNK * size * size * 3
    with part.open("a+b") as file:  # where it is not there, it is made
        file.seek(0)
        whole_chunks = max(0, part.stat().st_size - len(begin)) // chunk_bytes
        done = max(0, whole_chunks - 1) if file.read(len(begin)) == begin else 0  # chunks
        file.truncate(len(begin) + done * chunk_bytes if done else 0)
        if not done:
            file.write(begin)
        bar.update(done * CHUNK)
        for pixels in _drawn(picture_at, count, size, workers, done):
            file.write(pixels.tobytes())
            file.flush()
            bar.update(len(pixels))
        os.fsync(file.fileno())


def _draw_chunk(picture_at: PictureAt, start: int, stop: int, size: int) -> np.ndarray:
    """uint8 [stop - start, size, size, 3]. Runs in the worker processes."""
    return np.stack([render(picture_at(index), size) for index in range(start, stop)])


def _drawn(picture_at: PictureAt, count: int, size: int, workers: int, first: int) -> Iterator[np.ndarray]:
    """The pictures in order, chunk by chunk from the first one on; by one process where there cannot be several."""
    starts = list(range(first * CHUNK, count, CHUNK))
    done = 0
    if workers > 1 and count >= PARALLEL_FROM and not multiprocessing.current_process().daemon:
        try:
            with _main_hidden(), _pool(min(workers, len(starts), MAX_WORKERS)) as pool:
                jobs = [
                    pool.submit(_draw_chunk, picture_at, start, min(start + CHUNK, count), size) for start in starts
                ]
                for job in jobs:
                    yield job.result()
                    done += 1
            return
        except (BrokenProcessPool, OSError, ImportError):  # the last two: a system without shared locks
            print("drawing with one process: the worker processes did not start", file=sys.stderr)
    for start in starts[done:]:
        yield _draw_chunk(picture_at, start, min(start + CHUNK, count), size)


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Spawned, as on every system; on an error or Ctrl-C the jobs that wait are dropped."""
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _main_hidden() -> Iterator[None]:
    """Workers need this module alone.

    Without this they would run the caller's script again, which fails in a script without
    `if __name__ == "__main__"` and where there is no file to run (a notebook, `python -`).
    """
    main = sys.modules["__main__"]
    names = vars(main)
    saved = {name: names[name] for name in ("__file__", "__spec__") if name in names}
    try:
        names["__spec__"] = None
        names.pop("__file__", None)
        yield
    finally:
        for name, value in saved.items():
            names[name] = value
