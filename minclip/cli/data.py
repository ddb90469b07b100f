"""Get a data set ready: draw the picture book, or fetch a set of photos and check it. Or look at it, or pass it on.

    minclip data picturebook --size 48              draws 103,000 pictures and the tasks, which are kept
    minclip data picturebook --show look.png        a page of pictures with captions, and nothing else
    minclip data picturebook --sheet sheet.png      every class in every style on one sheet, and nothing else
    minclip data cifar10                            fetches it, 170 MB, and compares the checksum
    minclip data flickr8k --from Downloads/Flickr8k_Dataset.zip     uses what you have
    minclip data shards --data flickr8k --out shards/               WebDataset shards, which open_clip trains on

Sets are kept in the data folder that `minclip doctor` names; MINCLIP_DATA chooses another.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from minclip.data import NAMES
from minclip.data.splits import SPLITS

if TYPE_CHECKING:
    from minclip.data.protocol import CaptionDataset

PICTUREBOOK, PICTUREBOOK_SIZE = "picturebook", 32  # pixels; what the preset "tiny" reads
SHARDS = "shards"
SHEET_SIZE = 48  # pixels; small enough for 52 × 13 pictures, large enough to tell what they are
SHOWN = 24  # pictures on a page: four rows of six


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", choices=(*NAMES, SHARDS), help=f"the set, or {SHARDS}: write one as WebDataset shards")
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
    shards = parser.add_argument_group(f"minclip data {SHARDS}")
    shards.add_argument("--data", metavar="NAME_OR_PATH", help="the set to write: a name, or a folder")
    shards.add_argument("--split", choices=SPLITS, help="one of its splits (default: all three)")
    shards.add_argument("--out", type=Path, metavar="FOLDER", help="where the shards go: a new folder")
    shards.add_argument("--per-shard", type=int, metavar="N", help="pictures in a shard (default: 1000)")


def run(arguments: argparse.Namespace) -> int:
    check(arguments)
    if arguments.name == SHARDS:
        write_shards(arguments)
        return 0
    drawn = arguments.name == PICTUREBOOK
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


def check(arguments: argparse.Namespace) -> None:
    """ValueError where an option is not of what is asked for."""
    to_shards, source = arguments.name == SHARDS, arguments.source is not None
    of_shards = {"--data": "data", "--split": "split", "--out": "out", "--per-shard": "per_shard"}
    given = [option for option, name in of_shards.items() if getattr(arguments, name) is not None]
    if given and not to_shards:
        raise ValueError(f"{', '.join(given)}: only for minclip data {SHARDS}")
    if to_shards and (arguments.data is None or arguments.out is None):
        raise ValueError(f"minclip data {SHARDS} needs --data NAME_OR_PATH and --out FOLDER")
    if to_shards and (source or arguments.show is not None or arguments.sheet is not None):
        raise ValueError(f"--from, --show and --sheet are for a set, not for minclip data {SHARDS}")
    name = arguments.data if to_shards else arguments.name
    if name == PICTUREBOOK and source:
        raise ValueError("the picture book is drawn, not fetched: leave out --from")
    if name != PICTUREBOOK and arguments.size is not None:
        raise ValueError(f"--size is for the picture book: the pictures of {name} keep their own")
    if name != PICTUREBOOK and arguments.sheet is not None:
        raise ValueError(f"--sheet is for the picture book: --show shows pictures of {name}")


def write_shards(arguments: argparse.Namespace) -> None:
    """A split, or each of the three, as WebDataset shards; prints what open_clip wants to be told."""
    from minclip.data import open_dataset, shard_writer
    from minclip.data.left_out import say

    splits = (arguments.split,) if arguments.split else SPLITS
    per_shard = shard_writer.PER_SHARD if arguments.per_shard is None else arguments.per_shard
    size = PICTUREBOOK_SIZE if arguments.size is None else arguments.size
    for split in splits:  # before an hour's work
        shard_writer.require_free(arguments.out, split)
    for dataset in [open_dataset(arguments.data, split, size=size) for split in splits]:
        sizes, left_out = written = shard_writer.write_shards(dataset, arguments.out, per_shard, progress=True)
        pictures, files = sum(sizes.values()), arguments.out / written.pattern
        print(f"{dataset.split}: {pictures:,} pictures in {files}")
        say(getattr(dataset, "notes", {}))
        if left_out:
            print(f"minclip: {len(left_out)} pictures were left out, first: {left_out[0]}", file=sys.stderr)
        if dataset.split == "train":
            print(f"open_clip: --dataset-type webdataset --train-data '{files}' --train-num-samples {pictures}")


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
    """Writes a page of pictures, spread evenly over the test split, as a PNG file.

    A picture that cannot be read is named and left out. ValueError where none of them can be read.
    """
    import numpy as np

    from minclip.data import open_dataset
    from minclip.data.left_out import note_unreadable, say
    from minclip.data.paths import atomic_write
    from minclip.figures.plotting import plot_samples

    dataset = open_dataset(data, "test", size=size)
    chosen = np.linspace(0, len(dataset) - 1, min(SHOWN, len(dataset))).astype(int).tolist()
    images, texts, unreadable = [], [], []
    for index in chosen:
        try:
            images.append(dataset.image(index))
            texts.append(said_of(dataset, index))
        except (OSError, ValueError) as error:  # one bad file does not end a job
            unreadable.append(str(error))
    if not images:
        raise ValueError(f"none of {len(chosen)} test pictures can be read, first: {unreadable[0]}")
    left_out = dict(getattr(dataset, "notes", {}))
    note_unreadable(left_out, dataset, unreadable)
    figure = plot_samples(images, texts)
    with atomic_write(file) as opened:
        figure.savefig(opened, format="png")
    say(left_out)
    print(f"{file}: {len(images)} of {len(dataset):,} test pictures")


def said_of(dataset: "CaptionDataset", index: int) -> str:
    """The picture's first caption, or its class where the set has classes only."""
    captions = dataset.captions(index)
    if captions:
        return captions[0]
    return dataset.class_names[dataset.labels[index]]  # type: ignore[attr-defined]
