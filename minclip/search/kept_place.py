"""Where the index of a folder is kept, and which files and folders of it are excluded for good.

Nothing is written into the folder of pictures: it may be somebody else's, or read-only.
"""

import hashlib
import os
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from minclip.data.image_files import OF_SYSTEMS, OTHER_PICTURES, is_hidden, picture_suffixes
from minclip.data.paths import atomic_write

PLACE = "MINCLIP_INDEXES"  # environment variable
EXCLUDED = "exclude.txt"


def kept_place(folder: Path) -> Path:
    """The folder that holds what is kept about a folder of pictures. It need not exist yet.

    Below the environment variable MINCLIP_INDEXES, else below ~/.cache/minclip/indexes.
    """
    real = os.path.realpath(folder)
    digest = hashlib.sha256(os.fsencode(os.path.normcase(real))).hexdigest()
    readable = re.sub(r"[^\w-]+", "-", Path(real).name, flags=re.ASCII).strip("-")[:40]
    return indexes_root() / f"{readable or 'folder'}-{digest[:12]}"


def indexes_root() -> Path:
    """The folder with all indexes."""
    chosen = os.environ.get(PLACE)
    return Path(chosen).expanduser() if chosen else Path.home() / ".cache" / "minclip" / "indexes"


def read_exclusions(folder: Path) -> list[str]:
    """The patterns that are kept for a folder; [] where none are."""
    file = kept_place(folder) / EXCLUDED
    if not file.is_file():
        return []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} is no text in UTF-8: correct or delete it") from error
    return check_patterns([line.strip() for line in lines if line.strip()])


def keep_exclusions(folder: Path, patterns: Sequence[str]) -> None:
    """Keeps the patterns in place of those that were kept. The next search leaves the same things out."""
    text = "".join(f"{pattern}\n" for pattern in patterns)
    with atomic_write(kept_place(folder) / EXCLUDED) as file:
        file.write(text.encode("utf-8"))


def check_patterns(patterns: Sequence[str]) -> list[str]:
    """The patterns without a slash at their end; ValueError for one that can exclude nothing."""
    checked = []
    for pattern in patterns:
        if not isinstance(pattern, str):
            raise ValueError(f"exclude must be a list of patterns such as *.gif, found {type(pattern).__name__} in it")
        plain = pattern.strip().replace("\\", "/").rstrip("/").removeprefix("./")
        if not plain or plain in (".", "..") or plain.startswith(("/", "../")) or re.match(r"[A-Za-z]:/", plain):
            raise ValueError(
                f"exclude={pattern!r} must be the name of a file or folder, a pattern such as *.gif, or a path from "
                f"the searched folder on, such as 2024/private"
            )
        checked.append(plain)
    return list(dict.fromkeys(checked))


class Skip:
    """What is left out of a folder, and how much of it. It is called with each path below the folder.

    Rules are about the path from the folder on: one may search in a folder that is hidden or excluded itself.
    """

    def __init__(self, folder: Path, patterns: Sequence[str], outside: bool = True):
        self.folder, self.patterns, self.outside = folder, [*OF_SYSTEMS, *patterns], outside
        self.root = os.path.realpath(folder)
        self.pictures = picture_suffixes() | OTHER_PICTURES
        self.hidden: list[Path] = []  # folders, and files that look like pictures
        self.excluded: list[Path] = []
        self.links: list[Path] = []  # that lead out of the folder, where `outside` is False

    def __call__(self, path: Path) -> bool:
        if is_hidden(path):
            return self.note(path, self.hidden)
        below = path.relative_to(self.folder).as_posix()
        if any(fnmatchcase(below if "/" in pattern else path.name, pattern) for pattern in self.patterns):
            return self.note(path, self.excluded)
        if not self.outside and path.is_symlink() and not is_inside(path, self.root):
            return self.note(path, self.links)
        return False

    def note(self, path: Path, where: list[Path]) -> bool:
        if path.suffix.lower() in self.pictures or path.is_dir():
            where.append(path)
        return True


def is_inside(path: Path, root: str) -> bool:
    """Whether a path, its links followed, is below root, which has none."""
    return Path(os.path.realpath(path)).is_relative_to(root)
