"""What a reader, a loader or a setting left out, cut off or lowered: counted, said in one line, kept in the report.

    {"captions_cut": {"count": 120, "first": "in this picture ...", "what": "captions are too long ..."}}

Whoever leaves something out calls `note`; a command calls `say`. The dictionary is ready for JSON.
"""

import sys
from typing import Any

LeftOut = dict[str, dict[str, Any]]  # what it is called in report.json -> count, first, what


class TextTooLong(ValueError):
    """A text that the model cannot read to its end. `plain` says it where no argument truncate=True can be passed."""

    def __init__(self, message: str, plain: str = ""):
        super().__init__(message)
        self.plain = plain or message


def text_too_long(row: int, text: str, tokens: int, limit: int) -> TextTooLong:
    """The error for text number `row` of a list, of `tokens` tokens where the model reads `limit`."""
    fact, begins = f"has {tokens} tokens, the model reads {limit}", f"(it begins {text[:40]!r})"
    return TextTooLong(
        f"caption {row} {fact}: pass truncate=True or shorten it {begins}",
        f"a text {fact}: write a shorter one {begins}",
    )


def note(left_out: LeftOut, name: str, what: str, first: object = "", count: int = 1) -> None:
    """Counts something that was left out; the first one is kept as an example.

    >>> left_out = {}
    >>> note(left_out, "captions_empty", "captions are empty and left out", "a.png")
    >>> note(left_out, "captions_empty", "captions are empty and left out", "b.png")
    >>> left_out
    {'captions_empty': {'count': 2, 'first': 'a.png', 'what': 'captions are empty and left out'}}
    """
    entry = left_out.setdefault(name, {"count": 0, "first": str(first), "what": what})
    entry["count"] += count


def lines(left_out: LeftOut) -> list[str]:
    """One line for each kind, on one line whatever the first one's name or text holds.

    >>> lines({"captions_empty": {"count": 2, "first": "a.png", "what": "captions are empty and left out"}})
    ['2 captions are empty and left out, first: a.png']
    """
    said = []
    for entry in left_out.values():
        first = " ".join(str(entry["first"]).split())
        shown = f", first: {first[:80]}{'...' if len(first) > 80 else ''}" if first else ""
        said.append(f"{entry['count']:,} {entry['what']}{shown}")
    return said


def say(left_out: LeftOut) -> None:
    """Prints the lines on stderr."""
    for line in lines(left_out):
        print(f"minclip: {line}", file=sys.stderr)
