"""WebDataset shards as a data set: .tar files in which a picture and its caption share a name.

Writing is shard_writer.py. A set that does not fit into memory is streamed (streamed_shards.py). Nothing is unpacked,
run or fetched; the package `webdataset` says what belongs together. open_clip reads the layout, img2dataset writes it:

    train-000000.tar    000000000.jpg     or .png .jpeg .webp
                        000000000.json    {"captions": [...]}, all of them, from minclip; others keep other notes here
                        000000000.txt     one caption
"""

import io
import json
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from PIL import Image

from minclip.data.images import open_image, to_rgb
from minclip.data.layouts.data_source import DataSource
from minclip.data.left_out import LeftOut, note
from minclip.data.progress import with_progress
from minclip.data.shard_packages import require_webdataset
from minclip.data.shard_splits import find_shards, is_shards, note_beside
from minclip.data.splits import canonical_split, hashed_split
from minclip.data.tar_members import tar_members
from minclip.data.unread_layouts import why_passed_over

PICTURES = ("jpg", "png", "jpeg", "webp")  # open_clip's, in its order
TEXTS = ("json", "txt")
KINDS = (*PICTURES, *TEXTS)
LARGEST_PICTURE, LARGEST_TEXT = 1 << 27, 1 << 20  # bytes; a picture of MAX_PIXELS as a good JPEG takes half of it
Place = tuple[int, int]  # offset and bytes of a file within its shard


class Sample(NamedTuple):
    """A picture in a shard, and what is said of it."""

    shard: Path
    key: str
    place: Place
    captions: list[str]


def members(shard: Path) -> Iterator[dict[str, Any]]:
    """Every file of a shard as webdataset groups them: its name and, instead of its content, its place.

    ValueError where the shard is cut off or damaged anywhere, or compressed: that has no places to read at.
    """
    for member in tar_members(shard, "fetch it again, or take it out of the folder"):
        if member.isreg():
            yield {"fname": member.name, "data": (member.offset_data, member.size), "__url__": shard.name}


def known_kinds(shard: Path, notes: LeftOut) -> Iterator[dict[str, Any]]:
    """Every file of a shard; those that webdataset will pass over are counted."""
    for member in members(shard):
        if passed_over := why_passed_over(member["fname"], KINDS):
            first = f"{shard.name}: {member['fname']}".encode("utf-8", "replace").decode("utf-8")
            note(notes, *passed_over, first)
        yield member


def grouped_files(shard: Path, left_out: list[str], notes: LeftOut) -> Iterator[tuple[str, dict[str, Place]]]:
    """(key, suffix -> place) of every sample; its files stand side by side, else they are several samples.

    A file that stands twice counts once, and is a line in left_out. Files of other kinds are counted in notes.
    """

    def twice(error: Exception) -> bool:
        name = str(error.args[0]).partition(": ")[0]
        left_out.append(f"{shard.name}: {name!r} stands there twice")
        return True  # go on

    group = require_webdataset().tariterators.group_by_keys
    samples = group(known_kinds(shard, notes), suffixes=set(KINDS), handler=twice)
    for found in samples:
        yield found.pop("__key__").encode("utf-8", "replace").decode("utf-8"), found  # a name may be no text at all


def content_at(file: BinaryIO, place: Place) -> bytes:
    """The bytes at a place of an open shard."""
    file.seek(place[0])
    return file.read(place[1])


def read_content(shard: Path, place: Place) -> bytes:
    """The bytes at a place. The shard is opened anew: no handle is shared by threads."""
    with shard.open("rb") as file:
        return content_at(file, place)


def listed_captions(text: bytes) -> tuple[list[str], str]:
    """(the list "captions" of a sample's JSON, empty where there is none; what stands there instead)."""
    try:
        listed = json.loads(text)["captions"]
    except KeyError:  # other people's notes, as are the rest
        return [], f"it holds {', '.join(json.loads(text)) or 'nothing'}"
    except (ValueError, TypeError, RecursionError) as error:
        return [], f"it is no JSON object ({type(error).__name__})"
    whole = isinstance(listed, list) and all(isinstance(caption, str) and caption.strip() for caption in listed)
    return (listed, "") if whole else ([], f'"captions" is no list of texts that are not empty: {str(listed)[:40]}')


def read_sample(shard: Path, file: BinaryIO, key: str, found: dict[str, Place], notes: LeftOut) -> Sample:
    """A sample from its places in an open shard. ValueError for one that cannot be used; without a caption it can.

    A JSON that gives no caption is counted in notes, where it has a list that cannot be used or no .txt beside it.
    """
    picture = next((found[suffix] for suffix in PICTURES if suffix in found), None)
    if picture is None:
        raise ValueError(f"no picture stands beside it ({', '.join(PICTURES)})")
    for suffix in KINDS:
        limit = LARGEST_TEXT if suffix in TEXTS else LARGEST_PICTURE
        if suffix in found and found[suffix][1] > limit:
            raise ValueError(f"its {suffix} has {found[suffix][1]:,} bytes, the limit is {limit:,}")
    captions, why = listed_captions(content_at(file, found["json"])) if "json" in found else ([], "")
    if not captions and "txt" in found:
        try:
            text = content_at(file, found["txt"]).decode("utf-8-sig").strip()  # -sig: Windows editors write a mark
        except UnicodeDecodeError as error:
            raise ValueError(f"its txt is not UTF-8 (byte {error.start + 1}): save it as UTF-8") from error
        captions = [text] if text else []
    if why and (not captions or why.startswith('"captions"')):
        note(notes, "json_without_captions", 'files .json give no list "captions"', f"{shard.name}: {key!r}: {why}")
    return Sample(shard, key, picture, captions)


class Shards:
    """One split of a folder of shards; a `CaptionDataset`, its pictures in the order of the shards.

    Where names tell the split (train-000000.tar), they decide; else a tenth of the samples is val, a tenth test,
    by their keys. A sample's captions are the list in its json, or else its txt; there may be none. `left_out` has
    a line for each sample of the split that cannot be used, and for each file that stands twice.
    Raises ValueError: no shard of the split, webdataset missing; at first use: a damaged shard, no picture.
    """

    name = "shards"
    looked_for = 'a .json with a list "captions", or a .txt, of the same name as the picture in the tar'

    def __init__(self, root: str | Path, split: str = "train"):
        require_webdataset()
        self.root, self.split = Path(root), canonical_split(split)
        self.shards, self._named = find_shards(self.root, self.split)
        self.most: int | None = None  # samples that are read, of a split whose first ones suffice

    def read_shard(self, shard: Path, left_out: list[str], notes: LeftOut) -> Iterator[Sample]:
        """The split's samples of one shard: places and captions; the pictures themselves stay where they are."""
        with shard.open("rb") as file:
            for key, found in grouped_files(shard, left_out, notes):
                if not self._named and hashed_split(key) != self.split:
                    continue
                try:
                    yield read_sample(shard, file, key, found, notes)
                except ValueError as error:
                    left_out.append(f"{shard.name}: {key!r}: {error}")

    @cached_property
    def _read(self) -> tuple[list[Sample], list[str], LeftOut]:
        """(samples, what is left out, notes), of all shards."""
        left_out: list[str] = []
        notes = note_beside(self.root)
        shards = with_progress(self.shards, f"reading captions of shards/{self.split}", "shards")
        every = (sample for shard in shards for sample in self.read_shard(shard, left_out, notes))
        samples = list(islice(every, self.most))
        if self.most and next(every, None):
            note(notes, "pictures_read", f"pictures of shards/{self.split} are read, the first of more", "", self.most)
        if not samples:
            why = f"{len(left_out)} samples cannot be used, first {left_out[0]}" if left_out else "it is empty"
            if not self._named and not left_out:
                why = f"no shard's name tells a split, and a hash of each name puts none into {self.split}"
            raise ValueError(f"{self.root} has no picture in its {self.split} split: {why}")
        if left_out:
            note(notes, "samples_left_out", "samples or files in shards cannot be used", left_out[0], len(left_out))
        return samples, left_out, notes

    @property
    def left_out(self) -> list[str]:
        return self._read[1]

    @property
    def notes(self) -> LeftOut:
        """What is left out, counted."""
        return self._read[2]

    @property
    def filenames(self) -> list[str]:
        """What an error calls the pictures."""
        return [f"{sample.shard.name}: {sample.key!r}" for sample in self._read[0]]

    def __len__(self) -> int:
        return len(self._read[0])

    def file(self, index: int) -> bytes:
        """The picture's file as it stands in the shard."""
        sample = self._read[0][index]
        return read_content(sample.shard, sample.place)

    def image(self, index: int) -> Image.Image:
        return self.picture(self._read[0][index])

    def picture(self, sample: Sample) -> Image.Image:
        """A sample's picture, mode RGB. ValueError, which says how to get shards without it, where it is broken."""
        name = f"{sample.shard}: {sample.key!r}"
        try:
            return to_rgb(open_image(io.BytesIO(read_content(sample.shard, sample.place)), name))
        except ValueError as error:
            out = f"minclip data shards --data {self.root} --out NEW_FOLDER writes shards without it"
            raise ValueError(f"{error}: {out}") from error

    def captions(self, index: int) -> list[str]:
        return list(self._read[0][index].captions)


def is_here(source: DataSource) -> bool:
    return is_shards(source.path)


def open_split(source: DataSource, split: str) -> Shards:
    return Shards(source.path, split)
