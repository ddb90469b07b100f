"""How the answers of lesson 10 are judged: search, the rank of the right entry, recall at k, composed queries."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from minclip import retrieval as library
from minclip.course.assertions import Known, Mistake, Trial
from minclip.course.battery import in_turn
from minclip.course.comparison import TOLERANCE, equal
from minclip.course.lesson_10_retrieval.mistakes import (
    FIRST_CELL,
    of_first_cell,
    ways_of_queries,
    wrong_searches,
)
from minclip.course.lesson_10_retrieval.rank_checks import rank_of_right
from minclip.course.lesson_10_retrieval.recall_checks import recall_at_k

__all__ = ["composed_query", "rank_of_right", "recall_at_k", "search"]

TOO_MANY = Mistake(
    "the gallery holds fewer entries than k, and more than all cannot be found", way="take min(k, len(gallery)) of them"
)
ROWS_MEET = Mistake(
    "something of the queries met something of the gallery row by row; every query meets every entry, and a length "
    "belongs to its own rows",
    way="cosine_similarity(queries, gallery) does it, or unit_rows(queries) @ unit_rows(gallery).T",
)
NOT_TURNED = Mistake(
    "in a matrix product the columns of the first meet the rows of the second, and here both are embed_dim",
    way="unit_rows(queries) @ unit_rows(gallery).T",
)
ONE_LOST = Mistake(
    "a dimension of size 1 is lost",
    way="leave out squeeze(): the results are [queries, k], also for one query and for k = 1",
)
OF_QUERIES = Mistake(
    "as many are found as there are queries; the gallery's size is the limit", way="min(k, len(gallery))"
)


def search(t: Trial) -> None:
    t.errors = {
        of_first_cell: FIRST_CELL,
        "selected index k out of range": TOO_MANY,
        "cannot be multiplied (4x8 and 7x8)": NOT_TURNED,
        "must match the size of tensor b (7) at non-singleton dimension 0": ROWS_MEET,
    }
    queries, gallery = t.normal(4, 8), t.normal(7, 8) * torch.tensor([[0.2], [5], [1], [3], [0.5], [1], [9]])
    judge_search(t, queries, gallery, 3, wrong_searches(queries, gallery, 3))
    lost: Known = {
        ONE_LOST: lambda: tuple(part.squeeze() for part in library.search(queries[:1], gallery, 3)),
        OF_QUERIES: lambda: library.search(queries[:1], gallery, 1),
    }
    judge_search(t, queries[:1], gallery, 3, lost, "for one query")
    lost = {ONE_LOST: lambda: tuple(part.squeeze() for part in library.search(queries, gallery, 1))}
    judge_search(t, queries, gallery, 1, lost, "for k = 1")
    judge_search(t, queries, gallery, 7, wrong_searches(queries, gallery, 7), "for k = 7")
    judge_search(t, queries, gallery, 9, {}, "for k = 9, of a gallery with 7 entries,")
    few, many = (queries, gallery, 2), (t.normal(3, 5), t.normal(6, 5), 4)
    in_turn(t, (t.mine, library.search, few), (t.mine, library.search, many))
    t.on_a_gpu(t.mine, queries, gallery, 3)


def judge_search(t: Trial, queries: Tensor, gallery: Tensor, k: int, known: Known, when: str = "") -> None:
    """The two results, one after the other: cosines, then places. Ties are none in random features."""
    expected, came = library.search(queries, gallery, k), t(queries, gallery, k)
    t.came = came
    if not isinstance(came, tuple) or len(came) != 2:
        found = "None: is there a return?" if came is None else f"{type(came).__name__}"
        one_only: Known = {
            Mistake("the cosines belong to the result, too", way="return best.values, best.indices"): lambda: expected[
                1
            ],
            Mistake("the places belong to the result, too", way="return best.values, best.indices"): lambda: expected[
                0
            ],
        }
        t.wrong("the result is no pair", "two tensors, cosines and places", found, came, {**one_only, **known})
    for part, right, words in zip(came, expected, ("cosines", "places"), strict=True):
        # the mistake must explain both parts, wherever it shows first
        both: Known = {name: lambda way=way, part=part: explains(way, came, part) for name, way in known.items()}  # type: ignore[misc]
        t.same(part, right, both, f"the tensor of {words} {when}".strip())


def explains(way: Callable[[], Any], came: tuple[Any, ...], part: Tensor) -> Tensor:
    """The part that came, where the whole of what came is what the mistake gives. ValueError elsewhere."""
    if not equal(tuple(came), tuple(way()), TOLERANCE):
        raise ValueError("another mistake")
    return part


def composed_query(t: Trial) -> None:
    pictures, add, remove = 3 * t.normal(4, 8), 0.4 * t.normal(1, 8), 2 * t.normal(1, 8)
    t.errors = {
        of_first_cell: FIRST_CELL,
        "Dimension out of range": Mistake(
            "features are rows of a matrix, also where there is one", way="dim=-1 is along the features"
        ),
    }
    right = library.composed_query(pictures, add, remove, 0.7)
    case, other = (pictures, add, remove, 0.7), (t.normal(3, 5), t.normal(1, 5), 3 * t.normal(1, 5), -0.3)
    t.same(t(*case), right, t.acting_like(t.mine, ways_of_queries(*case), case, other))
    plain = library.composed_query(pictures, add, remove)
    t.same(t(pictures, add, remove), plain, what="the result for the weight that is not given, 1,")
    t.same(t(pictures, add, remove, 0.0), F.normalize(pictures, dim=-1), what="the result for weight 0")
    each = t.normal(4, 8), t.normal(4, 8)
    theirs = library.composed_query
    t.same(t(pictures, *each, 2.0), theirs(pictures, *each, 2.0), what="the result for texts of each query's own")
    lost = Mistake("a dimension of size 1 is lost", way="leave out squeeze(): the result is [queries, embed_dim]")
    one = theirs(pictures[:1], add, remove, 0.7)
    t.same(t(pictures[:1], add, remove, 0.7), one, {lost: lambda: one.squeeze()}, "the result for one query")
    half = pictures.bfloat16(), add.bfloat16(), remove.bfloat16()
    coarse = Mistake("float32 is wanted, whatever the features are", way="unit_rows turns them into float32")
    came, expected = t(*half, 0.7), theirs(*half, 0.7)
    t.same(came, expected, {coarse: lambda: came if came.dtype != torch.float32 else None}, "the result in bfloat16")
    in_turn(
        t,
        (t.mine, theirs, (pictures, add, remove, 0.7)),
        (t.mine, theirs, (t.normal(2, 5), t.normal(1, 5), t.normal(1, 5))),
    )
    t.on_a_gpu(t.mine, pictures, add, remove, 0.7)
