"""Flickr8k: 8,091 photos of people and dogs doing things, five captions each. To get it: sources.py.

Source: Hodosh, Young, Hockenmaier, "Framing image description as a ranking task", JAIR 47, 2013.
"""

import csv
from pathlib import Path

from PIL import Image

from minclip.data.image_files import ImageFiles, find_images
from minclip.data.layouts.data_source import DataSource
from minclip.data.layouts.found import Found
from minclip.data.left_out import LeftOut, note
from minclip.data.splits import SPLITS, canonical_split, complete_splits
from minclip.data.unicode_names import by_spelling, nfc

IMAGE_FOLDERS = (
    "Flicker8k_Dataset",
    "Flickr8k_Dataset",
    "Images",
    "images",
)  # the first is the original's spelling
SPLIT_LISTS = {
    "train": "Flickr_8k.trainImages.txt",
    "val": "Flickr_8k.devImages.txt",
    "test": "Flickr_8k.testImages.txt",
}
TEXT_FOLDERS = ("", "text", "Flickr8k_text")  # where the archive of the texts may have been unpacked
TOKEN_FILE = "Flickr8k.token.txt"  # the original captions
KAGGLE_FILE = "captions.txt"  # the same as a table with the header image,caption


def find_text(root: Path, name: str) -> Path | None:
    """A text file of the set, in root or in one of TEXT_FOLDERS; None where it is not."""
    return next((path for folder in TEXT_FOLDERS if (path := root / folder / name).is_file()), None)


def is_flickr8k(root: Path) -> bool:
    """Does this folder hold Flickr8k's captions?"""
    return any(find_text(root, name) for name in (TOKEN_FILE, KAGGLE_FILE))


def is_here(source: DataSource) -> bool:
    """Is it the original, or Kaggle's copy? A captions.txt of another form, or without that folder, is another set."""
    root = source.path
    if find_text(root, TOKEN_FILE):
        return True
    table = find_text(root, KAGGLE_FILE)
    if table is None or not (any((root / name).is_dir() for name in IMAGE_FOLDERS) or any(root.glob("images*.tar"))):
        return False
    with table.open("rb") as file:
        return file.readline(80).decode("utf-8-sig", errors="replace").strip().lower() == "image,caption"


def open_split(source: DataSource, split: str) -> "Flickr8k":
    return Flickr8k(source.path, split)


def read_captions(root: Path, left_out: LeftOut) -> dict[str, list[str]]:
    """File name (nfc) -> its captions, from the original token file or the table on Kaggle."""
    captions: dict[str, list[str]] = {}
    path = find_text(root, TOKEN_FILE) or find_text(root, KAGGLE_FILE)
    if path is None:
        raise ValueError(f"{root} holds neither {TOKEN_FILE} nor {KAGGLE_FILE}, the captions of Flickr8k")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.name == TOKEN_FILE:  # 1000268201_693b08cb0e.jpg#0 <tab> A child in a pink dress ...
                rows = [tuple(line.rstrip("\r\n").partition("\t")[::2]) for line in file]
            else:
                rows = [tuple(row) for row in csv.reader(file)][1:]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} cannot be read as text: {error}") from error
    for number, row in enumerate(rows, start=1 if path.name == TOKEN_FILE else 2):
        if len(row) != 2:
            raise ValueError(f"{path} row {number} has {len(row)} cells, expected a file name and a caption: {row}")
        name, caption = row[0].partition("#")[0].strip(), row[1].strip()
        if name and caption:
            captions.setdefault(nfc(name), []).append(caption)
        elif row[0] or row[1]:
            note(
                left_out,
                "rows_empty",
                f"rows of {path.name} lack a name or a caption",
                f"row {number}: {name}{caption}",
            )
    return captions


def has_lists(root: Path) -> bool:
    """Is any list of a split there? Kaggle's copy comes without them."""
    return any(find_text(root, name) for name in SPLIT_LISTS.values())


def read_split(root: Path, split: str) -> list[str]:
    """The file names of a split, in the order of its list."""
    path = find_text(root, SPLIT_LISTS[split])
    if path is None:
        raise ValueError(
            f"{root} lacks {SPLIT_LISTS[split]}, the list of the {split} split: it is in Flickr8k_text.zip, "
            "put it beside the captions. Without all three lists, a hash of the names makes the splits"
        )
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} cannot be read as text: {error}") from error
    return [line.strip() for line in lines if line.strip()]


class Flickr8k:
    """One split of Flickr8k; a `CaptionDataset`: train 6,000 photos, val ("dev") 1,000, test 1,000.

    root: a folder with the photos (a folder or images*.tar), the captions and the split lists. Without any list, as
    Kaggle has it, a hash of each name puts a tenth of the photos into val and a tenth into test, and `found` says so.
    `without_image` counts the captioned names that have no photo: 1 in the original, whatever the split.
    Raises ValueError where a file, or a photo of the split, is missing.
    """

    name = "flickr8k"

    def __init__(self, root: str | Path, split: str = "train"):
        root = Path(root)
        self.split = canonical_split(split)
        self.notes: LeftOut = {}
        captions = read_captions(root, self.notes)
        self._files = ImageFiles(find_images(root, IMAGE_FOLDERS))
        stored = by_spelling(self._files.names)
        # 2258277193_586949ec62.jpg.1 has captions and never had a photo; it is in no split
        lost = sorted(captions.keys() - stored.keys())
        self.without_image = len(lost)
        if lost:
            note(self.notes, "captions_without_picture", "names with captions have no photo", lost[0], len(lost))
        both = [name for name in captions if name in stored]
        splits, how = complete_splits(dict.fromkeys(both))
        if has_lists(root):
            listed, how = read_split(root, self.split), ""
            counts = {one: len(read_split(root, one)) for one in SPLITS if find_text(root, SPLIT_LISTS[one])}
        else:
            listed = [name for name in both if splits[name] == self.split]
            counts = {one: list(splits.values()).count(one) for one in SPLITS}
        texts = sum(len(captions[name]) for name in both)
        self.found = Found(str(root), "Flickr8k", len(both), texts, counts, how, self.notes)
        if not listed:
            where = f"none of the {len(captions):,} names with captions has a photo in {self._files.where.name}"
            raise ValueError(f"{root} has no photo in its {self.split} split: {how if both else where}")
        missing = [name for name in listed if nfc(name) not in stored or nfc(name) not in captions]
        if missing:
            raise ValueError(
                f"{root}: {len(missing)} of the {len(listed)} pictures in {SPLIT_LISTS[self.split]} "
                f"have no photo in {self._files.where.name} or no captions, first {missing[0]}: get it again"
            )
        self.filenames = [stored[nfc(name)] for name in listed]
        self._captions = [captions[nfc(name)] for name in listed]

    def __len__(self) -> int:
        return len(self.filenames)

    def image(self, index: int) -> Image.Image:
        return self._files.open(self.filenames[index])

    def captions(self, index: int) -> list[str]:
        return list(self._captions[index])
