"""What people write in place of the mask in lesson 04: each mistake, and what it gives."""

from typing import Any

import torch
from torch import Tensor

from minclip.course.assertions import Known, Mistake
from minclip.transformer import causal_mask

INFINITE = float("-inf")
RIGHT_SIDE = "row i is the token that looks: -inf stands right of the diagonal, full.triu(diagonal=1)"


def other_length(came: Any, length: int) -> Known:
    """Names the number of tokens that a causal mask is for, where it is not length."""
    if not isinstance(came, Tensor) or came.ndim != 2 or len(came) == length:
        return {}
    words = f"this is the mask of {len(came)} tokens, and one of {length} is asked for"
    return {Mistake(words, way="let length decide every size"): lambda: causal_mask(len(came))}


def wrong_masks(came: Any, length: int) -> Known:
    """came: what the answer gave, for the mistakes that hold a number of the learner's own."""
    ones, full = torch.ones(length, length), torch.full((length, length), INFINITE)
    right, fill = full.triu(1), "torch.full((length, length), float('-inf')).triu(diagonal=1) multiplies nothing"

    def finite() -> Tensor:
        number = float(came[0, 1])
        assert -float("inf") < number < 0
        return torch.zeros(length, length).masked_fill(right == INFINITE, number)

    return {
        Mistake("0 times -inf is NaN: the triangle must be filled, not multiplied", way=fill): lambda: (
            full * ones.triu(1)
        ),
        Mistake("0 times -inf is NaN, so the triangle must be filled and not multiplied", way=fill): lambda: (
            full * ones.tril()
        ),
        Mistake("it is the wrong side: a token sees what comes, and not what came", way=RIGHT_SIDE): lambda: (
            full.tril(-1)
        ),
        Mistake("it is the wrong side, and the diagonal is forbidden, too", way=RIGHT_SIDE): lambda: full.tril(),
        Mistake("the diagonal is forbidden: the first token sees nothing, and its softmax is NaN",
                way="a token sees itself: triu(diagonal=1) begins right of the diagonal"): lambda: full.triu(),
        Mistake("two diagonals too many are forbidden: token i sees neither itself nor token i - 1",
                way="triu(diagonal=1) begins right of the diagonal"): lambda: full.triu(-1),
        Mistake("it is the wrong side, and off by one", way=RIGHT_SIDE): lambda: full.tril(1),
        Mistake("all but the diagonal is forbidden: a token may look back, too",
                way="-inf above the diagonal alone"): lambda: full.clone().fill_diagonal_(0),
        Mistake("1 stands where a token may look: attention adds the mask, and that must change nothing",
                way="0 where allowed"): lambda: ones.masked_fill(right == INFINITE, INFINITE),
        Mistake("it is off by one: token i sees token i + 1",
                way="triu(diagonal=1) begins at the first place after the diagonal"): lambda: full.triu(2),
        Mistake("everything is forbidden", way="-inf above the diagonal alone, 0 elsewhere"): lambda: full,
        Mistake("nothing is forbidden", way="-inf belongs above the diagonal"): lambda: torch.zeros(length, length),
        Mistake("1 and 0 are factors, but attention adds the mask",
                way="0 where allowed, float('-inf') where forbidden"): lambda: ones.tril(),
        Mistake("it adds 1 where it must forbid, and that forbids nothing",
                way="float('-inf') above the diagonal"): lambda: ones.triu(1),
        Mistake("the forbidden places have a finite number; it must be -inf itself",
                way="float('-inf') or -torch.inf"): finite,
        Mistake("the forbidden places have +inf; it must be -inf",
                way="float('-inf')"): lambda: torch.zeros(length, length).masked_fill(right == INFINITE, -INFINITE),
        Mistake("the numbers are right, and stand in float64", way="leave the dtype out"): lambda: right.double(),
        Mistake("the numbers are right, and stand in float16", way="leave the dtype out"): lambda: right.half(),
        Mistake("the mask has a token too many", way="its sides are length long"): lambda: causal_mask(length + 1),
        **other_length(came, length),
        Mistake("the numbers are right, and stand in a list of lists; attention adds a tensor",
                way="torch.tensor(rows, device=device)"): lambda: right.tolist(),
        Mistake("the numbers are right, and stand in an array of NumPy; attention adds a tensor",
                way="torch.full and triu make the same"): lambda: right.numpy().astype(came.dtype),
        Mistake("one square is wanted, and here are dimensions of size 1 beside it",
                way="the result is [length, length]: attention uses it for every text and head"): lambda: (
            right.reshape(came.shape) if came.squeeze().shape == right.shape else None
        ),
    }  # fmt: skip
