"""What labels are worth beside zero-shot: a linear probe of CLIP's features, and the same ViT on labels alone.

    python -m minclip.course.lesson_08_zero_shot_evaluation.learning_from_labels      (half an hour on one core)

Both learn from the same labelled pictures, some of every class, and are asked the pictures of lesson 08: drawn in the
styles of training, and in the two that no training picture has. The probe's weight decay and the ViT's learning rate
are the best of three on pictures of their own, never on the test pictures. Keeps the accuracies in
learning_from_labels.json, which lesson 08 draws.
"""

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from minclip.accuracy import top_k_accuracy
from minclip.checkpoint import load
from minclip.config import CLIPConfig
from minclip.data.paths import atomic_write
from minclip.data.picturebook import tasks
from minclip.data.protocol import ClassTask
from minclip.engine.augment import crop_and_resize, random_crops
from minclip.engine.cores import one_thread
from minclip.engine.devices import choose_device
from minclip.engine.optimizers import build_optimizers, take_steps
from minclip.model import CLIP, image_encoder
from minclip.optim import lr_schedule, set_learning_rate
from minclip.preprocess import pixels_to_float
from minclip.zero_shot import encode_pixels, zero_shot_classifier

KEPT = Path(__file__).with_name("learning_from_labels.json")
MODEL, SEEDS, SHOTS = "picturebook-tiny", (0, 1, 2), (1, 2, 4, 8, 16, 32, 64, 128)
VIT_SHOTS = (8, 32)
DECAYS, RATES = (1e-5, 1e-4, 1e-3), (0.005, 0.01, 0.02)  # of the probe's weights; of Muon, as in CLIP's recipe
BATCH, STEPS = 128, 300
ASKED = ("object", "object_held_out_style")
TEST_SEED, CHOOSING_SEED, FIRST_TRAINING_SEED = 0, 1, 10  # of the pictures: none is in two of the three


def asked(seed: int, per_class: int) -> dict[str, ClassTask]:
    """Both kinds of pictures with their labels."""
    found = tasks(32, seed=seed, per_class=per_class, names=ASKED, progress=False)
    return {name: task for name, task in found.items() if isinstance(task, ClassTask)}


def shots_of(labels: Tensor, shots: int, generator: torch.Generator) -> Tensor:
    """Places of so many pictures of every class, drawn at random: int64 [classes · shots]."""
    order = torch.randperm(len(labels), generator=generator)
    each = [order[labels[order] == one][:shots] for one in labels.unique()]
    return torch.cat(each)


def probe(features: Tensor, labels: Tensor, decay: float) -> nn.Linear:
    """A logistic regression on frozen features of length one. decay: of the weights, beside the mean cross entropy."""
    head = nn.Linear(features.shape[1], int(labels.max()) + 1)
    nn.init.zeros_(head.weight)
    optimizer = torch.optim.LBFGS(head.parameters(), max_iter=300, history_size=20, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(head(features), labels) + decay / 2 * head.weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return head


def train_vit(config: CLIPConfig, pixels: Tensor, labels: Tensor, rate: float, seed: int) -> nn.Module:
    """CLIP's image encoder with a linear head, from nothing, on these pictures; random crops as in CLIP's training."""
    torch.manual_seed(seed)
    classes = int(labels.max()) + 1
    net = nn.Sequential(image_encoder(config), nn.Linear(config.embed_dim, classes))
    optimizers, device = build_optimizers(net, "muon", 1e-3, 0.1, rate), choose_device("cpu")
    generator = torch.Generator().manual_seed(seed)
    for step in range(STEPS):
        set_learning_rate(optimizers, lr_schedule(step, STEPS, STEPS // 10))
        rows = torch.randint(len(labels), (BATCH,), generator=generator)
        crops = random_crops(BATCH, (0.6, 1.0), generator, mirror=True)
        images = crop_and_resize(pixels[rows], crops, config.image_size)
        with device.precision():
            logits = net(images)
        net.zero_grad(set_to_none=True)
        F.cross_entropy(logits.float(), labels[rows]).backward()
        take_steps(optimizers)
    return net.eval()


def accuracy(net: nn.Module, inputs: Tensor, labels: Tensor) -> float:
    with torch.no_grad():
        logits = torch.cat([net(part) for part in inputs.split(256)])
    return round(top_k_accuracy(logits, labels, ks=(1,))[1], 4)


def inputs_of(model: CLIP, task: ClassTask) -> dict[str, Tensor]:
    """What the two learn from: CLIP's features, and pixels."""
    config = model.config
    pixels = pixels_to_float(task.pixels, torch.device("cpu"), config.pixel_mean, config.pixel_std)
    return {"probe": encode_pixels(model, task.pixels), "vit": pixels}


def main() -> None:
    torch.manual_seed(0)
    model, _, tokenizer = load(MODEL, "cpu")
    test, choosing = asked(TEST_SEED, 10), asked(CHOOSING_SEED, 2)["object"]
    seen = {name: (inputs_of(model, task), torch.tensor(task.labels)) for name, task in test.items()}
    chosen_by = inputs_of(model, choosing), torch.tensor(choosing.labels)
    lines: list[dict[str, Any]] = []
    for name, task in test.items():
        classifier = zero_shot_classifier(model, tokenizer, task.class_names, task.templates)
        right = top_k_accuracy(seen[name][0]["probe"] @ classifier, seen[name][1], ks=(1,))[1]
        lines.append({"learner": "zero-shot", "asked": name, "accuracy": round(right, 4)})
    for seed in SEEDS:
        lines += learned(model, seed, seen, chosen_by, lines)
    with atomic_write(KEPT) as file:
        file.write((json.dumps(lines, indent=1) + "\n").encode("utf-8"))


def learned(
    model: CLIP, seed: int, seen: dict[str, Any], chosen_by: tuple[Any, ...], lines: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """What both learn with one seed. Seed 0 chooses among DECAYS and RATES, and the others take what it chose."""
    pool, found = asked(FIRST_TRAINING_SEED + seed, 12)["object"], []
    inputs, labels = inputs_of(model, pool), torch.tensor(np.asarray(pool.labels))
    generator = torch.Generator().manual_seed(seed)
    for shots, (learner, choices) in product(SHOTS, (("probe", DECAYS), ("vit", RATES))):
        if learner == "vit" and shots not in VIT_SHOTS:
            continue
        rows = shots_of(labels, shots, generator)
        nets = []
        for choice in choices if seed == 0 else [best_of(lines, learner, shots)]:
            with one_thread():
                if learner == "probe":
                    net: nn.Module = probe(inputs["probe"][rows], labels[rows], choice)
                else:
                    net = train_vit(model.config, inputs["vit"][rows], labels[rows], choice, seed)
            nets.append((accuracy(net, chosen_by[0][learner], chosen_by[1]), choice, net))
        _, choice, net = max(nets, key=lambda one: one[0])
        for name, (given, right) in seen.items():
            said = {"learner": learner, "shots": shots, "seed": seed, "choice": choice, "asked": name}
            found.append({**said, "accuracy": accuracy(net, given[learner], right)})
            print(found[-1], flush=True)
    return found


def best_of(lines: list[dict[str, Any]], learner: str, shots: int) -> float:
    """What seed 0 chose."""
    return float(next(line["choice"] for line in lines if line["learner"] == learner and line.get("shots") == shots))


if __name__ == "__main__":
    main()
