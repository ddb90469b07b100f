"""Training steps of minclip, OpenCLIP and Hugging Face side by side on a GPU, compiled and not.

In bfloat16, where the GPU multiplies it, else in float32.

All take turns in one process, each in every setting that there was time for; the best of each is compared. "whole":
every text has the context's length; "cut": it ends with the batch's longest, where an implementation can read such.
"""

import gc
import statistics
import time
from contextlib import nullcontext
from functools import partial
from typing import NamedTuple

import torch

from benchmarks.gpu.sizes import Measured, Work
from benchmarks.speed.peers import (
    NAMES,
    OPEN_CLIP,
    OURS,
    TRANSFORMERS,
    VARIANTS,
    Contender,
    agreement,
    make,
    new_weights,
    package,
    ratio,
    version,
)
from benchmarks.speed.timing import Timed, alternating, seconds, spread
from benchmarks.speed.train_speed import SAME_LOSS, called
from benchmarks.speed.workload import matrix_product, noise_batch, step_flops
from minclip.config import CLIPConfig
from minclip.engine.batches import Batch
from minclip.engine.devices import Device, choose_device, multiplies_bfloat16

PLAIN, COMPILED = {OURS: "as it is", OPEN_CLIP: "as it is", TRANSFORMERS: "sdpa"}, "torch.compile"
GRAPHS = "torch.compile, CUDA graphs"  # every kernel of a step is launched at once: for small models
STAGES = (  # the most telling first: where time ends, what was measured is kept
    [(name, PLAIN[name]) for name in NAMES],
    [(OURS, COMPILED), (OPEN_CLIP, COMPILED), (TRANSFORMERS, "torch.compile, sdpa")],
    [(OURS, GRAPHS)],
)
WHOLE, CUT, PEAK = "whole", "cut", "matrix product"
LEAST_PAIRS = 64
WARM_STEPS = 3
SAME_BFLOAT16 = 0.05  # nats: a contender whose first loss is further from ours does other work


class Entry(NamedTuple):
    """One contender in one setting, ready to be timed, and the batches that it reads."""

    name: str
    runner: Contender
    batches: dict[str, Batch]
    about: dict  # what its first steps showed


def speed(measured: Measured, work: Work) -> dict:
    """Everything about one model, with the largest batch of measured.pairs, half of it, ... that fits."""
    pairs = measured.pairs
    with torch.compiler.set_stance("default" if work.sizes.compiles else "force_eager"):
        while pairs >= min(LEAST_PAIRS, measured.pairs):
            try:
                return measure(measured, pairs, work)
            except torch.OutOfMemoryError:
                print(f"{measured.preset}: batches of {pairs} do not fit into the memory", flush=True)
            give_back()  # out of the except clause, which held what was in memory
            pairs //= 2
    raise ValueError(f"{measured.preset}: not even {LEAST_PAIRS} pairs fit into the memory of {work.sizes.device}")


def give_back() -> None:
    """Memory that nobody uses any more: of compiled code and of its CUDA graphs, too."""
    torch.compiler.reset()
    gc.collect()
    torch.cuda.empty_cache()


def measure(measured: Measured, pairs: int, work: Work) -> dict:
    """Stage by stage: warm those that are new, then time all again."""
    config = CLIPConfig.preset(measured.preset, **measured.changes)
    dtype = torch.bfloat16 if multiplies_bfloat16(torch.device(work.sizes.device)) else torch.float32
    device, weights = choose_device(work.sizes.device, dtype), new_weights(config)
    result = {
        "preset": measured.preset,
        "parameters": sum(tensor.numel() for tensor in weights.values()),
        "pairs": pairs,
        "dtype": called(dtype),
        "context_length": config.context_length,
        "longest_text": measured.cut,
        "versions": {name: version(name) for name in NAMES if name != OURS},
        "peak_tflops": peaks(work, device, {dtype, torch.float32}),
        "left_out": {},
    }
    if measured.agreeing:
        result["agreement"] = proven(config, measured.agreeing)
    whole = noise_batch(config, pairs, measured.cut, config.context_length, device)
    batches = {WHOLE: whole, CUT: whole._replace(tokens=whole.tokens[:, : measured.cut].contiguous())}
    entries: dict[str, Entry] = {}
    for stage in STAGES:
        known = len(entries)
        for name, words in stage:
            label = f"{name}, {words}"
            why_not = left_out(name, words, measured, work)
            if why_not is None:
                try:
                    entries[label] = warmed(name, words, config, weights, batches, device)
                    why_not = other_work(entries)
                except Exception as error:
                    if words == PLAIN[name] and isinstance(error, torch.OutOfMemoryError):
                        raise
                    why_not = f"{type(error).__name__}: {error!s:.300}"  # a compiler's, of what kind nobody knows
            if why_not is not None:
                entries.pop(label, None)
                result["left_out"][label] = why_not
            print(f"{measured.preset}: {label}: {why_not or entries[label].about}", flush=True)
        if len(entries) == known:
            continue
        try:
            result |= race(entries, config, device, dtype, work)
        except torch.OutOfMemoryError:
            if stage is STAGES[0]:
                raise
            for label in list(entries)[known:]:  # each fits alone, but not beside the others
                del entries[label]
                result["left_out"][label] = "beside the other contenders it does not fit into the memory"
            give_back()
        work.save(result)
    return result


def left_out(name: str, words: str, measured: Measured, work: Work) -> str | None:
    """Why a contender does not take part in this setting; None: it does."""
    if package(name) is None:
        return version(name)
    if words != PLAIN[name] and work.left() < measured.compiling:
        return f"{work.left():.0f} s were left, compiling may take {measured.compiling:.0f}"
    return None


def proven(config: CLIPConfig, pairs: int) -> dict:
    """How far the peers' losses and gradients are from ours, in float32 on the CPU. ValueError where it is far."""
    same = agreement(config, pairs)
    for name, apart in same.items():
        if not apart["loss"] <= SAME_LOSS:
            raise ValueError(f"{name} does other work: its loss is {apart['loss']:.2g} from minclip's")
    return same


def other_work(entries: dict[str, Entry]) -> str | None:
    """The same question for the newest of the entries, in its dtype and compiled: None, or how far its loss is."""
    losses = [entry.about["first_loss"] for entry in entries.values()]
    apart = abs(losses[-1] - losses[0])
    return None if apart <= SAME_BFLOAT16 else f"other work: its first loss is {apart:.2g} from {next(iter(entries))}'s"


def peaks(work: Work, device: Device, dtypes: set[torch.dtype]) -> dict[str, dict]:
    """What the machine multiplies at its best, in 10¹² operations a second; float32 is real float32, no TF32."""
    sizes = work.sizes
    torch.set_float32_matmul_precision("highest")
    products = {called(dtype): matrix_product(dtype, device, sizes.side) for dtype in dtypes}
    timed: dict[str, Timed] = {name: partial(seconds, product, nullcontext) for name, (product, _) in products.items()}
    taken = alternating(timed, sizes.rounds, sizes.block)
    return {name: spread(products[name][1] / 1e12 / one for one in found) for name, found in taken.items()}


def contender(name: str, words: str, config: CLIPConfig, weights: dict, device: Device) -> Contender:
    if words != GRAPHS:
        return make(name, config, weights, device, **VARIANTS[name][words])
    runner = make(OURS, config, weights, device)
    for encoder in (runner.model.visual, runner.model.text):
        encoder.compile(dynamic=False, mode="reduce-overhead")  # type: ignore[operator, union-attr]
    return runner


def kinds(name: str, words: str) -> tuple[str, ...]:
    """Which batches it is timed on: OpenCLIP reads whole texts only; compiling transformers twice takes too long."""
    return (WHOLE,) if name == OPEN_CLIP or (name == TRANSFORMERS and words != PLAIN[name]) else (WHOLE, CUT)


def warmed(
    name: str, words: str, config: CLIPConfig, weights: dict, batches: dict[str, Batch], device: Device
) -> Entry:
    """After some steps on each of its batches: the first compiles, of the others memory is read."""
    on_gpu = device.device.type == "cuda"
    before = torch.cuda.memory_allocated() if on_gpu else 0
    runner, about = contender(name, words, config, weights, device), {}
    own = {kind: batches[kind] for kind in kinds(name, words)}
    with runner.threads():
        for kind, batch in own.items():
            began = time.perf_counter()
            loss = float(runner.step(batch))
            device.wait()
            about |= {f"first_step_seconds_{kind}": round(time.perf_counter() - began, 2)}
            about = {"first_loss": round(loss, 4)} | about  # of the first batch's first step: fresh weights
            if on_gpu:
                torch.cuda.reset_peak_memory_stats()
            for _ in range(WARM_STEPS):  # CUDA graphs are drawn up in the second and used from the third on
                runner.step(batch)
            device.wait()
            if on_gpu and words != GRAPHS:  # a graph keeps its memory to itself
                about[f"memory_mb_{kind}"] = round((torch.cuda.max_memory_allocated() - before) / 2**20)
    return Entry(name, runner, own, about)


def race(entries: dict[str, Entry], config: CLIPConfig, device: Device, dtype: torch.dtype, work: Work) -> dict:
    """Pairs a second, share of the peak that a matrix product reaches in the same rounds, and ours to the best peer."""
    product, product_flops = matrix_product(dtype, device, work.sizes.side)
    runs = {f"{label}, {kind}": (entry, kind) for label, entry in entries.items() for kind in entry.batches}
    timed: dict[str, Timed] = {
        label: partial(seconds, partial(entry.runner.step, entry.batches[kind]), entry.runner.threads)
        for label, (entry, kind) in runs.items()
    }
    round_seconds = 2 * work.sizes.block * (len(timed) + 1)  # with the warm call before each block
    rounds = max(1, min(work.sizes.rounds, int(work.left() / 4 / round_seconds)))
    taken = alternating(timed | {PEAK: partial(seconds, product, nullcontext)}, rounds, work.sizes.block)
    peak = product_flops / spread(taken.pop(PEAK))["median"]
    contenders = {}
    for label, (entry, kind) in runs.items():
        pairs, length = entry.batches[kind].tokens.shape
        contenders[label] = {
            "name": entry.name,
            "text": kind,
            "pairs_per_second": spread(pairs / one for one in taken[label]),
            "share_of_peak": float(f"{step_flops(config, pairs, length) / spread(taken[label])['median'] / peak:.3g}"),
            "tokens_of_a_text": length,
            "first_loss": entry.about["first_loss"],
            "first_step_seconds": entry.about[f"first_step_seconds_{kind}"],
            "memory_mb": entry.about.get(f"memory_mb_{kind}"),
        }
    ratios = {kind: ratio(times) if OURS in (times := best(taken, runs, kind)) else {} for kind in (WHOLE, CUT)}
    return {"rounds": rounds, "contenders": contenders, "ratio": ratios}


def best(taken: dict[str, list[float]], runs: dict[str, tuple[Entry, str]], kind: str) -> dict[str, list[float]]:
    """name -> times of its fastest setting: ours on such texts, a peer on such or on whole ones."""
    found: dict[str, list[float]] = {}
    for label, (entry, text) in runs.items():
        if text == kind or (text == WHOLE and entry.name != OURS):
            found[entry.name] = min(found.get(entry.name, taken[label]), taken[label], key=statistics.median)
    return found
