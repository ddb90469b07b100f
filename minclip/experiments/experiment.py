"""From the name of a data set to a finished run: data, tokenizer, model, training, evaluation, report.

Nothing is computed here. This file calls the others in order.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from minclip.config import CLIPConfig, TrainConfig
from minclip.data import NAMES, open_dataset
from minclip.data.left_out import LeftOut, lines, note, note_setting, say
from minclip.data.picturebook import PictureBook
from minclip.data.protocol import CaptionDataset
from minclip.data.unread_layouts import unread_layout
from minclip.engine.batches import all_captions, load_pairs
from minclip.engine.devices import Device, choose_device
from minclip.engine.features import reads_some_patches
from minclip.engine.order import batch_indices
from minclip.engine.plain import Loss
from minclip.engine.processes import agree, is_first, one_after_the_other, wait
from minclip.engine.replaced_step import is_replaced
from minclip.engine.twins import count_twins, twins_lines
from minclip.evaluation.suites import Suite, evaluation_suite, watched_suite
from minclip.experiments.keeper import Keeper
from minclip.experiments.loop import train
from minclip.experiments.recipes import RECIPES, Recipe
from minclip.experiments.replaced_parts import refuse_other_parts
from minclip.experiments.report import write_report
from minclip.experiments.runs import Run
from minclip.loss import clip_loss
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer


def new_model(config: CLIPConfig, seed: int, build: Callable[[CLIPConfig], CLIP] = CLIP) -> CLIP:
    """A model with fresh weights. The same seed gives the same weights, whatever was drawn before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build(config)


def recipe_for(data: str | Path) -> Recipe:
    """The recipe of a data set. `data` is its name or its folder."""
    name = str(data) if str(data) in RECIPES else open_dataset(data, "train").name
    return RECIPES.get(name, RECIPES["folder"])


def no_captions_message(data: str | Path, dataset: CaptionDataset) -> str:
    """The error of a set that has no captions: what was looked for, and what was found instead."""
    if hasattr(dataset, "class_names"):
        return f"{data} has class names and no captions: train on another set, and evaluate on this one"
    said = "; ".join(lines(getattr(dataset, "notes", {})))
    beside = unread_layout(Path(data)) if Path(data).is_dir() else None
    found = "; ".join(part for part in (said, beside) if part)
    looked = getattr(dataset, "looked_for", "captions")
    message = f"{data} has {len(dataset)} pictures in its train split and no caption of any: looked for {looked}"
    return f"{message}; found: {found}" if found else message


def lower_batch_size(config: TrainConfig, left_out: LeftOut, batch_size: int, reason: str) -> TrainConfig:
    """The configuration with a smaller batch. A batch that is lowered twice keeps the first number and both reasons."""
    earlier = left_out.get("batch_size")
    asked, reasons = (earlier["asked"], f"{earlier['what']}, {reason}") if earlier else (config.batch_size, reason)
    note_setting(left_out, "batch_size", asked, batch_size, reasons)
    return replace(config, batch_size=batch_size)


def fit_batch_size(
    config: TrainConfig, left_out: LeftOut, data: str | Path, dataset: CaptionDataset, captions: list[list[str]]
) -> TrainConfig:
    """The configuration, its batch no larger than the pictures that have captions. ValueError where none has one."""
    with_captions = sum(map(bool, captions))  # the other pictures are left out
    if not with_captions:
        raise ValueError(no_captions_message(data, dataset))
    if with_captions >= config.batch_size:
        return config
    # no picture may be its own negative
    return lower_batch_size(config, left_out, max(2, with_captions), f"{with_captions} pictures have captions")


def learned_tokenizer(captions: list[list[str]], preset: CLIPConfig, left_out: LeftOut) -> BPETokenizer:
    """A tokenizer that is learned from the captions, with at most the vocabulary of the preset."""
    texts = (text for of_one_picture in captions for text in of_one_picture)
    tokenizer = BPETokenizer.train(texts, preset.vocab_size, preset.context_length)
    no_pair = "no other pair of symbols occurs twice in the captions"
    note_setting(left_out, "vocab_size", preset.vocab_size, tokenizer.vocab_size, no_pair)
    return tokenizer


def draw_only_what_is_seen(dataset: CaptionDataset, config: TrainConfig, left_out: LeftOut) -> None:
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


def run_training(
    data: str | Path,
    preset: CLIPConfig,
    config: TrainConfig,
    out: str | Path,
    device: Device | None = None,
    show_progress: bool = True,
) -> dict:
    """Trains on a data set's train split and evaluates on its test split. Everything goes to `out`; returns the report.

    preset: the model's dimensions. Its vocabulary is an upper limit: few captions make fewer tokens.
    show_progress: whether progress bars are shown.
    Raises ValueError where `out` holds a run already, or where no picture has a caption.
    """
    run = Run(out)
    run.refuse_to_overwrite()
    wait()  # before the first process makes the folder
    with one_after_the_other():
        dataset = open_dataset(data, "train", size=config.stored_size(preset.image_size))
    captions = all_captions(dataset)
    config = fit_batch_size(config, run.left_out, data, dataset, captions)
    data = data if data in NAMES else Path(data).resolve()
    tokenizer = learned_tokenizer(captions, preset, run.left_out)
    model = new_model(replace(preset, vocab_size=tokenizer.vocab_size), config.seed)
    if config.patch_dropout and (is_replaced() or not reads_some_patches(model)):  # `minclip train --mine`
        note_setting(run.left_out, "patch_dropout", config.patch_dropout, 0, "parts of your own read whole pictures")
        config = replace(config, patch_dropout=0.0)
    device = device or choose_device()
    return train_and_report(
        run, model, tokenizer, dataset, captions, config, device, str(data), resume=False, show_progress=show_progress
    )


def resume_run(
    out: str | Path, device: Device | None = None, show_progress: bool = True, micro_batch: int | None = None
) -> dict:
    """Continues the run in `out` from its last checkpoint, with the settings of the run; returns the report.

    micro_batch: pairs encoded at a time. Only this setting may differ: it changes the gradient by rounding alone.
    """
    run = Run(out)
    model, tokenizer, state, _ = run.load()
    refuse_other_parts(state.get("parts", []))
    config = TrainConfig.from_dict(state["train_config"])
    run.left_out = state.get("left_out", {})  # earlier versions kept none
    for name in sorted(state["train_config"].keys() - config.to_dict().keys()):
        note(run.left_out, "settings_unknown", "settings of the run are unknown to this version and not used", name)
    config = config if micro_batch is None else replace(config, micro_batch=micro_batch)
    dataset = open_dataset(state["data"], "train", size=config.stored_size(model.config.image_size))
    captions, device = all_captions(dataset), device or choose_device()
    data = state["data"]
    return train_and_report(
        run, model, tokenizer, dataset, captions, config, device, data, resume=True, show_progress=show_progress
    )


def train_and_report(
    run: Run,
    model: CLIP,
    tokenizer: BPETokenizer,
    dataset: CaptionDataset,
    captions: list[list[str]],
    config: TrainConfig,
    device: Device,
    data: str,
    *,
    resume: bool,
    show_progress: bool,
    suites: tuple[Suite, Suite] | None = None,
    loss_function: Loss = clip_loss,
    on_log: Callable[[dict], object] | None = None,
) -> dict:
    """Trains from where the run stands, evaluates, and writes the report, which it returns.

    suites: what is watched, and what is measured at the end; None: those of `data`.
    """
    size, left_out = model.config.image_size, dict(getattr(dataset, "notes", {}))
    draw_only_what_is_seen(dataset, config, left_out)
    with one_after_the_other():
        # first: a missing split shows at once
        watched, final = suites or (watched_suite(data, size), evaluation_suite(data, size))
        pairs = load_pairs(dataset, captions, tokenizer, config.stored_size(size), device, show_progress, left_out)
    if len(pairs) < config.batch_size:  # some pictures cannot be read; no picture may be its own negative
        config = lower_batch_size(config, run.left_out, len(pairs), f"{len(pairs)} of the pictures can be read")
    seen = config.steps * config.batch_size
    note_setting(run.left_out, "samples", config.samples, seen, f"whole batches of {config.batch_size}")
    for split, suite in (("val", watched), ("test", final)):
        others = suite.all_left_out(tokenizer, split).items()
        # without what the reader says of all splits alike
        left_out |= {name: entry for name, entry in others if entry not in left_out.values()}
    run.left_out |= left_out
    if is_first():
        say(run.left_out)
    pictures_on = pairs.pixels.device.type
    if pictures_on != device.device.type and is_first():
        gigabytes = pairs.pixels.nbytes / 1e9
        reason = f"their {gigabytes:.1f} GB are more than half of the free memory of {device.device}"
        print(f"minclip: the pictures stay on the CPU: {reason}", file=sys.stderr)
    twins = count_twins(pairs, config)
    for line in twins_lines(twins, [text for texts in captions for text in texts]) if is_first() else ():
        print(f"minclip: {line}", file=sys.stderr)
    keeper = Keeper(run, tokenizer, data, watched, resume, show_progress, twins, on_log)
    seconds = train(model, pairs, config, device, keeper, loss_function)
    report = {}
    if is_first():
        report = write_report(
            run, model, tokenizer, final, config, device, data, seconds, pictures_on, twins, run.left_out
        )
    return agree(report)  # the other processes wait for it
