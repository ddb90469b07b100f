"""What people write in place of AttentionPool's forward: each mistake, and what it gives."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from minclip.course.assertions import Known, Mistake
from minclip.resnet import AttentionPool
from minclip.transformer import attention

MEAN = "torch.cat([x.mean(dim=1, keepdim=True), x], dim=1), and then the positions"
ASK = "self.by_head(self.q_proj(x[:, :1])): the mean alone asks"
KEYS = "self.by_head(self.k_proj(x)) and self.by_head(self.v_proj(x)): all tokens answer"
ATTENTION = "attention(query, key, value) as it is; by hand: (query @ key.mT / head_width**0.5).softmax(dim=-1) @ value"
END = "self.c_proj(x.flatten(1))"
FLAT = "x.flatten(2).transpose(1, 2)"
# for 2 pictures, width 12, maps of 3 × 3, 3 heads
ERRORS = {
    "size of tensor a (9) must match the size of tensor b (10)": Mistake(
        "there are 9 places and 10 positions: the mean is a token, too, and has the first position", way=MEAN
    ),
    "size of tensor a (12) must match the size of tensor b (10)": Mistake(
        "the mean stands behind the channels here: tokens come first, then their numbers", way=FLAT
    ),
    "size of tensor a (10) must match the size of tensor b (12)": Mistake(
        "the tokens have their channels first: [batch, tokens, width] is wanted", way=FLAT
    ),
    "size of tensor a (9) must match the size of tensor b (12)": Mistake(
        "the tokens have their channels first: [batch, tokens, width] is wanted", way=FLAT
    ),
    "Tensors must have same number of dimensions": Mistake(
        "the mean has lost a dimension, and cat wants as many in both", way=MEAN
    ),
    "Sizes of tensors must match except": Mistake("the mean and the places do not fit each other", way=MEAN),
    "(2x120 and 12x12)": Mistake("all ten tokens ask: the mean alone should, and only one token comes back", way=ASK),
    "(6x4 and 12x12)": Mistake("the heads are still apart: a layer gets another width than it takes", way=END),
    "(2x4 and 12x12)": Mistake("one head alone is left: a layer gets another width than it takes", way=END),
    "(2x1 and 12x12)": Mistake("x[:, :1] is the first token with all its 12 numbers: one is left here", way=ASK),
    "mat1 and mat2 shapes cannot be multiplied": Mistake(
        "a layer gets another width than it takes: 12 numbers of a token, all heads side by side", way=END
    ),
    "too many values to unpack": Mistake("a feature map has four dimensions, tokens have three", way=FLAT),
    "not enough values to unpack": Mistake("a feature map has four dimensions, tokens have three", way=FLAT),
    "missing 1 required positional argument": Mistake("attention takes query, key and value", way=KEYS),
    "must match the existing size": Mistake("a tensor is expanded to a shape that it does not fit", way=MEAN),
    "unflatten": Mistake("the width is not what the heads share", way=END),
    "is invalid for input of size": Mistake("another number of numbers than the shape asks for", way=FLAT),
    "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 1": Mistake(
        "a query, key or value lacks a dimension: x[:, 0] drops that of the tokens, and x[:, :1] keeps it; by_head "
        "makes that of the heads",
        way=ASK,
    ),
    "size of tensor a": Mistake("two tensors do not fit each other", way=MEAN),
}


def of_pool(pool: AttentionPool, x: Tensor) -> Known:
    """What is written in place of the pool's forward, by name. x: float [batch, width, side, side]."""
    position, places = pool.positional_embedding, x.flatten(2).transpose(1, 2)  # [batch, places, width]
    q, k, v, c = pool.q_proj, pool.k_proj, pool.v_proj, pool.c_proj
    mean = places.mean(dim=1, keepdim=True)
    tokens = torch.cat([mean, places], dim=1) + position  # [batch, 1 + places, width]
    head_width = x.shape[1] // pool.heads

    def heard(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """What attention gives, by head, before the heads are put side by side."""
        return attention(pool.by_head(query), pool.by_head(key), pool.by_head(value))

    def asked(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return heard(query, key, value).transpose(1, 2).flatten(2)  # [batch, queries, width]

    def end(tokens: Tensor, first: Tensor | None = None) -> Tensor:
        """The pool for these tokens; the first one asks, or another."""
        return c(asked(q(tokens[:, :1] if first is None else first), k(tokens), v(tokens))[:, 0])

    def scores(scale: float, dim: int = -1) -> Tensor:
        """The pool with other scores."""
        query, key, value = pool.by_head(q(tokens[:, :1])), pool.by_head(k(tokens)), pool.by_head(v(tokens))
        return c(((query @ key.mT * scale).softmax(dim=dim) @ value).flatten(1))

    def other_heads(z: Tensor) -> Tensor:
        return z.reshape(len(z), pool.heads, -1, head_width)

    def interleaved(z: Tensor) -> Tensor:
        return z.unflatten(-1, (head_width, pool.heads)).permute(0, 3, 1, 2)

    every = asked(q(tokens), k(tokens), v(tokens))  # [batch, 1 + places, width]
    shuffled = x.flatten(2).reshape(places.shape)
    turned = x.mT.flatten(2).transpose(1, 2)
    with_positions = places + position[1:]
    raw = torch.cat([mean, places], dim=1)
    return {
        Mistake("the mean is no token here: it is a key and a value, too", way=MEAN): lambda: c(
            asked(q(tokens[:, :1]), k(tokens[:, 1:]), v(tokens[:, 1:]))[:, 0]
        ),
        Mistake("the positions are missing", way=MEAN): lambda: end(raw),
        Mistake("the positions are added twice", way=MEAN): lambda: end(tokens + position),
        Mistake("the positions are multiplied: add them", way=MEAN): lambda: end(raw * position),
        Mistake("the mean has no position: the first one is its own", way=MEAN): lambda: end(
            torch.cat([mean, with_positions], dim=1)
        ),
        Mistake("the mean has no position, and the places have the first nine", way=MEAN): lambda: end(
            torch.cat([mean, places + position[:-1]], dim=1)
        ),
        Mistake("the mean is taken behind the positions: it is the mean of the places alone", way=MEAN): lambda: end(
            torch.cat([with_positions.mean(dim=1, keepdim=True), with_positions], dim=1)
        ),
        Mistake("the mean is taken behind the positions, and has its own as well", way=MEAN): lambda: end(
            torch.cat([with_positions.mean(dim=1, keepdim=True) + position[:1], with_positions], dim=1)
        ),
        Mistake("the mean stands behind the places: it comes first", way=MEAN): lambda: end(
            torch.cat([places, mean], dim=1) + position,
            (torch.cat([places, mean], dim=1) + position)[:, -1:],
        ),
        Mistake("the first place asks, because the mean stands behind the places", way=MEAN): lambda: end(
            torch.cat([places, mean], dim=1) + position
        ),
        Mistake("the last token asks: the mean asks, which comes first", way=ASK): lambda: end(tokens, tokens[:, -1:]),
        Mistake("the first place asks: the mean asks", way=ASK): lambda: end(tokens, tokens[:, 1:2]),
        Mistake("the largest numbers ask: their mean does", way=MEAN): lambda: end(
            torch.cat([places.amax(dim=1, keepdim=True), places], dim=1) + position
        ),
        Mistake("the sum of the places asks: their mean does", way=MEAN): lambda: end(
            torch.cat([places.sum(dim=1, keepdim=True), places], dim=1) + position
        ),
        Mistake("zeros ask in place of the mean", way=MEAN): lambda: end(
            torch.cat([0 * mean, places], dim=1) + position
        ),
        Mistake("one number is the mean of all channels: each channel has a mean of its own", way=MEAN): lambda: end(
            torch.cat([places.mean(dim=(1, 2), keepdim=True).expand_as(mean), places], dim=1) + position
        ),
        Mistake("every token asks, and the mean of what they heard is taken: the mean alone asks", way=ASK): lambda: c(
            every.mean(dim=1)
        ),
        Mistake("a vector for each token: the mean alone asks", way=ASK): lambda: c(every),
        Mistake("a dimension too many: the tokens, of which one is left", way=END): lambda: c(every[:, :1]),
        Mistake("this is the mean, without attention", way=ASK): lambda: c(mean[:, 0]),
        Mistake("this is the mean of the values: all places weigh the same", way=ASK): lambda: c(v(tokens).mean(dim=1)),
        Mistake("this is the mean of the places' values: all weigh the same", way=ASK): lambda: c(v(mean[:, 0])),
        Mistake("the query is the mean without its position: add the positions first", way=MEAN): lambda: c(
            asked(q(mean), k(tokens), v(tokens))[:, 0]
        ),
        Mistake("keys and values are the tokens before the positions: add the positions first", way=MEAN): lambda: c(
            asked(q(tokens[:, :1]), k(raw), v(raw))[:, 0]
        ),
        Mistake("the keys are the tokens before the positions", way=MEAN): lambda: c(
            asked(q(tokens[:, :1]), k(raw), v(tokens))[:, 0]
        ),
        Mistake("the heads are interleaved: flatten(1) alone puts them side by side", way=END): lambda: c(
            heard(q(tokens[:, :1]), k(tokens), v(tokens)).squeeze(2).transpose(1, 2).flatten(1)
        ),
        Mistake("the heads take every third number: by_head gives each head numbers side by side", way=ASK): lambda: c(
            attention(*(interleaved(z) for z in (q(tokens[:, :1]), k(tokens), v(tokens)))).transpose(1, 2).flatten(1)
        ),
        Mistake("the heads take every third number, and their numbers come back in another order", way=ASK): lambda: c(
            attention(*(interleaved(z) for z in (q(tokens[:, :1]), k(tokens), v(tokens)))).squeeze(2).mT.flatten(1)
        ),
        Mistake("c_proj is missing", way=END): lambda: every[:, 0],
        Mistake("v_proj stands in the place of c_proj", way=END): lambda: v(every[:, 0]),
        Mistake("q_proj is missing: the query is a projection, too", way=ASK): lambda: c(
            asked(tokens[:, :1], k(tokens), v(tokens))[:, 0]
        ),
        Mistake("k_proj is missing", way=KEYS): lambda: c(asked(q(tokens[:, :1]), tokens, v(tokens))[:, 0]),
        Mistake("v_proj is missing", way=KEYS): lambda: c(asked(q(tokens[:, :1]), k(tokens), tokens)[:, 0]),
        Mistake("q_proj and k_proj have changed places", way=ASK): lambda: c(
            asked(k(tokens[:, :1]), q(tokens), v(tokens))[:, 0]
        ),
        Mistake("k_proj and v_proj have changed places", way=KEYS): lambda: c(
            asked(q(tokens[:, :1]), v(tokens), k(tokens))[:, 0]
        ),
        Mistake("the keys are used as values, too", way=KEYS): lambda: c(
            asked(q(tokens[:, :1]), k(tokens), k(tokens))[:, 0]
        ),
        Mistake("the values are the tokens before the positions", way=KEYS): lambda: c(
            asked(q(tokens[:, :1]), k(tokens), v(raw))[:, 0]
        ),
        Mistake("there is one head alone: by_head splits the width", way=ASK): lambda: c(
            attention(q(tokens[:, :1]), k(tokens), v(tokens))[:, 0]
        ),
        Mistake("the heads are cut by reshape, which mixes tokens: by_head splits the width", way=ASK): lambda: c(
            attention(other_heads(q(tokens[:, :1])), other_heads(k(tokens)), other_heads(v(tokens))).flatten(1)
        ),
        Mistake("the scores are not divided by √head_width", way=ASK): lambda: scores(1.0),
        Mistake("the scores are divided by √width: each head has its own width", way=ASK): lambda: scores(
            x.shape[1] ** -0.5
        ),
        Mistake(
            "the scores are divided by √head_width twice, so by head_width: attention does it itself", way=ATTENTION
        ): lambda: scores(1 / head_width),
        Mistake(
            "the scores are divided by √width, too: attention divides them by √head_width itself", way=ATTENTION
        ): lambda: scores((head_width * x.shape[1]) ** -0.5),
        Mistake("the scores are multiplied by √head_width: attention divides them itself", way=ATTENTION): (
            lambda: scores(head_width**0.5)
        ),
        Mistake("the softmax runs over the queries, of which there is one: over the keys", way=ASK): lambda: scores(
            head_width**-0.5, dim=-2
        ),
        Mistake("what the mean heard is added to it: a pool has no such sum", way=END): lambda: c(
            tokens[:, 0] + every[:, 0]
        ),
        Mistake("the result is added to the mean: a pool has no such sum", way=END): lambda: mean[:, 0] + end(tokens),
        Mistake("reshape has mixed channels and places: flatten the places, then transpose", way=FLAT): lambda: end(
            torch.cat([shuffled.mean(dim=1, keepdim=True), shuffled], dim=1) + position
        ),
        Mistake("reshape has mixed channels and places: flatten, then transpose", way=FLAT): lambda: end(
            torch.cat([mean, shuffled], dim=1) + position
        ),
        Mistake("the places go column by column: in reading order, row by row", way=FLAT): lambda: end(
            torch.cat([mean, turned], dim=1) + position
        ),
        Mistake("the features have length 1 here: only a comparison sets it to 1", way=END): lambda: F.normalize(
            end(tokens), dim=-1
        ),
    }


def draws(t: Any, sizes: dict[str, int]) -> tuple[nn.Module, AttentionPool]:
    """The learner's pool and minclip's with the same weights, all drawn."""
    theirs = AttentionPool(**sizes)
    with torch.no_grad():
        for weight in theirs.parameters():
            weight.copy_(0.5 * t.normal(*weight.shape))
    mine = t(**sizes)
    t.copy_weights(mine, theirs)
    return mine, theirs
