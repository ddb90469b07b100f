"""Measure a model on a data set's test split: zero-shot tasks and retrieval, with 95 % intervals.

    minclip eval --model runs/first --data picturebook --json scores.json

    task     score  95 % interval  chance      n
    ------  ------  -------------  ------  -----
    object  80.3 %   79.2 to 81.3   1.9 %  5,720
    ...

A folder with a folder of pictures for each class is a zero-shot task of its own:

    minclip eval --model picturebook-small --data animals/ --templates templates.txt
    minclip eval --model picturebook-small --data animals/ --labels-file names.txt --confusion confusion.png

A linear probe learns the classes from the train split. It and the zero-shot classifier are asked the same pictures:

    minclip eval --model picturebook-small --data animals/ --probe

With --mine, pictures and texts go through the parts that you wrote in the lessons:

    minclip eval --mine --model picturebook-small

The JSON file holds the same numbers as fractions from 0 to 1.
"""

import argparse
import json
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minclip.cli.data_arguments import add_class_arguments, add_column_arguments, data_of
from minclip.cli.models import add_mine_argument, add_model_arguments, open_model, use_mine
from minclip.cli.values import local_path, name_or_path
from minclip.data import NAMES
from minclip.data.paths import atomic_write, require_place

if TYPE_CHECKING:
    from minclip.data.left_out import LeftOut
    from minclip.evaluation.evaluate import TaskResult
    from minclip.model import CLIP
    from minclip.tokenizer import BPETokenizer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model_arguments(parser)
    parser.add_argument(
        "--data",
        type=name_or_path,
        metavar="NAME_OR_PATH",
        help="picturebook, flickr8k, rsicd, cifar10, cifar100, a folder with captions, or class folders",
    )
    add_column_arguments(parser)
    add_class_arguments(parser)
    add_mine_argument(parser, "; --data is picturebook then, if you give none")
    probe = "also fit a linear probe to the train split, and ask it the same test pictures; needs minclip[probe]"
    parser.add_argument("--probe", action="store_true", help=probe)
    confusion = "write which class was taken for which in the first task of classes, as .csv or .png"
    parser.add_argument("--confusion", type=local_path, metavar="FILE", help=confusion)
    parser.add_argument("--json", type=local_path, metavar="FILE", help="also write the numbers to this file")


def run(arguments: argparse.Namespace) -> int:
    if arguments.data is None and not arguments.mine:
        raise ValueError("--data is missing: the data set to measure on, such as --data picturebook")
    arguments.data = arguments.data or "picturebook"
    if arguments.confusion is not None and arguments.confusion.suffix.lower() not in (".csv", ".png"):
        raise ValueError(f"--confusion {arguments.confusion} must end in .csv or .png")
    for place in (arguments.confusion, arguments.json):
        if place is not None:
            require_place(place)
    with use_mine(arguments.mine):
        return measure(arguments)


def measure(arguments: argparse.Namespace) -> int:
    """Opens the model, evaluates it, prints the table."""
    from minclip.data.left_out import say
    from minclip.evaluation.confusions import confusion_lines
    from minclip.evaluation.evaluate import as_report, evaluate_retrieval, evaluate_task, format_table
    from minclip.evaluation.suites import evaluation_suite, require_classes, with_words

    words = own_words(arguments)
    if arguments.probe or arguments.confusion is not None:  # before the model is loaded and a picture is read
        require_classes(data_of(arguments), "--probe" if arguments.probe else "--confusion")
    model, _, tokenizer = open_model(arguments)
    if arguments.probe:
        return compare_with_probe(arguments, model, tokenizer, words)
    size, squash = model.config.image_size, model.config.image_transform.squash
    suite = with_words(evaluation_suite(data_of(arguments), size, squash=squash), *words)
    asked = list(suite.tasks)
    if suite.retrieval is not None:
        asked.append(f"retrieval among {len(suite.retrieval[0]):,} pictures and {len(suite.retrieval[1]):,} texts")
    print(f"minclip: evaluating on {arguments.data}: {', '.join(asked)}", file=sys.stderr)
    left_out = suite.all_left_out(tokenizer, "test")
    if suite.found:
        print(f"minclip: {suite.found}", file=sys.stderr)
    say(left_out)
    results = [evaluate_task(model, tokenizer, task) for task in suite.tasks.values()]
    retrieval = evaluate_retrieval(model, tokenizer, *suite.retrieval) if suite.retrieval is not None else None
    report = as_report(results, retrieval)
    write_json(arguments, report, results, suite.found, left_out)
    write_confusion(arguments.confusion, results)
    print(format_table(report))
    if suite.tasks.keys() == {"class"}:  # class folders: the one task
        print("\n".join(confusion_lines(results[0])))
    return 0


def compare_with_probe(
    arguments: argparse.Namespace, model: "CLIP", tokenizer: "BPETokenizer", words: tuple[str | None, str | None]
) -> int:
    """--probe: the zero-shot classifier and a linear probe, on the same test pictures."""
    from minclip.data.left_out import say
    from minclip.evaluation.confusions import confusion_lines
    from minclip.evaluation.evaluate import as_report, format_table
    from minclip.evaluation.probing import probe_model

    probed = probe_model(model, tokenizer, data_of(arguments), *words)
    if probed.found:
        print(f"minclip: {probed.found}", file=sys.stderr)
    say(probed.left_out)
    for line in probed.probe.notes:
        print(f"minclip: {line}", file=sys.stderr)
    results = [probed.zero_shot, probed.linear_probe]
    report = as_report(results)
    report["probe"] = {
        "C": probed.probe.C,
        "pictures": probed.pictures,
        "val_accuracy": {f"{one:.6g}": share for one, share in probed.probe.val_accuracy.items()},
        "notes": list(probed.probe.notes),
    }
    write_json(arguments, report, results, probed.found, probed.left_out)
    write_confusion(arguments.confusion, results[::-1])
    print(format_table(report))
    learned = " and ".join(f"{probed.pictures[split]:,} of {split}" for split in ("train", "val"))
    print(f"The probe learned from {learned}; C = {probed.probe.C:.3g}.")
    print("\n".join(confusion_lines(probed.linear_probe)))
    return 0


def own_words(arguments: argparse.Namespace) -> tuple[str | None, str | None]:
    """(class names, templates) for a set that has a name; class folders read these files themselves."""
    if arguments.data not in NAMES:
        return None, None
    words = arguments.class_names, arguments.templates
    arguments.class_names = arguments.templates = None
    return words


def write_json(
    arguments: argparse.Namespace, report: dict[str, Any], results: "list[TaskResult]", found: str, left_out: "LeftOut"
) -> None:
    """--json: the numbers, the mistakes of class tasks, and what was found and left out."""
    from minclip.evaluation.confusions import most_confused

    report |= {"found": found} if found else {}
    report |= {"left_out": left_out} if left_out else {}
    if arguments.json is None:
        return
    for result in results:
        if result.confusion is not None:
            report["tasks"][result.name]["confused"] = most_confused(result)
    with atomic_write(arguments.json) as file:
        file.write((json.dumps(report, indent=2) + "\n").encode("utf-8"))


def write_confusion(path: Path | None, results: "list[TaskResult]") -> None:
    """--confusion: the matrix of the first task of classes, as .csv or as a figure."""
    if path is None:
        return
    from minclip.evaluation.confusions import confusion_csv
    from minclip.figures.plotting import MOST_NAMED, plot_confusion

    result = next(one for one in results if one.confusion is not None)
    assert result.confusion is not None
    with atomic_write(path) as file, warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        if path.suffix.lower() == ".csv":
            file.write(confusion_csv(result).encode("utf-8"))
        else:
            plot_confusion(result.confusion, result.class_names).savefig(file, format="png", dpi=120)
    if any("missing from font" in str(one.message) for one in said):
        print(f"minclip: the font of {path} lacks letters of some class names: a .csv has them", file=sys.stderr)
    if path.suffix.lower() == ".png" and len(result.class_names) > MOST_NAMED:
        print(f"minclip: {path} has no names, as there are more than {MOST_NAMED}: a .csv has", file=sys.stderr)
