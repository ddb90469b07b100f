"""What people write in place of the logits and the loss of lesson 05: each mistake, and what it gives."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from minclip import loss as library
from minclip.course.assertions import Known, Mistake

NO_EXP = Mistake(
    "scale is the exponential of logit_scale already, and is used as it is",
    way="scale * cosines, without scale.exp()",
)
NOT_DIVIDED = Mistake(
    "the logits are divided by scale; it is 1 / temperature, so they are multiplied by it",
    way="scale * cosines: you would divide by a temperature",
)


def wrong_logits(images: Tensor, texts: Tensor, scale: float) -> Known:
    """What is written instead, by name."""
    unit_images, unit_texts = F.normalize(images, dim=-1), F.normalize(texts, dim=-1)
    right = scale * unit_images @ unit_texts.T
    columns = [x / x.norm(dim=0) for x in (images, texts)]
    summed = [x / x.sum(dim=-1, keepdim=True) for x in (images, texts)]
    squared = [x / x.pow(2).sum(dim=-1, keepdim=True) for x in (images, texts)]
    absolute = [F.normalize(x, p=1, dim=-1) for x in (images, texts)]
    together = [x / x.norm() for x in (images, texts)]
    own = "x.norm(dim=-1, keepdim=True) is the length of every row"
    return {
        Mistake(
            "these are dot products, not cosines: the features must have length 1 before they meet",
            way="x / x.norm(dim=-1, keepdim=True) has length 1 in every row: both features need it",
        ): lambda: scale * images @ texts.T,
        Mistake("only the image features have length 1, the text features must have it, too", way=own): lambda: (
            scale * unit_images @ texts.T
        ),
        Mistake("only the text features have length 1, the image features must have it, too", way=own): lambda: (
            scale * images @ unit_texts.T
        ),
        Mistake("the norm runs over the batch; each row of features has a length of its own", way=own): lambda: (
            scale * columns[0] @ columns[1].T
        ),
        Mistake("you divide by one length for all rows together; each row has a length of its own", way=own): lambda: (
            scale * together[0] @ together[1].T
        ),
        Mistake("you divide by the square of the length", way=own): lambda: scale * squared[0] @ squared[1].T,
        Mistake("you divide by the sum of a row; its length is the root of the sum of squares", way=own): lambda: (
            scale * summed[0] @ summed[1].T
        ),
        Mistake("you divide by the sum of the absolute numbers; the length is the root of the sum of squares",
                way=own): lambda: scale * absolute[0] @ absolute[1].T,
        Mistake("scale is missing: the cosines are multiplied by it", way="scale * cosines"): lambda: right / scale,
        NOT_DIVIDED: lambda: right / scale**2,
        NO_EXP: lambda: right / scale * math.exp(scale),
        Mistake(
            "rows are pictures and columns are texts: yours is transposed", way="unit_images @ unit_texts.T"
        ): lambda: right.T,
        Mistake(
            "these are shares, after a softmax: the logits are asked, without it", way="the softmax belongs to the loss"
        ): lambda: right.softmax(dim=-1),
    }  # fmt: skip


def wrong_losses(images: Tensor, texts: Tensor, scale: Tensor) -> Known:
    """What is written instead, by name."""
    n = len(images)
    logits, right = library.similarity_logits(images, texts, scale), library.clip_loss(images, texts, scale)
    order = torch.arange(n)

    def both(logits: Tensor, labels: Tensor = order) -> Tensor:
        return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2

    each = [F.cross_entropy(x, order, reduction="none") for x in (logits, logits.T)]
    softmaxed = "F.cross_entropy(logits, labels): the logits as they are"
    average = "(F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2"
    return {
        Mistake("this is the picture → text half alone: the columns of the logits ask the other question",
                way=f"{average}: .T makes rows of the columns"): lambda: F.cross_entropy(logits, order),
        Mistake("this is the text → picture half alone: the rows of the logits ask the other question",
                way=average): lambda: F.cross_entropy(logits.T, order),
        Mistake("both halves are there, and added: their mean is asked", way=average): lambda: 2 * right,
        Mistake("only the second half is divided by 2", way=f"brackets first: {average}"): lambda: (
            each[0].mean() + each[1].mean() / 2
        ),
        Mistake("only the first half is divided by 2", way=f"brackets first: {average}"): lambda: (
            each[0].mean() / 2 + each[1].mean()
        ),
        Mistake("pictures meet pictures: the logits are asked of pictures and texts",
                way="similarity_logits(image_features, text_features, scale)"): lambda: both(
            library.similarity_logits(images, images, scale)
        ),
        Mistake("the sum over the batch is taken, its mean is asked",
                way='F.cross_entropy takes the mean by itself: leave out reduction="sum"'): lambda: n * right,
        Mistake("the sum over the batch is taken, and both halves are added; means are asked",
                way=average): lambda: 2 * n * right,
        Mistake("the features are not brought to length 1", way="similarity_logits does it"): lambda: both(
            scale * images @ texts.T
        ),
        Mistake("scale is missing: the logits are scaled cosines",
                way="similarity_logits(image_features, text_features, scale)"): lambda: both(logits / scale),
        NO_EXP: lambda: both(logits / scale * scale.exp()),
        NOT_DIVIDED: lambda: both(logits / scale**2),
        Mistake("scale is multiplied in twice", way="similarity_logits does it already"): lambda: both(logits * scale),
        Mistake("the labels are all 0: but the right text of picture i is text i",
                way="torch.arange(len(logits), device=logits.device)"): lambda: both(logits, torch.zeros_like(order)),
        Mistake("the labels run backwards: the right text of picture i is text i",
                way="torch.arange(len(logits), device=logits.device)"): lambda: both(logits, order.flip(0)),
        Mistake("cross_entropy got shares; it takes logits and does the softmax itself",
                way=softmaxed): lambda: both(logits.softmax(dim=-1)),
        Mistake("cross_entropy got shares in both directions; it takes logits and does the softmax itself",
                way=softmaxed): lambda: sum(F.cross_entropy(x.softmax(dim=-1), order) for x in (logits, logits.T)) / 2,
        Mistake("the shares of the right answers are averaged, without a logarithm",
                way=softmaxed): lambda: -sum(x.softmax(dim=-1).diagonal().mean() for x in (logits, logits.T)) / 2,
        Mistake("the two logits are averaged, and then one loss is taken: average the two losses",
                way=average): lambda: F.cross_entropy((logits + logits.T) / 2, order),
        Mistake("a loss is to be made small, and this one has the sign the wrong way round",
                way="cross entropy is minus the logarithm of a share: it is never negative"): lambda: -right,
        Mistake("only the diagonal is read: without the other pairs there are no negatives",
                way="a softmax over each row and each column brings them in"): lambda: -logits.diagonal().mean(),
        Mistake("there is one loss for every pair; their mean is asked",
                way='leave out reduction="none"'): lambda: (each[0] + each[1]) / 2,
        Mistake("cross_entropy got its arguments in the wrong order", way="F.cross_entropy(logits, labels)"): lambda: (
            sum(F.cross_entropy(torch.eye(n), x) for x in (logits, logits.T)) / 2
        ),
    }  # fmt: skip
