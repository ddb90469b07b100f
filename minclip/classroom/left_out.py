"""What a collected download holds beside notebooks of the class: what is taken along, and what is left out and said."""

from collections import Counter
from pathlib import PurePosixPath

HIDDEN = {".ipynb_checkpoints", "__MACOSX", "__pycache__", ".git", ".ds_store", "thumbs.db", "desktop.ini"}
WORKBOOK = {"my_minclip", "copies", "sources", "workbook.json", "solutions"}
SHOWN = 20  # lines about single files; more are counted


def beside(path: PurePosixPath) -> str | None:
    """What kind of thing that nobody hands in on purpose a file is; None for all else."""
    parts = {part.lower() for part in path.parts}
    if parts & {name.lower() for name in HIDDEN} or path.name.startswith(("._", ".~", "~$")):
        return "hidden copies"
    if any(part in WORKBOOK for part in path.parts):
        return "a workbook's my_minclip, copies and sources"
    return None


def is_beside(path: PurePosixPath, notebook: PurePosixPath) -> bool:
    """Whether a Python file lies beside a notebook, which may import it."""
    return path.suffix == ".py" and path.parent == notebook.parent and len(path.parts) > 1


class LeftOut:
    """Collects what is left out, and says it in a few lines."""

    def __init__(self, refused: list[str]):
        self.files = list(refused)
        self.kinds: Counter[str] = Counter()

    def add(self, path: PurePosixPath, why: str) -> None:
        self.files.append(f"{path}: {why}")

    def add_kind(self, kind: str) -> None:
        self.kinds[kind] += 1

    def lines(self) -> list[str]:
        found = [f"Left out: {line}" for line in self.files]
        if len(found) > SHOWN + 1:
            found = [*found[:SHOWN], f"Left out: {len(found) - SHOWN} more files of this kind"]
        if self.kinds:
            counted = "; ".join(f"{number} × {kind}" for kind, number in sorted(self.kinds.items()))
            found.append(f"Left out: {counted}")
        return found
