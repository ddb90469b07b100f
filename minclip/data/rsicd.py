"""RSICD: 10,921 aerial photos, five captions each, thirty kinds of scene. To get it: sources.py.

Two layouts: the authors' dataset_rsicd.json, and a short captions.json. The scene is in the file name only.
Source: Lu, Wang, Zheng, Li, "Exploring models and data for remote sensing image caption generation", 2017.
"""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from minclip.data.image_files import ImageFiles, find_images
from minclip.data.images import load_pixels
from minclip.data.layouts.data_source import DataSource
from minclip.data.left_out import LeftOut, note
from minclip.data.protocol import CaptionDataset, ClassTask
from minclip.data.splits import canonical_split
from minclip.data.unicode_names import by_spelling, nfc

IMAGE_FOLDERS = ("RSICD_images", "images")
OFFICIAL_FILE = "dataset_rsicd.json"
SHORT_FILE = "captions.json"

SCENES = {  # as in the file names -> as one would say it
    "airport": "airport",
    "bareland": "bare land",
    "baseballfield": "baseball field",
    "beach": "beach",
    "bridge": "bridge",
    "center": "center",
    "church": "church",
    "commercial": "commercial area",
    "denseresidential": "dense residential area",
    "desert": "desert",
    "farmland": "farmland",
    "forest": "forest",
    "industrial": "industrial area",
    "meadow": "meadow",
    "mediumresidential": "medium residential area",
    "mountain": "mountain",
    "park": "park",
    "parking": "parking lot",
    "playground": "playground",
    "pond": "pond",
    "port": "port",
    "railwaystation": "railway station",
    "resort": "resort",
    "river": "river",
    "school": "school",
    "sparseresidential": "sparse residential area",
    "square": "square",
    "stadium": "stadium",
    "storagetanks": "storage tanks",
    "viaduct": "viaduct",
}
LABELS = {scene: label for label, scene in enumerate(SCENES)}

# the captions' way of talking: of the 43,670 to train on, 3,917 say "a piece of", 665 "it is a", 2 "aerial"
SCENE_TEMPLATES = (
    "a {} .",
    "it is a {} .",
    "there is a {} .",
    "it is a piece of {} .",
    "a {} is near some green trees .",
    "a {} is surrounded by many buildings .",
    "some buildings and green trees are around a {} .",
    "an aerial photo of a {}.",
)


def is_rsicd(root: Path) -> bool:
    """Does this folder hold RSICD's captions?"""
    if (root / OFFICIAL_FILE).is_file():
        return True
    if not (root / SHORT_FILE).is_file():
        return False
    with (root / SHORT_FILE).open("rb") as file:
        return re.search(rb'"dataset"\s*:\s*"rsicd"', file.read(4096)) is not None


def scene_label(filename: str) -> int | None:
    """Index into the scenes, from the file name; None for the pictures that have a bare number.

    >>> scene_label("airport_12.jpg"), scene_label("00001.jpg")
    (0, None)
    """
    return LABELS.get(filename.rpartition("_")[0].lower())


def read_entries(root: Path, left_out: LeftOut) -> list[dict[str, Any]]:
    """[{"filename", "split", "captions"}] of every picture, whichever the layout."""
    path = next((p for p in (root / OFFICIAL_FILE, root / SHORT_FILE) if p.is_file()), None)
    if path is None:
        raise ValueError(f"{root} holds neither {OFFICIAL_FILE} nor {SHORT_FILE}, the captions of RSICD")
    try:
        entries = []
        for item in json.loads(path.read_text(encoding="utf-8-sig"))["images"]:
            texts = item["captions"] if "captions" in item else [s["raw"] for s in item["sentences"]]
            captions = [text.strip() for text in texts if text.strip()]
            if empty := len(texts) - len(captions):
                note(left_out, "captions_empty", "captions are empty and left out", item["filename"], empty)
            entries.append({"filename": item["filename"], "split": item["split"], "captions": captions})
        return entries
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not JSON in UTF-8, or it is cut off: {error}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} is not RSICD's: images, filename, split or sentences are missing ({error!r})"
        ) from error


class RSICD:
    """One split of RSICD; a `CaptionDataset` with classes: train 8,734 photos, val 1,094, test 1,093.

    root: a folder with the photos (a folder or images*.tar) and the captions. `class_names` are the thirty
    scenes, `labels` an index into them per picture or None (921 pictures of the set).
    Raises ValueError where a file, or a photo of the split, is missing.
    """

    name = "rsicd"
    class_names = tuple(SCENES.values())

    def __init__(self, root: str | Path, split: str = "train"):
        self.root = root = Path(root)
        self.split = canonical_split(split)
        self.notes: LeftOut = {}
        known = {"train", "val", "dev", "valid", "test"}
        entries = []
        for entry in read_entries(root, self.notes):
            if entry["split"] not in known:
                what = f"pictures are in a split that is none of {', '.join(sorted(known))}"
                note(self.notes, "pictures_in_no_split", what, f"{entry['filename']} in {entry['split']!r}")
            elif canonical_split(entry["split"]) == self.split:
                entries.append(entry)
        if not entries:
            raise ValueError(f"{root} has no picture in the {self.split} split")
        self._files = ImageFiles(find_images(root, IMAGE_FOLDERS))
        stored = by_spelling(self._files.names)
        names = [entry["filename"] for entry in entries]
        missing = [name for name in names if nfc(name) not in stored]
        if missing:
            raise ValueError(
                f"{root}: {len(missing)} of the {len(entries)} pictures of the {self.split} split are not in "
                f"{self._files.where.name}, first {missing[0]}: unpack or fetch the set again"
            )
        self.filenames = [stored[nfc(name)] for name in names]
        self._captions = [entry["captions"] for entry in entries]
        self.labels = [scene_label(name) for name in self.filenames]

    def __len__(self) -> int:
        return len(self.filenames)

    def image(self, index: int) -> Image.Image:
        return self._files.open(self.filenames[index])

    def captions(self, index: int) -> list[str]:
        return list(self._captions[index])


def scene_task(dataset: CaptionDataset, size: int) -> ClassTask:
    """Which of the thirty scenes is it? Every picture of the split whose file name says it."""
    found = [(index, label) for index, label in enumerate(getattr(dataset, "labels", [])) if label is not None]
    if not found:
        raise ValueError(f"{dataset.name}/{dataset.split} has no file name that says its scene, as airport_12.jpg does")
    kept, labels = np.array(found, dtype=np.int64).T  # [n] each
    return ClassTask("scene", load_pixels(dataset, size)[kept], labels, RSICD.class_names, SCENE_TEMPLATES)


def is_here(source: DataSource) -> bool:
    return is_rsicd(source.path)


def open_split(source: DataSource, split: str) -> RSICD:
    return RSICD(source.path, split)
