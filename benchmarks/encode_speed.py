"""Encoding pictures and texts: minclip, OpenCLIP and Hugging Face side by side, with the same weights, in eval mode.

python benchmarks/encode_speed.py        (twenty minutes; on a quiet machine, with the extra `peers`)

Pictures and texts a second, one at a time and 64 at a time, alternating in one process. Compiled and not is measured
apart, since a reader who encodes one picture will not compile. "cut": texts end with the batch's longest, where an
implementation can read such. Before the clock runs, all features are compared. Writes results/encode_speed.json.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial

import torch
from clock import alternating, load_average, print_table, seconds, spread
from keep import keep
from peers import NAMES, OPEN_CLIP, OURS, VARIANTS, installed, make, new_weights, ratio, version
from train_speed import called, dtypes, times
from workload import noise_batch

from minclip.config import CLIPConfig
from minclip.devices import Device, choose_device

BATCHES, LONGEST, ROUNDS, BLOCK = (1, 64), 16, 7, 1.0
SAME = 1e-4  # float32: largest difference of features, as a share of the largest number
VARIANT = {OURS: "as it is", OPEN_CLIP: "as it is", "transformers": "sdpa"}
COMPILED = {OURS: "as it is", OPEN_CLIP: "torch.compile", "transformers": "torch.compile, sdpa"}


@contextmanager
def reading(device: Device):
    """No graph, in the device's precision."""
    with ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        stack.enter_context(device.precision())
        yield


def check(features: dict[str, torch.Tensor], what: str) -> None:
    """ValueError where a peer's features are not ours."""
    for name, theirs in features.items():
        apart = float((theirs - features[OURS]).abs().max() / features[OURS].abs().max())
        if not apart <= SAME:
            raise ValueError(f"{name} does other work: its {what} features are {apart:.2g} from minclip's")


def race(
    config: CLIPConfig,
    device: Device,
    variant: dict[str, str],
    batches: tuple[int, ...],
    longest: int,
    rounds: int,
    block: float,
):
    """setting -> items a second of each, and our ratio to the faster peer."""
    weights, found = new_weights(config), {}
    runners = {n: make(n, config, weights, device, **VARIANTS[n][variant[n]]) for n in installed()}
    for runner in runners.values():
        runner.model.eval()
    around: Callable[[], AbstractContextManager] = partial(reading, device)
    for size in batches:
        whole = noise_batch(config, size, longest, config.context_length, device)
        kinds = {
            "images": {n: partial(r.encode_image, whole.pixels) for n, r in runners.items()},
            "texts, whole": {n: partial(r.encode_text, whole.tokens) for n, r in runners.items()},
            "texts, cut": {
                n: partial(r.encode_text, whole.tokens[:, : config.context_length if n == OPEN_CLIP else longest])
                for n, r in runners.items()
            },
        }
        for kind, functions in kinds.items():
            if device.autocast is None:
                with around():
                    check({n: function() for n, function in functions.items()}, kind)
            taken = alternating({n: partial(seconds, f, around) for n, f in functions.items()}, rounds, block)
            found[f"{kind}, batch {size}"] = {
                "per_second": {n: spread(size / call for call in one) for n, one in taken.items()},
                "ratio": ratio(taken),
            }
            print(kind, size, found[f"{kind}, batch {size}"], flush=True)
    torch.compiler.reset()
    return found


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
    settings = {}
    for dtype in dtypes():
        device = choose_device("cpu", dtype)
        settings[called(dtype)] = race(config, device, VARIANT, batches, longest, rounds, block)
        if with_compiler and len(installed()) > 1:
            settings[f"{called(dtype)}, peers compiled"] = race(
                config, device, COMPILED, batches, longest, rounds, block
            )
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
    keep("encode_speed", result)
    table(result)


if __name__ == "__main__":
    main()
