"""The cases of siglip: each pair, and each head of the pooling, alone and in float64."""

import copy
import math

import torch
from fuzz_cases import OF_TYPES, Case, arguments
from fuzz_parts import HEADS, WIDTH, forward, part
from fuzz_tensors import NAN_IN, SCALES, close, two
from hypothesis import strategies as st

from minclip.siglip import MAPHead, SigLIPLoss, siglip_loss
from minclip.similarity import unit_rows

BIASES = st.floats(-20, 5)


def siglip_in_loops(result, given):
    images, texts = (unit_rows(given[name].detach()).double() for name in ("image_features", "text_features"))
    bias = given["bias"] if "bias" in given else given["self"].logit_bias.item()
    total = 0.0
    for i in range(len(images)):
        for j in range(len(texts)):
            logit = float(given["scale"]) * float(images[i] @ texts[j]) + bias
            wrong = -logit if i == j else logit
            total += max(wrong, 0.0) + math.log1p(math.exp(-abs(wrong)))  # ln(1 + e^wrong), which is -ln σ(-wrong)
    assert result.shape == () and result.dtype == torch.float32
    assert math.isclose(result.item(), total / len(images), rel_tol=1e-4, abs_tol=1e-4)


def is_start(result, given):
    images, texts = torch.eye(2 * given["batch_size"]).split(given["batch_size"])  # all cosines are 0
    assert math.isclose(siglip_loss(images, texts, 10.0, given["bias"]).item(), result, rel_tol=1e-4)


def is_pooled(result, given):
    """Each head alone, in float64; and the order of the tokens does not matter."""
    head, x = copy.deepcopy(given["self"]).double(), given["x"].detach().double()
    parts = zip((head.probe[0], x, x), head.attn.in_proj_weight.chunk(3), head.attn.in_proj_bias.chunk(3), strict=True)
    query, key, value = (rows @ weight.T + bias for rows, weight, bias in parts)
    read = []
    for columns in torch.arange(WIDTH).chunk(head.attn.heads):
        scores = (key[..., columns] * query[0, columns]).sum(dim=-1) / len(columns) ** 0.5  # [batch, tokens]
        read.append((scores.softmax(dim=-1)[..., None] * value[..., columns]).sum(dim=1))
    pooled = head.attn.out_proj(torch.cat(read, dim=-1))
    assert result.shape == (len(x), WIDTH) and close(result, pooled + head.mlp(head.ln(pooled)))
    assert close(result, given["self"](given["x"].flip(1)))


CASES = [
    Case(
        "siglip.siglip_loss",
        two("image_features", "text_features", True, scale=SCALES, bias=BIASES),
        siglip_in_loops,
        OF_TYPES,
        dict.fromkeys(("image_features", "text_features"), ("pairs",)),
        nan=NAN_IN,
    ),
    Case(
        "siglip.prior_bias",
        arguments(batch_size=st.integers(2, 10**6)),
        lambda result, given: math.isclose(1 / (1 + math.exp(-result)), 1 / given["batch_size"]),
        OF_TYPES,
    ),
    Case("siglip.start_loss", arguments(batch_size=st.integers(1, 9), bias=BIASES), is_start, OF_TYPES),
    Case(
        "siglip.SigLIPLoss",
        arguments(bias=BIASES),
        lambda result, given: math.isclose(result.logit_bias.item(), given["bias"], rel_tol=1e-6, abs_tol=1e-9),
        OF_TYPES,
    ),
    Case(
        "siglip.SigLIPLoss.forward",
        two("image_features", "text_features", True, scale=SCALES, self=BIASES.map(SigLIPLoss)),
        siglip_in_loops,
        OF_TYPES,
        dict.fromkeys(("image_features", "text_features"), ("pairs",)),
        nan=NAN_IN,
    ),
    Case("siglip.MAPHead", arguments(width=WIDTH, heads=HEADS, mlp_width=st.integers(1, 9)), errors=OF_TYPES),
    forward("siglip.MAPHead", lambda: part(MAPHead, WIDTH, 2, 16), holds=is_pooled),
]
