"""Other people's configuration files: read with care, and every entry either understood or refused.

An entry that is passed over in silence would be a model that gives other numbers.
"""

import json
from pathlib import Path

from minclip.data.paths import atomic_write

LARGEST = 10_000_000  # bytes of a configuration file


def read_json(path: Path) -> dict:
    """The object in a JSON file. ValueError where there is none."""
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"it is larger than {LARGEST:,} bytes")
        content = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} is not JSON of the right form: it holds a {type(content).__name__}, not an object")
    return content


def write_json(path: Path, content: dict) -> None:
    """Whole or not at all."""
    with atomic_write(path) as file:
        file.write((json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode("utf-8"))


def known(path: Path, part: str, content: object, values: dict, any_value: object) -> None:
    """ValueError where a part of a configuration holds an entry that is not in `values`, or another value than there.

    any_value: in `values`, stands for an entry that may be anything.
    """
    if not isinstance(content, dict):
        raise ValueError(f"{path}: {part} must be an object, found {content!r}")
    for name, value in content.items():
        if name not in values:
            raise ValueError(f"{path}: {part}.{name}={value!r} is not of CLIP's architecture: minclip cannot load it")
        if values[name] is not any_value and value != values[name]:
            raise ValueError(
                f"{path}: {part}.{name}={value!r} is not of CLIP's architecture ({values[name]!r}): "
                f"minclip cannot load it"
            )


def whole(path: Path, name: str, value: object) -> int:
    """A number that must be whole but was written as a ratio: 4.3637 · 1408 is cut to 6144, as open_clip does."""
    if not isinstance(value, int | float) or not 1 <= value < 1e9:
        raise ValueError(f"{path}: {name} gives {value!r}, not a width")
    return int(value)
