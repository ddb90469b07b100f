"""The index of a folder of pictures, kept in a file: what was encoded once is not encoded again.

Each picture file is known by its size and the time of its last change. New and changed ones are encoded, those that are
gone are left out. A long indexing keeps what it has from time to time, so that a stop loses little.
"""

import os
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from minclip.data.image_files import find_pictures
from minclip.data.images import quiet
from minclip.model import CLIP
from minclip.preprocess import as_seen
from minclip.retrieval import Index
from minclip.search.encoding import encode_files, stamp_of
from minclip.search.facts import Facts
from minclip.search.index_file import (
    NO_DIRECTION,
    UNREADABLE,
    Entry,
    OtherModel,
    Stamp,
    model_hash,
    read_index,
    refuse_foreign,
    write_index,
)
from minclip.search.kept_place import Skip, check_patterns, keep_exclusions, kept_place, read_exclusions
from minclip.similarity import unit_rows
from minclip.zero_shot import Preprocess

KEEP_EVERY = 256  # pictures, at least: then what was encoded is kept
KEEP_SHARE = 0.1  # of all that is kept, at least: so that writing stays cheap beside encoding


class FolderIndex(Index):
    """The pictures of a folder to search in; its names are paths. `facts` says what was found there."""

    def __init__(self, features: Tensor, names: Sequence[Path], folder: Path, facts: Facts):
        super().__init__(features, names)
        self.folder, self.facts = folder, facts


def index_folder(
    folder: str | Path,
    model: CLIP,
    preprocess: Preprocess,
    *,
    file: str | Path | None = None,
    exclude: Sequence[str] | None = None,
    follow_links: bool = True,
    batch_size: int = 64,
    keep_every: int = KEEP_EVERY,
    progress: bool = False,
) -> FolderIndex:
    """Every picture in a folder and the folders in it, as a viewer shows it (`minclip.preprocess.as_seen`).

    file: where the index is kept; None keeps it in kept_place(folder), one file for each model.
    exclude: names, patterns (*.gif) or paths from the folder on; they are kept for the next time. None takes the ones
        that are kept, [] forgets them. Features of excluded pictures stay in the file.
    follow_links: False leaves links out that lead out of the folder.
    keep_every: after so many newly encoded pictures at least, the file is written.
    progress: a bar on stderr that counts the files to read.
    Raises NotADirectoryError where there is no such folder, ValueError where no picture is in it, none has features
    that can be compared, or `file` is the index of another model, or no index; OSError where `file` cannot be a file.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder: give one with pictures in it")
    facts = Facts()
    skip = Skip(folder, exclusions(folder, exclude, facts), follow_links)
    pictures, facts.skipped = find_pictures(folder, skip)
    facts.hidden, facts.excluded, facts.links = skip.hidden, skip.excluded, skip.links
    digest = model_hash(model, preprocess)
    if file is not None:
        refuse_foreign(Path(file))
    path = Path(file) if file is not None else kept_place(folder) / f"{digest[:16]}.safetensors"
    kept = KeptIndex(path, digest, folder, facts)
    stamps = {name: stamp for picture in pictures if (stamp := stamp_of(picture)) and (name := kept.name_of(picture))}
    new = [name for name, stamp in stamps.items() if name not in kept.entries or kept.entries[name].stamp != stamp]
    facts.known = sum(not kept.entries[name].fault for name in stamps.keys() - set(new))
    kept.forget_what_is_gone(stamps)
    encode_new(kept, new, model, preprocess, batch_size, keep_every, progress)
    return searchable(kept, stamps, folder, facts)


def exclusions(folder: Path, exclude: Sequence[str] | None, facts: Facts) -> list[str]:
    """The patterns to exclude, kept for the next time where they are given."""
    if exclude is None:
        return read_exclusions(folder)
    if isinstance(exclude, str):
        raise ValueError(f"exclude must be a list of patterns, found the string {exclude!r}: put it in brackets")
    patterns = check_patterns(exclude)
    if patterns != read_exclusions(folder):
        try:
            keep_exclusions(folder, patterns)
        except OSError as error:
            facts.notes.append(f"the exclusions are not kept for the next time: {error.strerror or error}")
    return patterns


class KeptIndex:
    """The entries of an index file, and their way back into it."""

    def __init__(self, path: Path, digest: str, folder: Path, facts: Facts):
        self.path, self.digest, self.folder, self.facts = path, digest, folder, facts
        self.waiting = 0  # entries that are not in the file yet
        self.changed = False
        self.entries: dict[str, Entry] = {}
        try:
            self.entries = read_index(path, digest)
        except OtherModel:
            raise
        except (ValueError, OSError) as error:
            facts.notes.append(f"the index is made anew: {' '.join(str(error).split())}")
            self.changed = True

    def name_of(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def still_there(self, name: str) -> bool:
        return os.path.lexists(self.folder / name)

    def forget_what_is_gone(self, found: dict[str, Stamp]) -> None:
        """An excluded picture is not found, and still there: what is known of it stays."""
        gone = [name for name in self.entries if name not in found and not self.still_there(name)]
        for name in gone:
            del self.entries[name]
        self.facts.gone = len(gone)
        self.changed = self.changed or bool(gone)

    def add(self, name: str, entry: Entry) -> None:
        self.entries[name] = entry
        self.waiting += 1
        self.changed = True

    def write(self) -> None:
        """What cannot be kept is said once; the search goes on without."""
        if not self.changed:
            return
        try:
            write_index(self.path, self.digest, self.entries, self.still_there)
        except OSError as error:
            note = f"the index is not kept, the next search begins anew: {error.strerror or error}"
            if note not in self.facts.notes:
                self.facts.notes.append(note)
        self.waiting, self.changed = 0, False


def encode_new(
    kept: KeptIndex, names: list[str], model: CLIP, preprocess: Preprocess, batch_size: int, keep_every: int, bar: bool
) -> None:
    """Encodes the named pictures and keeps them, from time to time and at the end, also where it is stopped."""

    shown = tqdm(total=len(names), desc="reading", unit=" pictures", disable=not (bar and names))

    def read(image: Image.Image) -> Tensor:
        return preprocess(as_seen(image))

    try:
        with quiet(), shown, closing(encode_files(kept.folder, names, model, read, batch_size, shown)) as found:
            for name, entry in found:
                if entry is None:
                    kept.entries.pop(name, None)
                    kept.facts.skipped.append(kept.folder / name)
                    continue
                if entry.features is not None:
                    entry = with_direction(entry)
                    kept.facts.encoded += 1
                kept.add(name, entry)
                if kept.waiting >= max(keep_every, KEEP_SHARE * len(kept.entries)):
                    kept.write()
    finally:
        kept.write()


def with_direction(entry: Entry) -> Entry:
    """The same with features of length 1, or with a fault where there is no direction."""
    assert entry.features is not None
    row = unit_rows(entry.features[None])[0]  # [embed_dim]
    return Entry(entry.stamp, row) if row.isfinite().all() else Entry(entry.stamp, None, NO_DIRECTION)


def searchable(kept: KeptIndex, stamps: dict[str, Stamp], folder: Path, facts: Facts) -> FolderIndex:
    """The entries of the pictures that were found now. ValueError where none of them can be searched."""
    found = {name: kept.entries[name] for name in stamps if name in kept.entries}
    facts.skipped += [folder / name for name, entry in found.items() if entry.fault == UNREADABLE]
    facts.skipped.sort()
    facts.without_direction = [folder / name for name, entry in found.items() if entry.fault == NO_DIRECTION]
    rows = {folder / name: entry.features for name, entry in found.items() if entry.features is not None}
    if rows:
        return FolderIndex(torch.stack(list(rows.values())), list(rows), folder, facts)
    raise facts.no_picture(folder)
