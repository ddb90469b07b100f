"""Is the right answer among the k best? Where scores are level, the answer is a chance, not a yes or a no.

Retrieval and zero-shot classification count alike: entries with level scores stand in an order drawn by lot. So a
model that says the same of everything gets what guessing gets, and two captions that are the same text share the hit.
"""

from typing import NamedTuple

import torch
from torch import Tensor

# cosines this close are level: a matrix product may round equal rows differently, depending on their place
ROUNDING = 2 * torch.finfo(torch.float32).eps  # 2.4e-7


class Rank(NamedTuple):
    """How many entries stand before and beside each query's best right entry. Each is int64 [queries]."""

    better: Tensor  # wrong entries that score higher, or NaN
    right: Tensor  # right entries level with the best one, itself among them; 0 where nothing can be found (NaN)
    level: Tensor  # wrong entries level with it

    def hit(self, k: int) -> Tensor:
        """Chance that at least one right entry is among the k best: float64 [queries], on the CPU.

        The better entries take their places, k - better are left. The right and the level entries draw lots for them.
        All right ones miss with the chance C(level, places) / C(right + level, places), the hypergeometric one: the
        first of them stands behind the places with (right + level - places) / (right + level), the next with one less
        of each.

        One better entry, two right entries and two wrong ones level with them. At k = 2 one place is left for four,
        half of which are right. At k = 3 two places are left, and in one of six draws both go to wrong entries.

        >>> rank = Rank(better=torch.tensor([1]), right=torch.tensor([2]), level=torch.tensor([2]))
        >>> [round(rank.hit(k).item(), 4) for k in (1, 2, 3, 4)]
        [0.0, 0.5, 0.8333, 1.0]
        """
        better, right, level = (part.cpu().double() for part in self)
        places = (k - better).clamp(min=0)
        entries = right + level
        miss = torch.ones_like(places)
        for behind in range(int(right.max())):  # so many of the right entries missed already
            next_misses = (entries - places - behind).clamp(min=0) / (entries - behind)
            miss = torch.where(behind < right, miss * next_misses, miss)
        return 1 - miss


def rank_of_right(scores: Tensor, right: Tensor, rounding: float = 0.0) -> Rank:
    """How many entries stand before and beside the best right entry of each query.

    -> Rank of better, the wrong entries above the best right one; right, the right entries level with the best one,
    itself among them; level, the wrong entries level with it. Each is int64 [queries].
    scores: float [queries, entries], higher is better; right: bool [queries, entries];
    rounding: scores that differ by this much at most are level.
    NaN is never right: a wrong entry with NaN stands before, and a query with NaN at a right entry finds nothing.

    >>> rank_of_right(torch.tensor([[0.9, 0.5, 0.5, 0.1]]), torch.tensor([[False, True, False, False]]))
    Rank(better=tensor([1]), right=tensor([1]), level=tensor([1]))
    """
    best = scores.masked_fill(~right, float("-inf")).amax(dim=1, keepdim=True)  # [queries, 1]; NaN if a right one is
    not_better = scores <= best + rounding  # not "scores > best" below: NaN must not count as worse
    level = not_better & (scores >= best - rounding)
    return Rank((~not_better & ~right).sum(dim=1), (level & right).sum(dim=1), (level & ~right).sum(dim=1))
