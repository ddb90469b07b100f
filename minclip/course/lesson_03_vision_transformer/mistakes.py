"""What the known mistakes of 3.1 and 3.2 give, and what causes the errors that they end in.

Those of 3.3 and 3.4 are in encoder_mistakes.py, the checks in checks.py.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from minclip import transformer as library
from minclip.course.assertions import Mistake

NAMES = ("query", "key", "value")
SCORES = "scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5"
ADD = "if mask is not None: scores = scores + mask"
MIX = "return scores.softmax(dim=-1) @ value"

# what Python says -> the mistake
ATTENTION = {
    "to be: [6, 5] but got: [6, 7]": Mistake(
        "two matrices that do not fit: the columns of the first are not as many as the rows of the second",
        way=f"{SCORES}, and shares @ value",
    ),
    "(3) must match the size of tensor b (7) at non-singleton dimension 1": Mistake(
        "the dimensions in front, batch and heads, have changed places, too: only the last two should", way=SCORES
    ),
    "is ambiguous": Mistake("a mask has many numbers: whether there is one asks another question", way=ADD),
    "'NoneType'": Mistake("mask is None where there is none", way=ADD),
    "must be Tensor, not int": Mistake(
        "this is a plain number, and the function wants a tensor", way="query.shape[-1] ** 0.5 is the root of a number"
    ),
}
ONE_LOST = Mistake("dimensions of size 1 are lost", way="no squeeze: softmax and @ keep all dimensions")
OVERFLOW = Mistake(
    "exp of a large score overflows", way="scores.softmax(dim=-1): it subtracts the largest score before exp"
)
NO_EFFECT = Mistake("this mask has no effect: whatever numbers it holds, they are added to the scores", way=ADD)
OTHER_ROOT = Mistake(
    "the scores are divided by the root of value's width: it is that of the query", way="query.shape[-1] ** 0.5"
)


def of_scores(query: Tensor, key: Tensor, value: Tensor) -> dict[str, Tensor]:
    """query, key, value: float [2, 3, 7, 5]; no mask."""
    raw, root = query @ key.mT, 5**0.5
    scores = raw / root

    def mixed(scores: Tensor, values: Tensor = value, dim: int = -1) -> Tensor:
        return scores.softmax(dim=dim) @ values

    other_root = "query.shape[-1] ** 0.5, the last dimension of the query"
    return {
        Mistake("√head_width is missing: the scores are divided by it", way=SCORES): mixed(raw),
        Mistake("you divide by head_width: it should be its square root", way=SCORES): mixed(raw / 5),
        Mistake("you multiply by √head_width: divide by it", way=SCORES): mixed(raw * root),
        Mistake("√head_width divides the result here, and it should divide the scores", way=SCORES): mixed(raw) / root,
        Mistake("this is the root of all heads' width together", way=other_root): mixed(raw / 15**0.5),
        Mistake("this is the root of the number of tokens", way=other_root): mixed(raw / 7**0.5),
        Mistake("this is the root of the number of heads", way=other_root): mixed(raw / 3**0.5),
        Mistake("the softmax runs over the queries: a query's shares of the tokens sum to 1", way=MIX): mixed(
            scores, dim=-2
        ),
        Mistake("the softmax runs over the heads: it should run over the tokens", way=MIX): mixed(scores, dim=1),
        Mistake("the softmax runs over the pictures: it should run over the tokens", way=MIX): mixed(scores, dim=0),
        Mistake("query and key have changed places: the rows of the scores are queries", way=SCORES): mixed(scores.mT),
        Mistake("these are the shares: they have not met value yet", way=MIX): scores.softmax(dim=-1),
        Mistake("these are the scores: they have met neither softmax nor value yet", way=MIX): scores,
        Mistake("value is not used: key stands in its place", way=MIX): mixed(scores, key),
        Mistake("value is not used: query stands in its place", way=MIX): mixed(scores, query),
        Mistake("the softmax is missing: a query's shares sum to 1", way=MIX): scores @ value,
        Mistake("the softmax comes after value here, and it should come before", way=MIX): (scores @ value).softmax(-1),
        Mistake("a sigmoid is no softmax: a query's shares sum to 1", way=MIX): scores.sigmoid() @ value,
        Mistake("softmax is taken twice", way=MIX): mixed(scores.softmax(dim=-1)),
        Mistake("this is the logarithm of the shares", way=MIX): scores.log_softmax(dim=-1) @ value,
    }


def of_masks(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> dict[str, Tensor]:
    """mask: causal, with a large negative number in place of -inf."""
    scores = query @ key.mT / query.shape[-1] ** 0.5

    def mixed(scores: Tensor) -> Tensor:
        return scores.softmax(dim=-1) @ value

    return {
        NO_EFFECT: mixed(scores),
        Mistake("you multiply the scores by the mask: add it", way=ADD): mixed(scores * mask),
        Mistake("the mask is added to the shares: add it to the scores, before the softmax", way=ADD): (
            (scores.softmax(-1) + mask) @ value
        ),
        Mistake("you multiply the shares by the mask: add it to the scores", way=ADD): (
            (scores.softmax(-1) * mask) @ value
        ),
        Mistake("the wrong tokens are forbidden: 0 means allowed", way=ADD): mixed(
            scores.masked_fill(mask == 0, -torch.inf)
        ),
        Mistake("the mask is subtracted: add it", way=ADD): mixed(scores - mask),
        Mistake("the mask is transposed: its rows are queries already", way=ADD): mixed(scores + mask.T),
    }


def of_soft_masks(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> dict[str, Tensor]:
    """mask: any numbers, and a column of 0."""
    raw, root = query @ key.mT, query.shape[-1] ** 0.5
    return {
        Mistake("the mask is added before the division by √head_width: add it after", way=f"{SCORES}, then {ADD}"): (
            ((raw + mask) / root).softmax(dim=-1) @ value
        ),
        NO_EFFECT: ((raw / root).softmax(dim=-1) @ value),
        Mistake("every number that is not 0 forbids here: a mask may hold any numbers", way=ADD): (
            (raw / root).masked_fill(mask != 0, -torch.inf).softmax(dim=-1) @ value
        ),
    }


LINEAR = "qkv = F.linear(x, self.in_proj_weight, self.in_proj_bias)"
HEADS = "part.view(batch, tokens, self.heads, width // self.heads).transpose(1, 2)"
CHUNK = "query, key, value = qkv.chunk(3, dim=-1)"
TOGETHER = "x.transpose(1, 2).flatten(2)"
IN_FORWARD = "query, key, value = self.split(x); return self.merge(attention(query, key, value, mask))"
VIEW = {
    "view size is not compatible": Mistake(
        "a view moves no number, and these numbers do not lie side by side in memory",
        way="reshape does what view does, and makes a copy where one is needed",
    )
}
SPLIT = {
    "view size is not compatible": Mistake(
        "a view moves no number, and here numbers would have to move: cut each token's numbers into heads", way=HEADS
    ),
    "is invalid for input of size 504": Mistake("query, key and value are still together here", way=CHUNK),
    "cannot be multiplied": Mistake("in_proj_weight is [3 · width, width]: x meets it transposed", way=LINEAR),
    "not enough values to unpack (expected 3": Mistake(
        "there are fewer than three parts: along which dimension is it cut?", way=CHUNK
    ),
}
MERGE = VIEW | {
    "cannot be multiplied": Mistake("out_proj wants [batch, tokens, width]", way=f"self.out_proj({TOGETHER})")
}
NOT_PASSED_ON = Mistake("the mask has no effect", way=IN_FORWARD)


def of_split(x: Tensor, theirs: library.MultiHeadAttention, which: int) -> dict[str, Tensor]:
    """Of query, key or value. x: float [2, 7, 12]; 3 heads of width 4."""
    qkv = F.linear(x, theirs.in_proj_weight, theirs.in_proj_bias)  # [2, 7, 36]
    parts, bare = qkv.chunk(3, dim=-1), F.linear(x, theirs.in_proj_weight).chunk(3, dim=-1)  # three of [2, 7, 12]
    cut = [part.view(2, 7, 3, 4) for part in parts]
    order = "the rows of in_proj_weight make queries, keys, values, in this order"
    known: dict[str, Tensor] = {
        Mistake("heads come before tokens", way=HEADS): cut[which],
        Mistake("this puts numbers of different tokens into one row: cut each token's numbers into heads", way=HEADS): (
            parts[which].reshape(2, 3, 7, 4)
        ),
        Mistake("this is not cut into heads yet", way=HEADS): parts[which],
        Mistake("a head's numbers lie side by side: yours are every third", way=HEADS): (
            parts[which].view(2, 7, 4, 3).permute(0, 3, 1, 2)
        ),
        Mistake("the heads are cut before query, key and value: it should be the other way round", way=CHUNK): (
            qkv.view(2, 7, 3, 3, 4)[:, :, :, which].transpose(1, 2)
        ),
        Mistake("in_proj_bias is missing", way=LINEAR): bare[which].view(2, 7, 3, 4).transpose(1, 2),
        Mistake("√head_width is attention's work, and no part of this", way=HEADS): cut[which].transpose(1, 2) / 2,
        Mistake("the last two dimensions have changed places", way=HEADS): cut[which].permute(0, 2, 3, 1),
    }
    for other in {0, 1, 2} - {which}:
        known[Mistake(f"this is the {NAMES[other]}", way=order)] = cut[other].transpose(1, 2)
    return known


def of_merge(found: Tensor, theirs: library.MultiHeadAttention) -> dict[str, Tensor]:
    """found: float [2, 3, 7, 4]."""
    project, side_by_side = theirs.out_proj, found.transpose(1, 2).flatten(2)
    return {
        Mistake("out_proj is missing: it mixes what the heads found", way=f"self.out_proj({TOGETHER})"): side_by_side,
        Mistake("what the heads found of one token must lie side by side, and a reshape moves nothing", way=TOGETHER): (
            project(found.reshape(2, 7, 12))
        ),
        Mistake(
            "the numbers of different heads alternate here: one head's come first, then the next's", way=TOGETHER
        ): (project(found.permute(0, 2, 3, 1).flatten(2))),
        Mistake("the bias of out_proj is missing", way=f"call it: self.out_proj({TOGETHER})"): (
            side_by_side @ project.weight.T
        ),
        Mistake("out_proj is used the wrong way round", way=f"call it: self.out_proj({TOGETHER})"): (
            side_by_side @ project.weight + project.bias
        ),
    }


def of_heads(x: Tensor, theirs: library.MultiHeadAttention) -> dict[str, Tensor]:
    """Of MultiHeadAttention.forward."""
    query, key, value = theirs.split(x)
    flat = [part.transpose(1, 2).flatten(2) for part in (query, key, value)]
    project, attend = theirs.out_proj, library.attention
    return {
        Mistake("query and key have changed places", way=IN_FORWARD): theirs.merge(attend(key, query, value)),
        Mistake("key and value have changed places", way=IN_FORWARD): theirs.merge(attend(query, value, key)),
        Mistake("the heads are not merged", way=IN_FORWARD): attend(query, key, value),
        Mistake("out_proj is used twice: merge has done it already", way=IN_FORWARD): project(theirs(x)),
        Mistake("x itself is added: that is the block's work", way=IN_FORWARD): x + theirs(x),
        Mistake("here is one head of the whole width", way=IN_FORWARD): project(attend(*flat)),
        Mistake("attention is missing: this is the value alone", way=IN_FORWARD): theirs.merge(value),
    }
