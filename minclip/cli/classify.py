"""Which of these words fits a picture best? Any words: the model was trained on none of them as a class.

    minclip classify car.png boat.jpg --labels "car,sailing boat,tree"

    car.png
       91.3 %  car
        6.1 %  tree
        2.6 %  sailing boat

Shares compare the labels with each other: they always add up to 100 %, also where no label fits.
"""

import argparse
from pathlib import Path

from minclip.cli.models import add_model_arguments, open_model

TEMPLATES_HELP = (
    'text file, one template per line, such as "a photo of a {}." (default: a set for pictures of any kind)'
)


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help="picture files")
    parser.add_argument("--labels", required=True, help="the candidates, separated by commas")
    parser.add_argument("--templates", type=Path, metavar="FILE", help=TEMPLATES_HELP)
    add_model_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    from minclip.data.images import open_image
    from minclip.prompts import PICTURE_TEMPLATES, read_templates
    from minclip.zero_shot import check_names, classify

    labels = check_names([label.strip() for label in arguments.labels.split(",") if label.strip()], "--labels")
    templates = read_templates(arguments.templates) if arguments.templates else PICTURE_TEMPLATES
    images = [open_image(path) for path in arguments.images]
    model, preprocess, tokenizer = open_model(arguments)
    shares = classify(model, tokenizer, preprocess, images, labels, templates)  # [images, labels]
    for path, row in zip(arguments.images, shares.tolist(), strict=True):
        print(path)
        for share, label in sorted(zip(row, labels, strict=True), key=lambda pair: -pair[0]):
            print(f"  {100 * share:5.1f} %  {label}")
    return 0
