"""How the loop `train` is judged: what the weights are afterwards, what it returns, and what it tells."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor

from minclip.course.assertions import Known, Mistake, Shown, Trial, Wrong
from minclip.course.comparison import copied
from minclip.course.lesson_07_training import loop_mistakes
from minclip.course.lesson_07_training.loop_mistakes import MAKE, RATE, STEP, WRONG_LOOPS, Loop, changed
from minclip.course.lesson_07_training.stand_ins import TwoTowers, minclips_train

Pairs = list[tuple[Tensor, Tensor]]
STEPS, PAIRS = 7, 5
TAKEN = f"a thousand batches were taken for {STEPS} steps"
NO_LIST = Mistake(
    "batches may come without an end: take one for each step, and no list of them all",
    way="zip(range(steps), batches) takes as many as there are steps",
)
FROZEN = Mistake(
    "whoever goes on with the training finds nothing that learns", way="leave requires_grad and requires_grad_ out"
)


def untold(step: int, loss: float, pairs: int) -> None:
    """An after_step that does nothing."""


def train(t: Trial) -> None:
    t.errors = {TAKEN: NO_LIST, **loop_mistakes.ERRORS}
    supply = [(t.normal(PAIRS, 6), t.whole(0, 10, PAIRS, 3)) for _ in range(2 * STEPS + 1)]
    judge_weights(t, supply, Shown(supply, f"a list of {len(supply)} batches"))
    judge_weights(t, supply, Shown(endless(supply), "a generator without an end"))
    told: list[Any] = []
    came, model = run(t, supply, told)
    mode(t, model)
    right = TwoTowers()
    expected = minclips_train(right, supply, STEPS, *STEP, after_step=untold)
    judge_losses(t, came, expected)
    judge_told(t, told, expected)
    judge_precision(t, supply)
    short = TwoTowers()
    why = f"the batches end after 5 of {STEPS} steps"
    few = Shown(supply[:5], "a list of 5 batches")
    model_shown = Shown(short, "model")
    t.raises(ValueError, t.mine, model_shown, few, STEPS, *STEP, None, Shown(untold, "after_step"), why=why)
    words = Mistake("the model has learned nothing from the batches that there were", way="raise behind the loop")
    behind = Mistake("a raise ends the function: what stands below it is not done", way="model.eval(), then the raise")
    t.holds(not short.training, "after the ValueError the model is still in train mode", behind)
    fresh = TwoTowers().weights()
    t.holds(not torch.equal(short.weights(), fresh), "the batches that there were are not used", words)

    def on_gpu(module: TwoTowers, pairs: Pairs) -> Any:
        return t.mine(module, pairs, STEPS, *STEP, None, untold)

    on_gpu.__name__ = "train"
    t.on_a_gpu(on_gpu, TwoTowers(), Shown(supply, "batches"))


def endless(items: Pairs) -> Iterator[tuple[Tensor, Tensor]]:
    """The items again and again, as far as anybody needs them."""
    for _ in range(1 + 1000 // len(items)):
        yield from items
    raise RuntimeError(TAKEN)


def run(t: Trial, batches: Any, told: list[Any] | None = None, precision: Any = None) -> tuple[Any, TwoTowers]:
    """(what a run returns, its model)."""
    model = TwoTowers().eval()

    def after_step(step: int, loss: float, pairs: int) -> None:
        if told is not None:
            told.append((step, copied(loss), pairs))

    shown = Shown(model, "model"), batches if isinstance(batches, Shown) else Shown(batches, "batches")
    t.call(t.mine, *shown, STEPS, *STEP, precision, Shown(after_step, "after_step"), in_place=True)
    rate, decay, warmup = STEP
    t.last = f"train(model, batches, {STEPS}, learning_rate={rate}, weight_decay={decay}, warmup={warmup}, ...)"
    return t.came, model


def weights_after(way: Loop, supply: Pairs) -> Tensor:
    """Of a fresh model after that loop."""
    model = TwoTowers()
    way(model, supply, STEPS)
    return model.weights()


def judge_weights(t: Trial, supply: Pairs, batches: Any) -> None:
    """Claims about the model after a run: as many steps as were asked, each the right one."""
    _, model = run(t, batches)
    taken = len(model.under_autocast) // 2
    if not taken:
        raise Wrong(*t.heading("the model has seen no batch"))
    if taken != STEPS:
        cause = loop_mistakes.wrong_number(taken, STEPS, len(supply) if batches.value is supply else 0)
        raise Wrong(
            *t.heading("it takes another number of steps"), f"  expected  {STEPS}", f"  got       {taken}", *cause
        )
    known: Known = {words: partial(weights_after, way, supply) for words, way in WRONG_LOOPS.items()}
    nothing = Mistake("the model has not changed: no step was taken", way="train_step(...) takes one")
    known = {nothing: lambda: TwoTowers().weights(), **known, **unused(t, supply, model.weights())}
    t.same(model.weights(), weights_after(changed(), supply), known, "the row of all weights after the run")
    learns = all(parameter.requires_grad for parameter in model.parameters())
    t.holds(learns, "the model no longer learns after the run", FROZEN)


def unused(t: Trial, supply: Pairs, came: Tensor) -> Known:
    """Arguments that change nothing: a fixed number stands in their place."""

    def without(place: int, other: float) -> Tensor | None:
        model, arguments = TwoTowers(), list(STEP)
        arguments[place] = type(arguments[place])(other)
        t.mine(model, supply, STEPS, *arguments, None, untold)
        return came if torch.equal(model.weights(), came) else None

    def without_steps() -> Tensor | None:
        few, more = (t.mine(TwoTowers(), supply, STEPS + n, *STEP, None, untold) for n in (0, 3))
        return came if few == more[:STEPS] else None

    ways = (("learning_rate", 0.02, MAKE), ("weight_decay", 0.1, MAKE), ("warmup", 4, RATE))
    known: dict[str, Any] = {
        Mistake(f"{name} is not used: a fixed number stands in its place", way=way): partial(without, place, other)
        for place, (name, other, way) in enumerate(ways)
    }
    return known | {Mistake("the schedule does not know how many steps there are", way=RATE): without_steps}


def mode(t: Trial, model: TwoTowers) -> None:
    """Claims that the model is in train mode while it learns, and in eval mode afterwards."""
    during = Mistake("model.train() is missing: dropout and batch norm behave otherwise while a model learns",
                     way="model.train() before the loop")  # fmt: skip
    t.holds(all(model.in_training), "the model is not in train mode while it learns", during)
    behind = Mistake(
        "model.eval() is missing: a trained model is asked in eval mode", way="model.eval() behind the loop"
    )
    t.holds(not model.training, "the model is left in train mode", behind)


def judge_losses(t: Trial, came: Any, expected: list[float]) -> None:
    """Claims about what is returned."""
    if isinstance(came, list) and any(isinstance(loss, Tensor) for loss in came):
        words = "these are tensors: plain numbers are asked, which are easy to draw and to save"
        mistake = Mistake(words, way=".item() makes a plain number of each")
        raise Wrong(
            *t.heading("the losses are no plain numbers"), f"  got       a list of {len(came)} tensors", mistake
        )
    if isinstance(came, Iterator):
        mistake = Mistake("a yield makes a generator of the function", way="collect the losses in a list")
        raise Wrong(*t.heading("the result is no list"), f"  got       a {type(came).__name__}", mistake)
    known: Known = {
        Mistake(
            "this is the last loss alone; all of them are asked", way="losses.append(loss) in every step"
        ): lambda: expected[-1],
        Mistake("this is the mean; the loss of every step is asked", way="return losses"): lambda: (
            sum(expected) / len(expected)
        ),
        Mistake("the list begins anew in every step", way="losses = [] before the loop"): lambda: expected[-1:],
        Mistake("the list is empty: no loss was noted", way="losses.append(loss) in every step"): lambda: [],
    }
    if isinstance(came, float):
        known = {words: give for words, give in known.items() if abs(give_or(give) - came) < 1e-4}
        cause = list(known)[:1]
        lines = (f"  expected  a list of {len(expected)} losses", f"  got       {came:.4f}")
        raise Wrong(*t.heading("the result is no list"), *lines, *cause)
    if not isinstance(came, list | tuple) or len(came) != len(expected) or not all(map(is_number, came)):
        t.same(came, expected, known, "the list of losses")
    t.same(torch.tensor(came), torch.tensor(expected), what="the list of losses")


def is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def give_or(give: Any) -> float:
    """The number that a mistake gives; one that gives a list is out of reach."""
    value = give()
    return value if isinstance(value, float) else float("inf")


def judge_told(t: Trial, told: list[Any], expected: list[float]) -> None:
    """Claims about the calls of after_step."""
    right = [(step, round(loss, 3), PAIRS) for step, loss in enumerate(expected)]
    plain = [(step, rounded(loss), rounded(pairs)) for step, loss, pairs in told]
    call = "after_step(step, loss, len(pixels)) in every step"
    known: Known = {
        Mistake("after_step is never called", way=call): lambda: [],
        Mistake("the steps are counted from 1, and the first has number 0", way=call): lambda: [
            (step + 1, loss, pairs) for step, loss, pairs in right
        ],
        Mistake("after_step is called once, behind the loop", way=call): lambda: right[-1:],
        Mistake("the number of all steps is told in place of the pairs", way=call): lambda: [
            (step, loss, STEPS) for step, loss, _ in right
        ],
        Mistake("the loss and the pairs have changed places", way=call): lambda: [
            (step, pairs, loss) for step, loss, pairs in right
        ],
        Mistake("after_step is told the losses of all steps so far, and it wants this step's", way=call): lambda: [
            (step, rounded(expected[: step + 1]), PAIRS) for step in range(STEPS)
        ],
    }
    words = "steps and losses are right, and the third is not the number of pairs, which is the batch's length"
    others = [(*one[:2], pairs) for one, (_, _, pairs) in zip(right, plain, strict=False)]
    known = {**known, Mistake(words, way=call): lambda: others}
    t.last = "what after_step is called with: (step, loss, pairs)"
    t.same(plain, right, known, "the list of calls of after_step")
    if any(isinstance(loss, Tensor) for _, loss, _ in told):
        words = "after_step wants a plain number, and a tensor came"
        raise Wrong(*t.heading("the loss is no plain number"), Mistake(words, way="loss.item()"))


def rounded(loss: Any) -> Any:
    """A loss as it is compared: another order of sums gives another last digit."""
    if isinstance(loss, list):
        return [rounded(one) for one in loss]
    return round(float(loss), 3) if isinstance(loss, int | float | Tensor) else loss


def judge_precision(t: Trial, supply: Pairs) -> None:
    """Claims that the given precision reaches the encoders."""
    half = torch.autocast("cpu", torch.bfloat16)
    came, model = run(t, supply, precision=half)
    t.last += ", with precision"
    lost = Mistake(
        "precision does not reach the encoders", way="train_step(model, optimizer, pixels, tokens, precision)"
    )
    t.holds(all(model.under_autocast), "the encoders do not run in the given precision", lost)
    right = minclips_train(TwoTowers(), supply, STEPS, *STEP, half, untold)
    inside = changed(around=half)(TwoTowers(), supply, STEPS)
    around = Mistake(
        "the loss runs in the given precision, too", way="hand precision to train_step; no with block here"
    )
    known: Known = {around: lambda: torch.tensor(inside)}
    t.same(torch.tensor(came), torch.tensor(right), known, "the list of losses")
