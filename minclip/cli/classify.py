"""Which of these labels fits a picture best? Choose any words: the model was not trained on a list of labels.

    minclip classify car.png boat.jpg --labels "car,sailing boat,tree"

    car.png
       91.3 %  car
        6.1 %  tree
        2.6 %  sailing boat

The percentages compare the labels with each other. They add up to 100 % even if no label fits. --labels-file reads the
labels from a text file, one on each line.
Pictures are read as a viewer shows them: upright by their EXIF orientation, and on white where they are transparent.

Exit code: 0; 1 where a picture cannot be read (stderr names it, and the others are classified); 2 for wrong usage.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from minclip.cli.models import add_model_arguments, open_model
from minclip.cli.values import local_path, whole_number

if TYPE_CHECKING:
    from PIL import Image

UNREADABLE = 1  # exit code
TOP = 5  # labels of a file that are shown of each picture
TEMPLATES_HELP = (
    'text file, one template per line, such as "a photo of a {}." (default: a set for pictures of any kind)'
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("images", nargs="+", type=local_path, metavar="IMAGE", help="picture files")
    labels = parser.add_mutually_exclusive_group(required=True)
    labels.add_argument("--labels", help="the labels to choose from, separated by commas")
    labels.add_argument("--labels-file", type=local_path, metavar="FILE", help="text file, one label per line")
    shown = f"labels to show of each picture (default: all of --labels, {TOP} of a file)"
    parser.add_argument("-k", type=whole_number, metavar="N", help=shown)
    parser.add_argument("--templates", type=local_path, metavar="FILE", help=TEMPLATES_HELP)
    add_model_arguments(parser)


def pictures(paths: list[Path], read: list[Path]) -> "Iterator[Image.Image]":
    """Yields the pictures that can be read, one at a time, and adds their paths to `read`. stderr names the others."""
    from minclip.data.images import open_image
    from minclip.preprocess import as_seen

    for path in paths:
        try:
            picture = as_seen(open_image(path))
        except (OSError, ValueError) as error:
            print(f"minclip: {' '.join(str(error).split())}", file=sys.stderr)
            continue
        read.append(path)
        yield picture


def run(arguments: argparse.Namespace) -> int:
    from itertools import chain

    from minclip.data.images import quiet
    from minclip.prompts import PICTURE_TEMPLATES, as_read, read_class_names, read_templates
    from minclip.zero_shot import classify, wrong_names

    if arguments.k is not None and arguments.k < 1:
        raise ValueError(f"-k {arguments.k} must be at least 1")
    if arguments.labels_file is not None:
        labels, top = read_class_names(arguments.labels_file), TOP
    else:
        labels = [label.strip() for label in arguments.labels.split(",") if label.strip()]
        read_as: dict[str, str] = {}
        for label in labels:
            if (known := read_as.setdefault(as_read(label), label)) != label:
                raise ValueError(f"--labels: a model reads {known!r} and {label!r} as one: leave one out")
        top = len(labels)
    if problem := wrong_names(labels, "--labels"):
        raise ValueError(problem)
    templates = read_templates(arguments.templates) if arguments.templates else PICTURE_TEMPLATES
    read: list[Path] = []
    with quiet():
        waiting = pictures(arguments.images, read)
        if (first := next(waiting, None)) is None:
            return UNREADABLE  # before the model is loaded
        model, preprocess, tokenizer = open_model(arguments)
        shares = classify(model, tokenizer, preprocess, chain([first], waiting), labels, templates)  # [read, labels]
    for path, row in zip(read, shares.tolist(), strict=True):
        print(path)
        for share, label in sorted(zip(row, labels, strict=True), key=lambda pair: -pair[0])[: arguments.k or top]:
            print(f"  {100 * share:5.1f} %  {label}")
    return 0 if len(read) == len(arguments.images) else UNREADABLE
