"""How the answer of lesson 00 is judged: the cosine of every row with every row."""

from contextlib import suppress

import torch

from minclip import similarity as library
from minclip.course.assertions import Known, Mistake, Trial, Wrong, gives
from minclip.course.battery import in_turn
from minclip.course.gpu_claims import MADE
from minclip.course.lesson_00_meet_clip.mistakes import (
    EVERY_ROW,
    NUMPY,
    ONE_BY_ONE,
    ROUNDED,
    SHORT_ROWS,
    are_rounded,
    wrong_cosines,
    wrong_for_squares,
)

UNTURNED = Mistake(
    "in a matrix product the columns of the first meet the rows of the second: 8 and 7 here", way=EVERY_ROW
)


def cosine_similarity(t: Trial) -> None:
    a, b = t.normal(4, 8), 2 * t.normal(7, 8)
    expected = library.cosine_similarity(a, b)
    t.errors = {"call numpy() on Tensor that requires grad": NUMPY, "1D tensors expected": ONE_BY_ONE}
    try:
        came = t(a, b)
    except Wrong as wrong:
        if wrong.__cause__ is None:  # it does not stop, it is refused
            raise
        why = why_it_raises(t)
        if not why and "cannot be multiplied (4x8 and 7x8)" in str(wrong.__cause__):
            why = [UNTURNED]
        raise Wrong(*wrong.lines, *why) from wrong
    t.same(came, expected, {**wrong_cosines(a, b), ROUNDED: lambda: came if are_rounded(came, expected) else None})
    if are_rounded(came, expected):  # so finely that it seems right at these inputs
        raise Wrong(*t.heading("the result is rounded"), ROUNDED)
    t.same(t(b, a), expected.T, what="right for 4 and 7 rows; for 7 and 4 it")
    for rows, others in ((a / 100, b), (a, b / 100)):
        t.same(t(rows, others), expected, what="the result for rows of a hundredth of the length", hint=SHORT_ROWS)
    few, more = t.normal(3, 5), t.normal(50, 5)
    t.same(t(few, more), library.cosine_similarity(few, more), what="the result for rows of 5 numbers")
    one_row(t, a, b)
    beside = torch.cat([torch.zeros(4, 1), a], dim=1), torch.cat([torch.zeros(7, 1), b], dim=1)
    t.same(t(*beside), expected, what="the result for rows that all begin with 0")
    t.same(t(a[:1], -3 * a[:1]), -torch.ones(1, 1), what="the cosine of a vector with -3 times itself")
    t.same(t(100 * a, b), expected, what="the result for rows a hundred times as long")
    in_turn(t, (t.mine, library.cosine_similarity, (a, b)), (t.mine, library.cosine_similarity, (-a, b)))
    mine, theirs = ([x.clone().requires_grad_() for x in (a, b)] for _ in range(2))
    pairs = dict(zip(("a", "b"), zip(mine, theirs, strict=True), strict=True))
    t.gradient(t(*mine), library.cosine_similarity(*theirs), pairs)
    on_a_gpu(t, a, b)
    t.raises(ValueError, t.mine, a, t.normal(4, 6), why="rows of 8 and of 6 numbers have no angle")
    t.raises(ValueError, t.mine, a, torch.zeros(2, 8), why="a row of zeros has no direction")
    for rows, others in ((torch.cat([a, torch.zeros(1, 8)]), b), (a, torch.cat([b, torch.zeros(1, 8)]))):
        t.raises(ValueError, t.mine, rows, others, why="a row of zeros has no direction")


def one_row(t: Trial, a: torch.Tensor, b: torch.Tensor) -> None:
    """Claims that a matrix of one row gives a matrix, too."""
    for rows, others in ((a[:1], b), (a, b[:1]), (a[:1], a[:1])):
        expected = library.cosine_similarity(rows, others)
        known: Known = {
            Mistake(
                "a dimension of size 1 is lost: one row, too, gives a matrix [n, m]",
                way="leave out squeeze() and [0]: a matrix of one row stays a matrix",
            ): lambda: expected.squeeze()  # noqa: B023  (called before the next round)
        }
        t.same(t(rows, others), expected, known, f"the result for {len(rows)} and {len(others)} rows")


def on_a_gpu(t: Trial, a: torch.Tensor, b: torch.Tensor) -> None:
    """Claims that nothing is moved. A loop that fills torch.zeros(n, m) passes: no lesson has spoken of devices yet."""
    try:
        t.on_a_gpu(t.mine, a, b)
    except Wrong as wrong:
        if wrong.mistake is not MADE:
            raise


def why_it_raises(t: Trial) -> list[str]:
    """What is wrong with code that stops at 4 and 7 rows, if it can be told from what it does to squares."""
    a, b = t.normal(4, 4), t.normal(4, 4)
    with suppress(Exception):
        came = t.mine(a.clone(), b.clone())
        return [name for name, mistake in wrong_for_squares(a, b).items() if gives(mistake, came)]
    return []
