"""From the name of a data set to a finished run: data, tokenizer, model, training, evaluation, report.

Nothing is computed here; this file says in which order the others are called.
"""

import sys
from dataclasses import replace
from pathlib import Path

import torch

from minclip.batches import all_captions, load_pairs
from minclip.config import CLIPConfig
from minclip.data import NAMES, open_dataset
from minclip.data.images import left_out_note
from minclip.data.protocol import CaptionDataset
from minclip.devices import Device, choose_device
from minclip.model import CLIP
from minclip.processes import agree, is_first, one_after_the_other, wait
from minclip.recipes import RECIPES, Recipe, TrainConfig
from minclip.report import write_report
from minclip.runs import Run
from minclip.suites import evaluation_suite, watched_suite
from minclip.tokenizer import BPETokenizer
from minclip.training import train


def new_model(config: CLIPConfig, seed: int) -> CLIP:
    """A model with fresh weights: the same ones for the same seed, whatever was drawn before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return CLIP(config)


def recipe_for(data: str | Path) -> Recipe:
    """The recipe of a data set, by its name or by what is in its folder."""
    name = str(data) if str(data) in RECIPES else open_dataset(data, "train").name
    return RECIPES.get(name, RECIPES["folder"])


def run_training(
    data: str | Path,
    preset: CLIPConfig,
    config: TrainConfig,
    out: str | Path,
    device: Device | None = None,
    progress: bool = True,
) -> dict:
    """Trains on a data set's train split, evaluates on its test split, leaves everything in `out`; returns the report.

    `preset` gives the model's dimensions; its vocabulary is a limit that a small text may not fill.
    Raises ValueError where `out` holds a run already.
    """
    run = Run(out)
    run.refuse_to_overwrite()
    wait()  # before the first process makes the folder
    with one_after_the_other():
        dataset = open_dataset(data, "train", size=config.stored_size(preset.image_size))
    captions = all_captions(dataset)
    if not any(captions):
        raise ValueError(f"{data} has no captions, and a class name is not one: train on another set, evaluate on this")
    data = data if data in NAMES else Path(data).resolve()
    texts = (text for of_one_picture in captions for text in of_one_picture)
    tokenizer = BPETokenizer.train(texts, preset.vocab_size, preset.context_length)
    model = new_model(replace(preset, vocab_size=tokenizer.vocab_size), config.seed)
    return finish(
        run, model, tokenizer, dataset, captions, config, device or choose_device(), str(data), False, progress
    )


def resume_run(
    out: str | Path, device: Device | None = None, progress: bool = True, micro_batch: int | None = None
) -> dict:
    """Goes on with the run in `out` from its last checkpoint, with its own settings, to its report.

    micro_batch: the one setting that may be another, because it changes no gradient (but for rounding): pairs encoded
    at a time.
    """
    run = Run(out)
    model, tokenizer, done, _ = run.load()
    config = TrainConfig.from_dict(done["train_config"])
    config = config if micro_batch is None else replace(config, micro_batch=micro_batch)
    dataset = open_dataset(done["data"], "train", size=config.stored_size(model.config.image_size))
    captions, device = all_captions(dataset), device or choose_device()
    return finish(run, model, tokenizer, dataset, captions, config, device, done["data"], True, progress)


def finish(
    run: Run,
    model: CLIP,
    tokenizer: BPETokenizer,
    dataset: CaptionDataset,
    captions: list[list[str]],
    config: TrainConfig,
    device: Device,
    data: str,
    resume: bool,
    progress: bool,
) -> dict:
    """Training from wherever the run stands, evaluation, report."""
    size = model.config.image_size
    with one_after_the_other():
        watched, final = watched_suite(data, size), evaluation_suite(data, size)  # first: a missing split shows at once
        pairs = load_pairs(dataset, captions, tokenizer, config.stored_size(size), device, progress)
    if len(pairs) < config.batch_size:  # no picture may be its own negative
        config = replace(config, batch_size=len(pairs))
    left_out = {"train": pairs.left_out, "val": watched.left_out, "test": final.left_out}
    left_out = {split: lines for split, lines in left_out.items() if lines}
    for split, lines in left_out.items() if is_first() else ():
        print(f"minclip: {left_out_note(split, lines)}", file=sys.stderr)
    pictures_on = pairs.pixels.device.type
    if pictures_on != device.device.type and is_first():
        gigabytes = pairs.pixels.nbytes / 1e9
        why = f"{gigabytes:.1f} GB are more than half of the free memory of {device.device}"
        print(f"minclip: the pictures stay on the CPU: {why}", file=sys.stderr)
    seconds = train(run, model, tokenizer, pairs, config, device, watched, data, resume, progress)
    report = {}
    if is_first():
        report = write_report(run, model, tokenizer, final, config, device, data, seconds, pictures_on, left_out)
    return agree(report)  # the others wait for it
