"""Finding the picture of a text and the text of a picture: search, recall at k, and queries put together from both.

The plain form, for as many features as memory holds cosines of all pairs; engine/recall.py counts in chunks. The search
compares a query with everything: a million features are one matrix product.
Source: CLIP paper section 3.1 and appendix E.1 (zero-shot retrieval).
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from minclip.data.arguments import whole_number
from minclip.similarity import check_directions, cosine_similarity, unit_rows
from minclip.ties import ROUNDING, rank_of_right

DIRECTIONS = ("image_to_text", "text_to_image")  # what is given, and what is sought
KS = (1, 5, 10)


def search(queries: Tensor, gallery: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """(cosines, places) of the k entries nearest to each query, nearest first; fewer where the gallery holds fewer.

    queries: float [queries, embed_dim], gallery: float [entries, embed_dim], of any length; pictures or texts.
    -> float [queries, k] and int64 [queries, k]. Entries with equal cosines may come in any order.

    >>> cosines, places = search(torch.tensor([[0.0, 3.0, 4.0]]), torch.eye(3), k=2)
    >>> places.tolist()
    [[2, 1]]
    """
    cosines = cosine_similarity(queries, gallery)  # [queries, entries]
    best = cosines.topk(min(k, len(gallery)), dim=1)
    return best.values, best.indices


def recall_at_k(
    image_features: Tensor, text_features: Tensor, image_of_text: Tensor, ks: Sequence[int] = KS
) -> dict[str, dict[str, float]]:
    """Share of queries that find their match among the k nearest, in both directions.

    image_features: float [images, embed_dim], text_features: float [texts, embed_dim], of any length;
    image_of_text: int64 [texts], the place of the image that a text belongs to.
    An image has found its text when ANY of its captions is among the k. Entries with level cosines stand in an order
    drawn by lot, and the recall is the expectation over the draws (ties.py): a model that says the same of everything
    gets R@1 = 1 / images. Features that are NaN or zero have no direction and are never found.

    Two pictures. Text 0 belongs to picture 0, but lies nearer to picture 1, which it finds:

    >>> pictures, texts = torch.eye(2), torch.tensor([[0.6, 0.8], [0.0, 1.0]])
    >>> recall_at_k(pictures, texts, torch.tensor([0, 1]), ks=(1, 2))["text_to_image"]
    {'R@1': 0.5, 'R@2': 1.0}
    """
    if fault := fault_of_pairs(image_features, text_features, image_of_text, ks):
        raise ValueError(fault)
    cosines = unit_rows(image_features) @ unit_rows(text_features).T  # [images, texts]
    each_image = torch.arange(len(image_features), device=cosines.device)
    right = each_image[:, None] == image_of_text.to(cosines.device)  # [images, texts]
    ranks = {
        "image_to_text": rank_of_right(cosines, right, ROUNDING),
        "text_to_image": rank_of_right(cosines.T, right.T, ROUNDING),
    }
    return {direction: {f"R@{k}": rank.hit(k).mean().item() for k in ks} for direction, rank in ranks.items()}


def composed_query(features: Tensor, add: Tensor, remove: Tensor, weight: float = 1.0) -> Tensor:
    """Queries for "like this picture, but with that in place of this": unit vectors, float32 [queries, embed_dim].

    features: float [queries, embed_dim], of pictures; add, remove: float [queries or 1, embed_dim], of texts. All are
    brought to length 1 before they are added, so that none weighs more than it should. weight: how far the texts go.

    >>> composed_query(torch.tensor([[0.0, 2.0]]), torch.tensor([[5.0, 0.0]]), torch.tensor([[0.0, 1.0]]))
    tensor([[1., 0.]])
    """
    return unit_rows(unit_rows(features) + weight * (unit_rows(add) - unit_rows(remove)))


def fault_of_pairs(image_features: Tensor, text_features: Tensor, image_of_text: Tensor, ks: Sequence[int]) -> str:
    """Why the arguments of `recall_at_k` do not fit together; "" where they do. Every image needs at least one text."""
    images, texts = len(image_features), len(text_features)
    if any(k < 1 for k in ks):
        return f"ks={tuple(ks)}: every k must be at least 1"
    if image_features.ndim != 2 or text_features.ndim != 2 or image_features.shape[1] != text_features.shape[1]:
        found = f"{list(image_features.shape)} and {list(text_features.shape)}"
        return f"features must be [images, embed_dim] and [texts, embed_dim] of one embed_dim, found {found}"
    if image_of_text.shape != (texts,):
        return f"image_of_text must be [{texts}], one image per text, found {list(image_of_text.shape)}"
    if texts == 0 or image_of_text.min() < 0 or image_of_text.max() >= images:
        return f"image_of_text must hold at least one index, each from 0 to {images - 1}, the last image"
    lonely = (torch.bincount(image_of_text, minlength=images) == 0).nonzero().flatten().tolist()
    return f"{len(lonely)} images have no text, the first is image {lonely[0]}: leave them out" if lonely else ""


class Index:
    """Pictures (or anything with features) to search in.

    features: float [n, embed_dim], of any norm; names: what `search` answers with, one per row.
    Raises ValueError for a row that is all zero or not finite: it can be compared with nothing.

    >>> index = Index(torch.eye(3), ["x", "y", "z"])
    >>> [name for name, cosine in index.search(torch.tensor([0.0, 3.0, 4.0]), k=2)]
    ['z', 'y']
    """

    def __init__(self, features: Tensor, names: Sequence[str | Path]):
        if not isinstance(features, Tensor):
            raise ValueError(f"features must be a tensor [n, embed_dim], found {type(features).__name__}")
        if features.ndim != 2 or len(features) != len(names) or len(names) == 0:
            raise ValueError(
                f"features must be [n, embed_dim], a row for each of n ≥ 1 names, found {list(features.shape)} for "
                f"{len(names)} names"
            )
        self.features = unit_rows(features)  # [n, embed_dim]
        check_directions(self.features, names)
        self.names = list(names)

    def __len__(self) -> int:
        return len(self.names)

    def search(self, query: Tensor, k: int = 5) -> list[tuple[str | Path, float]]:
        """The k nearest as (name, cosine), nearest first; fewer where the index holds fewer.

        query: float [embed_dim], of any norm, such as `encode_texts(model, tokenizer, ["a red car"])[0]` or
        another picture's features. Among equals the earlier entry comes first.
        """
        return [(self.names[place], cosine) for place, cosine in self.nearest(query, k)]

    def nearest(self, query: Tensor, k: int) -> list[tuple[int, float]]:
        """`search` with places in place of names."""
        if not isinstance(query, Tensor):
            raise ValueError(f"query must be a tensor [embed_dim], found {type(query).__name__}")
        if query.shape != self.features.shape[1:]:
            raise ValueError(
                f"query must be [{self.features.shape[1]}], found {list(query.shape)}: search one at a time"
            )
        k = whole_number("k", k)
        unit_query = unit_rows(query[None])  # [1, embed_dim]
        check_directions(unit_query, ["the query"])
        cosines = self.features @ unit_query[0].to(self.features.device)  # [n]
        kth = cosines.topk(min(k, len(self))).values[-1]
        candidates = (cosines >= kth).nonzero().flatten()  # k of them, or more where some are level; in their order
        best, order = cosines[candidates].sort(descending=True, stable=True)
        return list(zip(candidates[order][:k].tolist(), best[:k].tolist(), strict=True))
