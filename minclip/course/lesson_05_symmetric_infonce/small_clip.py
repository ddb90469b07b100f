"""A small CLIP that any loss trains in seconds: what lesson 05 tries its losses on."""

from collections.abc import Callable

import torch
from torch import Tensor

from minclip.checkpoint import load
from minclip.config import CLIPConfig
from minclip.data.picturebook import PictureBook
from minclip.engine.cores import one_thread
from minclip.model import CLIP
from minclip.optim import adamw, lr_schedule, set_learning_rate
from minclip.preprocess import pixels_to_float

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]  # of image features, text features, scale


def pairs(split: str, count: int) -> tuple[Tensor, Tensor]:
    """Pictures, float [count, 3, 32, 32], and their captions' tokens, int64 [count, length]."""
    book = PictureBook(split, count=count, captions_per_picture=1, progress=False)
    _, _, tokenizer = load("picturebook-tiny", "cpu")
    tokens = tokenizer([book.captions(i)[0] for i in range(count)])
    longest = int(tokens.argmax(dim=-1).max()) + 1
    return pixels_to_float(book.pixels), tokens[:, :longest]


def train_small(
    loss: Loss,
    pixels: Tensor,
    tokens: Tensor,
    *,
    steps: int,
    batch: int,
    rate: float,
    seed: int = 0,
    warmup: int = 0,
    vocab_size: int = 1429,
) -> tuple[CLIP, float]:
    """A CLIP of 315,457 parameters after so many steps, and the last step's loss. vocab_size: the tokenizer's."""
    torch.manual_seed(seed)
    model = CLIP(CLIPConfig(64, 32, 8, 64, 2, 64, 1, 2, context_length=32, vocab_size=vocab_size))
    optimizer = adamw(model, rate, weight_decay=0.2)
    order = torch.cat([torch.randperm(len(pixels)) for _ in range(1 + steps * batch // len(pixels))])
    value = torch.tensor(float("nan"))
    with one_thread():  # so small matrices gain nothing from more
        for step in range(steps):
            set_learning_rate([optimizer], lr_schedule(step, steps, warmup))
            rows = order[step * batch : (step + 1) * batch]
            features = model.encode_image(pixels[rows]), model.encode_text(tokens[rows])
            value = loss(*features, model.logit_scale.exp())
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            model.clamp_logit_scale()
    return model.eval(), value.item()
