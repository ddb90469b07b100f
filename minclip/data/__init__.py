"""Data sets by name or by folder. `open_dataset` is all that training and evaluation need to know.

`InMemory` makes a data set of pictures and captions that you have already.
Not here: fetching (sources.py), drawing (picturebook/), what a data set looks like (protocol.py).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # NAMES is for --help, too, which does not wait for numpy
    from minclip.data.memory import InMemory
    from minclip.data.protocol import CaptionDataset

__all__ = ["NAMES", "InMemory", "open_dataset", "open_folder"]

NAMES = ("picturebook", "flickr8k", "rsicd", "cifar10", "cifar100")
LAYOUTS = (
    "Flickr8k (Flickr8k.token.txt or captions.txt), RSICD (dataset_rsicd.json or captions.json), "
    "CIFAR (batches.meta, meta or cifar-*.tar.gz), your own pictures (captions.csv), WebDataset shards (*.tar)"
)


def __getattr__(name: str) -> Any:
    if name == "InMemory":
        from minclip.data.memory import InMemory

        return InMemory
    raise AttributeError(f"module 'minclip.data' has no attribute {name!r}")


def open_dataset(name_or_path: str | Path, split: str, size: int = 32) -> "CaptionDataset":
    """One split (train, val, test) of a data set: a name of NAMES, or a folder in a known layout.

    size: pixels per side, for sets that are drawn; photos keep their own until they are loaded.
    Raises ValueError where the name is unknown, the set is not there yet, or the folder holds nothing known.
    """
    from minclip.data.paths import data_root  # here and below: opening one set does not import the others

    if str(name_or_path) == "picturebook":
        from minclip.data.picturebook import PictureBook

        return PictureBook(split, size=size)
    path = Path(name_or_path)
    if str(name_or_path) in NAMES:
        from minclip.data.sources import holds, how_to_get

        path = data_root() / str(name_or_path) / "files"
        if not holds(str(name_or_path), path):
            raise ValueError(f"{name_or_path} is not in {path}: {how_to_get(str(name_or_path))}")
    if not path.exists():
        raise ValueError(
            f"data {str(name_or_path)!r} is neither a name ({', '.join(NAMES)}) nor a folder that is there"
        )
    return open_folder(path, split)


def open_folder(path: Path, split: str) -> "CaptionDataset":
    """A folder (or CIFAR's archive) by what is in it."""
    from minclip.data.cifar import CIFAR, is_cifar
    from minclip.data.flickr8k import Flickr8k, is_flickr8k
    from minclip.data.folder import Folder, is_captioned_folder
    from minclip.data.rsicd import RSICD, is_rsicd
    from minclip.data.shard_splits import is_shards
    from minclip.data.shards import Shards
    from minclip.data.unread_layouts import unread_layout

    if is_cifar(path):
        return CIFAR(path, split)
    if is_captioned_folder(path):
        return Folder(path, split)
    if is_flickr8k(path):
        return Flickr8k(path, split)
    if is_rsicd(path):
        return RSICD(path, split)
    if is_shards(path):  # last: the others may keep their pictures in a .tar
        return Shards(path, split)
    found = ", ".join(sorted(p.name for p in path.iterdir())[:5]) if path.is_dir() else "a file"
    looks = unread_layout(path)
    why = f": {looks}" if looks else ""
    raise ValueError(
        f"{path} is no data set that minclip knows{why} (it holds {found or 'nothing'}). Looked for: {LAYOUTS}"
    )
