"""Get a data set ready: draw the picture book, or fetch a set of photos and check it. Or look at it.

    minclip data picturebook --size 48              draws 103,000 pictures and the tasks, which are kept
    minclip data picturebook --show look.png        a page of pictures with captions, and nothing else
    minclip data picturebook --sheet sheet.png      every class in every style on one sheet, and nothing else
    minclip data cifar10                            fetches it, 170 MB, and compares the checksum
    minclip data flickr8k --from Downloads/Flickr8k_Dataset.zip     uses what you have

Sets are kept in the data folder that `minclip doctor` names; MINCLIP_DATA chooses another.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from minclip.data import NAMES

if TYPE_CHECKING:
    from minclip.data.protocol import CaptionDataset

PICTUREBOOK, PICTUREBOOK_SIZE = "picturebook", 32  # pixels; what the preset "tiny" reads
SHEET_SIZE = 48  # pixels; small enough for 52 × 13 pictures, large enough to tell what they are
SHOWN = 24  # pictures on a page: four rows of six


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", choices=NAMES, help="the set")
    parser.add_argument("--from", dest="source", type=Path, metavar="FILE", help="the official file, if you have it")
    page = parser.add_mutually_exclusive_group()
    page.add_argument(
        "--show",
        nargs="?",
        const=True,
        metavar="FILE",
        help="write a page of pictures with captions as PNG (default: NAME.png here)",
    )
    page.add_argument(
        "--sheet",
        nargs="?",
        const=f"{PICTUREBOOK}-sheet.png",
        type=Path,
        metavar="FILE",
        help=f"write every class of the picture book in every style as PNG (default: {PICTUREBOOK}-sheet.png here)",
    )
    parser.add_argument(
        "--size", type=int, help=f"pixels a side of the picture book ({PICTUREBOOK_SIZE}; on --sheet {SHEET_SIZE})"
    )


def run(arguments: argparse.Namespace) -> int:
    drawn = arguments.name == PICTUREBOOK
    if drawn and arguments.source is not None:
        raise ValueError("the picture book is drawn, not fetched: leave out --from")
    if not drawn and arguments.size is not None:
        raise ValueError(f"--size is for the picture book: the pictures of {arguments.name} keep their own")
    if not drawn and arguments.sheet is not None:
        raise ValueError(f"--sheet is for the picture book: --show shows pictures of {arguments.name}")
    if arguments.sheet is not None:
        write_sheet(SHEET_SIZE if arguments.size is None else arguments.size, arguments.sheet)
        return 0
    size = PICTUREBOOK_SIZE if arguments.size is None else arguments.size
    if drawn:
        data = PICTUREBOOK
    else:
        from minclip.data.sources import obtain

        data = str(obtain(arguments.name, arguments.source))
    if arguments.show is not None:
        show(data, size, Path(f"{arguments.name}.png" if arguments.show is True else arguments.show))
    elif drawn:
        draw_picturebook(size)
    else:
        print(f"{arguments.name} is ready in {data}")
    return 0


def draw_picturebook(size: int) -> None:
    """Every split and every task; what is drawn already is left as it is."""
    from minclip.data.picturebook import PictureBook, tasks

    for split in ("train", "val", "test"):
        print(f"{split}: {len(PictureBook(split, size=size).pixels):,} pictures of {size} × {size} pixels")
    for name, task in tasks(size).items():
        print(f"task {name}: {len(task.pixels):,} pictures")


def write_sheet(size: int, file: Path) -> None:
    """Every class as a row, every style as a column, as a PNG file."""
    from minclip.data.paths import atomic_write
    from minclip.data.picturebook.contact import classes_by_styles

    # 32 levels of a channel: noise is most of the file, and its last bits are not seen
    sheet = classes_by_styles(size).point(lambda level: level & 0xF8)
    with atomic_write(file) as opened:
        sheet.save(opened, format="png", optimize=True)
    print(f"{file}: every class in every style, {sheet.width:,} × {sheet.height:,} pixels")


def show(data: str, size: int, file: Path) -> None:
    """A page of pictures that are spread evenly over the test split, as a PNG file."""
    import numpy as np

    from minclip.data import open_dataset
    from minclip.data.paths import atomic_write
    from minclip.plotting import plot_samples

    dataset = open_dataset(data, "test", size=size)
    chosen = np.linspace(0, len(dataset) - 1, min(SHOWN, len(dataset))).astype(int).tolist()
    figure = plot_samples([dataset.image(i) for i in chosen], [said_of(dataset, i) for i in chosen])
    with atomic_write(file) as opened:
        figure.savefig(opened, format="png")
    print(f"{file}: {len(chosen)} of {len(dataset):,} test pictures")


def said_of(dataset: "CaptionDataset", index: int) -> str:
    """The picture's first caption, or its class where the set has classes only."""
    captions = dataset.captions(index)
    if captions:
        return captions[0]
    return dataset.class_names[dataset.labels[index]]  # type: ignore[attr-defined]
