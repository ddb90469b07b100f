"""Get a data set ready: draw the picture book, or fetch photos and check them. Also shows a set, or writes shards.

    minclip data picturebook --size 48              draws 103,000 pictures and the tasks, and keeps them
    minclip data picturebook --show look.png        writes a page of pictures with captions
    minclip data picturebook --sheet sheet.png      writes every class in every style
    minclip data cifar10                            fetches 170 MB and compares the checksum
    minclip data flickr8k --from Downloads/Flickr8k_Dataset.zip     uses a file that you have
    minclip data shards --data flickr8k --out shards/               writes WebDataset shards; open_clip reads them, too

Data sets are kept in the data folder. `minclip doctor` names it, and MINCLIP_DATA sets another.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from minclip.cli.data_arguments import COLUMN_ARGUMENTS, add_column_arguments, data_of
from minclip.cli.values import local_path, name_or_path, whole_number
from minclip.data import NAMES
from minclip.data.paths import require_place
from minclip.data.splits import SPLITS

if TYPE_CHECKING:
    from minclip.data.protocol import CaptionDataset

PICTUREBOOK, PICTUREBOOK_SIZE = "picturebook", 32  # pixels; the preset "tiny" reads this size
SHARDS = "shards"
SHEET_SIZE = 48  # pixels; small enough for 52 × 13 pictures, large enough to recognise them
SHOWN = 24  # pictures on a page: four rows of six


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", choices=(*NAMES, SHARDS), help=f"the data set, or {SHARDS} (WebDataset) of one")
    parser.add_argument(
        "--from", dest="source", type=local_path, metavar="FILE", help="the official file, if you have it"
    )
    page = parser.add_mutually_exclusive_group()
    page.add_argument(
        "--show",
        nargs="?",
        const=True,
        type=local_path,
        metavar="FILE",
        help="write a page of pictures with captions as PNG (default: NAME.png here)",
    )
    page.add_argument(
        "--sheet",
        nargs="?",
        const=f"{PICTUREBOOK}-sheet.png",
        type=local_path,
        metavar="FILE",
        help=f"write every class of the picture book in every style as PNG (default: {PICTUREBOOK}-sheet.png here)",
    )
    parser.add_argument(
        "--size",
        type=whole_number,
        help=f"pixels a side of the picture book ({PICTUREBOOK_SIZE}; on --sheet {SHEET_SIZE})",
    )
    shards = parser.add_argument_group(f"minclip data {SHARDS}")
    shards.add_argument(
        "--data", type=name_or_path, metavar="NAME_OR_PATH", help="the data set to write: a name or a folder"
    )
    add_column_arguments(shards)
    shards.add_argument("--split", choices=SPLITS, help="one of its splits (default: all three)")
    shards.add_argument("--out", type=local_path, metavar="FOLDER", help="a new folder for the shards")
    shards.add_argument("--per-shard", type=whole_number, metavar="N", help="pictures in a shard (default: 1000)")


def run(arguments: argparse.Namespace) -> int:
    check_arguments(arguments)
    if arguments.name == SHARDS:
        write_shards(arguments)
        return 0
    drawn = arguments.name == PICTUREBOOK
    if arguments.show is True:
        arguments.show = Path(f"{arguments.name}.png")
    for place in (arguments.show, arguments.sheet):
        if place is not None:
            require_place(place)  # before pictures are fetched or drawn
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
        write_page(data, size, arguments.show)
    elif drawn:
        draw_picturebook(size)
    else:
        print(f"{arguments.name} is ready in {data}")
    return 0


def check_arguments(arguments: argparse.Namespace) -> None:
    """ValueError for an option that does not belong to the set or to the shards."""
    to_shards, source = arguments.name == SHARDS, arguments.source is not None
    of_shards = COLUMN_ARGUMENTS | {"--data": "data", "--split": "split", "--out": "out", "--per-shard": "per_shard"}
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
    """Writes one split or all three as WebDataset shards, and prints the options that open_clip needs."""
    from minclip.data import open_dataset, shard_writer
    from minclip.data.layouts.found import found_line
    from minclip.data.left_out import say

    splits = (arguments.split,) if arguments.split else SPLITS
    per_shard = shard_writer.PER_SHARD if arguments.per_shard is None else arguments.per_shard
    size = PICTUREBOOK_SIZE if arguments.size is None else arguments.size
    for split in splits:  # before an hour of work
        shard_writer.require_free(arguments.out, split)
    data = data_of(arguments)
    datasets = [open_dataset(data, split, size=size) for split in splits]
    if found := found_line(datasets[0]):
        print(f"minclip: {found}", file=sys.stderr)
    for dataset in datasets:
        sizes, left_out = written = shard_writer.write_shards(dataset, arguments.out, per_shard, progress=True)
        pictures, files = sum(sizes.values()), arguments.out / written.pattern
        print(f"{dataset.split}: {pictures:,} pictures in {files}")
        say(getattr(dataset, "notes", {}))
        if left_out:
            print(f"minclip: {len(left_out)} pictures were left out, first: {left_out[0]}", file=sys.stderr)
        if dataset.split == "train":
            print(f"open_clip: --dataset-type webdataset --train-data '{files}' --train-num-samples {pictures}")


def draw_picturebook(size: int) -> None:
    """Draws every split and every task that is not drawn yet."""
    from minclip.data.picturebook import PictureBook, tasks

    for split in ("train", "val", "test"):
        print(f"{split}: {len(PictureBook(split, size=size).pixels):,} pictures of {size} × {size} pixels")
    for name, task in tasks(size).items():
        print(f"task {name}: {len(task.pixels):,} pictures")


def write_sheet(size: int, file: Path) -> None:
    """Writes a PNG file with a row for each class and a column for each style."""
    from minclip.data.paths import atomic_write
    from minclip.data.picturebook.contact import classes_by_styles

    # 32 levels of a channel: most of the file is noise, and nobody sees its last bits
    sheet = classes_by_styles(size).point(lambda level: level & 0xF8)
    with atomic_write(file) as opened:
        sheet.save(opened, format="png", optimize=True)
    print(f"{file}: every class in every style, {sheet.width:,} × {sheet.height:,} pixels")


def write_page(data: str, size: int, file: Path) -> None:
    """Writes a PNG file of pictures that are spread evenly over the test split, with captions.

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
            texts.append(caption_or_class(dataset, index))
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


def caption_or_class(dataset: "CaptionDataset", index: int) -> str:
    """The picture's first caption, or its class where the set has classes only."""
    captions = dataset.captions(index)
    if captions:
        return captions[0]
    return str(dataset.class_names[dataset.labels[index]])  # type: ignore[attr-defined]
