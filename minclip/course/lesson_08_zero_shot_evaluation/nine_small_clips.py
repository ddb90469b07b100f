"""Do the claims of lesson 08 hold for other models? Nine small CLIPs, three learning rates with three seeds each.

    python -m minclip.course.lesson_08_zero_shot_evaluation.nine_small_clips FOLDER      (ten minutes on one core)

The models stay in the folder, and are not trained again if they are there. What was measured is kept in
nine_small_clips.json;
"""

import json
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import torch
from torch import Tensor

from minclip.accuracy import top_k_accuracy
from minclip.checkpoint import load, save
from minclip.course.lesson_05_symmetric_infonce.small_clip import pairs, train_small
from minclip.data.paths import atomic_write
from minclip.data.picturebook import tasks
from minclip.data.protocol import ClassTask
from minclip.evaluation.evaluate import choice_logits, evaluate_task
from minclip.loss import clip_loss
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer
from minclip.zero_shot import Tokenizer, encode_pixels, encode_texts, zero_shot_classifier

KEPT = Path(__file__).with_name("nine_small_clips.json")
RATES, SEEDS = (3e-4, 1e-3, 3e-3), (0, 1, 2)
STEPS, WARMUP, BATCH, PICTURES = 500, 50, 128, 20_000
ASKED = ("object", "relation", "relation_swap")


def first_is_higher(there: Tensor, missing: Tensor) -> float:
    """Over all pairs of a picture whose class is there and one whose is not; a tie counts half."""
    higher = (there[:, None] > missing).float() + 0.5 * (there[:, None] == missing).float()
    return higher.mean().item()


def two_labels(cosines: Tensor, labels: Tensor, scale: float) -> dict[str, float]:
    """With two labels, both wrong or one right: what the highest share and the highest cosine tell."""
    drawn = torch.rand(cosines.shape, generator=torch.Generator().manual_seed(0))
    drawn[torch.arange(len(labels)), labels] = 2  # never the right one
    wrong = cosines.gather(1, drawn.argsort(dim=1)[:, :2])
    there = torch.cat([wrong[:, :1], cosines.gather(1, labels[:, None])], dim=1)
    shares = [(scale * x).softmax(dim=1).amax(dim=1) for x in (there, wrong)]
    return {
        "wrong_above_90": (shares[1] > 0.9).float().mean().item(),
        "by_share": first_is_higher(*shares),
        "by_cosine": first_is_higher(there.amax(dim=1), wrong.amax(dim=1)),
    }


def measured(model: CLIP, tokenizer: Tokenizer) -> dict[str, float]:
    """Every number about one model."""
    asked = tasks(32, per_class=4, names=ASKED, progress=False)
    task, relation = asked["object"], asked["relation"]
    assert isinstance(task, ClassTask) and not isinstance(relation, ClassTask)
    labels = torch.as_tensor(task.labels)
    features = encode_pixels(model, task.pixels)
    prompts = [f"a photo of {name}" for name in task.class_names]
    with torch.no_grad():
        raw = model.encode_text(tokenizer(prompts))  # of any length
    cosines = features @ zero_shot_classifier(model, tokenizer, task.class_names, ["a photo of {}"])
    answered, truth = choice_logits(model, tokenizer, relation).argmax(dim=1), torch.as_tensor(relation.labels)
    sentences = ["a house to the left of an apple", "an apple to the left of a house"]
    one, other = encode_texts(model, tokenizer, sentences)
    seen, mirrored = (encode_pixels(model, x) for x in (relation.pixels, relation.pixels[:, :, ::-1].copy()))
    return {
        "right": top_k_accuracy(cosines, labels, ks=(1,))[1],
        "right_without_length_1": top_k_accuracy(features @ raw.T, labels, ks=(1,))[1],
        "longest_by_shortest": (raw.norm(dim=1).max() / raw.norm(dim=1).min()).item(),
        "swap": evaluate_task(model, tokenizer, asked["relation_swap"]).accuracy,
        "axis": (answered // 2 == truth // 2).float().mean().item(),
        "exchanged": (one @ other).item(),
        "mirrored": (seen * mirrored).sum(dim=1).mean().item(),
        **two_labels(cosines, labels, model.logit_scale.exp().item()),
    }


def small_clips(folder: Path) -> Iterator[tuple[float, int, CLIP, BPETokenizer]]:
    """(rate, seed, model, tokenizer) of each, trained now or before."""
    folder.mkdir(parents=True, exist_ok=True)
    _, _, tokenizer = load("picturebook-tiny", "cpu")
    seen = None
    for rate, seed in product(RATES, SEEDS):
        path = folder / f"rate-{rate:g}-seed-{seed}.safetensors"
        if not path.is_file():
            seen = seen or pairs("train", PICTURES)
            model, _ = train_small(clip_loss, *seen, steps=STEPS, batch=BATCH, rate=rate, seed=seed, warmup=WARMUP)
            save(model, tokenizer, path)
        yield rate, seed, load(path, "cpu")[0], tokenizer


def main() -> None:
    lines = []
    for rate, seed, model, tokenizer in small_clips(Path(sys.argv[1])):
        found = {name: round(value, 4) for name, value in measured(model, tokenizer).items()}
        lines.append({"rate": rate, "seed": seed, **found})
        print(lines[-1], flush=True)
    with atomic_write(KEPT) as file:
        file.write((json.dumps(lines, indent=1) + "\n").encode("utf-8"))


if __name__ == "__main__":
    main()
