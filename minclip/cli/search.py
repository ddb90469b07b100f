"""Find the pictures in a folder that a sentence describes best.

    minclip search "a red car" --in ~/Pictures -k 3

    0.312  ~/Pictures/2024/street.jpg
    0.287  ~/Pictures/toy.png
    0.254  ~/Pictures/fire engine.jpg

The number is the cosine of sentence and picture. It ranks the pictures of one search; alone it means little.
Pictures are read as a viewer shows them: upright by their EXIF orientation, and on white where they are transparent.
All formats that Pillow reads are searched. Linked folders are included, hidden files and folders are not.

The index of the folder is kept, in ~/.cache/minclip/indexes or where the variable MINCLIP_INDEXES says: the next search
encodes new and changed pictures alone. What --exclude leaves out stays out until --exclude or --no-exclude is given.
"""

import argparse
import sys
from typing import TYPE_CHECKING

from minclip.cli.models import add_model_arguments, open_model
from minclip.cli.values import local_path, whole_number

if TYPE_CHECKING:
    from minclip.model import CLIP
    from minclip.search import FolderIndex
    from minclip.zero_shot import Preprocess


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", help="what to look for")
    parser.add_argument("-k", type=whole_number, default=5, help="how many pictures to show (default: 5)")
    add_index_arguments(parser)
    add_model_arguments(parser)


def add_index_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--in", dest="folder", required=True, type=local_path, metavar="FOLDER", help="the pictures' folder"
    )
    leave_out = parser.add_mutually_exclusive_group()
    words = "leave out files and folders of this name, pattern (*.gif) or path; may be repeated, and is kept"
    leave_out.add_argument("--exclude", action="append", metavar="PATTERN", help=words)
    leave_out.add_argument("--no-exclude", action="store_true", help="forget what was excluded before")
    parser.add_argument("--index", type=local_path, metavar="FILE", help="keep the index in this file")


def open_index(
    arguments: argparse.Namespace, model: "CLIP", preprocess: "Preprocess", follow_links: bool = True
) -> "FolderIndex":
    """The index of the folder, brought up to date. stderr says what was left out, and why."""
    from minclip.search import index_folder

    exclude = [] if arguments.no_exclude else arguments.exclude
    how = {"file": arguments.index, "exclude": exclude, "follow_links": follow_links, "progress": True}
    index = index_folder(arguments.folder, model, preprocess, **how)
    for line in index.facts.lines():
        print(f"minclip: {line}", file=sys.stderr)
    return index


def run(arguments: argparse.Namespace) -> int:
    from minclip.zero_shot import encode_texts

    if arguments.k < 1:
        raise ValueError(f"-k {arguments.k} must be at least 1")
    if not arguments.query.strip():
        raise ValueError('the query is empty: write what to look for, such as "a red car"')
    model, preprocess, tokenizer = open_model(arguments)
    query = encode_texts(model, tokenizer, [arguments.query])[0]  # [embed_dim]
    index = open_index(arguments, model, preprocess)
    for path, score in index.search(query, arguments.k):
        print(f"{score:.3f}  {path}")
    return 0
