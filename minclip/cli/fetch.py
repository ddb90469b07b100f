"""Fetch one of OpenAI's models and check it, or a model of the Hugging Face Hub.

Without a name, it lists the models that are here or can be fetched.

    minclip fetch                                      lists the models
    minclip fetch ViT-B/32                             354 MB from OpenAI's address; compares the checksum
    minclip fetch ViT-B/32 --from Downloads/ViT-B-32.pt     uses a file that you have, or its folder
    minclip fetch merges                               only the vocabulary of OpenAI's models; each model includes it
    minclip fetch hf-hub:laion/CLIP-ViT-B-32-laion2B-s34B-b79K      from the Hub; add @REVISION for one of its versions
    minclip classify cat.jpg --labels "a cat,a dog" --model ViT-B/32

To continue a broken download, run the same command again. Models are kept in `models/` of the clone, or in
~/.cache/minclip/models. MINCLIP_MODELS sets another folder. Models of the Hub are kept in the cache of the package
huggingface_hub (pip install "minclip[hub]"), whose settings hold: HF_HUB_CACHE, HF_HUB_OFFLINE, HF_TOKEN.
"""

import argparse
import sys

from minclip.cli.values import local_path

MERGES_NAME = "merges"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", help=f"one of the list, {MERGES_NAME}, or hf-hub:OWNER/NAME")
    parser.add_argument(
        "--from", dest="source", type=local_path, metavar="FILE", help="the official file, if you have it"
    )


def run(arguments: argparse.Namespace) -> int:
    from minclip.data.pretrained import fetch_merges, fetch_model, fetchable
    from minclip.formats.hub import is_hub_name

    name = arguments.name
    if name is None:
        if arguments.source is not None:
            raise ValueError(f"--from {arguments.source} needs a name, such as minclip fetch ViT-B/32 --from FILE")
        print(listing())
        return 0
    if name == MERGES_NAME:
        print(f"the merges are ready in {fetch_merges(arguments.source)}")
        return 0
    if is_hub_name(name):
        if arguments.source is not None:
            raise ValueError(f"--from is for OpenAI's models: pass the folder {arguments.source} with --model")
        fetch_hub_model(name)
        return 0
    if name not in fetchable():
        known = ", ".join([*fetchable(), MERGES_NAME, "hf-hub:OWNER/NAME"])
        raise ValueError(f"{name!r} cannot be fetched: choose one of {known}")
    path = fetch_model(name, arguments.source)
    print(f'{name} is ready in {path}: use it with --model {name}, or minclip.load("{name}")')
    return 0


def fetch_hub_model(name: str) -> None:
    """Brings a model of the Hub into the cache, and says where it is and what is still missing."""
    from minclip.data.pretrained import MERGES, models_root
    from minclip.formats.hub import fetch_from_hub
    from minclip.formats.tokenizer_files import is_tokenizer_folder

    path, not_asked = fetch_from_hub(name)
    if not_asked:
        print(f"minclip: taken from the cache, because the Hub was not reached: {not_asked}", file=sys.stderr)
    print(f'{name} is ready in {path}: use it with --model {name}, or minclip.load("{name}")')
    if not is_tokenizer_folder(path.parent) and not (models_root() / MERGES.name).is_file():
        print(f"It brings no vocabulary. If that is OpenAI's: minclip fetch {MERGES_NAME}")


def listing() -> str:
    """One line per model: its name, its size, and where it is."""
    from minclip.data.pretrained import MERGES, OPENAI, fetched, models_root, shipped

    merges = models_root() / MERGES.name
    here = {name: fetched(name) for name in OPENAI} | {MERGES_NAME: merges if merges.is_file() else None}
    rows = [(name, "", "comes with minclip") for name in shipped()]
    for name, file in {**OPENAI, MERGES_NAME: MERGES}.items():
        rows.append((name, f"{file.megabytes:,g} MB", str(here[name] or "can be fetched")))
    names, sizes = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "\n".join(f"{name:<{names}}  {size:>{sizes}}  {where}" for name, size, where in rows)
