"""Train a CLIP from random weights. Writes a run folder: the model, the log, a report with intervals and figures.

    minclip train --data picturebook
    minclip train --data photos/ --config small --out runs/mine     (a folder with captions.csv, or COCO's, or ...)
    minclip train --data photos.tsv --image-column filepath --caption-column title
    minclip train --out runs/mine --resume                          (continues after Ctrl-C, a crash, a reboot)
    minclip train --data photos/ --init picturebook-small --mix auto  (a model that has learned before learns on)
    minclip train --data photos/ --init runs/mine --out runs/longer   (the model of a finished run learns on)
    minclip train --mine                         (on the picture book, with the parts that you wrote in the lessons)
    minclip classify my.png --labels "car,tree,fish"                (uses the newest run)

The data set's recipe (minclip/experiments/recipes.py) has the settings that you leave out. A resumed run keeps its
settings, and to give one again is an error.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minclip.cli.data_arguments import COLUMN_ARGUMENTS, add_column_arguments, data_of
from minclip.cli.models import RUNS, add_mine_argument, use_mine
from minclip.cli.values import local_path, name_or_path, number, whole_number

if TYPE_CHECKING:
    from minclip.data.layouts.data_source import DataSource
    from minclip.experiments.finetuning import FineTuning
    from minclip.experiments.tensorboard import TensorBoardLog

# option: (name in TrainConfig, type, help); the recipe has those that are left out
SETTINGS = {
    "--seed": ("seed", whole_number, "seed of weights, shuffling and crops"),
    "--samples": ("samples", whole_number, "pictures seen in all; a picture that is seen twice counts twice"),
    "--batch": ("batch_size", whole_number, "pairs per step"),
    "--lr": ("learning_rate", number, "AdamW's peak learning rate"),
    "--optimizer": ("optimizer", str, "adamw or muon"),
    "--loss": ("loss", str, "infonce, CLIP's softmax over a batch, or siglip, a sigmoid for each pair"),
    "--patch-dropout": ("patch_dropout", number, "share of a picture's patches that a step leaves out (FLIP)"),
    "--small-pictures": ("small_pictures", whole_number, "pixels a side that a step reads, below the model's (CLIPA)"),
    "--short-texts": ("short_texts", whole_number, "tokens of a text that a step reads (CLIPA)"),
    "--unmasked-tuning": ("unmasked_tuning", number, "share of the steps, the last ones, that read all, such as 0.05"),
    "--micro-batch": (
        "micro_batch",
        whole_number,
        "pairs encoded at a time: less memory, the same gradients; also with --resume",
    ),
    "--stream": ("stream", bool, "read the pictures of shards as steps need them, not into memory"),
    "--compiled": ("compiled", bool, "compile the encoders: a slow first step, then faster ones; for a GPU"),
}
OF_FINETUNING = ("--freeze", "--mix", "--patience", "--keep")
ALSO_WITH_RESUME = {"micro_batch"}  # changes how a step is computed, not what


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=name_or_path, metavar="NAME_OR_PATH", help="picturebook, flickr8k, rsicd, or a folder or table"
    )
    add_column_arguments(parser)
    parser.add_argument("--config", metavar="PRESET", help="the model's dimensions: tiny, small, base, ViT-B/32, ...")
    parser.add_argument(
        "--init",
        type=name_or_path,
        metavar="MODEL",
        help="fine-tune this model: a name, a file, or the folder of a run",
    )
    parser.add_argument(
        "--freeze", metavar="PART", action="append", help="with --init: image, text, or image:3, its first three blocks"
    )
    parser.add_argument(
        "--mix", metavar="SHARE", help="with --init: weights between before (0) and after (1); auto chooses on val"
    )
    parser.add_argument(
        "--patience",
        type=whole_number,
        metavar="N",
        help="with --init: scores on val without a better one that end it (5)",
    )
    parser.add_argument(
        "--keep", type=number, metavar="SHARE", help="with --mix auto: of what was known, at least this stays (0.97)"
    )
    parser.add_argument(
        "--image-size", type=whole_number, metavar="PIXELS", help="other pictures than the model's, a side"
    )
    parser.add_argument(
        "--context-length", type=whole_number, metavar="TOKENS", help="longer or shorter texts than the model's"
    )
    parser.add_argument("--out", type=local_path, metavar="DIR", help="the run folder (default: a new one below runs/)")
    parser.add_argument("--resume", action="store_true", help="continue from the last checkpoint in --out")
    for option, (name, kind, text) in SETTINGS.items():
        how = {"action": "store_true", "default": None} if kind is bool else {"type": kind}  # None: not given
        parser.add_argument(option, dest=name, help=text, **how)
    parser.add_argument(
        "--tensorboard", action="store_true", help="also log for TensorBoard, into the run folder; also with --resume"
    )
    add_mine_argument(parser, "; --data is picturebook then, if you give none")
    parser.add_argument("--device", help="cpu, cuda, cuda:1, mps (default: the best one here)")


def check_arguments(arguments: argparse.Namespace) -> None:
    """ValueError for a new run without --data, and for a resumed one without --out or with settings."""
    options = ("--data", "--config", "--init", *OF_FINETUNING, "--image-size", "--context-length")
    names = COLUMN_ARGUMENTS | {option: option[2:].replace("-", "_") for option in options}
    names |= {option: name for option, (name, *_) in SETTINGS.items()}
    names = {option: name for option, name in names.items() if name not in ALSO_WITH_RESUME}
    given = [option for option, name in names.items() if getattr(arguments, name) is not None]
    if arguments.resume and arguments.out is None:
        raise ValueError("--resume needs --out DIR, the folder of the run to continue")
    if arguments.resume and given:
        from minclip.experiments.run_places import longer

        more = f"; to train a finished run for longer: {longer(arguments.out)}" if "--samples" in given else ""
        raise ValueError(f"--resume takes every setting from {arguments.out}: leave out {', '.join(given)}{more}")
    if not arguments.resume and arguments.data is None:
        raise ValueError("a new run needs --data, such as --data picturebook")
    for option in OF_FINETUNING:
        if arguments.init is None and option in given:
            raise ValueError(f"{option} needs --init MODEL, the model that has learned before")
    if arguments.init is not None and arguments.config is not None:
        raise ValueError("--init brings the model's dimensions: leave out --config")


def finetuning_of(arguments: argparse.Namespace) -> "FineTuning":
    """What --init and the options of fine-tuning ask for."""
    from minclip.experiments.finetuning import FineTuning

    mix = arguments.mix
    if mix not in (None, "auto"):
        try:
            mix = float(mix)
        except ValueError:
            raise ValueError(f"--mix {mix} must be auto, or a number from 0 (before) to 1 (after)") from None
    sizes = arguments.image_size, arguments.context_length
    return FineTuning(
        arguments.init, tuple(arguments.freeze or ()), mix, *sizes, patience=arguments.patience, keep=arguments.keep
    )


def new_folder(name: str) -> Path:
    """runs/NAME, or the first of runs/NAME-2, runs/NAME-3, ... that does not exist."""
    folder, number = RUNS / name, 1
    while folder.exists():
        number += 1
        folder = RUNS / f"{name}-{number}"
    return folder


@contextmanager
def advice_when_stopped(out: Path) -> Iterator[None]:
    """After Ctrl-C, prints the command that continues the run, if it has a checkpoint."""
    from minclip.experiments.runs import Run

    try:
        yield
    except KeyboardInterrupt:
        if Run(out).exists():
            print(
                f"\nminclip: to continue from the last checkpoint: minclip train --out {out} --resume", file=sys.stderr
            )
        raise


def run(arguments: argparse.Namespace) -> int:
    from minclip.engine.processes import is_first, joined
    from minclip.evaluation.evaluate import format_table

    if arguments.mine and not arguments.resume:
        arguments.data = arguments.data or "picturebook"
    check_arguments(arguments)
    source = None if arguments.resume else data_of(arguments)
    with joined(), use_mine(arguments.mine):
        report, out = train_or_resume(arguments, source)
        if not is_first():
            return 0
    if "finetuning" in report:
        from minclip.experiments.finetuning_words import comparison_table, in_words

        print("\n".join([*in_words(report["finetuning"]), comparison_table(report["finetuning"])]))
        print_way_back(report["finetuning"]["init"], out)
    else:
        print(format_table(report))
    print(f"\n{out / 'report.md'} shows the curves, and pictures with the model's answers.")
    print(f"Ask it yourself: minclip classify PICTURE --labels car,tree,fish --model {out}")
    return 0


def print_way_back(init: str, out: Path) -> None:
    """The command that writes the model as that one was written which it was fine-tuned from, if others read that."""
    from minclip.formats.model_files import how_written
    from minclip.formats.model_places import find

    with suppress(ValueError, OSError):  # minclip's own file, or one that is gone
        layout, _ = how_written(find(init))
        new = f"{out.name}.pt" if layout == "openai" else f"{out.name}-{layout}/"
        print(f"\nIn the layout and precision of {init}: minclip export --model {out} --like {init} --out {new}")


def train_or_resume(arguments: argparse.Namespace, data: "DataSource | None") -> tuple[dict[str, Any], Path]:
    """Runs the training that the arguments describe on the data; returns its report and its folder."""
    from minclip.config import CLIPConfig
    from minclip.engine.devices import choose_device
    from minclip.engine.processes import agree, is_first, own_device
    from minclip.experiments.experiment import recipe_for, resume_run, run_finetuning, run_training
    from minclip.experiments.recipes import FINETUNE
    from minclip.formats.resizing import sized

    device = choose_device(own_device(arguments.device))

    def print_device(where: str) -> None:
        if is_first():
            print(f"minclip: training on {device.device}: {device.reason}{where}", file=sys.stderr)

    if arguments.resume:
        print_device("")
        with advice_when_stopped(arguments.out):
            on_log = tensorboard_log(arguments.out, arguments.tensorboard)
            return resume_run(arguments.out, device, micro_batch=arguments.micro_batch, on_log=on_log), arguments.out
    if arguments.init is None:
        recipe = recipe_for(data)
        name = arguments.config or recipe.preset
        preset = sized(CLIPConfig.preset(name), arguments.image_size, arguments.context_length)
        train_config = recipe.config
    else:
        name, train_config = Path(arguments.init).stem, FINETUNE
    given = {name: getattr(arguments, name) for name, _, _ in SETTINGS.values()}
    config = replace(train_config, **{name: value for name, value in given.items() if value is not None})
    out = agree(arguments.out or new_folder(f"{Path(arguments.data).resolve().name}-{name.replace('/', '-')}"))
    print_device(f"; everything goes to {out}")
    on_log = tensorboard_log(out, arguments.tensorboard)
    with advice_when_stopped(out):
        if arguments.init is not None:
            return run_finetuning(data, finetuning_of(arguments), config, out, device, on_log=on_log), out
        return run_training(data, preset, config, out, device, on_log=on_log), out


def tensorboard_log(out: Path, asked: bool) -> "TensorBoardLog | None":
    """The log for TensorBoard where it is asked for, or where the run that is continued has one already."""
    from minclip.experiments.tensorboard import TensorBoardLog, has_events

    if not asked and not has_events(out):
        return None
    try:
        return TensorBoardLog(out)
    except ValueError as error:
        if asked:
            raise
        print(f"minclip: the run goes on without TensorBoard: {error}", file=sys.stderr)
        return None
