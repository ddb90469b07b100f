"""What people write in place of Tip-Adapter and CLIP-Adapter: each mistake, and what it gives."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from minclip.adapters import ClipAdapter, tip_adapter_logits
from minclip.course.assertions import Known, Mistake

NEARNESS = "exp(-beta * (1 - features @ keys.T))"
SUM = "scale * features @ classifier + alpha * nearness @ values"
MIX = "share * self.layers(features) + (1 - share) * features"
UNIT = "unit_rows(adapted), then scale and classifier"

SHOTS_ROWS = Mistake(
    "in a matrix product the columns of the first meet the rows of the second, and here both are embed_dim",
    way="features @ keys.T is [n, shots]",
)
VALUES_TURNED = Mistake("values are [shots, classes] as they are: the shots are summed over", way="nearness @ values")
CLASSIFIER_TURNED = Mistake(
    "classifier is [embed_dim, classes] as it is: its columns are the classes", way="features @ classifier"
)
VOTES_ONE_BY_ONE = Mistake(
    "here pictures meet shots one by one; every picture meets every shot, and a product sums over the shots",
    way="two matrix products: features @ keys.T, and nearness @ values",
)
NOT_A_TENSOR = Mistake("math.exp takes one number, and here are many", way="torch.exp(x), or x.exp()")


def other_keys(case: Sequence[Any]) -> dict[str, Callable[[Tensor], Tensor]]:
    """Logits by keys, by name: right as long as the keys are unit rows, and with another gradient of the keys."""
    features, classifier, _, values, scale, alpha, beta = case

    def unit_again(keys: Tensor) -> Tensor:
        return tip_adapter_logits(features, classifier, unit(keys), values, scale, alpha, beta)

    def from_distances(keys: Tensor) -> Tensor:
        halves = (features[:, None] - keys).square().sum(dim=-1) / 2
        return scale * features @ classifier + alpha * torch.exp(-beta * halves) @ values

    return {
        Mistake("the keys are brought to length 1 once more; they are unit rows already, so leave them", way=NEARNESS):
            unit_again,
        Mistake("this takes half of the squared distance, which is 1 - cosine for unit rows alone; keys that are "
                "trained get other lengths", way=NEARNESS): from_distances,
    }  # fmt: skip


def wrong_votes() -> dict[str, Callable[..., Tensor]]:
    """What is written in place of tip_adapter_logits, by name."""

    def of(vote: Callable[..., Tensor], zero_shot: bool = True) -> Callable[..., Tensor]:
        def logits(f: Tensor, w: Tensor, k: Tensor, v: Tensor, s: float, a: float, b: float) -> Tensor:
            return (s * f @ w if zero_shot else 0) + vote(f @ k.T, v, s, a, b)

        return logits

    def right(c: Tensor, v: Tensor, s: float, a: float, b: float) -> Tensor:
        return a * (-b * (1 - c)).exp() @ v

    return {
        Mistake("the zero-shot logits are missing", way=SUM): of(right, zero_shot=False),
        Mistake("the votes of the shots are missing: these are the zero-shot logits", way=SUM): of(
            lambda c, v, s, a, b: 0 * c @ v
        ),
        Mistake("the scale is missing before the zero-shot cosines", way=SUM): (
            lambda f, w, k, v, s, a, b: f @ w + right(f @ k.T, v, s, a, b)
        ),
        Mistake("the scale multiplies the votes, too; it belongs to the zero-shot cosines alone", way=SUM): (
            lambda f, w, k, v, s, a, b: s * (f @ w + right(f @ k.T, v, s, a, b))
        ),
        Mistake("a distant shot counts more than a near one here: the minus before beta is missing", way=NEARNESS): of(
            lambda c, v, s, a, b: a * (b * (1 - c)).exp() @ v
        ),
        Mistake("the exponent holds the cosine; it is the distance, 1 - cosine, that makes a vote smaller",
                way=NEARNESS): of(lambda c, v, s, a, b: a * (-b * c).exp() @ v),
        Mistake("the 1 - is missing: a shot with the same feature must have the vote 1, and here it has exp(beta)",
                way=NEARNESS): of(lambda c, v, s, a, b: a * (b * c).exp() @ v),
        Mistake("beta is outside of the exponential; it belongs into the exponent", way=NEARNESS): of(
            lambda c, v, s, a, b: a * b * (-(1 - c)).exp() @ v
        ),
        Mistake("beta is not used", way=NEARNESS): of(lambda c, v, s, a, b: a * (-(1 - c)).exp() @ v),
        Mistake("beta divides; it multiplies", way=NEARNESS): of(lambda c, v, s, a, b: a * (-(1 - c) / b).exp() @ v),
        Mistake("alpha is not used", way=SUM): of(lambda c, v, s, a, b: (-b * (1 - c)).exp() @ v),
        Mistake("alpha and beta are swapped", way=f"{SUM}, and nearness = {NEARNESS}"): of(
            lambda c, v, s, a, b: b * (-a * (1 - c)).exp() @ v
        ),
        Mistake("alpha is inside the exponential; it multiplies the votes", way=SUM): of(
            lambda c, v, s, a, b: (-a * b * (1 - c)).exp() @ v
        ),
        Mistake("alpha multiplies the zero-shot logits, and not the votes", way=SUM): (
            lambda f, w, k, v, s, a, b: a * s * f @ w + right(f @ k.T, v, s, 1, b)
        ),
        Mistake("alpha multiplies everything; it belongs to the votes alone", way=SUM): (
            lambda f, w, k, v, s, a, b: a * s * f @ w + right(f @ k.T, v, s, a, b)
        ),
        Mistake("the zero-shot logits get the share 1 - alpha; here they count whole", way=SUM): (
            lambda f, w, k, v, s, a, b: (1 - a) * s * f @ w + right(f @ k.T, v, s, a, b)
        ),
        Mistake("there is no exponential: the cosines themselves vote", way=NEARNESS): of(
            lambda c, v, s, a, b: a * c @ v
        ),
        Mistake("there is no exponential: the exponent itself votes", way=NEARNESS): of(
            lambda c, v, s, a, b: a * (-b * (1 - c)) @ v
        ),
        Mistake("the votes of a picture add up to 1, by a softmax or a division; here each counts as it is",
                way=NEARNESS): of(lambda c, v, s, a, b: a * (b * c).softmax(dim=1) @ v),
        Mistake("this is a mean over all shots; the votes are summed", way="nearness @ values"): of(
            lambda c, v, s, a, b: right(c, v, s, a, b) / len(v)
        ),
        Mistake("these are means over the shots of each class; the votes are summed", way="nearness @ values"): of(
            lambda c, v, s, a, b: right(c, v, s, a, b) / v.sum(dim=0)
        ),
        Mistake("every class gets the votes of all shots; a shot votes for its own class", way="nearness @ values"): of(
            lambda c, v, s, a, b: (a * (-b * (1 - c)).exp()).sum(dim=1, keepdim=True).expand(-1, v.shape[1])
        ),
        Mistake("the nearest shot alone votes; all of them do", way="nearness @ values"): of(
            lambda c, v, s, a, b: a * (-b * (1 - c.max(dim=1).values)).exp()[:, None] * v[c.argmax(dim=1)]
        ),
        Mistake("of each class the nearest shot alone votes; the votes are summed", way="nearness @ values"): of(
            lambda c, v, s, a, b: a * ((-b * (1 - c)).exp()[:, :, None] * v).amax(dim=1)
        ),
        Mistake("this takes squared distances, which are 2 - 2 · cosine, twice as much as 1 - cosine",
                way=NEARNESS): of(lambda c, v, s, a, b: a * (-2 * b * (1 - c)).exp() @ v),
        Mistake("this takes distances, the root of 2 - 2 · cosine, and not 1 - cosine", way=NEARNESS): of(
            lambda c, v, s, a, b: a * (-b * (2 - 2 * c).clamp(min=0).sqrt()).exp() @ v
        ),
        Mistake("these are shares, after a softmax: the logits are asked", way="leave out the softmax"): (
            lambda f, w, k, v, s, a, b: (s * f @ w + right(f @ k.T, v, s, a, b)).softmax(dim=-1)
        ),
        Mistake("these are classes; the logits are asked", way="leave out the argmax"): (
            lambda f, w, k, v, s, a, b: (s * f @ w + right(f @ k.T, v, s, a, b)).argmax(dim=-1)
        ),
        Mistake("the result is [classes, n], and [n, classes] is wanted", way=SUM): (
            lambda f, w, k, v, s, a, b: (s * f @ w + right(f @ k.T, v, s, a, b)).T
        ),
    }  # fmt: skip


def wrong_adapted(adapter: ClipAdapter, features: Tensor) -> Known:
    """What is written in place of ClipAdapter.forward, by name."""
    r, s, w, f = adapter.share, adapter.scale, adapter.classifier, features
    first, second = adapter.layers.parameters()  # of the two linear layers

    def logits(x: Tensor) -> Tensor:
        return s * F.normalize(x, dim=-1) @ w

    def changed() -> Tensor:
        return adapter.layers(f)

    def right() -> Tensor:
        return r * changed() + (1 - r) * f

    def mixture(fixed: float) -> Tensor:
        return logits(fixed * changed() + (1 - fixed) * f)

    return {
        Mistake("the shares are swapped: share belongs to what the layers give", way=MIX): lambda: logits(
            (1 - r) * changed() + r * f
        ),
        Mistake("the mixture has another length than 1 and was left so: these are no cosines", way=UNIT): lambda: (
            s * right() @ w
        ),
        Mistake("the scale is missing", way=UNIT): lambda: F.normalize(right(), dim=-1) @ w,
        Mistake("the feature itself is missing", way=MIX): lambda: logits(changed()),
        Mistake("the feature itself is missing, and the length is not 1", way=MIX): lambda: s * changed() @ w,
        Mistake("the layers are not used: these are the zero-shot logits", way=MIX): lambda: logits(f),
        Mistake("share is not used: both parts count alike", way=MIX): lambda: logits(changed() + f),
        **{
            Mistake(f"share is not used: {fixed:g} and {1 - fixed:g} stand there as numbers", way=MIX): partial(
                mixture, fixed
            )
            for fixed in (0.1, 0.2, 0.25, 0.3, 0.4, 0.6, 0.7, 0.75, 0.8, 0.9)
        },
        Mistake("the feature counts whole here; it gets the rest of the share, 1 - share", way=MIX): lambda: logits(
            r * changed() + f
        ),
        Mistake("what the layers give counts whole here; it gets the share", way=MIX): lambda: logits(
            changed() + (1 - r) * f
        ),
        Mistake("what the layers give was brought to length 1 before the mixture; its length is learned, too",
                way=MIX): lambda: logits(r * F.normalize(changed(), dim=-1) + (1 - r) * f),
        Mistake("the layers run twice", way=MIX): lambda: logits(r * adapter.layers(changed()) + (1 - r) * f),
        Mistake("the norm runs over the pictures; each row has a length of its own", way="unit_rows"): lambda: (
            s * F.normalize(right(), dim=0) @ w
        ),
        Mistake("all rows were divided by one length; each has its own", way="unit_rows"): lambda: (
            s * right() / right().norm() @ w
        ),
        Mistake("the last ReLU is missing", way="self.layers(features) runs all four"): lambda: logits(
            r * (f @ first.T).relu() @ second.T + (1 - r) * f
        ),
        Mistake("both ReLUs are missing", way="self.layers(features) runs all four"): lambda: logits(
            r * f @ first.T @ second.T + (1 - r) * f
        ),
        Mistake("the ReLU of the middle is missing", way="self.layers(features) runs all four"): lambda: logits(
            r * (f @ first.T @ second.T).relu() + (1 - r) * f
        ),
        Mistake("the adapted features come back; the logits are asked", way=UNIT): lambda: F.normalize(
            right(), dim=-1
        ),
        Mistake("the adapted features come back, and their length is not 1; the logits are asked", way=UNIT): right,
        Mistake("A(f) was brought to length 1 here, and the mixture was not (to mix the logits of A(f) and of f gives "
                "the same)", way=f"{MIX}, then {UNIT}"): lambda: r * logits(changed()) + (1 - r) * logits(f),
        Mistake("these are shares, after a softmax: the logits are asked", way="leave out the softmax"): lambda: (
            logits(right()).softmax(dim=-1)
        ),
        Mistake("the scale is not divided by: the cosines are multiplied by it", way=UNIT): lambda: (
            F.normalize(right(), dim=-1) @ w / s
        ),
        Mistake("these are the classes; the logits are asked", way="leave out the argmax"): lambda: logits(
            right()
        ).argmax(dim=-1),
        Mistake("the result is [classes, n], and [n, classes] is wanted", way=UNIT): lambda: logits(right()).T,
    }  # fmt: skip


def one_hot(labels: Tensor, classes: int) -> Tensor:
    return F.one_hot(labels, classes).float()


def unit(x: Tensor) -> Tensor:
    return x / torch.linalg.vector_norm(x, dim=-1, keepdim=True)
