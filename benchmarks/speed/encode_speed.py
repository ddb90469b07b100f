"""Encoding pictures and texts: minclip, OpenCLIP and Hugging Face side by side, with the same weights, in eval mode.

python -m benchmarks.speed.encode_speed        (twenty minutes; on a quiet machine, with the extra `peers`)

Pictures and texts a second, one at a time and 64 at a time, each contender in a process of its own, in turn: as it is
and compiled, since a reader who encodes one picture will not compile; with the faster kind of attention where a peer
offers two. "cut": texts end with the batch's longest, where an implementation can read such. bfloat16: weights as each
library loads them so. Before the clock runs, features are compared, in float32 and not compiled. Writes
results/encode_speed.json.
"""

import statistics
from contextlib import ExitStack
from functools import partial

import torch

from benchmarks.result_files import by_cpu, keep
from benchmarks.speed.contender_process import IMAGES, TEXTS, Apart
from benchmarks.speed.peers import (
    AS_IT_IS,
    NAMES,
    OPEN_CLIP,
    OURS,
    TRANSFORMERS,
    VARIANTS,
    installed,
    make,
    new_weights,
    ratio,
    read_by,
    version,
)
from benchmarks.speed.timing import alternating, load_average, print_table, spread
from benchmarks.speed.train_speed import called, dtypes, times
from benchmarks.speed.workload import noise_batch
from minclip.config import CLIPConfig
from minclip.engine.devices import choose_device

BATCHES, LONGEST, ROUNDS, BLOCK = (1, 64), 16, 7, 1.0
SAME = 1e-4  # float32: largest difference of features, as a share of the largest number
COMPILED = "compiled"
# the settings of each, by their words in VARIANTS: the faster one counts
SETTINGS: dict[str, dict[str, list[str]]] = {
    AS_IT_IS: {OURS: [AS_IT_IS], OPEN_CLIP: [AS_IT_IS], TRANSFORMERS: ["sdpa", "eager attention"]},
    COMPILED: {
        OURS: ["torch.compile"],
        OPEN_CLIP: ["torch.compile"],
        TRANSFORMERS: ["torch.compile, sdpa", "torch.compile, eager attention"],
    },
}


def check(features: dict[str, torch.Tensor], what: str) -> None:
    """ValueError where a peer's features are not ours."""
    for name, theirs in features.items():
        apart = float((theirs - features[OURS]).abs().max() / features[OURS].abs().max())
        if not apart <= SAME:
            raise ValueError(f"{name} does other work: its {what} features are {apart:.2g} from minclip's")


def agree(config: CLIPConfig, pairs: int, longest: int) -> None:
    """ValueError where a peer's features are not ours, in float32, of whole texts or of cut ones."""
    device, weights = choose_device("cpu", torch.float32), new_weights(config)
    batch = noise_batch(config, pairs, longest, config.context_length, device)
    runners = {name: make(name, config, weights, device) for name in installed()}
    with torch.no_grad():
        for runner in runners.values():
            runner.model.eval()
        check({name: runner.encode_image(batch.pixels) for name, runner in runners.items()}, "image")
        for length in (config.context_length, longest):
            texts = {name: batch.tokens[:, : read_by(name, length, config)] for name in runners}
            check({name: runner.encode_text(texts[name]) for name, runner in runners.items()}, "text")


def race(question: dict, batches: tuple[int, ...], longest: int, rounds: int, block: float, compiled: bool) -> dict:
    """setting -> kind and batch -> items a second of each, and our ratio to the faster peer."""
    config = CLIPConfig.preset(question["preset"], **question["changes"])
    asked = {words: variants for words, variants in SETTINGS.items() if compiled or words != COMPILED}
    kinds = {
        "images": (IMAGES, config.context_length),
        "texts, whole": (TEXTS, config.context_length),
        "texts, cut": (TEXTS, longest),
    }
    found: dict[str, dict] = {words: {} for words in asked}
    with ExitStack() as stack:
        runners = {
            (name, variant): stack.enter_context(
                Apart(name, variant=VARIANTS[name][variant], encodes=True, **question)
            ).ready()
            for settings in asked.values()
            for name in installed()
            for variant in settings[name]
        }
        for size in batches:
            for kind, (work, length) in kinds.items():
                timed = {
                    (name, variant): partial(
                        runner.seconds, length=read_by(name, length, config), work=work, pairs=size
                    )
                    for (name, variant), runner in runners.items()
                }
                taken = alternating(timed, rounds, block)
                for words, settings in asked.items():
                    best = {name: fastest(taken, name, settings[name]) for name in installed()}
                    own = {name: taken[name, variant] for name, variant in best.items()}
                    found[words][f"{kind}, batch {size}"] = {
                        "settings": best,
                        "per_second": {name: spread(size / call for call in one) for name, one in own.items()},
                        "ratio": ratio(own),
                    }
                    print(words, kind, size, found[words][f"{kind}, batch {size}"], flush=True)
    return found


def fastest(taken: dict[tuple[str, str], list[float]], name: str, variants: list[str]) -> str:
    """Of a contender's settings the one with the lowest median."""
    return min(variants, key=lambda variant: statistics.median(taken[name, variant]))


def measure(
    preset: str = "tiny",
    batches: tuple[int, ...] = BATCHES,
    longest: int = LONGEST,
    rounds: int = ROUNDS,
    block: float = BLOCK,
    with_compiler: bool = True,
    **changes: object,
) -> dict:
    """Everything; `changes` are of the preset. Raises ValueError where a peer's features are not ours."""
    config, load = CLIPConfig.preset(preset, **changes), load_average()
    agree(config, max(batches), longest)
    settings = {}
    for dtype in map(called, dtypes()):
        question = {"preset": preset, "changes": changes, "pairs": max(batches), "longest": longest, "dtype": dtype}
        for words, found in race(question, batches, longest, rounds, block, with_compiler).items():
            settings[f"{dtype}, {words}"] = found
    return {
        "threads": torch.get_num_threads(),
        "load_before": load,
        "preset": preset,
        "longest_text": longest,
        "context_length": config.context_length,
        "rounds": rounds,
        "versions": {name: version(name) for name in NAMES if name != OURS},
        "settings": settings,
    }


def table(result: dict) -> None:
    """The same for a reader."""
    lines = []
    for setting, rows in result["settings"].items():
        for kind, found in rows.items():
            rates = found["per_second"]
            shown = [f"{rates[n]['median']:,.0f}" if n in rates else "not installed" for n in NAMES]
            lines.append([f"{setting}: {kind}", *shown, times(found["ratio"])])
    print("items a second; ours / the faster peer")
    print_table(["", *NAMES, "ratio"], lines)


def main() -> None:
    result = measure()
    keep(by_cpu("encode_speed"), result)
    table(result)


if __name__ == "__main__":
    main()
