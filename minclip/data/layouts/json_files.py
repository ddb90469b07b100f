"""JSON files of captions: where they are, what is in them, read with clear errors."""

import json
import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from minclip.data.layouts.near_files import files_near
from minclip.data.layouts.table import read_text

LINES = (".jsonl", ".ndjson")  # suffixes of JSON lines
LARGEST = 1 << 26  # bytes of a JSON that is read to see what it is
MANY = 20  # files of a folder that are looked at: one JSON for each picture is another layout


def json_files(root: Path, suffixes: tuple[str, ...] = (".json",)) -> list[Path]:
    """The JSON files of a folder and of the folders in it, or the one that the path is. Captions come first."""
    folders: dict[Path, list[Path]] = {}
    for path in files_near(root, lambda name: name.lower().endswith(suffixes), depth=1):
        folders.setdefault(path.parent, []).append(path)
    in_order = (sorted(files, key=lambda path: "caption" not in path.name)[:MANY] for files in folders.values())
    return [path for files in in_order for path in files]


def holds_keys(path: Path, *keys: str) -> bool:
    """Do all these keys stand in the file? A large one is searched, not read: COCO's boxes have 450 MB."""
    if path.stat().st_size == 0:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return all(content.find(f'"{key}"'.encode()) >= 0 for key in keys)


def read_json(path: Path) -> Any:
    """What the file says. ValueError where it is not JSON in UTF-8."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not JSON in UTF-8, or it is cut off: {error}") from error


def listed(path: Path, content: Any, key: str) -> list[dict[str, Any]]:
    """The list of objects under a key. ValueError where there is none."""
    found = content.get(key) if isinstance(content, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ValueError(f"{path} has no list {key!r} of objects")
    return found


def json_lines(path: Path) -> Iterator[tuple[str, Any]]:
    """(place, what stands there) of the lines that are not empty. ValueError names the line of one that is no JSON."""
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            try:
                yield f"line {number}", json.loads(line)
            except (ValueError, RecursionError) as error:
                raise ValueError(f"{path} line {number} is no JSON: {error}") from error
