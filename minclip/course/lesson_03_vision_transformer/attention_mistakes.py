"""What the known mistakes of 3.1 give, and what causes the errors that they end in.

Those of 3.2 are in heads_mistakes.py, those of 3.3 and 3.4 in encoder_mistakes.py, the checks in checks.py.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from minclip.course.assertions import Mistake

SCORES = "scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5"
ADD = "if mask is not None: scores = scores + mask"
MIX = "return scores.softmax(dim=-1) @ value"

VIEW = {
    "view size is not compatible": Mistake(
        "a view moves no number, and these numbers do not lie side by side in memory",
        way="reshape does what view does, and makes a copy where one is needed",
    )
}
# what Python says -> the mistake
ERRORS = VIEW | {
    "to be: [6, 5] but got: [6, 7]": Mistake(
        "two matrices that do not fit: the columns of the first are not as many as the rows of the second",
        way=f"{SCORES}, and shares @ value",
    ),
    "is ambiguous": Mistake("a mask has many numbers: whether there is one asks another question", way=ADD),
    "'NoneType'": Mistake("mask is None where there is none", way=ADD),
    "must be Tensor, not int": Mistake(
        "this is a plain number, and the function wants a tensor", way="query.shape[-1] ** 0.5 is the root of a number"
    ),
    "expected scalar type Float but found Double": Mistake(
        "float32 meets float64 here: what you make must have the dtype of the input",
        way="no .float(), and no dtype=torch.float32",
    ),
}
# without a mask, for 2 pictures, 3 heads, 7 tokens, head_width 5: what stands where the heads should stand
FIRST_CALL = {
    f"({one}) must match the size of tensor b ({other}) at non-singleton dimension 1": Mistake(
        f"the second dimension is {name} in one factor, and the heads in the other: it is the heads in both",
        way=f"{SCORES}, and shares @ value",
    )
    for size, name in ((2, "the batch"), (7, "the tokens"), (5, "head_width"))
    for one, other in ((3, size), (size, 3))
} | {
    "(7) must match the size of tensor b (3) at non-singleton dimension 2": Mistake(
        "what is taken over the tokens, a sum or a maximum, has lost its dimension, and meets another one",
        way="scores.exp().sum(dim=-1, keepdim=True) keeps it; scores.softmax(dim=-1) does it all",
    ),
    "(7) must match the size of tensor b (5) at non-singleton dimension 3": Mistake(
        "* multiplies number by number: a mixture of values takes the product of two matrices", way=MIX
    ),
    "must be a 3D tensor": Mistake(
        "bmm takes three dimensions alone, and here are four: batch, heads, tokens, head_width", way=SCORES
    ),
}
WITH_MASK = {
    "only supports boolean masks": Mistake(
        "this mask holds numbers, and not yes and no: they are added to the scores", way=ADD
    ),
    "(3) must match the size of tensor b (7) at non-singleton dimension 1": Mistake(
        "the mask [queries, tokens] fits the scores as it is: it needs no dimension more", way=ADD
    ),
}
ONE_LOST = Mistake("dimensions of size 1 are lost", way="no squeeze: softmax and @ keep all dimensions")
OVERFLOW = Mistake(
    "exp of a large score overflows", way="scores.softmax(dim=-1): it subtracts the largest score before exp"
)
ONLY_INFINITE = Mistake(
    "only -inf has an effect here: a mask may hold any numbers, and they are added to the scores", way=ADD
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

    def lengths_of_one(x: Tensor) -> Tensor:
        return F.normalize(x, dim=-1)

    cosines = lengths_of_one(query) @ lengths_of_one(key).mT
    exps = scores.exp()
    other_root = "query.shape[-1] ** 0.5, the last dimension of the query"
    return {
        Mistake("√head_width is missing: the scores are divided by it", way=SCORES): mixed(raw),
        Mistake("in all you divide by head_width: it should be its square root", way=SCORES): mixed(raw / 5),
        Mistake("you multiply by √head_width: divide by it", way=SCORES): mixed(raw * root),
        Mistake("√head_width divides the result here, and it should divide the scores", way=SCORES): mixed(raw) / root,
        Mistake("this is the root of all heads' width together", way=other_root): mixed(raw / 15**0.5),
        Mistake("this is the root of the number of tokens", way=other_root): mixed(raw / 7**0.5),
        Mistake("this is the root of the number of heads", way=other_root): mixed(raw / 3**0.5),
        Mistake("** comes before /: x ** 1 / 2 is the half of x, and no root", way=other_root): mixed(raw / 10),
        Mistake("8 is the root of 64: here a query has another width", way=other_root): mixed(raw / 8),
        Mistake("query and key are brought to length 1 here: the dot product takes them as they are", way=SCORES): (
            mixed(cosines / root)
        ),
        Mistake("these scores are cosines: take the dot product, divided by √head_width", way=SCORES): mixed(cosines),
        Mistake("the shares of all queries together sum to 1 here: those of each query should", way=MIX): (
            exps / exps.sum(dim=(-2, -1), keepdim=True) @ value
        ),
        Mistake("the shares of everything together sum to 1 here: those of each query should", way=MIX): (
            exps / exps.sum() @ value
        ),
        Mistake("every head takes the mean of all heads' shares: each has its own", way=MIX): (
            scores.softmax(dim=-1).mean(dim=1, keepdim=True) @ value
        ),
        Mistake("tokens come before heads here: that is the work of merge, in exercise 3.2", way=MIX): (
            mixed(scores).transpose(1, 2)
        ),
        Mistake("the heads stand side by side here: that is the work of merge, in exercise 3.2", way=MIX): (
            mixed(scores).transpose(1, 2).flatten(2)
        ),
        Mistake("the result is float64, and the input is float32: keep its dtype", way="no .double()"): (
            mixed(scores.double(), value.double())
        ),
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
        Mistake("the wrong tokens are forbidden here: 0 means allowed", way=ADD): mixed(
            scores.masked_fill(mask == 0, -1e9)
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
