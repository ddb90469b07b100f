"""Files that tell a layout stand near the top of a folder: here they are looked for, without a walk through it all."""

import os
from collections.abc import Callable
from pathlib import Path


def files_near(root: Path, wanted: Callable[[str], bool], depth: int) -> list[Path]:
    """The files with a wanted name in root and its folders, at most `depth` folders down; those further up come first.

    wanted: is given the name. Hidden files and folders, and folders that may not be read, are passed over. Where root
    is a file, it is the only one.
    """
    if root.is_file():
        return [root] if wanted(root.name) else []
    found: list[Path] = []
    level = [root]
    for _ in range(depth + 1):
        below: list[Path] = []
        for folder in level:
            try:
                with os.scandir(folder) as listing:
                    entries = [entry for entry in listing if not entry.name.startswith(".")]
            except OSError:
                continue
            found += sorted(Path(entry.path) for entry in entries if wanted(entry.name) and entry.is_file())
            below += sorted(Path(entry.path) for entry in entries if entry.is_dir())
        level = below
    return found
