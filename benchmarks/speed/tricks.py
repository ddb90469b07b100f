"""What each trick of the training step gains: the step with it and without it, alternating.

In one process but for memory, which is a matter of the whole process, so that each way has its own there.

python -m benchmarks.speed.tricks        (about two minutes; on a quiet machine)

Writes results/tricks.json (keep.by_cpu): time without the trick / time with it, median of the rounds, with the spread.
What computes in bfloat16 is asked where the CPU multiplies it, what avoids it where it does not.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial

import torch
from torch.nn import functional as F

from benchmarks.result_files import by_cpu, keep
from benchmarks.speed.contender_process import IMAGES, STEP, Apart
from benchmarks.speed.timing import Timed, seconds, spread
from minclip import transformer
from minclip.config import CLIPConfig
from minclip.engine import features, muon, optimizers
from minclip.engine.batches import Batch
from minclip.engine.cores import keep_freed_memory, one_thread
from minclip.engine.devices import Device, choose_device
from minclip.engine.muon import orthogonalised
from minclip.engine.optimizers import build_optimizers
from minclip.engine.step import train_step
from minclip.model import CLIP
from minclip.transformer import TransformerBlock

ROUNDS, CALLS, BATCH, TEXT_LENGTH = 5, 4, 256, 16
OTHER_PROGRAM = "import torch; torch.set_num_threads(1); x = torch.randn(512, 512)\nwhile True: x @ x"
CONFIG = CLIPConfig.preset("tiny")
ATTENTION = transformer.attention


def new_step(device: Device, text_length: int = TEXT_LENGTH) -> Callable[[], None]:
    """A function that trains one step on a batch of noise."""
    torch.manual_seed(0)
    model = CLIP(CONFIG)
    optimizers = build_optimizers(model, "muon", 1e-3, 0.2, 0.02)
    pixels = torch.randn(BATCH, 3, CONFIG.image_size, CONFIG.image_size)
    tokens = torch.randint(1, 2000, (BATCH, text_length))
    tokens[:, TEXT_LENGTH - 1] = CONFIG.vocab_size - 1
    return lambda: train_step(model, optimizers, Batch(pixels, tokens), device)


@contextmanager
def replaced(owner: object, name: str, value: object):
    """owner.name is value, inside."""
    original = getattr(owner, name)
    setattr(owner, name, value)
    yield
    setattr(owner, name, original)


def whole_block(block: TransformerBlock, x: torch.Tensor, rows: torch.Tensor, token: torch.Tensor, mask: torch.Tensor):
    """The last block at every token, of which one is read."""
    return block(x, mask)[rows, token]


def fused(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor | None = None):
    """PyTorch's own attention."""
    mask = None if mask is None else mask.to(query.dtype)
    return F.scaled_dot_product_attention(query, key, value, attn_mask=mask)


def in_float32(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor | None = None):
    """Attention in float32 inside of a bfloat16 net."""
    with torch.autocast("cpu", enabled=False):
        return ATTENTION(query.float(), key.float(), value.float(), mask).to(value.dtype)


def in_turn(function: Callable, items: Iterable, cores: int) -> Iterator:
    """on_cores with one core."""
    return map(function, items)


def here(step: Callable[[], None]) -> Timed:
    """A step of this process."""
    return partial(seconds, step, nullcontext)


def compare(name: str, trick: str, without: Timed, with_it: Timed) -> dict:
    """Both in turn; the first round only warms up."""
    rounds = [(without(CALLS), with_it(CALLS)) for _ in range(ROUNDS + 1)][1:]
    gain = spread((slow / fast for slow, fast in rounds), digits=3)
    print(name, gain)
    return {"trick": trick, "gain": gain}


def memory(name: str, what: str, work: str, **question: object) -> dict:
    """Freed memory kept or given back, each in a process of its own."""
    asked: dict = {"name": "minclip", "preset": "tiny", "pairs": BATCH, **question}
    with Apart(**asked, keeps_memory=True) as kept, Apart(**asked, keeps_memory=False) as given_back:
        trick = f"freed memory kept by the process, against given back to the system ({what})"
        return compare(name, trick, partial(given_back.seconds, work=work), partial(kept.seconds, work=work))


def main() -> None:
    keep_freed_memory()  # as a run does
    device = choose_device("cpu")
    plain = new_step(device)
    shared = new_step(replace(device, cores=1))  # PyTorch lets all its threads share every operation

    def alone() -> None:
        with one_thread():
            plain()

    def whole_last_block() -> None:
        with replaced(features, "block_at", whole_block):
            alone()

    def fused_attention() -> None:
        with replaced(transformer, "attention", fused):
            alone()

    def float32_attention() -> None:
        with replaced(transformer, "attention", in_float32):
            alone()

    def muon_in_turn() -> None:
        with replaced(optimizers, "on_cores", in_turn):
            alone()

    def bfloat16_muon() -> None:
        with replaced(muon, "orthogonalised", lambda matrix, dtype: orthogonalised(matrix, torch.bfloat16)):
            alone()

    uncut = new_step(device, CONFIG.context_length)
    tricks = {
        "last_block": ("the last block at CLS and EOT only, against at every token", whole_last_block),
        "cores": ("rows and Muon's matrices on a core each, against all cores sharing each operation", shared),
        "muon_cores": ("Muon's matrices shared out to the cores, against one after the other on one", muon_in_turn),
        "attention": ("attention written out, against scaled_dot_product_attention", fused_attention),
        "text_length": (f"texts cut after the longest, {TEXT_LENGTH} of {CONFIG.context_length} tokens", uncut),
    }
    if device.autocast is None:
        tricks["muon_dtype"] = ("Muon in float32, against in bfloat16 as torch.optim.Muon has it", bfloat16_muon)
    else:
        no_bfloat16 = new_step(choose_device("cpu", torch.float32))
        tricks["bfloat16"] = ("autocast to bfloat16, against float32", no_bfloat16)
        tricks["attention_dtype"] = ("attention in bfloat16 like the rest, against in float32", float32_attention)
    results = {name: compare(name, trick, here(without), here(alone)) for name, (trick, without) in tricks.items()}
    dtype = "float32" if device.autocast is None else "bfloat16"
    results["memory"] = memory("memory", "AdamW", STEP, dtype=dtype, longest=TEXT_LENGTH)
    encoding = "pictures encoded, float32"
    results["memory_images"] = memory("memory_images", encoding, IMAGES, dtype="float32", encodes=True)
    with subprocess.Popen([sys.executable, "-c", OTHER_PROGRAM]) as other:
        time.sleep(3)  # it imports torch first
        try:
            trick = "cores, while another program takes one of them"
            results["cores_busy"] = compare("cores_busy", trick, here(shared), here(alone))
        finally:
            other.kill()
    keep(
        by_cpu("tricks"),
        {"threads": torch.get_num_threads(), "device": device.reason, "rounds": ROUNDS, "tricks": results},
    )


if __name__ == "__main__":
    main()
