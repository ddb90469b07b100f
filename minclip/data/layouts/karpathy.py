"""Karpathy's splits: one JSON that names pictures, their splits and their sentences; COCO, Flickr8k and Flickr30k.

    dataset_coco.json    {"images": [{"filepath": "val2014", "filename": "1.jpg", "split": "restval",
                                      "sentences": [{"raw": "a cat on a sofa"}]}]}
    val2014/1.jpg

The split `restval` counts as train, as everybody has it. "captions": [text, ...] may stand for the sentences.
Source: Karpathy and Fei-Fei, "Deep visual-semantic alignments for generating image descriptions", 2015.
"""

from collections.abc import Iterator
from pathlib import Path

from minclip.data.layouts.captioned import Captioned, Entry, Unit
from minclip.data.layouts.cells import captions_in
from minclip.data.layouts.coco import root_of
from minclip.data.layouts.data_source import DataSource
from minclip.data.layouts.json_files import holds_keys, json_files, listed, read_json
from minclip.data.layouts.named_pictures import NamedPictures
from minclip.data.splits import split_in

RESTVAL = "restval"  # what is left of COCO's val, 30,504 pictures, on which everybody trains


FEW = 20  # pictures that are looked for, to tell which of several JSONs is meant


def splits_files(source: DataSource) -> list[Path]:
    """The JSONs with images and their sentences."""
    files = (path for path in json_files(source.path) if holds_keys(path, "images", "filename"))
    return [path for path in files if holds_keys(path, "sentences") or holds_keys(path, "captions")]


def chosen(files: list[Path], pictures: NamedPictures) -> Path:
    """The first JSON whose pictures are here: the archive of Karpathy's page holds those of three sets."""
    for path in files if len(files) > 1 else ():
        names = [image.get("filename") for image in listed(path, read_json(path), "images")[:FEW]]
        if any(isinstance(name, str) and pictures.find(name) for name in names):
            return path
    return files[0]


def is_here(source: DataSource) -> bool:
    return bool(splits_files(source))


def entries_of(path: Path, pictures: NamedPictures) -> Iterator[Entry]:
    """An entry for each image. ValueError where there is no list of images."""
    for number, image in enumerate(listed(path, read_json(path), "images"), start=1):
        where, name, folder = f"image {number}", image.get("filename"), image.get("filepath")
        texts = image.get("captions", image.get("sentences"))
        if not isinstance(name, str) or not isinstance(texts, list):
            yield Entry(where, "", [], fault="has no filename or no sentences")
            continue
        told = str(image.get("split", ""))
        split = "train" if told == RESTVAL else split_in(told)
        long = f"{folder}/{name}" if isinstance(folder, str) and folder else name
        found = long if pictures.find(long, split=split) else name  # where all pictures are in one folder
        yield Entry(where, found, captions_in(texts), split)


def open_split(source: DataSource, split: str) -> Captioned:
    pictures = NamedPictures(root_of(source.path))
    path = chosen(splits_files(source), pictures)
    unit = Unit(f"images of {path.name}", str(path))
    entries = ((unit, "", entry) for entry in entries_of(path, pictures))
    return Captioned("karpathy", f"Karpathy's splits, {path.name}", pictures, entries, split)
