"""From the name of a data set to a finished run: data, tokenizer, model, training, evaluation, report.

Nothing is computed here. This file calls the others in order.
"""

import copy
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from minclip.config import CLIPConfig, TrainConfig
from minclip.data import NAMES, open_dataset
from minclip.data.layouts.data_source import as_source, from_kept, to_keep
from minclip.data.layouts.found import found_line
from minclip.data.left_out import note, note_setting, say
from minclip.data.protocol import CaptionDataset
from minclip.data.streamed_shards import StreamedShards
from minclip.engine.batches import Pairs, load_pairs, refuse_sizes, require_pairs
from minclip.engine.devices import Device, choose_device
from minclip.engine.losses import named_loss
from minclip.engine.processes import Loss, agree, is_first, one_after_the_other, wait
from minclip.engine.stream import Stream
from minclip.engine.twins import count_twins, twins_lines
from minclip.evaluation.suites import Suite, evaluation_suite, refuse_long_texts, watched_suite
from minclip.experiments.best_on_val import BestOnVal
from minclip.experiments.finetuning import PATIENCE, FineTuning, finish, refuse_unwatched, told_before_and_after
from minclip.experiments.freezing import freeze_parts
from minclip.experiments.keeper import STOP, Keeper
from minclip.experiments.loop import check_smaller, train
from minclip.experiments.preparation import (
    draw_only_what_is_seen,
    fit_batch_size,
    fit_what_is_read,
    learned_tokenizer,
    lower_batch_size,
    new_model,
)
from minclip.experiments.recipes import RECIPES, Recipe
from minclip.experiments.replaced_parts import refuse_other_parts
from minclip.experiments.report import write_report
from minclip.experiments.run_places import refuse_data_folder, refuse_to_overwrite, say_if_finished
from minclip.experiments.runs import Run
from minclip.experiments.streaming import MEASURED, keep_survey, read_captions, where_pictures_are
from minclip.loss import clip_loss
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer


def recipe_for(data: Any) -> Recipe:
    """The recipe of a data set. data: whatever `open_dataset` takes."""
    known = isinstance(data, str) and data in RECIPES
    name = data if known else open_dataset(data, "train").name
    return RECIPES.get(name, RECIPES["folder"])


def run_training(
    data: Any,
    preset: CLIPConfig,
    config: TrainConfig,
    out: str | Path,
    device: Device | None = None,
    show_progress: bool = True,
    on_log: Callable[[dict[str, Any]], object] | None = None,
) -> dict[str, Any]:
    """Trains on a data set's train split and evaluates on its test split. Everything goes to `out`; returns the report.

    data: whatever `open_dataset` takes.
    preset: the model's dimensions. Its vocabulary is an upper limit: few captions make fewer tokens.
    show_progress: whether progress bars are shown; on_log: is called with each entry of the log as it comes.
    Raises ValueError where `out` holds a run already, or where no picture has a caption.
    """
    run = Run(out)
    refuse_sizes(config, preset)
    refuse_to_overwrite(run.folder)
    refuse_data_folder(run.folder, data)
    wait()  # before the first process makes the folder
    stored = config.stored_size(preset.image_size)
    with one_after_the_other():
        opened = open_dataset(data, "train", size=stored)
    dataset, captions, config = read_captions(opened, config, stored, None, show_progress)
    config = fit_batch_size(config, run.left_out, data, dataset, captions)
    tokenizer = learned_tokenizer(captions, preset, run.left_out)
    model = new_model(replace(preset, vocab_size=tokenizer.vocab_size), config.seed)
    config = fit_what_is_read(model, config, run.left_out)
    device = device or choose_device()
    return train_and_report(
        run, model, tokenizer, dataset, captions, config, device, data,
        resume=False, show_progress=show_progress, on_log=on_log,
    )  # fmt: skip


def run_finetuning(
    data: Any,
    finetuning: FineTuning,
    config: TrainConfig,
    out: str | Path,
    device: Device | None = None,
    show_progress: bool = True,
    on_log: Callable[[dict[str, Any]], object] | None = None,
) -> dict[str, Any]:
    """Lets a model that has learned before learn a data set; everything goes to `out`; returns the report.

    The model brings its tokenizer and its preprocessing. Raises ValueError as `run_training` does.
    """
    run = Run(out)
    refuse_to_overwrite(run.folder)
    refuse_data_folder(run.folder, data)
    wait()
    model, tokenizer = finetuning.model_before(left_out=run.left_out)
    check_smaller(model, config)
    run.finetuning = finetuning.begun_from(model)
    freeze_parts(model, finetuning.freeze)
    stored = config.stored_size(model.config.image_size)
    with one_after_the_other():
        opened = open_dataset(data, "train", size=stored)
    dataset, captions, config = read_captions(opened, config, stored, None, show_progress)
    config = fit_batch_size(config, run.left_out, data, dataset, captions)
    return train_and_report(
        run, model, tokenizer, dataset, captions, config, device or choose_device(), data,
        resume=False, show_progress=show_progress, finetuning=finetuning, on_log=on_log,
    )  # fmt: skip


def resume_run(
    out: str | Path,
    device: Device | None = None,
    show_progress: bool = True,
    micro_batch: int | None = None,
    on_log: Callable[[dict[str, Any]], object] | None = None,
) -> dict[str, Any]:
    """Continues the run in `out` from its last checkpoint, with the settings of the run; returns the report.

    micro_batch: pairs encoded at a time. Only this setting may differ: it changes the gradient by rounding alone.
    """
    run = Run(out)
    model, tokenizer, state, _ = run.load()
    config = TrainConfig.from_dict(state["train_config"])
    refuse_other_parts(state.get("parts", []), config, model.config)
    run.left_out = state.get("left_out", {})  # earlier versions kept none
    for name in sorted(state["train_config"].keys() - config.to_dict().keys()):
        note(run.left_out, "settings_unknown", "settings of the run are unknown to this version and not used", name)
    config = config if micro_batch is None else replace(config, micro_batch=micro_batch)
    run.finetuning = state.get("finetuning", {})
    finetuning = FineTuning.from_dict(run.finetuning) if run.finetuning else None
    if finetuning:
        finetuning.model_again("cpu", run.finetuning)  # now, not after the training: it may be gone
    say_if_finished(run, state, config.steps)
    data, stored, device = (
        from_kept(state["data"]),
        config.stored_size(model.config.image_size),
        device or choose_device(),
    )
    opened = open_dataset(data, "train", size=stored)
    dataset, captions, config = read_captions(opened, config, stored, run.folder, show_progress)
    return train_and_report(
        run, model, tokenizer, dataset, captions, config, device, data,
        resume=True, show_progress=show_progress, finetuning=finetuning, on_log=on_log,
    )  # fmt: skip


def train_and_report(
    run: Run,
    model: CLIP,
    tokenizer: BPETokenizer,
    dataset: CaptionDataset | StreamedShards,
    captions: list[list[str]],
    config: TrainConfig,
    device: Device,
    data: Any,
    *,
    resume: bool,
    show_progress: bool,
    suites: tuple[Suite, Suite] | None = None,
    loss_function: Loss = clip_loss,
    on_log: Callable[[dict[str, Any]], object] | None = None,
    finetuning: FineTuning | None = None,
) -> dict[str, Any]:
    """Trains from where the run stands, evaluates, and writes the report, which it returns.

    suites: what is watched, and what is measured at the end; None: those of `data`.
    """
    best = BestOnVal(run, model, tokenizer, finetuning.patience or PATIENCE) if finetuning else None
    listeners = [one for one in (best, on_log) if one is not None]

    def tell(entry: dict[str, Any]) -> object:
        answers = [listener(entry) for listener in listeners]
        return STOP if STOP in answers else None

    size, left_out = model.config.image_size, dict(getattr(dataset, "notes", {}))
    found = found_line(dataset)
    if found and is_first():  # before pictures are read, which may take long
        print(f"minclip: {found}", file=sys.stderr)
    stored, most = config.stored_size(size), MEASURED if config.stream else None
    squash = model.config.image_transform.squash
    pairs: Pairs | Stream
    with one_after_the_other():
        # first: a missing split shows at once
        watched, final = suites or (one(data, size, most, squash) for one in (watched_suite, evaluation_suite))
        if finetuning:
            refuse_unwatched(finetuning, watched)
        others = told_before_and_after(size) if finetuning else []
        refuse_long_texts(tokenizer, [*watched.tasks.values(), *final.tasks.values(), *others])
        if isinstance(dataset, StreamedShards):
            require_pairs(dataset, len(dataset))
            pairs = Stream(dataset, tokenizer, stored, run.left_out, squash=squash)
            counted, texts = pairs.first_buffer(config, left_out)
        else:
            draw_only_what_is_seen(dataset, config, left_out)
            pairs = load_pairs(dataset, captions, tokenizer, stored, device, show_progress, left_out, squash)
            counted, texts = pairs, [text for of_one_picture in captions for text in of_one_picture]
    if len(pairs) < config.batch_size:  # some pictures cannot be read; no picture may be its own negative
        config = lower_batch_size(config, run.left_out, len(pairs), f"{len(pairs)} of the pictures can be read")
    seen = config.steps * config.batch_size
    note_setting(run.left_out, "samples", config.samples, seen, f"whole batches of {config.batch_size}")
    for split, suite in (("val", watched), ("test", final)):
        entries = suite.all_left_out(tokenizer, split).items()
        # without what the reader says of all splits alike
        left_out |= {name: entry for name, entry in entries if entry not in left_out.values()}
    run.left_out |= left_out
    if is_first():
        say(run.left_out)
    pictures_on = "shards, streamed" if isinstance(pairs, Stream) else pairs.pixels.device.type
    if is_first():
        for line in where_pictures_are(pairs, device):
            print(f"minclip: {line}", file=sys.stderr)
        if isinstance(pairs, Stream):
            keep_survey(pairs.shards, run.folder)
    # of a stream: on as many steps as there are in its first buffer
    twins = count_twins(counted, config if counted is pairs else replace(config, samples=len(counted)))
    for line in twins_lines(twins, texts, config.loss) if is_first() else ():
        print(f"minclip: {line}", file=sys.stderr)
    kept = to_keep(data, NAMES)
    keeper = Keeper(run, tokenizer, kept, watched, resume, show_progress, twins, tell)
    said = copy.deepcopy(run.left_out)
    loss_function = named_loss(model, config) if loss_function is clip_loss else loss_function
    seconds = train(model, pairs, config, device, keeper, loss_function)
    report = {}
    if is_first():
        say({name: entry for name, entry in run.left_out.items() if entry != said.get(name)})  # what a stream found
        told = None
        if finetuning and best:
            told = finish(finetuning, run, model, tokenizer, watched, final, best, config.steps)
        report = write_report(
            run, model, tokenizer, final, config, device, str(as_source(from_kept(kept))), seconds, pictures_on, twins,
            run.left_out, told, found,
        )  # fmt: skip
    return agree(report)  # the other processes wait for it
