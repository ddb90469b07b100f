"""Prompt engineering: what a sentence around the class name is worth, and which sentences are worth most.

    python examples/prompt_engineering.py
    python examples/prompt_engineering.py --data cifar10 --model ViT-B/32 --limit 2000 --templates templates.txt

--data: picturebook, cifar10, cifar100, or a folder with one folder of pictures per class. Templates are chosen on one
half of the pictures and measured on the other. Source: CLIP paper section 3.1.4, and OpenAI's notebook of this name.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

import minclip
from minclip.accuracy import rank_of_label
from minclip.cli.models import newest_run
from minclip.data import open_dataset
from minclip.data.cifar import is_cifar
from minclip.data.image_files import picture_suffixes
from minclip.data.images import open_image
from minclip.data.paths import atomic_write
from minclip.data.picturebook import tasks
from minclip.data.pretrained import shipped
from minclip.engine.devices import choose_device
from minclip.evaluation.intervals import bootstrap_interval
from minclip.figures.look import IMAGE_COLOUR, MATCH_COLOUR, OTHER_COLOUR, dress, new_figure
from minclip.preprocess import square
from minclip.prompts import PHOTO_TEMPLATES, VARIED_PHOTO_TEMPLATES, read_class_names, read_templates
from minclip.ties import ROUNDING
from minclip.zero_shot import encode_pixels, zero_shot_classifier

LONGEST = 10  # templates of a choice; trying them takes time, and the later ones add little
PICTUREBOOK_TEMPLATES = Path(__file__).with_name("picturebook_templates.txt")


def open_data(data: str, size: int) -> tuple[Callable[[int], Image.Image], Sequence[int], list[str]]:
    """(what opens picture i, the class of each, class names). size: pixels per side, for pictures that are drawn."""
    if data == "picturebook":
        task = tasks(size, per_class=10 if size <= 64 else 2, names=["object"])["object"]  # large ones draw slowly
        return lambda i: Image.fromarray(task.pixels[i]), task.labels, list(task.class_names)
    if data in ("cifar10", "cifar100") or is_cifar(Path(data)):
        cifar = open_dataset(data, "test")
        return cifar.image, cifar.labels, cifar.class_names
    classes = sorted(path for path in Path(data).glob("*") if path.is_dir())
    inside = [(path, k) for k, of_class in enumerate(classes) for path in sorted(of_class.rglob("*"))]
    readable = picture_suffixes()
    files = [(path, k) for path, k in inside if path.suffix.lower() in readable]
    if len(classes) < 2 or len({k for _, k in files}) < len(classes):
        raise ValueError(f"--data {data}: pass picturebook, cifar10, cifar100 or a folder with a folder per class")
    return lambda i: open_image(files[i][0]), [k for _, k in files], [path.name for path in classes]


def right_answers(features: Tensor, labels: Tensor, columns: Tensor) -> np.ndarray:
    """float [pictures], 1 is right. columns: [templates, embed_dim, classes], one classifier each; the mean answers."""
    classifier = F.normalize(columns.mean(dim=0), dim=0)  # zero_shot_classifier of all these templates
    return rank_of_label(features @ classifier, labels, ROUNDING).hit(1).numpy()


def choose(features: Tensor, labels: Tensor, columns: Tensor) -> list[tuple[int, float]]:
    """[(template, accuracy so far)]: the best one first, then always the one that adds most to those before."""
    path: list[tuple[int, float]] = []
    while len(path) < min(LONGEST, len(columns)):
        before = [template for template, _ in path]
        rest = [template for template in range(len(columns)) if template not in before]
        tried = [(t, float(right_answers(features, labels, columns[[*before, t]]).mean())) for t in rest]
        path.append(max(tried, key=lambda pair: pair[1]))
    return path


def plot(measured: dict[str, dict], path: Sequence[tuple[str, float]], kept: int, chance: float) -> Figure:
    """Left what was measured on the test half, right how the chosen templates came together."""
    figure = new_figure(12, 1.2 + 0.4 * max(6, len(path)))
    left, right = figure.subplots(1, 2)
    share, low, high = (100 * np.array([m[key] for m in measured.values()]) for key in ("accuracy", "low", "high"))
    said = [f"{name}\n{s:.1f} %" for name, s in zip(measured, share, strict=True)]
    left.barh(said, share, xerr=[share - low, high - share], color=IMAGE_COLOUR, capsize=5, height=0.6)
    left.invert_yaxis()
    dress(left, f"Test half, 95 % intervals; chance {100 * chance:.1f} %", "accuracy (%)", "")
    line = [100 * accuracy for _, accuracy in path]
    right.plot(line, range(len(path)), "o-", color=OTHER_COLOUR, markersize=9)
    right.plot(line[:kept], range(kept), "o-", color=MATCH_COLOUR, markersize=9)
    right.set_yticks(range(len(path)), [("+ " if i else "") + text for i, (text, _) in enumerate(path)])
    dress(right, "Validation half: one after the other", "accuracy so far (%); green: kept", "")
    right.invert_yaxis()
    return figure


def main(arguments: argparse.Namespace) -> None:
    # The model, the pictures' features, and for every template alone a classifier.
    name = arguments.model or next(iter(shipped()), None) or newest_run()
    model, _, tokenizer = minclip.load(name, choose_device(arguments.device).device)
    size = model.config.image_size
    picture, labels, names = open_data(arguments.data, size)
    named = read_class_names(arguments.classes) if arguments.classes else names
    if len(named) != len(names):
        raise ValueError(f"{arguments.classes} holds {len(named)} names, {len(names)} are needed: for {names}")
    photos = VARIED_PHOTO_TEMPLATES if model.config.context_length >= 77 else PHOTO_TEMPLATES
    listed = arguments.templates or (PICTUREBOOK_TEMPLATES if arguments.data == "picturebook" else None)
    templates = read_templates(listed) if listed else list(photos)
    candidates = list(dict.fromkeys(["{}", *templates]))
    columns = torch.stack([zero_shot_classifier(model, tokenizer, named, [text]) for text in candidates])

    # Two halves, drawn by lot, with as many of every class in each.
    if arguments.limit < 2:
        raise ValueError(f"--limit {arguments.limit} must be at least 2: a picture to choose on, another to measure")
    drawn = sorted(np.random.default_rng(0).permutation(len(labels))[: arguments.limit], key=lambda i: labels[i])
    features = encode_pixels(model, np.stack([np.asarray(square(picture(i), size)) for i in drawn]))
    truth = torch.as_tensor([labels[i] for i in drawn], device=features.device)
    choosing, testing = (features[::2], truth[::2]), (features[1::2], truth[1::2])

    # On the validation half: every template alone, then a choice, of which is kept what was best together.
    alone = {text: float(right_answers(*choosing, columns[[i]]).mean()) for i, text in enumerate(candidates)}
    path = [(candidates[i], accuracy) for i, accuracy in choose(*choosing, columns)]
    print(*(f"{100 * alone[text]:5.1f} %  {text}" for text in sorted(alone, key=lambda t: -alone[t])), sep="\n")
    chosen = [text for text, _ in path][: 1 + max(range(len(path)), key=lambda i: path[i][1])]
    print("each alone, on the validation half; together best:", " · ".join(chosen))

    # On the test half, once: four classifiers, none of which was chosen on it.
    sets = {"bare name": ["{}"], f'"{templates[0]}"': templates[:1]}
    sets |= {f"all {len(templates)}": templates, f"the chosen {len(chosen)}": chosen}
    measured = {}
    for what, used in sets.items():
        correct = right_answers(*testing, columns[[candidates.index(text) for text in used]])
        low, high = bootstrap_interval(correct)
        measured[what] = {"accuracy": float(correct.mean()), "low": low, "high": high, "templates": used}
        print(f"{100 * correct.mean():5.1f} % ({100 * low:.1f} to {100 * high:.1f})  {what}, on the test half")
    report = {"test": measured, "alone": alone, "path": path, "n_test": len(testing[1])}
    with atomic_write(arguments.out / "report.json") as file:
        file.write(json.dumps(report, indent=1).encode("utf-8"))
    with atomic_write(arguments.out / "accuracy.png") as file:
        plot(measured, path, len(chosen), 1 / len(names)).savefig(file, format="png")
    print(f"{arguments.out} holds report.json and accuracy.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", metavar="NAME_OR_PATH", help="default: one that comes with minclip, or newest run")
    parser.add_argument("--data", default="picturebook", metavar="NAME_OR_PATH")
    parser.add_argument("--classes", type=Path, metavar="FILE", help="one name per line, in the order of the data's")
    parser.add_argument("--templates", type=Path, metavar="FILE", help='one per line, such as "a photo of a {}."')
    parser.add_argument("--limit", type=int, default=6000, help="pictures at most, drawn by lot (default: 6000)")
    parser.add_argument("--device", help="cpu, cuda, cuda:1, mps (default: the best one here)")
    parser.add_argument("--out", type=Path, default=Path("runs/example-prompts"), metavar="FOLDER")
    try:
        main(parser.parse_args())
    except (ValueError, OSError) as error:
        sys.exit(f"prompt_engineering: {error}")
