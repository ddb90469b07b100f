"""The page of commands: what `minclip COMMAND --help` prints."""

import argparse
import os
from unittest.mock import patch

from minclip.cli import build_parser


def page() -> str:
    """Markdown, a section for each command and for each of its own commands."""
    with patch.dict(os.environ, {"COLUMNS": "100", "NO_COLOR": "1"}):
        text = "# Commands\n\nWhat `minclip COMMAND --help` prints.\n\n"
        for name, parser in parts_of(build_parser()).items():
            text += section(f"minclip {name}", parser)
            for more, inner in parts_of(parser).items():
                text += section(f"minclip {name} {more}", inner)
    return text


def section(name: str, parser: argparse.ArgumentParser) -> str:
    return f"## {name}\n\n```text\n{parser.format_help().rstrip()}\n```\n\n"


def parts_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:  # argparse has no other way to ask
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}
