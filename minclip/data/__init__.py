"""Data sets by name or by folder. `open_dataset` is all that training and evaluation need to know.

`InMemory` makes a data set of pictures and captions that you have already. `DataSource` names the columns of a table.
Not here: layouts (layouts/), fetching (sources.py), drawing (picturebook/), what a data set looks like (protocol.py).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from minclip.data.layouts.data_source import DataSource

if TYPE_CHECKING:  # NAMES is for --help, too, which does not wait for numpy
    from minclip.data.memory import InMemory
    from minclip.data.protocol import CaptionDataset

__all__ = ["NAMES", "DataSource", "InMemory", "open_dataset", "open_folder"]

NAMES = ("picturebook", "flickr8k", "rsicd", "cifar10", "cifar100")


def __getattr__(name: str) -> Any:
    if name == "InMemory":
        from minclip.data.memory import InMemory

        return InMemory
    raise AttributeError(f"module 'minclip.data' has no attribute {name!r}")


def open_dataset(data: Any, split: str, size: int = 32, **options: str | None) -> "CaptionDataset":
    """One split (train, val, test) of a data set.

    data: a name of NAMES, a folder or file in a known layout (layouts/), an object of the package `datasets`, or a
        DataSource, which is any of them with options.
    size: pixels per side, for sets that are drawn; photos keep their own until they are loaded.
    options: those of DataSource, such as image_column="filepath".
    Raises ValueError where the name is unknown, the set is not there yet, or the folder holds nothing known.
    """
    from minclip.data.layouts.data_source import as_source

    source = as_source(data, **options)
    if not isinstance(source.data, str | Path):
        from minclip.data.layouts import huggingface

        if not huggingface.is_huggingface(source.data):
            raise ValueError(f"data is of type {type(source.data).__name__}: give a name, a folder or a data set")
        return huggingface.open_split(source, split)
    return open_named(source, split, size) if str(source.data) in NAMES else open_folder(source, split)


def open_named(source: DataSource, split: str, size: int) -> "CaptionDataset":
    """One split of a set that has a name."""
    from minclip.data.paths import data_root  # here and below: opening one set does not import the others

    name = str(source.data)
    if source.options:
        raise ValueError(f"{name} takes no {', '.join(source.options)}: its columns and classes are known")
    if name == "picturebook":
        from minclip.data.picturebook import PictureBook

        return PictureBook(split, size=size)
    from minclip.data.sources import holds, how_to_get

    path = data_root() / name / "files"
    if not holds(name, path):
        raise ValueError(f"{name} is not in {path}: {how_to_get(name)}")
    return open_folder(path, split)


def open_folder(data: Any, split: str) -> "CaptionDataset":
    """A folder or file by what is in it."""
    from minclip.data.layouts import open_layout
    from minclip.data.layouts.data_source import as_source

    source = as_source(data)
    if not source.path.exists():
        from minclip.data.unread_layouts import no_place

        if why := no_place(str(source.data)):
            raise ValueError(f"data {str(source.data)!r} is {why}")
        names = ", ".join(NAMES)
        raise ValueError(f"data {str(source.data)!r} is neither a name ({names}) nor a folder that is there")
    return open_layout(source, split)
