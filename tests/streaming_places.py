"""Where a streamed run can be stopped; as a program, a run that dies there: PLACE SHARDS OUT THREADS."""

import os
import sys
from collections.abc import Callable
from typing import Any

from shard_examples import RUN, TINY

from minclip.data.shards import Shards
from minclip.engine import stream
from minclip.engine.devices import choose_device
from minclip.experiments import loop, runs
from minclip.experiments.experiment import run_training
from minclip.tokenizer import BPETokenizer

# place: (what is called there, its name, at which call); RUN has four steps, and its epoch ends within the third
PLACES: dict[str, tuple[Any, str, int]] = {
    "captions": (Shards, "read_shard", 3),
    "tokenizer": (BPETokenizer, "train", 1),
    "first batch": (stream.Stream, "read", 4),
    "epoch's end": (loop, "train_step", 3),
    "checkpoint": (runs, "write_tensors", 2),
    "model file": (runs, "save", 2),
}


def at(place: str, do: Callable[[], object]) -> tuple[Any, str, Callable]:
    """What setattr takes, so that a run does something where it comes to that place."""
    owner, name, when = PLACES[place]
    real, calls = getattr(owner, name), []

    def patched(*arguments, **more):
        calls.append(1)
        if len(calls) == when:
            do()
        return real(*arguments, **more)

    return owner, name, patched


if __name__ == "__main__":
    stopped_at, shards, out, threads = sys.argv[1:]
    stream.MAX_THREADS = int(threads)
    setattr(*at(stopped_at, lambda: os._exit(9)))  # as SIGKILL: nothing is tidied up
    run_training(shards, TINY, RUN, out, choose_device("cpu"), show_progress=False)
