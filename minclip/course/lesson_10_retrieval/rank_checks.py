"""How ranks are judged: the best right entry, ties, rounding, NaN."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from minclip import ties
from minclip.course.assertions import Known, Mistake, Shown, Trial
from minclip.course.battery import in_turn
from minclip.course.comparison import copied
from minclip.course.lesson_10_retrieval.mistakes import FIRST_CELL, of_first_cell
from minclip.course.lesson_10_retrieval.rank_mistakes import wrong_ranks, wrong_roundings, wrong_with_nan

# scores of two right entries each, with ties, negative ones, and ones that only rounding holds apart
SCORES = torch.tensor(
    [
        [0.9, 0.1, 0.5, 0.5, 0.5, 0.3],  # right 0.1 and 0.5: one better, two level
        [-0.4, -0.2, -0.9, -0.2, -0.3, -0.8],  # all negative
        [0.7, 0.2, 0.1, 0.7, 0.0, 0.3],  # both right ones level with each other
        [0.6, 0.4, 0.1, 0.2, 0.3, 0.5],  # no tie, three right ones
    ]
)
RIGHT = torch.tensor(
    [
        [False, True, False, True, False, False],
        [False, False, False, True, True, False],
        [True, False, False, True, False, False],
        [False, False, True, True, True, False],
    ]
)
NEARLY = torch.tensor(  # for rounding = 0.01
    [
        [0.5049, 0.5051, 0.5129, 0.4969, 0.52, 0.48],  # a rounding to steps of 0.01 parts the first two
        [0.5001, 0.4999, 0.5021, 0.4919, 0.52, 0.48],  # steps downwards part the first two
    ]
)
FIRST = torch.tensor([[True, False, False, False, False, False]] * 2)
NAN = float("nan")
LOST = (  # scores, right
    (torch.tensor([[0.5, NAN, 0.2]]), torch.tensor([[True, False, False]])),
    (torch.tensor([[NAN, 0.5, 0.2]]), torch.tensor([[True, False, False]])),
    (torch.tensor([[NAN, 0.9, 0.1]]), torch.tensor([[True, True, False]])),
    (torch.tensor([[0.9, NAN, 0.1]]), torch.tensor([[True, True, False]])),
    (torch.tensor([[NAN, NAN, NAN]]), torch.tensor([[True, False, False]])),
)

MASK = Mistake(
    "wrong entries are masked with a number, and scores may lie below it", way='masked_fill(~right, float("-inf"))'
)
OWN_TOLERANCE = Mistake(
    "scores that differ count as level, though rounding is 0: they are rounded, or compared within a tolerance of "
    "their own",
    way="compare the scores as they are; isclose needs rtol=0, atol=rounding, and rounding gets no other value",
)
COLUMN = Mistake(
    "a number for each query, [queries], met [queries, entries]: a column, [queries, 1], would go with every entry",
    way="amax(dim=1, keepdim=True)",
)
NO_ROWS = Mistake(
    "scores[right] is one row of the right scores of all queries, and queries may have different numbers of them",
    way='scores.masked_fill(~right, float("-inf")) keeps the shape',
)
ERRORS = {
    of_first_cell: FIRST_CELL,
    "operator.invert": Mistake(
        "~ turns tensors of bool round, and this is none", way="right is bool already: ~right, without float()"
    ),
    "size of tensor a (6) must match the size of tensor b (4) at non-singleton dimension 1": COLUMN,
    "size of tensor a (4) must match the size of tensor b (6) at non-singleton dimension 1": COLUMN,
    "torch.return_types.max": Mistake(
        "max along a dimension gives two things, the largest numbers and their places", way="amax, or max(...).values"
    ),
    "more than one value is ambiguous": Mistake(
        "`not`, `and`, `or` and `if` want one yes or no, and this tensor holds many",
        way="~, & and | go entry by entry; each comparison stands in brackets: (a <= b) & (a >= c)",
    ),
    '"bitwise_': Mistake(
        "& and | join tensors of bool, and this is none; & comes before <= and >=, where no brackets stand",
        way="brackets round each comparison: not_better & (scores >= best - rounding)",
    ),
    "is invalid for input of size": NO_ROWS,
    "size of tensor b (9)": NO_ROWS,
    "size of tensor a (9)": NO_ROWS,
}


def rank_of_right(t: Trial) -> None:
    t.errors = ERRORS
    theirs = ties.rank_of_right
    # copies: an answer may write into what it gets
    tied, owns, nearly, first = (x.clone() for x in (SCORES, RIGHT, NEARLY, FIRST))
    known = t.acting_like(t.mine, wrong_ranks(), (tied, owns), (tied.flip(1), owns.flip(1)))
    came = t(tied, owns)
    plain = Mistake("it is a plain tuple: the rank's parts have names", way="return Rank(better, right, level)")
    if isinstance(came, tuple) and not isinstance(came, ties.Rank):
        t.wrong(
            "the result is no Rank", "Rank(better, right, level)", f"{type(came).__name__}", came, {plain: lambda: came}
        )
    judge_rank(t, came, theirs(tied, owns), known)
    known = t.acting_like(t.mine, wrong_roundings(), (nearly, first, 0.01), (nearly + 0.403, first, 0.01))
    judge_rank(t, t(nearly, first, 0.01), theirs(nearly, first, 0.01), known, "for rounding = 0.01")
    lowest = torch.tensor([[True, False, False]])
    apart = torch.tensor([[0.5, 0.5 + 3e-7, 0.5 - 3e-7]])
    level: Known = {OWN_TOLERANCE: lambda: t.came if t.came.level.any() else None}
    judge_rank(t, t(*seen(apart, lowest)), theirs(apart, lowest), level, "for rounding = 0, and scores nearly level")
    zero, low = torch.tensor([0]), torch.tensor([[-3e38, -2e38, -1e38]])
    above: Known = {MASK: lambda: ties.Rank(zero, zero, zero)}
    judge_rank(t, t(*seen(low, lowest)), theirs(low, lowest), above, "where all scores are very low")
    scores = t.normal(5, 9)
    right = F.one_hot(torch.arange(5), 9).bool()
    judge_rank(t, t(scores, right), theirs(scores, right), {}, "for one right entry in each row")
    judge_rank(t, t(tied[:1], owns[:1]), theirs(tied[:1], owns[:1]), {}, "for one query")
    where = (
        "a wrong score is NaN",
        "the right score is NaN",
        *["one of two right scores is NaN"] * 2,
        "all scores are NaN",
    )
    for case, words in zip(LOST, where, strict=True):
        known = t.acting_like(t.mine, wrong_with_nan(), case, *LOST)
        judge_rank(t, t(*seen(*copied(case))), theirs(*case), known, f"where {words}")
    few, many = (tied, owns), (scores, right)
    in_turn(t, (t.mine, theirs, few), (t.mine, theirs, many))
    t.on_a_gpu(t.mine, tied, owns)


def seen(*inputs: Tensor) -> list[Shown]:
    """Of one query, with all their numbers in the line "called"."""
    return [
        Shown(x, str([[float(f"{n:.7g}") if isinstance(n, float) else n for n in row] for row in x.tolist()]))
        for x in inputs
    ]


def judge_rank(t: Trial, came: ties.Rank, expected: ties.Rank, known: Known, when: str = "") -> None:
    what = f"the rank {when}".strip()
    if isinstance(came, ties.Rank):
        for name, part, right in zip(ties.Rank._fields, came, expected, strict=True):
            if not (isinstance(part, Tensor) and part.shape == right.shape and part.dtype == right.dtype):
                t.same(part, right, {wrong_shape(part): lambda part=part: part}, f"{name} of {what}")  # type: ignore[misc]
    t.same(came, expected, known, what)


def wrong_shape(part: Any) -> str:
    """What is said of a part that has not one whole number for each of the four queries, six entries each."""
    if not isinstance(part, Tensor):
        return Mistake("each part of the rank is a tensor, [queries]", way="a sum(dim=1) gives one")
    if part.shape == (4, 1):
        return Mistake("this is a column, [queries, 1]; [queries] is wanted", way="sum(dim=1), without keepdim=True")
    if part.shape == (6,):
        return Mistake("this counts over the queries; each query has a number of its own", way="sum(dim=1)")
    if part.ndim == 0:
        return Mistake("this is one number for all queries together; each has its own", way="sum(dim=1), not sum()")
    if part.ndim == 2:
        return Mistake("this has a number for every entry; how many of them?", way="sum(dim=1) counts where it is True")
    if part.dtype == torch.bool:
        return Mistake("this says whether there are any; how many?", way="sum(dim=1), not any(dim=1)")
    return Mistake("a count is a whole number, int64", way="the sum(dim=1) of a tensor of bool is one")
