"""How the answer of lesson 00 is judged: the cosine of every row with every row."""

from contextlib import suppress

import torch
from torch.nn import functional as F

from minclip import similarity as library
from minclip.course.trial import Known, Trial, Wrong, gives


def cosine_similarity(t: Trial) -> None:
    a, b = t.normal(4, 8), 2 * t.normal(4, 8)
    unit_a, unit_b = F.normalize(a, dim=-1), F.normalize(b, dim=-1)
    expected = library.cosine_similarity(a, b)
    lengths = a.norm(dim=-1)[:, None] * b.norm(dim=-1)  # [4, 4]
    centred_a, centred_b = (F.normalize(x - x.mean(dim=-1, keepdim=True), dim=-1) for x in (a, b))
    known: Known = {
        "these are dot products: divide every row by its length first": lambda: a @ b.T,
        "only the rows of a are brought to length 1: do the same with b": lambda: unit_a @ b.T,
        "only the rows of b are brought to length 1: do the same with a": lambda: a @ unit_b.T,
        "this compares row i of a with row i of b only: every row with every row is a @ b.T": lambda: (
            F.cosine_similarity(a, b)
        ),
        "the length runs down the columns: that of a row is x.norm(dim=-1, keepdim=True)": lambda: (
            F.normalize(a, dim=0) @ F.normalize(b, dim=0).T
        ),
        "you divide by the length of the whole matrix: every row has its own, dim=-1": lambda: (
            (a / a.norm()) @ (b / b.norm()).T
        ),
        "you divide by the squared length: the length is its square root": lambda: a @ b.T / lengths**2,
        "you divide by the sum of the absolute numbers: the length is the root of the sum of squares": lambda: (
            F.normalize(a, p=1, dim=-1) @ F.normalize(b, p=1, dim=-1).T
        ),
        "rows of the result belong to a, columns to b: yours is transposed": lambda: expected.T,
        "the sign is lost: opposite directions have a cosine of -1": lambda: expected.abs(),
        "negative cosines became 0: opposite directions have -1": lambda: expected.clamp(min=0),
        "this is 1 minus the cosine, a distance: return the cosine itself": lambda: 1 - expected,
        "this is the angle: return its cosine": lambda: expected.acos(),
        "these are shares that sum to 1: return the cosines, without a softmax": lambda: expected.softmax(dim=-1),
        "these are distances: return cosines": lambda: torch.cdist(a, b),
        "these are distances of the unit vectors: return cosines": lambda: torch.cdist(unit_a, unit_b),
        "the mean of a row is taken off: that is a correlation, leave it in": lambda: centred_a @ centred_b.T,
    }
    try:
        came = t(a, b)
    except Wrong as wrong:
        raise Wrong(*wrong.lines, *why_it_raises(t)) from wrong
    t.same(came, expected, known)
    c = t.normal(7, 8)
    hint = "right for 4 and 4 rows, wrong for 4 and 7: every row of a with every row of b"
    t.same(t(a, c), library.cosine_similarity(a, c), what="the result for 4 and 7 rows", hint=hint)
    t.same(t(a[:1], a[:1]), torch.ones(1, 1), what="the cosine of a vector with itself")
    t.same(t(a[:1], -3 * a[:1]), -torch.ones(1, 1), what="the cosine of a vector with -3 times itself")
    t.same(t(100 * a, c), library.cosine_similarity(a, c), hint="a hundred times as long rows have the same cosines")
    mine, theirs = ([x.clone().requires_grad_() for x in (a, c)] for _ in range(2))
    pairs = dict(zip(("a", "b"), zip(mine, theirs, strict=True), strict=True))
    t.gradient(t(*mine), library.cosine_similarity(*theirs), pairs)
    t.on_a_gpu(t.mine, a, c)
    t.raises(ValueError, t.mine, a, t.normal(4, 6), why="rows of 8 and of 6 numbers have no angle")
    t.raises(ValueError, t.mine, a, torch.zeros(2, 8), why="a row of zeros has no direction")


def why_it_raises(t: Trial) -> list[str]:
    """What is wrong with code that stops at 4 rows of 8 numbers, if it can be told from what it does to squares."""
    a, b = t.normal(4, 4), t.normal(4, 4)
    known: Known = {
        "keepdim=True is missing: the lengths must have the shape [rows, 1] to divide every row": lambda: (
            (a / a.norm(dim=-1)) @ (b / b.norm(dim=-1)).T
        ),
        "the second matrix has to be transposed: a @ b.T": lambda: F.normalize(a, dim=-1) @ F.normalize(b, dim=-1),
    }
    with suppress(Exception):
        came = t.mine(a, b)
        return [name for name, mistake in known.items() if gives(mistake, came)]
    return []
