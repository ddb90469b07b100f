"""Is the right answer among the k best? Where scores are level, this is a chance, not a yes or a no.

Retrieval and zero-shot classification count alike: entries with level scores stand in an order drawn by lot. So a
model that says the same of everything gets what guessing gets, and two captions that are the same text share the hit.
"""

from typing import NamedTuple

import torch
from torch import Tensor

# cosines this close are level: a matrix product may round equal rows apart, by where they stand
ROUNDING = 2 * torch.finfo(torch.float32).eps  # 2.4e-7


class Rank(NamedTuple):
    """What stands before and beside each query's best own entry. Each is int64 [queries]."""

    better: Tensor  # strangers that score higher, or NaN
    own: Tensor  # own entries level with the best one, which counts, too; 0 where nothing can be found (NaN)
    level: Tensor  # strangers level with it

    def hit(self, k: int) -> Tensor:
        """Chance that at least one own entry is among the k best: float64 [queries], on the CPU.

        The better ones take their places, k - better are left. Own and level entries draw lots for them. All own
        ones miss with the chance C(level, places) / C(own + level, places), the hypergeometric one: the first of
        them stands behind the places with (own + level - places) / (own + level), the next with one less of each.

        One better stranger, two own entries and two strangers level with them. At k = 2 one place is left for four,
        half of them own. At k = 3 two places are left, and both are strangers' in one of six draws.

        >>> rank = Rank(better=torch.tensor([1]), own=torch.tensor([2]), level=torch.tensor([2]))
        >>> [round(rank.hit(k).item(), 4) for k in (1, 2, 3, 4)]
        [0.0, 0.5, 0.8333, 1.0]
        """
        better, own, level = (part.cpu().double() for part in self)
        places = (k - better).clamp(min=0)
        entries = own + level
        miss = torch.ones_like(places)
        for behind in range(int(own.max())):  # so many of the own entries missed already
            next_misses = (entries - places - behind).clamp(min=0) / (entries - behind)
            miss = torch.where(behind < own, miss * next_misses, miss)
        return 1 - miss


def rank_own(scores: Tensor, own: Tensor, rounding: float = 0.0) -> Rank:
    """Counts who stands before and beside the best own entry of each query.

    scores: float [queries, entries], higher is better; own: bool [queries, entries];
    rounding: scores that differ by this much at most are level.
    NaN is never right: a stranger's stands before, and a query with an own one finds nothing.
    """
    best = scores.masked_fill(~own, float("-inf")).amax(dim=1, keepdim=True)  # [queries, 1]; NaN if an own one is
    not_better = scores <= best + rounding  # not "scores > best" below: NaN must not count as worse
    level = not_better & (scores >= best - rounding)
    return Rank((~not_better & ~own).sum(dim=1), (level & own).sum(dim=1), (level & ~own).sum(dim=1))
