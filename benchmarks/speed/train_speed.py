"""Training steps of minclip, OpenCLIP and Hugging Face side by side: one architecture, the same weights and batch.

python -m benchmarks.speed.train_speed        (twenty minutes; on a quiet machine, with the extra `peers`)

First that they do the same work: losses of three steps and gradients, in float32 and not compiled. Then pairs a second,
in turn, each in a process of its own and in the setting in which it is fastest here, by tries in turn (VARIANTS in
peers.py). "whole": texts are padded to the whole context length; "cut": to the batch's longest, where an implementation
can read such. Share of peak: the matrix products of a step against a large matrix product of the same dtype, timed in
the same rounds on all cores.
Writes results/train_speed.json (keep.by_cpu).
"""

from collections.abc import Iterable
from contextlib import ExitStack, nullcontext
from functools import partial
from typing import NamedTuple

import torch

from benchmarks.result_files import by_cpu, keep
from benchmarks.speed.contender_process import Apart
from benchmarks.speed.peers import (
    AS_IT_IS,
    NAMES,
    OURS,
    OURS_AS_IT_IS,
    VARIANTS,
    agreement,
    installed,
    new_weights,
    ratio,
    read_by,
    version,
)
from benchmarks.speed.timing import Timed, alternating, load_average, print_table, seconds, spread
from benchmarks.speed.workload import matrix_product, step_flops
from minclip.config import CLIPConfig
from minclip.engine.devices import choose_device, multiplies_bfloat16

SAME_LOSS = 1e-4  # float32: the losses may not be further apart, nor gradients by more of their tensor's largest number
BATCH, LONGEST = 256, 16  # pairs, tokens (as in the picture book)
TRIES, ROUNDS, BLOCK = 3, 7, 3.0  # rounds that choose a setting, rounds that count, seconds of a block
PEAK = "matrix product"


def dtypes() -> list[torch.dtype]:
    """bfloat16 only where the CPU has it."""
    return [torch.float32, torch.bfloat16] if multiplies_bfloat16(torch.device("cpu")) else [torch.float32]


def called(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


class Started(NamedTuple):
    """A contender in all of its settings, running until the stack ends."""

    running: dict[str, Apart]
    failed: dict[str, str]  # setting -> why it does not run here


class Chosen(NamedTuple):
    """The setting in which a contender is fastest."""

    variant: str
    tried: dict[str, float | str]  # pairs a second of each; of one that failed, why


def started(name: str, question: dict, variants: Iterable[str], lengths: set[int], stack: ExitStack) -> Started:
    """Makes a contender, and lets it take a step with texts of each length: each is compiled by itself."""
    found = Started({}, {})
    for words in variants:
        runner = stack.enter_context(Apart(name, variant=VARIANTS[name][words], **question))
        try:
            for length in lengths:
                runner.seconds(1, length)
            found.running[words] = runner
        except RuntimeError as error:
            found.failed[words] = str(error)
    if not found.running:
        raise RuntimeError(f"{name} runs in none of its settings: {found.failed}")
    return found


def fastest(contender: Started, pairs: int, length: int, block: float) -> Chosen:
    """The settings of one contender in turn, with texts of this length."""
    timed: dict[str, Timed] = {
        words: partial(runner.seconds, length=length) for words, runner in contender.running.items()
    }
    medians = {words: spread(taken)["median"] for words, taken in alternating(timed, TRIES, block).items()}
    rates = {words: float(f"{pairs / median:.4g}") for words, median in medians.items()}
    return Chosen(max(rates, key=rates.__getitem__), rates | contender.failed)


def race(
    question: dict,
    contenders: dict[str, Started],
    best: dict[str, Chosen],
    lengths: dict[str, int],
    rounds: int,
    block: float,
) -> dict:
    """Pairs a second of each in its best setting, our ratio to the faster peer, and all against the matrix product.

    ratio_memory_kept: where the peers' memory allocator is told what minclip tells it, in the setting that was the
    fastest without. minclip as it is takes part, too, where it is faster compiled.
    """
    config = CLIPConfig.preset(question["preset"], **question["changes"])
    product, product_flops = matrix_product(getattr(torch, question["dtype"]), choose_device("cpu"))
    timed: dict[str, Timed] = {PEAK: partial(seconds, product, nullcontext)}
    for name, contender in contenders.items():
        timed[name] = partial(contender.running[best[name].variant].seconds, length=lengths[name])
    plain = contenders[OURS].running.get(AS_IT_IS)
    if plain and best[OURS].variant != AS_IT_IS:
        timed[OURS_AS_IT_IS] = partial(plain.seconds, length=lengths[OURS])
    kept = {name: f"{name}, memory kept" for name in contenders if name != OURS}
    with ExitStack() as stack:
        for name, label in kept.items():
            variant = VARIANTS[name][best[name].variant]
            helped = stack.enter_context(Apart(name, variant=variant, keeps_memory=True, **question)).ready()
            timed[label] = partial(helped.seconds, length=lengths[name])
        taken = alternating(timed, rounds, block)
    helped_times = {OURS: taken[OURS]} | {name: taken.pop(label) for name, label in kept.items()}
    peak = product_flops / spread(taken.pop(PEAK))["median"]
    numbers = {}
    for name, found in taken.items():
        length = lengths[OURS if name == OURS_AS_IT_IS else name]
        flops = step_flops(config, question["pairs"], length)
        numbers[name] = {
            "pairs_per_second": spread(question["pairs"] / one for one in found),
            "share_of_peak": float(f"{flops / spread(found)['median'] / peak:.3g}"),
            "tokens_of_a_text": length,
        }
    return {
        "peak_gflops": round(peak / 1e9, 1),
        "contenders": numbers,
        "ratio": ratio(taken),
        "ratio_memory_kept": ratio(helped_times),
    }


def measure(
    preset: str = "tiny",
    batch: int = BATCH,
    longest: int = LONGEST,
    rounds: int = ROUNDS,
    block: float = BLOCK,
    variants: dict[str, Iterable[str]] = VARIANTS,
    **changes: object,
) -> dict:
    """Everything, with each contender in these of its VARIANTS; `changes` are of the preset.

    Raises ValueError where a peer's losses or gradients are not ours.
    """
    config, load = CLIPConfig.preset(preset, **changes), load_average()
    same = agreement(config, batch)
    for name, apart in same.items():
        for what, far in apart.items():
            if not far <= SAME_LOSS:
                raise ValueError(f"{name} does other work: its {what} is {far:.2g} from minclip's")
    whole, settings, chosen, needed = config.context_length, {}, {}, {}
    lengths = {
        words: {name: read_by(name, length, config) for name in installed()}
        for words, length in (("whole", whole), ("cut", longest))
    }
    for dtype in map(called, dtypes()):
        question = {"preset": preset, "changes": changes, "pairs": batch, "longest": longest, "dtype": dtype}
        with ExitStack() as stack:
            contenders = {
                name: started(name, question, variants[name], {of[name] for of in lengths.values()}, stack)
                for name in installed()
            }
            for words, of in lengths.items():
                best = {name: fastest(one, batch, of[name], block) for name, one in contenders.items()}
                print(f"{dtype}, {words}, pairs a second: {best}", flush=True)
                settings[f"{dtype}, {words}"] = race(question, contenders, best, of, rounds, block)
                chosen[f"{dtype}, {words}"] = {name: one._asdict() for name, one in best.items()}
            needed[dtype] = {
                name: {words: runner.memory() for words, runner in one.running.items()}
                for name, one in contenders.items()
            }
    return {
        "threads": torch.get_num_threads(),
        "load_before": load,
        "preset": preset,
        "parameters": sum(tensor.numel() for tensor in new_weights(config).values()),
        "batch": batch,
        "longest_text": longest,
        "context_length": whole,
        "rounds": rounds,
        "versions": {name: version(name) for name in NAMES if name != OURS},
        "agreement": same,
        "variants": chosen,
        "settings": settings,
        "memory_mb": needed,
    }


def said(one: dict | None) -> str:
    """A contender's cell."""
    if one is None:
        return "not installed"
    rate = one["pairs_per_second"]
    return f"{rate['median']:.0f} ({rate['lowest']:.0f} to {rate['highest']:.0f}), {100 * one['share_of_peak']:.0f} %"


def times(ratio: dict) -> str:
    """1.50 (1.44 to 1.52)"""
    if not ratio:
        return "no peer here"
    return f"{ratio['median']:.2f} ({ratio['lowest']:.2f} to {ratio['highest']:.2f})"


def table(result: dict) -> None:
    """The same for a reader."""
    print("pairs a second (spread), share of the matrix peak; ours / the faster peer")
    lines = [
        [setting, *(said(found["contenders"].get(name)) for name in NAMES), times(found["ratio"])]
        for setting, found in result["settings"].items()
    ]
    print_table(["", *NAMES, "ratio"], lines)
    lines = [
        [f"{dtype}: {name}, {words}", f"{mb['training']} MB" if mb else "not known on this system"]
        for dtype, one in result["memory_mb"].items()
        for name, found in one.items()
        for words, mb in found.items()
    ]
    if lines:
        print_table(["memory of training", ""], lines)


def main() -> None:
    result = measure()
    keep(by_cpu("train_speed"), result)
    table(result)


if __name__ == "__main__":
    main()
