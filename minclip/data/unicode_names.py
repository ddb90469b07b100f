"""Names of files in Unicode: a Mac writes é as two characters, a table as one, and both mean the same file."""

import unicodedata
from collections.abc import Iterable
from pathlib import Path


def nfc(name: str) -> str:
    """The spelling in which é is one character; the same for both.

    >>> nfc("e\u0301t\u00e9.png") == nfc("\u00e9te\u0301.png")
    True
    """
    return unicodedata.normalize("NFC", name)


def by_spelling(names: Iterable[str]) -> dict[str, str]:
    """Names, to be looked up by `nfc`. Of two that differ in spelling alone the first one is found."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(nfc(name), name)
    return found


def stored_name(root: Path, name: str) -> str | None:
    """The path below root under which a file is stored, however `name` spells it; None where there is none.

    Folders on the way may be spelled otherwise, too.
    """
    if (root / name).is_file():
        return name
    if name.isascii():  # there is one spelling
        return None
    folder = root
    parts: list[str] = []
    for part in name.split("/"):
        if not folder.is_dir():
            return None
        spelled = part if (folder / part).exists() else by_spelling(p.name for p in folder.iterdir()).get(nfc(part))
        if spelled is None:
            return None
        folder, parts = folder / spelled, [*parts, spelled]
    return "/".join(parts) if folder.is_file() else None
