"""Train a CLIP from nothing. Leaves a run folder: model, log, report with intervals and figures.

    minclip train --data picturebook --config tiny --out runs/first
    minclip train --out runs/first --resume             (goes on after Ctrl-C, a crash, a reboot)
    minclip classify my.png --labels "car,tree,fish"    (uses the newest run)

A resumed run takes every setting from itself; giving one again is an error: none is ignored in silence.
"""

import argparse
from pathlib import Path

# argument: (name in TrainConfig, help). Left out, the recipe decides.
SETTINGS = {
    "--seed": ("seed", int, "of weights, shuffling and crops"),
    "--samples": ("samples", int, "pictures seen in all, repeated ones counted"),
    "--batch": ("batch_size", int, "pairs per step"),
    "--lr": ("learning_rate", float, "AdamW's peak learning rate"),
    "--optimizer": ("optimizer", str, "adamw or muon"),
}


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="NAME_OR_PATH", help="picturebook, flickr8k, rsicd, or a folder")
    parser.add_argument(
        "--config", metavar="PRESET", help="the model's dimensions: tiny, small, base, ViT-B/32, ..."
    )
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="the run folder")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint in --out")
    for option, (name, kind, text) in SETTINGS.items():
        parser.add_argument(option, dest=name, type=kind, help=text)
    parser.add_argument("--device", help="cpu, cuda, cuda:1, mps (default: the best one here)")


def check(arguments: argparse.Namespace) -> None:
    """ValueError where a new run lacks data or config, or a resumed one is given settings."""
    names = {"--data": "data", "--config": "config"} | {
        option: name for option, (name, *_) in SETTINGS.items()
    }
    given = [option for option, name in names.items() if getattr(arguments, name) is not None]
    if arguments.resume and given:
        raise ValueError(f"--resume takes every setting from {arguments.out}: leave out {', '.join(given)}")
    if not arguments.resume and not {"--data", "--config"} <= set(given):
        raise ValueError("a new run needs --data and --config, such as --data picturebook --config tiny")


def run(arguments: argparse.Namespace) -> int:
    import sys

    from minclip.devices import choose_device
    from minclip.evaluate import format_table
    from minclip.experiment import run_training
    from minclip.model import CLIPConfig
    from minclip.recipes import TrainConfig

    check(arguments)
    given = {name: getattr(arguments, name) for name, _, _ in SETTINGS.values()}
    config = TrainConfig(**{name: value for name, value in given.items() if value is not None})
    preset = CLIPConfig.preset(arguments.config or "tiny")  # a resumed run brings its own
    device = choose_device(arguments.device)
    print(f"minclip: training on {device.device}, {device.reason}", file=sys.stderr)
    report = run_training(arguments.data or "", preset, config, arguments.out, device, arguments.resume)
    print(format_table(report))
    print(f"\n{arguments.out} holds the model, the log, and report.md with curves and pictures")
    return 0
