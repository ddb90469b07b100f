"""JSON files of captions: where they are, what is in them, read with clear errors."""

import json
import mmap
from contextlib import suppress
from pathlib import Path
from typing import Any

MANY = 20  # files of a folder that are looked at: one JSON for each picture is another layout


def json_files(root: Path, suffixes: tuple[str, ...] = (".json",)) -> list[Path]:
    """The JSON files of a folder and of the folders in it, or the one that the path is. Captions come first."""
    if root.is_file():
        return [root] if root.suffix.lower() in suffixes else []
    found: list[Path] = []
    for folder in (root, *sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))):
        with suppress(PermissionError):  # of a folder that may not be read
            names = (path for path in folder.iterdir() if path.suffix.lower() in suffixes)
            files = sorted(path for path in names if not path.name.startswith(".") and path.is_file())
            found += sorted(files, key=lambda path: "caption" not in path.name)[:MANY]
    return found


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


def listed(path: Path, content: Any, key: str) -> list[dict]:
    """The list of objects under a key. ValueError where there is none."""
    found = content.get(key) if isinstance(content, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ValueError(f"{path} has no list {key!r} of objects")
    return found
