"""The command line: `minclip doctor`, `minclip train`, `minclip embed`, ... COMMANDS is the list.

Each command is a file of this folder. `add_arguments` declares its arguments. `run` runs it and returns the exit code.
Commands import torch inside `run`, so that --help and a mistyped option answer at once.
"""

import argparse
import os
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from minclip.cli import (
    classify,
    classroom,
    completion,
    course,
    data,
    doctor,
    embed,
    eval,
    export,
    fetch,
    search,
    serve,
    train,
)  # fmt: skip
from minclip.cli.parser import Parser
from minclip.cli.values import as_given, said
from minclip.data.progress import progress_shown

COMMANDS = {
    "doctor": doctor,
    "data": data,
    "fetch": fetch,
    "train": train,
    "eval": eval,
    "classify": classify,
    "embed": embed,
    "search": search,
    "serve": serve,
    "export": export,
    "course": course,
    "classroom": classroom,
    "completion": completion,
}
MISTAKE, INTERRUPTED = 2, 130  # exit codes: argparse's own for wrong usage; 128 + SIGINT, as shells have it


class ShowVersion(argparse.Action):
    """Reads the version only where it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from minclip import __version__

        print(f"minclip {__version__}")
        parser.exit()


def build_parser() -> Parser:
    """The parser of all commands. The docstring of a command's file is its --help, with an example."""
    parser = Parser(
        prog="minclip",
        description="The real CLIP, small enough to read: draw, train, evaluate, classify, search, export, learn.",
        epilog="minclip COMMAND --help shows an example of each.",
    )
    parser.add_argument("-V", "--version", action=ShowVersion, nargs=0, help="show minclip's version and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        text = (module.__doc__ or "").strip()
        command = commands.add_parser(
            name,
            help=re.split(r"(?<=[.?]) |: ", text.splitlines()[0])[0],  # its first sentence
            description=text,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
    return parser


@contextmanager
def said_in_a_line() -> Iterator[None]:
    """Inside, a warning of minclip is a line on stderr, like all that a command says; the same one is said once."""
    shown, said = warnings.showwarning, set()

    def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        if category is not UserWarning:
            shown(message, category, *where, **more)
        elif str(message) not in said:
            said.add(str(message))
            print(f"minclip: warning: {' '.join(str(message).split())}", file=sys.stderr)

    warnings.showwarning = show
    try:
        yield
    finally:
        warnings.showwarning = shown


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code.

    A user's mistake (ValueError, OSError) and a lack of memory print one line on stderr and return 2. Ctrl-C prints
    what is kept and returns 130. Other exceptions propagate.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot show "→" shows "?" instead of a traceback
            stream.reconfigure(errors="replace")
    parser = build_parser()
    arguments = parser.parse_args(argv)
    try:
        with said_in_a_line(), progress_shown(os.environ.get("RANK", "0") == "0"):  # of several processes the first one
            code: int = COMMANDS[arguments.command].run(arguments)
            return code
    except KeyboardInterrupt as stopped:
        kept = f": {stopped}" if stopped.args else ""  # what there is to go on from
        print(f"minclip: stopped{kept}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # `minclip ... | head` stopped reading
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python prints another error when it exits
        return 0
    except (ValueError, OSError) as error:
        message = as_given(said(error), parser.command_of(arguments)._actions)
        print(f"minclip: error: {' '.join(message.split())}", file=sys.stderr)
        return MISTAKE
    except (RuntimeError, MemoryError) as error:
        from minclip.engine.devices import is_out_of_memory

        if not is_out_of_memory(error):
            raise
        advice = "close other programs that use the device, take a smaller model, or pass --device cpu"
        print(f"minclip: error: {arguments.command} needs more memory than there is: {advice}", file=sys.stderr)
        return MISTAKE
