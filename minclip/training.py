"""How CLIP learns: one step, and the loop around it.

`minclip train` takes this step, too, on all cores, on a GPU, or split over processes (engine/step.py). Its loop also
evaluates, saves and resumes (experiments/loop.py). Source: CLIP paper section 2.5 and figure 3.
"""

import math
from collections.abc import Callable, Iterable
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
    """One step on one batch, in which text i describes picture i; returns the loss before the step, a scalar.

    pixels: float [batch, 3, image_size, image_size]; tokens: int64 [batch, length].
    precision: for the encoders, such as torch.autocast("cuda", torch.bfloat16); None: no autocast here.
    """
    with precision or nullcontext():
        image_features = model.encode_image(pixels)  # [batch, embed_dim]
        text_features = model.encode_text(tokens)  # [batch, embed_dim]
    loss = clip_loss(image_features, text_features, model.logit_scale.exp())  # outside: it computes in float32
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    model.clamp_logit_scale()  # the scale stays at most 100: larger ones made training unstable (section 2.5)
    return loss.detach()


def guessing_loss(pairs: int) -> float:
    """The loss where all logits are equal: ln(pairs).

    A new model starts near it. A model that is still there after many steps has not begun to tell pairs apart.

    >>> round(guessing_loss(256), 2)
    5.55
    """
    if pairs < 1:
        raise ValueError(f"pairs={pairs} must be at least 1")
    return math.log(pairs)


def print_loss(step: int, loss: float, pairs: int) -> None:
    """Prints the loss of every hundredth step beside that of guessing among so many pairs."""
    if step % 100 == 0:
        print(f"step {step}: loss {loss:.3f} (guessing: {guessing_loss(pairs):.3f})")


def train(
    model: CLIP,
    batches: Iterable[tuple[Tensor, Tensor]],
    steps: int,
    learning_rate: float = 1e-3,
    weight_decay: float = 0.2,
    warmup: int = 0,
    precision: AbstractContextManager | None = None,
    after_step: Callable[[int, float, int], None] = print_loss,
) -> list[float]:
    """Trains the model in place for `steps` steps, each on the next (pixels, tokens); returns the loss of every step.

    The defaults suit models of the size of `tiny`. batches: may be endless, on the model's device. warmup: the steps in
    which the learning rate rises. precision: for the encoders, see `train_step`.
    after_step: called after every step with its number from 0, its loss and the number of its pairs.
    Raises ValueError where the batches end early; the model has then learned from those that there were.
    """
    optimizer = adamw(model, learning_rate, weight_decay)
    losses: list[float] = []
    model.train()
    for step, (pixels, tokens) in zip(range(steps), batches, strict=False):  # range first: draws no batch too many
        set_learning_rate([optimizer], lr_schedule(step, steps, warmup))
        loss = train_step(model, optimizer, pixels, tokens, precision).item()
        losses.append(loss)
        after_step(step, loss, len(pixels))
    model.eval()
    if len(losses) < steps:
        raise ValueError(f"batches ended after {len(losses)} of {steps} steps: give more, or ask for fewer steps")
    return losses
