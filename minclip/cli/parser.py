"""The parser of the command line: argparse's, which also says the way out of a mistake."""

import argparse
import re
import shlex
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

CHOICE = re.compile(r"invalid choice: '(.*?)' \(choose from (.*)\)$")


class StoreOnce(argparse._StoreAction):
    """Keeps a value. A second one, and a blank one, are errors: nobody can tell which was meant."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, *value: Any) -> None:
        values, option = value
        if option is not None:
            given: frozenset[str] = getattr(namespace, "options_given", frozenset())
            if self.dest in given:
                raise argparse.ArgumentError(self, f"given twice, the second time as {values!s:.80}: leave one out")
            namespace.options_given = given | {self.dest}
            if isinstance(values, str) and not values.strip():
                raise argparse.ArgumentError(self, f"{values!r} is blank: give a value, or leave the option out")
        super().__call__(parser, namespace, values, option)


class Parser(argparse.ArgumentParser):
    """Each error ends with what to do, and names the choice or option that a misspelt one is close to."""

    def __init__(self, *arguments: Any, **more: Any):
        super().__init__(*arguments, **more)
        for name in (None, "store"):
            self.register("action", name, StoreOnce)

    def parse_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """As argparse's; the command itself says which of its arguments it does not know."""
        found, unknown = self.parse_known_args(args, namespace)
        if unknown:
            command = self.command_of(found)
            known = [name for action in command._actions for name in action.option_strings if name.startswith("--")]
            close = next((word for word in unknown if word.startswith("-")), "").partition("=")[0]
            command.error(f"unrecognized arguments: {shlex.join(unknown):.200}{hint(close, known)}")
        return found

    def command_of(self, found: argparse.Namespace) -> "Parser":
        """The parser that read the last of the commands."""
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                inner = action.choices.get(str(getattr(found, action.dest, None)))
                return inner.command_of(found) if isinstance(inner, Parser) else self
        return self

    def error(self, message: str) -> NoReturn:
        if choice := CHOICE.search(message):
            message += hint(choice[1], [name.strip("'") for name in choice[2].split(", ")])
        super().error(f"{' '.join(message.split())} ({self.prog} --help shows an example)")


def hint(word: str, known: Sequence[str]) -> str:
    """The known word that is closest to this one: ", did you mean --model?"; nothing where none is close."""
    close = get_close_matches(word.lower(), known, 1)
    return f", did you mean {close[0]}?" if close else ""
