"""How answers are counted: top-k accuracy, where level classes share the hit, and the interval of a share.

Tasks, and intervals of answers that come in groups: evaluation/. Level scores in general: ties.py.
Source of the interval: Efron and Tibshirani 1993, chapter 13.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from minclip.data.arguments import as_tensor
from minclip.ties import Rank, rank_of_right


def top_k_correct(logits: Tensor, labels: Tensor, k: int) -> Tensor:
    """Is the right class among the k highest? float32 [n]: 1 yes, 0 no, and a chance where scores are level.

    logits: float [n, classes]; labels: int64 [n]. Classes that score the same as the right one stand before or behind
    it by lot. Where two classes are level and one place is left, the right one gets it in half of the draws: 0.5.
    Raises ValueError for shapes and labels that do not fit, a k below 1, and NaN.

    >>> logits = torch.tensor([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0], [3.0, 3.0, 1.0]])
    >>> top_k_correct(logits, torch.tensor([0, 2, 1]), k=1)
    tensor([1.0000, 0.0000, 0.5000])
    """
    if logits.ndim != 2 or labels.shape != logits.shape[:1] or len(labels) == 0:
        raise ValueError(f"logits must be [n, classes] and labels [n], found {[*logits.shape]} and {[*labels.shape]}")
    if k < 1:
        raise ValueError(f"k={k} must be at least 1")
    if labels.min() < 0 or labels.max() >= logits.shape[1]:
        raise ValueError(f"labels run from {labels.min()} to {labels.max()}, logits have {logits.shape[1]} classes")
    if logits.isnan().any():
        raise ValueError("logits hold NaN, which is neither high nor low: are the weights and the pixels finite?")
    right = logits.gather(1, labels[:, None])  # [n, 1], the score of the right class
    ahead = (logits > right).sum(dim=1)  # [n], how many classes score higher
    level = (logits == right).sum(dim=1)  # [n], how many score the same, the right one among them
    return ((k - ahead) / level).clamp(0, 1)  # the places that are left, for those that are level


def top_k_accuracy(logits: Tensor, labels: Tensor, ks: Sequence[int] = (1, 5)) -> dict[int, float]:
    """Share of pictures whose right class is among the k highest, per k; level classes share it as in `top_k_correct`.

    A model that scores all classes alike gets k / classes, as guessing does. labels may lie on another device.

    >>> top_k_accuracy(torch.tensor([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]]), torch.tensor([0, 1]), ks=(1, 2))
    {1: 0.5, 2: 1.0}
    """
    labels = labels.to(logits.device)
    return {k: top_k_correct(logits, labels, k).mean().item() for k in ks}


def rank_of_label(logits: Tensor, labels: Tensor, rounding: float = 0.0) -> Rank:
    """How many classes stand before the right one, and beside it; `Rank.hit(k)` is its chance to be among the k best.

    The same as `top_k_correct` for evaluations of whatever comes: logits: float [n, classes]; labels: int [n];
    rounding: logits that differ by this much at most are level. NaN is never right.
    """
    logits, labels = as_tensor("logits", logits), as_tensor("labels", labels)
    if logits.ndim != 2 or labels.shape != logits.shape[:1] or len(labels) == 0:
        raise ValueError(
            f"logits must be [n ≥ 1, classes] and labels [n], found {list(logits.shape)} and {list(labels.shape)}"
        )
    labels = labels.to(logits.device).long()
    if labels.min() < 0 or labels.max() >= logits.shape[1]:
        raise ValueError(f"labels run from {labels.min()} to {labels.max()}, logits have {logits.shape[1]} classes")
    logits = logits if logits.is_floating_point() else logits.float()
    right = labels[:, None] == torch.arange(logits.shape[1], device=logits.device)  # [n, classes]
    return rank_of_right(logits, right, rounding)


def bootstrap_interval(
    correct: Tensor, level: float = 0.95, resamples: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """(low, high): an interval for the true accuracy, of which `correct` is a sample, by the bootstrap.

    correct: float or bool [n] on the CPU, 1 right, 0 wrong, chances between them. `resamples` times, n of the answers
    are drawn with replacement, and their mean is a share. The middle `level` of these shares is the interval. It should
    hold the true accuracy in that share of test sets. It does less often where answers are few, or nearly all right.
    The draws have a generator of their own: one seed gives one interval, and no other random number changes.
    Raises ValueError where there is no answer, and for a level that is not between 0 and 1.

    >>> low, high = bootstrap_interval(torch.arange(100) < 80)
    >>> round(low, 1), round(high, 1)
    (0.7, 0.9)
    """
    if correct.ndim != 1 or len(correct) == 0:
        raise ValueError(f"correct must be [n] with at least one answer, found {list(correct.shape)}")
    if not 0 < level < 1:
        raise ValueError(f"level={level} must be between 0 and 1, such as 0.95")
    correct, n = correct.float(), len(correct)
    generator = torch.Generator().manual_seed(seed)
    shares = []
    for _ in range(resamples):
        drawn = torch.randint(n, (n,), generator=generator)  # n places, some of them twice
        shares.append(correct[drawn].mean())
    tail = (1 - level) / 2  # the share that is cut off at each end
    low, high = torch.stack(shares).quantile(torch.tensor([tail, 1 - tail])).tolist()
    return low, high
