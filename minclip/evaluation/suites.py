"""What is measured on a data set: its zero-shot tasks and its retrieval pairs, gathered under one name.

The measuring itself is in evaluate.py. A suite's `scores` are the one or two numbers that a training run watches.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from minclip.data import open_dataset
from minclip.data.cifar import object_task
from minclip.data.images import Readable, load_pixels
from minclip.data.layouts.class_folders import ClassFolders
from minclip.data.layouts.found import found_line
from minclip.data.layouts.labelled import Labelled
from minclip.data.left_out import LeftOut, TextTooLong, lines, note_captionless, note_cut, note_unreadable
from minclip.data.picturebook import tasks as picturebook_tasks
from minclip.data.protocol import CaptionDataset, ChoiceTask, ClassTask
from minclip.data.rsicd import scene_task
from minclip.data.shards import Shards
from minclip.engine.recall import recall_in_chunks
from minclip.evaluation.evaluate import RetrievalPairs, evaluate_task
from minclip.model import CLIP
from minclip.prompts import prompts_for, read_class_names, read_templates
from minclip.retrieval import KS
from minclip.tokenizer import BPETokenizer
from minclip.zero_shot import Tokenizer, encode_pixels, encode_texts

SCORES = ("zero_shot", *(f"R@{k}" for k in KS))  # the names of what a running training watches


@dataclass(frozen=True)
class Suite:
    """Tasks by name and retrieval pairs; either may be missing."""

    tasks: dict[str, ClassTask | ChoiceTask] = field(default_factory=dict)
    retrieval: RetrievalPairs | None = None
    left_out: LeftOut = field(default_factory=dict)  # of the split's pictures and captions
    found: str = ""  # what there is in the whole data set, in one line

    def all_left_out(self, tokenizer: BPETokenizer, split: str) -> LeftOut:
        """`left_out` with the split's name before each entry, and the retrieval texts that are too long for the model.

        Texts of tasks are never cut: one that is too long is an error.
        """
        left_out = {f"{split}_{name}": entry for name, entry in self.left_out.items()}
        if self.retrieval is not None:
            note_cut(left_out, f"{split}_texts", tokenizer, self.retrieval[1])
        return left_out

    def scores(self, model: CLIP, tokenizer: Tokenizer) -> dict[str, float]:
        """{"zero_shot": accuracy of the first task, "R@10": mean of both directions}, as far as measured; 0 to 1.

        R@5 or R@1 stands for R@10 where k would be more than half of the pictures, and nearly every model right.
        """
        scores = {}
        for task in list(self.tasks.values())[:1]:
            scores["zero_shot"] = evaluate_task(model, tokenizer, task).accuracy
        if self.retrieval is not None:
            pixels, texts, image_of_text = self.retrieval
            image_features = encode_pixels(model, pixels)
            text_features = encode_texts(model, tokenizer, texts, truncate=True)
            recall = recall_in_chunks(image_features, text_features, torch.as_tensor(image_of_text))
            name = watched_recall(len(pixels))
            scores[name] = (recall["image_to_text"][name] + recall["text_to_image"][name]) / 2
        return scores

    @property
    def is_scored(self) -> bool:
        """Whether there is anything that `scores` measures."""
        return bool(self.tasks) or self.retrieval is not None


def watched_recall(pictures: int) -> str:
    """The recall that tells models apart among so many pictures: the largest k that is at most half of them.

    >>> [watched_recall(n) for n in (5, 12, 500)]
    ['R@1', 'R@5', 'R@10']
    """
    return f"R@{max([k for k in KS if 2 * k <= pictures], default=min(KS))}"


def score_of(scores: dict[str, Any]) -> float | None:
    """The mean of what `Suite.scores` gave, also within an entry of the log; None where nothing was measured."""
    found = [scores[name] for name in SCORES if name in scores]
    return sum(found) / len(found) if found else None


def retrieval_pairs(dataset: CaptionDataset, size: int, one_caption: bool = False) -> RetrievalPairs:
    """Every picture of a split that has captions; with one_caption=True only the first of each."""
    captions = [dataset.captions(i)[:1] if one_caption else dataset.captions(i) for i in range(len(dataset))]
    kept = [i for i, texts in enumerate(captions) if texts]
    texts = [text for i in kept for text in captions[i]]
    image_of_text = np.repeat(np.arange(len(kept)), [len(captions[i]) for i in kept])
    return load_pixels(dataset, size)[kept], texts, image_of_text


def left_out_of(dataset: CaptionDataset) -> LeftOut:
    """What a split leaves out: what its reader says, and pictures without captions."""
    left_out = dict(getattr(dataset, "notes", {}))
    note_captionless(left_out, dataset, [dataset.captions(i) for i in range(len(dataset))])
    return left_out


def first_pictures(dataset: CaptionDataset, most: int | None) -> CaptionDataset:
    """The data set; of shards its first `most` pictures, and no more are read."""
    if isinstance(dataset, Shards):
        dataset.most = most
    return dataset


def evaluation_suite(data: Any, size: int, most: int | None = None, squash: str | None = None) -> Suite:
    """Everything that is measured on the test split of a data set, at the end of a run and by `minclip eval`.

    data: whatever `open_dataset` takes. Of class folders without a test split every picture is asked. most: pictures,
    of shards; None: all of them. squash: `model.config.image_transform.squash`, which a SigLIP has.
    """
    dataset = first_pictures(open_dataset(data, "test", size=size), most)
    if dataset.name == "picturebook":
        return Suite(picturebook_tasks(size, progress=False), retrieval_pairs(dataset, size, one_caption=True))
    if dataset.name.startswith("cifar"):
        return Suite({"object": object_task(dataset, size)})
    if isinstance(dataset, ClassFolders | Labelled):
        return class_suite(dataset.to_ask(), size, squash)
    return photo_suite(dataset, size, squash)


def watched_suite(data: Any, size: int, most: int | None = None, squash: str | None = None) -> Suite:
    """The few numbers that are measured during a training, on the validation split and never on the test split.

    most, squash: as in `evaluation_suite`.
    """
    dataset = first_pictures(open_dataset(data, "val", size=size), most)
    if dataset.name == "picturebook":
        task = picturebook_tasks(size, seed=1, per_class=2, names=["object"], progress=False)["object"]
        return Suite({"object": task})
    return photo_suite(dataset, size, squash)


def photo_suite(dataset: CaptionDataset, size: int, squash: str | None = None) -> Suite:
    """What is measured on photos that can be read: retrieval, and on RSICD the scene."""
    readable, left_out = Readable(dataset, size, squash=squash), left_out_of(dataset)
    note_unreadable(left_out, dataset, list(readable.unreadable.values()))
    tasks: dict[str, ClassTask | ChoiceTask] = {"scene": scene_task(readable, size)} if dataset.name == "rsicd" else {}
    pairs: RetrievalPairs | None = retrieval_pairs(readable, size)
    if pairs is not None and not pairs[1]:
        if not tasks:
            why = "; ".join(lines(left_out)) or "it is empty"
            raise ValueError(f"{dataset.name}/{dataset.split} has no picture with a caption to measure: {why}")
        pairs = None
    return Suite(tasks, pairs, left_out, found_line(dataset))


def any_split(data: Any) -> CaptionDataset:
    """The test split of a data set, or the train split where test is empty."""
    try:
        return open_dataset(data, "test")
    except ValueError:
        return open_dataset(data, "train")


def require_classes(data: Any, what: str) -> None:
    """ValueError where a data set has captions and no classes; no picture is read. what: that needs them."""
    if data == "picturebook":
        return  # it would be drawn
    if not hasattr(any_split(data), "class_names"):
        raise ValueError(
            f"{what}: {data} has captions and no classes. Give class folders, as in animals/cat/1.jpg, or cifar10, "
            f"rsicd, picturebook"
        )


def class_suite(dataset: ClassFolders | Labelled, size: int, squash: str | None = None) -> Suite:
    """Which of the classes is in the picture? Every picture of the split that can be read."""
    readable, left_out = Readable(dataset, size, squash=squash), dict(dataset.notes)
    note_unreadable(left_out, dataset, list(readable.unreadable.values()))
    found = found_line(dataset)
    known = [(row, label) for row, label in enumerate(readable.labels) if label is not None]
    if not known:
        raise ValueError(f"no picture of a known class is in the {dataset.split} split: {found}")
    rows, labels = np.array(known, dtype=np.int64).T  # [n] each
    task = ClassTask("class", readable.pixels[rows], labels, dataset.class_names, dataset.templates)
    return Suite({"class": task}, None, left_out, found)


def refuse_long_texts(tokenizer: Tokenizer, tasks: Iterable[ClassTask | ChoiceTask]) -> None:
    """ValueError where a task has texts that are too long for the model: before a training, not after it."""
    for task in tasks:
        if isinstance(task, ClassTask):
            texts = [prompt for name in task.class_names for prompt in prompts_for(name, task.templates)]
        else:
            texts = list(dict.fromkeys(text for choices in task.texts for text in choices))
        try:
            tokenizer(texts)
        except TextTooLong as error:
            raise ValueError(f"task {task.name!r}: {error.plain}, or take a longer context_length") from error


def with_words(suite: Suite, class_names: str | None, templates: str | None) -> Suite:
    """The suite with class names and templates of text files in place of its own; None leaves them as they are.

    ValueError for a suite without a task of classes, and for names of a number of classes that no task has.
    """
    if class_names is None and templates is None:
        return suite
    sentences = read_templates(templates) if templates else None
    names = read_class_names(class_names) if class_names else None
    changed: dict[str, ClassTask | ChoiceTask] = {}
    for key, task in suite.tasks.items():
        if isinstance(task, ClassTask) and (names is None or len(names) == len(task.class_names)):
            changed[key] = replace(task, class_names=names or task.class_names, templates=sentences or task.templates)
    if not changed:
        counts = {key: len(task.class_names) for key, task in suite.tasks.items() if isinstance(task, ClassTask)}
        there = ", ".join(f"{key} has {count} classes" for key, count in counts.items()) or "no task has classes"
        raise ValueError(f"{class_names or templates}: {f'{len(names)} names, and ' if names else ''}{there}")
    return replace(suite, tasks=suite.tasks | changed)


def remembering(tokenizer: Tokenizer) -> Tokenizer:
    """The same tokenizer, which keeps the tokens of every list: a running training is asked the same texts again."""
    known: dict[tuple[tuple[str, ...], bool], Tensor] = {}

    def tokenize(texts: Sequence[str], truncate: bool = False) -> Tensor:
        key = tuple(texts), truncate
        if key not in known:
            known[key] = tokenizer(list(texts), truncate=truncate)
        return known[key]

    return tokenize
