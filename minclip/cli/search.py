"""Find the pictures in a folder that a sentence describes best.

    minclip search "a red car" --in ~/Pictures -k 3

    0.312  ~/Pictures/2024/street.jpg
    0.287  ~/Pictures/toy.png
    0.254  ~/Pictures/fire engine.jpg

The number is the cosine of sentence and picture. It ranks the pictures of one search; alone it means little.
Pictures are read as a viewer shows them: upright by their EXIF orientation, and on white where they are transparent.
All formats that Pillow reads are searched. Linked folders are included, hidden files and folders are not.
"""

import argparse
import sys
from pathlib import Path

from minclip.cli.models import add_model_arguments, open_model


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", help="what to look for")
    parser.add_argument("--in", dest="folder", required=True, type=Path, metavar="FOLDER", help="the pictures' folder")
    parser.add_argument("-k", type=int, default=5, help="how many pictures to show (default: 5)")
    add_model_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    from minclip.data.images import first_few
    from minclip.retrieval import Index
    from minclip.zero_shot import encode_texts

    if arguments.k < 1:
        raise ValueError(f"-k {arguments.k} must be at least 1")
    if not arguments.query.strip():
        raise ValueError('the query is empty: write what to look for, such as "a red car"')
    model, preprocess, tokenizer = open_model(arguments)
    query = encode_texts(model, tokenizer, [arguments.query])[0]  # [embed_dim]
    index = Index.from_folder(arguments.folder, model, preprocess, progress=True)
    for paths, what in (
        (index.skipped, "could not be read"),
        (index.without_direction, "cannot be compared, because the model makes no finite features of it"),
    ):
        if paths:
            named = first_few([str(path) for path in paths])
            print(f"minclip: {len(paths)} file{'s' * (len(paths) > 1)} {what}: {named}", file=sys.stderr)
    for path, score in index.search(query, arguments.k):
        print(f"{score:.3f}  {path}")
    return 0
