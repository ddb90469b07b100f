"""What a training begins with: captions to learn from, a batch no larger than they are, tokenizer, weights."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from minclip.config import CLIPConfig, TrainConfig
from minclip.data.layouts.data_source import as_source
from minclip.data.left_out import LeftOut, lines, note, note_setting
from minclip.data.picturebook import PictureBook
from minclip.data.progress import with_progress
from minclip.data.protocol import CaptionDataset
from minclip.data.streamed_shards import StreamedShards
from minclip.data.unread_layouts import unread_layout
from minclip.engine.features import reads_some_patches
from minclip.engine.order import batch_indices
from minclip.engine.replaced_step import is_replaced
from minclip.experiments.streaming import pictures_with_captions
from minclip.formats.siglip_model import new_clip
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer


def new_model(config: CLIPConfig, seed: int, build: Callable[[CLIPConfig], CLIP] = new_clip) -> CLIP:
    """A model with fresh weights. The same seed gives the same weights, whatever was drawn before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build(config)


def no_captions_message(data: Any, dataset: CaptionDataset | StreamedShards) -> str:
    """The error of a set that has no captions: what was looked for, and what was found instead."""
    source = as_source(data)
    if hasattr(dataset, "class_names"):
        return (
            f"{source} has {len(dataset.class_names)} class names and no captions, and cannot be trained on: pictures "
            f"of one class would be negatives of each other. `minclip eval --data` asks it; to train, write a sentence "
            f"for each picture into captions.csv (file,caption)"
        )
    said = "; ".join(lines(getattr(dataset, "notes", {})))
    is_folder = isinstance(source.data, str | Path) and source.path.is_dir()
    beside = unread_layout(source.path, source) if is_folder else None
    found = "; ".join(part for part in (said, beside) if part)
    looked = getattr(dataset, "looked_for", "captions")
    message = f"{source} has {len(dataset)} pictures in its train split and no caption of any: looked for {looked}"
    return f"{message}; found: {found}" if found else message


def lower_batch_size(config: TrainConfig, left_out: LeftOut, batch_size: int, reason: str) -> TrainConfig:
    """The configuration with a smaller batch. A batch that is lowered twice keeps the first number and both reasons."""
    earlier = left_out.get("batch_size")
    asked, reasons = (earlier["asked"], f"{earlier['what']}, {reason}") if earlier else (config.batch_size, reason)
    note_setting(left_out, "batch_size", asked, batch_size, reasons)
    return replace(config, batch_size=batch_size)


def fit_batch_size(
    config: TrainConfig,
    left_out: LeftOut,
    data: Any,
    dataset: CaptionDataset | StreamedShards,
    captions: list[list[str]],
) -> TrainConfig:
    """The configuration, its batch no larger than the pictures that have captions. ValueError where none has one."""
    with_captions = pictures_with_captions(dataset, captions)  # the other pictures are left out
    if not with_captions:
        raise ValueError(no_captions_message(data, dataset))
    if with_captions >= config.batch_size:
        return config
    # no picture may be its own negative
    return lower_batch_size(config, left_out, max(2, with_captions), f"{with_captions} pictures have captions")


def fit_what_is_read(model: CLIP, config: TrainConfig, left_out: LeftOut) -> TrainConfig:
    """The configuration without fewer patches or smaller pictures where the learner's own parts (`--mine`) read all."""
    why, last = "parts of your own read whole pictures", config.unmasked_tuning
    if config.patch_dropout and (is_replaced() or not reads_some_patches(model)):
        note_setting(left_out, "patch_dropout", config.patch_dropout, 0, why)
        config = replace(config, patch_dropout=0.0, unmasked_tuning=0.0)
    if config.small_pictures is not None and is_replaced():
        note_setting(left_out, "small_pictures", config.small_pictures, model.config.image_size, why)
        config = replace(config, small_pictures=None, unmasked_tuning=0.0)
    return config if config.reads_everything else replace(config, unmasked_tuning=last)


def learned_tokenizer(captions: list[list[str]], preset: CLIPConfig, left_out: LeftOut) -> BPETokenizer:
    """A tokenizer that is learned from the captions, with at most the vocabulary of the preset."""
    of_each = with_progress(captions, "counting words", "pictures")
    texts = (text for of_one_picture in of_each for text in of_one_picture)
    tokenizer = BPETokenizer.train(texts, preset.vocab_size, preset.context_length)
    no_pair = "no other pair of symbols occurs twice in the captions"
    note_setting(left_out, "vocab_size", preset.vocab_size, tokenizer.vocab_size, no_pair)
    return tokenizer


def draw_only_what_is_seen(dataset: CaptionDataset | StreamedShards, config: TrainConfig, left_out: LeftOut) -> None:
    """Makes the picture book draw only the pictures that a run of less than one epoch sees.

    The tokenizer still reads all captions, and the order is still a shuffle of all pictures. So the run is bit for bit
    what it is with the whole book.
    """
    pictures, seen = len(dataset), config.steps * config.batch_size
    if isinstance(dataset, PictureBook) and seen < pictures:
        steps = [batch_indices(step, config.batch_size, pictures, config.seed) for step in range(config.steps)]
        dataset.draw_only(torch.cat(steps).tolist())
        what = "pictures of the picture book are not drawn: the run ends before it sees them"
        note(left_out, "pictures_not_drawn", what, count=pictures - seen)
