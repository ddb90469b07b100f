"""Hidden tests of lesson 05: other batches and scales."""

import math

import torch
from torch import nn

from minclip import loss as library
from minclip.course.assertions import Trial
from minclip.course.lesson_05_symmetric_infonce.checks import learning


def similarity_logits(t: Trial) -> None:
    right = library.similarity_logits
    for images, texts, dim, scale in ((1, 1, 1, 3.0), (9, 2, 4, 0.5), (2, 30, 7, 100.0), (12, 12, 12, 14.3)):
        a, b = 3 * t.normal(images, dim), 0.2 * t.normal(texts, dim)
        what = f"the result for {images} pictures and {texts} texts"
        t.same(t(a, b, torch.tensor(scale)), right(a, b, scale), what=what)
        t.same(t(a, b, scale), right(a, b, scale), what=f"{what}, at a scale that is a number,")
    a, b = t.normal(5, 6), t.normal(3, 6)
    t.same(t(a.half(), b.half(), 4.0), right(a.half(), b.half(), 4.0), what="the result for features in float16")
    mine, theirs = learning(a, b, torch.tensor(9.0)), learning(a, b, torch.tensor(9.0))
    names = ("image_features", "text_features", "scale")
    pairs = dict(zip(names, zip(mine, theirs, strict=True), strict=True))
    t.gradient(t(*mine), right(*theirs), pairs)


def clip_loss(t: Trial) -> None:
    right = library.clip_loss
    for pairs, dim, scale in ((1, 5, 2.0), (2, 3, 100.0), (13, 4, 1.0), (40, 8, 14.3)):
        a, b = 4 * t.normal(pairs, dim), 0.3 * t.normal(pairs, dim)
        t.same(t(a, b, torch.tensor(scale)), right(a, b, scale), what=f"the loss of {pairs} pairs")
        t.same(t(b, a, scale), right(b, a, scale), what=f"the loss of {pairs} pairs, at a scale that is a number,")
    eye = torch.eye(7)
    t.same(t(eye, eye, 100.0), right(eye, eye, 100.0), what="the loss of features that are all right")
    t.same(t(eye, eye.flip(0), 30.0), right(eye, eye.flip(0), 30.0), what="the loss of features that are all wrong")
    mine, theirs = learning(a[:9], b[:9], torch.tensor(9.0)), learning(a[:9], b[:9], torch.tensor(9.0))
    names = ("image_features", "text_features", "scale")
    t.gradient(t(*mine), right(*theirs), dict(zip(names, zip(mine, theirs, strict=True), strict=True)))
    for few, many in ((2, 3), (1, 5)):
        t.raises(ValueError, t.mine, a[:few], b[:many], 5.0, why=f"{few} pictures and {many} texts are no pairs")


def clamp_logit_scale(t: Trial) -> None:
    starts = [math.log(100), 4.7, 4.5, 0.0, -0.01, 0.2, 1e3, -1e3, *(6 * t.normal(6)).tolist()]
    for start in starts:
        parameter = nn.Parameter(torch.tensor(start))
        t.call(t.mine, parameter, in_place=True)
        right = torch.tensor(start).clamp(0, math.log(100))
        t.same(parameter.detach(), right, what=f"logit_scale afterwards, which was {start:.2f},")
        t.holds(parameter.requires_grad and parameter.grad_fn is None, "it no longer learns")
    before = nn.Parameter(torch.tensor(8.0))
    (3 * before).backward()
    t.call(t.mine, before, in_place=True)
    t.same(before.grad, torch.tensor(3.0), what="the gradient that was there before")
