"""CIFAR-10 and CIFAR-100: 60,000 photos of 32 × 32 pixels, one class each. For tests, not for training.

The files are pickles, which can run code: only what holds arrays of numbers is let through.
Source: Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
"""

import io
import pickle
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image

from minclip.data.images import load_pixels
from minclip.data.layouts.data_source import DataSource
from minclip.data.protocol import CaptionDataset, ClassTask
from minclip.data.tar_members import members_of
from minclip.prompts import PHOTO_TEMPLATES

SIDE = 32  # pixels
META = {"cifar10": "batches.meta", "cifar100": "meta"}
SPLIT_FILES = {
    "cifar10": {"train": [f"data_batch_{k}" for k in range(1, 6)], "test": ["test_batch"]},
    "cifar100": {"train": ["train"], "test": ["test"]},
}
LABEL_KEY = {"cifar10": "labels", "cifar100": "fine_labels"}
NAMES_KEY = {"cifar10": "label_names", "cifar100": "fine_label_names"}
FOLDERS = {"cifar10": "cifar-10-batches-py", "cifar100": "cifar-100-python"}
ARCHIVES = {"cifar10": "cifar-10-*.tar.gz", "cifar100": "cifar-100-*.tar.gz"}


def encode_latin1(text: str, encoding: str) -> bytes:
    """Stands in for codecs.encode: pickles of Python 3 write bytes as latin1 text."""
    if encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError(f"the encoding {encoding!r} is not allowed")
    return text.encode("latin1")


# the function that rebuilds an array: numpy gives it no public name
RECONSTRUCT = np.empty(0).__reduce__()[0]
ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"): RECONSTRUCT,
    ("numpy._core.multiarray", "_reconstruct"): RECONSTRUCT,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): encode_latin1,
}


class ArrayUnpickler(pickle.Unpickler):
    """Reads lists, dicts, numbers, text and arrays; refuses every other class."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(
                f"it asks for {module}.{name}, which CIFAR does not need and minclip never runs"
            )
        return ALLOWED[module, name]


def read_pickle(content: bytes, where: str) -> dict[str, Any]:
    """The dict of one of CIFAR's files; ValueError for anything else."""
    try:
        found = ArrayUnpickler(io.BytesIO(content), encoding="latin1").load()  # written by Python 2
    except Exception as error:  # a broken pickle leads anywhere
        raise ValueError(f"{where} is not a file of CIFAR: {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"{where} is not a file of CIFAR: it holds a {type(found).__name__}")
    return found


def find_cifar(root: Path) -> tuple[str, Path] | None:
    """("cifar10" or "cifar100", the folder or archive with its files); None where there is none."""
    for name, meta in META.items():
        if root.is_file():
            if root.match(ARCHIVES[name]):
                return name, root
            continue
        for folder in (root, root / FOLDERS[name]):
            if (folder / meta).is_file() and any((folder / f[0]).is_file() for f in SPLIT_FILES[name].values()):
                return name, folder
        if archives := sorted(root.glob(ARCHIVES[name])):
            return name, archives[0]
    return None


def is_cifar(root: Path) -> bool:
    """Is this CIFAR's folder, its archive, or a folder that holds either?"""
    return find_cifar(root) is not None


def read_members(where: Path, names: list[str]) -> dict[str, bytes]:
    """File name -> content, from a folder or straight from the .tar.gz; ValueError where one is missing."""
    contents = {}
    if where.is_dir():
        contents = {name: (where / name).read_bytes() for name in names if (where / name).is_file()}
    else:
        try:
            with tarfile.open(where, "r:gz") as tar:
                for member in members_of(tar):
                    name = PurePosixPath(member.name).name
                    if name in names and (file := tar.extractfile(member)):
                        contents[name] = file.read()
        except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, MemoryError) as error:
            raise ValueError(f"{where} is not a complete .tar.gz ({error}): fetch it again") from error
    if missing := [name for name in names if name not in contents]:
        raise ValueError(f"{where} lacks {', '.join(missing)}: fetch CIFAR again")
    return contents


class CIFAR:
    """The train or test split of CIFAR-10 or -100, whichever `root` holds: a `CaptionDataset`, no captions.

    `pixels` uint8 [n, 32, 32, 3]; `labels` a list of indices into `class_names` (of CIFAR-100 the fine ones).
    Raises ValueError where a file is missing, broken, or holds anything but arrays.
    """

    def __init__(self, root: str | Path, split: str = "test"):
        found = find_cifar(Path(root))
        if found is None:
            raise ValueError(
                f"{root} holds no CIFAR: {FOLDERS['cifar10']}, {FOLDERS['cifar100']} or the .tar.gz of either"
            )
        self.name, self._where = found
        if split not in ("train", "test"):
            raise ValueError(f"split={split!r} is not in CIFAR: choose of train, test")
        self.split = split
        files = SPLIT_FILES[self.name][split]
        contents = read_members(self._where, [META[self.name], *files])
        meta, *batches = [read_pickle(contents[n], f"{self._where}: {n}") for n in (META[self.name], *files)]
        try:
            self.class_names = [str(name).replace("_", " ") for name in meta[NAMES_KEY[self.name]]]
            data = np.concatenate([batch["data"] for batch in batches])  # uint8 [n, 3072]
            self.labels = [int(label) for batch in batches for label in batch[LABEL_KEY[self.name]]]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{self._where} is not CIFAR's: {error!r}") from error
        if data.dtype != np.uint8 or data.shape != (len(self.labels), 3 * SIDE * SIDE):
            raise ValueError(f"{self._where} holds {data.dtype} {list(data.shape)} for {len(self.labels)} labels")
        if not all(0 <= label < len(self.class_names) for label in self.labels):
            raise ValueError(f"{self._where} has a label outside its {len(self.class_names)} classes")
        # every picture is stored channel by channel: [n, 3, 32, 32] -> [n, 32, 32, 3]
        self.pixels = np.ascontiguousarray(data.reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1))

    def __len__(self) -> int:
        return len(self.labels)

    def image(self, index: int) -> Image.Image:
        return Image.fromarray(self.pixels[index])

    def captions(self, index: int) -> list[str]:
        """None: a class name is not a caption."""
        return []


def object_task(dataset: CaptionDataset, size: int) -> ClassTask:
    """Which class is in the picture? Every picture of the split, scaled to `size`."""
    if not isinstance(dataset, CIFAR):
        raise ValueError(f"dataset is {dataset.name}: this task is made of CIFAR-10 or CIFAR-100")
    labels = np.array(dataset.labels, dtype=np.int64)  # [n]
    return ClassTask("object", load_pixels(dataset, size), labels, dataset.class_names, PHOTO_TEMPLATES)


def is_here(source: DataSource) -> bool:
    return is_cifar(source.path)


def open_split(source: DataSource, split: str) -> CIFAR:
    return CIFAR(source.path, split)
