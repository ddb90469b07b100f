"""How the answers of lesson 14 are judged: which patches are kept, their tokens, and texts that are cut."""

from typing import Any

import torch
from torch import Tensor

from minclip import masking as library
from minclip.course import battery
from minclip.course.assertions import Known, Mistake, Trial
from minclip.course.comparison import equal
from minclip.course.lesson_14_half_the_work.mistakes import ALL_ROWS, CUT, FIXED_END, GATHER, WRONG_TEXTS, WRONG_TOKENS

SHUFFLE = "torch.rand(rows, patches, generator=generator).argsort(dim=1)"
COUNT = "k = max(1, round((1 - masked) * patches))"
ONE_SHUFFLE = Mistake("all pictures keep the same patches: each draws its own", way=SHUFFLE)
TWICE = Mistake("a patch is there twice: draw without putting back", way=f"{SHUFFLE} holds each patch once")
AS_MANY = Mistake("these are as many as are left out: masked is the share that is not read", way=COUNT)
FLOOR = Mistake("the number of patches was cut off, and it is rounded", way=COUNT)
CEIL = Mistake("the number of patches was rounded up", way=COUNT)
ONE_MORE = Mistake("one patch too many is kept", way=COUNT)
NOTHING_LEFT = Mistake("no patch is left: at least 1 must be read", way=COUNT)
WITH_CLS = Mistake("patches are counted from 0 here: CLS is none of them", way=SHUFFLE)
OF_ROWS = Mistake("the pictures were shuffled, not the patches of each: the patches are the columns", way=SHUFFLE)
MASK = Mistake("this is a mask of all patches: the numbers of the kept ones are asked", way=SHUFFLE)
VALUES = Mistake("these are the random numbers themselves: their order is the shuffle", way=SHUFFLE)
AS_FLOATS = Mistake(
    "the numbers of patches are places, and places are int64", way="argsort gives int64: leave it as it is"
)
FIRST_ONES = Mistake("the last patches never come: only the first k were shuffled, and all are", way=SHUFFLE)
FIXED = Mistake("two calls gave the same patches: each step draws new ones", way="no seed inside")
IGNORED = Mistake("the generator is not used: the same seed must give the same patches", way=SHUFFLE)
UNEVEN = Mistake("some patches are kept more often than others", way=SHUFFLE)
BLOCK = Mistake("the patches are neighbours: each patch is drawn by itself", way=SHUFFLE)
NOTHING = Mistake("is there a return?", way="return order[:, :k]")
PAIR = Mistake("two tensors came: topk and sort give values and places", way="the second one holds the places")
ALL = Mistake("nothing was left out", way=f"order[:, :k] with {COUNT}")


NOT_LONGER = Mistake("no text gets longer: tokens[:, :length] takes what is there", way="tokens[:, :length].clone()")
ONE_TOO_LONG = Mistake("the texts are one token too long: EOT takes the last place, it is not added", way=CUT)
NOT_CUT = Mistake("all columns are still there: the result has `length` of them", way="tokens[:, :length].clone()")
NO_IDS = Mistake("ids of tokens are whole numbers: the dtype stays that of tokens", way="leave out .float() and .int()")
NUMBER_WRITTEN = Mistake("the batch has one row here: len(x) says how many", way="range(len(x)), not a fixed number")


CLS_FLAT = Mistake("x[:, 0] has lost a dimension", way="x[:, :1] is [batch, 1, width]")


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def counted(t: Trial, rows: int, patches: int, masked: float) -> Tensor:
    """What came, of the right shape and dtype."""
    came: Any = t(rows, patches, masked, seeded(1))
    k = max(1, round((1 - masked) * patches))
    if isinstance(came, tuple | list) or not isinstance(came, Tensor):
        cause = [PAIR] if isinstance(came, tuple | list) else [NOTHING] if came is None else []
        t.holds(False, "the result is no tensor", f"  expected  int64 [{rows}, {k}]", *cause)
    right = torch.zeros(rows, k, dtype=torch.long)
    rest = patches - k
    known: Known = {
        MASK: lambda: came if came.shape == (rows, patches) and set(came.unique().tolist()) <= {0.0, 1.0} else None,
        AS_MANY: lambda: came if came.shape == (rows, rest) and rest != k else None,
        NOTHING_LEFT: lambda: came if came.shape == (rows, 0) else None,
        ALL: lambda: came if came.shape == (rows, patches) and k != patches else None,
        FLOOR: lambda: came if came.shape == (rows, int((1 - masked) * patches)) and came.shape[1] < k else None,
        CEIL: lambda: came if came.shape == (rows, k + 1) and k < (1 - masked) * patches else None,
        ONE_MORE: lambda: came if came.shape == (rows, k + 1) and k == (1 - masked) * patches else None,
        Mistake("pictures were cut off, and each picture keeps k patches: they are the columns", way="order[:, :k]"): (
            lambda: came if came.shape == (min(k, rows), patches) and k != rows else None
        ),
        Mistake("one row is there for all pictures: each draws its own", way=SHUFFLE): (
            lambda: came if came.shape in ((k,), (1, k)) and rows > 1 else None
        ),
        AS_FLOATS: lambda: came if came.shape == right.shape and whole(came) else None,
        VALUES: lambda: came if came.is_floating_point() else None,
    }
    if came.shape != right.shape or came.dtype != right.dtype:
        t.same(came, right, known)
    found: Tensor = came
    return found


def whole(came: Tensor) -> bool:
    """Whether it holds whole numbers in another dtype than int64."""
    return came.dtype not in (torch.long, torch.bool) and equal(came.double(), came.long().double())


def kept_patches(t: Trial) -> None:
    t.errors = {
        "out of range": Mistake("more patches were asked for than there are", way=COUNT),
        "can only be called": Mistake("a tensor was asked for as one number", way=SHUFFLE),
        "slice indices must be integers": Mistake("k must be a whole number", way=COUNT),
    }
    counted(t, 3, 8, 0.75)
    came = counted(t, 64, 16, 0.5)
    inside = bool(((came >= 0) & (came < 16)).all())
    low, high = (int(came.min()), int(came.max())) if came.numel() else (0, 0)
    why = [WITH_CLS] if (low, high) == (1, 16) else [OF_ROWS] if high == 63 else []
    t.holds(inside, "a patch is named that is none of the 16, counted from 0", f"  came      {low} to {high}", *why)
    lists = [row.tolist() for row in came]
    double = next((row for row in lists if len(set(row)) < len(row)), None)
    t.holds(double is None, "a patch is there twice", f"  came      {double}", TWICE)
    same = FIRST_ONES if all(sorted(row) == list(range(8)) for row in lists) else ONE_SHUFFLE
    t.holds(any(sorted(row) != sorted(lists[0]) for row in lists), "all 64 pictures keep the same patches", same)
    again, other = t(64, 16, 0.5, seeded(1)), t(64, 16, 0.5, seeded(2))
    t.holds(equal(again, came), "the same seed gave other patches", IGNORED)
    t.holds(not equal(other, came), "another seed gave the same patches", FIXED)
    first, second = t(64, 16, 0.5), t(64, 16, 0.5)
    t.holds(not equal(first, second), "without a generator two calls gave the same patches", FIXED)
    evenly(t)
    for rows, patches, masked in ((2, 10, 0.33), (2, 10, 0.26), (3, 64, 0.0), (4, 16, 0.99), (1, 9, 0.4)):
        counted(t, rows, patches, masked)
    everything = counted(t, 3, 12, 0.0)
    t.same(everything.sort(dim=1).values, torch.arange(12).expand(3, 12), what="the sorted result for masked = 0")
    for masked in (1.0, -0.25):
        t.raises(ValueError, t.mine, 2, 16, masked, why="the share must be from 0 to below 1")


def evenly(t: Trial) -> None:
    """Claims that each patch is kept equally often, and that neighbours are not kept together more often."""
    rows = 4000
    came = t(rows, 16, 0.75, seeded(3))
    kept = torch.zeros(rows, 16).scatter(1, came, 1.0)
    share = kept.mean(dim=0)  # 0.25 each, with a deviation of 0.007
    together = (kept[:, :-1] * kept[:, 1:]).mean().item()  # 4 of 16 without putting back: 12 / 240 = 0.05
    worst = int((share - 0.25).abs().argmax())
    lines = (
        f"  expected  each of 16 patches in 25 % of {rows} pictures",
        f"  came      patch {worst} in {share[worst]:.0%}",
    )
    t.holds(float((share - 0.25).abs().max()) < 0.04, "some patches are kept more often", *lines, UNEVEN)
    t.holds(together < 0.08, "neighbours are kept together", BLOCK)


def keep_tokens(t: Trial) -> None:
    t.errors = {
        "Index tensor must have the same number of dimensions": Mistake(
            "gather wants an index for each number: [batch, 1 + k, width]", way=GATHER
        ),
        "for dimension 0 with size 1": NUMBER_WRITTEN,
        "for dimension 0": Mistake("the first dimension of x is the pictures, the second the tokens", way=GATHER),
        "out of bounds for dimension 2": Mistake(
            "gather goes along the width here: the tokens are dimension 1", way=GATHER
        ),
        "out of bounds": Mistake("a token is named that is not there", way=GATHER),
        "Sizes of tensors must match": Mistake("CLS and the patches do not fit together", way=ALL_ROWS.way),
        "number of dimensions: got 2 and 3": CLS_FLAT,
        "number of dimensions: got 3 and 4": ALL_ROWS,
        "must match the existing size": Mistake("expand repeats along the width alone, and k stays", way=GATHER),
        "shape mismatch": Mistake(
            "rows and places do not fit: torch.arange(len(x)) needs a second dimension", way=ALL_ROWS.way
        ),
        "index_select(): Index": Mistake("index_select takes the same places of all pictures", way=GATHER),
        "boolean": Mistake("kept holds numbers of patches, not True and False", way=GATHER),
    }  # fmt: skip
    right = library.keep_tokens
    x, kept = t.normal(3, 8, 5), torch.tensor([[6, 2, 3, 1], [0, 5, 1, 6], [4, 0, 6, 3]])
    other = t.normal(2, 5, 4), torch.tensor([[3, 1], [2, 3]])
    t.same(t(x, kept), right(x, kept), t.acting_like(t.mine, WRONG_TOKENS, (x, kept), other))
    one = kept[:, :1]
    t.same(t(x, one), right(x, one), what="the result for one kept patch")
    every = torch.stack([torch.randperm(7, generator=t.generator) for _ in range(3)])
    t.same(t(x, every), right(x, every), what="the result for all patches in another order")
    battery.batch_of_one(t, t.mine, right, x, kept)
    battery.keeps_dtype(t, t.mine, right, x, kept)
    mine, theirs = (x.clone().requires_grad_() for _ in range(2))
    t.gradient(t(mine, kept), right(theirs, kept), {"x": (mine, theirs)})
    battery.in_turn(t, (t.mine, right, [x, kept]), (t.mine, right, list(other)))
    t.on_a_gpu(t.mine, x, kept)


def texts() -> Tensor:
    """Texts of every length around 6, one of which has id 0 inside; 9 is SOT, 50 is EOT."""
    return torch.tensor(
        [
            [9, 3, 4, 50, 0, 0, 0, 0, 0],
            [9, 7, 2, 8, 6, 50, 0, 0, 0],
            [9, 2, 5, 4, 3, 1, 50, 0, 0],
            [9, 5, 6, 7, 8, 2, 1, 3, 50],
            [9, 0, 0, 4, 0, 5, 3, 50, 0],
        ]
    )


def by_shape(came: Any, tokens: Tensor, length: int) -> Known:
    """Mistakes that the shape or the dtype of a result shows, whatever stands in it."""
    rows, columns = tokens.shape
    return {
        ONE_TOO_LONG: lambda: came if came.shape == (rows, length + 1) else None,
        NOT_CUT: lambda: came if came.shape == (rows, columns) and length < columns else None,
        NO_IDS: lambda: came if came.dtype != tokens.dtype else None,
    }


def shorten(t: Trial) -> None:
    t.errors = {
        "must match the existing size": Mistake("two tensors do not fit: one EOT for each text", way="[batch, 1]"),
        "shape mismatch": Mistake("two tensors do not fit: one EOT for each text", way="[batch, 1]"),
        "must match the size of tensor": Mistake("two tensors do not fit: one EOT for each text", way="[batch, 1]"),
        "for dimension 0 with size 1": NUMBER_WRITTEN,
        "for dimension 1": Mistake("a place is asked for that is not there: a text may be shorter than length",
                                 way="short[:, -1] is the last place, whatever the length"),
    }  # fmt: skip
    right, tokens = library.shorten, texts()
    others: list[Any] = [(tokens, 4), (tokens[1:], 4), (tokens[:4] * 2, 7)]
    for length in (6, 3, 4, 5, 7, 8, 9):
        came: Any = t(tokens, length)
        known = {**t.acting_like(t.mine, WRONG_TEXTS, (tokens, length), *others), **by_shape(came, tokens, length)}
        t.same(came, right(tokens, length), known, f"the result for length = {length}" if length != 6 else "the result")
    t.same(t(tokens, 12), tokens, what="the result for a length beyond the texts", hint=NOT_LONGER)
    given, before = tokens.clone(), tokens.clone()
    came = t.call(t.mine, given, 9)
    came.fill_(7)
    seen = Mistake("the result is a part of the tokens that were given: whoever writes into it changes both",
                   way="tokens[:, :length].clone()")  # fmt: skip
    t.holds(equal(given, before), "the result shares its memory with the tokens", seen)
    battery.batch_of_one(t, lambda x: t.mine(x, 6), lambda x: right(x, 6), tokens[3:], as_="shorten")
    large = tokens.where(tokens != 50, 49_407)
    t.same(t(large, 5), right(large, 5), what="the result with EOT = 49,407", hint=FIXED_END)
    battery.in_turn(t, (t.mine, right, [tokens, 4]), (t.mine, right, [large[:2], 5]))
    t.on_a_gpu(t.mine, tokens, 5)
    for length in (2, 0):
        t.raises(ValueError, t.mine, tokens, length, why="SOT, EOT and a token between them are 3")
