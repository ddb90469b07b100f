"""What people write in place of lesson 13's siglip_loss: each mistake, and what it gives."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from minclip.course.assertions import Mistake
from minclip.loss import clip_loss, similarity_logits

LOSS = "-F.logsigmoid(signs * logits).sum() / len(logits)"
SIGNS = "signs = 2 * torch.eye(len(logits), device=logits.device) - 1"
Way = Callable[..., Any]


def of_logits(images: Tensor, texts: Tensor, scale: Any, bias: Any) -> tuple[Tensor, Tensor]:
    """The right logits and signs."""
    logits = similarity_logits(images, texts, scale) + bias
    return logits, 2 * torch.eye(len(logits)) - 1


def with_signs(change: Callable[[Tensor], Tensor]) -> Way:
    """The loss with other signs."""

    def way(*inputs: Any) -> Tensor:
        logits, signs = of_logits(*inputs)
        return -F.logsigmoid(change(signs) * logits).sum() / len(logits)

    return way


def with_logits(make: Callable[[Tensor, Tensor, Any, Any], Tensor]) -> Way:
    """The loss with other logits."""

    def way(*inputs: Any) -> Tensor:
        logits = make(*inputs)
        return -F.logsigmoid((2 * torch.eye(len(logits)) - 1) * logits).sum() / len(logits)

    return way


def summed(reduce: Callable[[Tensor], Any]) -> Way:
    """The right losses of all pairs, put together in another way."""

    def way(*inputs: Any) -> Any:
        logits, signs = of_logits(*inputs)
        return reduce(-F.logsigmoid(signs * logits))

    return way


def logs(inside: Callable[[Tensor, Tensor], Tensor]) -> Way:
    """Another number for each pair, summed up as it should be."""

    def way(*inputs: Any) -> Tensor:
        logits, signs = of_logits(*inputs)
        return inside(logits, signs).sum() / len(logits)

    return way


def cosines(images: Tensor, texts: Tensor) -> Tensor:
    return similarity_logits(images, texts, 1.0)


def off_diagonal(x: Tensor) -> Tensor:
    return x[~torch.eye(len(x), dtype=torch.bool)]


def signed(put_together: Callable[[Tensor, Any, Tensor], Tensor]) -> Way:
    """The loss with another mixture of scale · cosine, bias and signs."""

    def way(images: Tensor, texts: Tensor, scale: Any, bias: Any) -> Tensor:
        signs = 2 * torch.eye(len(images)) - 1
        return -F.logsigmoid(put_together(similarity_logits(images, texts, scale), bias, signs)).sum() / len(images)

    return way


AWAY_FROM_ZERO = Mistake(
    "a small number or a limit keeps the sigmoid away from 0 (F.binary_cross_entropy has one): a bad answer costs too "
    "little",
    way="F.logsigmoid(x) is exact without it",
)
AWAY: list[Callable[[Tensor], Tensor]] = [
    *(partial(torch.add, other=small) for small in (1e-6, 1e-5, 1e-4, 1e-3)),
    *(partial(torch.clamp, min=small) for small in (1e-4, 1e-3, 1e-2)),
]


def away_from_zero(change: Callable[[Tensor], Tensor]) -> Way:
    return logs(lambda logits, signs: -change(torch.sigmoid(signs * logits)).log())


WRONG_LOSSES: dict[str, Way | tuple[Way, ...]] = {
    Mistake("this is the mean over all pairs: the sum is divided by the number of pictures alone", way=LOSS): summed(
        torch.mean
    ),
    Mistake("this is the sum over the batch: divide it by the number of pictures", way=LOSS): summed(torch.sum),
    Mistake("this is the mean of the right pairs alone: the wrong ones must get a no", way=LOSS): summed(
        lambda x: x.diagonal().mean()
    ),
    Mistake("these are the wrong pairs alone: the right ones, on the diagonal, belong to the sum", way=LOSS): (
        summed(lambda x: off_diagonal(x).sum() / len(x)),
        summed(lambda x: off_diagonal(x).mean()),
    ),
    Mistake("right and wrong pairs have a mean each: all pairs are summed up alike", way=LOSS): (
        summed(lambda x: x.diagonal().mean() + off_diagonal(x).mean()),
        summed(lambda x: (x.diagonal().mean() + off_diagonal(x).mean()) / 2),
    ),
    Mistake("a loss for each picture comes back, and one number is asked", way=LOSS): summed(lambda x: x.sum(dim=1)),
    Mistake("a loss for each pair comes back, and one number is asked", way=LOSS): summed(lambda x: x),
    Mistake("the sign is turned round: a lower loss would be a worse model", way=LOSS): summed(
        lambda x: -x.sum() / len(x)
    ),
    Mistake("every pair counts as a right one: all signs are 1, and those off the diagonal must be -1", way=SIGNS): (
        with_signs(torch.ones_like)
    ),
    Mistake("every pair counts as a wrong one: the signs on the diagonal must be 1", way=SIGNS): with_signs(
        lambda signs: -torch.ones_like(signs)
    ),
    Mistake(
        "the signs are turned round, 1 belongs on the diagonal; or softplus misses its minus: -ln σ(x) = softplus(-x)",
        way=SIGNS,
    ): with_signs(torch.neg),
    Mistake("the signs are 1 and 0, so a wrong pair costs ln 2 whatever its cosine: -1 is asked", way=SIGNS): (
        with_signs(lambda signs: (signs + 1) / 2)
    ),
    Mistake("the signs are 0 and -1, so a right pair costs ln 2 whatever its cosine: 1 is asked", way=SIGNS): (
        with_signs(lambda signs: (signs - 1) / 2)
    ),
    Mistake(
        "bias was added after the signs: a sign turns the whole logit round, its bias, too",
        way="signs * (similarity_logits(image_features, text_features, scale) + bias)",
    ): signed(lambda cosines, bias, signs: signs * cosines + bias),
    Mistake("the signs turn the bias alone round: they multiply the whole logit", way=LOSS): (
        signed(lambda cosines, bias, signs: cosines + signs * bias)
    ),
    Mistake("bias is missing", way="similarity_logits(image_features, text_features, scale) + bias"): with_logits(
        lambda a, b, scale, bias: similarity_logits(a, b, scale)
    ),
    Mistake("bias is subtracted, and it is added", way="similarity_logits(...) + bias"): with_logits(
        lambda a, b, scale, bias: similarity_logits(a, b, scale) - bias
    ),
    Mistake("scale is missing", way="similarity_logits(image_features, text_features, scale) + bias"): with_logits(
        lambda a, b, scale, bias: cosines(a, b) + bias
    ),
    Mistake("scale multiplies the bias, too", way="scale * cosines + bias, not scale * (cosines + bias)"): with_logits(
        lambda a, b, scale, bias: scale * (cosines(a, b) + bias)
    ),
    Mistake("only one of the two features was made unit vectors", way="similarity_logits does both"): (
        with_logits(lambda a, b, scale, bias: scale * F.normalize(a, dim=-1) @ b.T + bias),
        with_logits(lambda a, b, scale, bias: scale * a @ F.normalize(b, dim=-1).T + bias),
    ),
    Mistake("the columns have the length 1, and the rows must", way="F.normalize(x, dim=-1), not dim=0"): with_logits(
        lambda a, b, scale, bias: scale * F.normalize(a, dim=0) @ F.normalize(b, dim=0).T + bias
    ),
    Mistake("scale is an exponential already, and is used as it is", way="leave out exp()"): with_logits(
        lambda a, b, scale, bias: cosines(a, b) * torch.as_tensor(scale).exp() + bias
    ),
    Mistake("the logits are divided by scale, and it multiplies them", way="scale * cosines + bias"): with_logits(
        lambda a, b, scale, bias: cosines(a, b) / scale + bias
    ),
    Mistake("these are dot products, not cosines", way="similarity_logits makes cosines, F.normalize unit vectors"): (
        with_logits(lambda a, b, scale, bias: scale * a @ b.T + bias)
    ),
    Mistake("the bias is added to the right pairs alone: every pair gets it", way="similarity_logits(...) + bias"): (
        with_logits(lambda a, b, scale, bias: similarity_logits(a, b, scale) + bias * torch.eye(len(a)))
    ),
    Mistake("these are probabilities, and their logarithm is asked", way="F.logsigmoid(signs * logits)"): logs(
        lambda logits, signs: -torch.sigmoid(signs * logits)
    ),
    Mistake("log_softmax lets the texts of a picture compete, and here each pair stands alone", way="F.logsigmoid"): (
        logs(lambda logits, signs: -(signs * logits).log_softmax(dim=-1)),
        logs(lambda logits, signs: -(logits.log_softmax(dim=-1) * torch.eye(len(logits)))),
    ),
    Mistake("this is CLIP's loss, in which the texts of a picture compete", way=LOSS): (
        lambda a, b, scale, bias: clip_loss(a, b, scale)
    ),
    Mistake("the sign stands before the logarithm, and it belongs to the logit: σ(-x), not -σ(x)", way=LOSS): logs(
        lambda logits, signs: -signs * F.logsigmoid(logits)
    ),
    Mistake("the sigmoid was taken twice: F.logsigmoid does it itself", way=LOSS): (
        logs(lambda logits, signs: -F.logsigmoid(signs * torch.sigmoid(logits))),
        logs(lambda logits, signs: -F.logsigmoid(torch.sigmoid(signs * logits))),
        logs(lambda logits, signs: -F.logsigmoid(signs * (signs * logits).sigmoid())),
    ),
    AWAY_FROM_ZERO: tuple(map(away_from_zero, AWAY)),
    Mistake("half of it is missing: it is divided by 2 once more", way=LOSS): summed(lambda x: x.sum() / len(x) / 2),
    Mistake("one more is in the batch than it holds: divide by the number of pictures", way=LOSS): summed(
        lambda x: x.sum() / (len(x) - 1)
    ),
}  # fmt: skip
