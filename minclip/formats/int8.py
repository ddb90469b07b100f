"""Weights in a quarter of the room: matrices as 8-bit whole numbers with one scale per row. For storing, not computing.

A row's largest number becomes 127, all others are rounded to steps of it: an error of at most 0.4 % of the row's
largest. What is no matrix stays as it is. Source: Dettmers et al. 2022 (row-wise absmax quantisation).
"""

import torch
from torch import Tensor

SCALE = ".scale"  # ends the name of a matrix's scales, float32 [rows]
LARGEST = 127  # of a signed byte, without -128: zero stays in the middle


def pack_matrices(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """float [rows, ...] -> int8 of the same shape and its scales; the rest unchanged.

    >>> packed = pack_matrices({"w": torch.tensor([[1.0, -0.5], [0.0, 254.0]])})
    >>> packed["w"].tolist(), packed["w.scale"].tolist()[1]
    ([[127, -64], [0, 127]], 2.0)
    """
    packed = {}
    for name, tensor in tensors.items():
        if tensor.ndim < 2 or not tensor.is_floating_point():
            packed[name] = tensor
            continue
        rows = tensor.detach().float().flatten(1)  # [rows, numbers]
        scale = rows.abs().amax(dim=1) / LARGEST  # [rows]
        steps = rows / scale.clamp_min(torch.finfo(torch.float32).tiny)[:, None]
        packed[name] = steps.round().to(torch.int8).view(tensor.shape)
        packed[name + SCALE] = scale
    return packed


def unpack_matrices(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The inverse of pack_matrices, to float32. ValueError where scales do not fit their matrix."""
    unpacked = {}
    for name, tensor in tensors.items():
        if name.endswith(SCALE) and name.removesuffix(SCALE) in tensors:
            continue
        scale = tensors.get(name + SCALE)
        if scale is None:
            unpacked[name] = tensor
            continue
        if tensor.dtype != torch.int8 or tensor.ndim < 2 or scale.shape != tensor.shape[:1]:
            raise ValueError(f"{name}{SCALE} of shape {list(scale.shape)} does not fit {name}, {list(tensor.shape)}")
        unpacked[name] = (tensor.flatten(1) * scale[:, None]).view(tensor.shape)
    return unpacked
