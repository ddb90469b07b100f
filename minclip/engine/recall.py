"""Recall at k for many pictures and texts: `minclip.retrieval.recall_at_k` in chunks, so that memory stays small."""

from collections.abc import Sequence

import torch
from torch import Tensor

from minclip.retrieval import DIRECTIONS, KS, fault_of_pairs
from minclip.similarity import unit_rows
from minclip.ties import ROUNDING, Rank, rank_of_right

CHUNK = 1024  # queries at a time: 1,024 rows of scores of a 100,000 gallery are 400 MB


def recall_in_chunks(
    image_features: Tensor, text_features: Tensor, image_of_text: Tensor, ks: Sequence[int] = KS
) -> dict[str, dict[str, float]]:
    """What `recall_at_k` gives. image_of_text may lie on another device."""
    ranks = match_ranks(image_features, text_features, image_of_text, ks)
    return {
        direction: {f"R@{k}": rank.hit(k).mean().item() for k in ks}
        for direction, rank in zip(DIRECTIONS, ranks, strict=True)
    }


def match_ranks(
    image_features: Tensor, text_features: Tensor, image_of_text: Tensor, ks: Sequence[int] = KS
) -> tuple[Rank, Rank]:
    """(rank of every image's best caption [images], rank of every text's image [texts]).

    image_features: float [images, embed_dim], text_features: float [texts, embed_dim], of any norm;
    image_of_text: int [texts], which image a text belongs to. Every image needs at least one text.
    """
    owner = torch.as_tensor(image_of_text, device=image_features.device).long()  # [texts]
    if fault := fault_of_pairs(image_features, text_features, owner, ks):
        raise ValueError(fault)
    each_image = torch.arange(len(image_features), device=owner.device)
    image_features, text_features = unit_rows(image_features), unit_rows(text_features)
    return (
        rank_of_first_match(image_features, text_features, each_image, owner),
        rank_of_first_match(text_features, image_features, owner, each_image),
    )


def rank_of_first_match(queries: Tensor, gallery: Tensor, query_owner: Tensor, gallery_owner: Tensor) -> Rank:
    """How many entries stand before and beside each query's best right entry.

    Features are unit rows. Entry j is right for query i where gallery_owner[j] == query_owner[i]. NaN is never found.
    """
    ranks = []
    for chunk, owner in zip(queries.split(CHUNK), query_owner.split(CHUNK), strict=True):
        right = owner[:, None] == gallery_owner[None]  # [chunk, gallery]
        ranks.append(rank_of_right(chunk @ gallery.T, right, ROUNDING))
    return Rank(*(torch.cat(parts) for parts in zip(*ranks, strict=True)))
