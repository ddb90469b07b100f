"""Measure a model on a data set's test split: zero-shot tasks and retrieval, with 95 % intervals.

    minclip eval --model runs/first --data picturebook --json scores.json

    task     score  95 % interval  chance      n
    ------  ------  -------------  ------  -----
    object  80.3 %   79.2 to 81.3   1.9 %  5,720
    ...

A folder with a folder of pictures for each class is a zero-shot task of its own:

    minclip eval --model picturebook-small --data animals/ --templates templates.txt

With --mine, pictures and texts go through the parts that you wrote in the lessons:

    minclip eval --mine --model picturebook-small

The JSON file holds the same numbers as fractions from 0 to 1.
"""

import argparse
import sys
from pathlib import Path

from minclip.cli.data_arguments import add_class_arguments, add_column_arguments, data_of
from minclip.cli.models import add_mine_argument, add_model_arguments, open_model, use_mine


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model_arguments(parser)
    parser.add_argument(
        "--data",
        metavar="NAME_OR_PATH",
        help="picturebook, flickr8k, rsicd, cifar10, cifar100, a folder with captions, or class folders",
    )
    add_column_arguments(parser)
    add_class_arguments(parser)
    add_mine_argument(parser, "; --data is picturebook then, if you give none")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers to this file")


def run(arguments: argparse.Namespace) -> int:
    if arguments.data is None and not arguments.mine:
        raise ValueError("--data is missing: the data set to measure on, such as --data picturebook")
    arguments.data = arguments.data or "picturebook"
    with use_mine(arguments.mine):
        return measure(arguments)


def measure(arguments: argparse.Namespace) -> int:
    """Opens the model, evaluates it, prints the table."""
    import json

    from minclip.data.left_out import say
    from minclip.data.paths import atomic_write
    from minclip.evaluation.evaluate import evaluate, format_table
    from minclip.evaluation.suites import evaluation_suite

    model, _, tokenizer = open_model(arguments)
    suite = evaluation_suite(data_of(arguments), model.config.image_size)
    asked = list(suite.tasks)
    if suite.retrieval is not None:
        asked.append(f"retrieval among {len(suite.retrieval[0]):,} pictures and {len(suite.retrieval[1]):,} texts")
    print(f"minclip: evaluating on {arguments.data}: {', '.join(asked)}", file=sys.stderr)
    left_out = suite.all_left_out(tokenizer, "test")
    if suite.found:
        print(f"minclip: {suite.found}", file=sys.stderr)
    say(left_out)
    report = evaluate(model, tokenizer, list(suite.tasks.values()), suite.retrieval)
    if suite.found:
        report["found"] = suite.found
    if left_out:
        report["left_out"] = left_out
    if arguments.json is not None:
        with atomic_write(arguments.json) as file:
            file.write((json.dumps(report, indent=2) + "\n").encode("utf-8"))
    print(format_table(report))
    return 0
