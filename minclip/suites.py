"""What is measured on a data set: its zero-shot tasks and its retrieval pairs, gathered under one name.

The measuring itself is in evaluate.py. A suite's `scores` are the two or three numbers that a training run watches.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from minclip.data import open_dataset
from minclip.data.cifar import object_task
from minclip.data.images import Readable, load_pixels
from minclip.data.picturebook import tasks as picturebook_tasks
from minclip.data.protocol import CaptionDataset, ChoiceTask, ClassTask
from minclip.data.rsicd import scene_task
from minclip.evaluate import RetrievalPairs, evaluate_task
from minclip.model import CLIP
from minclip.retrieval import recall_at_k
from minclip.zero_shot import Tokenizer, encode_pixels, encode_texts


@dataclass(frozen=True)
class Suite:
    """Tasks by name and retrieval pairs; either may be missing. left_out: a line for each picture that is not asked."""

    tasks: dict[str, ClassTask | ChoiceTask] = field(default_factory=dict)
    retrieval: RetrievalPairs | None = None
    left_out: tuple[str, ...] = ()

    def scores(self, model: CLIP, tokenizer: Tokenizer) -> dict[str, float]:
        """{"zero_shot": accuracy of the first task, "R@10": mean of both directions}, whatever is there. Shares."""
        scores = {}
        for task in list(self.tasks.values())[:1]:
            scores["zero_shot"] = evaluate_task(model, tokenizer, task).accuracy
        if self.retrieval is not None:
            pixels, texts, image_of_text = self.retrieval
            image_features = encode_pixels(model, pixels)
            text_features = encode_texts(model, tokenizer, texts, truncate=True)
            recall = recall_at_k(image_features, text_features, torch.as_tensor(image_of_text))
            scores["R@10"] = (recall["image_to_text"]["R@10"] + recall["text_to_image"]["R@10"]) / 2
        return scores


def retrieval_pairs(dataset: CaptionDataset, size: int, one_caption: bool = False) -> RetrievalPairs:
    """Every picture of a split that has captions; with one_caption=True only the first of each."""
    captions = [dataset.captions(i)[:1] if one_caption else dataset.captions(i) for i in range(len(dataset))]
    kept = [i for i, texts in enumerate(captions) if texts]
    texts = [text for i in kept for text in captions[i]]
    image_of_text = np.repeat(np.arange(len(kept)), [len(captions[i]) for i in kept])
    return load_pixels(dataset, size)[kept], texts, image_of_text


def evaluation_suite(data: str | Path, size: int) -> Suite:
    """Everything that is measured on the test split of a data set, at the end of a run and by `minclip eval`."""
    dataset = open_dataset(str(data), "test", size=size)
    if dataset.name == "picturebook":
        return Suite(picturebook_tasks(size, progress=False), retrieval_pairs(dataset, size, one_caption=True))
    if dataset.name.startswith("cifar"):
        return Suite({"object": object_task(dataset, size)})
    return photo_suite(dataset, size)


def watched_suite(data: str | Path, size: int) -> Suite:
    """The few numbers that a running training is watched by: never on the test split."""
    dataset = open_dataset(str(data), "val", size=size)
    if dataset.name == "picturebook":
        task = picturebook_tasks(size, seed=1, per_class=2, names=["object"], progress=False)["object"]
        return Suite({"object": task})
    return photo_suite(dataset, size)


def photo_suite(dataset: CaptionDataset, size: int) -> Suite:
    """What is measured on photos that can be read: retrieval, and on RSICD the scene."""
    readable = Readable(dataset, size)
    tasks: dict[str, ClassTask | ChoiceTask] = {"scene": scene_task(readable, size)} if dataset.name == "rsicd" else {}
    return Suite(tasks, retrieval_pairs(readable, size), tuple(readable.left_out))
