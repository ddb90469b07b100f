"""The model that a command uses: the named one, or the newest run."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from minclip.cli.values import name_or_path, whole_number

if TYPE_CHECKING:
    from minclip.model import CLIP
    from minclip.tokenizer import BPETokenizer
    from minclip.zero_shot import Preprocess

RUNS = Path("runs")


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        type=name_or_path,
        metavar="NAME_OR_PATH",
        help="a name from `minclip fetch`, a weights file, or a folder (default: the newest run in ./runs)",
    )
    parser.add_argument(
        "--image-size",
        type=whole_number,
        metavar="PIXELS",
        help="read pictures of another size than the model was made for",
    )
    parser.add_argument("--device", help="cpu, cuda, cuda:1, mps (default: the best one here)")


def newest_run(folder: Path = RUNS) -> Path:
    """The run folder below `folder` with the latest model file. ValueError where there is none."""
    from minclip.checkpoint import MODEL_FILE
    from minclip.data import pretrained

    models = sorted(folder.rglob(MODEL_FILE), key=lambda path: path.stat().st_mtime)
    if not models:
        shipped = "".join(f", --model {name}" for name in pretrained.shipped())
        raise ValueError(
            f"no model is in ./{folder}: train one (minclip train --data picturebook --config tiny "
            f"--out {folder / 'first'}), or pass --model PATH{shipped}"
        )
    return models[-1].parent


def open_model(arguments: argparse.Namespace) -> "tuple[CLIP, Preprocess, BPETokenizer]":
    """(model, preprocess, tokenizer) as the arguments say.

    Without --model, `arguments.model` becomes the newest run, and stderr names it.
    """
    from minclip.checkpoint import load
    from minclip.engine.cores import keep_freed_memory
    from minclip.engine.devices import choose_device

    keep_freed_memory()  # for a command's process only; a library must not decide this
    if arguments.model is None:
        arguments.model = str(newest_run())
        print(f"minclip: using the newest run, {arguments.model} (--model chooses another)", file=sys.stderr)
    return load(arguments.model, choose_device(arguments.device).device, image_size=arguments.image_size)


def add_mine_argument(parser: argparse.ArgumentParser, more: str = "") -> None:
    """--mine. more: what else it does in this command."""
    what = "use the parts that you built in the lessons, from your workbook's my_minclip, and minclip's for the others"
    parser.add_argument("--mine", action="store_true", help=what + more)


@contextmanager
def use_mine(asked: bool) -> Iterator[None]:
    """Inside, the parts that the learner built replace minclip's, if asked. stderr names them."""
    if not asked:
        yield
        return
    from minclip.course.learner_library import installed
    from minclip.course.workbook import answers_folder
    from minclip.experiments.replaced_parts import CALLED_BY_SOME, CALLED_INSTEAD

    with installed() as names:
        called = [name for name in names if name not in CALLED_INSTEAD and name not in CALLED_BY_SOME]
        print(f"minclip: with your {', '.join(called) or '(nothing)'} from {answers_folder()}", file=sys.stderr)
        if some := [f"{name} ({CALLED_BY_SOME[name][0]})" for name in names if name in CALLED_BY_SOME]:
            print(f"minclip: and, where it is called, with your {', '.join(some)}", file=sys.stderr)
        if beside := [f"{name} ({CALLED_INSTEAD[name]})" for name in names if name in CALLED_INSTEAD]:
            print(f"minclip: no command calls your {', '.join(beside)}", file=sys.stderr)
        yield
