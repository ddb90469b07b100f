"""A contender that trains, or encodes, in a process of its own: a few steps whenever it is told to.

As its users run it: with no other's memory allocator, threads or compiled code around it. Between its turns it sleeps.

python -m benchmarks.speed.contender_process '{"name": "open_clip", ...}'        what `Apart` starts and talks to
"""

import json
import os
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

import torch

from benchmarks.result_files import ROOT
from benchmarks.speed.peers import OURS, Contender, make, new_weights
from benchmarks.speed.timing import seconds
from benchmarks.speed.workload import noise_batch
from minclip.config import CLIPConfig
from minclip.engine.batches import Batch
from minclip.engine.cores import keep_freed_memory
from minclip.engine.devices import choose_device

STEP, IMAGES, TEXTS = "step", "images", "texts"  # who trains is asked for steps, who encodes for the others


class Apart:
    """One contender on one batch. It ends with the with-block.

    name, variant: see peers.make; preset, changes: the model; pairs, longest: see workload.noise_batch; dtype: that of
    autocast; keeps_memory: whether freed memory is kept as cores.py does it, by default where minclip trains; encodes:
    not how it trains is asked, but how its two encoders read, in eval mode, with weights in dtype.
    """

    def __init__(
        self,
        name: str,
        preset: str,
        pairs: int,
        dtype: str,
        variant: dict | None = None,
        changes: dict | None = None,
        longest: int | None = None,
        keeps_memory: bool | None = None,
        encodes: bool = False,
    ):
        question = {"name": name, "preset": preset, "pairs": pairs, "dtype": dtype, "variant": variant or {}}
        question |= {"changes": changes or {}, "longest": longest, "keeps_memory": keeps_memory, "encodes": encodes}
        command = [sys.executable, "-m", "benchmarks.speed.contender_process", json.dumps(question)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def ask(self, **question: object) -> dict:
        """Raises RuntimeError with what the process had to say where it failed."""
        assert self.process.stdin is not None and self.process.stdout is not None  # they are pipes
        with suppress(OSError):  # it has ended: what it had to say can still be read
            self.process.stdin.write(json.dumps(question) + "\n")
            self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline() or '{"error": "the process ended"}')
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def ready(self) -> "Apart":
        """Waits until it is made: the clock of others runs once nobody loads libraries any more."""
        self.memory()
        return self

    def seconds(self, calls: int, length: int | None = None, work: str = STEP, pairs: int | None = None) -> float:
        """Of a step (or of IMAGES, of TEXTS), in a block of them: the batch's first `pairs`, texts cut to `length`."""
        return self.ask(calls=calls, length=length, work=work, pairs=pairs)["seconds"]

    def memory(self) -> dict | None:
        """MB of its libraries, and of training: the most that it held so far beyond them.

        None where nobody counts, and of who encodes.
        """
        return self.ask()["memory"]

    def close(self) -> None:
        """Ends the process."""
        assert self.process.stdin is not None and self.process.stdout is not None
        with suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def __enter__(self) -> "Apart":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def resident(highest: bool) -> float | None:
    """MB of memory that this process holds, or the most that it held; None where the system does not say.

    Not ru_maxrss, which on Linux begins with what the parent process held.
    """
    status = Path("/proc/self/status")
    if not status.is_file():
        return None
    lines = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines() if ":" in line)
    found = lines.get("VmHWM" if highest else "VmRSS")
    return None if found is None else int(found.split()[0]) / 1024


def answered(question: dict, answers) -> None:
    """The process: makes the contender, then a line for every line that it reads."""
    name, pairs, variant = question["name"], question["pairs"], question["variant"]
    by_default = name == OURS and not question["encodes"]  # as a run does it
    if by_default if question["keeps_memory"] is None else question["keeps_memory"]:
        keep_freed_memory()  # before anything computes
    config = CLIPConfig.preset(question["preset"], **question["changes"])
    device, weights = choose_device("cpu", getattr(torch, question["dtype"])), new_weights(config)
    whole, before = config.context_length, None
    if not question["encodes"]:
        first = make(name, config, weights, device, **variant)
        with first.threads():
            first.step(noise_batch(config, 2, whole, whole, device))  # now all libraries and threads are there
        before = resident(highest=False)
    runner = make(name, config, weights, device, **variant)
    if question["encodes"]:
        runner.model.eval()
        if device.autocast is not None:
            runner.halve(device.autocast)
    batch = noise_batch(config, pairs, question["longest"] or whole, whole, device)
    for line in sys.stdin:
        asked = json.loads(line)
        if "calls" in asked:
            part = Batch(batch.pixels[: asked["pairs"]], batch.tokens[: asked["pairs"], : asked["length"]])
            answer: dict = {"seconds": timed(runner, asked["work"], part, asked["calls"])}
        else:
            peak = resident(highest=True)
            counted = before is not None and peak is not None
            answer = {"memory": {"libraries": round(before), "training": round(peak - before)} if counted else None}
        print(json.dumps(answer), file=answers, flush=True)


def timed(runner: Contender, work: str, batch: Batch, calls: int) -> float:
    """Seconds of a call of what is asked for."""
    if work == STEP:
        return seconds(partial(runner.step, batch), runner.threads, calls)
    encode = {IMAGES: partial(runner.encode_image, batch.pixels), TEXTS: partial(runner.encode_text, batch.tokens)}
    return seconds(encode[work], torch.no_grad, calls)


def main() -> None:
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)  # what libraries print is no answer
        try:
            answered(json.loads(sys.argv[1]), answers)
        except Exception as error:  # a compiler's: no C++ here, an operation it does not know, ...
            print(json.dumps({"error": f"{type(error).__name__}: {error!s:.300}"}), file=answers, flush=True)


if __name__ == "__main__":
    main()
