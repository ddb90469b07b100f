"""One batch learned by heart: which faults does that find? Each way at three rates, with three seeds.

    python -m minclip.course.lesson_06_clip_assembled.one_batch      (half an hour on one core)

Keeps the losses in one_batch.json, which lesson 06 draws.
"""

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path

import torch
from torch import Tensor, nn

from minclip.config import CLIPConfig
from minclip.course.lesson_05_symmetric_infonce.small_clip import pairs
from minclip.data.paths import atomic_write
from minclip.engine.cores import one_thread
from minclip.loss import clip_loss
from minclip.model import CLIP

KEPT = Path(__file__).with_name("one_batch.json")
RATES, SEEDS = (3e-4, 1e-3, 3e-3), (0, 1, 2)
PAIRS, STEPS, EVERY = 64, 150, 10
# embed_dim, image_size, patch_size; vision_width, vision_layers; text_width, text_heads, text_layers
SMALL = CLIPConfig(64, 32, 8, 64, 2, 64, 1, 2, context_length=32, vocab_size=1429)

LossOfBatch = Callable[[CLIP, Tensor, Tensor], Tensor]


def whole(model: CLIP, pixels: Tensor, tokens: Tensor) -> Tensor:
    return clip_loss(model.encode_image(pixels), model.encode_text(tokens), model.logit_scale.exp())


def shuffled(model: CLIP, pixels: Tensor, tokens: Tensor) -> Tensor:
    """Every picture with another picture's caption."""
    return whole(model, pixels, tokens.roll(1, dims=0))


def image_encoder_cut(model: CLIP, pixels: Tensor, tokens: Tensor) -> Tensor:
    """No gradient reaches the image encoder."""
    return clip_loss(model.encode_image(pixels).detach(), model.encode_text(tokens), model.logit_scale.exp())


def text_encoder_cut(model: CLIP, pixels: Tensor, tokens: Tensor) -> Tensor:
    """No gradient reaches the text encoder."""
    return clip_loss(model.encode_image(pixels), model.encode_text(tokens).detach(), model.logit_scale.exp())


def both_cut(model: CLIP, pixels: Tensor, tokens: Tensor) -> Tensor:
    """The scale alone is learned."""
    features = model.encode_image(pixels).detach(), model.encode_text(tokens).detach()
    return clip_loss(*features, model.logit_scale.exp())


def scale_fixed(model: CLIP, pixels: Tensor, tokens: Tensor) -> Tensor:
    """The scale stays 1 / 0.07."""
    return clip_loss(model.encode_image(pixels), model.encode_text(tokens), model.logit_scale.detach().exp())


def no_scale(model: CLIP, pixels: Tensor, tokens: Tensor) -> Tensor:
    """Bare cosines."""
    return clip_loss(model.encode_image(pixels), model.encode_text(tokens), 1.0)


def no_exp(model: CLIP, pixels: Tensor, tokens: Tensor) -> Tensor:
    """logit_scale itself as the scale."""
    return clip_loss(model.encode_image(pixels), model.encode_text(tokens), model.logit_scale)


def not_normalised(model: CLIP, pixels: Tensor, tokens: Tensor) -> Tensor:
    """Dot products in place of cosines."""
    logits = model.logit_scale.exp() * model.encode_image(pixels) @ model.encode_text(tokens).T
    labels = torch.arange(len(logits))
    return (nn.functional.cross_entropy(logits, labels) + nn.functional.cross_entropy(logits.T, labels)) / 2


WAYS: dict[str, LossOfBatch] = {
    way.__name__.replace("_", " "): way
    for way in (
        whole, shuffled, image_encoder_cut, text_encoder_cut, both_cut, scale_fixed, no_scale, no_exp, not_normalised,
    )
}  # fmt: skip


def memorise(
    model: CLIP, loss_of_batch: LossOfBatch, pixels: Tensor, tokens: Tensor, rate: float, steps: int
) -> list[float]:
    """Trains on the same batch in every step; returns the loss before every step, and at the end."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.0)
    losses = []
    with one_thread():  # so small matrices gain nothing from more
        for _ in range(steps):
            loss = loss_of_batch(model, pixels, tokens)
            losses.append(loss.item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            model.clamp_logit_scale()
        with torch.no_grad():
            losses.append(loss_of_batch(model, pixels, tokens).item())
    return losses


def main() -> None:
    pixels, tokens = pairs("train", PAIRS)
    lines = []
    for way, rate, seed in product(WAYS, RATES, SEEDS):
        torch.manual_seed(seed)
        model = CLIP(SMALL)
        losses = memorise(model, WAYS[way], pixels, tokens, rate, STEPS)
        scale = model.logit_scale.exp().item()
        kept = [float(f"{loss:.3g}") for loss in losses[::EVERY]]
        lines.append({"way": way, "rate": rate, "seed": seed, "scale": round(scale, 2), "losses": kept})
        print(way, rate, seed, kept, f"{scale:.2f}", flush=True)
    with atomic_write(KEPT) as file:
        file.write(("[\n" + ",\n".join(json.dumps(line) for line in lines) + "\n]\n").encode("utf-8"))


if __name__ == "__main__":
    main()
