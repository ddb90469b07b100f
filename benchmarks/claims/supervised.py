"""What CLIP is compared with: the same vision tower with a linear head, told one fact of every picture.

Samples, batches, crops and optimiser are those of the CLIP arms; the pictures are fewer: those of one kind of thing,
equally many of each label. Cross entropy in place of captions.
"""

import random
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.claims.training_arms import Arm
from minclip.data.picturebook import Picture
from minclip.data.picturebook.sampling import KINDS
from minclip.data.protocol import ChoiceTask, ClassTask
from minclip.engine.batches import Pairs, make_batch
from minclip.engine.devices import Device
from minclip.engine.optimizers import build_optimizers, take_steps
from minclip.model import image_encoder
from minclip.optim import lr_schedule, set_learning_rate
from minclip.preprocess import pixels_to_float
from minclip.zero_shot import evaluating

CLASSES = {"kind": len(KINDS), "count": 4}
ASKED = {"kind": ("object", "object_held_out_style"), "count": ("count",)}  # tasks whose answers are these labels


class Net(nn.Module):
    """pixels: float [batch, 3, size, size] -> logits [batch, classes]."""

    def __init__(self, arm: Arm):
        super().__init__()
        self.visual = image_encoder(arm.model)
        self.head = nn.Linear(arm.model.embed_dim, CLASSES[arm.label])

    def forward(self, pixels: Tensor) -> Tensor:
        return self.head(self.visual(pixels))


def new_net(arm: Arm, seed: int) -> Net:
    """A net with fresh weights: the same ones for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Net(arm)


def label_of(picture: Picture, label: str) -> int | None:
    """The fact as a class index; None where two kinds are shown, for nobody says which is meant."""
    if picture.layout == "two":
        return None
    return KINDS.index(picture.things[0].kind) if label == "kind" else picture.count - 1


def labelled(arm: Arm, device: Device) -> Pairs:
    """The training pictures with a label, equally many of each: the only token of a picture's only caption."""
    dataset = arm.data.open(arm.model.image_size)
    labels = [label_of(dataset.picture(i), arm.label) for i in range(len(dataset))]
    groups = [[i for i, label in enumerate(labels) if label == one] for one in range(CLASSES[arm.label])]
    rarest = min(map(len, groups))
    chosen = [i for group in groups for i in random.Random("balance").sample(group, rarest)]
    pixels = torch.from_numpy(np.ascontiguousarray(dataset.pixels[chosen]))
    tokens = torch.tensor([[labels[i]] for i in chosen], dtype=torch.int32)
    return Pairs(pixels.to(device.device), tokens, torch.arange(len(chosen)), torch.ones(len(chosen), dtype=torch.long))


def train_net(arm: Arm, seed: int, device: Device) -> Net:
    """A trained net, after as many samples as the arm's recipe says."""
    net, config = new_net(arm, seed).to(device.device), replace(arm.config, seed=seed)
    pairs = labelled(arm, device)
    optimizers = build_optimizers(
        net, config.optimizer, config.learning_rate, config.weight_decay, config.muon_learning_rate
    )
    for step in range(config.steps):
        set_learning_rate(optimizers, lr_schedule(step, config.steps, round(config.warmup * config.steps)))
        batch = make_batch(pairs, config, step, arm.model, device)
        with device.precision():
            logits = net(batch.pixels)  # [batch, classes]
        net.zero_grad(set_to_none=True)
        F.cross_entropy(logits.float(), batch.tokens[:, 0]).backward()
        take_steps(optimizers)
    return net.eval()


def answers(net: Net, arm: Arm, task: ClassTask | ChoiceTask) -> np.ndarray:
    """Which pictures of a task of ASKED get the right label: bool [n]."""
    place, found = net.head.weight.device, []
    with evaluating(net):
        for pixels in np.array_split(task.pixels, len(task.pixels) // 256 + 1):
            batch = pixels_to_float(pixels, place, arm.model.pixel_mean, arm.model.pixel_std)
            found.append(net(batch).argmax(dim=1).cpu().numpy())
    return np.concatenate(found) == np.asarray(task.labels)
