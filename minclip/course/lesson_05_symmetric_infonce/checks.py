"""How the answers of lesson 05 are judged: cosines as logits, the symmetric loss, the limit of the temperature."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from minclip import loss as library
from minclip.course.assertions import Known, Trial

ROW_BY_ROW = "that compares row i with row i; here every picture meets every text: a matrix product"


def similarity_logits(t: Trial) -> None:
    t.errors = {
        "must match the size of tensor b": ROW_BY_ROW,
        "cannot be multiplied": "the second matrix must be transposed: [images, dim] @ [dim, texts]",
    }
    images, texts, scale = t.normal(3, 8), t.normal(5, 8), torch.tensor(10.0)
    unit_images, unit_texts = F.normalize(images, dim=-1), F.normalize(texts, dim=-1)
    expected = library.similarity_logits(images, texts, scale)
    known = {
        "these are dot products, not cosines: divide every feature by its length first": lambda: 10 * images @ texts.T,
        "only the image features have length 1: bring the text features to length 1, too": lambda: (
            10 * unit_images @ texts.T
        ),
        "only the text features have length 1: bring the image features to length 1, too": lambda: (
            10 * images @ unit_texts.T
        ),
        "the norm runs over the batch: take it over the features of each row, dim=-1 with keepdim=True": lambda: (
            10 * F.normalize(images, dim=0) @ F.normalize(texts, dim=0).T
        ),
        "you divide by all features' length together: each row has a length of its own, dim=-1": lambda: (
            10 * (images / images.norm()) @ (texts / texts.norm()).T
        ),
        "scale is missing: multiply the cosines by it": lambda: unit_images @ unit_texts.T,
        "multiply by scale instead of dividing: it is 1 / temperature": lambda: unit_images @ unit_texts.T / 10,
        "scale is the factor itself, exp(logit_scale): take no exp of it": lambda: (
            scale.exp() * unit_images @ unit_texts.T
        ),
        "rows are pictures and columns are texts: yours is transposed": lambda: expected.T,
        "return the logits: the softmax belongs to the loss": lambda: expected.softmax(dim=-1),
    }
    t.same(t(images, texts, scale), expected, known)
    half = (images.bfloat16(), texts.bfloat16())
    why = "cosines in bfloat16 have three digits: turn both features into float32 with .float() first"
    t.same(t(*half, scale), library.similarity_logits(*half, scale), hint=why)
    t.same(t(images, texts, 100.0), 10 * expected, hint="scale may be a plain number, too")
    mine, theirs = (
        [x.clone().requires_grad_() for x in (images, texts, scale)],
        [x.clone().requires_grad_() for x in (images, texts, scale)],
    )
    came = t(*mine)
    names = ("image_features", "text_features", "scale")
    pairs = dict(zip(names, zip(mine, theirs, strict=True), strict=True))
    t.gradient(came, library.similarity_logits(*theirs), pairs)
    t.on_a_gpu(t.mine, images, texts, scale)
    t.same(t(7 * images, texts, scale), expected, hint="seven times as long features have the same cosines")


def clip_loss(t: Trial) -> None:
    dtype = "labels are the numbers of classes, int64: torch.arange makes them"
    t.errors = {"target dtype": dtype, "scalar type Long": dtype}  # in newer words of PyTorch, and in older ones
    images, texts, scale = t.normal(6, 16), t.normal(6, 16), torch.tensor(5.0)
    logits, labels = library.similarity_logits(images, texts, scale), torch.arange(6)
    expected = library.clip_loss(images, texts, scale)

    def both(logits: Tensor, labels: Tensor = labels) -> Tensor:
        return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2

    known = {
        "this is the picture → text half only: take the text → picture half, with .T, too, and average": lambda: (
            F.cross_entropy(logits, labels)
        ),
        "this is the text → picture half only: take the picture → text half, too, and average": lambda: F.cross_entropy(
            logits.T, labels
        ),
        "both halves are there: divide their sum by 2": lambda: 2 * expected,
        "the features are not brought to length 1: use similarity_logits": lambda: both(5 * images @ texts.T),
        "scale is missing: the logits are scaled cosines": lambda: both(logits / 5),
        "scale is the factor itself, exp(logit_scale): take no exp of it": lambda: both(logits / 5 * scale.exp()),
        "multiply by scale instead of dividing: it is 1 / temperature": lambda: both(logits / 25),
        "the right text of picture i is text i: the labels are 0, 1, 2, ..., not all 0": lambda: both(
            logits, torch.zeros(6, dtype=torch.int64)
        ),
        "take the mean over the batch, not the sum": lambda: 6 * expected,
        "cross_entropy takes logits: it does the softmax itself": lambda: both(logits.softmax(dim=-1)),
        "each direction has its own softmax already: cross_entropy does it itself": lambda: (
            (F.cross_entropy(logits.softmax(dim=-1), labels) + F.cross_entropy(logits.T.softmax(dim=-1), labels)) / 2
        ),
        "average the two losses, not the logits": lambda: F.cross_entropy((logits + logits.T) / 2, labels),
        "a loss is to be made small: the sign is the wrong way round": lambda: -expected,
        "only the diagonal is read: without the other pairs there are no negatives": lambda: -logits.diagonal().mean(),
        "it has one loss for every pair: return their mean": lambda: (
            (F.cross_entropy(logits, labels, reduction="none") + F.cross_entropy(logits.T, labels, reduction="none"))
            / 2
        ),
    }
    t.same(t(images, texts, scale), expected, known)
    t.same(t(images, texts, 20.0), library.clip_loss(images, texts, 20.0), hint="scale may be a plain number")
    mine = [x.clone().requires_grad_() for x in (images, texts, scale)]
    theirs = [x.clone().requires_grad_() for x in (images, texts, scale)]
    names = ("image_features", "text_features", "scale")
    pairs = dict(zip(names, zip(mine, theirs, strict=True), strict=True))
    t.gradient(t(*mine), library.clip_loss(*theirs), pairs)
    t.on_a_gpu(t.mine, images, texts, scale)
    alike = torch.ones(4, 8)
    t.same(t(alike, alike, 10.0), torch.tensor(math.log(4)), hint="features that know nothing cost ln(batch)")
    one = t.normal(1, 8)
    opposite = (one.repeat(2, 1), torch.cat([one, -one]))
    why = "the logarithm of a softmax runs to infinity: cross_entropy and log_softmax do not"
    t.same(t(*opposite, 100.0), library.clip_loss(*opposite, 100.0), hint=why)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    t.same(t(images[order], texts[order], scale), expected, hint="the order of the pairs must not matter")
    t.raises(ValueError, t.mine, images, texts[:4], torch.tensor(5.0), why="6 pictures, 4 texts: those are no pairs")


def clamp_logit_scale(t: Trial) -> None:
    t.errors = {
        "leaf Variable": "a parameter is changed in place under torch.no_grad() only: with torch.no_grad(): ..."
    }
    limit, starts = math.log(100), torch.tensor([5.0, -1.0, 2.0])  # scales of 148, 0.37 and 7.4
    after = []
    for start in starts.tolist():
        logit_scale = torch.nn.Parameter(torch.tensor(start))
        t.call(t.mine, logit_scale, in_place=True)
        after.append(logit_scale.detach().clone())
    known: Known = {
        "nothing is changed: clamp_, with the underscore, works in place": lambda: starts,
        "logit_scale is a logarithm: its limits are ln 1 = 0 and ln 100 = 4.605": lambda: starts.clamp(1, 100),
        "MAX_LOGIT_SCALE is ln 100 already, not 100": lambda: starts.clamp(0, math.log(limit)),
        "the lower limit is missing: the scale exp(-1) = 0.37 is below 1": lambda: starts.clamp(max=limit),
        "the upper limit is missing: the scale exp(5) = 148 is above 100": lambda: starts.clamp(min=0),
        "it must hold the logarithm afterwards, not the scale": lambda: starts.exp().clamp(1, 100),
    }
    t.last = "clamp_logit_scale for the logarithms 5, -1 and 2, one after the other"
    t.same(torch.stack(after), starts.clamp(0, limit), known, "logit_scale afterwards")
    held = torch.nn.Parameter(torch.tensor(3.0))
    t.call(t.mine, held, in_place=True)
    t.holds(held.requires_grad and held.grad_fn is None, "it no longer learns", "do it under torch.no_grad()")
    t.same(held.detach(), torch.tensor(3.0), what="a logit_scale within the limits")
