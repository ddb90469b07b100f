"""How the answers of lesson 07 are judged: two groups and the schedule. The rest: step_checks.py, loop_checks.py."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from minclip import optim
from minclip.course.assertions import Known, Mistake, Shown, Trial, Wrong
from minclip.course.comparison import TOLERANCE, equal
from minclip.course.lesson_07_training.group_mistakes import what_is_off, wrong_names
from minclip.course.lesson_07_training.loop_checks import train
from minclip.course.lesson_07_training.schedule_mistakes import COSINE_RIGHT, NOT_USED, WARMUP_RIGHT, WRONG_RATES
from minclip.course.lesson_07_training.stand_ins import Parts, TwoTowers
from minclip.course.lesson_07_training.step_checks import train_step
from minclip.course.value_words import in_words

__all__ = ["lr_schedule", "param_groups", "train", "train_step"]


def param_groups(t: Trial) -> None:
    t.errors = {
        "Boolean value of Tensor with more than one value is ambiguous": Mistake(
            "`in` and == compare tensors number by number",
            way="p.ndim tells where a parameter belongs",
        ),
        "tuple index out of range": Mistake(
            "the logit scale is a single number: its shape is empty, and has no first entry", way="p.ndim is 0 there"
        ),
        "len() of a 0-d tensor": Mistake(
            "len(p) is how long its first dimension is, and the logit scale has none", way="p.ndim is how many it has"
        ),
        "'builtin_function_or_method' and 'int'": Mistake(
            "dim is a method, and here it is not called", way="p.dim(), or p.ndim, which is none"
        ),
        "'torch.Size' and 'int'": Mistake("a shape holds a number for each dimension", way="p.ndim is how many"),
        "'int' object is not callable": Mistake("ndim is a number, no method", way="p.ndim without brackets"),
    }
    model = Parts()
    expected = [model.names(group["params"]) for group in optim.param_groups(model, 0.2)]
    learning = [p.requires_grad for p in model.parameters()]
    mistakes = wrong_names(model)  # before the call, which may change the model
    came = t.call(t.mine, Shown(model, "model"), 0.2)
    groups = two_groups(t, came)
    switched = Mistake("it changes which parameters learn", way="ask for p.requires_grad, and do not set it")
    t.holds(learning == [p.requires_grad for p in model.parameters()], "it changes the model", switched)
    found = [model.names(group["params"]) for group in groups]
    copies = Mistake(
        "these are copies: to move them moves nothing in the model", way="model.parameters() gives no copies"
    )
    t.holds(not any("?" in names for names in found), "the groups hold tensors that are not the model's", copies)
    if found != expected:
        named = [words for words, names in mistakes.items() if names() == found]
        facts, fallback = what_is_off(model, found, expected)
        raise Wrong(*t.heading("a group holds other parameters than it should"), *facts, *(named or fallback)[:1])
    t.passed += 1
    for decay in (0.2, 0.05):
        groups = two_groups(t, t.call(t.mine, Shown(model, "model"), decay))
        decays = [group["weight_decay"] for group in groups]
        own = Mistake("the argument weight_decay is not used", way='"weight_decay": weight_decay in the first group')
        fixed = [0.2, 0.0] if decay != 0.2 else []
        both = Mistake(
            "weight decay pulls at the second group, too", way='"weight_decay": 0.0 in the second group spares it'
        )
        known: Known = {both: partial(list, (decay, decay)), own: partial(list, fixed)}
        swapped = Mistake("the two values are the wrong way round", way="the first group decays, the second is spared")
        t.same(decays, [decay, 0.0], {**known, swapped: partial(list, (0.0, decay))}, "the list of both weight_decay")
    t.call(torch.optim.AdamW, Shown(came, "param_groups(model, 0.2)"), lr=1e-3, in_place=True)
    other = TwoTowers()
    groups = t.call(t.mine, Shown(other, "another_model"), 0.2)
    kept = Mistake("this is the result of an earlier call", way="begin with new lists in every call")
    sizes = [len(group["params"]) for group in two_groups(t, groups)]
    known = {kept: lambda: [len(group["params"]) for group in came]}
    t.same(sizes, [3, 3], known, "the number of parameters in each group")


def two_groups(t: Trial, came: Any) -> list[dict[str, Any]]:
    """The groups, where they are two dictionaries with the keys that an optimiser of PyTorch reads."""
    if not isinstance(came, list | tuple):
        found = "None: is there a return?" if came is None else in_words(came)
        raise Wrong(*t.heading("the result is no list"), "  expected  a list of two groups", f"  got       {found:.60}")
    if len(came) != 2 or not all(isinstance(group, dict) for group in came):
        kinds = ", ".join(type(group).__name__ for group in came)
        lines = ("  expected  a list of two dictionaries", f"  got       {len(came)} items: {kinds:.60}")
        raise Wrong(*t.heading("the result is no pair of groups"), *lines)
    for number, group in enumerate(came, 1):
        for key in ("params", "weight_decay"):
            if key not in group:
                found = f"  got       {', '.join(map(repr, group)) or 'no key'}"
                default = Mistake(
                    "a group without weight_decay gets AdamW's own, which is 0.01",
                    way=f'group {number} needs "weight_decay": {"weight_decay" if number == 1 else "0.0"}',
                )
                other = Mistake(
                    "an optimiser reads these keys alone: params, and its own arguments, such as weight_decay",
                    way='{"params": [...], "weight_decay": ...} has the right keys',
                )
                cause = default if key == "weight_decay" and len(group) == 1 else other
                raise Wrong(*t.heading(f"group {number} has no {key!r}"), found, cause)
        refuse_other_kinds(t, number, group["params"])
    return list(came)


def refuse_other_kinds(t: Trial, number: int, params: Any) -> None:
    """Wrong where "params" is no list of parameters."""
    what = f'"params" of group {number} is no list of parameters'
    found = f"  got       {type(params).__name__}"
    if not isinstance(params, list | tuple):
        cause = []
        if hasattr(params, "__next__"):
            words = "a generator gives its items once: who reads it a second time finds nothing"
            cause = [Mistake(words, way="square brackets make a list: [p for p in ... if ...]")]
        raise Wrong(*t.heading(what), found, *cause)
    for one in params:
        if isinstance(one, tuple) and len(one) == 2 and isinstance(one[0], str):
            words = "these are pairs of a name and a parameter; the optimiser needs the parameters alone"
            mistake = Mistake(words, way="model.parameters() gives them without names")
            raise Wrong(*t.heading(what), "  got       a list of pairs", mistake)
        if isinstance(one, str):
            mistake = Mistake("these are names; the optimiser needs the parameters themselves", way="keep p, not name")
            raise Wrong(*t.heading(what), "  got       a list of str", mistake)
        if not isinstance(one, Tensor):
            raise Wrong(*t.heading(what), f"  got       a list of {type(one).__name__}")


def lr_schedule(t: Trial) -> None:
    plain = Mistake("warmup may be 0, and then nothing is to be divided by it", way="divide where step < warmup alone")
    t.errors = {"division by zero": plain}
    for steps, warmup in ((10, 2), (7, 0), (40, 10), (6, 1)):
        came = rates(t, t.mine, steps, warmup)
        expected = shares(optim.lr_schedule, steps, warmup)
        ways = {words: partial(shares, way) for words, way in WRONG_RATES.items()}
        known: Known = {
            **t.acting_like(partial(shares, t.mine), ways, (steps, warmup), (12, 4)),
            **{words: partial(not_used, t.mine, came, *runs) for words, runs in NOT_USED.items()},
            WARMUP_RIGHT: partial(half_right, came, expected, slice(warmup)),
            COSINE_RIGHT: partial(half_right, came, expected, slice(warmup, None)),
        }
        t.last = f"lr_schedule(step, {steps}, {warmup}) for the steps 0 to {steps - 1}"
        t.same(came, expected, known, "the row of shares")
    long = Mistake(
        "where all steps are warm-up, steps - warmup is 0, and nothing is to be divided by it",
        way="return from the warm-up before the cosine is computed",
    )
    t.errors = {"division by zero": long}
    came = rates(t, t.mine, 5, 5)
    t.last = "lr_schedule(step, 5, 5) for the steps 0 to 4"
    t.same(came, shares(optim.lr_schedule, 5, 5), what="a warm-up of all steps")


def shares(schedule: Callable[..., Any], steps: int, warmup: int) -> Tensor:
    """Of all steps of a run, by minclip's schedule or by a wrong one."""
    return torch.tensor([schedule(step, steps, warmup) for step in range(steps)], dtype=torch.float64)


def half_right(came: Tensor, expected: Tensor, part: slice) -> Tensor | None:
    """What came, where that part of it is right."""
    return came if equal(came[part], expected[part], TOLERANCE) else None


def not_used(schedule: Callable[..., Any], came: Tensor, *runs: tuple[int, int]) -> Tensor | None:
    """What came, where two runs of other (steps, warmup) have the same shares as far as the shorter goes."""
    one, other = (shares(schedule, *run) for run in runs)
    shorter = min(len(one), len(other))
    return came if torch.equal(one[:shorter], other[:shorter]) else None


def rates(t: Trial, schedule: Callable[..., Any], steps: int, warmup: int) -> Tensor:
    """The shares of all steps of a run, by the learner's schedule."""
    found = []
    for step in range(steps):
        share = t.call(schedule, step, steps, warmup)
        if isinstance(share, Tensor):
            words = "a plain number is asked, and this is a tensor"
            mistake = Mistake(words, way="math.cos and math.pi instead of torch.cos and torch.pi")
            raise Wrong(*t.heading("the result has the wrong type"), f"  got       {in_words(share)}", mistake)
        if share is None or not isinstance(share, int | float):
            words = "None: is there a return?" if share is None else in_words(share)
            raise Wrong(*t.heading("the result is no number"), f"  got       {words:.60}")
        found.append(float(share))
    return torch.tensor(found, dtype=torch.float64)
