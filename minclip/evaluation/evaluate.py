"""An evaluation: tasks and retrieval of a model, each number with its interval, its chance and its n.

A data set brings its own tasks (data/protocol.py, suites.py). Here they are measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from minclip.accuracy import rank_of_label
from minclip.data.protocol import ChoiceTask, ClassTask
from minclip.engine.recall import match_ranks, recall_in_chunks
from minclip.evaluation.intervals import bootstrap_interval, grouped_bootstrap_interval
from minclip.model import CLIP
from minclip.retrieval import DIRECTIONS, KS
from minclip.ties import ROUNDING
from minclip.zero_shot import Tokenizer, encode_pixels, encode_texts, zero_shot_classifier

RetrievalPairs = tuple[np.ndarray, Sequence[str], Sequence[int] | np.ndarray]  # pixels, texts, image_of_text
MAX_LISTED = 100  # classes: with more, a report keeps no share of each


@dataclass(frozen=True)
class TaskResult:
    """What came out of one task. Shares are from 0 to 1; low and high bound the accuracy's 95 % interval."""

    name: str
    accuracy: float
    low: float
    high: float
    n: int
    chance: float  # accuracy of a guess
    correct: np.ndarray  # float [n]: 1 right, 0 wrong; 1 / m where the right answer is level with m - 1 others
    class_names: tuple[str, ...] = ()  # this and the rest are empty where every picture has its own candidates
    per_class: np.ndarray | None = None  # float [classes], NaN for a class without pictures
    confusion: np.ndarray | None = None  # int [classes, classes], rows are true classes; of level ones the first
    top_5: float | None = None  # share of pictures whose class is among the five best

    def summary(self) -> dict[str, Any]:
        """What a report keeps of the result, ready for JSON."""
        kept = {name: getattr(self, name) for name in ("accuracy", "low", "high", "n", "chance")}
        if self.per_class is None or len(self.class_names) > MAX_LISTED:
            return kept
        shares = [None if np.isnan(share) else round(float(share), 4) for share in self.per_class]  # JSON has no NaN
        if len(self.class_names) > 5:  # of five or fewer all are among the five best
            kept["top_5"] = self.top_5
        return kept | {"per_class": dict(zip(self.class_names, shares, strict=True))}


def check_task(task: ClassTask | ChoiceTask, templates: Sequence[str] | None) -> None:
    """A ValueError that names the task, where its parts do not fit together."""
    if not isinstance(task, ClassTask | ChoiceTask):
        kind, maker = type(task).__name__, "minclip.evaluation.class_task"
        raise ValueError(f"task must be a ClassTask or a ChoiceTask, found {kind}: {maker} makes one")
    n = len(task.pixels)
    if n == 0 or np.shape(task.labels) != (n,):
        raise ValueError(
            f"task {task.name!r} has {n} pictures and labels of shape {list(np.shape(task.labels))}: "
            f"it needs at least one picture and a label for each"
        )
    if isinstance(task, ChoiceTask):
        if templates is not None:
            raise ValueError(f"task {task.name!r} chooses among whole sentences: it takes no templates")
        if len(task.texts) != n:
            raise ValueError(f"task {task.name!r} has {n} pictures and candidates for {len(task.texts)}")
        for i, (label, texts) in enumerate(zip(task.labels, task.texts, strict=True)):
            if not 0 <= label < len(texts):
                raise ValueError(f"task {task.name!r}: picture {i} has {len(texts)} texts and label {label}")


def class_logits(model: CLIP, tokenizer: Tokenizer, task: ClassTask, templates: Sequence[str]) -> Tensor:
    """Cosines, float [n, classes]."""
    classifier = zero_shot_classifier(model, tokenizer, task.class_names, templates)  # [embed_dim, classes]
    return encode_pixels(model, task.pixels) @ classifier


def choice_logits(model: CLIP, tokenizer: Tokenizer, task: ChoiceTask) -> Tensor:
    """Cosines of every picture with its candidates, float [n, choices]; -inf where a picture has fewer."""
    unique = list(dict.fromkeys(text for texts in task.texts for text in texts))  # many share their candidates
    place = {text: i for i, text in enumerate(unique)}
    image_features = encode_pixels(model, task.pixels)  # [n, embed_dim]
    text_features = encode_texts(model, tokenizer, unique)  # [unique, embed_dim]
    choices = max(len(texts) for texts in task.texts)
    which = torch.full((len(task.texts), choices), -1)
    for row, texts in enumerate(task.texts):
        which[row, : len(texts)] = torch.tensor([place[text] for text in texts])
    which = which.to(image_features.device)
    logits = torch.einsum("nd,ncd->nc", image_features, text_features[which.clamp(min=0)])  # [n, choices]
    return logits.masked_fill(which < 0, float("-inf"))


def evaluate_task(
    model: CLIP, tokenizer: Tokenizer, task: ClassTask | ChoiceTask, templates: Sequence[str] | None = None
) -> TaskResult:
    """Zero-shot accuracy on one task. `templates` replace a ClassTask's own.

    Answers that are level with the right one share the hit with it, as in a fair draw (ties.py): a model that says the
    same of everything gets the task's chance. NaN is never right.
    """
    check_task(task, templates)
    labels = torch.as_tensor(np.asarray(task.labels))
    if isinstance(task, ChoiceTask):
        logits = choice_logits(model, tokenizer, task)
        chance = float(np.mean([1 / len(texts) for texts in task.texts]))
    else:
        logits = class_logits(model, tokenizer, task, task.templates if templates is None else templates)
        chance = 1 / len(task.class_names)
    if isinstance(task, ChoiceTask):
        return result_of(task.name, logits, labels, chance)
    return result_of(task.name, logits, labels, chance, task.class_names)


def result_of(
    name: str,
    logits: Tensor,
    labels: Tensor,
    chance: float,
    class_names: Sequence[str] | None = None,
    rounding: float = ROUNDING,
) -> TaskResult:
    """What scores of the answers make of a task. logits: float [n, answers]; labels: int64 [n].

    class_names: None where every picture has candidates of its own. rounding: scores that differ by less are level.
    """
    rank = rank_of_label(logits, labels, rounding)
    correct = rank.hit(1).numpy()  # float [n]
    low, high = bootstrap_interval(correct)
    numbers = (name, float(correct.mean()), low, high, len(correct), chance, correct)
    if class_names is None:
        return TaskResult(*numbers)
    confusion = confusion_matrix(labels, logits.argmax(dim=1), len(class_names))
    per_class = accuracy_of_each(labels.numpy(), correct, len(class_names))
    return TaskResult(*numbers, tuple(class_names), per_class, confusion.numpy(), rank.hit(5).mean().item())


def confusion_matrix(labels: Tensor, predictions: Tensor, classes: int) -> Tensor:
    """int64 [classes, classes]: how many pictures of the row's class were taken for the column's. Both int [n].

    >>> confusion_matrix(torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1]), classes=2).tolist()
    [[1, 1], [0, 1]]
    """
    cells = labels.cpu().long() * classes + predictions.cpu()  # [n]
    return torch.bincount(cells, minlength=classes**2).view(classes, classes)


def accuracy_of_each(labels: np.ndarray, correct: np.ndarray, classes: int) -> np.ndarray:
    """Mean of `correct` for every true class, float [classes]; NaN for a class without pictures."""
    pictures = np.bincount(labels, minlength=classes)
    right = np.bincount(labels, weights=correct, minlength=classes)
    means: np.ndarray = np.divide(right, pictures, out=np.full(classes, np.nan), where=pictures > 0)
    return means


def evaluate_retrieval(
    model: CLIP,
    tokenizer: Tokenizer,
    pixels: np.ndarray,
    texts: Sequence[str],
    image_of_text: Sequence[int] | np.ndarray,
) -> dict[str, Any]:
    """Recall at 1, 5 and 10 in both directions, with intervals. A caption that is too long is cut at its end.

    pixels: uint8 [images, size, size, 3]; texts: every caption; image_of_text: int [texts],
    the image of each.
    Ties count as in `recall_at_k`. "chance" is the recall of a model that says the same of everything.
    """
    owner = np.asarray(image_of_text)
    image_features = encode_pixels(model, pixels)
    text_features = encode_texts(model, tokenizer, texts, truncate=True)
    ranks = match_ranks(image_features, text_features, torch.as_tensor(owner))
    report: dict[str, Any] = {}
    intervals: dict[str, dict[str, list[float]]] = {}
    for direction, rank, group in zip(DIRECTIONS, ranks, (np.arange(len(pixels)), owner), strict=True):
        found = {f"R@{k}": rank.hit(k).numpy() for k in KS}
        report[direction] = {name: float(hits.mean()) for name, hits in found.items()}
        intervals[direction] = {name: list(grouped_bootstrap_interval(hits, group)) for name, hits in found.items()}
    chance = recall_in_chunks(torch.ones(len(pixels), 1), torch.ones(len(texts), 1), torch.as_tensor(owner), KS)
    return report | {"n_images": len(pixels), "n_texts": len(texts), "intervals": intervals, "chance": chance}


def evaluate(
    model: CLIP,
    tokenizer: Tokenizer,
    tasks: Sequence[ClassTask | ChoiceTask],
    retrieval_pairs: RetrievalPairs | None = None,
) -> dict[str, Any]:
    """The report of a model, ready for JSON; shares from 0 to 1.

    {"tasks": {name: {"accuracy", "low", "high", "n", "chance"}},
     "retrieval": {"image_to_text": {"R@1", "R@5", "R@10"}, "text_to_image": {...}, "n_images", "n_texts",
                   "intervals": {direction: {"R@1": [low, high], ...}},
                   "chance": {direction: {"R@1": ..}}}}, without "retrieval" if no pairs are given.
    Class tasks of up to 100 classes also have "per_class" and, of more than five classes, "top_5".
    """
    names = [task.name for task in tasks]
    if len(set(names)) < len(names):
        raise ValueError(f"two tasks have one name: {', '.join(names)}")
    results = [evaluate_task(model, tokenizer, task) for task in tasks]
    return as_report(results, evaluate_retrieval(model, tokenizer, *retrieval_pairs) if retrieval_pairs else None)


def as_report(results: Sequence[TaskResult], retrieval: dict[str, Any] | None = None) -> dict[str, Any]:
    """The report that `evaluate` returns, made of the results."""
    report: dict[str, Any] = {"tasks": {result.name: result.summary() for result in results}}
    return report if retrieval is None else report | {"retrieval": retrieval}


def format_table(report: dict[str, Any]) -> str:
    """A report as a table for the terminal: accuracy or recall in percent, with 95 % intervals."""
    if not isinstance(report, dict) or not isinstance(report.get("tasks"), dict):
        raise ValueError('report must be a dictionary with "tasks", such as report.json holds')
    rows = [("task", "score", "95 % interval", "chance", "n")]
    for name, task in report["tasks"].items():
        interval = f"{100 * task['low']:.1f} to {100 * task['high']:.1f}"
        rows.append(
            (
                name,
                f"{100 * task['accuracy']:.1f} %",
                interval,
                f"{100 * task['chance']:.1f} %",
                f"{task['n']:,}",
            )
        )
    retrieval = report.get("retrieval", {})
    for direction in DIRECTIONS if retrieval else ():
        query, sought = direction.split("_to_")
        n = retrieval[f"n_{query}s"]
        for recall, share in retrieval[direction].items():
            low, high = retrieval["intervals"][direction][recall]
            if "chance" in retrieval:
                chance = retrieval["chance"][direction][recall]
            else:  # an older report: nearly
                chance = min(1.0, int(recall.removeprefix("R@")) / retrieval["n_images"])
            interval = f"{100 * low:.1f} to {100 * high:.1f}"
            name = f"{query} → {sought} {recall}"
            rows.append((name, f"{100 * share:.1f} %", interval, f"{100 * chance:.1f} %", f"{n:,}"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)
