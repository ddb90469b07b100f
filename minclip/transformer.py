"""The pre-norm Transformer that both encoders of CLIP share: attention, MLP, block, stack.

It knows nothing of pictures or words. There is no dropout: CLIP uses none.
Sources: Vaswani et al. 2017 (attention), Radford et al. 2019 (pre-norm block), openai/CLIP model.py (names).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

QUICK_GELU = 1.702  # σ(1.702 x) is close to the normal distribution function in GELU (Hendrycks and Gimpel 2016)


class LayerNorm(nn.LayerNorm):
    """Layer norm computed in float32 whatever the input's dtype: a variance of bfloat16 numbers is coarse."""

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type == "cpu":  # the kernel there does so by itself, without a copy in float32
            return F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        weight, bias = self.weight.float(), self.bias.float()
        return F.layer_norm(x.float(), self.normalized_shape, weight, bias, self.eps).type_as(x)


def causal_mask(length: int, device: torch.device | None = None) -> Tensor:
    """Additive mask: token i may look at tokens 0 … i. float [length, length], 0 allowed, -inf forbidden.

    >>> causal_mask(3)
    tensor([[0., -inf, -inf],
            [0., 0., -inf],
            [0., 0., 0.]])
    """
    mask = torch.full((length, length), float("-inf"), device=device).triu(diagonal=1)
    # what it is, for attention on a GPU: its fastest kernel need not read it
    mask.is_causal = True  # type: ignore[attr-defined]
    return mask


def attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Tensor:
    """softmax(Q Kᵀ / √d + mask) V, for each head on its own.

    query: float [batch, heads, queries, head_width]; key: float [batch, heads, tokens, head_width];
    value: float [batch, heads, tokens, value_width]; mask: float [..., queries, tokens], added to the scores.
    Returns float [batch, heads, queries, value_width]. Source: Vaswani et al. 2017, equation 1.

    >>> key = torch.tensor([[[[9.0, 0.0], [0.0, 9.0]]]])  # two tokens that point to different sides
    >>> attention(query=10 * key[:, :, 1:], key=key, value=torch.tensor([[[[1.0], [2.0]]]]))
    tensor([[[[2.]]]])
    """
    if query.is_cuda:  # the same numbers from one kernel, which never keeps the scores (Dao et al. 2022)
        if getattr(mask, "is_causal", False):  # it is fast where it knows the mask, and reads no numbers of it
            return F.scaled_dot_product_attention(query, key, value, is_causal=True)
        return F.scaled_dot_product_attention(query, key, value, None if mask is None else mask.to(query.dtype))
    scores = query * query.shape[-1] ** -0.5 @ key.transpose(-2, -1)  # [batch, heads, queries, tokens]
    if mask is not None:
        scores = scores + mask.to(scores.dtype)
    return scores.softmax(dim=-1) @ value  # [batch, heads, queries, head_width]


class MultiHeadAttention(nn.Module):
    """Self-attention in `heads` subspaces side by side.

    The three projections live in one matrix, rows in the order query, key, value (as in OpenAI's files).
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
        nn.init.xavier_uniform_(self.in_proj_weight)  # PyTorch's own start, kept by CLIP's vision blocks
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
    """width → hidden → width, token by token, with QuickGELU between, x · σ(1.702 x), or the exact GELU."""

    def __init__(self, width: int, hidden: int, quick_gelu: bool = True):
        super().__init__()
        self.quick_gelu = quick_gelu
        self.c_fc = nn.Linear(width, hidden)
        self.c_proj = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        x = self.c_fc(x)  # [batch, tokens, hidden]
        x = F.silu(QUICK_GELU * x) / QUICK_GELU if self.quick_gelu else F.gelu(x)  # silu(x) = x · σ(x), one operation
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


def attention_at(attn: MultiHeadAttention, x: Tensor, token: Tensor, mask: Tensor | None = None) -> Tensor:
    """attn(x, mask) at one token of each row, without making the keys and values of the others.

    A lone query can carry the key's matrix itself: q · (K x) = (Kᵀ q) · x. And the mean of values is the value of the
    mean: Σ a (V x) = V (Σ a x). So nothing but two products with x is left for every token.
    x: float [batch, tokens, width]; token: int64 [batch] -> float [batch, width].
    """
    asking = x[torch.arange(x.shape[0], device=x.device), token]  # [batch, width]
    to_query, to_key, to_value = attn.in_proj_weight.unflatten(0, (3, attn.heads, -1))  # [heads, head_width, width]
    query_bias, _, value_bias = attn.in_proj_bias.unflatten(0, (3, attn.heads, -1))  # softmax forgets the key's bias
    query = torch.einsum("bw,hdw->bhd", asking, to_query) + query_bias  # [batch, heads, head_width]
    query = torch.einsum("bhd,hdw->bhw", query * query.shape[-1] ** -0.5, to_key)  # [batch, heads, width]
    scores = query @ x.transpose(1, 2)  # [batch, heads, tokens]
    if mask is not None:
        scores = scores + mask[token].unsqueeze(1).to(scores.dtype)
    mean = scores.softmax(dim=-1) @ x  # [batch, heads, width]
    values = torch.einsum("bhw,hdw->bhd", mean, to_value) + value_bias  # [batch, heads, head_width]
    return attn.out_proj(values.flatten(1))  # [batch, width]


def is_untouched(block: nn.Module) -> bool:
    """Whether a block is exactly minclip's: nothing in it was subclassed, wrapped, replaced, or given a hook."""
    kinds: dict[str, type[nn.Module]]
    kinds = {"": TransformerBlock, "ln_1": LayerNorm, "ln_2": LayerNorm, "mlp": MLP, "attn": MultiHeadAttention}
    kinds |= dict.fromkeys(("attn.out_proj", "mlp.c_fc", "mlp.c_proj"), nn.Linear)
    for name, module in block.named_modules():
        if kinds.get(name) is not type(module) or "forward" in module.__dict__:
            return False
        if module._forward_hooks or module._forward_pre_hooks or module._backward_hooks or module._backward_pre_hooks:
            return False
    return True


def block_at(block: TransformerBlock, x: Tensor, token: Tensor, mask: Tensor | None = None) -> Tensor:
    """block(x, mask) at one token of each row: an encoder's last block is read at CLS or at EOT alone.

    A block that somebody has changed is computed whole, as it is.
    x: float [batch, tokens, width]; token: int64 [batch] -> float [batch, width]. The gain: benchmarks/README.md.
    """
    rows = torch.arange(x.shape[0], device=x.device)
    if not is_untouched(block):
        return block(x, mask)[rows, token]
    here = x[rows, token]  # [batch, width]
    here = here + attention_at(block.attn, block.ln_1(x), token, mask)
    return here + block.mlp(block.ln_2(here))


class Transformer(nn.Module):
    """A stack of blocks."""

    def __init__(self, width: int, layers: int, heads: int, mlp_width: int, quick_gelu: bool = True):
        super().__init__()
        blocks = (TransformerBlock(width, heads, mlp_width, quick_gelu) for _ in range(layers))
        self.resblocks = nn.ModuleList(blocks)

    def forward(self, x: Tensor, mask: Tensor | None = None, token: Tensor | None = None) -> Tensor:
        """x: float [batch, tokens, width] -> the same shape, or float [batch, width] at one token of each row.

        token: int64 [batch], which one.
        """
        *blocks, last = self.resblocks
        for block in blocks:
            x = block(x, mask)
        return last(x, mask) if token is None else block_at(last, x, token, mask)  # type: ignore[arg-type]
