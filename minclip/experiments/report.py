"""The report of a finished run: every number with its interval, the curves, and pictures to look at.

evaluate.py computes the numbers and plotting.py draws the figures. This file gathers them and writes the files.
"""

import json
import platform
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL
import torch

from minclip import figures
from minclip.config import TrainConfig
from minclip.data.left_out import LeftOut, lines
from minclip.data.paths import atomic_write
from minclip.data.progress import with_progress
from minclip.data.protocol import ClassTask
from minclip.engine.devices import Device
from minclip.engine.twins import Twins
from minclip.evaluation.evaluate import RetrievalPairs, as_report, evaluate_retrieval, evaluate_task, format_table
from minclip.evaluation.suites import Suite
from minclip.experiments.finetuning_words import comparison_table, in_words
from minclip.experiments.replaced_parts import replaced_parts
from minclip.experiments.run_places import REPORT_FILE
from minclip.experiments.runs import Run
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer
from minclip.zero_shot import encode_pixels, encode_texts, zero_shot_classifier

if TYPE_CHECKING:  # a training draws at its end alone
    from matplotlib.figure import Figure

SHOWN_PICTURES, SHOWN_QUERIES, SHOWN_HITS = 24, 10, 6


def write_report(
    run: Run,
    model: CLIP,
    tokenizer: BPETokenizer,
    suite: Suite,
    config: TrainConfig,
    device: Device,
    data: str,
    seconds: float,
    pictures_on: str,
    twins: Twins,
    left_out: LeftOut | None = None,
    finetuning: dict[str, Any] | None = None,
    found: str = "",
) -> dict[str, Any]:
    """Evaluates the model, writes report.json, report.md and the figures into the run folder, and returns the report.

    seconds: of training, without evaluation and checkpoints; pictures_on: the device that held the training pictures;
    twins: `count_twins` of the training; left_out: counts of what was left out, cut off or lowered; finetuning: what
    finetuning.py says of before and after; found: what there is in the data set, in one line.
    """
    seen = run.steps_done * config.batch_size  # less than asked where the training ended early
    about = {
        "data": data,
        "seed": config.seed,
        "samples": seen,
        "seconds": round(seconds, 1),
        "pictures_per_second": round(seen / max(seconds, 1e-9)),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "device": describe(device),
        "pictures_on": pictures_on,
        "twins": twins.to_dict(),
        "threads": torch.get_num_threads(),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "Pillow": PIL.__version__,
        },
        "model": vars(model.config),
        "recipe": config.to_dict(),
        "found": found,
        "left_out": left_out or {},
        "parts": replaced_parts(config, model.config),
    }
    results = [evaluate_task(model, tokenizer, task) for task in suite.tasks.values()]
    retrieval = evaluate_retrieval(model, tokenizer, *suite.retrieval) if suite.retrieval is not None else None
    report = {"run": about, **as_report(results, retrieval)}
    if finetuning:
        report["finetuning"] = finetuning
    draw: dict[str, Callable[[], Figure]] = {"curves.png": lambda: figures.plot_curves(run.read_log())}
    first = next(iter(suite.tasks.values()), None)
    if isinstance(first, ClassTask):
        confusion = results[0].confusion
        assert confusion is not None  # a ClassTask has one
        draw["predictions.png"] = partial(prediction_page, model, tokenizer, first)
        draw["confusion.png"] = partial(figures.plot_confusion, confusion, results[0].class_names)
    if suite.retrieval is not None:
        draw["retrieval.png"] = partial(retrieval_page, model, tokenizer, suite.retrieval)
    for name in with_progress(draw, "drawing the report", "figures"):
        with atomic_write(run.folder / name) as file:
            draw[name]().savefig(file, format="png", dpi=120)
    write_text(run.folder / REPORT_FILE, json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    write_text(run.folder / "report.md", report_text(report, list(draw)))
    return report


def write_text(path: Path, text: str) -> None:
    """Writes a UTF-8 file, whole or not at all."""
    with atomic_write(path) as file:
        file.write(text.encode("utf-8"))


def describe(device: Device) -> str:
    """One line on the device of the run."""
    name = torch.cuda.get_device_name(device.device) if device.device.type == "cuda" else platform.processor()
    return f"{device.device} {name}".strip() + f" ({device.reason})"


def report_text(report: dict[str, Any], pictures: list[str]) -> str:
    """The report as a page of Markdown."""
    run = report["run"]
    about_the_data = [*([run["found"]] if run.get("found") else []), *lines(run["left_out"])]
    page = [
        f"# A CLIP trained on {run['data']}",
        "",
        f"{run['parameters']:,} parameters, {run['samples']:,} pictures seen in {run['seconds'] / 60:.1f} minutes "
        f"({run['pictures_per_second']:,} pictures/s), seed {run['seed']}, {run['device']}, "
        f"{run['threads']} threads.",
        "",
        *([f"With parts of the learner's own: {', '.join(run['parts'])}.", ""] if run["parts"] else []),
        twins_text(
            run["twins"], run["recipe"]["samples"] // run["recipe"]["batch_size"], run["recipe"].get("loss", "infonce")
        ),
        "",
        *finetuning_text(report.get("finetuning")),
        "```",
        format_table(report),
        "```",
        "",
        *(f"* {line}" for line in about_the_data),
        *([""] if about_the_data else []),
        "Intervals are 95 % bootstrap intervals over the test pictures. Another seed may change a number by more.",
        *(f"\n![{Path(name).stem}]({name})" for name in pictures),
    ]
    return "\n".join(page) + "\n"


def finetuning_text(told: dict[str, Any] | None) -> list[str]:
    """What a fine-tuning changed, before the table of the model as it is now."""
    if not told:
        return []
    return [*in_words(told), "", "```", comparison_table(told), "```", ""]


def twins_text(twins: dict[str, Any], steps: int, loss: str = "infonce") -> str:
    """One line on the rows of a batch that had the picture or the caption of another row."""
    counted = twins["steps_counted"]
    which = f"all {steps:,}" if counted == steps else f"{counted:,} of {steps:,}"
    has_floor = twins["captions"] and loss == "infonce"
    floor = f", and the mean loss could not fall below {twins['loss_floor']:.2f}" if has_floor else ""
    return (
        f"Counted on {which} steps, {100 * twins['pictures']:.1f} % of a batch's rows had a twin with the same picture "
        f"and {100 * twins['captions']:.1f} % one with the same caption. Twins are each other's negatives{floor}."
    )


def prediction_page(model: CLIP, tokenizer: BPETokenizer, task: ClassTask) -> "Figure":
    """Pictures spread evenly over a task, each with the model's likeliest classes."""
    chosen = np.linspace(0, len(task.pixels) - 1, min(SHOWN_PICTURES, len(task.pixels))).astype(int)
    classifier = zero_shot_classifier(model, tokenizer, task.class_names, task.templates)  # [embed_dim, classes]
    logits = model.logit_scale.exp().detach() * encode_pixels(model, task.pixels[chosen]) @ classifier
    probabilities = logits.softmax(dim=-1).cpu().numpy()  # [pictures, classes]
    return figures.plot_predictions(
        list(task.pixels[chosen]), probabilities, list(task.class_names), task.labels[chosen]
    )


def retrieval_page(model: CLIP, tokenizer: BPETokenizer, pairs: RetrievalPairs) -> "Figure":
    """Captions spread evenly over the test split, each with the pictures that the model finds."""
    pixels, texts, image_of_text = pairs
    chosen = np.linspace(0, len(texts) - 1, min(SHOWN_QUERIES, len(texts))).astype(int)
    queries = [texts[i] for i in chosen]
    scores = encode_texts(model, tokenizer, queries, truncate=True) @ encode_pixels(model, pixels).T
    hits = scores.topk(min(SHOWN_HITS, len(pixels))).indices.cpu().numpy()  # [queries, hits]
    return figures.plot_retrieval(
        queries, [pixels[row] for row in hits], hits == np.asarray(image_of_text)[chosen][:, None]
    )
