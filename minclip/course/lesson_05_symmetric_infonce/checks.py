"""How the answers of lesson 05 are judged: cosines as logits, the symmetric loss, the limit of the temperature."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from minclip import loss as library
from minclip.course.assertions import Errors, Known, Mistake, Trial
from minclip.course.battery import in_turn
from minclip.course.lesson_05_symmetric_infonce.loss_mistakes import (
    HALF_CUT,
    WRONG_HALVES,
    half_is_cut,
    small_number_added,
    wrong_losses,
)
from minclip.course.lesson_05_symmetric_infonce.mistakes import times_constant, wrong_limits, wrong_logits
from minclip.course.value_words import answers_line

ROW_BY_ROW = Mistake(
    "three rows meet five rows one by one: there need not be as many pictures as texts",
    way="a matrix product makes all pairs: unit_images @ unit_texts.T, each divided by its own lengths before",
)
IN_BFLOAT16 = Mistake(
    "these numbers are right to three digits only: they were computed in bfloat16",
    way="turn both features into float32 first: image_features.float(), text_features.float()",
)
ONE_FLOAT = Mistake(
    "one of the two is float32 by now, and the other still bfloat16: both features must become float32",
    way="image_features.float(), and text_features.float()",
)
NO_BRACKETS = Mistake("torch.no_grad is a class, and with wants one that is made", way="with torch.no_grad():")
NO_TENSOR_SCALE = Mistake(
    "scale may be a plain number, too, and that has no methods of a tensor", way="scale * cosines works for both"
)


def sizes_meet(ours: int, *theirs: int, at: int) -> Callable[[BaseException], bool]:
    """Sees that a side of size `ours` met one of size `theirs` in an operation number by number, in dimension `at`."""
    return lambda error: any(
        f"tensor a ({a}) must match the size of tensor b ({b}) at non-singleton dimension {at}" in str(error)
        for one in theirs
        for a, b in ((ours, one), (one, ours))
    )


def similarity_logits(t: Trial) -> None:
    t.errors = {
        sizes_meet(3, 5, at=0): ROW_BY_ROW,
        sizes_meet(8, 3, 5, at=1): Mistake(
            "every row has a length of its own, and the lengths must stand as a column beside the rows",
            way="x / x.norm(dim=-1, keepdim=True): the lengths are [rows, 1] then, and not [rows]",
        ),
        "cannot be multiplied (3x8 and 5x8)": Mistake(
            "in a matrix product the columns of the first meet the rows of the second",
            way="the second must be transposed: [images, dim] @ [dim, texts] is unit_images @ unit_texts.T",
        ),
    }
    images, texts, scale = t.normal(3, 8), t.normal(5, 8), torch.tensor(7.0)  # no 10: its square is a scale, too
    came = t(images, texts, scale)
    t.same(came, library.similarity_logits(images, texts, scale), wrong_logits(came, images, texts, 7.0))
    own = Mistake(
        "requires_grad_ changes the tensor that came in, and .float() hands on the same one", way="leave it out"
    )
    t.holds(not (images.requires_grad or texts.requires_grad), "makes the features learn that it was given", own)
    plain: Errors = {"'float' object has no attribute": NO_TENSOR_SCALE}
    came = t.call(t.mine, images, texts, 100.0, errors=plain)
    right = library.similarity_logits(images, texts, 100.0)
    t.same(came, right, times_constant(came, right, 100.0), "the result for a scale that is a plain number")
    half = (images.bfloat16(), texts.bfloat16())
    right = library.similarity_logits(*half, scale)
    came = t.call(t.mine, *half, scale, errors=dict.fromkeys(("the same dtype", "but found BFloat16"), ONE_FLOAT))

    def coarse() -> Any:
        return came if came.shape == right.shape and (came.float() - right).abs().max() < 0.2 else None

    t.same(came, right, {IN_BFLOAT16: coarse}, "the result for features in bfloat16")
    names = ("image_features", "text_features", "scale")
    mine, theirs = learning(images, texts, scale), learning(images, texts, scale)
    pairs = dict(zip(names, zip(mine, theirs, strict=True), strict=True))
    t.gradient(t(*mine), library.similarity_logits(*theirs), pairs)
    lost = Mistake(
        "a dimension of size 1 is lost", way="leave out squeeze(): the result is [images, texts] also for one image"
    )
    for a, b, words in ((images[:1], texts, "one image"), (images, texts[:1], "one text")):
        right = library.similarity_logits(a, b, scale)
        t.same(t(a, b, scale), right, {lost: right.squeeze}, f"the result for {words}")
    few, many = (images, texts, scale), (t.normal(4, 6), t.normal(2, 6), torch.tensor(3.0))
    theirs_too = library.similarity_logits
    in_turn(t, (t.mine, theirs_too, few), (t.mine, theirs_too, many))
    t.on_a_gpu(t.mine, images, texts, scale)
    t.on_a_gpu(t.mine, images, texts, 100.0)
    short = 0.01 * images
    t.same(
        t(short, texts, scale), theirs_too(short, texts, scale), what="the result for a hundredth of the image features"
    )


def learning(*values: Tensor) -> list[Tensor]:
    """Copies that require a gradient."""
    return [value.clone().requires_grad_() for value in values]


def clip_loss(t: Trial) -> None:
    dtype = Mistake(
        "the labels are the numbers of classes, and so whole numbers",
        way="torch.arange(n) makes int64: leave out float",
    )
    called = Mistake(
        "nn.CrossEntropyLoss is a class: what stands in its brackets are settings, and no logits",
        way="nn.CrossEntropyLoss()(logits, labels) makes one and calls it; F.cross_entropy(logits, labels) does both",
    )
    swapped = Mistake(
        "cross_entropy got the labels where it wants the logits", way="F.cross_entropy(logits, labels), in this order"
    )
    t.errors = {
        "target dtype": dtype,  # in newer words of PyTorch, and in older ones
        "scalar type Long": dtype,
        in_line(t, "ambiguous", "CrossEntropyLoss("): called,
        "\"log_softmax_lastdim_kernel_impl\" not implemented for 'Long'": swapped,
        "input batch_size (6) to match target batch_size (5)": Mistake(
            "there are six pairs, and five labels", way="torch.arange(len(logits), device=logits.device)"
        ),
        "input batch_size (12) to match target batch_size (6)": Mistake(
            "there are twelve rows, and six labels", way="one cross_entropy for the logits, another for logits.T"
        ),
        "input batch_size (6) to match target batch_size (16)": Mistake(
            "there are six pairs, and sixteen labels: embed_dim, 16 here, is the width of a feature",
            way="torch.arange(len(logits), device=logits.device)",
        ),
        "input batch_size (6) to match target batch_size (36)": Mistake(
            "there are six pairs, and 36 labels: each row of the logits has one right answer",
            way="torch.arange(len(logits), device=logits.device)",
        ),
        "must be Number, not": Mistake(
            "arange wants a number, that of the pairs", way="torch.arange(len(logits), device=logits.device)"
        ),
        "Target 6 is out of bounds": Mistake(
            "the labels count from 1; the first class has the number 0", way="torch.arange(n) begins with 0"
        ),
        "multi-target not supported": Mistake(
            "the labels are a column; one number for each row is wanted, in one dimension",
            way="torch.arange(n), as it is",
        ),
    }
    images, texts, scale = t.normal(6, 16), t.normal(6, 16), torch.tensor(5.0)
    came = t(images, texts, scale)
    known: Known = t.acting_like(t.mine, WRONG_HALVES, (images, texts, scale), (texts, images, scale))
    known = {**known, **wrong_losses(came, images, texts, scale), **small_number_added(came, images, texts, scale)}
    t.same(came, library.clip_loss(images, texts, scale), known)
    came = t(images, texts, 20.0)
    known = small_number_added(came, images, texts, 20.0)
    t.same(came, library.clip_loss(images, texts, 20.0), known, "the loss at a scale that is a number")
    alike, many_labels = (
        torch.ones(4, 8),
        Mistake(
            "the labels are as many as in the call before; the batch decides how many",
            way="torch.arange(len(logits), device=logits.device)",
        ),
    )
    other_size: Errors = {"to match target batch_size (6)": many_labels}
    came = t.call(t.mine, alike, alike, 10.0, errors=other_size)
    t.same(came, torch.tensor(math.log(4)), what="the loss where all features are alike, ln 4,")
    one = t.normal(1, 8)
    t.same(t(one, one, 10.0), torch.tensor(0.0), what="the loss of a batch of one pair")
    opposite = (one.repeat(2, 1), torch.cat([one, -one]))
    infinite = Mistake(
        "a share became 0 by rounding, and the logarithm of 0 is not finite",
        way="F.cross_entropy and log_softmax take the logarithm without making the share",
    )
    came = t(*opposite, 100.0)
    known = {infinite: lambda: came if came.ndim == 0 and not came.isfinite() else None}
    known = {**known, **small_number_added(came, *opposite, 100.0)}
    t.same(came, library.clip_loss(*opposite, 100.0), known, "the loss at scale 100")
    names = ("image_features", "text_features", "scale")
    mine, theirs = learning(images, texts, scale), learning(images, texts, scale)
    pairs = dict(zip(names, zip(mine, theirs, strict=True), strict=True))
    came = t(*mine)
    t.holds(not half_is_cut(came, mine[0], theirs), "the gradient of image_features is wrong", HALF_CUT)
    t.gradient(came, library.clip_loss(*theirs), pairs)
    few, many = (images, texts, scale), (t.normal(9, 4), t.normal(9, 4), torch.tensor(3.0))
    in_turn(t, (t.mine, library.clip_loss, few), (t.mine, library.clip_loss, many))
    t.on_a_gpu(t.mine, images, texts, scale)
    t.on_a_gpu(t.mine, images, texts, 20.0)
    t.raises(ValueError, t.mine, images, texts[:4], torch.tensor(5.0), why="6 pictures, 4 texts: those are no pairs")
    t.raises(ValueError, t.mine, images[:4], texts, torch.tensor(5.0), why="4 pictures, 6 texts: those are no pairs")


def in_line(t: Trial, words: str, code: str) -> Callable[[BaseException], bool]:
    """Sees an error with these words, in a line of the answer that holds this code."""
    return lambda error: words in str(error) and any(code in line for line in answers_line(error, t.cell))


class Holder(nn.Module):
    """Has a parameter, as a CLIP has it."""

    def __init__(self, start: float):
        super().__init__()
        self.logit_scale = nn.Parameter(torch.tensor(start))


def clamp_logit_scale(t: Trial) -> None:
    t.errors = {
        in_line(t, "context manager", "no_grad:"): NO_BRACKETS,
        "leaf Variable": Mistake(
            "autograd watches a parameter, and allows no change of it in place while it does",
            way="with torch.no_grad(): and the change below it, indented",
        ),
    }
    limit, starts = math.log(100), torch.tensor([7.0, -2.0, 3.0])  # scales of 1,097, 0.14 and 20
    after = []
    for start in starts.tolist():
        logit_scale = nn.Parameter(torch.tensor(start))
        t.call(t.mine, logit_scale, in_place=True)
        after.append(logit_scale.detach().clone())
    t.last = "clamp_logit_scale for the logarithms 7, -2 and 3, one after the other"
    t.same(
        torch.stack(after), starts.clamp(0, limit), wrong_limits(torch.stack(after), starts), "logit_scale afterwards"
    )
    held = nn.Parameter(torch.tensor(3.0))
    t.call(t.mine, held, in_place=True)
    off = Mistake("its requires_grad is False now", way="with torch.no_grad(): needs no detach_ and no requires_grad")
    t.holds(held.requires_grad, "it no longer learns", off)
    seen = Mistake("autograd saw the change", way="make it below with torch.no_grad():")
    t.holds(held.grad_fn is None, "it no longer learns", seen)
    t.same(held.detach(), torch.tensor(3.0), what="a logit_scale within the limits")
    for start in (7.0, -3.0):
        holder = Holder(start)

        def clamp_logit_scale(module: Holder) -> None:
            t.mine(module.logit_scale)

        t.on_a_gpu(clamp_logit_scale, holder)
        once = Mistake("it is a tensor of inference_mode now, and no step can change it", way="with torch.no_grad():")
        t.holds(not holder.logit_scale.is_inference(), "it no longer learns", once)
        t.same(holder.logit_scale.detach(), torch.tensor(start).clamp(0, limit), what="logit_scale on a GPU")
