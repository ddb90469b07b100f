"""Five ways in which a training goes wrong, beside the same training done right, on small CLIPs.

    python -m minclip.course.lesson_07_training.broken_runs      (minutes on one core)

Trains each at three rates with three seeds and keeps the curves in broken_runs.json, which lesson 07 draws.
"""

import json
import math
from collections.abc import Callable, Iterator
from itertools import product, repeat
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from minclip.course.lesson_07_training.small_runs import Pairs, batches_of, pairs, small_config
from minclip.data.paths import atomic_write
from minclip.engine.cores import one_thread
from minclip.loss import clip_loss
from minclip.model import CLIP
from minclip.training import train

KEPT = Path(__file__).with_name("broken_runs.json")
RATES, SEEDS = (5e-4, 1e-3, 2e-3), (0, 1, 2)
BATCH, STEPS, BY_HEART_STEPS, PICTURES, ASKED = 32, 150, 60, 4_832, 32
EVERY = 5  # steps between two points of a kept curve
RIGHT, BY_HEART = "as it should be", "one batch by heart"
ARMS = (RIGHT, "rate too low", "scale for its logarithm", "rate too high", "captions shuffled", BY_HEART, "twins")


def supply(arm: str, pixels: Tensor, tokens: Tensor, seed: int) -> Iterator[Pairs]:
    """The batches of an arm, each of BATCH pairs."""
    if arm == "captions shuffled":
        tokens = tokens[torch.randperm(len(tokens), generator=torch.Generator().manual_seed(100 + seed))]
    if arm == BY_HEART:
        return repeat((pixels[:BATCH], tokens[:BATCH]))
    if arm == "twins":  # every pair of the batch is there twice
        half = BATCH // 2
        return repeat((pixels[:half].repeat(2, 1, 1, 1), tokens[:half].repeat(2, 1)))
    return batches_of(pixels, tokens, BATCH, seed)


def run(arm: str, rate: float, seed: int, seen: Pairs, train: Callable[..., list[float]] = train) -> dict[str, Any]:
    """A training of an arm: its losses, the logarithm of the scale after every step, and the model."""
    torch.manual_seed(seed)
    model = CLIP(small_config())
    if arm == "scale for its logarithm":
        with torch.no_grad():
            model.logit_scale.copy_(model.logit_scale.exp())
    factor = {"rate too low": 1e-3, "rate too high": 100.0}.get(arm, 1.0)
    steps = BY_HEART_STEPS if arm in (BY_HEART, "twins") else STEPS
    scales: list[float] = []
    with one_thread():  # so small matrices gain nothing from more
        losses = train(
            model,
            supply(arm, *seen, seed),
            steps,
            learning_rate=factor * rate,
            warmup=steps // 10,
            after_step=lambda step, loss, pairs: scales.append(model.logit_scale.item()),
        )
    return {"losses": losses, "scales": scales, "model": model}


def loss_of(model: CLIP, pixels: Tensor, tokens: Tensor) -> float:
    """On pairs that it has not seen."""
    with torch.no_grad():
        return clip_loss(model.encode_image(pixels), model.encode_text(tokens), model.logit_scale.exp()).item()


def main() -> None:
    (pixels, tokens), _ = pairs("train", PICTURES)
    seen, unseen = (pixels[ASKED:], tokens[ASKED:]), (pixels[:ASKED], tokens[:ASKED])
    lines = []
    for arm, rate, seed in product(ARMS, RATES, SEEDS):
        done = run(arm, rate, seed, seen)
        kept: dict[str, Any] = {"arm": arm, "rate": rate, "seed": seed}
        kept["losses"] = [round(loss, 3) for loss in done["losses"]][::EVERY]
        kept["scales"] = [round(math.exp(scale), 2) for scale in done["scales"]][::EVERY]
        kept["last"] = round(sum(done["losses"][-10:]) / 10, 3)
        kept["unseen"] = round(loss_of(done["model"], *unseen), 3)
        lines.append(kept)
        print(arm, rate, seed, kept["losses"][0], kept["last"], kept["unseen"], kept["scales"][-1], flush=True)
    with atomic_write(KEPT) as file:
        file.write(("[\n" + ",\n".join(json.dumps(line) for line in lines) + "\n]\n").encode("utf-8"))


if __name__ == "__main__":
    main()
