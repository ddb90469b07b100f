"""A folder that looks like the cache of huggingface_hub."""

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

FIRST, SECOND = "1" * 40, "2" * 40  # commits
NAME = "somebody/small-clip"


def put_in_cache(
    cache: Path, files: Path, commit: str = FIRST, branches: Sequence[str] = ("main",), name: str = NAME
) -> Path:
    """What huggingface_hub leaves there of a folder's files: the content by its hash, and links under the commit."""
    home = cache / f"models--{name.replace('/', '--')}"
    for folder in ("blobs", "refs", f"snapshots/{commit}"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    for branch in branches:
        (home / "refs" / branch).parent.mkdir(parents=True, exist_ok=True)
        (home / "refs" / branch).write_text(commit, encoding="utf-8")
    for path in files.iterdir():
        content = path.read_bytes()
        blob = home / "blobs" / hashlib.sha256(content).hexdigest()
        blob.write_bytes(content)
        place = home / "snapshots" / commit / path.name
        try:
            place.symlink_to(Path("..") / ".." / "blobs" / blob.name)
        except OSError:  # Windows without the right to links: huggingface_hub copies there, too
            shutil.copy(blob, place)
    return home / "snapshots" / commit
