"""The weights of a model as another layout's file holds them: under its names, each in the dtype that is asked for."""

import warnings
from collections.abc import Mapping

import torch
from torch import Tensor

from minclip.formats.changed_models import plain_weights
from minclip.formats.precision import DTYPES, halved
from minclip.formats.weight_names import Layout, Weights
from minclip.formats.wrapped_weights import plain_name
from minclip.model import CLIP

Dtype = torch.dtype | Mapping[str, torch.dtype]
WRITTEN = (*DTYPES, torch.float64)  # of single tensors


def written_weights(model: CLIP, layout: Layout, dtype: Dtype, whole: bool = False) -> Weights:
    """The weights under the layout's names.

    dtype: torch.float32; a half precision, which what multiplies then has (precision.py), or with whole=True all; or a
    dtype for each tensor, by its name in the layout: those without one have float32.
    ValueError for another dtype, and where a number is too large for it.
    """
    ours = plain_weights(model)
    if isinstance(dtype, torch.dtype):
        if dtype not in DTYPES:
            raise ValueError(f"dtype={dtype} cannot be written: choose {', '.join(map(str, DTYPES))}")
        half = set(ours) if whole else {plain_name(name) for name in halved(model)}
        kinds = {name: dtype if name in half else torch.float32 for name in ours}
        return layout.from_ours({name: cast(name, tensor, kinds[name]) for name, tensor in ours.items()})
    if not isinstance(dtype, Mapping):
        raise ValueError(f"dtype={dtype!r:.80} must be one of {', '.join(map(str, DTYPES))}, or one for each tensor")
    theirs = layout.from_ours(ours)
    if missing := [name for name, tensor in theirs.items() if tensor.is_floating_point() and name not in dtype]:
        warnings.warn(
            f"{len(missing)} of {len(theirs)} tensors are not in the model whose precision is taken: it has another "
            f"architecture. They are written in float32; the first is {missing[0]}",
            stacklevel=4,
        )
    return {name: cast(name, tensor, dtype.get(name, torch.float32)) for name, tensor in theirs.items()}


def cast(name: str, tensor: Tensor, dtype: torch.dtype) -> Tensor:
    """The tensor in a dtype; whole numbers stay what they are."""
    if not tensor.is_floating_point():
        return tensor
    if dtype not in WRITTEN:
        raise ValueError(f"{name} cannot be written as {dtype}: minclip writes {', '.join(map(str, WRITTEN))}")
    result = tensor.to(dtype)
    if result.isinf().any() and tensor.isfinite().all():
        raise ValueError(f"{name} holds {tensor.abs().max().item():g}, too large for {dtype}: write torch.bfloat16")
    return result
