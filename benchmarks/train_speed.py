"""Training steps of minclip, OpenCLIP and Hugging Face side by side: one architecture, the same weights and batch.

python benchmarks/train_speed.py        (a quarter of an hour; on a quiet machine, with the extra `peers`)

First that they do the same work: losses of three steps and gradients. Then pairs a second, in turn, each in a process
of its own and in the setting in which it is fastest here (VARIANTS in peers.py). "whole": every text has the whole
context length; "cut": texts end with the batch's longest, where an implementation can read such. Share of peak: the
matrix products of a step against a large matrix product of the same dtype, timed in the same rounds on all cores.
Writes results/train_speed.json.
"""

from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from functools import partial
from typing import NamedTuple

import torch
from apart import Apart
from clock import Timed, alternating, load_average, print_table, seconds, spread
from keep import keep
from peers import (
    AS_IT_IS,
    NAMES,
    OPEN_CLIP,
    OURS,
    OURS_AS_IT_IS,
    VARIANTS,
    agreement,
    installed,
    new_weights,
    ratio,
    version,
)
from workload import matrix_product, step_flops

from minclip.config import CLIPConfig
from minclip.devices import choose_device, cpu_multiplies_bfloat16

SAME_LOSS = 1e-4  # float32: the losses may not be further apart
BATCH, LONGEST, ROUNDS, BLOCK = 256, 16, 7, 3.0  # pairs, tokens (as in the picture book), rounds, seconds of a block
PEAK = "matrix product"


def dtypes() -> list[torch.dtype]:
    """bfloat16 only where the CPU has it."""
    return [torch.float32, torch.bfloat16] if cpu_multiplies_bfloat16() else [torch.float32]


def called(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


class Chosen(NamedTuple):
    """A contender in the setting in which it is fastest, running."""

    variant: str
    runner: Apart
    tried: dict[str, float | str]  # pairs a second of each setting, with whole texts; of one that failed, why
    memory: dict[str, dict | None]  # MB of each setting


def fastest(name: str, question: dict, variants: Sequence[str], stack: ExitStack) -> Chosen:
    """Tries the settings one after the other; the slower ones sleep until the stack ends. One that fails says why."""
    running, rates, tried, needed = {}, {}, {}, {}
    for words in variants:
        runner = stack.enter_context(Apart(name, variant=VARIANTS[name][words], **question))
        try:
            best = min([runner.seconds(2) for _ in range(3)][1:])
            rates[words] = tried[words] = float(f"{question['pairs'] / best:.4g}")
            running[words], needed[words] = runner, runner.memory()
        except RuntimeError as error:
            tried[words] = str(error)
        print(f"{name}, {words}, {question['dtype']}, pairs a second: {tried[words]}", flush=True)
    if not rates:
        raise RuntimeError(f"{name} runs in none of its settings: {tried}")
    chosen = max(rates, key=rates.__getitem__)
    return Chosen(chosen, running[chosen], tried, needed)


def race(question: dict, best: dict[str, Chosen], lengths: dict[str, int], rounds: int, block: float) -> dict:
    """Pairs a second of each, our ratio to the faster peer, and all against the matrix product.

    ratio_memory_kept: where the peers' memory allocator is told what minclip tells it. minclip as it is takes part,
    too, where it is faster compiled.
    """
    config = CLIPConfig.preset(question["preset"], **question["changes"])
    product, product_flops = matrix_product(getattr(torch, question["dtype"]), choose_device("cpu"))
    timed: dict[str, Timed] = {PEAK: partial(seconds, product, nullcontext)}
    timed |= {name: partial(one.runner.seconds, length=lengths[name]) for name, one in best.items()}
    kept = {name: f"{name}, memory kept" for name in best if name != OURS}
    with ExitStack() as stack:
        if best[OURS].variant != AS_IT_IS:
            plain = stack.enter_context(Apart(OURS, **question)).ready()
            timed[OURS_AS_IT_IS] = partial(plain.seconds, length=lengths[OURS])
        for name, label in kept.items():
            variant = VARIANTS[name][best[name].variant]
            helped = stack.enter_context(Apart(name, variant=variant, keeps_memory=True, **question)).ready()
            timed[label] = partial(helped.seconds, length=lengths[name])
        taken = alternating(timed, rounds, block)
    helped_times = {OURS: taken[OURS]} | {name: taken.pop(label) for name, label in kept.items()}
    peak = product_flops / spread(taken.pop(PEAK))["median"]
    contenders = {}
    for name, found in taken.items():
        length = lengths[OURS if name == OURS_AS_IT_IS else name]
        flops = step_flops(config, question["pairs"], length)
        contenders[name] = {
            "pairs_per_second": spread(question["pairs"] / one for one in found),
            "share_of_peak": round(flops / spread(found)["median"] / peak, 3),
            "tokens_of_a_text": length,
        }
    return {
        "peak_gflops": round(peak / 1e9, 1),
        "contenders": contenders,
        "ratio": ratio(taken),
        "ratio_memory_kept": ratio(helped_times),
    }


def measure(
    preset: str = "tiny",
    batch: int = BATCH,
    longest: int = LONGEST,
    rounds: int = ROUNDS,
    block: float = BLOCK,
    variants: dict[str, dict[str, dict]] = VARIANTS,
    **changes: object,
) -> dict:
    """Everything; `changes` are of the preset. Raises ValueError where a peer's losses are not ours."""
    config, load = CLIPConfig.preset(preset, **changes), load_average()
    same = agreement(config, batch)
    for name, apart in same.items():
        if not apart["loss"] <= SAME_LOSS:
            raise ValueError(f"{name} does other work: its loss is {apart['loss']:.2g} from minclip's")
    whole, settings, chosen, needed = config.context_length, {}, {}, {}
    for dtype in map(called, dtypes()):
        question = {"preset": preset, "changes": changes, "pairs": batch, "longest": longest, "dtype": dtype}
        with ExitStack() as stack:
            best = {name: fastest(name, question, list(variants[name]), stack) for name in installed()}
            for words, length in (("whole", whole), ("cut", longest)):
                lengths = {name: whole if name == OPEN_CLIP else length for name in best}
                settings[f"{dtype}, {words}"] = race(question, best, lengths, rounds, block)
        chosen[dtype] = {name: {"variant": one.variant, "tried": one.tried} for name, one in best.items()}
        needed[dtype] = {name: one.memory for name, one in best.items()}
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
    keep("train_speed", result)
    table(result)


if __name__ == "__main__":
    main()
