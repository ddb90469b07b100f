"""Hidden tests of lesson 07: other models, optimisers, lengths of runs and learning rates."""

from typing import Any

import torch
from torch import nn

from minclip import optim
from minclip.course.assertions import Shown, Trial
from minclip.course.lesson_07_training.checks import rates, shares, two_groups
from minclip.course.lesson_07_training.loop_checks import untold
from minclip.course.lesson_07_training.stand_ins import NotingSGD, TwoTowers, minclips_step, minclips_train
from minclip.course.lesson_07_training.step_checks import batch


class Deep(nn.Module):
    """A model of other parts than those of the notebook's check."""

    def __init__(self) -> None:
        super().__init__()
        self.cube = nn.Parameter(torch.randn(2, 3, 4))
        self.flat = nn.Parameter(torch.randn(1, 7))
        self.number = nn.Parameter(torch.tensor(1.0))
        self.norm, self.still = nn.BatchNorm2d(3), nn.Conv2d(3, 3, 1)
        self.still.weight.requires_grad_(False)


def param_groups(t: Trial) -> None:
    for model, decay in ((Deep(), 0.7), (nn.Sequential(nn.Linear(3, 3), nn.LayerNorm(3)), 0.0)):
        came = two_groups(t, t.call(t.mine, Shown(model, "model"), decay))
        for group, right in zip(came, optim.param_groups(model, decay), strict=True):
            t.same(float(group["weight_decay"]), right["weight_decay"], what="weight_decay")
            ids = [{id(one) for one in found["params"]} for found in (group, right)]
            t.holds(len(group["params"]) == len(right["params"]) and ids[0] == ids[1], "a group holds other parameters")


def lr_schedule(t: Trial) -> None:
    drawn = [(int(t.whole(20, 90, 1)), int(t.whole(0, 20, 1))) for _ in range(3)]
    for steps, warmup in [*drawn, (1, 0), (3, 2), (1, 1), (250, 50)]:
        came = rates(t, t.mine, steps, warmup)
        t.last = f"lr_schedule(step, {steps}, {warmup}) for the steps 0 to {steps - 1}"
        t.same(came, shares(optim.lr_schedule, steps, warmup), what="the row of shares")


def train_step(t: Trial) -> None:
    for seed, scale, pairs, rate in ((5, 1.0, 2, 0.1), (6, 3.5, 9, 0.02), (7, 0.1, 1, 1.0)):
        mine, theirs = (TwoTowers(seed, scale) for _ in range(2))
        optimizers = NotingSGD(mine, rate), NotingSGD(theirs, rate)
        for _ in range(3):
            given = batch(t, pairs)
            came = t.call(t.mine, Shown(mine, "model"), Shown(optimizers[0], "optimizer"), *given)
            t.same(came, minclips_step(theirs, optimizers[1], *given), what=f"the loss of {pairs} pairs")
            t.same(mine.weights(), theirs.weights(), what="the row of all weights")
    mine, theirs = TwoTowers(8), TwoTowers(8)
    with_memory = [torch.optim.AdamW(model.parameters(), lr=0.01, foreach=False) for model in (mine, theirs)]
    for _ in range(3):
        given = batch(t, 4)
        t.call(t.mine, Shown(mine, "model"), Shown(with_memory[0], "optimizer"), *given)
        minclips_step(theirs, with_memory[1], *given)
        t.same(mine.weights(), theirs.weights(), what="the row of all weights after steps of AdamW")


def train(t: Trial) -> None:
    for seed, steps, pairs, rate, decay, warmup in (
        (3, 4, 2, 0.01, 0.0, 0),
        (4, 9, 6, 0.2, 0.3, 5),
        (5, 1, 3, 0.1, 1.0, 1),
    ):
        supply = [batch(t, pairs) for _ in range(steps + 2)]
        mine, theirs = TwoTowers(seed), TwoTowers(seed)
        told: list[Any] = []

        def after_step(step: int, loss: float, number: int, told: list[Any] = told) -> None:
            told.append((step, number))

        given = (steps, rate, decay, warmup, None)
        shown = Shown(mine, "model"), Shown(supply, f"{len(supply)} batches")
        came = t.call(t.mine, *shown, *given, Shown(after_step, "after_step"), in_place=True)
        right = minclips_train(theirs, supply, *given, untold)
        t.same(mine.weights(), theirs.weights(), what="the row of all weights after the run")
        t.same(torch.tensor(list(came)), torch.tensor(right), what="the list of losses")
        t.same(
            [(step, number) for step, number in told], [(step, pairs) for step in range(steps)], what="what was told"
        )
    few = Shown([batch(t)], "one batch")
    t.raises(ValueError, t.mine, Shown(TwoTowers(), "model"), few, 2, 0.1, 0.1, 0, None, Shown(untold, "after_step"),
             why="the batches end after 1 of 2 steps")  # fmt: skip
