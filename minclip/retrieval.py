"""Finding the picture of a text and the text of a picture: recall at k, and a small search index.

`recall_without_ties` is the plain measure; `recall_at_k` counts ties, too, and works in chunks. The search compares a
query with everything: a million features are one matrix product.
Source: CLIP paper section 3.1 and appendix E.1 (zero-shot retrieval).
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from minclip.data.image_files import find_pictures
from minclip.data.images import first_few, open_image, quiet
from minclip.model import CLIP
from minclip.preprocess import as_seen
from minclip.similarity import check_directions, unit_rows
from minclip.ties import ROUNDING, Rank, rank_of_right
from minclip.zero_shot import Preprocess, encode, in_batches

DIRECTIONS = ("image_to_text", "text_to_image")  # what is given, and what is sought
KS = (1, 5, 10)
CHUNK = 1024  # queries at a time: 1,024 scores rows of a 100,000 gallery are 400 MB


def recall_without_ties(
    image_features: Tensor, text_features: Tensor, image_of_text: Tensor, k: int
) -> tuple[float, float]:
    """(image to text, text to image): share of queries with a match among the k nearest, where no cosines are equal.

    The plain form of `recall_at_k`, which gives the same numbers and also knows ties. k: at most the number of images
    and of texts; the rest as in `match_ranks`.
    """
    cosines = unit_rows(image_features) @ unit_rows(text_features).T  # [images, texts]
    each_image = torch.arange(len(image_features), device=image_of_text.device)
    right = each_image[:, None] == image_of_text[None]  # [images, texts]
    nearest_texts = cosines.topk(k, dim=1).indices  # [images, k]
    nearest_images = cosines.topk(k, dim=0).indices  # [k, texts]
    image_found_text = right.gather(1, nearest_texts).any(dim=1)  # [images]
    text_found_image = right.gather(0, nearest_images).any(dim=0)  # [texts]
    return image_found_text.double().mean().item(), text_found_image.double().mean().item()


def recall_at_k(
    image_features: Tensor, text_features: Tensor, image_of_text: Tensor, ks: Sequence[int] = KS
) -> dict[str, dict[str, float]]:
    """Share of queries that find their match among the k nearest, in both directions: arguments as in `match_ranks`.

    An image has found its text when ANY of its captions is among the k. Entries with level cosines stand in an order
    drawn by lot, and the recall is the expectation over the draws (ties.py): where two images have one caption, word
    for word, a perfect model gets R@1 = 0.5 of them; a model that says the same of everything gets k / images.
    Features that are NaN or zero have no direction and are never found.

    Two pictures. Text 0 belongs to picture 0, but lies nearer to picture 1, which it finds:

    >>> pictures, texts = torch.eye(2), torch.tensor([[0.6, 0.8], [0.0, 1.0]])
    >>> recall_at_k(pictures, texts, torch.tensor([0, 1]), ks=(1, 2))["text_to_image"]
    {'R@1': 0.5, 'R@2': 1.0}
    >>> recall_at_k(torch.ones(4, 2), torch.ones(4, 2), torch.arange(4), ks=(1, 3))["text_to_image"]
    {'R@1': 0.25, 'R@3': 0.75}
    """
    if any(k < 1 for k in ks):
        raise ValueError(f"ks={tuple(ks)}: every k must be at least 1")
    ranks = match_ranks(image_features, text_features, image_of_text)
    return {
        direction: {f"R@{k}": rank.hit(k).mean().item() for k in ks}
        for direction, rank in zip(DIRECTIONS, ranks, strict=True)
    }


def match_ranks(image_features: Tensor, text_features: Tensor, image_of_text: Tensor) -> tuple[Rank, Rank]:
    """(rank of every image's best caption [images], rank of every text's image [texts]).

    image_features: float [images, embed_dim], text_features: float [texts, embed_dim], of any norm;
    image_of_text: int [texts], which image a text belongs to. Every image needs at least one text.
    """
    owner = torch.as_tensor(image_of_text, device=image_features.device).long()  # [texts]
    check_pairs(image_features, text_features, owner)
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


def check_pairs(image_features: Tensor, text_features: Tensor, owner: Tensor) -> None:
    """A ValueError where the three do not fit together as `match_ranks` says."""
    images, texts = len(image_features), len(text_features)
    if image_features.ndim != 2 or text_features.ndim != 2 or image_features.shape[1] != text_features.shape[1]:
        raise ValueError(
            f"features must be [images, embed_dim] and [texts, embed_dim] of one embed_dim, "
            f"found {list(image_features.shape)} and {list(text_features.shape)}"
        )
    if owner.shape != (texts,):
        raise ValueError(f"image_of_text must be [{texts}], one image per text, found {list(owner.shape)}")
    if texts == 0 or owner.min() < 0 or owner.max() >= images:
        raise ValueError(f"image_of_text must hold at least one index, each from 0 to {images - 1}, the last image")
    lonely = (torch.bincount(owner, minlength=images) == 0).nonzero().flatten().tolist()
    if lonely:
        raise ValueError(f"{len(lonely)} images have no text, the first is image {lonely[0]}: leave them out")


class Index:
    """Pictures (or anything with features) to search in.

    features: float [n, embed_dim], of any norm; names: what `search` answers with, one per row.
    Raises ValueError for a row that is all zero or not finite: it can be compared with nothing.

    >>> index = Index(torch.eye(3), ["x", "y", "z"])
    >>> [name for name, cosine in index.search(torch.tensor([0.0, 3.0, 4.0]), k=2)]
    ['z', 'y']
    """

    def __init__(self, features: Tensor, names: Sequence[str | Path]):
        if features.ndim != 2 or len(features) != len(names) or len(names) == 0:
            raise ValueError(
                f"features must be [n, embed_dim], a row for each of n ≥ 1 names, found {list(features.shape)} for "
                f"{len(names)} names"
            )
        self.features = unit_rows(features)  # [n, embed_dim]
        check_directions(self.features, names)
        self.names = list(names)
        self.skipped: list[Path] = []  # files that look like pictures and could not be read
        self.without_direction: list[Path] = []  # pictures that were read, and whose features are zero or not finite

    @classmethod
    def from_folder(
        cls, folder: str | Path, model: CLIP, preprocess: Preprocess, batch_size: int = 64, progress: bool = False
    ) -> "Index":
        """Every picture in a folder and the folders in it, as a viewer shows it (`minclip.preprocess.as_seen`).

        `skipped` lists what looks like a picture and could not be read (`minclip.data.image_files.find_pictures`),
        `without_direction` the pictures whose features can be compared with nothing. Neither is in the index.
        progress: a bar on stderr that counts files.
        Raises NotADirectoryError where there is no such folder, ValueError where no picture is in it, or none has
        features that can be compared.
        """
        folder = Path(folder)
        if not folder.is_dir():
            raise NotADirectoryError(f"{folder} is not a folder: give one with pictures in it")
        paths, skipped = find_pictures(folder)
        names: list[Path] = []

        def pixels() -> Iterator[Tensor]:
            """float [3, size, size] of each picture that can be read, its path added to names."""
            for path in tqdm(paths, "reading", unit=" pictures", disable=not (progress and paths)):
                try:
                    picture = preprocess(as_seen(open_image(path)))
                except (OSError, ValueError):
                    skipped.append(path)
                    continue
                names.append(path)
                yield picture
            if not names:
                found = f"{len(skipped)} files there cannot be read: {first_few([str(path) for path in skipped])}"
                looked = found if skipped else "it looks for .png, .jpg, .webp, ..."
                raise ValueError(f"{folder} holds no picture ({looked})")

        batches = (torch.stack(batch).to(model.logit_scale) for batch in in_batches(pixels(), batch_size))
        with quiet():
            features = encode(model, model.encode_image, batches)
        lost = features.isnan().any(dim=-1)  # [n]
        if lost.all():
            lost = torch.zeros_like(lost)  # the model is at fault: __init__ says so
        index = cls(features[~lost], [name for name, is_lost in zip(names, lost.tolist(), strict=True) if not is_lost])
        index.skipped = sorted(skipped)
        index.without_direction = [name for name, is_lost in zip(names, lost.tolist(), strict=True) if is_lost]
        return index

    def __len__(self) -> int:
        return len(self.names)

    def search(self, query: Tensor, k: int = 5) -> list[tuple[str | Path, float]]:
        """The k nearest as (name, cosine), nearest first; fewer where the index holds fewer.

        query: float [embed_dim], of any norm, such as `encode_texts(model, tokenizer, ["a red car"])[0]` or
        another picture's features. Among equals the earlier entry comes first.
        """
        if query.shape != self.features.shape[1:]:
            raise ValueError(
                f"query must be [{self.features.shape[1]}], found {list(query.shape)}: search one at a time"
            )
        if k < 1:
            raise ValueError(f"k={k} must be at least 1")
        unit_query = unit_rows(query[None])  # [1, embed_dim]
        check_directions(unit_query, ["the query"])
        cosines = self.features @ unit_query[0].to(self.features.device)  # [n]
        best, order = cosines.sort(descending=True, stable=True)
        return [(self.names[i], cosine) for i, cosine in zip(order[:k].tolist(), best[:k].tolist(), strict=True)]
