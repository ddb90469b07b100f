"""What people write in place of lr_schedule: each mistake as a function of (step, steps, warmup)."""

import math
from collections.abc import Callable

from minclip.course.assertions import Mistake
from minclip.optim import lr_schedule as right

ONE_MORE = "(step + 1) / warmup: the first of the steps has number 0"
PROGRESS = "(step - warmup) / (steps - warmup) goes from 0 to nearly 1 behind the warm-up"
COSINE = (
    "0.5 * (1 + math.cos(math.pi * progress)) goes from 1 to 0; progress needs /, for // drops what is behind the point"
)
NOT_USED = {  # -> two runs, (steps, warmup), that are to differ
    Mistake("warmup is not used: a fixed number stands in its place", way="step < warmup, and (step + 1) / warmup"): (
        (20, 3), (20, 6)),
    Mistake("steps is not used: a fixed number stands in its place", way=PROGRESS): ((20, 3), (30, 3)),
}  # fmt: skip
WARMUP_RIGHT = Mistake("the warm-up is right, and what follows is not", way=f"{PROGRESS}; {COSINE}")
COSINE_RIGHT = Mistake("the cosine is right, and the warm-up is not", way=ONE_MORE)

Schedule = Callable[[int, int, int], float]


def with_cosine(cosine: Callable[[float], float]) -> Schedule:
    """The right warm-up, and then that function of the progress."""

    def way(step: int, steps: int, warmup: int) -> float:
        return (step + 1) / warmup if step < warmup else cosine((step - warmup) / (steps - warmup))

    return way


def with_progress(progress: Schedule) -> Schedule:
    """The right warm-up, and then half a cosine of that progress."""

    def way(step: int, steps: int, warmup: int) -> float:
        if step < warmup:
            return (step + 1) / warmup
        return 0.5 * (1 + math.cos(math.pi * progress(step, steps, warmup)))

    return way


def with_warmup(rise: Schedule) -> Schedule:
    """That warm-up, and then the right cosine."""
    return lambda step, steps, warmup: rise(step, steps, warmup) if step < warmup else right(step, steps, warmup)


def down(progress: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * progress))


WRONG_RATES: dict[str, Schedule] = {
    Mistake("the first step of the warm-up has a rate of 0: it teaches nothing", way=ONE_MORE): with_warmup(
        lambda step, steps, warmup: step / warmup
    ),
    Mistake("the warm-up reaches the peak one step too late", way=ONE_MORE): with_warmup(
        lambda step, steps, warmup: (step + 1) / (warmup + 1)
    ),
    Mistake("the warm-up rises with the length of the whole run", way=ONE_MORE): with_warmup(
        lambda step, steps, warmup: (step + 1) / steps
    ),
    Mistake("only the 1 is divided by warmup: brackets", way=ONE_MORE): with_warmup(
        lambda step, steps, warmup: step + 1 / warmup
    ),
    Mistake("the warm-up bends, and a straight line is asked", way=ONE_MORE): with_warmup(
        lambda step, steps, warmup: 1 - down((step + 1) / warmup)
    ),
    Mistake("warmup is a number of steps, not a share of them", way="step < warmup, and (step + 1) / warmup"): (
        lambda step, steps, warmup: right(step, steps, warmup * steps)
    ),
    Mistake("the warm-up and the cosine have changed places", way="if step < warmup: the warm-up, else the cosine"): (
        lambda step, steps, warmup: (
            (step + 1) / warmup if step > warmup else down((step - warmup) / (steps - warmup))
        )
    ),
    Mistake("/ comes before -: without brackets this is another angle", way=PROGRESS): (
        lambda step, steps, warmup: (
            (step + 1) / warmup
            if step < warmup
            else 0.5 * (1 + math.cos(math.pi * step - warmup / steps - warmup))
        )
    ),
    Mistake("/ comes before -: without brackets only warmup is divided by steps", way=PROGRESS): with_progress(
        lambda step, steps, warmup: step - warmup / steps - warmup
    ),
    Mistake("there is no warm-up: the first steps have the full rate", way=ONE_MORE): with_warmup(
        lambda step, steps, warmup: 1.0
    ),
    Mistake("the cosine begins at step 0, and there is no warm-up", way=PROGRESS): (
        lambda step, steps, warmup: down(step / steps)
    ),
    Mistake("the first steps follow the cosine, not a warm-up", way=ONE_MORE): (
        lambda step, steps, warmup: down((step - warmup) / (steps - warmup))
    ),
    Mistake("a whole number came: // drops what is behind the point", way=ONE_MORE): with_warmup(
        lambda step, steps, warmup: (step + 1) // warmup
    ),
    Mistake("the warm-up multiplies the cosine: the peak is never reached", way=PROGRESS): (
        lambda step, steps, warmup: min(1.0, (step + 1) / warmup if warmup else 1.0) * down(step / steps)
    ),
    Mistake("this is the smaller one of the warm-up and a cosine that begins at step 0", way=PROGRESS): (
        lambda step, steps, warmup: min((step + 1) / warmup if warmup else 1.0, down(step / steps))
    ),
    Mistake("the cosine begins at step 0: behind the warm-up the rate jumps down", way=PROGRESS): with_progress(
        lambda step, steps, warmup: step / steps
    ),
    Mistake("the length of the warm-up is missing in the denominator: the cosine does not come to its end",
            way=PROGRESS): with_progress(lambda step, steps, warmup: (step - warmup) / steps),
    Mistake("the warm-up is not taken off the step: the cosine is over too early", way=PROGRESS): with_progress(
        lambda step, steps, warmup: step / (steps - warmup)
    ),
    Mistake("the last step has a rate of 0: it teaches nothing", way=PROGRESS): with_progress(
        lambda step, steps, warmup: (step - warmup) / max(1, steps - warmup - 1)
    ),
    Mistake("the cosine is one step ahead: the warm-up ends at the peak", way=PROGRESS): with_progress(
        lambda step, steps, warmup: (step + 1 - warmup) / (steps - warmup)
    ),
    Mistake("the cosine lags one step behind", way=PROGRESS): with_progress(
        lambda step, steps, warmup: (step - 1 - warmup) / (steps - warmup)
    ),
    Mistake("1 + cos goes from 2 to 0: half of it is asked", way=COSINE): with_cosine(lambda x: 2 * down(x)),
    Mistake("a cosine goes from 1 to -1: it is to be raised by 1 and halved", way=COSINE): with_cosine(
        lambda x: math.cos(math.pi * x)
    ),
    Mistake("only the 1 is halved, not the cosine: brackets", way=COSINE): with_cosine(
        lambda x: 0.5 + math.cos(math.pi * x)
    ),
    Mistake("only the cosine is halved, not the 1: brackets", way=COSINE): with_cosine(
        lambda x: 1 + 0.5 * math.cos(math.pi * x)
    ),
    Mistake("half a cosine is asked, from 0 to π: this is a quarter", way=COSINE): with_cosine(
        lambda x: math.cos(math.pi / 2 * x)
    ),
    Mistake("π is missing: the cosine takes an angle, and half a turn is π", way=COSINE): with_cosine(
        lambda x: 0.5 * (1 + math.cos(x))
    ),
    Mistake("the angle is in degrees; math.cos takes radians", way=COSINE): with_cosine(
        lambda x: 0.5 * (1 + math.cos(180 * x))
    ),
    Mistake("a whole turn of the cosine comes back up; half a turn is asked", way=COSINE): with_cosine(
        lambda x: 0.5 * (1 + math.cos(2 * math.pi * x))
    ),
    Mistake("behind the warm-up the rate rises, and it is to fall", way=COSINE): with_cosine(lambda x: 1 - down(x)),
    Mistake("behind the warm-up the rate falls in a straight line; half a cosine is asked", way=COSINE): with_cosine(
        lambda x: 1 - x
    ),
    Mistake("behind the warm-up the rate stays at its peak", way=COSINE): with_cosine(lambda x: 1.0),
    Mistake("a sine is not a cosine", way=COSINE): with_cosine(lambda x: 0.5 * (1 + math.sin(math.pi * x))),
    Mistake("step <= warmup lets the warm-up run one step too long, above the peak", way="step < warmup"): (
        lambda step, steps, warmup: (step + 1) / warmup if step <= warmup else right(step, steps, warmup)
    ),
    Mistake("this is a learning rate; the share of the peak is asked, from 0 to 1",
            way="leave the peak out: set_learning_rate multiplies by it"): (
        lambda step, steps, warmup: 1e-3 * right(step, steps, warmup)
    ),
}  # fmt: skip
