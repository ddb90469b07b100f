"""Three CLIPs of one architecture with the same weights: minclip's, OpenCLIP's and Hugging Face's, and a clock.

Each trains and encodes as its own code does it, on as many threads as PyTorch gives by itself; the optimiser is the
same fused AdamW for all. The proof that they do the same work is here, too: `agreement`. What is measured with them
stands in train_speed.py, encode_speed.py and scaling.py.

python benchmarks/peers.py '{"name": "open_clip", "preset": "tiny"}'        prints the memory that its steps take
"""

import copy
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple
from unittest.mock import patch

import torch
from torch import Tensor, nn

from minclip.batches import Batch
from minclip.config import CLIPConfig
from minclip.cores import one_thread
from minclip.devices import Device, choose_device
from minclip.formats import huggingface, openclip
from minclip.formats.names import HUGGING_FACE, MINCLIP, OPENAI, Layout
from minclip.loss import MAX_LOGIT_SCALE
from minclip.model import CLIP
from minclip.optim import build_optimizers
from minclip.training import train_step, with_compiled_encoders

OURS, OPEN_CLIP, TRANSFORMERS = "minclip", "open_clip", "transformers"
NAMES = (OURS, OPEN_CLIP, TRANSFORMERS)
LEARNING_RATE, WEIGHT_DECAY = 5e-4, 0.2  # CLIP's
# settings in which a peer may be at its best: (in words, keywords of its maker). All that each offers for speed
VARIANTS: dict[str, dict[str, dict]] = {
    OURS: {"as it is": {}, "torch.compile": {"compiled": True}},
    OPEN_CLIP: {"as it is": {}, "torch.compile": {"compiled": True}},
    TRANSFORMERS: {
        "sdpa": {},
        "eager attention": {"attention": "eager"},
        "torch.compile, sdpa": {"compiled": True},
        "torch.compile, eager attention": {"compiled": True, "attention": "eager"},
    },
}
MEMORY_STEPS = 3


class Contender(NamedTuple):
    """One implementation, ready to train and to encode. Its step leaves the gradients where they are."""

    name: str
    model: nn.Module
    layout: Layout  # what its weights are called
    step: Callable[[Batch], Tensor]  # trains one step, returns the loss before it
    encode_image: Callable[[Tensor], Tensor]
    encode_text: Callable[[Tensor], Tensor]
    threads: Callable[[], AbstractContextManager]  # around its training: minclip's cores work apart, see cores.py


def package(name: str) -> ModuleType | None:
    """The peer's package; None where it is not installed."""
    try:
        # torchvision's compiled part is made for one build of torch; what the peers use of it works without
        with patch("torch.library.register_fake", lambda *_, **__: lambda function: function):
            import torchvision  # noqa: F401
    except ImportError:
        pass
    try:
        return import_module(name)
    except ImportError:
        return None


def version(name: str) -> str:
    """What a table calls it: open_clip 3.3.0; open_clip (not installed)."""
    found = package(name)
    return f"{name} {found.__version__}" if found else f"{name} (not installed)"


def installed() -> list[str]:
    """The names of those that can run here, ours first."""
    return [name for name in NAMES if package(name)]


def new_weights(config: CLIPConfig) -> dict[str, Tensor]:
    """Freshly made weights, the same every time, in our names."""
    torch.manual_seed(0)
    return CLIP(config).state_dict()


def make(name: str, config: CLIPConfig, weights: dict[str, Tensor], device: Device, **variant: object) -> Contender:
    """The contender of that name with these weights, in one of its VARIANTS."""
    if package(name) is None:
        raise ValueError(f"{name} is not installed: pip install -e .[peers]")
    maker = {OURS: ours, OPEN_CLIP: open_clip, TRANSFORMERS: hugging_face}[name]
    return maker(config, weights, device, **variant)  # type: ignore[operator]


def ours(config: CLIPConfig, weights: dict[str, Tensor], device: Device, compiled: bool = False) -> Contender:
    """As training.train does it."""
    model = CLIP(config)
    model.load_state_dict(weights)
    model.to(device.device).train()
    stepping = with_compiled_encoders(model, device) if compiled else model
    optimizers = adamw(model)

    def step(batch: Batch) -> Tensor:
        return train_step(stepping, optimizers, batch, device)

    def threads() -> AbstractContextManager:
        return one_thread() if device.cores > 1 else nullcontext()

    return Contender(OURS, model, MINCLIP, step, stepping.encode_image, stepping.encode_text, threads)


def open_clip(config: CLIPConfig, weights: dict[str, Tensor], device: Device, compiled: bool = False) -> Contender:
    """As open_clip_train's loop does it. Its texts always have the whole context length."""
    from open_clip.loss import ClipLoss
    from open_clip.model import CLIP as OpenCLIP

    model = OpenCLIP(**copy.deepcopy(openclip.config_content(config, own_words=False)["model_cfg"]))
    model.load_state_dict(OPENAI.from_ours(weights))
    model.to(device.device).train()
    forward, loss = maybe(compiled, model), ClipLoss()

    def value(batch: Batch) -> Tensor:
        return loss(*forward(batch.pixels, batch.tokens))

    image, text = maybe(compiled, model.encode_image), maybe(compiled, model.encode_text)
    return Contender(OPEN_CLIP, model, OPENAI, trained(model, value, device), image, text, nullcontext)


def hugging_face(
    config: CLIPConfig, weights: dict[str, Tensor], device: Device, compiled: bool = False, attention: str = "sdpa"
) -> Contender:
    """CLIPModel with its own loss."""
    from transformers import CLIPConfig as TheirConfig
    from transformers import CLIPModel

    model = CLIPModel(TheirConfig(**huggingface.config_content(config), attn_implementation=attention))
    model.load_state_dict(HUGGING_FACE.from_ours(weights))
    model.to(device.device).train()
    forward = maybe(compiled, model)

    def value(batch: Batch) -> Tensor:
        return forward(input_ids=batch.tokens, pixel_values=batch.pixels, return_loss=True).loss

    image = maybe(compiled, lambda pixels: model.get_image_features(pixels).pooler_output)
    text = maybe(compiled, lambda tokens: model.get_text_features(tokens).pooler_output)
    return Contender(TRANSFORMERS, model, HUGGING_FACE, trained(model, value, device), image, text, nullcontext)


def maybe(compiled: bool, function: Callable) -> Callable:
    """The function, or its compiled form for one shape at a time."""
    return torch.compile(function, dynamic=False) if compiled else function


def adamw(model: nn.Module) -> list[torch.optim.Optimizer]:
    """Fused AdamW with CLIP's constants; gains and biases do not decay. It goes by shapes, so any model will do."""
    return build_optimizers(model, "adamw", LEARNING_RATE, WEIGHT_DECAY, muon_learning_rate=0.0)


def trained(model: nn.Module, value: Callable[[Batch], Tensor], device: Device) -> Callable[[Batch], Tensor]:
    """The step of a usual training loop (open_clip_train/train.py, transformers' Trainer): loss under autocast, too."""
    optimizers = adamw(model)

    def step(batch: Batch) -> Tensor:
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        with device.precision():
            loss = value(batch)
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, MAX_LOGIT_SCALE)  # type: ignore[operator]
        return loss.detach()

    return step


def noise_batch(config: CLIPConfig, pairs: int, longest: int, length: int, device: Device) -> Batch:
    """Pictures and texts without meaning. The longest text has `longest` tokens of `length`, the others fewer."""
    generator = torch.Generator().manual_seed(1)
    pixels = torch.randn(pairs, 3, config.image_size, config.image_size, generator=generator)
    tokens = torch.randint(1, config.vocab_size - 2, (pairs, length), generator=generator)
    ends = torch.randint(longest // 2, longest, (pairs, 1), generator=generator)
    ends[0] = longest - 1
    place = torch.arange(length)
    tokens = tokens.where(place < ends, torch.where(place == ends, config.vocab_size - 1, 0))  # EOT, then zeros
    return Batch(pixels.to(device.device), tokens.to(device.device))


def agreement(config: CLIPConfig, pairs: int, steps: int = 3) -> dict[str, dict[str, float]]:
    """How far each peer is from us in float32, from the same weights on the same batch, step by step.

    loss: the largest difference in `steps` steps, whose later ones show that the optimisers are the same;
    gradient: of all tensors the largest difference after the first step, as a share of the tensor's largest number.
    """
    device, weights = choose_device("cpu", torch.float32), new_weights(config)
    batch = noise_batch(config, pairs, config.context_length, config.context_length, device)
    losses, gradients = {}, {}
    for name in installed():
        runner = make(name, config, weights, device)
        losses[name] = [float(runner.step(batch))]
        theirs = {key: p.grad.clone() for key, p in runner.model.named_parameters() if p.grad is not None}
        gradients[name] = runner.layout.to_ours(theirs)
        losses[name] += [float(runner.step(batch)) for _ in range(steps - 1)]
    found = {}
    for name in installed()[1:]:
        if gradients[name].keys() != gradients[OURS].keys():
            raise ValueError(f"{name} has gradients for other weights than minclip: it does other work")
        shares = [
            ((gradient - gradients[name][key]).abs().max() / gradient.abs().max()).item()
            for key, gradient in gradients[OURS].items()
        ]
        apart = max(abs(one - other) for one, other in zip(losses[OURS], losses[name], strict=True))
        found[name] = {"loss": apart, "gradient": max(shares)}
    return found


def step_flops(config: CLIPConfig, pairs: int, length: int) -> int:
    """Operations of a training step's matrix products, for texts of so many tokens, where everything is computed.

    Who leaves out what nobody reads does with fewer; it is the same work all the same.
    """

    def blocks(tokens: int, width: int, hidden: int, layers: int) -> int:
        return layers * (tokens * width * (4 * width + 2 * hidden) + 2 * tokens**2 * width)

    hidden = config.vision_mlp_width or 4 * config.vision_width
    assert isinstance(config.vision_layers, int) and config.patch_size is not None  # a ViT
    products = blocks(1 + config.patches, config.vision_width, hidden, config.vision_layers)
    products += blocks(length, config.text_width, 4 * config.text_width, config.text_layers)
    products += (config.vision_width + config.text_width) * config.embed_dim + pairs * config.embed_dim  # and logits
    stem = config.patches * 3 * config.patch_size**2 * config.vision_width  # needs no gradient of the pixels
    return 2 * pairs * (3 * products + 2 * stem)


def seconds(function: Callable[[], object], calls: int, around: Callable[[], AbstractContextManager]) -> float:
    """Of a call, in a block of calls of one kind: threads that wait spin for a while, into the call that follows."""
    with around():
        wait(function())
        began = time.perf_counter()
        for _ in range(calls):
            last = function()
        wait(last)
        return (time.perf_counter() - began) / calls


def wait(result: object) -> None:
    """A GPU is done only when its numbers can be read."""
    if isinstance(result, Tensor) and result.is_cuda:
        torch.cuda.synchronize()


def calls_for(function: Callable[[], object], block: float, around: Callable[[], AbstractContextManager]) -> int:
    """How many calls make a block of about `block` seconds."""
    seconds(function, 1, around)  # compiled on its first call
    return max(1, round(block / seconds(function, 1, around)))


Timed = tuple[Callable[[], object], Callable[[], AbstractContextManager]]


def alternating(timed: dict[str, Timed], rounds: int, block: float) -> dict[str, list[float]]:
    """Seconds of a call for each, round by round: in turn, every other round backwards, blocks of `block` seconds."""
    calls = {name: calls_for(function, block, around) for name, (function, around) in timed.items()}
    found: dict[str, list[float]] = {name: [] for name in timed}
    for number in range(rounds):
        for name in list(timed) if number % 2 == 0 else reversed(timed):
            function, around = timed[name]
            found[name].append(seconds(function, calls[name], around))
    return found


def spread(values: Iterable[float], digits: int = 4) -> dict[str, float]:
    """Median, lowest and highest, to so many significant digits."""
    values = sorted(values)
    numbers = {"median": statistics.median(values), "lowest": values[0], "highest": values[-1]}
    return {name: float(f"{value:.{digits}g}") for name, value in numbers.items()}


def ratio(times: dict[str, list[float]]) -> dict:
    """How many times as fast ours is as the faster peer, over the rounds; {} without one."""
    peers = {name: statistics.median(times[name]) for name in times if name in NAMES and name != OURS}
    if not peers:
        return {}
    faster = min(peers, key=peers.__getitem__)
    return {"against": faster, **spread(b / a for a, b in zip(times[OURS], times[faster], strict=True))}


def load_average() -> float | None:
    """How many programs wanted a core in the last minute; near 0 on a quiet machine. None where it is not counted."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def matrix_product(dtype: torch.dtype, device: Device, side: int = 2048) -> tuple[Callable[[], Tensor], int]:
    """(a large product, its floating-point operations): what the machine does at its best."""
    left, right = torch.randn(2, side, side, device=device.device).to(dtype)
    return lambda: left @ right, 2 * side**3


def print_table(header: list[str], lines: list[list[str]]) -> None:
    """Columns as wide as what stands in them."""
    widths = [max(map(len, column)) for column in zip(header, *lines, strict=True)]
    for line in [header, *lines]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def resident(highest: bool) -> float | None:
    """MB of memory that this process holds, or the most that it held; None where the system does not say.

    Not ru_maxrss, which on Linux begins with what the parent process held.
    """
    status = Path("/proc/self/status")
    if not status.is_file():
        return None
    lines = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines() if ":" in line)
    return int(lines["VmHWM" if highest else "VmRSS"].split()[0]) / 1024


def step_memory(
    name: str, preset: str, changes: dict, pairs: int, dtype: str, variant: dict, length: int | None = None
) -> dict | None:
    """MB that a process takes beyond its libraries: weights, moments, gradients and what a step keeps."""
    config = CLIPConfig.preset(preset, **changes)
    device, weights = choose_device("cpu", getattr(torch, dtype)), new_weights(config)
    length = length or config.context_length
    batch = noise_batch(config, 2, length, length, device)
    package(name)
    first = make(name, config, weights, device, **variant)
    first.step(batch)  # now all libraries and threads are there; it stays, so that its memory is not used again
    before = resident(highest=False)
    if before is None:
        return None
    runner = make(name, config, weights, device, **variant)
    batch = noise_batch(config, pairs, length, length, device)
    with runner.threads():
        for _ in range(MEMORY_STEPS):
            runner.step(batch)
    peak = resident(highest=True)
    assert peak is not None
    return {"libraries": round(before), "training": round(peak - before)}


def memory(**question: object) -> dict | None:
    """step_memory in a process of its own."""
    command = [sys.executable, __file__, json.dumps(question)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        raise RuntimeError(f"{question} did not run: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    print(json.dumps(step_memory(**json.loads(sys.argv[1]))))
