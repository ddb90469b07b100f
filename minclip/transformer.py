"""The pre-norm Transformer that both encoders of CLIP share: attention, MLP, block, stack.

It knows nothing of pictures or words. There is no dropout: CLIP uses none. Parameters have OpenAI's names, so that its
files load unchanged.
Sources: Vaswani et al. 2017 (attention), Radford et al. 2019 (pre-norm block), openai/CLIP model.py (names).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

QUICK_GELU = 1.702  # σ(1.702 x) is close to the normal distribution function in GELU (Hendrycks and Gimpel 2016)


class LayerNorm(nn.LayerNorm):
    """Layer norm computed in at least float32, also where x is bfloat16 or half; the result has x's dtype."""

    def forward(self, x: Tensor) -> Tensor:
        """x: float [..., width] -> the same shape and dtype."""
        if x.device.type == "cpu":  # the kernel there does so by itself, without a copy of x
            return super().forward(x)
        dtype = torch.promote_types(x.dtype, torch.float32)
        weight, bias = self.weight.to(dtype), self.bias.to(dtype)
        return F.layer_norm(x.to(dtype), self.normalized_shape, weight, bias, self.eps).type_as(x)


def causal_mask(length: int, device: torch.device | None = None) -> Tensor:
    """Additive mask: token i looks at tokens 0 … i. float32 [length, length]: 0 is allowed, -inf forbidden.

    >>> causal_mask(3)
    tensor([[0., -inf, -inf],
            [0., 0., -inf],
            [0., 0., 0.]])
    """
    mask = torch.full((length, length), float("-inf"), device=device).triu(diagonal=1)
    # our own mark, which `attention` reads on a GPU
    mask.is_causal = True  # type: ignore[attr-defined]
    return mask


def attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Tensor:
    """softmax(Q Kᵀ / √head_width + mask) V, in each head by itself.

    query: float [batch, heads, queries, head_width]; key: float [batch, heads, tokens, head_width];
    value: float [batch, heads, tokens, value_width]; mask: float [..., queries, tokens], added to the scores.
    Returns float [batch, heads, queries, value_width]. Source: Vaswani et al. 2017, equation 1 and
    section 3.2.3 (the mask).

    Three tokens with the scores 2, 1 and 0 get shares of 0.67, 0.24 and 0.09 (one head, head_width 1):

    >>> query, key = torch.tensor([[[[1.0]]]]), torch.tensor([[[[2.0], [1.0], [0.0]]]])
    >>> attention(query, key, value=torch.eye(3).expand(1, 1, 3, 3))
    tensor([[[[0.6652, 0.2447, 0.0900]]]])
    """
    if query.is_cuda:  # the same formula, to rounding; PyTorch takes a fused kernel where one fits (Dao et al. 2022)
        if getattr(mask, "is_causal", False) and query.shape[-2] == key.shape[-2]:  # fastest without reading the mask
            return F.scaled_dot_product_attention(query, key, value, is_causal=True)
        return F.scaled_dot_product_attention(query, key, value, None if mask is None else mask.to(query.dtype))
    scores = query * query.shape[-1] ** -0.5 @ key.transpose(-2, -1)  # [batch, heads, queries, tokens]
    if mask is not None:
        scores = scores + mask.to(scores.dtype)
    return scores.softmax(dim=-1) @ value  # [batch, heads, queries, value_width]


class MultiHeadAttention(nn.Module):
    """Self-attention in several heads: each makes its own query, key and value of width / heads numbers of a token.

    One matrix makes queries, keys and values: its rows are in this order (as in OpenAI's files).
    """

    def __init__(self, width: int, heads: int):
        super().__init__()
        if width % heads:
            raise ValueError(
                f"width={width} must be a multiple of heads={heads}, so that every head gets an equal share"
            )
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        nn.init.xavier_uniform_(self.in_proj_weight)  # as nn.MultiheadAttention starts, and CLIP's vision blocks
        nn.init.zeros_(self.out_proj.bias)

    def split(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x: float [batch, tokens, width] -> query, key, value: three of float [batch, heads, tokens, head_width]."""
        batch, tokens, width = x.shape
        qkv = F.linear(x, self.in_proj_weight, self.in_proj_bias)  # [batch, tokens, 3 * width]
        qkv = qkv.view(batch, tokens, 3, self.heads, width // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)  # three of [batch, heads, tokens, head_width]
        return query, key, value

    def merge(self, x: Tensor) -> Tensor:
        """The heads side by side again, mixed: float [batch, heads, tokens, head_width] -> [batch, tokens, width]."""
        return self.out_proj(x.transpose(1, 2).flatten(2))  # [batch, tokens, width]

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """x: float [batch, tokens, width] -> the same shape."""
        query, key, value = self.split(x)
        return self.merge(attention(query, key, value, mask))


class MLP(nn.Module):
    """width → hidden → width, each token on its own; between the two matrices QuickGELU, x · σ(1.702 x), or GELU."""

    def __init__(self, width: int, hidden: int, quick_gelu: bool = True):
        super().__init__()
        self.quick_gelu = quick_gelu
        self.c_fc = nn.Linear(width, hidden)
        self.c_proj = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        """x: float [batch, tokens, width] -> the same shape."""
        x = self.c_fc(x)  # [batch, tokens, hidden]
        x = x * torch.sigmoid(QUICK_GELU * x) if self.quick_gelu else F.gelu(x)
        return self.c_proj(x)  # [batch, tokens, width]


class TransformerBlock(nn.Module):
    """Pre-norm residual block: x + attention(ln_1(x)), then x + mlp(ln_2(x))."""

    def __init__(self, width: int, heads: int, mlp_width: int, quick_gelu: bool = True):
        super().__init__()
        self.attn = MultiHeadAttention(width, heads)
        self.ln_1 = LayerNorm(width)
        self.mlp = MLP(width, mlp_width, quick_gelu)
        self.ln_2 = LayerNorm(width)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """x: float [batch, tokens, width] -> the same shape."""
        x = x + self.attn(self.ln_1(x), mask)
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    """A stack of blocks. width: numbers per token; heads: of each block's attention; mlp_width: inside of its MLP.

    Its last norm is the encoder's.
    """

    def __init__(self, *, width: int, layers: int, heads: int, mlp_width: int, quick_gelu: bool = True):
        super().__init__()
        blocks = (TransformerBlock(width, heads, mlp_width, quick_gelu) for _ in range(layers))
        self.resblocks = nn.ModuleList(blocks)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """x: float [batch, tokens, width] -> the same shape."""
        for block in self.resblocks:
            x = block(x, mask)
        return x


def initialise_blocks(blocks: Sequence[TransformerBlock], width: int) -> None:
    """Draws the matrices of all blocks anew, from normal distributions of mean 0.

    Their standard deviations are those of openai/CLIP (model.py, initialize_parameters):

        attn.in_proj_weight                      width^-½
        mlp.c_fc.weight                          (2 · width)^-½
        attn.out_proj.weight, mlp.c_proj.weight  width^-½ · (2 · blocks)^-½

    Each block adds two branches to the residual stream, and the last two matrices end them. Their factor is one over
    the root of the number of branches. So the sum of all branches is equally large for every number of blocks.
    """
    branch_std = width**-0.5 * (2 * len(blocks)) ** -0.5
    for block in blocks:
        nn.init.normal_(block.attn.in_proj_weight, std=width**-0.5)
        nn.init.normal_(block.attn.out_proj.weight, std=branch_std)
        nn.init.normal_(block.mlp.c_fc.weight, std=(2 * width) ** -0.5)
        nn.init.normal_(block.mlp.c_proj.weight, std=branch_std)
