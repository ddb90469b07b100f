"""What people write in place of the loop `train`: each mistake as a whole loop, whose weights are compared."""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any

from torch import Tensor

from minclip.course.assertions import Errors, Mistake
from minclip.course.lesson_07_training.stand_ins import TwoTowers
from minclip.course.lesson_07_training.stand_ins import minclips_step as train_step
from minclip.course.lesson_07_training.step_mistakes import NO_WAY_BACK
from minclip.optim import adamw, lr_schedule, set_learning_rate

RATE = "set_learning_rate([optimizer], lr_schedule(step, steps, warmup)), before the step"
MAKE = "adamw(model, learning_rate, weight_decay)"
NO_PLACE = Mistake("batches may be a generator: it has no places, and no length", way="zip(range(steps), batches)")
STEP = 0.05, 0.5, 2  # the arguments of every loop here: learning rate, weight decay, warm-up


def loop(
    model: TwoTowers,
    batches: Iterable[tuple[Tensor, Tensor]],
    steps: int,
    *,
    share: Callable[[int], float] | None = None,
    rate: float = STEP[0],
    decay: float = STEP[1],
    groups: int | None = None,
    anew: bool = False,
    rate_first: bool = True,
    around: Any = None,
) -> list[float]:
    """The losses of the loop with one thing changed.

    groups: so many get the rate, the others stay at their peak; anew: a new optimiser for every step; around: of every
    step.
    """
    losses = []
    optimizer = adamw(model, rate, decay)
    for step, (pixels, tokens) in zip(range(steps), batches, strict=False):
        if anew:
            optimizer = adamw(model, rate, decay)
        now = share(step) if share else lr_schedule(step, steps, STEP[2])
        if groups is not None:
            for group in optimizer.param_groups[:groups]:
                group["lr"] = now * group["peak_lr"]
        elif rate_first:
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
    Mistake("the share itself is the rate: the peak is missing", way=RATE + "; it multiplies by the peak"): with_share(
        lambda step, steps: lr_schedule(step, steps, STEP[2]) / STEP[0]
    ),
    Mistake("the rate is set once, and stays", way=RATE + ", inside of the loop"): with_share(
        lambda step, steps: lr_schedule(0, steps, STEP[2])
    ),
    Mistake("the optimiser has two groups, and only the first gets the rate", way=RATE): changed(groups=1),
    Mistake("nothing decays: weight_decay does not reach the optimiser", way=MAKE):
        changed(decay=0.0),
    Mistake("the optimiser is made anew in every step, and forgets what it knew of the gradients",
            way="make it once, before the loop"): changed(anew=True),
    Mistake("every step sees the first batch", way="for step, (pixels, tokens) in zip(range(steps), batches):"):
        first_batch_alone,
}  # fmt: skip


TWO_PARTS = Mistake(
    "a batch is a pair, and train_step takes its two parts",
    way="train_step(model, optimizer, pixels, tokens, precision)",
)
NEITHER = "zip(range(steps), batches) ends after `steps`, and takes one batch for each"


def wrong_number(taken: int, steps: int, batches: int) -> list[Mistake]:
    """The mistake with which a loop takes so many steps, where it is certain; batches: of the list, 0 if endless."""
    every = "a loop inside of the loop takes every batch in every step"
    causes = {
        1: Mistake("a return inside of the loop ends it after one step", way="return losses, behind the loop"),
        steps - 1: Mistake("one step is missing", way="range(steps) has as many as are asked"),
        steps + 1: Mistake("one step more than was asked", way=NEITHER),
        2 * steps: Mistake("every batch is learned twice", way="one train_step(...) for each batch"),
    }
    if batches:
        causes[batches] = Mistake("every batch is a step, however many steps were asked", way=NEITHER)
        causes[steps * batches] = Mistake(every, way="for step, (pixels, tokens) in zip(range(steps), batches):")
    fixed = Mistake("the number of steps is fixed", way="range(steps)")
    return [causes.get(taken, fixed)] if taken in causes or taken > 2 * steps else []


ERRORS: Errors = {
    "object is not an iterator": Mistake(
        "batches may be a list, and next() wants an iterator", way="zip(range(steps), batches)"
    ),
    "'generator' object is not subscriptable": NO_PLACE,
    "object of type 'generator' has no len": NO_PLACE,
    "'AdamW' object is not iterable": Mistake(
        "set_learning_rate takes a list of optimisers", way="set_learning_rate([optimizer], share), with brackets"
    ),
    "'peak_lr'": Mistake(
        "set_learning_rate wants groups that remember their peak rate, and this optimiser's do not", way=MAKE
    ),
    "does not require grad": NO_WAY_BACK,
    "zip() argument 2 is": Mistake(
        "strict=True wants as many batches as steps, and there may be more", way="zip(range(steps), batches)"
    ),
    "(expected 3, got 2)": Mistake(
        "zip gives two things, the step and its batch, and the batch is a pair",
        way="for step, (pixels, tokens) in zip(range(steps), batches):",
    ),
    "missing 1 required positional argument: 'tokens'": TWO_PARTS,
    "must be Tensor, not tuple": TWO_PARTS,
    "missing 1 required positional argument: 'pairs'": Mistake(
        "after_step takes three things: the step's number, its loss and how many pairs it had",
        way="after_step(step, loss, len(pixels))",
    ),
    "object has no attribute 'modules'": Mistake("adamw takes the model itself, and makes its groups", way=MAKE),
    "adamw() missing": Mistake("adamw takes the model, the peak rate and the weight decay", way=MAKE),
    "lr_schedule() missing": Mistake("lr_schedule takes the step, all steps and the warm-up", way=RATE),
}
