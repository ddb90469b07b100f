"""Class folders: a folder for each class, without captions. For zero-shot evaluation, never for training.

    animals/hot_dog/1.jpg
    animals/cat/1.jpg
    animals/class_names.txt    hot_dog: a hot dog, the food        optional: what the classes are called
    animals/templates.txt      a photo of {}.                      optional: sentences around the names

Splits may stand above the classes: test/cat/1.jpg. The same layout: torchvision's ImageFolder, ImageNet, CUB-200.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from PIL import Image

from minclip.data.image_files import is_passed_over, pictures_below
from minclip.data.images import open_image, to_rgb
from minclip.data.layouts.data_source import DataSource
from minclip.data.layouts.found import Found
from minclip.data.left_out import LeftOut, note
from minclip.data.splits import SPLITS, canonical_split, complete_splits, split_in, splits_to_ask
from minclip.data.unicode_names import nfc
from minclip.prompts import PICTURE_TEMPLATES, read_templates, read_texts

TITLE = "class folders"
NAMES_FILE, TEMPLATES_FILE = "class_names.txt", "templates.txt"
NUMBER = re.compile(r"\d+[.\-_ ]+(?=\D)")  # 001.Black_footed_Albatross
OF_SPLITS = ("images", "image", "photos", "pictures", "set", "data")  # words in the names of splits' folders
SEPARATOR = re.compile(r"[\s:,=]")  # between a folder's name and what the class is called


def split_and_class(picture: str, splits_above: bool) -> tuple[str | None, str] | None:
    """(split, class) that the folders of a picture tell; None where there is no folder for a class."""
    *folders, _ = picture.split("/")
    if not splits_above:
        return (None, folders[0]) if folders else None
    return (split_in(folders[0]), folders[1]) if len(folders) > 1 else None


def is_called_like_a_split(folder: str) -> bool:
    """Does its name say nothing else?

    >>> is_called_like_a_split("val2017"), is_called_like_a_split("test_images"), is_called_like_a_split("test bench")
    (True, True, False)
    """
    return all(split_in(word) or word in OF_SPLITS for word in re.findall("[^\\W\\d_]+", folder.lower()))


def folders_without_class(root: Path, told: dict[str, tuple[str | None, str]]) -> list[str]:
    """Folders beside those of the classes that hold no picture."""
    classes = {str(PurePosixPath(picture).parents[-3 if split else -2]) for picture, (split, _) in told.items()}
    beside = {path for one in {(root / name).parent for name in classes} for path in one.iterdir() if path.is_dir()}
    names = (path.relative_to(root).as_posix() for path in beside if not is_passed_over(path))
    return sorted(name for name in names if name not in classes)


def sorted_pictures(root: Path) -> tuple[dict[str, tuple[str | None, str]], list[str]]:
    """(picture -> its split and class, pictures that are in no class)."""
    pictures = list(pictures_below(root))
    tops = {picture.split("/")[0] for picture in pictures if "/" in picture}
    splits_above = bool(tops) and all(split_in(top) is not None for top in tops)
    if splits_above and not any(picture.count("/") > 1 for picture in pictures):
        splits_above = all(map(is_called_like_a_split, tops))  # a test bench and a train station are classes
    found = {picture: split_and_class(picture, splits_above) for picture in pictures}
    told = {picture: told for picture, told in found.items() if told is not None}
    return told, [picture for picture in pictures if picture not in told]


def is_here(source: DataSource) -> bool:
    """Are there pictures in the folders of two classes or more, and no more beside these folders?"""
    if not source.path.is_dir():
        return False
    told, others = sorted_pictures(source.path)
    return len({name for _, name in told.values()}) > 1 and len(told) > len(others)


def spoken_names(folders: Sequence[str]) -> dict[str, str]:
    """Folder -> the name of its class: spaces for underscores, and without a number that every folder begins with.

    >>> spoken_names(["001.Black_footed_Albatross", "002.Laysan_Albatross"])
    {'001.Black_footed_Albatross': 'Black footed Albatross', '002.Laysan_Albatross': 'Laysan Albatross'}
    """
    numbered = all(NUMBER.match(folder) for folder in folders)
    return {folder: (NUMBER.sub("", folder, count=1) if numbered else folder).replace("_", " ") for folder in folders}


def names_from(path: Path, folders: Sequence[str]) -> dict[str, str]:
    """Folder -> the name that a text file gives its class.

    Each line is `FOLDER: NAME` (or with a tab, space, comma or = between them), for some folders or all. Or each line
    is a name alone: one for each folder, in the order of the sorted folders.
    ValueError names the line of a folder that is not there, or the numbers of lines and folders.
    """
    lines = read_texts(path)
    named = {line: folder_of(text, folders) for line, text in lines}
    if not any(named.values()):
        if len(lines) != len(folders):
            raise ValueError(
                f"{path} has {len(lines)} names and there are {len(folders)} class folders: write FOLDER: NAME on each "
                f"line, or one name for each folder, in the order {', '.join(folders[:3])}, ..."
            )
        return dict(zip(folders, (text for _, text in lines), strict=True))
    names: dict[str, str] = {}
    for line, text in lines:
        folder = named[line]
        if folder is None:
            raise ValueError(f"{path} line {line}: {text!r} begins with none of the folders {', '.join(folders[:5])}")
        if folder in names:
            raise ValueError(f"{path} line {line}: the folder {folder} has the name {names[folder]!r} already")
        names[folder] = text[len(folder) :].lstrip(" \t:,=").strip()
        if not names[folder]:
            raise ValueError(f"{path} line {line}: {text!r} gives no name")
    return names


def folder_of(text: str, folders: Sequence[str]) -> str | None:
    """The longest folder name that a line begins with, and something after it."""
    fits = [one for one in folders if text.startswith(one) and SEPARATOR.match(text[len(one) :])]
    return max(fits, key=len, default=None)


class ClassFolders:
    """One split of class folders; a `CaptionDataset` with `class_names` and `labels`, and without captions.

    split: train, val or test; a split may be empty. None: what a zero-shot evaluation asks: the test split that the
    folders tell, else all of val, else every picture, because nothing was trained on them.
    `templates` are the sentences around the class names. Raises ValueError for names that do not fit the folders.
    """

    name = "class_folders"

    def __init__(self, source: DataSource, split: str | None = "test"):
        self._source, self.root = source, source.path
        told, others = sorted_pictures(self.root)
        folders = sorted({name for _, name in told.values()})
        names = spoken_names(folders)
        if path := self._file(source.class_names, NAMES_FILE):
            names |= names_from(path, folders)
        twice = [name for name, count in Counter(nfc(name).lower() for name in names.values()).items() if count > 1]
        if twice:
            same = [folder for folder in folders if nfc(names[folder]).lower() == twice[0]]
            raise ValueError(
                f"{self.root}: the classes {' and '.join(same)} have one name, {twice[0]!r}: tell them apart in "
                f"{path or NAMES_FILE}, or give one folder for both"
            )
        path = self._file(source.templates, TEMPLATES_FILE)
        self.templates: Sequence[str] = read_templates(path) if path else PICTURE_TEMPLATES
        self.class_names = [names[folder] for folder in folders]
        of_folders = {picture: one for picture, (one, _) in told.items()}
        splits, how = splits_to_ask(of_folders) if split is None else complete_splits(of_folders)
        self.split = canonical_split(split) if split is not None else next(iter(splits.values()))
        self.files = [picture for picture in told if splits.get(picture) == self.split]
        labels = {folder: label for label, folder in enumerate(folders)}
        self.labels = [labels[told[picture][1]] for picture in self.files]
        self.notes: LeftOut = {}
        if others:
            what = "pictures are in no class folder and are left out"
            note(self.notes, "pictures_without_class", what, others[0], len(others))
        if empty := folders_without_class(self.root, told):
            note(
                self.notes, "folders_without_pictures", "folders hold no picture and are no class", empty[0], len(empty)
            )
        counts = Counter(splits.values())
        shown = {one: counts[one] for one in (*SPLITS, "all") if one in counts}
        self.found = Found(str(self.root), TITLE, len(told), 0, shown, how, self.notes, len(folders))

    def _file(self, asked: str | None, usual: str) -> Path | None:
        """The text file that was asked for, or the usual one where it is there."""
        if asked is not None:
            return Path(asked)
        return self.root / usual if (self.root / usual).is_file() else None

    def to_ask(self) -> "ClassFolders":
        """The pictures that a zero-shot evaluation asks."""
        return ClassFolders(self._source, None)

    def __len__(self) -> int:
        return len(self.files)

    def image(self, index: int) -> Image.Image:
        return to_rgb(open_image(self.root / self.files[index]))

    def captions(self, index: int) -> list[str]:
        """None: a class name is not a caption."""
        return []


def open_split(source: DataSource, split: str) -> ClassFolders:
    return ClassFolders(source, split)
