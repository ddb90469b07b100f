"""What a finished run tells a person: every number with its interval, the curves, and pictures to look at.

The numbers come from evaluate.py, the figures from plotting.py; here they are gathered and written down.
"""

import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import PIL
import torch
from matplotlib.figure import Figure

from minclip.data.images import left_out_note
from minclip.data.paths import atomic_write
from minclip.data.protocol import ClassTask
from minclip.devices import Device
from minclip.evaluate import RetrievalPairs, as_report, evaluate_retrieval, evaluate_task, format_table
from minclip.model import CLIP
from minclip.plotting import plot_confusion, plot_curves, plot_predictions, plot_retrieval
from minclip.recipes import TrainConfig
from minclip.runs import Run
from minclip.suites import Suite
from minclip.tokenizer import BPETokenizer
from minclip.zero_shot import encode_pixels, encode_texts, zero_shot_classifier

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
    left_out: Mapping[str, Sequence[str]] | None = None,
) -> dict:
    """Evaluates the model and writes report.json, report.md and the figures into the run folder; returns the report.

    seconds: of training, without evaluation and checkpoints; pictures_on: the device that held the training pictures;
    left_out: split -> a line for each picture that could not be used.
    """
    about = {
        "data": data,
        "seed": config.seed,
        "samples": config.steps * config.batch_size,
        "seconds": round(seconds, 1),
        "pictures_per_second": round(config.steps * config.batch_size / max(seconds, 1e-9)),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "device": describe(device),
        "pictures_on": pictures_on,
        "threads": torch.get_num_threads(),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "Pillow": PIL.__version__,
        },
        "model": vars(model.config),
        "recipe": config.to_dict(),
        "left_out": {split: list(lines) for split, lines in (left_out or {}).items()},
    }
    results = [evaluate_task(model, tokenizer, task) for task in suite.tasks.values()]
    retrieval = evaluate_retrieval(model, tokenizer, *suite.retrieval) if suite.retrieval is not None else None
    report = {"run": about, **as_report(results, retrieval)}
    figures = {"curves.png": plot_curves(run.read_log())}
    first = next(iter(suite.tasks.values()), None)
    if isinstance(first, ClassTask):
        confusion = results[0].confusion
        assert confusion is not None  # a ClassTask has one
        figures["predictions.png"] = prediction_page(model, tokenizer, first)
        figures["confusion.png"] = plot_confusion(confusion, results[0].class_names)
    if suite.retrieval is not None:
        figures["retrieval.png"] = retrieval_page(model, tokenizer, suite.retrieval)
    for name, figure in figures.items():
        with atomic_write(run.folder / name) as file:
            figure.savefig(file, format="png", dpi=120)
    write_text(run.folder / "report.json", json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    write_text(run.folder / "report.md", report_text(report, list(figures)))
    return report


def write_text(path: Path, text: str) -> None:
    """A UTF-8 file, whole or not at all."""
    with atomic_write(path) as file:
        file.write(text.encode("utf-8"))


def describe(device: Device) -> str:
    """One line on where the run computed."""
    name = torch.cuda.get_device_name(device.device) if device.device.type == "cuda" else platform.processor()
    return f"{device.device} {name}".strip() + f" ({device.reason})"


def report_text(report: dict, figures: list[str]) -> str:
    """The report as a page of Markdown."""
    run = report["run"]
    lines = [
        f"# A CLIP trained on {run['data']}",
        "",
        f"{run['parameters']:,} parameters, {run['samples']:,} pictures seen in {run['seconds'] / 60:.1f} minutes "
        f"({run['pictures_per_second']:,} pictures/s), seed {run['seed']}, {run['device']}, "
        f"{run['threads']} threads.",
        "",
        "```",
        format_table(report),
        "```",
        "",
        *(f"L{left_out_note(split, lines)[1:]}\n" for split, lines in run["left_out"].items()),
        "Intervals are 95 % bootstrap intervals over the test pictures: another seed may move a number by more.",
        *(f"\n![{Path(name).stem}]({name})" for name in figures),
    ]
    return "\n".join(lines) + "\n"


def prediction_page(model: CLIP, tokenizer: BPETokenizer, task: ClassTask) -> Figure:
    """Pictures spread evenly over a task, with the model's belief in each class."""
    chosen = np.linspace(0, len(task.pixels) - 1, min(SHOWN_PICTURES, len(task.pixels))).astype(int)
    classifier = zero_shot_classifier(model, tokenizer, task.class_names, task.templates)  # [embed_dim, classes]
    logits = model.logit_scale.exp().detach() * encode_pixels(model, task.pixels[chosen]) @ classifier
    probabilities = logits.softmax(dim=-1).cpu().numpy()  # [pictures, classes]
    return plot_predictions(list(task.pixels[chosen]), probabilities, list(task.class_names), task.labels[chosen])


def retrieval_page(model: CLIP, tokenizer: BPETokenizer, pairs: RetrievalPairs) -> Figure:
    """Captions spread evenly over the test split, each with the pictures found for it."""
    pixels, texts, image_of_text = pairs
    chosen = np.linspace(0, len(texts) - 1, min(SHOWN_QUERIES, len(texts))).astype(int)
    queries = [texts[i] for i in chosen]
    scores = encode_texts(model, tokenizer, queries, truncate=True) @ encode_pixels(model, pixels).T
    hits = scores.topk(min(SHOWN_HITS, len(pixels))).indices.cpu().numpy()  # [queries, hits]
    return plot_retrieval(queries, [pixels[row] for row in hits], hits == np.asarray(image_of_text)[chosen][:, None])
