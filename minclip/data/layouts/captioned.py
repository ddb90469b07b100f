"""Pictures with captions, whatever file says so: entries become the data set of one split.

A layout's reader yields an `Entry` for each row or object of its file. Here pictures are found, captions of one picture
come together, splits are completed, and what cannot be used is counted.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from PIL import Image

from minclip.data.layouts.found import Found
from minclip.data.layouts.named_pictures import NamedPictures, from_table, is_absolute, splits_of_folders, without
from minclip.data.left_out import LeftOut, note
from minclip.data.progress import with_progress
from minclip.data.splits import SPLITS, canonical_split, complete_splits
from minclip.data.unicode_names import nfc

LOST = "there is no picture"


class Entry(NamedTuple):
    """What a file says of a picture."""

    where: str  # its place in the file, for errors: "line 7"
    name: str  # the picture, as the file names it
    captions: list[str]  # as they stand there, also empty ones
    split: str | None = None  # None: the file does not tell
    fault: str = ""  # why it cannot be used, after its place: "has 1 cell, the header 2"


class Unit(NamedTuple):
    """What the entries of a layout are called in lines for people."""

    rows: str  # "rows of captions.csv"
    place: str  # what stands before an entry's `where` in an error: "photos/captions.csv"


class Captioned:
    """One split of a set of pictures with captions; a `CaptionDataset`.

    files: for each picture its path from `root` on, or an absolute one. `duplicates` counts captions (of all splits)
    that a picture has twice; they are left out. So are entries without a picture or a caption: `notes` counts all that
    is left out, of all splits. `found` says what there is in one line.
    Raises ValueError that names the place of a fault, or a split without pictures.
    """

    def __init__(
        self,
        name: str,
        title: str,
        pictures: NamedPictures,
        entries: Iterable[tuple[Unit, str, Entry]],
        split: str,
        left_out: LeftOut | None = None,
        whole: bool = False,
        folders_tell: bool = False,
    ):
        """name, title: of the layout; entries: (unit, the folder of the table from root on, entry).

        whole: all pictures are in `split`, whatever is told. folders_tell: where no entry tells a split, the folders on
        the way to the pictures do, if they can.
        """
        self.name, self.root, self.split = name, pictures.root, canonical_split(split)
        self._pictures = pictures
        self._left_out: LeftOut = {} if left_out is None else left_out
        self._moved = ""  # what was left off the paths of a set that was moved, for the line on what was found
        self._keys: dict[str, str] = {}  # file -> its name in the table: where a folder was moved, splits stay
        captions, given = self._gather(entries, title)
        if folders_tell and not any(given.values()):
            given = splits_of_folders(captions)
        told = {self._keys[file]: given[file] for file in captions}
        splits, how = (dict.fromkeys(told, self.split), "") if whole else complete_splits(told)
        of_file = {file: splits.get(self._keys[file]) for file in captions}
        self.duplicates = self._left_out.get("captions_twice", {"count": 0})["count"]
        self.files = [file for file in captions if of_file[file] == self.split]
        self._captions = [captions[file] for file in self.files]
        lost = [file for file in captions if of_file[file] is None]
        if lost:
            what = "pictures are in no split, others are, and they are left out"
            note(self._left_out, "pictures_in_no_split", what, lost[0], len(lost))
        counted = Counter(of_file.values())
        counts = {one: counted[one] for one in SPLITS}
        self._said = title + self._moved, sum(counts.values()), sum(map(len, captions.values())), counts, how
        if not self.files:
            shown = ", ".join(f"{counts[one]} {one}" for one in SPLITS)
            raise ValueError(
                f"{self.root} has no picture in its {self.split} split ({shown}): add some or a split column"
                f"{f'; {how}' if how else ''}"
            )

    def _gather(
        self, entries: Iterable[tuple[Unit, str, Entry]], title: str
    ) -> tuple[dict[str, list[str]], dict[str, str | None]]:
        """(file -> captions, file -> split), of the entries that can be used. ValueError where none can."""
        captions: dict[str, list[str]] = {}
        splits: dict[str, str | None] = {}
        faults: list[str] = []
        for unit, entry, file in self._with_pictures(with_progress(entries, "reading captions", "entries"), faults):
            texts = [text for text in entry.captions if text]
            where = f"{entry.where}: {entry.name!r}"
            if not entry.captions:
                note(self._left_out, "without_caption", f"{unit.rows} have no caption and are left out", where)
            if empty := len(entry.captions) - len(texts):
                note(self._left_out, "captions_empty", "captions are empty and left out", where, empty)
            if not texts:
                faults.append(f"{unit.place} {entry.where}: the caption of {file} is empty")
                continue
            if splits.setdefault(file, entry.split) != entry.split:
                raise ValueError(
                    f"{unit.place} {entry.where}: {file} is in {splits[file] or 'no split'} already, it cannot be in "
                    f"{entry.split or 'none'}, too"
                )
            known = captions.setdefault(file, [])
            for text in texts:
                if text not in known:
                    known.append(text)
                    continue
                what = f"{unit.rows} say what another one says and are left out"
                note(self._left_out, "captions_twice", what, f"{entry.where}: {file}")
        if faults and not captions:
            packed = packed_pictures(self._pictures) if any(LOST in fault for fault in faults) else ""
            raise ValueError(f"{faults[0]} (none of the {len(faults)} entries can be used{packed})")
        if not captions:
            raise ValueError(f"{self.root} is {title} and names no picture with a caption")
        return captions, splits

    def _with_pictures(
        self, entries: Iterable[tuple[Unit, str, Entry]], faults: list[str]
    ) -> Iterator[tuple[Unit, Entry, str]]:
        """(unit, entry, file) of the entries whose picture is here. The others are counted, and added to `faults`.

        Where none is here, and the set was moved from another folder, that folder is left off the names.
        """
        taken: set[str] = set()
        lost: list[tuple[Unit, Entry]] = []
        for unit, beside, entry in entries:
            if entry.fault:
                faults.append(f"{unit.place} {entry.where} {entry.fault}")
                note(self._left_out, "cannot_be_read", f"{unit.rows} cannot be read", f"{entry.where} {entry.fault}")
                continue
            file = self._pictures.find(entry.name, beside, entry.split)
            if file is None:
                lost.append((unit, entry))
                name, what, reason = why_not_found(entry.name, self._pictures)
                faults.append(f"{unit.place} {entry.where}: {reason}")
                note(self._left_out, name, f"{unit.rows} {what} and are left out", f"{entry.where}: {entry.name!r}")
                continue
            if file not in self._keys:
                key = file if is_absolute(entry.name) else nfc(from_table(beside, entry.name))
                self._keys[file] = file if key in taken else key  # train2017/1.jpg and val2017/1.jpg may both be 1.jpg
                taken.add(key)
            yield unit, entry, file
        if not self._keys and (prefix := self._pictures.moved_from([entry.name for _, entry in lost])):
            self._moved = f" (its paths without {prefix})"
            for name in ("absolute_paths_nowhere", "without_picture", "several_pictures"):
                self._left_out.pop(name, None)
            faults.clear()
            shorter = ((unit, "", entry._replace(name=without(prefix, entry.name))) for unit, entry in lost)
            yield from self._with_pictures(shorter, faults)

    @cached_property
    def notes(self) -> LeftOut:
        """What is left out: entries, columns, and pictures that no entry names."""
        others = [file for file in self._pictures.below if file not in self._keys]
        left_out = dict(self._left_out)
        if others:
            what = "pictures of the folder are named nowhere in the captions and are left out"
            note(left_out, "pictures_not_named", what, others[0], len(others))
        return left_out

    @property
    def found(self) -> Found:
        """What was found, for one line: layout, pictures, captions, splits, what was left out."""
        title, pictures, captions, counts, how = self._said
        return Found(str(self.root), title, pictures, captions, counts, how, self.notes)

    def __len__(self) -> int:
        return len(self.files)

    def image(self, index: int) -> Image.Image:
        return self._pictures.open(self.files[index])

    def file(self, index: int) -> bytes:
        """The picture's file as it is."""
        return self._pictures.read(self.files[index])

    def captions(self, index: int) -> list[str]:
        return list(self._captions[index])


def packed_pictures(pictures: NamedPictures) -> str:
    """What to add where a folder holds no picture: "; photos holds no picture, and a.zip is zip: unpack it first"."""
    if not pictures.root.is_dir() or pictures.below:
        return ""
    from minclip.data.unread_layouts import other_files

    packed = other_files(pictures.root)
    return f"; {pictures.root} holds no picture{f', and {packed}' if packed else ''}"


def why_not_found(name: str, pictures: NamedPictures) -> tuple[str, str, str]:
    """(name of the note, what it says of such entries, what is said of this one) where there is no such picture."""
    if "://" in name and not is_absolute(name):
        what = "have a web address, which is not fetched,"
        how = "fetch them first, for example with img2dataset"
        return "web_addresses", what, f"{name!r} is a web address, and pictures are not fetched: {how}"
    if is_absolute(name):
        what = "have an absolute path that leads nowhere"
        how = "write paths from the folder on"
        return "absolute_paths_nowhere", what, f"{name!r} is an absolute path, and leads nowhere: {how}"
    if len(several := pictures.alike(name) if name else []) > 1:
        what, some = "name several pictures at once", ", ".join(several[:2])
        reason = f"{len(several)} pictures are called {name!r} ({some}): write the folder before the name"
        return "several_pictures", what, reason
    return "without_picture", "have no picture", f"{LOST} {name!r} in {pictures.root}"
