"""What a trained arm is asked. A measure returns, by name, which of its questions were answered right.

Names: "object" are pictures asked about, "object/ensemble" the same pictures asked in another way, "object:sketch" a
part of them. Here is what every arm is asked; measures of one claim stand beside that claim.
"""

from functools import lru_cache

import numpy as np
import torch

from benchmarks.claims import supervised
from benchmarks.claims.training_arms import Learned
from minclip.data.picturebook import PictureBook, tasks
from minclip.data.picturebook.tasks import TASKS, task_picture
from minclip.data.protocol import ChoiceTask, ClassTask
from minclip.engine.recall import match_ranks
from minclip.evaluation.evaluate import evaluate_task
from minclip.evaluation.suites import Suite, retrieval_pairs
from minclip.zero_shot import encode_pixels, encode_texts

Answers = dict[str, np.ndarray]  # [pictures], 1 right, 0 wrong, between them where answers are level
COMBINATIONS = ("seen_combination", "held_out_combination")  # 520 names each: asked for the claim about them alone
RETRIEVAL = 100  # test pairs per one of per_class: 1,000 in a whole run


@lru_cache(maxsize=2)
def questions(size: int, per_class: int) -> Suite:
    """The picture book's tasks but COMBINATIONS, and retrieval pairs of the test split."""
    names = [name for name in TASKS if name not in COMBINATIONS]
    pairs = PictureBook("test", size, min(1000, RETRIEVAL * per_class), progress=False)
    made = tasks(size, per_class=per_class, names=names, progress=False)
    return Suite(made, retrieval_pairs(pairs, size, one_caption=True))


@lru_cache(maxsize=8)
def styles_of(task: str, pictures: int) -> np.ndarray:
    """The style of every picture of a task."""
    return np.array([task_picture(task, 0, i).style for i in range(pictures)])


def by_style(task: str, right: np.ndarray) -> Answers:
    """The answers of an object task, and those of every style alone."""
    styles = styles_of(task, len(right))
    return {task: right} | {f"{task}:{style}": right[styles == style] for style in dict.fromkeys(styles)}


def standard(learned: Learned) -> Answers:
    """Every task of `questions`, object tasks also by style; of a CLIP also retrieval and the parts of a relation."""
    size = learned.arm.model.image_size
    suite = questions(size, learned.per_class)
    if learned.arm.label is not None:
        asked = supervised.ASKED[learned.arm.label]
        answers = {name: supervised.answers(learned.model, learned.arm, suite.tasks[name]) for name in asked}
    else:
        answers = {name: correct(learned, task) for name, task in suite.tasks.items()}
        answers |= relation_parts(learned, suite.tasks["relation"]) | retrieval(learned, suite)
    for task in ("object", "object_held_out_style"):
        if task in answers:
            answers |= by_style(task, answers[task])
    return answers


def correct(learned: Learned, task: ClassTask | ChoiceTask) -> np.ndarray:
    """A CLIP's zero-shot answers."""
    return evaluate_task(learned.model, learned.tokenizer, task).correct


def relation_parts(learned: Learned, task: ChoiceTask) -> Answers:
    """Of "left of", is it known that both stand side by side (the axis), and is it known who is where (the direction)?

    The task's four texts are left, right, above, below: two turns away is the other axis, the neighbour the opposite.
    """
    axis, direction = (
        [(texts[label], texts[wrong(label)]) for texts, label in zip(task.texts, task.labels, strict=True)]
        for wrong in (lambda label: (label + 2) % 4, lambda label: label ^ 1)
    )
    first = np.zeros(len(task.labels), dtype=np.int64)  # a tie is half right: the place gives nothing away
    return {
        "relation/axis": correct(learned, ChoiceTask("axis", task.pixels, first, axis)),
        "relation/direction": correct(learned, ChoiceTask("direction", task.pixels, first, direction)),
    }


def retrieval(learned: Learned, suite: Suite) -> Answers:
    """Is a picture's own caption the nearest, and a caption's own picture?"""
    pixels, texts, owner = suite.retrieval
    images = encode_pixels(learned.model, pixels)
    captions = encode_texts(learned.model, learned.tokenizer, texts, truncate=True)
    ranks = match_ranks(images, captions, torch.as_tensor(owner))
    names = ("retrieval/picture to text", "retrieval/text to picture")
    return {name: rank.hit(1).numpy() for name, rank in zip(names, ranks, strict=True)}


def matching(learned: Learned) -> Answers:
    """Retrieval alone, for claims of many short runs: is the own caption the first, or one of the first ten?"""
    size = learned.arm.model.image_size
    pictures = min(1000, RETRIEVAL * learned.per_class)
    pixels, texts, owner = retrieval_pairs(PictureBook("test", size, pictures, progress=False), size, one_caption=True)
    images = encode_pixels(learned.model, pixels)
    captions = encode_texts(learned.model, learned.tokenizer, texts, truncate=True)
    ranks, _ = match_ranks(images, captions, torch.as_tensor(owner))
    return {"retrieval/picture to text": ranks.hit(1).numpy(), "retrieval/R@10": ranks.hit(10).numpy()}
