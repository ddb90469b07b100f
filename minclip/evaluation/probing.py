"""A model's zero-shot classifier and a linear probe, on the same test pictures of a data set with classes.

The probe learns from the train split, and the val split chooses its C. `minclip eval --probe` prints both.
"""

from dataclasses import dataclass, replace
from typing import Any

from minclip.data import open_dataset
from minclip.data.cifar import CIFAR, object_task
from minclip.data.layouts.class_folders import ClassFolders
from minclip.data.layouts.found import found_line
from minclip.data.layouts.labelled import Labelled
from minclip.data.left_out import LeftOut
from minclip.data.picturebook import tasks as picturebook_tasks
from minclip.data.protocol import ClassTask
from minclip.data.splits import SPLITS
from minclip.evaluation.evaluate import TaskResult, evaluate_task
from minclip.evaluation.linear_probe import Probe, fit_probe
from minclip.evaluation.suites import Suite, class_suite, photo_suite, require_classes, with_words
from minclip.model import CLIP
from minclip.zero_shot import Tokenizer, encode_pixels

# of the picture book's things: (seed of the pictures, pictures of each in each style); the test pictures are eval's
PICTUREBOOK = {"train": (10, 8), "val": (1, 2), "test": (0, 10)}


@dataclass(frozen=True)
class Probed:
    """Both results on the test split, and the probe. left_out: of each split, with its name before each entry."""

    zero_shot: TaskResult
    linear_probe: TaskResult
    probe: Probe
    pictures: dict[str, int]  # split -> pictures
    left_out: LeftOut
    found: str  # what there is in the whole data set, in one line


def probe_model(
    model: CLIP,
    tokenizer: Tokenizer,
    data: Any,
    class_names: str | None = None,
    templates: str | None = None,
    progress: bool = False,
) -> Probed:
    """Fits a probe to the train split, and asks it and the zero-shot classifier the test split.

    data: class folders, CIFAR, RSICD, the picture book, or another set with classes, as `open_dataset` takes it.
    class_names, templates: text files for the zero-shot classifier of a set that has a name.
    Raises ValueError for a set without classes, and where a split that is needed holds no picture.
    """
    size, squash = model.config.image_size, model.config.image_transform.squash
    suites = {split: labelled_suite(data, split, size, squash) for split in SPLITS}
    suites["test"] = with_words(suites["test"], class_names, templates)
    tasks = {split: task_of(suite) for split, suite in suites.items()}
    test, train, val = tasks["test"], tasks["train"], tasks["val"]
    if test is None or train is None:
        empty = "test" if test is None else "train"
        raise ValueError(f"the {empty} split holds no picture of a known class: {suites[empty].found or data}")
    features = {split: encode_pixels(model, task.pixels).cpu() for split, task in tasks.items() if task is not None}
    of_val = (features["val"], val.labels) if val is not None else (None, None)
    classes = len(test.class_names)
    probe = fit_probe(features["train"], train.labels, *of_val, classes=classes, progress=progress)
    left_out = {f"{split}_{name}": entry for split in SPLITS for name, entry in suites[split].left_out.items()}
    return Probed(
        replace(evaluate_task(model, tokenizer, test), name="zero-shot"),
        probe.evaluate(features["test"], test.labels, test.class_names),
        probe,
        {split: 0 if task is None else len(task.pixels) for split, task in tasks.items()},
        left_out,
        suites["test"].found,
    )


def task_of(suite: Suite) -> ClassTask | None:
    """The suite's one task of classes."""
    return next((task for task in suite.tasks.values() if isinstance(task, ClassTask)), None)


def labelled_suite(data: Any, split: str, size: int, squash: str | None = None) -> Suite:
    """One split as a task of classes; a suite without a task where the split is empty. ValueError without classes."""
    if data == "picturebook":
        seed, per_class = PICTUREBOOK[split]
        return Suite(picturebook_tasks(size, seed=seed, per_class=per_class, names=["object"], progress=False))
    if split == "val" and isinstance(open_dataset(data, "test"), CIFAR):
        return Suite()  # it has none
    dataset = open_dataset(data, split, size=size)
    if isinstance(dataset, CIFAR):
        return Suite({"object": object_task(dataset, size)})
    if isinstance(dataset, ClassFolders | Labelled):
        some = any(label is not None for label in dataset.labels)
        return class_suite(dataset, size, squash) if some else Suite(found=found_line(dataset))
    require_classes(data, "a probe learns classes")
    return photo_suite(dataset, size, squash)  # RSICD's scenes
