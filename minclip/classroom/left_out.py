"""What a collected download holds beside notebooks of the class: what is taken along, and what is left out and said."""

from collections import defaultdict
from pathlib import PurePosixPath

HIDDEN = {".ipynb_checkpoints", "__MACOSX", "__pycache__", ".git", ".ds_store", "thumbs.db", "desktop.ini"}
WORKBOOK = {"my_minclip", "copies", "sources", "workbook.json", "solutions"}
HIDDEN_COPIES = "hidden copies"
NAMED = 3  # files of a kind
SHOWN = 20  # lines about single files; more are counted


def beside(path: PurePosixPath) -> str | None:
    """What kind of thing that nobody hands in on purpose a file is; None for all else."""
    parts = {part.lower() for part in path.parts}
    if parts & {name.lower() for name in HIDDEN} or path.name.startswith(("._", ".~", "~$")):
        return HIDDEN_COPIES
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
        self.kinds: dict[str, list[PurePosixPath | None]] = defaultdict(list)

    def add(self, path: PurePosixPath, why: str) -> None:
        self.files.append(f"{path}: {why}")

    def add_kind(self, kind: str, path: PurePosixPath | None = None) -> None:
        """path: where it tells more than the kind."""
        self.kinds[kind].append(path)

    def lines(self) -> list[str]:
        found = [f"Left out: {line}" for line in self.files]
        if len(found) > SHOWN + 1:
            found = [*found[:SHOWN], f"Left out: {len(found) - SHOWN} more files of this kind"]
        if self.kinds:
            counted = [f"{len(paths)} × {kind}{named(paths)}" for kind, paths in sorted(self.kinds.items())]
            found.append(f"Left out: {'; '.join(counted)}")
        return found


def named(paths: list[PurePosixPath | None]) -> str:
    """The first files of a kind, in brackets.

    >>> named([PurePosixPath("a.pdf"), PurePosixPath("b.pdf")]), named([None])
    (' (a.pdf, b.pdf)', '')
    """
    names = [str(path) for path in paths if path is not None]
    more = [f"{len(names) - NAMED} more"] if len(names) > NAMED else []
    return f" ({', '.join([*names[:NAMED], *more])})" if names else ""
