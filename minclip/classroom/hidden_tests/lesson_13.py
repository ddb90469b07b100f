"""Hidden tests of lesson 13: other batches, scales and biases; other sizes of the pool."""

import math

import torch

from minclip import siglip as library
from minclip.course.assertions import Trial
from minclip.course.lesson_05_symmetric_infonce.checks import learning
from minclip.course.lesson_13_siglip.checks import NAMES, both


def siglip_loss(t: Trial) -> None:
    right = library.siglip_loss
    for pairs, dim, scale, bias in ((4, 3, 12.0, -3.0), (13, 4, 1.0, 0.0), (40, 8, 14.3, -10.0), (5, 7, 3.0, 2.0)):
        a, b = 4 * t.normal(pairs, dim), 0.3 * t.normal(pairs, dim)
        inputs = a, b, torch.tensor(scale), torch.tensor(bias)
        t.same(t(*inputs), right(*inputs), what=f"the loss of {pairs} pairs")
        t.same(t(b, a, scale, bias), right(b, a, scale, bias), what=f"the loss of {pairs} pairs, for plain numbers,")
    eye = torch.eye(7)
    t.same(t(eye, eye, 8.0, -4.0), right(eye, eye, 8.0, -4.0), what="the loss of features that are all right")
    t.same(t(eye, eye.flip(0), 30.0, -9.0), right(eye, eye.flip(0), 30.0, -9.0), what="the loss of wrong features")
    values = a, b, torch.tensor(9.0), torch.tensor(-1.0)
    mine, theirs = learning(*values), learning(*values)
    t.gradient(t(*mine), right(*theirs), dict(zip(NAMES, zip(mine, theirs, strict=True), strict=True)))
    for few, many in ((2, 3), (1, 5)):
        t.raises(ValueError, t.mine, a[:few], b[:many], 5.0, 0.0, why=f"{few} pictures and {many} texts are no pairs")


def prior_bias(t: Trial) -> None:
    for size in (2, 5, 10, 1000, 32_768):
        came = t(size)
        t.holds(isinstance(came, float | int) and not isinstance(came, bool), f"is no number for batch_size={size}")
        t.holds(abs(1 / (1 + math.exp(-came)) - 1 / size) < 1e-7, f"is wrong for batch_size={size}", f"  came  {came}")
    t.raises(ValueError, t.mine, 1, why="a single pair has no wrong ones")


def MAPHead(t: Trial) -> None:
    for width, heads, hidden, batch, tokens in ((8, 8, 4, 3, 5), (15, 3, 30, 1, 2), (6, 2, 6, 4, 11)):
        mine, theirs = both(t, width, heads, hidden)
        x = t.normal(batch, tokens, width)
        t.same(t.call(mine, x), theirs(x), what=f"the result for width {width} and {heads} heads")
        t.gradients_of_weights(mine, theirs, x)
