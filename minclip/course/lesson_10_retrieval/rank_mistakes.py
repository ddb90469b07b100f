"""What people write in place of ranks: each mistake as a whole other way, and what it gives."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from minclip.course.assertions import Mistake
from minclip.ties import Rank, rank_of_right


def parts(scores: Tensor, right: Tensor, best: Tensor, rounding: float = 0.0) -> Rank:
    """The rank by another best score, [queries, 1]."""
    level = (scores <= best + rounding) & (scores >= best - rounding)
    better = ~(scores <= best + rounding)
    return Rank((better & ~right).sum(dim=1), (level & right).sum(dim=1), (level & ~right).sum(dim=1))


def best_of(scores: Tensor, right: Tensor, otherwise: float = float("-inf")) -> Tensor:
    return scores.masked_fill(~right, otherwise).amax(dim=1, keepdim=True)


Way = Callable[..., Rank]  # of scores and right, or of scores, right and rounding
Ways = Mapping[str, Way | tuple[Way, ...]]
Mask = Callable[[Tensor, Tensor, float], Tensor]  # of scores, best and rounding
SAID = {  # order in which the parts came -> what is said of it
    (2, 1, 0): "better and level are swapped",
    (0, 2, 1): "right and level are swapped",
    (1, 0, 2): "better and right are swapped",
    (1, 2, 0): "the parts stand in another order: right, level, better",
    (2, 0, 1): "the parts stand in another order: level, better, right",
}
MIXED = {order: Mistake(words, way="Rank(better, right, level), in this order") for order, words in SAID.items()}
NAN_RULE = Mistake(
    "NaN is never right, and compared with NaN every answer is no: an entry that is NaN slips through `scores > best`",
    way="ask who is not better, scores <= best + rounding, and take ~ of it: NaN then stands before the right entry",
)


def wrong_ranks() -> Ways:
    """Whole ways that people go instead, by name."""

    def changed(change: Callable[[Rank, Tensor, Tensor], Rank]) -> Way:
        return lambda scores, right: change(rank_of_right(scores, right), scores, right)

    def mixed(order: tuple[int, ...]) -> Way:
        return changed(lambda rank, s, r: Rank(*(rank[i] for i in order)))

    def of_best(best: Callable[[Tensor, Tensor], Tensor]) -> Way:
        return lambda scores, right: parts(scores, right, best(scores, right))

    def zero(x: Tensor) -> Tensor:
        return torch.zeros_like(x)

    return {
        Mistake("the worst right entry is taken: it is enough to find one, so the best counts",
                way="amax, not amin, over the right entries"): of_best(
            lambda s, r: s.masked_fill(~r, float("inf")).amin(dim=1, keepdim=True)),
        Mistake("wrong entries are masked with -inf, and then the smallest is taken: that is -inf",
                way="amax, the largest"): of_best(
            lambda s, r: s.masked_fill(~r, float("-inf")).amin(dim=1, keepdim=True)),
        Mistake("the right entries are masked, and the best wrong one is taken", way="masked_fill(~right, ...)"):
            of_best(lambda s, r: s.masked_fill(r, float("-inf")).amax(dim=1, keepdim=True)),
        Mistake("only the first right entry counts; any of them will do",
                way="scores.masked_fill(~right, -inf).amax(dim=1, keepdim=True) is the best of them"): of_best(
            lambda s, r: s.gather(1, r.int().argmax(dim=1, keepdim=True))),
        Mistake("only the last right entry counts; any of them will do", way="the best right entry counts"): of_best(
            lambda s, r: s.gather(1, s.shape[1] - 1 - r.flip(1).int().argmax(dim=1, keepdim=True))),
        Mistake("the mean of the right scores is taken; the best one counts", way="amax over the right entries"):
            of_best(lambda s, r: (s * r).sum(dim=1, keepdim=True) / r.sum(dim=1, keepdim=True)),
        Mistake("wrong entries are masked with 0, which is larger than a negative score",
                way='masked_fill(~right, float("-inf"))'): of_best(lambda s, r: best_of(s, r, 0.0)),
        Mistake("wrong entries are masked with 0: times right makes 0 of them, which is larger than a negative score",
                way='masked_fill(~right, float("-inf"))'): of_best(lambda s, r: (s * r).amax(dim=1, keepdim=True)),
        Mistake("the best right score of all queries together is taken; each query has its own",
                way="amax(dim=1, keepdim=True)"): of_best(lambda s, r: s[r].max().expand(len(s), 1)),
        Mistake("the best of all scores is taken; the best right one is wanted",
                way="mask the wrong entries first"): of_best(lambda s, r: s.amax(dim=1, keepdim=True)),
        Mistake("the best of each entry is taken, over all queries; each query has its own", way="amax(dim=1, keepdim="
                "True)"): of_best(lambda s, r: s.masked_fill(~r, float("-inf")).amax(dim=0, keepdim=True)),
        Mistake("wrong entries are masked with inf, and then the largest is taken: that is inf",
                way='masked_fill(~right, float("-inf"))'): of_best(lambda s, r: best_of(s, r, float("inf"))),
        Mistake("right holds wrong entries, too; those that are level are counted in level", way="level & right"): (
            changed(lambda rank, s, r: rank._replace(right=rank.right + rank.level)),
            changed(lambda rank, s, r: Rank(rank.better, rank.right + rank.level, rank.right + rank.level))),
        Mistake("level holds the right entries, too; those are counted in right", way="level & ~right"): changed(
            lambda rank, s, r: rank._replace(level=rank.level + rank.right)),
        Mistake("right counts all right entries; only those level with the best one belong in it",
                way="(level & right).sum(dim=1)"): changed(lambda rank, s, r: rank._replace(right=r.sum(dim=1))),
        Mistake("right is 1 everywhere; two right entries may be level", way="(level & right).sum(dim=1)"): changed(
            lambda rank, s, r: rank._replace(right=torch.ones_like(rank.right))),
        Mistake("level entries stand beside, not before: they count as better here", way="better is above best, "
                "without the level ones"): changed(lambda rank, s, r: rank._replace(better=rank.better + rank.level)),
        Mistake("level entries count as better and nothing is level", way="better is above best, level is equal to "
                "it"): changed(lambda rank, s, r: Rank(rank.better + rank.level, rank.right, zero(rank.level))),
        Mistake("the right entries are among the better ones", way="only wrong entries: better & ~right"): changed(
            lambda rank, s, r: rank._replace(better=rank.better + rank.level + rank.right)),
        Mistake("nothing is ever level here", way="scores equal to the best right one are level"): changed(
            lambda rank, s, r: rank._replace(level=zero(rank.level))),
        Mistake("worse entries are counted, and better ones are wanted", way="scores > best"): changed(
            lambda rank, s, r: rank._replace(better=(~r).sum(dim=1) - rank.better - rank.level)),
        Mistake("it counts from 1; better is the number of entries before, 0 for the first", way="leave out + 1"):
            changed(lambda rank, s, r: rank._replace(better=rank.better + 1)),
        Mistake("entries level with the best right one are not among those that are not better",
                way="not_better = scores <= best + rounding, with <="): changed(
            lambda rank, s, r: Rank(rank.better + rank.level, zero(rank.right), zero(rank.level))),
        Mistake("the best right entry is not level with itself, and nothing else is",
                way="level holds what is not below best - rounding: >=, and not >"): changed(
            lambda rank, s, r: Rank(rank.better, zero(rank.right), zero(rank.level))),
        Mistake("all entries that are not better count as level, the worse ones, too",
                way="not_better & (scores >= best - rounding)"): changed(
            lambda rank, s, r: Rank(rank.better, r.sum(dim=1), (~r).sum(dim=1) - rank.better)),
        Mistake("level counts all wrong entries that are not better, the worse ones, too",
                way="not_better & (scores >= best - rounding)"): changed(
            lambda rank, s, r: rank._replace(level=(~r).sum(dim=1) - rank.better)),
        Mistake("worse entries are counted as level; those at the best right score are",
                way="not_better & (scores >= best - rounding)"): changed(
            lambda rank, s, r: rank._replace(level=(~r).sum(dim=1) - rank.better - rank.level)),
        Mistake("every entry counts as level, the better and the worse ones, too",
                way="not_better & (scores >= best - rounding): & is and, | is or"): changed(
            lambda rank, s, r: Rank(rank.better, r.sum(dim=1), (~r).sum(dim=1))),
        **{mistake: mixed(order) for order, mistake in MIXED.items()},
    }  # fmt: skip


def wrong_roundings() -> Ways:
    """What is written instead, and shows only where rounding is not 0."""

    def by(mask_better: Mask, mask_level: Mask) -> Way:
        def way(scores: Tensor, right: Tensor, rounding: float) -> Rank:
            best = best_of(scores, right)
            better, level = mask_better(scores, best, rounding), mask_level(scores, best, rounding)
            return Rank((better & ~right).sum(dim=1), (level & right).sum(dim=1), (level & ~right).sum(dim=1))

        return way

    def better(s: Tensor, best: Tensor, rounding: float) -> Tensor:
        return s > best + rounding

    def from_below(s: Tensor, best: Tensor, rounding: float) -> Tensor:
        return s > best - rounding

    def strictly(s: Tensor, best: Tensor, rounding: float) -> Tensor:
        return s > best

    def near(s: Tensor, best: Tensor, rounding: float) -> Tensor:
        return (s <= best + rounding) & (s >= best - rounding)

    def up(s: Tensor, best: Tensor, rounding: float) -> Tensor:
        return (s <= best + rounding) & (s >= best)

    def down(s: Tensor, best: Tensor, rounding: float) -> Tensor:
        return (s <= best) & (s >= best - rounding)

    def exactly(s: Tensor, best: Tensor, rounding: float) -> Tensor:
        return s == best

    def scaled(factor: float) -> Way:
        return lambda s, r, rounding: rank_of_right(s, r, factor * rounding)

    def stepped(to_whole: Callable[[Tensor], Tensor]) -> Way:
        return lambda s, r, rounding: rank_of_right(to_whole(s / rounding) * rounding, r)

    def relative(s: Tensor, best: Tensor, rounding: float) -> Tensor:
        return (s - best).abs() <= rounding * best.abs()

    above = "an entry a little above the best right one counts as better, and rounding makes it level"
    band = "level is from best - rounding to best + rounding"
    return {
        Mistake("rounding is not used: scores that differ by this much at most are level",
                way=f"{band}, better is above that"): scaled(0.0),
        Mistake(above, way="better is above best + rounding"): by(strictly, down),
        Mistake(above + ", and nothing is both", way="better is above best + rounding"): by(strictly, near),
        Mistake("an entry a little above the best right one counts as better and as level; one a little below is level",
                way=f"better is above best + rounding, {band}"): by(strictly, up),
        Mistake("an entry a little below the best right one is level, too", way=band): by(better, up),
        Mistake("an entry a little above the best right one is neither better nor level; rounding makes it level",
                way=band): by(better, down),
        Mistake("level knows no rounding: entries a little above and below the best right one belong to it", way=band):
            by(better, exactly),
        Mistake("the scores were rounded before they were compared: two that differ by less than rounding may end at "
                "two steps", way=f"compare the scores as they are: {band}"):
            tuple(stepped(step) for step in (torch.round, torch.floor, torch.ceil, torch.trunc)),
        Mistake("rounding is taken as a share of the score; it is a difference",
                way="isclose needs rtol=0, atol=rounding, or (scores - best).abs() <= rounding"):
            by(lambda s, best, rounding: s > best + rounding * best.abs(), relative),
        Mistake("level is taken as a share of the score; rounding is a difference",
                way="isclose needs rtol=0, atol=rounding, or (scores - best).abs() <= rounding"): by(better, relative),
        Mistake("better begins below the best right score, and takes entries that are level",
                way="better is above best + rounding: not_better = scores <= best + rounding"): (
            by(from_below, near), by(from_below, lambda s, best, rounding: s == best - rounding)),
        Mistake("this is level within half of rounding; scores that differ by rounding are level", way=band):
            scaled(0.5),
        Mistake("this is level within twice rounding; scores that differ by rounding at most are level", way=band):
            scaled(2.0),
    }  # fmt: skip


def wrong_with_nan() -> Ways:
    """What is written instead, and shows only where a score is NaN."""

    def replaced(value: float) -> Way:
        return lambda s, r: rank_of_right(s.nan_to_num(nan=value, posinf=torch.inf, neginf=-torch.inf), r)

    def slips(s: Tensor, r: Tensor) -> Rank:
        return rank_of_right(s, r)._replace(better=((s > best_of(s, r)) & ~r).sum(dim=1))

    def neither(s: Tensor, r: Tensor) -> Rank:
        best = best_of(s, r)
        level = ~(s > best) & ~(s < best)
        return Rank(((s > best) & ~r).sum(dim=1), (level & r).sum(dim=1), (level & ~r).sum(dim=1))

    def neither_below(s: Tensor, r: Tensor) -> Rank:
        best = best_of(s, r)
        level = ~(s > best) & ~(s < best)
        return Rank((~(s <= best) & ~r).sum(dim=1), (level & r).sum(dim=1), (level & ~r).sum(dim=1))

    def best_forgotten(s: Tensor, r: Tensor) -> Rank:
        return rank_of_right(s, r)._replace(better=(((s > best_of(s, r)) | s.isnan()) & ~r).sum(dim=1))

    def own_left_out(s: Tensor, r: Tensor) -> Rank:
        return parts(s, r, best_of(s, r & ~s.isnan()))

    def own_counted(s: Tensor, r: Tensor) -> Rank:
        return rank_of_right(s, r)._replace(better=(~(s <= best_of(s, r))).sum(dim=1))

    return {
        NAN_RULE: slips,
        Mistake("NaN was replaced by a number before it was compared, and a number may be found",
                way="leave NaN where it is: scores <= best + rounding is False for it, and ~ of that is True"):
            tuple(replaced(value) for value in (0.0, -torch.inf, torch.inf, -1.0)),
        Mistake("NaN is neither above nor below, and so it counts as level here",
                way="level = not_better & (scores >= best - rounding): a comparison with NaN is False"):
            (neither, neither_below),
        Mistake("a right entry that is NaN does not count, and another right one is found; the docstring says what a "
                "query with NaN at a right entry finds", way="best is NaN where a right entry is: masked_fill and amax "
                "keep it, and then nothing is level"): own_left_out,
        Mistake("where the best right score is NaN, wrong entries must stand before it, and a comparison with NaN is "
                "False", way="~(scores <= best + rounding) is True where the one or the other is NaN"): (
            best_forgotten,),
        Mistake("a right entry that is NaN is counted in better; better counts wrong entries",
                way="better & ~right"): own_counted,
    }  # fmt: skip
