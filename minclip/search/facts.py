"""What was found in a folder of pictures, and what of it was left out: for a line on the screen."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from minclip.data.images import first_few
from minclip.search.index_file import UNREADABLE


@dataclass
class Facts:
    """What an indexing or an embedding found."""

    encoded: int = 0  # pictures that were new or changed
    known: int = 0  # pictures that were not read again
    gone: int = 0  # names that were known, and whose file is not there any more
    skipped: list[Path] = field(default_factory=list)  # files that look like pictures and could not be read
    without_direction: list[Path] = field(default_factory=list)  # read, and their features can be compared with nothing
    hidden: list[Path] = field(default_factory=list)  # pictures and folders whose name begins with a dot
    excluded: list[Path] = field(default_factory=list)
    links: list[Path] = field(default_factory=list)  # that lead out of the folder, where that is not wanted
    notes: list[str] = field(default_factory=list)  # what else a person should know, in words

    def lines(self) -> list[str]:
        """All that was left out, counted and named, and the notes."""
        several = (
            (self.skipped, "file", UNREADABLE),
            (self.without_direction, "file", "cannot be compared, because the model makes no finite features of it"),
            (self.hidden, "hidden name", "left out"),
            (self.excluded, "excluded name", "left out"),
            (self.links, "link", "left out, because it leads out of the folder"),
        )
        counted = [
            f"{len(paths)} {noun}{'s' * (len(paths) > 1)} {what}: {named(paths)}"
            for paths, noun, what in several
            if paths
        ]
        return [*self.notes, *counted]

    def no_picture(self, folder: Path) -> ValueError:
        """The error where none of the pictures in a folder can be used."""
        if self.without_direction:
            return ValueError(
                f"{self.without_direction[0]} has features that are all zero or not finite, and so has every picture "
                f"in {folder}: is the model trained, and its precision high enough?"
            )
        looked = f"{len(self.skipped)} files there cannot be read: {named(self.skipped)}" if self.skipped else ""
        left_out = len(self.hidden) + len(self.excluded) + len(self.links)
        more = f"; {left_out} files and folders are hidden or excluded" if left_out else ""
        return ValueError(f"{folder} holds no picture ({looked or 'it looks for .png, .jpg, .webp, ...'}{more})")


def named(paths: Sequence[Path]) -> str:
    return first_few([str(path) for path in paths])
