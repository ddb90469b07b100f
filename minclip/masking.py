"""Half the work: a training step that reads fewer patches, smaller pictures, or shorter texts, and all at the end.

A Transformer works for each token. FLIP leaves out random patches; CLIPA makes pictures smaller and cuts texts. Both
end with whole pictures, which evaluation reads, too. Here the last steps read everything. No weight changes its shape.

Sources: Li et al. 2023 (FLIP), sections 3 and 4.1; Li, Wang, Xie 2023 (CLIPA), sections 3 and 4; Dosovitskiy et al.
2021 (ViT), section 3.2 (positions of another picture size).
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from minclip.vision import PatchEmbedding


def kept_patches(rows: int, patches: int, masked: float, generator: torch.Generator | None = None) -> Tensor:
    """Which patches of each picture a step reads, drawn for each picture: int64 [rows, k], in any order.

    patches: how many a picture has; masked: the share that is left out, from 0 to below 1. k is the rounded rest, and
    at least 1. generator: of the random numbers; None takes PyTorch's own. ValueError for another share.

    >>> kept_patches(2, 64, 0.5).shape
    torch.Size([2, 32])
    """
    if not 0 <= masked < 1:
        raise ValueError(f"masked={masked} must be from 0 to below 1: some patch must be read")
    order = torch.rand(rows, patches, generator=generator).argsort(dim=1)  # [rows, patches], a shuffle of each row
    return order[:, : max(1, round((1 - masked) * patches))]  # [rows, k]


def keep_tokens(x: Tensor, kept: Tensor) -> Tensor:
    """CLS and the kept patches of each picture, each with the position that it already has.

    x: float [batch, 1 + patches, width], CLS first; kept: int64 [batch, k], patches counted from 0.
    Returns float [batch, 1 + k, width].
    """
    places = F.pad(kept + 1, (1, 0))  # [batch, 1 + k]: CLS is token 0, patch i is token 1 + i
    return x.gather(1, places[..., None].expand(-1, -1, x.shape[-1]))  # [batch, 1 + k, width]


def shorten(tokens: Tensor, length: int) -> Tensor:
    """The first `length` tokens of each text. A text that is cut ends with EOT all the same: it takes the last place.

    tokens: int64 [batch, context_length]; EOT has the largest id, and what stands behind it is padding.
    Returns int64 [batch, min(length, context_length)], a new tensor. ValueError for a length below 3.

    >>> shorten(torch.tensor([[7, 1, 2, 3, 9, 0], [7, 4, 9, 0, 0, 0]]), length=4)
    tensor([[7, 1, 2, 9],
            [7, 4, 9, 0]])
    """
    if length < 3:
        raise ValueError(f"length={length} must be at least 3: the start, the end, and one token between them")
    end = tokens.argmax(dim=1, keepdim=True)  # [batch, 1], where EOT stands
    short = tokens[:, :length].clone()  # [batch, length]
    short[:, -1:] = torch.where(end >= length, tokens.gather(1, end), short[:, -1:])
    return short


def resize_grid(positions: Tensor, side: int, first: int = 1) -> Tensor:
    """Positions of another grid: [1 + old², width] -> [1 + side², width], of CLS (or the mean) and of the patches.

    first: how many positions stand before those of the patches; in a SigLIP there is none.

    Bicubic, and smoothed where the grid becomes smaller (antialias).
    """
    old = round((len(positions) - first) ** 0.5)
    if side == old:
        return positions
    grid = positions[first:].float().cpu().unflatten(0, (old, old)).permute(2, 0, 1)  # [width, old, old]
    grid = F.interpolate(grid[None], size=(side, side), mode="bicubic", antialias=True)[0]  # [width, side, side]
    return torch.cat([positions[:first], grid.flatten(1).T.to(positions)])


def embed_smaller(embedding: PatchEmbedding, image: Tensor) -> Tensor:
    """The tokens of pictures smaller than those of the model: the same patches in pixels, so fewer of them.

    image: float [batch, 3, size, size], size a multiple of the patch -> float [batch, 1 + patches, width]. The
    positions are those of the whole grid, resized, so what the small pictures teach them stays when the pictures grow.
    """
    x = embedding.conv1(image.to(embedding.conv1.weight.dtype))  # [batch, width, side, side]
    positions = resize_grid(embedding.positional_embedding, x.shape[-1]).to(x.dtype)  # [1 + side², width]
    x = x.flatten(2).transpose(1, 2)  # [batch, side², width]
    cls = embedding.class_embedding.to(x.dtype).expand(len(x), 1, -1)  # [batch, 1, width]
    return torch.cat([cls, x], dim=1) + positions  # [batch, 1 + side², width]


def reads_all(step: int, steps: int, last: float) -> bool:
    """Whether a step, counted from 0, is one of the last ones, a share `last` of all steps, which read everything.

    FLIP calls them unmasked tuning, CLIPA fine-tuning at full size.

    >>> [reads_all(step, 20, 0.1) for step in (17, 18, 19)]
    [False, True, True]
    """
    return step >= steps - round(last * steps)
