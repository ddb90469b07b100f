"""What people write in place of search and composed queries: each mistake, and what it gives."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from minclip.course.assertions import Known, Mistake
from minclip.similarity import unit_rows

COSINES = "cosine_similarity(queries, gallery)"
PAIR = "return best.values, best.indices"
FIRST_CELL = Mistake(
    "a name is missing that the first code cell of the lesson makes: it has not run since the kernel began",
    way="run the first code cell, then this one's",
)
UNIT = "unit_rows(x) brings every row to length 1"


def of_first_cell(error: BaseException) -> bool:
    """Whether a name is missing that the lesson's first code cell makes."""
    made = ("ROUNDING", "KS", "Rank", "cosine_similarity", "fault_of_pairs", "torch", "unit_rows")
    return isinstance(error, NameError) and error.name in made


def wrong_searches(queries: Tensor, gallery: Tensor, k: int) -> Known:
    """What is written instead, by name."""
    cosines = unit_rows(queries) @ unit_rows(gallery).T

    def of(scores: Tensor, largest: bool = True, dim: int = 1) -> tuple[Tensor, Tensor]:
        best = scores.topk(k, dim=dim, largest=largest)
        return best.values, best.indices

    right = of(cosines)
    far = torch.cdist(queries, gallery)
    distances = torch.cdist(unit_rows(queries), unit_rows(gallery))
    return {
        Mistake("these are dot products, not cosines: a long vector wins everywhere", way=COSINES): lambda: of(
            queries @ gallery.T
        ),
        Mistake("only the gallery has length 1, the queries must have it, too", way=COSINES): lambda: of(
            queries @ unit_rows(gallery).T
        ),
        Mistake("only the queries have length 1, the gallery must have it, too", way=COSINES): lambda: of(
            unit_rows(queries) @ gallery.T
        ),
        Mistake("these are the entries that are farthest away", way="topk takes the largest, sort(descending=True) "
                "begins with them"): lambda: of(cosines, largest=False),
        Mistake("the nearest comes last; it must come first", way="topk gives it first; flip(1) turns the order "
                "round"): lambda: tuple(part.flip(1) for part in right),
        Mistake("cosines and places are swapped", way=PAIR): lambda: right[::-1],
        Mistake("for each entry of the gallery queries were sought, and not the other way round",
                way="topk(k, dim=1) looks along the gallery"): lambda: of(cosines, dim=0),
        Mistake("the result is [k, queries], and [queries, k] is wanted", way="cosine_similarity(queries, "
                "gallery).topk(..., dim=1) has a row for each query"): lambda: (
            right[0].T, right[1].T
        ),
        Mistake("reshape does not turn [k, queries] round: it cuts the same numbers, in their order, into other rows",
                way=f"the queries come first: {COSINES}.topk(..., dim=1)"): lambda: tuple(
            part.reshape(len(queries), -1) for part in of(cosines.T, dim=0)),
        Mistake("all queries share one list here; each has its own", way="topk(k, dim=1)"): lambda: tuple(
            cosines.flatten().topk(k)),
        Mistake("all entries come back as the gallery has them; the nearest comes first", way="topk sorts "
                "them"): lambda: (
            cosines, torch.arange(len(gallery)).expand_as(cosines)),
        Mistake("each entry of the gallery has a row here, and the queries that are near to it; each query must have "
                "one", way=f"the queries come first: {COSINES}"): lambda: of(cosines.T),
        Mistake("each query has found with the cosines of all of them", way="topk along dim=1, on [queries, entries]"
                ): lambda: tuple(part[:1].expand(len(queries), -1) for part in right),
        Mistake("all entries come back; only the k nearest are wanted", way="cut both at [:, :k]"): lambda: of_all(
            cosines
        ),
        Mistake("these are distances; a cosine is large where two are near", way=COSINES): lambda: of(
            distances, largest=False
        ),
        Mistake("these are distances between vectors of any length; only directions count", way=COSINES): lambda: of(
            far, largest=False
        ),
        Mistake("the entries themselves come back; their places in the gallery are wanted", way=PAIR): lambda: (
            right[0], gallery[right[1]]
        ),
        Mistake("these are squared distances; a cosine is large where two are near", way=COSINES): lambda: (
            distances.topk(k, dim=1, largest=False).values ** 2, right[1]
        ),
        Mistake("a cosine of -1 means the opposite direction, and not a near one", way="leave out abs()"): lambda: of(
            cosines.abs()
        ),
        Mistake("these are shares, after a softmax: the cosines are asked", way="leave out the softmax"): lambda: of(
            cosines.softmax(dim=1)
        ),
        Mistake("the norm runs over the rows; each row has a length of its own", way=COSINES): lambda: of(
            F.normalize(queries, dim=0) @ F.normalize(gallery, dim=0).T
        ),
        Mistake("places count from 0, these count from 1", way="leave out + 1"): lambda: (right[0], right[1] + 1),
        Mistake("the places are right, and their cosines are those of the first k entries",
                way="cosines.gather(1, places) takes those of the places"): lambda: (cosines[:, :k], right[1]),
        Mistake("only the first query was asked; each query has a row", way="topk along dim=1"): lambda: tuple(
            part[0] for part in right),
        Mistake("only the nearest is found; the k nearest are wanted", way="topk in place of max"): lambda: tuple(
            part[:, 0] for part in right),
        Mistake("one entry too few is found", way="k of them"): lambda: tuple(part[:, : k - 1] for part in right),
        Mistake("the nearest entry is left out; only who searches for a picture of the gallery itself may do so",
                way="begin with the first"): lambda: tuple(part[:, 1 : k + 1] for part in of_all(cosines)),
        Mistake("the first is missing, so there is one too few", way="begin with [0]"): lambda: tuple(
            part[:, 1:] for part in right
        ),
    }  # fmt: skip


def of_all(cosines: Tensor) -> tuple[Tensor, Tensor]:
    best = cosines.sort(dim=1, descending=True)
    return best.values, best.indices


Query = Callable[[Tensor, Tensor, Tensor, float], Tensor]


def ways_of_queries(*case: Any) -> Mapping[str, tuple[Query, ...]]:
    """Whole ways that people go instead of composed_query, by name. case: arguments of any."""

    def way(name: str, form: int) -> Query:
        return lambda *given: wrong_queries(*given)[name][form]()

    return {name: tuple(way(name, i) for i in range(len(forms))) for name, forms in wrong_queries(*case).items()}


def wrong_queries(
    features: Tensor, add: Tensor, remove: Tensor, weight: float
) -> dict[str, tuple[Callable[[], Tensor], ...]]:
    """What is written instead, by name, and what each form of it gives."""
    picture, plus, minus = unit_rows(features), unit_rows(add), unit_rows(remove)

    whole = picture + weight * (plus - minus)

    def unit(rows: Tensor) -> Callable[[], Tensor]:
        return partial(unit_rows, rows)

    forms: dict[str, Any] = {
        Mistake("nothing was brought to length 1 before it was added", way="unit_rows of each of the three"): unit(
            features + weight * (add - remove)),
        Mistake("the picture's features were not brought to length 1 before texts were added to them",
                way="unit_rows(features)"): unit(features + weight * (plus - minus)),
        Mistake("the texts' features were not brought to length 1 before they were added",
                way="unit_rows(add) and unit_rows(remove)"): unit(picture + weight * (add - remove)),
        Mistake("only the removed text was not brought to length 1", way="unit_rows(remove)"): unit(
            picture + weight * (plus - remove)),
        Mistake("only the added text was not brought to length 1", way="unit_rows(add)"): unit(
            picture + weight * (add - minus)),
        Mistake("one length for all rows together was taken; each row has a length of its own", way=UNIT): lambda: whole
        / whole.norm(),
        Mistake("the numbers add up to 1; their squares must, for a length of 1", way=UNIT): lambda: (
            whole / whole.sum(dim=-1, keepdim=True)
        ),
        Mistake("half of the sum is taken; its length must be 1", way="unit_rows of the sum"): lambda: whole / 2,
        Mistake("the sum has another length than 1", way="unit_rows of the sum"): lambda: picture
        + weight * (plus - minus),
        Mistake("nothing was brought to length 1, neither before the sum nor after it", way=UNIT): lambda: features
        + weight * (add - remove),
        Mistake("add and remove are swapped", way="unit_rows(add) - unit_rows(remove)"): unit(
            picture + weight * (minus - plus)),
        Mistake("both texts are added; one of them is to be taken away", way="unit_rows(add) - unit_rows(remove)"):
            unit(picture + weight * (plus + minus)),
        Mistake("nothing is taken away", way="- unit_rows(remove)"): unit(picture + weight * plus),
        Mistake("nothing is added", way="+ unit_rows(add)"): unit(picture - weight * minus),
        Mistake("weight is not used", way="weight * (unit_rows(add) - unit_rows(remove))"): (
            unit(picture + plus - minus), unit(features + add - remove)),
        Mistake("weight multiplies the whole sum, and the length of the sum is brought to 1: so weight cancels",
                way="weight for the difference of the texts alone: unit_rows(features) + weight * (unit_rows(add) - "
                "unit_rows(remove))"): (
            unit(weight * (picture + plus - minus)), unit(weight * (features + add - remove))),
        Mistake("weight multiplies the query, whose length must be 1", way="weight * (unit_rows(add) - "
                "unit_rows(remove))"): lambda: weight * unit_rows(picture + plus - minus),
        Mistake("weight multiplies picture and added text, and not what is taken away",
                way="brackets round the difference of the texts"): unit(weight * (picture + plus) - minus),
        Mistake("the difference of texts of any length was brought to length 1; each text has a length of its own",
                way="bring each text to length 1, then subtract: unit_rows(add) - unit_rows(remove)"): (
            unit(picture + weight * unit_rows(add - remove)), unit(features + weight * unit_rows(add - remove))),
        Mistake("weight is for the added text alone; it belongs to both", way="brackets round the difference"): unit(
            picture + weight * plus - minus),
        Mistake("weight is for the removed text alone; it belongs to both", way="brackets round the difference"): unit(
            picture + plus - weight * minus),
        Mistake("weight multiplies the picture; it says how far the texts go",
                way="weight * (unit_rows(add) - unit_rows(remove))"): unit(weight * picture + plus - minus),
        Mistake("picture and texts share the weight, 1 - weight and weight; here the picture counts as it is",
                way="the picture without a factor"): unit((1 - weight) * picture + weight * (plus - minus)),
        Mistake("the difference of the texts was brought to length 1 itself: then all texts are equally far apart",
                way="bring each text to length 1, then subtract"): unit(picture + weight * unit_rows(plus - minus)),
        Mistake("the norm runs over the rows; each row has a length of its own", way="dim=-1 is along a row"): lambda: (
            F.normalize(F.normalize(features, dim=0) + weight * (F.normalize(add, dim=0) - F.normalize(remove, dim=0)),
                        dim=0)),
        Mistake("the texts are not used", way="weight * (unit_rows(add) - unit_rows(remove))"): lambda: picture,
        Mistake("the texts alone are the query; the picture belongs to it", way="unit_rows(features) + ..."): unit(
            weight * (plus - minus).expand_as(picture)),
    }  # fmt: skip
    return {name: form if isinstance(form, tuple) else (form,) for name, form in forms.items()}
