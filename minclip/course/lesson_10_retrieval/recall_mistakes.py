"""What people write in place of recall: each mistake as a whole other way, and what it gives."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from minclip import retrieval as library
from minclip.course.assertions import Mistake
from minclip.similarity import unit_rows
from minclip.ties import ROUNDING, Rank, rank_of_right

TIES_BY_CHANCE = Mistake(
    "entries with level cosines stand in an order drawn by lot, and the recall is the mean over all draws",
    way="rank_of_right(cosines, right, ROUNDING).hit(k) is the chance of each query",
)
EXACT = Mistake("cosines that only rounding holds apart are level, too", way="rank_of_right(cosines, right, ROUNDING)")

Recalls = dict[str, dict[str, float]]
Recall = Callable[..., Recalls]
Ways = Mapping[str, Recall | tuple[Recall, ...]]


def of_ranks(to_text: Rank, to_image: Rank, ks: Sequence[int]) -> Recalls:
    ranks = zip(library.DIRECTIONS, (to_text, to_image), strict=True)
    return {direction: {f"R@{k}": rank.hit(k).mean().item() for k in ks} for direction, rank in ranks}


def wrong_recalls() -> Ways:
    """Whole ways that people go instead, by name."""

    def cosines_and_right(images: Tensor, texts: Tensor, owner: Tensor) -> tuple[Tensor, Tensor]:
        return unit_rows(images) @ unit_rows(texts).T, torch.arange(len(images))[:, None] == owner

    def first_only(images: Tensor, texts: Tensor, owner: Tensor, ks: Sequence[int]) -> Recalls:
        cosines, right = cosines_and_right(images, texts, owner)
        first = F.one_hot(right.int().argmax(dim=1), len(texts)).bool()
        ranks = rank_of_right(cosines, first, ROUNDING), rank_of_right(cosines.T, right.T, ROUNDING)
        return of_ranks(*ranks, ks)

    def masked(mask: Callable[[Tensor], Tensor]) -> Recall:
        """Another right, in both directions."""

        def way(images: Tensor, texts: Tensor, owner: Tensor, ks: Sequence[int]) -> Recalls:
            cosines, right = cosines_and_right(images, texts, owner)
            mine = mask(right)
            return of_ranks(rank_of_right(cosines, mine, ROUNDING), rank_of_right(cosines.T, mine.T, ROUNDING), ks)

        return way

    def numbers(images: Tensor, texts: Tensor, owner: Tensor, ks: Sequence[int]) -> Recalls:
        right = library.recall_at_k(images, texts, owner, ks)
        counts = dict(zip(right, (len(images), len(texts)), strict=True))
        return {d: {name: counts[d] * value for name, value in part.items()} for d, part in right.items()}

    def nearest(images: Tensor, texts: Tensor, owner: Tensor, k: int) -> Tensor:
        cosines, right = cosines_and_right(images, texts, owner)
        return right.gather(1, cosines.topk(min(k, len(texts)), dim=1).indices)  # [images, k]

    def to_text(
        count: Callable[[Tensor, Tensor, int], Tensor], images: Tensor, texts: Tensor, owner: Tensor, ks: Sequence[int]
    ) -> Recalls:
        """image_to_text counted in another way, text_to_image as it is."""
        captions = owner.bincount(minlength=len(images))
        found = {k: nearest(images, texts, owner, k) for k in ks}
        counted = {f"R@{k}": count(hits, captions, k).double().mean().item() for k, hits in found.items()}
        return library.recall_at_k(images, texts, owner, ks) | {"image_to_text": counted}

    def all_of_them(images: Tensor, texts: Tensor, owner: Tensor, ks: Sequence[int]) -> Recalls:
        return to_text(lambda hits, captions, k: hits.sum(1) == captions, images, texts, owner, ks)

    def share_found(images: Tensor, texts: Tensor, owner: Tensor, ks: Sequence[int]) -> Recalls:
        return to_text(lambda hits, captions, k: hits.sum(1).double() / captions, images, texts, owner, ks)

    def share_of_all(images: Tensor, texts: Tensor, owner: Tensor, ks: Sequence[int]) -> Recalls:
        return to_text(lambda hits, captions, k: hits.sum().double() / captions.sum(), images, texts, owner, ks)

    def precision(images: Tensor, texts: Tensor, owner: Tensor, ks: Sequence[int]) -> Recalls:
        return to_text(lambda hits, captions, k: hits.sum(1).double() / k, images, texts, owner, ks)

    def one_direction(name: str) -> Recall:
        def way(images: Tensor, texts: Tensor, owner: Tensor, ks: Sequence[int]) -> Recalls:
            right = library.recall_at_k(images, texts, owner, ks)
            return dict.fromkeys(library.DIRECTIONS, right[name])

        return way

    def swapped(images: Tensor, texts: Tensor, owner: Tensor, ks: Sequence[int]) -> Recalls:
        right = library.recall_at_k(images, texts, owner, ks)
        return dict(zip(right, reversed(right.values()), strict=True))

    def dots(images: Tensor, texts: Tensor, owner: Tensor, ks: Sequence[int]) -> Recalls:
        _, right = cosines_and_right(images, texts, owner)
        scores = images @ texts.T
        return of_ranks(rank_of_right(scores, right, ROUNDING), rank_of_right(scores.T, right.T, ROUNDING), ks)

    def softmaxed(dim: int, scale: float) -> Recall:
        def way(images: Tensor, texts: Tensor, owner: Tensor, ks: Sequence[int]) -> Recalls:
            cosines, right = cosines_and_right(images, texts, owner)
            scores = (scale * cosines).softmax(dim=dim)
            return of_ranks(rank_of_right(scores, right, ROUNDING), rank_of_right(scores.T, right.T, ROUNDING), ks)

        return way

    def by_place(image_of: Callable[[Tensor, int], Tensor]) -> Recall:
        """The image of a text from the text's place, of 0, 1, 2, ..., and the number of images."""
        return masked(
            lambda right: torch.arange(len(right))[:, None] == image_of(torch.arange(right.shape[1]), len(right))
        )

    def times(factor: float) -> Recall:
        def way(images: Tensor, texts: Tensor, owner: Tensor, ks: Sequence[int]) -> Recalls:
            right = library.recall_at_k(images, texts, owner, ks)
            return {d: {name: factor * value for name, value in part.items()} for d, part in right.items()}

        return way

    def later_k(step: int) -> Recall:
        def way(images: Tensor, texts: Tensor, owner: Tensor, ks: Sequence[int]) -> Recalls:
            cosines, right = cosines_and_right(images, texts, owner)
            ranks = (rank_of_right(cosines, right, ROUNDING), rank_of_right(cosines.T, right.T, ROUNDING))
            named = zip(library.DIRECTIONS, ranks, strict=True)
            return {d: {f"R@{k}": rank.hit(k + step).mean().item() for k in ks} for d, rank in named}

        return way

    def at_one(images: Tensor, texts: Tensor, owner: Tensor, ks: Sequence[int]) -> Recalls:
        right = library.recall_at_k(images, texts, owner, (1,))
        return {direction: {f"R@{k}": part["R@1"] for k in ks} for direction, part in right.items()}

    return {
        Mistake("image to text counts one caption of each picture only; any of its captions will do",
                way="right is True for every text whose owner is the image"): first_only,
        Mistake("only one caption of each picture is right, in both directions; all of its captions are",
                way="image_of_text says of every text which image it belongs to"): masked(
            lambda right: F.one_hot(right.int().argmax(dim=1), right.shape[1]).bool()),
        Mistake("text i is taken to be image i's; image_of_text says which image a text belongs to",
                way="compare the number of each image with image_of_text"): masked(
            lambda right: torch.eye(*right.shape).bool()),
        Mistake("these are numbers of queries, and a share is wanted", way="mean() in place of sum()"): numbers,
        Mistake("image to text wants all captions of a picture among the k; any of them will do",
                way="the best right entry counts: rank_of_right"): all_of_them,
        Mistake("image to text is the share of the right captions that were found, which other fields call recall; "
                "here a picture has found its match with one of them", way="the best right entry counts: "
                "rank_of_right(...).hit(k)"): (share_found, share_of_all),
        Mistake("a softmax turns cosines into shares, and shares of one row or column do not compare with those "
                "of another",
                way="rank the cosines as they are"): tuple(
            softmaxed(dim, scale) for dim in (0, 1) for scale in (1.0, 100.0)),
        Mistake("which image a text belongs to is reckoned from the text's place; image_of_text says it",
                way="compare the number of each image with image_of_text"): (
            by_place(lambda text, n: text // n), by_place(lambda text, n: text // max(1, len(text) // n)),
            by_place(lambda text, n: text * n // len(text)), by_place(lambda text, n: text % n),
            by_place(lambda text, n: text // 5)),
        Mistake("image to text divides by k: that is precision, the share of right ones among the found",
                way="a query has found its match, or it has not"): precision,
        Mistake("both directions are image to text; the other one asks the columns",
                way="rank_of_right(cosines.T, right.T, ROUNDING)"): one_direction("image_to_text"),
        Mistake("both directions are text to image; the other one asks the rows",
                way="rank_of_right(cosines, right, ROUNDING)"): one_direction("text_to_image"),
        Mistake("the two directions are swapped: the rows of [images, texts] are image to text",
                way="image_to_text: rank_of_right(cosines, right, ROUNDING)"): swapped,
        Mistake("these are dot products, not cosines", way="unit_rows(x) brings every row to length 1"): dots,
        Mistake("these are percent, and a share from 0 to 1 is wanted", way="leave out 100"): times(100.0),
        Mistake("that is the share of queries that did not find their match", way="hit(k) is the chance to find it"):
            lambda *given: {d: {n: 1 - v for n, v in part.items()} for d, part in library.recall_at_k(*given).items()},
        Mistake("one place too many is looked at", way="hit(k)"): later_k(1),
        Mistake("one place too few is looked at", way="hit(k), or fewer than k better ones"): later_k(-1),
        Mistake("every k has the recall at 1", way="hit(k), with the k of the loop"): at_one,
    }  # fmt: skip


def wrong_ties() -> Ways:
    """What is written instead, and shows only where cosines are level."""

    def counted(found: Callable[[Tensor, Tensor, int], Tensor]) -> Recall:
        """The recall where found says, of scores, right and k, which queries found theirs."""

        def way(images: Tensor, texts: Tensor, owner: Tensor, ks: Sequence[int]) -> Recalls:
            cosines = unit_rows(images) @ unit_rows(texts).T
            right = torch.arange(len(images))[:, None] == owner
            both = zip(library.DIRECTIONS, ((cosines, right), (cosines.T, right.T)), strict=True)
            return {d: {f"R@{k}": found(*given, k).double().mean().item() for k in ks} for d, given in both}

        return way

    def first(order: Callable[[Tensor], Tensor]) -> Recall:
        return counted(lambda scores, right, k: right.gather(1, order(scores))[:, :k].any(dim=1))

    def not_worse(rank: Rank) -> Tensor:
        return rank.better + rank.level

    by_lot = "rank_of_right(cosines, right, ROUNDING).hit(k): level entries draw lots"
    return {
        Mistake("an entry level with the right one never stands before it: so a model that says the same of everything "
                "finds everything", way=by_lot): (
            counted(lambda scores, right, k: rank_of_right(scores, right).better < k),
            counted(lambda scores, right, k: rank_of_right(scores, right).hit(k) > 0)),
        Mistake("an entry level with the right one always stands before it: so a model that says the same of "
                "everything finds nothing", way=by_lot): (
            counted(lambda scores, right, k: not_worse(rank_of_right(scores, right)) < k),
            counted(lambda scores, right, k: rank_of_right(scores, right).hit(k) == 1)),
        Mistake("which of the level entries comes first is left to topk, argmax or sort", way=by_lot): (
            first(lambda scores: scores.topk(scores.shape[1], dim=1).indices),
            counted(lambda scores, right, k: right.gather(1, scores.topk(min(k, scores.shape[1])).indices).any(dim=1)),
            first(lambda scores: scores.argsort(dim=1, descending=True)),
            first(lambda scores: scores.argsort(dim=1, descending=True, stable=True)),
            first(lambda scores: scores.argsort(dim=1).flip(1))),
    }  # fmt: skip


def wrong_directions() -> Ways:
    """What is written instead, and shows only where features have no direction: zeros, NaN."""

    def way(cosines_of: Callable[[Tensor, Tensor], Tensor]) -> Recall:
        def recall(images: Tensor, texts: Tensor, owner: Tensor, ks: Sequence[int]) -> Recalls:
            scores, right = cosines_of(images, texts), torch.arange(len(images))[:, None] == owner
            return of_ranks(rank_of_right(scores, right, ROUNDING), rank_of_right(scores.T, right.T, ROUNDING), ks)

        return recall

    def filled(number: float) -> Recall:
        return way(lambda images, texts: (unit_rows(images) @ unit_rows(texts).T).nan_to_num(number))

    def taken_out(images: Tensor, texts: Tensor, owner: Tensor, ks: Sequence[int]) -> Recalls:
        scores = unit_rows(images) @ unit_rows(texts).T
        right = (torch.arange(len(images))[:, None] == owner) & ~scores.isnan()
        return of_ranks(rank_of_right(scores, right, ROUNDING), rank_of_right(scores.T, right.T, ROUNDING), ks)

    def normalized(x: Tensor) -> Tensor:
        return F.normalize(x.float(), dim=-1)

    return {
        Mistake("NaN was replaced by a number, and a number may be found; features without a direction never are",
                way="leave NaN in the cosines: rank_of_right knows what to do with it"): (
            *(filled(number) for number in (0.0, -1.0, -torch.inf)),
            way(lambda images, texts: normalized(images.nan_to_num()) @ normalized(texts.nan_to_num()).T)),
        Mistake("pairs whose cosine is NaN are right no more: then a picture finds another of its captions, where it "
                "must find nothing", way="right says who belongs together, whatever the cosines are"): taken_out,
        Mistake("a row of zeros stays a row of zeros: its cosine with everything is 0, and it may be found",
                way="unit_rows makes NaN of it, which is never found; F.normalize does not, nor does a small number "
                "added to the length"): way(lambda images, texts: normalized(images) @ normalized(texts).T),
    }  # fmt: skip
