"""The run of lesson 07 with other seeds and rates: how far may its numbers move?

    python -m minclip.course.lesson_07_training.real_run      (minutes on one core)

Keeps the last loss and the accuracies in real_run.json, which the lesson's bands and sentences come from.
"""

import json
import math
from itertools import product
from pathlib import Path
from typing import Any

import torch

from minclip.course.lesson_07_training.small_runs import Pairs, batches_of, pairs, small_config
from minclip.data.paths import atomic_write
from minclip.data.picturebook import tasks
from minclip.data.protocol import ChoiceTask, ClassTask
from minclip.engine.cores import one_thread
from minclip.evaluation.evaluate import evaluate_task
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer
from minclip.training import train

KEPT = Path(__file__).with_name("real_run.json")
PICTURES, BATCH, STEPS, WARMUP = 12_000, 128, 400, 40
RATES, SEEDS = (1e-3, 2e-3, 4e-3), (0, 1, 2)
TASKS = ("scene", "style", "colour", "object")


def watched() -> dict[str, ClassTask | ChoiceTask]:
    """Twelve hundred pictures, and what is asked about them: the scene, the style, a colour, the object."""
    few = tasks(32, seed=1, per_class=4, names=list(TASKS[:3]), progress=False)
    return few | tasks(32, seed=1, per_class=1, names=list(TASKS[3:]), progress=False)


def accuracies(model: CLIP, tokenizer: BPETokenizer, asked: dict[str, ClassTask | ChoiceTask]) -> dict[str, float]:
    """In percent, by task."""
    return {name: round(100 * evaluate_task(model, tokenizer, task).accuracy, 1) for name, task in asked.items()}


def run(seen: Pairs, seed: int, rate: float, batch: int, steps: int, warmup: int) -> tuple[CLIP, float]:
    """A small CLIP after its training, and the mean of the last twentieth of its losses."""
    torch.manual_seed(seed)
    model = CLIP(small_config())
    with one_thread():
        losses = train(model, batches_of(*seen, batch, seed), steps, rate, 0.2, warmup, after_step=lambda *_: None)
    last = losses[-steps // 20 :]
    return model, sum(last) / len(last)


def keep(path: Path, lines: list[dict[str, Any]]) -> None:
    """One line for each run."""
    with atomic_write(path) as file:
        file.write(("[\n" + ",\n".join(json.dumps(line) for line in lines) + "\n]\n").encode("utf-8"))


def main() -> None:
    seen, tokenizer = pairs("train", PICTURES)
    asked, lines = watched(), []
    for rate, seed in product(RATES, SEEDS):
        model, last = run(seen, seed, rate, BATCH, STEPS, WARMUP)
        line: dict[str, Any] = {"rate": rate, "seed": seed, "last": round(last, 3)}
        line |= {"scale": round(math.exp(model.logit_scale.item()), 2), **accuracies(model, tokenizer, asked)}
        lines.append(line)
        print(line, flush=True)
    keep(KEPT, lines)


if __name__ == "__main__":
    main()
