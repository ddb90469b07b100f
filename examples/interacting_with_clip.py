"""Interacting with CLIP: which sentence belongs to which picture, and which of many names fits a picture best.

    python examples/interacting_with_clip.py
    python examples/interacting_with_clip.py --images photos/ --captions captions.txt --model ViT-B/32

Without --images it takes eight pictures of the picture book that no training saw. Writes similarity.png, top5.png
and numbers.json; opens no window, needs no network. The tour is that of OpenAI's notebook of this name, with our
own code, pictures and texts.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from PIL import Image
from torch.nn import functional as F

import minclip
from minclip.cli.models import newest_run
from minclip.data.image_files import picture_suffixes
from minclip.data.images import open_image
from minclip.data.paths import atomic_write
from minclip.data.picturebook import PictureBook, render
from minclip.data.picturebook.questions import OBJECT_TEMPLATES, prompt_name
from minclip.data.picturebook.sampling import KINDS
from minclip.data.pretrained import shipped
from minclip.engine.devices import choose_device
from minclip.figures.look import FONT, MATCH_COLOUR, OTHER_COLOUR, WRONG_COLOUR, new_figure, show_picture
from minclip.figures.plotting import plot_similarity
from minclip.prompts import PHOTO_TEMPLATES, read_class_names, read_texts

SHOWN = 8  # pictures: more make numbers too small to read
THINGS = Path(__file__).with_name("everyday_things.txt")


def from_picture_book(size: int) -> tuple[list[Image.Image], list[str], list[int]]:
    """(pictures, captions, the kind of each): the first test pictures that show one thing, each of another kind."""
    book = PictureBook("test", size=size)
    images, captions, kinds = [], [], []
    for index in range(len(book)):
        facts = book.picture(index)
        kind = KINDS.index(facts.things[0].kind)
        if facts.layout == "one" and kind not in kinds:
            images.append(Image.fromarray(render(facts, size)))
            captions.append(max(book.captions(index), key=len))  # of five, the one that says most
            kinds.append(kind)
        if len(images) == SHOWN:
            break
    return images, captions, kinds


def from_folder(folder: Path, captions_file: Path) -> tuple[list[Image.Image], list[str]]:
    """(pictures, captions): the first of a folder in the order of their names, and as many lines of a text file."""
    if not folder.is_dir():
        raise NotADirectoryError(f"--images {folder} is not a folder")
    readable = picture_suffixes()
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in readable)
    captions = [text for _, text in read_texts(captions_file)]
    if not paths or len(captions) != len(paths):
        raise ValueError(
            f"--captions {captions_file} holds {len(captions)} lines for the {len(paths)} pictures in {folder}: "
            f"write one line per picture, in the order of the file names"
        )
    return [open_image(path) for path in paths[:SHOWN]], captions[:SHOWN]


def plot_top5(images: Sequence, shares: np.ndarray, names: Sequence[str], truths: Sequence[int | None]) -> Figure:
    """Every picture with its five likeliest names as bars; where the truth is known, it is the title."""
    rows = -(-len(images) // 2)
    figure = new_figure(10.5, 2.3 * rows)
    figure.suptitle(f"The five likeliest of {len(names)} names", fontsize=FONT + 1)
    cells = figure.subplots(rows, 4, width_ratios=[1, 1.9, 1, 1.9], squeeze=False).reshape(-1, 2)
    for axes in cells[len(images) :].flat:
        axes.set_axis_off()
    for (picture, bars), image, row, truth in zip(cells, images, shares, truths, strict=False):
        show_picture(picture, image)
        best = np.argsort(-row, kind="stable")[:5]
        colours = [MATCH_COLOUR if name == truth else OTHER_COLOUR for name in best]
        if truth is not None:
            picture.set_title(names[truth], fontsize=FONT)
            colours[0] = MATCH_COLOUR if best[0] == truth else WRONG_COLOUR
        bars.barh(range(len(best)), 100 * row[best], color=colours)
        for y, name in enumerate(best):
            bars.text(2, y, f"{names[name]}  {100 * row[name]:.0f} %", va="center", fontsize=FONT)
        bars.set(xlim=(0, 100), ylim=(len(best) - 0.5, -0.5), xticks=[], yticks=[])
        bars.spines[["top", "right", "bottom"]].set_visible(False)
    return figure


def save(figure: Figure, path: Path) -> None:
    with atomic_write(path) as file:
        figure.savefig(file, format="png")


def main(arguments: argparse.Namespace) -> None:
    # The model: the one that was named, or one that came with minclip, or the newest of ./runs.
    name = arguments.model or next(iter(shipped()), None) or newest_run()
    device = choose_device(arguments.device).device  # where the model computes: what it reads is sent there
    model, preprocess, tokenizer = minclip.load(name, device)
    print(f"{name}: {sum(p.numel() for p in model.parameters()):,} parameters, {tokenizer.vocab_size:,} tokens")

    # Pictures, a caption for each, and the names to choose from.
    if arguments.images:
        images, captions = from_folder(arguments.images, arguments.captions or arguments.images / "captions.txt")
        truths, names, templates = [None] * SHOWN, read_class_names(arguments.names or THINGS), PHOTO_TEMPLATES
    else:
        images, captions, truths = from_picture_book(model.config.image_size)
        names, templates = [prompt_name(kind) for kind in KINDS], OBJECT_TEMPLATES

    # Features: each picture and each text becomes one vector of length one.
    pixels = torch.stack([preprocess(image) for image in images]).to(device)  # [images, 3, size, size]
    tokens = tokenizer(captions).to(device)  # [captions, context_length]
    with torch.no_grad():
        image_features = F.normalize(model.encode_image(pixels).float(), dim=-1)  # [images, embed_dim]
        text_features = F.normalize(model.encode_text(tokens).float(), dim=-1)  # [captions, embed_dim]

    # Their cosines: high where picture and caption belong together.
    similarity = (image_features @ text_features.T).cpu().numpy()  # [images, captions]
    save(plot_similarity(images, captions, similarity), arguments.out / "similarity.png")

    # Zero-shot: names in sentences are the classifier; a softmax turns the logits into probabilities.
    classifier = minclip.zero_shot_classifier(model, tokenizer, names, templates)  # [embed_dim, names]
    logits = model.logit_scale.detach().exp().float() * image_features @ classifier
    shares = logits.softmax(dim=-1).cpu().numpy()  # [images, names]
    save(plot_top5(images, shares, names, truths), arguments.out / "top5.png")

    top5 = [[(names[n], round(float(row[n]), 4)) for n in np.argsort(-row, kind="stable")[:5]] for row in shares]
    found = {"model": str(name), "captions": captions, "similarity": similarity.round(4).tolist(), "top5": top5}
    with atomic_write(arguments.out / "numbers.json") as file:
        file.write(json.dumps(found, indent=1).encode("utf-8"))
    for caption, row, own, best in zip(captions, similarity, similarity.diagonal(), top5, strict=True):
        print(f"\n{own:.2f} with its own caption, place {1 + (row > own).sum()} of {len(row)}: {caption}")
        print("     " + ", ".join(f"{100 * share:.0f} % {what}" for what, share in best))
    print(f"\n{arguments.out} holds similarity.png, top5.png and numbers.json")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", metavar="NAME_OR_PATH", help="default: one that comes with minclip, or newest run")
    parser.add_argument("--images", type=Path, metavar="FOLDER", help=f"your own pictures; the first {SHOWN} are taken")
    parser.add_argument("--captions", type=Path, metavar="FILE", help="a line per picture (FOLDER/captions.txt)")
    parser.add_argument("--names", type=Path, metavar="FILE", help=f"what to choose from, a line each ({THINGS.name})")
    parser.add_argument("--device", help="cpu, cuda, cuda:1, mps (default: the best one here)")
    parser.add_argument("--out", type=Path, default=Path("runs/example-interacting"), metavar="FOLDER")
    try:
        main(parser.parse_args())
    except (ValueError, OSError) as error:
        sys.exit(f"interacting_with_clip: {error}")
