"""The small CLIP of lesson 07 and the pairs it learns from: what the lesson trains in seconds."""

from collections.abc import Iterator

import torch
from torch import Tensor

from minclip.checkpoint import load
from minclip.config import CLIPConfig
from minclip.data.picturebook import PictureBook
from minclip.preprocess import pixels_to_float
from minclip.tokenizer import BPETokenizer

Pairs = tuple[Tensor, Tensor]  # float [pairs, 3, 32, 32] and int64 [pairs, length]


def small_config(vocab_size: int = 1429) -> CLIPConfig:
    """Of a CLIP of 315,457 parameters. vocab_size: the tokenizer's, here that of picturebook-tiny."""
    return CLIPConfig(64, 32, 8, 64, 2, 64, 1, 2, context_length=32, vocab_size=vocab_size)


def pairs(split: str, count: int) -> tuple[Pairs, BPETokenizer]:
    """So many pictures of a split, each with one caption, and the tokenizer of picturebook-tiny."""
    book = PictureBook(split, count=count, captions_per_picture=1, progress=False)
    _, _, tokenizer = load("picturebook-tiny", "cpu")
    tokens = tokenizer([book.captions(i)[0] for i in range(count)])
    longest = int(tokens.argmax(dim=-1).max()) + 1
    return (pixels_to_float(book.pixels), tokens[:, :longest]), tokenizer


def batches_of(
    pixels: Tensor, tokens: Tensor, batch: int, seed: int = 0, device: str | torch.device = "cpu"
) -> Iterator[Pairs]:
    """Batches without an end: all pairs in a random order, then all of them in another one."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        for rows in torch.randperm(len(pixels), generator=generator).split(batch):
            if len(rows) == batch:
                yield pixels[rows].to(device), tokens[rows].to(device)
