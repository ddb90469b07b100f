"""What people write in place of the loop `train`: each mistake as a whole loop, whose weights are compared."""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any

from torch import Tensor

from minclip.course.assertions import Mistake
from minclip.course.lesson_07_training.stand_ins import TwoTowers
from minclip.course.lesson_07_training.stand_ins import minclips_step as train_step
from minclip.optim import adamw, lr_schedule, set_learning_rate

RATE = "set_learning_rate([optimizer], lr_schedule(step, steps, warmup)), before the step"
MAKE = "adamw(model, learning_rate, weight_decay)"
STEP = 0.05, 0.5, 2  # the arguments of every loop here: learning rate, weight decay, warm-up


def loop(
    model: TwoTowers,
    batches: Iterable[tuple[Tensor, Tensor]],
    steps: int,
    *,
    share: Callable[[int], float] | None = None,
    rate: float = STEP[0],
    decay: float = STEP[1],
    anew: bool = False,
    rate_first: bool = True,
    around: Any = None,
) -> list[float]:
    """The losses of the loop with one thing changed. anew: a new optimiser for every step; around: of every step."""
    losses = []
    optimizer = adamw(model, rate, decay)
    for step, (pixels, tokens) in zip(range(steps), batches, strict=False):
        if anew:
            optimizer = adamw(model, rate, decay)
        now = share(step) if share else lr_schedule(step, steps, STEP[2])
        if rate_first:
            set_learning_rate([optimizer], now)
        with around or nullcontext():
            losses.append(train_step(model, optimizer, pixels, tokens).item())
        if not rate_first:
            set_learning_rate([optimizer], now)
    return losses


Loop = Callable[[TwoTowers, Iterable[tuple[Tensor, Tensor]], int], list[float]]


def changed(**how: Any) -> Loop:
    return lambda model, batches, steps: loop(model, batches, steps, **how)


def with_share(share: Callable[[int, int], float]) -> Loop:
    return lambda model, batches, steps: loop(model, batches, steps, share=lambda step: share(step, steps))


def first_batch_alone(model: TwoTowers, batches: Iterable[tuple[Tensor, Tensor]], steps: int) -> list[float]:
    return loop(model, [next(iter(batches))] * steps, steps)


def one_step_less(model: TwoTowers, batches: Iterable[tuple[Tensor, Tensor]], steps: int) -> list[float]:
    return loop(model, list(batches)[: steps - 1], steps)


def one_step_more(model: TwoTowers, batches: Iterable[tuple[Tensor, Tensor]], steps: int) -> list[float]:
    return loop(model, batches, steps + 1, share=lambda step: lr_schedule(step, steps, STEP[2]))


WRONG_LOOPS: dict[str, Loop] = {
    Mistake("the learning rate stays at its peak: the schedule is not used", way=RATE): with_share(
        lambda step, steps: 1.0
    ),
    Mistake("steps and warmup have changed places in the call of lr_schedule", way=RATE): with_share(
        lambda step, steps: lr_schedule(step, STEP[2], steps)
    ),
    Mistake("the rate and the decay have changed places in the call of adamw", way=MAKE): changed(
        rate=STEP[1], decay=STEP[0]
    ),
    Mistake("warmup does not reach the schedule", way=RATE): with_share(
        lambda step, steps: lr_schedule(step, steps, 0)),
    Mistake("the schedule is one step ahead: the first step has number 0", way=RATE): with_share(
        lambda step, steps: lr_schedule(step + 1, steps, STEP[2])
    ),
    Mistake("the rate is set after the step: every step has the rate of the one before", way=RATE): changed(
        rate_first=False
    ),
    Mistake("the learning rate is multiplied in twice: set_learning_rate takes the share of the peak",
            way=RATE): with_share(lambda step, steps: STEP[0] * lr_schedule(step, steps, STEP[2])),
    Mistake("learning_rate is not used: the optimiser has its own", way=MAKE):
        changed(rate=1e-3),
    Mistake("weight_decay is not used: the optimiser has its own", way=MAKE):
        changed(decay=0.2),
    Mistake("nothing decays: weight_decay does not reach the optimiser", way=MAKE):
        changed(decay=0.0),
    Mistake("the optimiser is made anew in every step, and forgets what it knew of the gradients",
            way="make it once, before the loop"): changed(anew=True),
    Mistake("every step sees the first batch", way="for step, (pixels, tokens) in zip(range(steps), batches):"):
        first_batch_alone,
    Mistake("one step is missing", way="range(steps) has as many as are asked"): one_step_less,
    Mistake("one step more than was asked", way="zip(range(steps), batches) ends after `steps`"): one_step_more,
}  # fmt: skip
