"""Every command of minclip and every argument of it, read from the parsers; and for each command a line that works.

A new command needs a line in WORKS, and a new argument a kind in KINDS or one that its type tells.
"""

import argparse
from dataclasses import dataclass

from minclip.cli import build_parser

MODEL = ["--model", "model.safetensors"]
# command: words that it needs. None of them is changed by the command, and nothing of them is large.
WORKS = {
    "doctor": [],
    "data": ["shards", "--data", "photos", "--out", "new"],
    "fetch": ["ViT-B/32", "--from", "model.safetensors"],
    "train": ["--data", "photos", "--out", "new", "--config", "tiny", "--samples", "4", "--batch", "2"],
    "eval": [*MODEL, "--data", "photos"],
    "classify": ["photos/red.png", "--labels", "a car,a tree", *MODEL],
    "embed": ["photos", "--out", "new.safetensors", *MODEL],
    "search": ["a red car", "--in", "photos", *MODEL],
    "serve": ["--in", "photos", "--port", "0", *MODEL],
    "export": [*MODEL, "--format", "openclip", "--out", "new"],
    "course start": ["new"],
    "course lab": ["workbook"],
    "course update": ["workbook"],
    "course reset": ["05", "--workbook", "workbook"],
    "course certificate": ["new.html"],
    "classroom make": ["new"],
    "classroom collect": ["class", "handed-in"],
    "classroom check": ["class"],
    "classroom grade": ["class"],
    "classroom report": ["class"],
    "completion": ["bash"],
}
TUNING = ["--data", "photos", "--init", "model.safetensors", "--out", "new", "--samples", "4", "--batch", "2"]
# argument: the words that it stands beside where the command's own line has no place for it
BESIDE = {
    "data name": [],
    "data --from": ["cifar10"],
    "data --show": ["picturebook"],
    "data --sheet": ["picturebook", "--size", "8"],
    "data --size": ["picturebook", "--sheet", "new.png"],
    "eval --class-names": [*MODEL, "--data", "classes"],
    "eval --templates": [*MODEL, "--data", "classes"],
    "eval --confusion": [*MODEL, "--data", "classes"],
    **{f"train {option}": TUNING for option in ("--init", "--freeze", "--mix", "--patience", "--keep")},
}
# (command or *, argument): what its value is
KINDS = {
    ("data", "--from"): "file to read",
    ("data", "--show"): "file to write",
    ("data", "--sheet"): "file to write",
    ("data", "--data"): "data set",
    ("data", "--out"): "folder to write",
    ("*", "--image-column"): "word",
    ("*", "--caption-column"): "word",
    ("*", "--split-column"): "word",
    ("fetch", "name"): "name",
    ("fetch", "--from"): "file to read",
    ("train", "--data"): "data set",
    ("train", "--config"): "name",
    ("train", "--optimizer"): "name",
    ("train", "--loss"): "name",
    ("train", "--init"): "model",
    ("train", "--freeze"): "name",
    ("train", "--mix"): "number",
    ("train", "--out"): "run to write",
    ("*", "--device"): "name",
    ("*", "--model"): "model",
    ("eval", "--data"): "data set",
    ("eval", "--class-names"): "file to read",
    ("*", "--templates"): "file to read",
    ("eval", "--confusion"): "file to write",
    ("eval", "--json"): "file to write",
    ("classify", "images"): "picture",
    ("classify", "--labels"): "words",
    ("classify", "--labels-file"): "file to read",
    ("embed", "folder"): "folder to read",
    ("embed", "--out"): "file to write",
    ("search", "query"): "words",
    ("*", "--in"): "folder to read",
    ("*", "--exclude"): "pattern",
    ("*", "--index"): "file to write",
    ("export", "--like"): "model",
    ("export", "--out"): "folder to write",
    ("course start", "folder"): "folder to write",
    ("course lab", "folder"): "workbook",
    ("course lab", "--jupyter"): "passed on",
    ("course update", "folder"): "workbook",
    ("course reset", "lesson"): "name",
    ("course reset", "exercise"): "name",
    ("course reset", "--workbook"): "workbook",
    ("course certificate", "file"): "file to write",
    ("course certificate", "--name"): "label",
    ("course certificate", "--run"): "folder to read",
    ("classroom make", "folder"): "folder to write",
    ("*", "--lessons"): "name",
    ("*", "--lesson"): "name",
    ("classroom collect", "folder"): "class",
    ("classroom collect", "given"): "folder to read",
    ("classroom check", "folder"): "class",
    ("classroom grade", "folder"): "class",
    ("classroom grade", "--students"): "name",
    ("classroom report", "folder"): "class",
}
NUMBERS = {"whole_number": "whole number", "positive": "whole number", "number": "number"}


@dataclass(frozen=True)
class Argument:
    """One argument of a command: an option by its first long name, or a positional one by its own."""

    command: str
    action: argparse.Action

    @property
    def name(self) -> str:
        return max(self.action.option_strings, key=len, default=self.action.dest)

    @property
    def is_flag(self) -> bool:
        return self.action.nargs == 0

    @property
    def kind(self) -> str | None:
        """What its value is; None where nothing tells."""
        if self.is_flag:
            return "flag"
        if self.action.choices is not None:
            return "choice"
        known = KINDS.get((self.command, self.name)) or KINDS.get(("*", self.name))
        return known or NUMBERS.get(getattr(self.action.type, "__name__", ""))

    def __str__(self) -> str:
        return f"{self.command} {self.name}"


def parsers() -> dict[str, argparse.ArgumentParser]:
    """The parser of each command, and of each command of a command."""
    return leaves("", build_parser())


def leaves(name: str, parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:  # argparse has no other way to ask
        if isinstance(action, argparse._SubParsersAction):
            inner = [leaves(f"{name} {word}".strip(), one) for word, one in action.choices.items()]
            return {name: one for part in inner for name, one in part.items()}
    return {name: parser}


def arguments() -> list[Argument]:
    return [
        Argument(command, action)
        for command, parser in parsers().items()
        for action in parser._actions
        if not isinstance(action, argparse._HelpAction)
    ]


def line_with(argument: Argument, value: str | None) -> list[str]:
    """The command's line that works, with this value in the place of its own; None: without the argument."""
    words, own = list(BESIDE.get(str(argument), WORKS[argument.command])), argument.action.option_strings
    given = [] if value is None else [value]
    if not own:
        place = positions(argument.command, words).get(argument.action.dest)
        words = words + given if place is None else [*words[:place], *given, *words[place + 1 :]]
    else:
        for name in {*own, *rivals(argument)} & {*words}:
            at = words.index(name)
            del words[at : at + 2]
        option = argument.name
        words += [] if value is None else [f"{option}={value}"] if option.startswith("--") else [option, value]
    return [*argument.command.split(), *words]


def rivals(argument: Argument) -> set[str]:
    """Options that exclude this one."""
    groups = parsers()[argument.command]._mutually_exclusive_groups
    return {
        name
        for group in groups
        if argument.action.dest in {one.dest for one in group._group_actions}
        for one in group._group_actions
        for name in one.option_strings
    }


def positions(command: str, words: list[str]) -> dict[str, int]:
    """Where the values of positional arguments stand in a line: before every option."""
    last = next((at for at, word in enumerate(words) if word.startswith("-")), len(words))
    own = [action.dest for action in parsers()[command]._actions if not action.option_strings]
    return {name: at for at, name in enumerate(own) if at < last}
