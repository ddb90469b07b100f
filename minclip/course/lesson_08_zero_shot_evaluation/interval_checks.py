"""How a bootstrap interval is judged. Its draws are random: interval_mistakes.py says how near its ends must come."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from minclip.course.assertions import Known, Mistake, Trial
from minclip.course.lesson_08_zero_shot_evaluation.interval_mistakes import (
    ALL_ONES,
    DIGITS,
    FORMULA,
    NO_WIDTH,
    REPLACED,
    RESAMPLES,
    SHRINKING,
    TOLERANCE,
    Ends,
    by_formula,
    middle,
    near,
    shares_of,
    wrong_intervals,
)


def interval_is_right(t: Trial, came: Any, correct: Tensor, level: float, what: str, known: Known) -> None:
    """Claims (low, high), within what the draws allow."""
    shares = shares_of(correct)
    expected = middle(shares, level)
    said = f"about ({expected[0]:.3f}, {expected[1]:.3f})"
    if not is_pair(came):
        found = "None: is there a return?" if came is None else words_of(came)
        t.wrong(f"{what} is no pair of numbers", said, found, came, {}, hint=way_to_numbers(came))
    low, high = (float(x) for x in came)
    spread = max(float(shares.std()), 1e-6)
    if not near((low, high), expected, TOLERANCE * spread):
        narrow = narrow_cause(t, (low, high), correct) if 0 <= high - low < 2 * spread else ""  # a right one: 3.9
        first: Known = {narrow: lambda: came} if narrow else {}
        digits: Known = {DIGITS: lambda: came if rounded_from((low, high), expected, spread) else None}
        t.wrong(f"{what} is wrong", said, f"({low:.3f}, {high:.3f})", came, {**first, **known, **digits})
    t.passed += 1


def is_pair(came: Any) -> bool:
    return isinstance(came, tuple) and len(came) == 2 and all(isinstance(x, int | float | np.number) for x in came)


def words_of(came: Any) -> str:
    if isinstance(came, Tensor | np.ndarray):
        return f"{type(came).__name__} {list(came.shape)}"
    if isinstance(came, tuple | list):
        kinds = " and ".join(dict.fromkeys(type(item).__name__ for item in came))
        return f"a {type(came).__name__} of {len(came)}: {kinds}"
    return f"a {type(came).__name__}"


def way_to_numbers(came: Any) -> str:
    """The mistake, where both ends are there in another form; "" where they are not."""
    try:
        ends = [float(x) for x in came]
    except (TypeError, ValueError, RuntimeError):
        return ""
    if len(ends) != 2:
        return ""
    if isinstance(came, tuple):
        return Mistake("the ends are tensors; two plain numbers are asked", way="low.item(), high.item()")
    way = "return low, high is one" if isinstance(came, list) else "low, high = both.tolist(), and return low, high"
    return Mistake(f"both ends are there, in a {type(came).__name__}; a tuple of two numbers is asked", way=way)


def narrow_cause(t: Trial, ends: Ends, correct: Tensor) -> str:
    """The mistake of an interval that is far too narrow, as intervals of other seeds show it; "" for other mistakes."""
    low, high = ends
    flat = abs(high - low) < 1e-6
    if flat and abs(low - float(correct.double().mean())) < 1e-5:
        return REPLACED
    called = t.last
    others = [pair_of(t(correct, resamples=RESAMPLES, seed=seed)) for seed in (1, 2, 3, 4)]
    t.last = called
    if ends == (1, 1) and all(pair == ends for pair in others):
        of_small = pair_of(t(correct / 4, resamples=RESAMPLES))  # these are rounded to 0
        t.last = called
        return ALL_ONES if of_small == ends else DIGITS
    answers = correct.double()
    at_answers = sum(bool(((answers - one).abs() < 1e-5).any()) for one, _ in (ends, *others))
    apart = any(max(low, one) > min(high, other) for one, other in others)
    if apart and (not flat or at_answers > 2):
        return SHRINKING
    return NO_WIDTH if flat else ""


def rounded_from(ends: Ends, expected: Ends, spread: float) -> bool:
    """Whether they are the expected ends with two digits, one or none."""
    for digits in (0, 1, 2):
        limit = 0.5 * 10**-digits + TOLERANCE * spread
        if are_rounded(ends, digits) and near(ends, expected, limit):
            return True
    return False


def are_rounded(ends: Ends, digits: int) -> bool:
    return all(abs(end - round(end, digits)) < 1e-7 for end in ends)


def bootstrap_interval(t: Trial) -> None:
    of_bool = Mistake("true and false have no mean: correct may be bool, too", way="correct = correct.float()")
    t.errors = {
        "could not infer output dtype": of_bool,
        "quantile() input tensor must be either float or double": of_bool,
        "quantile() q tensor must be same dtype as the input": Mistake(
            "shares and the places to cut at are of two dtypes", way="float32 for both: correct.float()"
        ),
        "'list' object has no attribute 'quantile'": Mistake(
            "a list has no quantiles, and a tensor has", way="torch.stack(shares), or torch.tensor(shares)"
        ),
        "quantile() q must be in the range [0, 1]": Mistake(
            "a quantile is asked for by a share from 0 to 1", way="(1 - level) / 2 is 0.025"
        ),
        "Quantiles must be in the range [0, 1]": Mistake(
            "a quantile is asked for by a share from 0 to 1", way="(1 - level) / 2 is 0.025"
        ),
        "Sample larger than population": Mistake(
            "this draws without replacement", way="with replacement: torch.randint, rng.integers, random.choices"
        ),
        "Cannot take a larger sample than population": Mistake(
            "this draws without replacement", way="with replacement: torch.randint, rng.integers, random.choices"
        ),
    }
    t.errors["out of bounds for"] = t.errors["list index out of range"] = Mistake(
        "a place is drawn at which there is no answer: there are n, and their places go from 0 to n - 1",
        way="n = len(correct), and torch.randint(n, (n,), generator=generator)",
    )
    correct = t.normal(50).abs().clamp(max=1) ** 0.3  # chances: their means take all values, and no two ends are alike
    came = t(correct, resamples=RESAMPLES)
    interval_is_right(t, came, correct, 0.95, "the interval", wrong_intervals(came, correct))
    seeds_decide(t, correct)
    skewed = torch.ones(30)
    skewed[4] = 0
    came = t(skewed, resamples=RESAMPLES)
    beyond = Mistake(
        "this is an interval of the normal distribution, which goes beyond 1; a share cannot",
        way="the quantiles of the resamples' means, without a standard deviation",
    )
    t.holds(
        float(came[1]) <= 1 + 1e-6,
        "ends above 1, for 29 right answers of 30",
        f"  got       {float(came[1]):.3f}",
        beyond,
    )
    every_answer_is_drawn(t)
    fixed = Mistake("a level of 0.5 gives what 0.95 gives", way="tail = (1 - level) / 2")
    came = t(correct, level=0.5, resamples=RESAMPLES)
    wide = middle(shares_of(correct), 0.95)
    spread = float(shares_of(correct).std())
    interval_is_right(t, came, correct, 0.5, "the interval for level=0.5",
                      {fixed: lambda: came if near(came, wide, TOLERANCE * spread) else None})  # fmt: skip
    right = torch.arange(200) < 130
    came = t(right, resamples=RESAMPLES)
    interval_is_right(t, came, right.float(), 0.95, "the interval of 200 answers, true and false,", {})
    for value in (1.0, 0.0):
        came = t(torch.full((7,), value))
        t.same(torch.tensor([float(x) for x in came]), torch.full((2,), value), what="the interval where all are alike")
    came = t(correct, resamples=1)
    many = Mistake("resamples=1 draws once, and both ends are that one share", way="for _ in range(resamples):")
    t.holds(abs(float(came[0]) - float(came[1])) < 1e-6, "draws more often than it is asked to", many)
    t.raises(ValueError, t.mine, torch.ones(0), why="there is no answer")
    t.raises(ValueError, t.mine, correct, 95, why="a level is between 0 and 1")


def seeds_decide(t: Trial, correct: Tensor) -> None:
    """Claims one interval for one seed, another for another, and no change of anybody else's random numbers."""
    states: tuple[Callable[[], Any], ...] = (
        lambda: torch.get_rng_state().tolist(),
        lambda: np.random.get_state()[1].tolist(),  # type: ignore[index]
        random.getstate,
    )
    before = [state() for state in states]
    first = pair_of(t(correct, seed=3))
    after = [state() for state in states]
    again, other = pair_of(t(correct, seed=3)), pair_of(t(correct, seed=4))
    unseeded = Mistake("the draws do not begin at the seed", way="torch.Generator().manual_seed(seed), and hand it on")
    t.last = "bootstrap_interval(correct, seed=3), twice"
    t.holds(first == again, "one seed gives two intervals", unseeded)
    t.holds(not are_rounded(first, 2), "gives no more than two digits", f"  got       {first}", DIGITS)
    t.last = "bootstrap_interval(correct, seed=3), and with seed=4"
    same = Mistake("the seed decides nothing", way="torch.Generator().manual_seed(seed), and hand it on")
    drawn = not any(near(first, ends, 1e-5) for ends in by_formula(correct))
    t.holds(first != other, "two seeds give one interval", same if drawn else FORMULA)
    changed = Mistake(
        "its draws move the random numbers of all code: a training that measures now and then would draw others",
        way="generator = torch.Generator().manual_seed(seed), and generator=generator in randint; or "
        "np.random.default_rng(seed), random.Random(seed)",
    )
    t.last = "bootstrap_interval(correct, seed=3)"
    t.holds(before == after, "changes the random numbers of all code", changed)


def pair_of(came: Any) -> Ends:
    return float(came[0]), float(came[1])


def every_answer_is_drawn(t: Trial) -> None:
    """Claims that the first and the last answer are drawn as often as the others."""
    for place, words in ((-1, "last"), (0, "first")):
        lone = torch.zeros(10)
        lone[place] = 1
        came = pair_of(t(lone, resamples=RESAMPLES))
        missed = Mistake(
            f"the {words} answer is never drawn", way="torch.randint(n, (n,)) gives places from 0 to n - 1"
        )
        known: Known = {missed: lambda came=came: came if came == (0, 0) else None}  # type: ignore[misc]
        # of ten draws 3 or more hit it in 7 of 100, 4 or more in 1 of 100: the upper end is 3 in 10
        if abs(came[0]) > 1e-6 or abs(came[1] - 0.3) > 0.01:
            t.wrong(f"the interval of ten answers, the {words} alone right, is wrong", "(0.0, 0.3)",
                    f"({came[0]:.2f}, {came[1]:.2f})", came, known)  # fmt: skip
        t.passed += 1
