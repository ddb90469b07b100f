"""The layouts in which people keep pictures, one file for each; here is the table of them.

`open_dataset`, its error message and the data cards share this table. A module of a layout has `is_here(source)` and
`open_split(source, split)`. The first layout that is here is opened: those with a name of their own come before those
that are known by what is in them.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from minclip.data.layouts.data_source import OPTIONS, DataSource

if TYPE_CHECKING:
    from minclip.data.protocol import CaptionDataset

COLUMNS = ("image_column", "caption_column", "split_column")


@dataclass(frozen=True)
class Layout:
    """A layout: what it is called, what it is known by, which options it takes."""

    title: str
    looked_for: str
    card: str  # the folder of its card, below datasets/
    module: str  # below minclip.data; imported when a folder is looked at
    options: tuple[str, ...] = ()

    def is_here(self, source: DataSource) -> bool:
        return bool(import_module(f"minclip.data.{self.module}").is_here(source))

    def open_split(self, source: DataSource, split: str) -> "CaptionDataset":
        dataset: CaptionDataset = import_module(f"minclip.data.{self.module}").open_split(source, split)
        return dataset


LAYOUTS = (
    Layout("CIFAR", "batches.meta, meta or cifar-*.tar.gz", "cifar10", "cifar"),
    Layout("a table of captions", "captions.csv", "folder", "folder", COLUMNS),
    Layout("Flickr8k, also Kaggle's", "Flickr8k.token.txt, or captions.txt beside Images/", "flickr8k", "flickr8k"),
    Layout("RSICD", "dataset_rsicd.json or captions.json", "rsicd", "rsicd"),
    Layout(
        "Hugging Face's ImageFolder", "metadata.jsonl, .csv or .parquet", "imagefolder", "layouts.imagefolder", COLUMNS
    ),
    Layout("Karpathy's splits", "a .json of images with filename and sentences", "karpathy", "layouts.karpathy"),
    Layout("COCO's captions", "a .json of images and annotations with captions", "coco", "layouts.coco"),
    Layout("WebDataset shards", "*.tar", "shards", "shards"),
    Layout(
        "a table under another name",
        "a .csv, .tsv or .token, such as OpenCLIP's or Flickr30k's",
        "folder",
        "layouts.table",
        COLUMNS,
    ),
    Layout(
        "a list of records",
        "a .jsonl or .json of records with columns as in a table",
        "records",
        "layouts.records",
        COLUMNS,
    ),
    Layout("a text beside each picture", "1.txt beside 1.jpg", "texts", "layouts.texts_beside"),
    Layout(
        "a JSON beside each picture",
        "1.json beside 1.jpg, with a caption in it",
        "texts",
        "layouts.json_beside",
        ("caption_column",),
    ),
    Layout("Parquet", "*.parquet with the bytes of pictures", "parquet", "layouts.parquet", COLUMNS),
    Layout(
        "class folders",
        "two folders of pictures or more",
        "class_folders",
        "layouts.class_folders",
        ("class_names", "templates"),
    ),
)


def layout_of(source: DataSource) -> Layout | None:
    """The layout of a folder or file; None where it has none that is known."""
    return next((layout for layout in LAYOUTS if layout.is_here(source)), None)


def looked_for() -> str:
    """All layouts, in words for an error."""
    return ", ".join(f"{layout.title} ({layout.looked_for})" for layout in LAYOUTS)


def open_layout(source: DataSource, split: str) -> "CaptionDataset":
    """One split of a folder or file, by what is in it. ValueError for an unknown layout, or an option that it lacks."""
    layout = layout_of(source)
    if layout is None:
        from minclip.data.unread_layouts import unread_layout

        path = source.path
        found = ", ".join(sorted(p.name for p in path.iterdir())[:5]) if path.is_dir() else "a file"
        looks = unread_layout(path, source)
        why = f": {looks}" if looks else ""
        raise ValueError(
            f"{path} is no data set that minclip knows{why} (it holds {found or 'nothing'}). Looked for: {looked_for()}"
        )
    for option in source.options:
        if option not in layout.options:
            takes = ", ".join(one.title for one in LAYOUTS if option in one.options)
            raise ValueError(f"{source.data} is {layout.title}, which takes no {option}: that is for {takes}")
    return layout.open_split(source, split)


__all__ = ["LAYOUTS", "OPTIONS", "DataSource", "Layout", "layout_of", "looked_for", "open_layout"]
