"""Other people's configuration files: read with care, each value checked under the name that it has there.

OpenCLIP's is read whole: every entry is either understood or refused (`known`), for one that is passed over in silence
would be a model that gives other numbers. From Hugging Face's config.json, which holds a hundred entries of no concern
to CLIP, those that decide are picked. What a file holds is shown in an error line by `shown`, however long it is.
"""

import json
from pathlib import Path
from typing import Any

from minclip.config import LARGEST
from minclip.data.paths import atomic_write

MOST_BYTES = 10_000_000  # of a configuration file
SHOWN = 80  # characters of a value in an error line
ANY = object()  # among allowed values: anything


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file. ValueError where there is none."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"it is larger than {MOST_BYTES:,} bytes")
        content = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} is not JSON of the right form: it holds a {type(content).__name__}, not an object")
    return content


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Whole or not at all."""
    with atomic_write(path) as file:
        file.write((json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode("utf-8"))


def shown(value: object) -> str:
    """A value out of a file as an error line shows it: in one line, and cut off.

    >>> shown("x" * 1000) == "'" + "x" * 79
    True
    """
    try:
        return repr(value)[:SHOWN]
    except RecursionError:  # nested a thousand deep
        return f"a {type(value).__name__} without end"


def entry(part: str, name: str) -> str:
    """Where in a file an entry stands, for an error line: names are the file's words, too."""
    return f"{part}.{name}" if name.isidentifier() and len(name) <= SHOWN else f"{part}[{shown(name)}]"


def known(path: Path, part: str, content: object, values: dict[str, Any]) -> dict[str, Any]:
    """This part of a configuration; ValueError where it holds an entry that `values` has not, or another value."""
    if not isinstance(content, dict):
        raise ValueError(f"{path}: {part} must be an object, found {shown(content)}")
    for name, value in content.items():
        if name not in values:
            raise ValueError(
                f"{path}: {entry(part, name)}={shown(value)} is not of CLIP's architecture: minclip cannot load it"
            )
        if values[name] is not ANY and value != values[name]:
            raise ValueError(
                f"{path}: {part}.{name}={shown(value)} is not of CLIP's architecture ({values[name]!r}): "
                f"minclip cannot load it"
            )
    return content


def count(path: Path, name: str, value: object) -> int:
    """A whole number from 1 on, which JSON's true is not."""
    if type(value) is not int or not 1 <= value <= LARGEST:
        raise ValueError(f"{path}: {name}={shown(value)} must be a whole number from 1 to {LARGEST:,}")
    return value


def per_channel(path: Path, name: str, value: object, least: float = -1e9) -> tuple[float, ...]:
    """Three numbers, for red, green and blue, of `least` or more."""
    above = ", each above 0" if least > 0 else ""
    three = isinstance(value, list | tuple) and len(value) == 3
    if not three or not all(type(v) in (int, float) and least <= v < 1e9 for v in value):  # type: ignore[attr-defined]
        raise ValueError(f"{path}: {name}={shown(value)} must be three numbers, one per channel{above}")
    return tuple(value)  # type: ignore[arg-type]


def stretched(path: Path, name: str, ratio: object, width: int) -> int:
    """A width given as a ratio to another: 4.3637 · 1408 is cut to 6144, as open_clip does."""
    if type(ratio) not in (int, float) or not 1 <= ratio * width <= LARGEST:  # type: ignore[operator]
        raise ValueError(f"{path}: {name}={shown(ratio)} must be a number that gives a width from 1 to {LARGEST:,}")
    return int(ratio * width)  # type: ignore[operator]
