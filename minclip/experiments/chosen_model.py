"""The model that `minclip.fit` trains: one that was given, one that has learned before, or a new one."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from minclip.config import CLIPConfig
from minclip.data.left_out import LeftOut, note_setting
from minclip.experiments.preparation import learned_tokenizer, new_model
from minclip.formats.changed_models import the_clip
from minclip.formats.resizing import sized, with_length
from minclip.formats.siglip_model import new_clip
from minclip.formats.tokenizer_files import check_vocabulary
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer

HALVES = (torch.float16, torch.bfloat16)
Model = CLIP | str | Path | Callable[[CLIPConfig], CLIP]


def image_size_of(model: Model | None, config: CLIPConfig | str) -> int:
    """Side of the pictures that a model reads, or will read: its own, or that of the configuration of a new one."""
    if isinstance(model, nn.Module):
        return the_clip(model).config.image_size
    return (config if isinstance(config, CLIPConfig) else CLIPConfig.preset(config)).image_size


def chosen_model(
    model: Model | None,
    tokenizer: BPETokenizer | None,
    config: CLIPConfig | str,
    sizes: tuple[int | None, int | None],
    texts: list[list[str]],
    seed: int,
    left_out: LeftOut,
    before: tuple[CLIP, BPETokenizer] | None,
) -> tuple[CLIP, BPETokenizer]:
    """What is trained, and its tokenizer.

    config: of a new model; sizes: image_size and context_length, where they are others than its own; texts: what a new
    tokenizer is learned from; before: a model that has learned before, with its tokenizer; `model` is its name.
    """
    if before is not None:
        clip, its_own = before
        if tokenizer is not None and tokenizer != its_own:
            raise ValueError(f"model={str(model)!r} brings its own tokenizer: leave out tokenizer")
        return clip, its_own
    if isinstance(model, nn.Module):
        if sizes != (None, None):
            raise ValueError("model is a CLIP already: give what minclip.checkpoint.resized(model, ...) makes of it")
        if tokenizer is None:
            raise ValueError("model is a CLIP already: give its tokenizer, too, fit(..., model=model, tokenizer=...)")
        clip = the_clip(model)
        check_vocabulary(clip.config, tokenizer)
        if half := {weight.dtype for weight in clip.parameters()} & set(HALVES):
            note_setting(left_out, "dtype", str(half.pop()), "torch.float32", "small steps are lost in half precision")
            clip.float()
        return clip, tokenizer
    preset = sized(config if isinstance(config, CLIPConfig) else CLIPConfig.preset(config), *sizes)
    if tokenizer is None:
        tokenizer = learned_tokenizer(texts, preset, left_out)
    elif sizes[1] is not None:
        tokenizer = with_length(tokenizer, sizes[1])
    known = replace(preset, vocab_size=tokenizer.vocab_size, context_length=tokenizer.context_length)
    new = new_model(known, seed, model or new_clip)  # type: ignore[arg-type]
    if not isinstance(new, CLIP):
        raise ValueError(f"model={model!r:.60} made a {type(new).__name__}, not a minclip.CLIP")
    return new, tokenizer
