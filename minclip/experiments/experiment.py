"""From the name of a data set to a finished run: data, tokenizer, model, training, evaluation, report.

Nothing is computed here; this file says in which order the others are called.
"""

import sys
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
from minclip.engine.order import batch_indices
from minclip.engine.processes import agree, is_first, one_after_the_other, wait
from minclip.engine.twins import count_twins, twins_lines
from minclip.evaluation.suites import evaluation_suite, watched_suite
from minclip.experiments.loop import train
from minclip.experiments.recipes import RECIPES, Recipe
from minclip.experiments.report import write_report
from minclip.experiments.runs import Run
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer


def new_model(config: CLIPConfig, seed: int) -> CLIP:
    """A model with fresh weights: the same ones for the same seed, whatever was drawn before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return CLIP(config)


def recipe_for(data: str | Path) -> Recipe:
    """The recipe of a data set, by its name or by what is in its folder."""
    name = str(data) if str(data) in RECIPES else open_dataset(data, "train").name
    return RECIPES.get(name, RECIPES["folder"])


def why_no_captions(data: str | Path, dataset: CaptionDataset) -> str:
    """Why a set cannot be trained on."""
    if hasattr(dataset, "class_names"):
        return f"{data} has no captions, and a class name is not one: train on another set, evaluate on this"
    said = "; ".join(lines(getattr(dataset, "notes", {})))
    beside = unread_layout(Path(data)) if Path(data).is_dir() else None
    found = "; ".join(part for part in (said, beside) if part)
    looked = getattr(dataset, "looked_for", "captions")
    return f"{data} has {len(dataset)} pictures in its train split and no caption of any: looked for {looked}" + (
        f"; found: {found}" if found else ""
    )


def draw_what_is_seen(dataset: CaptionDataset, config: TrainConfig, left_out: LeftOut) -> None:
    """Has the picture book draw only what a run sees that ends before its first epoch does.

    Captions, order and numbers are those of the whole book: the tokenizer reads all captions, the shuffle is over all
    pictures, and what is not drawn stands behind the last step. So a short run is what it was, bit for bit.
    """
    pictures, seen = len(dataset), config.steps * config.batch_size
    if isinstance(dataset, PictureBook) and seen < pictures:
        steps = [batch_indices(step, config.batch_size, pictures, config.seed) for step in range(config.steps)]
        dataset.draw_only(torch.cat(steps).tolist())
        what = "pictures of the picture book are not drawn: the run ends before it would see them"
        note(left_out, "pictures_not_drawn", what, count=pictures - seen)


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
    pictures = sum(map(bool, captions))  # the others are left out
    if not pictures:
        raise ValueError(why_no_captions(data, dataset))
    if pictures < config.batch_size:  # no picture may be its own negative
        lowered = max(2, pictures)
        note_setting(run.left_out, "batch_size", config.batch_size, lowered, "no more pictures have captions")
        config = replace(config, batch_size=lowered)
    whole = f"only whole batches of {config.batch_size} are seen"
    note_setting(run.left_out, "samples", config.samples, config.steps * config.batch_size, whole)
    data = data if data in NAMES else Path(data).resolve()
    texts = (text for of_one_picture in captions for text in of_one_picture)
    tokenizer = BPETokenizer.train(texts, preset.vocab_size, preset.context_length)
    few = "the captions hold no further pair of symbols that stands in them twice"
    note_setting(run.left_out, "vocab_size", preset.vocab_size, tokenizer.vocab_size, few)
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
    run.left_out = done.get("left_out", {})  # earlier versions kept none
    for name in sorted(done["train_config"].keys() - config.to_dict().keys()):
        note(run.left_out, "settings_unknown", "settings of the run are unknown to this version and not used", name)
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
    size, left_out = model.config.image_size, dict(getattr(dataset, "notes", {}))
    draw_what_is_seen(dataset, config, left_out)
    with one_after_the_other():
        watched, final = watched_suite(data, size), evaluation_suite(data, size)  # first: a missing split shows at once
        pairs = load_pairs(dataset, captions, tokenizer, config.stored_size(size), device, progress, left_out)
    if len(pairs) < config.batch_size:  # some pictures cannot be read; none may be its own negative
        note_setting(run.left_out, "batch_size", config.batch_size, len(pairs), "no more pictures can be read")
        config = replace(config, batch_size=len(pairs))
    for split, suite in (("val", watched), ("test", final)):
        others = suite.all_left_out(tokenizer, split).items()  # but for what the reader says of all splits alike
        left_out |= {name: entry for name, entry in others if entry not in left_out.values()}
    run.left_out |= left_out
    if is_first():
        say(run.left_out)
    pictures_on = pairs.pixels.device.type
    if pictures_on != device.device.type and is_first():
        gigabytes = pairs.pixels.nbytes / 1e9
        why = f"{gigabytes:.1f} GB are more than half of the free memory of {device.device}"
        print(f"minclip: the pictures stay on the CPU: {why}", file=sys.stderr)
    twins = count_twins(pairs, config)
    for line in twins_lines(twins, [text for texts in captions for text in texts]) if is_first() else ():
        print(f"minclip: {line}", file=sys.stderr)
    seconds = train(run, model, tokenizer, pairs, config, device, watched, data, resume, progress, twins=twins)
    report = {}
    if is_first():
        report = write_report(
            run, model, tokenizer, final, config, device, data, seconds, pictures_on, twins, run.left_out
        )
    return agree(report)  # the others wait for it
