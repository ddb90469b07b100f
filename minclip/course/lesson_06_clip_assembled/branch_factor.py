"""One batch learned by heart with the factor of `initialise_blocks` and without, with 2 and with 12 text blocks.

    python -m minclip.course.lesson_06_clip_assembled.branch_factor      (ten minutes on one core)

Keeps the losses in branch_factor.json.
"""

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import torch

from minclip.course.lesson_05_symmetric_infonce.small_clip import pairs
from minclip.course.lesson_06_clip_assembled.one_batch import PAIRS, RATES, SEEDS, SMALL, memorise, whole
from minclip.data.paths import atomic_write
from minclip.model import CLIP

KEPT = Path(__file__).with_name("branch_factor.json")
BLOCKS, STEPS, EVERY = (2, 12), 80, 20


def without_factor(model: CLIP) -> None:
    """Makes the ends of the text encoder's branches as large as without the factor."""
    blocks = model.text.transformer.resblocks
    with torch.no_grad():
        for block in blocks:
            for name in ("attn.out_proj.weight", "mlp.c_proj.weight"):
                block.get_parameter(name).mul_((2 * len(blocks)) ** 0.5)


def main() -> None:
    pixels, tokens = pairs("train", PAIRS)
    lines = []
    for blocks, factor, rate, seed in product(BLOCKS, (True, False), RATES, SEEDS):
        torch.manual_seed(seed)
        model = CLIP(replace(SMALL, text_layers=blocks))
        if not factor:
            without_factor(model)
        losses = [round(loss, 3) for loss in memorise(model, whole, pixels, tokens, rate, STEPS)[::EVERY]]
        lines.append({"blocks": blocks, "factor": factor, "rate": rate, "seed": seed, "losses": losses})
        print(lines[-1], flush=True)
    with atomic_write(KEPT) as file:
        file.write(("[\n" + ",\n".join(json.dumps(line) for line in lines) + "\n]\n").encode("utf-8"))


if __name__ == "__main__":
    main()
