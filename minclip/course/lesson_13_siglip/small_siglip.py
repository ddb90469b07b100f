"""A small CLIP trained with the sigmoid loss from any start of the bias: what lesson 13 tries its biases on.

    python -m minclip.course.lesson_13_siglip.small_siglip      (some minutes on one core)

Keeps in bias_start.json what three starts gave, at three learning rates with three seeds; lesson 13 draws it.
"""

import json
import math
from itertools import product
from pathlib import Path

import torch
from torch import Tensor, nn

from minclip.config import CLIPConfig
from minclip.course.lesson_05_symmetric_infonce.half_loss import recalls
from minclip.course.lesson_05_symmetric_infonce.small_clip import pairs
from minclip.data.paths import atomic_write
from minclip.engine.cores import one_thread
from minclip.model import CLIP
from minclip.optim import adamw, lr_schedule, set_learning_rate
from minclip.siglip import START_SCALE, SigLIPLoss, prior_bias

KEPT = Path(__file__).with_name("bias_start.json")
BATCH, STEPS, WARMUP, PICTURES, ASKED = 64, 150, 20, 4_000, 1_000
STARTS = {"0": 0.0, "-ln 63": prior_bias(BATCH), "-10": -10.0}
RATES, SEEDS = (3e-4, 1e-3, 3e-3), (0, 1, 2)


def train_siglip(
    pixels: Tensor, tokens: Tensor, bias: float, rate: float = 1e-3, seed: int = 0, steps: int = STEPS
) -> tuple[CLIP, SigLIPLoss, list[float]]:
    """A CLIP of 315,457 parameters, its loss with the bias that it has learned, and the loss of every step.

    pixels: float [pairs, 3, 32, 32]; tokens: int64 [pairs, length], of picturebook-tiny's tokenizer.
    """
    torch.manual_seed(seed)
    model = CLIP(CLIPConfig(64, 32, 8, 64, 2, 64, 1, 2, context_length=32, vocab_size=1429))
    nn.init.constant_(model.logit_scale, math.log(START_SCALE))
    loss = SigLIPLoss(bias)
    optimizer = adamw(nn.ModuleList([model, loss]), rate, weight_decay=0.2)
    order = torch.cat([torch.randperm(len(pixels)) for _ in range(1 + steps * BATCH // len(pixels))])
    values = []
    with one_thread():  # so small matrices gain nothing from more
        for step in range(steps):
            set_learning_rate([optimizer], lr_schedule(step, steps, WARMUP))
            rows = order[step * BATCH : (step + 1) * BATCH]
            value = loss(model.encode_image(pixels[rows]), model.encode_text(tokens[rows]), model.logit_scale.exp())
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            model.clamp_logit_scale()
            values.append(value.item())
    return model.eval(), loss, values


def main() -> None:
    seen, unseen = pairs("train", PICTURES), pairs("val", ASKED)
    lines = []
    for start, rate, seed in product(STARTS, RATES, SEEDS):
        model, loss, values = train_siglip(*seen, STARTS[start], rate, seed)
        measured = {
            "first": round(values[0], 3),
            "last": round(sum(values[-10:]) / 10, 3),
            "bias": round(loss.logit_bias.item(), 3),
            "scale": round(model.logit_scale.exp().item(), 3),
            **{name: round(value, 4) for name, value in recalls(model, *unseen).items()},
        }
        lines.append({"start": start, "rate": rate, "seed": seed, **measured})
        print(lines[-1], flush=True)
    with atomic_write(KEPT) as file:
        file.write(("[\n" + ",\n".join(map(json.dumps, lines)) + "\n]\n").encode("utf-8"))


if __name__ == "__main__":
    main()
