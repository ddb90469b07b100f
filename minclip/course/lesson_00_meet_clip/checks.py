"""How the answer of lesson 00 is judged: the cosine of every row with every row."""

from contextlib import suppress

import torch
from torch.nn import functional as F

from minclip import similarity as library
from minclip.course.assertions import Known, Trial, Wrong, gives

EVERY = "every row of a with every row of b: a @ b.T has the shape [rows of a, rows of b]"
ROW_BY_ROW = "this compares row i of a with row i of b only: every row with every row is a @ b.T"
PRECEDENCE = "x / p * q multiplies by q: write x / (p * q), or x / p / q"


def cosine_similarity(t: Trial) -> None:
    a, b = t.normal(4, 8), 2 * t.normal(7, 8)
    unit_a, unit_b = F.normalize(a, dim=-1), F.normalize(b, dim=-1)
    expected = library.cosine_similarity(a, b)
    of_a, of_b = a.norm(dim=-1, keepdim=True), b.norm(dim=-1)  # [4, 1], [7]: lengths
    centred_a, centred_b = (F.normalize(x - x.mean(dim=-1, keepdim=True), dim=-1) for x in (a, b))
    known: Known = {
        "these are dot products: divide every row by its length first": lambda: a @ b.T,
        "only the rows of a are brought to length 1: do the same with b": lambda: unit_a @ b.T,
        "only the rows of b are brought to length 1: do the same with a": lambda: a @ unit_b.T,
        PRECEDENCE: lambda: a @ b.T / of_a * of_b,
        "only the lengths of a are divided by: do the same with b": lambda: a @ b.T / of_a,
        "the length runs down the columns: that of a row is x.norm(dim=-1, keepdim=True)": lambda: (
            F.normalize(a, dim=0) @ F.normalize(b, dim=0).T
        ),
        "you divide by the length of the whole matrix: every row has its own, dim=-1": lambda: (
            (a / a.norm()) @ (b / b.norm()).T
        ),
        "you divide by the squared length: the length is its square root": lambda: a @ b.T / (of_a * of_b) ** 2,
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
        if wrong.__cause__ is None:  # it does not stop, it is refused
            raise
        raise Wrong(*wrong.lines, *why_it_raises(t)) from wrong
    t.same(came, expected, known, hint=EVERY)
    t.same(t(b, a), expected.T, what="the result for 7 and 4 rows", hint="right for 4 and 7 rows, wrong for 7 and 4")
    t.same(t(a[:1], a[:1]), torch.ones(1, 1), what="the cosine of a vector with itself")
    t.same(t(a[:1], -3 * a[:1]), -torch.ones(1, 1), what="the cosine of a vector with -3 times itself")
    t.same(t(100 * a, b), expected, hint="a hundred times as long rows have the same cosines")
    mine, theirs = ([x.clone().requires_grad_() for x in (a, b)] for _ in range(2))
    pairs = dict(zip(("a", "b"), zip(mine, theirs, strict=True), strict=True))
    t.gradient(t(*mine), library.cosine_similarity(*theirs), pairs)
    t.raises(ValueError, t.mine, a, t.normal(4, 6), why="rows of 8 and of 6 numbers have no angle")
    t.raises(ValueError, t.mine, a, torch.zeros(2, 8), why="a row of zeros has no direction")


def why_it_raises(t: Trial) -> list[str]:
    """What is wrong with code that stops at 4 and 7 rows, if it can be told from what it does to squares."""
    a, b = t.normal(4, 4), t.normal(4, 4)
    of_a, of_b = a.norm(dim=-1), b.norm(dim=-1)
    unit_a, unit_b = F.normalize(a, dim=-1), F.normalize(b, dim=-1)
    down = [F.normalize(x, dim=0) for x in (a, b)]
    known: Known = {
        ROW_BY_ROW: lambda: F.cosine_similarity(a, b),
        f"{ROW_BY_ROW}, after dividing by the lengths": lambda: unit_a * unit_b,
        "keepdim=True is missing: to divide every row, the lengths must be [rows, 1]": lambda: (
            (a / of_a) @ (b / of_b).T
        ),
        "keepdim=True is missing for a: row i of a @ b.T belongs to row i of a, column j to row j of b": lambda: (
            a @ b.T / of_a / of_b
        ),
        "leave keepdim=True out for b: its lengths belong to the columns of a @ b.T, those of a to the rows": lambda: (
            a @ b.T / (of_a * of_b)[:, None]
        ),
        PRECEDENCE: lambda: a @ b.T / of_a * of_b,
        f"{PRECEDENCE}, with no keepdim for b": lambda: a @ b.T / of_a[:, None] * of_b[:, None],
        "the second matrix has to be transposed: a @ b.T": lambda: unit_a @ unit_b,
        "the second matrix has to be transposed, and the length of a row is x.norm(dim=-1, keepdim=True)": lambda: (
            down[0] @ down[1]
        ),
        "right for as many rows in b as in a only: every row of a with every row of b": lambda: (
            library.cosine_similarity(a, b)
        ),
    }
    with suppress(Exception):
        came = t.mine(a.clone(), b.clone())
        return [name for name, mistake in known.items() if gives(mistake, came)]
    return []
