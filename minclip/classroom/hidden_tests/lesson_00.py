"""Hidden tests of lesson 00."""

import torch

from minclip import similarity as library
from minclip.course.assertions import Trial


def cosine_similarity(t: Trial) -> None:
    for n, m, dim in ((1, 1, 1), (9, 1, 3), (2, 31, 12), (17, 17, 17), (64, 5, 100)):
        a, b = t.normal(n, dim), t.normal(m, dim)
        t.same(t(a, b), library.cosine_similarity(a, b), what=f"the result for {n} and {m} rows of {dim} numbers")
    a, lengths = t.normal(6, 4), torch.tensor([[1e-3], [1e3], [1.0], [50.0], [0.02], [7.0]])
    t.same(t(lengths * a, a), library.cosine_similarity(a, a), what="the result for rows of very different lengths")
    first, last = a.clone(), a.clone()
    first[0], last[-1] = 0, 0
    for rows, others in ((first, a), (a, first), (last, a), (a, last)):
        t.raises(ValueError, t.mine, rows, others, why="one row is zeros")
    t.raises(ValueError, t.mine, a, t.normal(6, 3), why="rows of 4 and of 3 numbers")
