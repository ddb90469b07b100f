"""The official files of each data set, with their checksums, and how they come to where the loaders look.

Fetching and unpacking themselves are in download.py. A checksum that differs is an error.
Published in: torchvision 0.29 and TensorFlow Datasets 4.9 (CIFAR), the R package torchvision (Flickr8k).
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from minclip.data.cifar import find_cifar
from minclip.data.download import checksum_fault, fetch, move_into, unpack
from minclip.data.flickr8k import SPLIT_LISTS, TOKEN_FILE, is_flickr8k
from minclip.data.paths import data_root
from minclip.data.rsicd import is_rsicd

RSICD_PAGE = "https://github.com/201528014227051/RSICD_optimal"


@dataclass(frozen=True)
class SourceFile:
    """A file as its publisher offers it."""

    url: str
    md5: str
    sha256: str | None = None  # None where no one published it
    size: int | None = None  # bytes

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]


FLICKR8K = "https://github.com/jbrownlee/Datasets/releases/download/Flickr8k/"
CIFAR_HOME = "https://www.cs.toronto.edu/~kriz/"
SOURCES = {
    "flickr8k": (  # the text comes last: where it is, the photos are, too
        SourceFile(FLICKR8K + "Flickr8k_Dataset.zip", "f18a1e2920de5bd84dae7cf08ec78978"),  # 1.1 GB
        SourceFile(FLICKR8K + "Flickr8k_text.zip", "bf6c1abcb8e4a833b7f922104de18627"),
    ),
    "cifar10": (
        SourceFile(
            CIFAR_HOME + "cifar-10-python.tar.gz",
            "c58f30108f718f92721af3b95e74349a",
            "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        ),
    ),
    "cifar100": (
        SourceFile(
            CIFAR_HOME + "cifar-100-python.tar.gz",
            "eb9058c3a382ffc7106e4002c42a8d85",
            "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
            169_001_437,
        ),
    ),
}
# Flickr8k_text.zip exists zipped anew, with another checksum and these very files in it
FLICKR8K_TEXT = {
    TOKEN_FILE: "1e1f3a371ba1a1bf742e6930521c037e046b2bf3fcc2390ba8405e0301ed7689",
    SPLIT_LISTS["train"]: "e330ddd5156a4c2d2e2b67bc587e70e588f2d132bd8a10dc54dcb71e58115d8e",
    SPLIT_LISTS["val"]: "18ba829f47f6df1cb830bf7f0506e2ddf333818925299babbd1bbcaf50fdc504",
    SPLIT_LISTS["test"]: "c0924146c131458ceba45da59670fe9520eadce1e5cafffa16a817672a9b1f17",
}


def how_to_get(name: str) -> str:
    """What to do where a set is not here, in one sentence."""
    if name == "rsicd":
        return (
            f"RSICD has no address that lasts. Get it from its authors ({RSICD_PAGE}), put "
            "dataset_rsicd.json and the folder RSICD_images side by side, and pass that folder with --data"
        )
    return f"run `minclip data {name}`, with --from FILE where you have {SOURCES[name][0].name} already"


def holds(name: str, folder: Path) -> bool:
    """Is this set in the folder, ready to be read?"""
    if name == "flickr8k":
        return is_flickr8k(folder)
    if name == "rsicd":
        return is_rsicd(folder)
    found = find_cifar(folder)
    return found is not None and found[0] == name


def obtain(name: str, source: str | Path | None = None, progress: bool = True) -> Path:
    """Gets a data set and returns the folder that the loaders read, by default data_root()/NAME/files.

    source: instead of the network, the official file (of Flickr8k the folder with both, or one of them beside
    the other); it is checked and copied. A folder that holds the set is returned as it is, nothing is copied.
    Raises ValueError for an unknown name or a wrong file, OSError for everything between here and there.
    """
    if name not in (*SOURCES, "rsicd"):
        raise ValueError(f"name={name!r} is no set to fetch: choose of {', '.join((*SOURCES, 'rsicd'))}")
    source = None if source is None else Path(source)
    if source is not None and not source.exists():
        raise FileNotFoundError(f"{source} is not there")
    if source is not None and source.is_dir() and holds(name, source):
        if progress:
            print(f"{source} holds {name} already: pass --data {source}, nothing was copied", file=sys.stderr)
        return source
    files = data_root() / name / "files"
    if source is None and files.is_dir() and holds(name, files):
        return files
    if name == "rsicd":
        return obtain_rsicd(source, files)
    if name == "flickr8k":
        return obtain_flickr8k(source, files, progress)
    (item,) = SOURCES[name]
    local = source / item.name if source is not None and source.is_dir() else source
    fetch(item.url, files / item.name, item.sha256, item.md5, item.size, progress, local)
    return files


def obtain_flickr8k(source: Path | None, files: Path, progress: bool) -> Path:
    """Both archives, unpacked.

    Fetched copies are deleted, they are as large as the photos: but not before all is there, so that a call
    that failed half-way is gone on with.
    """
    if source is None:
        items = SOURCES["flickr8k"]
        archives = [fetch(i.url, files / i.name, i.sha256, i.md5, i.size, progress) for i in items]
    else:
        archives = local_flickr8k(source if source.is_dir() else source.parent)
    for archive in archives:
        unpack(archive, files)
    for name, sha256 in FLICKR8K_TEXT.items():
        if fault := checksum_fault(files / name, sha256):
            (files / TOKEN_FILE).unlink(missing_ok=True)  # so that no one takes the set for complete
            raise ValueError(f"{name} of Flickr8k_text.zip is not the expected file: {fault}")
    if source is None:
        for archive in archives:
            archive.unlink()
    return files


def local_flickr8k(folder: Path) -> list[Path]:
    """Both archives of a folder, the photos checked; the text may be zipped anew, its files are checked later."""
    items = SOURCES["flickr8k"]
    archives = [folder / item.name for item in items]
    for archive in archives:
        if not archive.is_file():
            raise FileNotFoundError(f"{archive} is not there: --from needs {' and '.join(i.name for i in items)}")
    if fault := checksum_fault(archives[0], items[0].sha256, items[0].md5, items[0].size):
        raise ValueError(f"{archives[0]} is not the expected file: {fault}")
    return archives


def obtain_rsicd(source: Path | None, files: Path) -> Path:
    """From an archive of the folder; there is no checksum to hold it against."""
    if source is None or source.is_dir():
        found = "" if source is None else f"{source} does not hold RSICD. "
        raise ValueError(found + how_to_get("rsicd"))
    unpack(source, files)
    inner = next((folder for folder in sorted(files.iterdir()) if folder.is_dir() and is_rsicd(folder)), None)
    if inner is not None:  # the archive had one folder around it all
        for item in list(inner.iterdir()):
            move_into(item, files)
        inner.rmdir()
    if not is_rsicd(files):
        raise ValueError(f"{source} does not hold RSICD. {how_to_get('rsicd')}")
    return files
