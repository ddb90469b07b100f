"""Fetch one of OpenAI's models and check it. Without a name: list the models that are here or can be fetched.

    minclip fetch                                      lists the models
    minclip fetch ViT-B/32                             354 MB from OpenAI's address; compares the checksum
    minclip fetch ViT-B/32 --from Downloads/ViT-B-32.pt     uses a file that you have, or its folder
    minclip fetch merges                               only the vocabulary of OpenAI's models; each model includes it
    minclip classify cat.jpg --labels "a cat,a dog" --model ViT-B/32

To continue a broken download, run the same command again. Models are kept in `models/` of the clone, or in
~/.cache/minclip/models. MINCLIP_MODELS sets another folder.
"""

import argparse
from pathlib import Path

MERGES_NAME = "merges"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", help=f"ViT-B/32 or another of the list, or {MERGES_NAME}")
    parser.add_argument("--from", dest="source", type=Path, metavar="FILE", help="the official file, if you have it")


def run(arguments: argparse.Namespace) -> int:
    from minclip.data.pretrained import fetch_merges, fetch_model, fetchable

    name = arguments.name
    if name is None:
        if arguments.source is not None:
            raise ValueError(f"--from {arguments.source} needs a name, such as minclip fetch ViT-B/32 --from FILE")
        print(listing())
        return 0
    if name == MERGES_NAME:
        print(f"the merges are ready in {fetch_merges(arguments.source)}")
        return 0
    if name not in fetchable():
        raise ValueError(f"{name!r} cannot be fetched: choose one of {', '.join(fetchable())}, {MERGES_NAME}")
    path = fetch_model(name, arguments.source)
    print(f'{name} is ready in {path}: use it with --model {name}, or minclip.load("{name}")')
    return 0


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
