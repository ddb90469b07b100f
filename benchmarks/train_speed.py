"""Training steps of minclip, OpenCLIP and Hugging Face side by side: one architecture, the same weights and batch.

python benchmarks/train_speed.py        (a quarter of an hour; on a quiet machine, with the extra `peers`)

First that they do the same work: losses of three steps and gradients. Then pairs a second, alternating in one process,
each peer in the setting in which it is fastest here (VARIANTS in peers.py). "whole": every text has the whole context
length; "cut": texts end with the batch's longest, where an implementation can read such. Share of peak: the matrix
products of a step against a large matrix product of the same dtype, timed in the same rounds on all cores.
Writes results/train_speed.json.
"""

import gc
from collections.abc import Sequence
from functools import partial

import torch
from keep import keep
from peers import (
    NAMES,
    OPEN_CLIP,
    OURS,
    VARIANTS,
    Contender,
    Timed,
    agreement,
    alternating,
    installed,
    load_average,
    make,
    matrix_product,
    memory,
    new_weights,
    noise_batch,
    nullcontext,
    print_table,
    ratio,
    seconds,
    spread,
    step_flops,
    version,
)

from minclip.batches import Batch
from minclip.config import CLIPConfig
from minclip.devices import Device, choose_device, cpu_multiplies_bfloat16

SAME_LOSS = 1e-4  # float32: the losses may not be further apart
BATCH, LONGEST, ROUNDS, BLOCK = 256, 16, 7, 3.0  # pairs, tokens (as in the picture book), rounds, seconds of a block
PEAK = "matrix product"


def dtypes() -> list[torch.dtype]:
    """bfloat16 only where the CPU has it."""
    return [torch.float32, torch.bfloat16] if cpu_multiplies_bfloat16() else [torch.float32]


def called(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def fastest_variant(name: str, config: CLIPConfig, batch: Batch, device: Device, variants: Sequence[str]) -> dict:
    """{"variant": the best of them, "tried": pairs a second of each}. One that fails says why."""
    weights, tried = new_weights(config), {}
    for words in variants:
        runner = make(name, config, weights, device, **VARIANTS[name][words])
        try:
            times = [seconds(partial(runner.step, batch), 2, runner.threads) for _ in range(3)]
            tried[words] = float(f"{len(batch.pixels) / min(times[1:]):.4g}")
        except Exception as error:  # a compiler's: no C++ here, an operation it does not know, ...
            tried[words] = f"{type(error).__name__}: {error!s:.100}"
        print(f"{name}, {words}, {device.reason}: {tried[words]} pairs/s", flush=True)
        del runner
        torch.compiler.reset()
        gc.collect()
    rates = {words: rate for words, rate in tried.items() if isinstance(rate, float)}
    return {"variant": max(rates, key=rates.__getitem__), "tried": tried}


def race(
    runners: dict[str, Contender],
    config: CLIPConfig,
    batches: dict[str, Batch],
    device: Device,
    rounds: int,
    block: float,
):
    """Pairs a second of each on its batch, our ratio to the faster peer, and all against the matrix product."""
    product, product_flops = matrix_product(device.autocast or torch.float32, device)
    timed: dict[str, Timed] = {
        name: (partial(runner.step, batches[name]), runner.threads) for name, runner in runners.items()
    }
    taken = alternating(timed | {PEAK: (product, nullcontext)}, rounds, block)
    peak = product_flops / spread(taken.pop(PEAK))["median"]
    contenders = {}
    for name, found in taken.items():
        pairs, length = batches[name].tokens.shape
        flops = step_flops(config, pairs, length)
        contenders[name] = {
            "pairs_per_second": spread(pairs / one for one in found),
            "share_of_peak": round(flops / spread(found)["median"] / peak, 3),
            "tokens_of_a_text": length,
        }
    return {"peak_gflops": round(peak / 1e9, 1), "contenders": contenders, "ratio": ratio(taken)}


def step_memory(
    name: str, preset: str, changes: dict, batch: int, dtype: torch.dtype, variants: Sequence[str]
) -> dict[str, dict | None]:
    """Memory of training in its plain setting and in its fastest."""
    question = {"name": name, "preset": preset, "changes": changes, "pairs": batch, "dtype": called(dtype)}
    return {words: memory(**question, variant=VARIANTS[name][words]) for words in dict.fromkeys(variants)}


def measure(
    preset: str = "tiny",
    batch: int = BATCH,
    longest: int = LONGEST,
    rounds: int = ROUNDS,
    block: float = BLOCK,
    variants: dict[str, dict[str, dict]] = VARIANTS,
    with_memory: bool = True,
    **changes: object,
) -> dict:
    """Everything; `changes` are of the preset. Raises ValueError where a peer's losses are not ours."""
    config, load = CLIPConfig.preset(preset, **changes), load_average()
    same = agreement(config, batch)
    for name, apart in same.items():
        if not apart["loss"] <= SAME_LOSS:
            raise ValueError(f"{name} does other work: its loss is {apart['loss']:.2g} from minclip's")
    weights, settings, chosen, needed = new_weights(config), {}, {}, {}
    for dtype in dtypes():
        device = choose_device("cpu", dtype)
        whole = noise_batch(config, batch, longest, config.context_length, device)
        cut = whole._replace(tokens=whole.tokens[:, :longest])
        best = {n: fastest_variant(n, config, whole, device, list(variants[n])) for n in installed()}
        chosen[called(dtype)] = best
        runners = {n: make(n, config, weights, device, **VARIANTS[n][one["variant"]]) for n, one in best.items()}
        for words, text in (("whole", whole), ("cut", cut)):
            batches = {n: whole if n == OPEN_CLIP else text for n in runners}
            settings[f"{called(dtype)}, {words}"] = race(runners, config, batches, device, rounds, block)
        del runners
        torch.compiler.reset()
        if with_memory:
            needed[called(dtype)] = {
                name: step_memory(name, preset, changes, batch, dtype, [next(iter(variants[name])), one["variant"]])
                for name, one in best.items()
            }
    return {
        "threads": torch.get_num_threads(),
        "load_before": load,
        "preset": preset,
        "parameters": sum(tensor.numel() for tensor in weights.values()),
        "batch": batch,
        "longest_text": longest,
        "context_length": config.context_length,
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
