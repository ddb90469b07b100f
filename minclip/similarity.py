"""How alike two directions are: the cosine, by which CLIP compares pictures and texts. With a scale: loss.py."""

from collections.abc import Sequence

from torch import Tensor


def cosine_similarity(a: Tensor, b: Tensor) -> Tensor:
    """The cosine of every row of a with every row of b: 1 same direction, 0 at right angles, -1 opposite.

    a: float [n, dim], b: float [m, dim] -> float [n, m]. Lengths do not matter, only directions.
    Raises ValueError where the dims differ, and for a row of zeros: it has no direction.

    >>> cosine_similarity(torch.tensor([[1.0, 0.0]]), torch.tensor([[2.0, 0.0], [0.0, 3.0], [1.0, 1.0]]))
    tensor([[1.0000, 0.0000, 0.7071]])
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError(f"a and b must be [n, dim] and [m, dim] of one dim, found {list(a.shape)} and {list(b.shape)}")
    if not (a.any(dim=-1).all() and b.any(dim=-1).all()):
        raise ValueError("a and b must have no row of zeros: it points nowhere, and its cosine would be 0 / 0")
    a = a / a.norm(dim=-1, keepdim=True)  # every row of length 1
    b = b / b.norm(dim=-1, keepdim=True)
    return a @ b.T  # [n, m]


def unit_rows(features: Tensor) -> Tensor:
    """Every row with length 1, float32: products of such rows are cosines. A row of zeros has no direction: NaN.

    >>> unit_rows(torch.tensor([[3.0, 4.0], [0.0, 0.0]]))
    tensor([[0.6000, 0.8000],
            [   nan,    nan]])
    """
    features = features.float()
    return features / features.norm(dim=-1, keepdim=True)


def check_directions(unit_features: Tensor, names: Sequence[object]) -> None:
    """ValueError that names the first row without a direction: `unit_rows` of zeros, of infinity or of NaN."""
    lost = unit_features.isnan().any(dim=-1).nonzero().flatten().tolist()
    if lost:
        raise ValueError(
            f"{names[lost[0]]} has features that are all zero or not finite, so it can be compared with nothing: "
            f"is the model trained, and its precision high enough?"
        )
