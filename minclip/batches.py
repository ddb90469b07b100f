"""A training set in memory, and the batch of a step.

Everything random about step t is drawn from (seed, t) alone: a run that stops at any step goes on as if it had not.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from minclip.augment import crop_and_resize, random_crops
from minclip.cores import on_cores
from minclip.data.images import load_pixels
from minclip.data.protocol import CaptionDataset
from minclip.devices import Device
from minclip.preprocess import pixels_to_float
from minclip.recipes import TrainConfig
from minclip.tokenizer import BPETokenizer


@dataclass(frozen=True)
class Pairs:
    """A training set in memory: every picture once, with the tokens of all its captions."""

    pixels: Tensor  # uint8 [pictures, size, size, 3], on the training device where it fits
    tokens: Tensor  # int32 [captions, context_length], on the CPU; the captions of a picture stand together
    first: Tensor  # int64 [pictures], row of a picture's first caption
    count: Tensor  # int64 [pictures], number of its captions, at least 1

    def __len__(self) -> int:
        return len(self.pixels)


def load_pairs(
    dataset: CaptionDataset, tokenizer: BPETokenizer, size: int, device: Device, progress: bool = False
) -> Pairs:
    """Reads a whole split: pictures as uint8 on the device, captions as tokens. Too long captions lose their end.

    Pictures without a caption are left out; ValueError where fewer than two pairs remain.
    """
    captions = [dataset.captions(i) for i in range(len(dataset))]
    with_caption = [i for i, texts in enumerate(captions) if texts]
    if len(with_caption) < 2:
        raise ValueError(
            f"{dataset.name}/{dataset.split} holds {len(with_caption)} pictures with captions: at least 2 are needed"
        )
    pixels = torch.from_numpy(load_pixels(dataset, size, progress=progress))
    if len(with_caption) < len(captions):
        pixels = pixels[with_caption]
    count = torch.tensor([len(captions[i]) for i in with_caption])
    tokens = tokenizer([text for i in with_caption for text in captions[i]], truncate=True).int()
    return Pairs(pixels.to(device.device), tokens, count.cumsum(0) - count, count)


def batch_indices(step: int, batch_size: int, pictures: int, seed: int) -> Tensor:
    """Which pictures make up the batch of a step: every epoch is a fresh shuffle, and batches run on across epochs.

    Returns int64 [batch_size].
    """
    position = torch.arange(step * batch_size, (step + 1) * batch_size)
    epochs = position // pictures
    indices = torch.empty_like(position)
    for epoch in epochs.unique().tolist():
        order = torch.randperm(pictures, generator=torch.Generator().manual_seed(seed * 1_000_003 + epoch))
        here = epochs == epoch
        indices[here] = order[position[here] % pictures]
    return indices


def make_batch(pairs: Pairs, config: TrainConfig, step: int, image_size: int, device: Device) -> tuple[Tensor, Tensor]:
    """The batch of a step: float [batch, 3, size, size] and int64 [batch, longest text], on the device.

    One random caption a picture. Tokens are cut after the batch's last EOT: no row is changed by it.
    """
    generator = torch.Generator().manual_seed((config.seed << 32) + step)
    indices = batch_indices(step, config.batch_size, len(pairs), config.seed)
    crops = random_crops(len(indices), config.crop_scale, generator, config.mirror)

    def seen(part: tuple[Tensor, Tensor]) -> Tensor:
        return crop_and_resize(pixels_to_float(pairs.pixels[part[0]]), part[1], image_size)

    rows = math.ceil(len(indices) / device.cores)
    parts = zip(indices.to(pairs.pixels.device).split(rows), crops.split(rows), strict=True)
    pixels = torch.cat(on_cores(seen, parts, device.cores))  # [batch, 3, size, size]
    which = (torch.rand(len(indices), generator=generator) * pairs.count[indices]).long()
    tokens = pairs.tokens[pairs.first[indices] + which].long()
    longest = int(tokens.argmax(dim=-1).max()) + 1
    return pixels.to(device.device), tokens[:, :longest].to(device.device)
