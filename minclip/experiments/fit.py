"""`minclip.fit`: a whole training in one call, for experiments in Python.

    run = minclip.fit(images, captions, samples=20_000)
    run.model, run.tokenizer, run.log

It is what `minclip train` does (experiment.py), with parts of your own in place of its parts: pictures in memory, a
loss, a model, tasks.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from PIL import Image
from torch import Tensor

from minclip.config import CLIPConfig, TrainConfig
from minclip.data import InMemory, open_dataset
from minclip.data.layouts.data_source import as_source
from minclip.data.layouts.huggingface import is_huggingface, is_splits, open_split
from minclip.data.left_out import LeftOut
from minclip.data.memory import from_pairs
from minclip.data.progress import progress_shown
from minclip.data.protocol import CaptionDataset
from minclip.engine.devices import choose_device
from minclip.engine.processes import Loss
from minclip.evaluation.suites import Suite
from minclip.experiments.chosen_model import Model, chosen_model, image_size_of
from minclip.experiments.experiment import recipe_for, train_and_report
from minclip.experiments.finetuning import FineTuning
from minclip.experiments.fit_arguments import Task, check_arguments, check_task_sizes, refuse_without_name
from minclip.experiments.freezing import as_parts, freeze_parts
from minclip.experiments.preparation import fit_batch_size
from minclip.experiments.recipes import FINETUNE, Recipe
from minclip.experiments.run_folder import run_folder
from minclip.experiments.run_places import refuse_data_folder, refuse_own_model
from minclip.experiments.runs import Run
from minclip.experiments.streaming import read_captions
from minclip.loss import clip_loss
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer

SAMPLES = 20_000  # pictures seen, where no other number is given: some minutes on a laptop
MEMORY = Recipe("tiny", TrainConfig())  # for data that have no recipe of their own: no mirror, nothing is left out


@dataclass(frozen=True)
class Fitted:
    """What a training gives: all that is needed to use the model, and what was measured on the way."""

    model: CLIP  # in eval mode, on the device that it trained on
    preprocess: Callable[[Image.Image], Tensor]  # PIL picture -> float [3, size, size]
    tokenizer: BPETokenizer
    log: list[dict[str, Any]]  # one entry for each logged step: step, samples, loss, lr, logit_scale, seconds, scores
    report: dict[str, Any]  # as report.json: settings, what was left out, scores of the tasks with their intervals


def fit(
    data: Any,
    captions: Sequence[str | Sequence[str]] | None = None,
    *,
    config: CLIPConfig | str | None = None,
    model: Model | None = None,
    tokenizer: BPETokenizer | None = None,
    freeze: str | Sequence[str] = (),
    mix: float | str | None = None,
    patience: int | None = None,
    keep: float | None = None,
    image_size: int | None = None,
    context_length: int | None = None,
    loss: Loss | str = clip_loss,
    tasks: Sequence[Task] | None = None,
    on_log: Callable[[dict[str, Any]], object] | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    device: str | None = None,
    progress: bool = False,
    samples: int = SAMPLES,
    **settings: Any,
) -> Fitted:
    """Trains a CLIP on pictures and captions; returns it with its log and its report.

    data: the pictures (PIL, or uint8 arrays [height, width, 3]), with `captions` beside them, a string or a list of
        strings for each; or a data set: a name or folder as for `minclip train`, also with options (DataSource), one of
        minclip.data, one of the package `datasets`, or a torch.utils.data.Dataset of (picture, caption), which is read
        into memory once.
    config: the sizes of a new model, a CLIPConfig or a preset's name. Its vocabulary is an upper limit.
    model: what is trained. None: a new CLIP. A name, file or folder: these weights, with their tokenizer, go on to
        learn. A function or subclass: is called with the configuration. A CLIP: is trained in place, with `tokenizer`.
    freeze: "image", "text", "image:3" (its first three blocks) or a list: these stay bit for bit what they are.
    mix: where `model` is a name: weights between those before (0) and after (1), or "auto" (finetuning.py).
    patience: where `model` is a name: scores on val in a row without a better one, after which training ends; None: 5.
    keep: with mix="auto": the share of the accuracy on what is not trained for that stays; None: 0.97.
    image_size, context_length: other sizes than those of the model or of `config`: pixels a side, tokens of a text.
    loss: "infonce" or "siglip", or your own: (image features, text features, scale) -> scalar. A torch module trains
        its own parameters, too.
    tasks: are measured at the end; the first is watched on the way. None: those of a named data set or a folder.
    on_log: is called with each entry of the log as it comes, such as print.
    out: the folder that keeps the run, as `minclip train` writes it. None: nothing is kept on disk.
    overwrite: a run in `out` is replaced, once the new one has its first checkpoint. device: None is the best one here.
    samples, settings: any number of TrainConfig, such as batch_size=128, learning_rate=5e-4, seed=1.
    Raises ValueError where something does not fit, in one line that names it.
    """
    named = captions is None and brings_splits(data)
    parts = as_parts(freeze)
    check_arguments(config, model, loss, tasks, on_log)
    if out is not None:
        refuse_data_folder(Path(out), data if named else None)
    recipe = recipe_for(data) if named else MEMORY
    if isinstance(loss, str):
        settings, loss = settings | {"loss": loss}, clip_loss
    finetuning = None
    if isinstance(model, str | Path):
        recipe = Recipe("", FINETUNE)
        finetuning = FineTuning(str(model), parts, mix, image_size, context_length, patience, keep)
    else:
        refuse_without_name(mix=mix, patience=patience, keep=keep)
    if out is not None and finetuning:
        refuse_own_model(Path(out), finetuning.init)
    train_config = with_settings(recipe.config, samples, settings)
    left_out: LeftOut = {}
    before = finetuning.model_before(left_out=left_out) if finetuning else None
    known = before[0] if before else model
    asked = image_size or image_size_of(known, config or recipe.preset)  # a new model comes later: it needs the texts
    stored = train_config.stored_size(asked)
    with progress_shown(progress):
        given = open_dataset(data, "train", size=stored) if named else opened(data, captions)
        dataset, texts, train_config = read_captions(given, train_config, stored, None, progress)
        train_config = fit_batch_size(
            train_config, left_out, str(as_source(data)) if named else dataset.name, dataset, texts
        )
        sizes = image_size, context_length
        clip, tokenizer = chosen_model(
            model, tokenizer, config or recipe.preset, sizes, texts, train_config.seed, left_out, before
        )
    size = clip.config.image_size
    if named and not train_config.stream and size != asked:  # a function may make a model of another size
        dataset = open_dataset(data, "train", size=train_config.stored_size(size))
    begun_from = finetuning.begun_from(clip) if finetuning else {}
    freeze_parts(clip, parts)
    check_task_sizes(tasks, size)
    suites = None
    if tasks is not None or not named:
        suite = Suite({task.name: task for task in tasks or ()})
        suites = suite, suite
    if out is None and "save_every" not in settings:
        train_config = replace(train_config, save_every=train_config.steps)  # nobody keeps what is written
    log = Log(on_log)
    with run_folder(out, overwrite) as folder, progress_shown(progress):
        run = Run(folder)
        run.is_kept = out is not None
        run.left_out, run.finetuning = left_out, begun_from
        report = train_and_report(
            run, clip, tokenizer, dataset, texts, train_config, choose_device(device),
            data if named else dataset.name, resume=False, show_progress=progress, suites=suites, loss_function=loss,
            on_log=log, finetuning=finetuning,
        )  # fmt: skip
    return Fitted(clip.eval(), clip.config.image_transform, tokenizer, log.entries, report)


class Log:
    """Keeps the entries, and hands each of them on."""

    def __init__(self, on_log: Callable[[dict[str, Any]], object] | None):
        self.entries: list[dict[str, Any]] = []
        self.on_log = on_log

    def __call__(self, entry: dict[str, Any]) -> None:
        self.entries.append(entry)
        if self.on_log is not None:
            self.on_log(entry)


def brings_splits(data: Any) -> bool:
    """Does this tell its splits: a name, a folder, a dictionary of splits? Other data are trained on as a whole."""
    source = as_source(data).data
    return isinstance(source, str | Path) or is_splits(source)


def opened(data: Any, captions: Sequence[str | Sequence[str]] | None) -> CaptionDataset:
    """The data set that was given, in whatever form but a name or folder."""
    if captions is not None:
        if brings_splits(data) or is_huggingface(data):
            name = str(as_source(data))
            raise ValueError(f"data={name!r} brings its own captions: leave out captions, or give the pictures")
        return InMemory(data, captions)
    if is_huggingface(as_source(data).data):
        return open_split(as_source(data), "train", whole=True)
    if all(hasattr(data, name) for name in ("image", "captions", "__len__")):
        dataset: CaptionDataset = data
        return dataset
    if not isinstance(data, Iterable) and not hasattr(data, "__getitem__"):
        raise ValueError(
            f"data is of type {type(data).__name__}: give pictures with captions, a name, a folder or a data set"
        )
    return from_pairs(data)


def with_settings(config: TrainConfig, samples: int, settings: dict[str, Any]) -> TrainConfig:
    """The recipe with other numbers. ValueError for a name that no setting has."""
    known = [field.name for field in fields(TrainConfig)]
    for name in settings:
        if name not in known:
            raise ValueError(f"{name}={settings[name]!r} is no setting of fit: choose from {', '.join(known)}")
    return replace(config, samples=samples, **settings)
