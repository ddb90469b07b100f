"""What half of the loss costs: small CLIPs trained with both halves or with one, at three rates, with three seeds.

    python -m minclip.course.lesson_05_symmetric_infonce.half_loss      (a quarter of an hour on one core)

Keeps the recalls in half_loss.json, which lesson 05 draws.
"""

import json
from functools import partial
from itertools import product
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from minclip.course.lesson_05_symmetric_infonce.small_clip import pairs, train_small
from minclip.data.paths import atomic_write
from minclip.loss import similarity_logits
from minclip.model import CLIP
from minclip.retrieval import DIRECTIONS, recall_at_k

KEPT = Path(__file__).with_name("half_loss.json")
HALVES = {"both halves": (True, True), "picture → text": (True, False), "text → picture": (False, True)}
RATES, SEEDS = (3e-4, 1e-3, 3e-3), (0, 1, 2)
STEPS, WARMUP, BATCH, PICTURES = 500, 50, 128, 20_000
ASKED, GALLERY = 2_000, 100  # each caption is sought among so many pictures, each picture's among so many captions


def half_loss(image_features: Tensor, text_features: Tensor, scale: Tensor, rows: bool, columns: bool) -> Tensor:
    """The cross entropy along the rows, along the columns, or the mean of both."""
    logits = similarity_logits(image_features, text_features, scale)
    labels = torch.arange(len(logits))
    asked = [logits] * rows + [logits.T] * columns
    return torch.stack([F.cross_entropy(x, labels) for x in asked]).mean()


def recalls(model: CLIP, pixels: Tensor, tokens: Tensor) -> dict[str, float]:
    """R@1 in both directions, in galleries of GALLERY pairs: their mean."""
    with torch.no_grad():
        images = torch.cat([model.encode_image(part) for part in pixels.split(GALLERY)])
        texts = torch.cat([model.encode_text(part) for part in tokens.split(GALLERY)])
    found = [
        recall_at_k(image, text, torch.arange(GALLERY), ks=(1,))
        for image, text in zip(images.split(GALLERY), texts.split(GALLERY), strict=True)
    ]
    return {direction: sum(one[direction]["R@1"] for one in found) / len(found) for direction in DIRECTIONS}


def main() -> None:
    seen, unseen = pairs("train", PICTURES), pairs("val", ASKED)
    lines = []
    for half, rate, seed in product(HALVES, RATES, SEEDS):
        rows, columns = HALVES[half]
        loss = partial(half_loss, rows=rows, columns=columns)
        model, _ = train_small(loss, *seen, steps=STEPS, batch=BATCH, rate=rate, seed=seed, warmup=WARMUP)
        measured = recalls(model, *unseen)
        lines.append({"loss": half, "rate": rate, "seed": seed, **{k: round(v, 4) for k, v in measured.items()}})
        print(lines[-1], flush=True)
    with atomic_write(KEPT) as file:
        file.write((json.dumps(lines, indent=1, ensure_ascii=False) + "\n").encode("utf-8"))


if __name__ == "__main__":
    main()
