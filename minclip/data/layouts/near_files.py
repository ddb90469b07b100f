"""Files that tell a layout stand near the top of a folder: here they are looked for, without a walk through it all."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from minclip.data.image_files import is_passed_over


def files_near(root: Path, wanted: Callable[[str], bool], depth: int) -> list[Path]:
    """The files with a wanted name in root and its folders, at most `depth` folders down; those further up come first.

    wanted: is given the name. Hidden files and folders, those of systems, and folders that may not be read are
    passed over. Where root is a file, it is the only one.
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
                    entries = [entry for entry in listing if not is_passed_over(Path(entry.path))]
            except OSError:
                continue
            found += sorted(Path(entry.path) for entry in entries if wanted(entry.name) and entry.is_file())
            below += sorted(Path(entry.path) for entry in entries if entry.is_dir())
        level = below
    return found


def shown_names(files: Sequence[Path], root: Path) -> str:
    """The files' names for a line: with the folders on the way where two are called the same; the first three of many.

    >>> shown_names([Path("a/train/x.json"), Path("a/val/x.json")], Path("a"))
    'train/x.json, val/x.json'
    """
    names = [path.name for path in files]
    if len(set(names)) < len(names):
        names = [path.relative_to(root).as_posix() for path in files]
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
