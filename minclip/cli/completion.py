"""Print what lets a shell complete commands, options and files after Tab.

    minclip completion bash > ~/.minclip.bash            then in ~/.bashrc: source ~/.minclip.bash
    minclip completion zsh > ~/.minclip.zsh              then in ~/.zshrc, below compinit: source ~/.minclip.zsh
    minclip completion fish > ~/.config/fish/completions/minclip.fish

It needs the package shtab (extra `completion`).
"""

import argparse

from minclip.cli.values import local_path, name_or_path

SHELLS = ("bash", "zsh", "fish", "powershell")
FOLDERS = ("DIR", "FOLDER")  # metavars of arguments that name one


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, help="the shell that completes")


def run(arguments: argparse.Namespace) -> int:
    try:
        import shtab
    except ImportError:
        raise ValueError("completion needs the package shtab: python -m pip install shtab") from None
    from minclip.cli import build_parser

    parser = build_parser()
    for action in actions_of(parser):
        if action.type in (local_path, name_or_path) or action.metavar in FOLDERS:
            action.complete = shtab.DIRECTORY if action.metavar in FOLDERS else shtab.FILE  # type: ignore[attr-defined]
    print(shtab.complete(parser, shell=arguments.shell))
    return 0


def actions_of(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """The arguments of a parser and of its commands."""
    own = list(parser._actions)
    commands = [action for action in own if isinstance(action, argparse._SubParsersAction)]
    inner = [one for action in commands for command in action.choices.values() for one in actions_of(command)]
    return own + inner
