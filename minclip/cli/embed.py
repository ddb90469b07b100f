"""Write the features of all pictures in a folder into one file, with their names.

    minclip embed photos/ --out features.safetensors --model picturebook-small

    features.safetensors: 12,040 pictures, 1,024 numbers each (12,040 encoded, 0 known before)

The features are those of model.encode_image: float32, not normalised. A picture that cannot be read is named and left
out. Run the same command again after Ctrl-C or a crash, and it goes on. Run it again later, and new and changed
pictures alone are encoded. minclip.search.read_features("features.safetensors") reads the file in Python.
"""

import argparse
import sys

from minclip.cli.models import add_model_arguments, open_model
from minclip.cli.values import local_path, whole_number


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", type=local_path, metavar="FOLDER", help="the pictures' folder, with the folders in it"
    )
    parser.add_argument(
        "--out", required=True, type=local_path, metavar="FILE", help="the file, such as features.safetensors"
    )
    as_viewed = "turn pictures by their EXIF orientation and lay transparent ones on white (default: as openai/CLIP)"
    parser.add_argument("--as-viewed", action="store_true", help=as_viewed)
    parser.add_argument(
        "--batch",
        dest="batch_size",
        type=whole_number,
        default=64,
        metavar="N",
        help="pictures encoded at a time (default: 64)",
    )
    add_model_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    from minclip.search.embed import embed_folder
    from minclip.search.features_file import FeaturesFile

    if not arguments.folder.is_dir():  # before the model is loaded
        raise ValueError(f"{arguments.folder} is not a folder: give one with pictures in it")
    model, preprocess, _ = open_model(arguments)
    facts = embed_folder(
        arguments.folder,
        model,
        preprocess,
        arguments.out,
        model_name=arguments.model,
        as_viewed=arguments.as_viewed,
        batch_size=arguments.batch_size,
        progress=True,
    )
    for line in facts.lines():
        print(f"minclip: {line}", file=sys.stderr)
    made = FeaturesFile(arguments.out)
    gone = f", {facts.gone:,} gone" if facts.gone else ""
    print(
        f"{arguments.out}: {len(made.names):,} pictures, {made.embed_dim:,} numbers each "
        f"({facts.encoded:,} encoded, {facts.known:,} known before{gone})"
    )
    return 0
