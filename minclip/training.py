"""How CLIP learns: one step, and the loop around it.

`minclip train` takes the same steps on all cores, GPUs or processes, and keeps, watches and resumes its run: see
engine/step.py and experiments/loop.py. Source: CLIP paper section 2.5 and figure 3.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from minclip.loss import clip_loss
from minclip.model import CLIP
from minclip.optim import adamw, lr_schedule, set_learning_rate


def train_step(
    model: CLIP,
    optimizer: torch.optim.Optimizer,
    pixels: Tensor,
    tokens: Tensor,
    precision: AbstractContextManager | None = None,
) -> Tensor:
    """One step on one batch, of which pair i is picture i with text i; returns the loss before the step, a scalar.

    pixels: float [batch, 3, image_size, image_size]; tokens: int64 [batch, length]. precision: such as
    torch.autocast("cuda", torch.bfloat16), for the encoders alone: the loss is computed in float32.
    """
    with precision or nullcontext():
        image_features = model.encode_image(pixels)  # [batch, embed_dim]
        text_features = model.encode_text(tokens)  # [batch, embed_dim]
    loss = clip_loss(image_features, text_features, model.logit_scale.exp())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    model.clamp_logit_scale()
    return loss.detach()


def train(
    model: CLIP,
    batches: Iterable[tuple[Tensor, Tensor]],
    steps: int,
    learning_rate: float = 1e-3,
    weight_decay: float = 0.2,
    warmup: int = 0,
) -> list[float]:
    """Trains the model in place, a step for each (pixels, tokens) of batches; returns the loss of every step.

    steps: how many, which the learning rate's course must know; warmup: of them, how many its rate rises.
    Raises ValueError where batches ends before.
    """
    optimizer = adamw(model, learning_rate, weight_decay)
    losses: list[float] = []
    model.train()
    for step, (pixels, tokens) in zip(range(steps), batches, strict=False):
        set_learning_rate([optimizer], lr_schedule(step, steps, warmup))
        losses.append(train_step(model, optimizer, pixels, tokens).item())
    model.eval()
    if len(losses) < steps:
        raise ValueError(f"batches ended after {len(losses)} of {steps} steps: give more, or ask for fewer steps")
    return losses
