"""What a reader, a loader or a setting left out, cut off or lowered: counted, said in one line, kept in the report.

    {"captions_cut": {"count": 120, "first": "in this picture ...", "what": "captions are too long ..."}}

Whoever leaves something out calls `note`; a command calls `say`. The dictionary is ready for JSON.
"""

import sys
from collections.abc import Sequence
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
    entry = left_out.setdefault(name, {"count": 0, "first": str(first)[:400], "what": what})
    entry["count"] += count


def note_setting(left_out: LeftOut, name: str, asked: float | str, taken: float | str, why: str) -> None:
    """A setting that is lowered; nothing where it is what was asked for. count is what is taken, `why` the reason."""
    if taken != asked:
        left_out[name] = {"count": taken, "asked": asked, "first": "", "what": why}


def note_captionless(left_out: LeftOut, dataset: Any, captions: Sequence[Sequence[str]]) -> None:
    """Pictures that no caption is of. captions: those of every picture of the data set."""
    silent = [index for index, texts in enumerate(captions) if not texts]
    if silent:
        what = f"pictures of {dataset.name}/{dataset.split} have no caption and are left out"
        names = getattr(dataset, "filenames", None) or getattr(dataset, "files", None)
        first = names[silent[0]] if names else f"picture {silent[0]}"
        note(left_out, "pictures_without_captions", what, first, len(silent))


def note_unreadable(left_out: LeftOut, dataset: Any, files: Sequence[str]) -> None:
    """Pictures that cannot be read. files: a line for each, its name and the reason; the report keeps them all."""
    if files:
        what = f"pictures of {dataset.name}/{dataset.split} cannot be read and are left out"
        note(left_out, "pictures_unreadable", what, files[0], len(files))
        left_out["pictures_unreadable"]["all"] = list(files)


def note_cut(left_out: LeftOut, name: str, tokenizer: Any, texts: Sequence[str], tokens: Any = None) -> None:
    """Texts that lose their end, and how many different ones become one and the same by that.

    name: what the texts are, "captions" or "test_texts". tokens: [texts, context_length], what the tokenizer made of
    them with truncate=True, where it is there already: a text whose row ends with padding need not be read again.
    """
    limit, some = tokenizer.context_length, texts
    if tokens is not None:
        some = [text for text, last in zip(texts, tokens[:, -1].tolist(), strict=True) if last]
    whole = [(text, ids) for text in some if len(ids := tuple(tokenizer.encode(text))) > limit - 2]  # SOT, EOT
    if not whole:
        return
    before, after = ({ids[:end] for _, ids in whole} for end in (None, limit - 2))
    merged = f", by which {len(before):,} different ones become {len(after):,}" if len(after) < len(before) else ""
    what = f"of {len(texts):,} {name.replace('_', ' ')} are too long for the {limit} tokens that the model reads"
    note(left_out, f"{name}_cut", f"{what} and lose their end{merged}", whole[0][0], len(whole))


def lines(left_out: LeftOut) -> list[str]:
    """One line for each kind, on one line whatever the first one's name or text holds.

    >>> lines({"captions_empty": {"count": 2, "first": "a.png", "what": "captions are empty and left out"}})
    ['2 captions are empty and left out, first: a.png']
    """
    said = []
    for name, entry in left_out.items():
        if "asked" in entry:
            taken, asked = (f"{n:,}" if isinstance(n, int | float) else n for n in (entry["count"], entry["asked"]))
            said.append(f"{name} is {taken} instead of {asked}: {entry['what']}")
            continue
        if "all" in entry:
            some, rest = entry["all"][:3], len(entry["all"]) - 3
            said.append(f"{entry['count']:,} {entry['what']}: {'; '.join(some)}{f'; {rest} more' if rest > 0 else ''}")
            continue
        first = " ".join(str(entry["first"]).split())
        shown = f", first: {first[:80]}{'...' if len(first) > 80 else ''}" if first else ""
        said.append(f"{entry['count']:,} {entry['what']}{shown}")
    return said


def say(left_out: LeftOut) -> None:
    """Prints the lines on stderr."""
    for line in lines(left_out):
        print(f"minclip: {line}", file=sys.stderr)
