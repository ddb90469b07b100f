"""A training set in memory, and the batch of a step.

Everything random about step t is drawn from (seed, t) alone: a run that stops at any step goes on as if it had not.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from minclip import masking
from minclip.config import CLIPConfig, TrainConfig
from minclip.data.images import Readable, first_few
from minclip.data.left_out import LeftOut, note_captionless, note_cut, note_unreadable
from minclip.data.progress import with_progress
from minclip.data.protocol import CaptionDataset
from minclip.data.streamed_shards import StreamedShards
from minclip.engine.augment import crop_and_resize, random_crops
from minclip.engine.devices import Device
from minclip.engine.order import batch_indices, generator_for
from minclip.engine.processes import own_rows
from minclip.preprocess import pixels_to_float
from minclip.tokenizer import BPETokenizer

TEXTS_AT_ONCE = 4096
FEW_LENGTHS = 8  # tokens; texts for a GPU, and for compiled encoders, are cut at multiples of it


@dataclass(frozen=True)
class Pairs:
    """A training set in memory: every picture once, with the tokens of all its captions."""

    pixels: Tensor  # uint8 [pictures, size, size, 3], on the training device, or on the CPU where it has no room
    tokens: Tensor  # int32 [captions, context_length], on the CPU; the captions of a picture stand together
    first: Tensor  # int64 [pictures], row of a picture's first caption
    count: Tensor  # int64 [pictures], number of its captions, at least 1
    same: Tensor | None = None  # int64 [pictures], the first picture with the same pixels; None: no two are the same
    unreadable: tuple[int, ...] = ()  # pictures of the split, by their place in it, that are not here

    def __len__(self) -> int:
        return len(self.pixels)

    def fingerprint(self) -> str:
        """The same for the same pictures' captions in the same order: what a resumed run must find again.

        Of two sets with unreadable pictures, these must be the same ones, too.
        """
        content = self.tokens.numpy().tobytes() + self.count.numpy().tobytes()
        if self.unreadable:
            content += ",".join(map(str, self.unreadable)).encode()
        return hashlib.sha256(content).hexdigest()[:16]


def all_captions(dataset: CaptionDataset) -> list[list[str]]:
    """The captions of every picture, in the order of the pictures. ValueError where one is no list of strings."""
    captions = [dataset.captions(i) for i in range(len(dataset))]
    for i, texts in enumerate(captions):
        if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
            raise ValueError(
                f"{dataset.name}/{dataset.split}: captions({i}) is {texts!r:.80}, not a list of strings: "
                f"return a list, with one caption too"
            )
    return captions


def load_pairs(
    dataset: CaptionDataset,
    captions: list[list[str]],
    tokenizer: BPETokenizer,
    size: int,
    device: Device,
    progress: bool = False,
    left_out: LeftOut | None = None,
    squash: str | None = None,
) -> Pairs:
    """Reads a whole split: pictures as uint8 on the device, captions as tokens. Too long captions lose their end.

    Pictures that would fill more than half of the device's free memory stay on the CPU; `make_batch` sends what a step
    reads.

    captions: `all_captions(dataset)`. Pictures without one are left out, and so are pictures that cannot be read.
    ValueError where fewer than two pairs remain. left_out: takes what is left out and cut off, counted. squash: as in
    `evaluation_suite`.
    """
    left_out = {} if left_out is None else left_out
    note_captionless(left_out, dataset, captions)
    require_pairs(dataset, sum(map(bool, captions)))
    pictures = Readable(dataset, size, progress, squash)
    note_unreadable(left_out, dataset, list(pictures.unreadable.values()))
    captions = [captions[i] for i in pictures.kept]
    with_caption = [i for i, texts in enumerate(captions) if texts]
    require_pairs(dataset, len(with_caption), pictures.left_out)
    pixels = torch.from_numpy(pictures.pixels)
    if len(with_caption) < len(captions):
        pixels = pixels[with_caption]
    count = torch.tensor([len(captions[i]) for i in with_caption])
    texts = [text for i in with_caption for text in captions[i]]
    parts = [texts[start : start + TEXTS_AT_ONCE] for start in range(0, len(texts), TEXTS_AT_ONCE)]
    shown = with_progress(parts, "tokenizing", "captions", len(texts), TEXTS_AT_ONCE)
    tokens = torch.cat([tokenizer(part, truncate=True).int() for part in shown])
    note_cut(left_out, "captions", tokenizer, texts, tokens)
    same = first_equal_row(pixels)
    if device.holds(pixels.nbytes):
        pixels = pixels.to(device.device)
    return Pairs(pixels, tokens, count.cumsum(0) - count, count, same, tuple(pictures.unreadable))


def first_equal_row(rows: Tensor) -> Tensor:
    """For each row the number of the first row that is equal: int64 [rows]. rows: [rows, ...] on the CPU.

    >>> first_equal_row(torch.tensor([[5, 6], [1, 2], [5, 6]]))
    tensor([0, 1, 0])
    """
    seen: dict[bytes, int] = {}
    digests = (hashlib.blake2b(row.tobytes(), digest_size=16).digest() for row in rows.numpy())
    return torch.tensor([seen.setdefault(digest, i) for i, digest in enumerate(digests)])


def require_pairs(dataset: CaptionDataset | StreamedShards, pairs: int, left_out: Sequence[str] = ()) -> None:
    """ValueError where there are fewer than two: a contrast needs another one."""
    if pairs < 2:
        why = f" ({first_few(left_out)})" if left_out else ""
        raise ValueError(
            f"{dataset.name}/{dataset.split} holds {pairs} picture{'s' * (pairs != 1)} with captions{why}: at least 2 "
            f"are needed"
        )


def draw_rows(pairs: Pairs, config: TrainConfig, step: int) -> tuple[Tensor, Tensor, Tensor, torch.Generator]:
    """What is drawn for a step: (pictures [batch], crops [batch, 2, 3], rows of captions [batch], generator).

    It depends on seed and step alone; the generator, from which more may be drawn, too.
    """
    generator = generator_for("batch", config.seed, step)
    indices = batch_indices(step, config.batch_size, len(pairs), config.seed)
    crops = random_crops(len(indices), config.crop_scale, generator, config.mirror, config.turn)
    which = (torch.rand(len(indices), generator=generator) * pairs.count[indices]).long()
    return indices, crops, pairs.first[indices] + which, generator


class Batch(NamedTuple):
    """What one step reads, on the device: of several processes, each has its own rows of the batch."""

    pixels: Tensor  # float [rows, 3, size, size]
    tokens: Tensor  # int64 [rows, longest text]
    kept: Tensor | None = None  # int64 [rows, k], the patches to read; None: all
    batch_size: int | None = None  # rows of all processes together; None: every process has as many as this one

    def split(self, rows: int) -> "list[Batch]":
        """The batch in parts of `rows` pairs."""
        parts = [slice(start, start + rows) for start in range(0, len(self.pixels), rows)]
        kept = self.kept
        return [Batch(self.pixels[i], self.tokens[i], None if kept is None else kept[i]) for i in parts]


def make_batch(pairs: Pairs, config: TrainConfig, step: int, model_config: CLIPConfig, device: Device) -> Batch:
    """The batch of a step, of which a process makes its own rows. One random caption a picture.

    What is drawn depends on seed and step alone. Nothing here waits for a GPU: while it computes one step, the next
    one's batch is drawn.
    """
    config = config.at(step)
    indices, crops, captions, generator = draw_rows(pairs, config, step)
    own = own_rows(len(indices))
    kept = draw_patches(config, model_config, len(indices), generator)
    indices, crops, captions = indices[own], crops[own], captions[own]
    where = indices if pairs.pixels.device.type == "cpu" else device.send(indices)
    pixels = pairs.pixels[where]  # uint8 [rows, height, width, 3]
    return prepare(
        pixels, pairs.tokens[captions], crops, None if kept is None else kept[own], config, model_config, device
    )


def draw_patches(config: TrainConfig, model_config: CLIPConfig, rows: int, generator: torch.Generator) -> Tensor | None:
    """The patches of each row that a step reads: int64 [rows, k]. None: all."""
    if not config.patch_dropout:
        return None
    patches = replace(model_config, image_size=read_size(config, model_config)).patches
    return masking.kept_patches(rows, patches, config.patch_dropout, generator)


def read_size(config: TrainConfig, model_config: CLIPConfig) -> int:
    """Side of the pictures that a step reads, in pixels. ValueError where the model cannot read smaller ones."""
    size, patch = config.small_pictures, model_config.patch_size
    if size is None:
        return model_config.image_size
    if patch is None:
        raise ValueError(f"small_pictures={size}: a ResNet reads pictures of one size: leave out small_pictures")
    if not patch <= size < model_config.image_size or size % patch:
        most = model_config.image_size - patch
        raise ValueError(
            f"small_pictures={size} must be smaller than the model's {model_config.image_size} pixels: from {patch} to "
            f"{most}, in steps of {patch}"
        )
    return size


def refuse_sizes(config: TrainConfig, model_config: CLIPConfig) -> None:
    """ValueError for pictures or texts of a size that the model cannot read, or that leaves nothing out."""
    read_size(config, model_config)
    length = config.short_texts
    if length is not None and model_config.reads_padding:
        raise ValueError(
            f"short_texts={length}: a SigLIP reads a text at its last position, so its texts keep their length: leave "
            f"out short_texts"
        )
    if length is not None and length >= model_config.context_length:
        most = model_config.context_length
        raise ValueError(f"short_texts={length} must be smaller than the model's {most} tokens: from 3 to {most - 1}")


def prepare(
    pixels: Tensor,
    tokens: Tensor,
    crops: Tensor,
    kept: Tensor | None,
    config: TrainConfig,
    model_config: CLIPConfig,
    device: Device,
) -> Batch:
    """A process's rows of a batch, cropped and on the device. Tokens are cut after the last EOT: that changes no row.

    pixels: uint8 [rows, height, width, 3]; tokens: int [rows, context_length]; crops: float [rows, 2, 3].
    """
    if pixels.device.type != device.device.type:
        pixels = device.send(pixels)
    pixels = pixels_to_float(pixels, mean=model_config.pixel_mean, std=model_config.pixel_std)
    pixels = crop_and_resize(pixels, device.send(crops), read_size(config, model_config))  # [rows, 3, size, size]
    tokens = tokens.long() if config.short_texts is None else masking.shorten(tokens.long(), config.short_texts)
    length = text_length(tokens, few=config.compiled or device.device.type == "cuda")
    length = tokens.shape[1] if model_config.reads_padding else length
    kept = None if kept is None else device.send(kept)
    return Batch(pixels, device.send(tokens[:, :length]), kept, config.batch_size)


def text_length(tokens: Tensor, few: bool) -> int:
    """How many tokens of every row must be read: up to the last EOT.

    few: rounded up, where each length costs something by itself: a compiled program, a plan of a GPU's attention.
    What stands after EOT never matters.

    >>> text_length(torch.tensor([[1, 9, 0, 0, 0, 0, 0, 0, 0, 0]]), few=True)
    8
    """
    longest = int(tokens.argmax(dim=-1).max()) + 1
    return min(math.ceil(longest / FEW_LENGTHS) * FEW_LENGTHS, tokens.shape[1]) if few else longest
