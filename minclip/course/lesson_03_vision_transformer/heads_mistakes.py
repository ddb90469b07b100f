"""What the known mistakes of 3.2 give, and what causes the errors that they end in.

Those of 3.1 are in attention_mistakes.py, those of 3.3 and 3.4 in encoder_mistakes.py, the checks in checks.py.
"""

import re
from itertools import product
from typing import Any

from torch import Tensor
from torch.nn import functional as F

from minclip import transformer as library
from minclip.course.assertions import Mistake
from minclip.course.lesson_03_vision_transformer.attention_mistakes import VIEW

NAMES = ("query", "key", "value")
LINEAR = "qkv = F.linear(x, self.in_proj_weight, self.in_proj_bias)"
HEADS = "part.view(batch, tokens, self.heads, width // self.heads).transpose(1, 2)"
ALONG = "qkv.chunk(3, dim=-1): without dim it is the first dimension, that of the batch"
CHUNK = "query, key, value = qkv.chunk(3, dim=-1)"
TOGETHER = "x.transpose(1, 2).flatten(2)"
IN_FORWARD = "query, key, value = self.split(x); return self.merge(attention(query, key, value, mask))"
WORKS_FOR_ONE = "it works for a width of 12 and 3 heads, and not for other sizes: a number of them is fixed here"
OTHER_SIZES = {  # after all the others: batch and tokens have changed by then
    "is invalid for input of size": Mistake(WORKS_FOR_ONE, way="self.heads heads, of width // self.heads numbers each"),
}


def still_together(error: BaseException) -> bool:
    """Sees that all 3 · 12 numbers of 2 × 7 tokens are to become four dimensions."""
    return bool(re.search(r"shape '\[-?\d+, -?\d+, -?\d+, -?\d+\]' is invalid for input of size 504", str(error)))


def other_heads(error: BaseException) -> bool:
    """Sees that numbers of 2 × 7 tokens are to become other heads than three of width 4."""
    of_all = r"shape '\[2, 7, 3, \d+, -?\d+\]' is invalid for input of size 504"
    of_one = r"shape '\[2, 7, \d+, -?\d+\]' is invalid for input of size 168"
    return bool(re.search(f"{of_all}|{of_one}", str(error)))


SPLIT = {
    "view size is not compatible": Mistake(
        "a view moves no number, and here numbers would have to move: cut each token's numbers into heads", way=HEADS
    ),
    other_heads: Mistake("here are 3 heads of 4 numbers each, and this shape is for others", way=HEADS),
    still_together: Mistake("query, key and value are still together here", way=CHUNK),
    "cannot be multiplied": Mistake("in_proj_weight is [3 · width, width]: x meets it transposed", way=LINEAR),
    "is invalid for input of size 216": Mistake(
        "qkv is cut along the tokens here: query, key and value stand side by side in the last dimension", way=CHUNK
    ),
    "too many values to unpack (expected 3": Mistake(
        "there are more than three: split(3) makes parts of 3 columns, and a shape has as many numbers as dimensions",
        way=CHUNK,
    ),
    "not enough values to unpack (expected 3": Mistake(
        "there are fewer than three parts: along which dimension is it cut?", way=CHUNK
    ),
}
MERGE = VIEW | {
    "cannot be multiplied": Mistake("out_proj wants [batch, tokens, width]", way=f"self.out_proj({TOGETHER})")
}
ALONG_THE_BATCH = Mistake(
    "each of your parts is a picture: qkv is cut along the batch, and should be along its last dimension", way=ALONG
)
PARTS_OF_THREE = Mistake(
    "these parts have 3 columns each: split takes the size of a part, and chunk takes their number", way=CHUNK
)
FORWARD = {
    "(24x7 and 12x12)": Mistake(
        "x goes into attention as it is here: split makes query, key and value", way=IN_FORWARD
    ),
    "attention() missing": Mistake("attention takes query, key and value one by one: split gives them", way=IN_FORWARD),
    **{
        f"name '{method}' is not defined": Mistake(f"{method} is a method of this class", way=IN_FORWARD)
        for method in ("split", "merge")
    },
}
NOT_PASSED_ON = Mistake("the mask has no effect", way=IN_FORWARD)


def of_parts(came: Any, x: Tensor) -> list[Mistake]:
    """What the sizes of a split's parts tell, where they are not three. x: float [batch, tokens, width]."""
    batch, tokens, width = x.shape
    sizes = {part.numel() for part in came if isinstance(part, Tensor)}
    if len(came) == batch and sizes == {tokens * 3 * width}:
        return [ALONG_THE_BATCH]
    return [PARTS_OF_THREE] if len(came) == width and sizes == {batch * tokens * 3} else []


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
        Mistake("here are 4 heads of 3 numbers each: 3 heads of 4 numbers are asked", way=HEADS): (
            parts[which].view(2, 7, 4, 3).transpose(1, 2)
        ),
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
    across = "query, key and value are columns of each token, and this reshape cuts across the tokens"
    known[Mistake(across, way=CHUNK)] = qkv.reshape(2, 3, 3, 7, 4)[:, which]
    known[Mistake(f"{across}, and across the pictures", way=CHUNK)] = qkv.reshape(3, 2, 3, 7, 4)[which]
    known[Mistake("the heads come before the batch", way=HEADS)] = cut[which].permute(2, 0, 1, 3)
    known[Mistake("batch and heads are one dimension here: keep both", way=HEADS)] = (
        cut[which].transpose(1, 2).flatten(0, 1)
    )
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
        Mistake(
            "out_proj is used the wrong way round, and its bias is missing", way=f"call it: self.out_proj({TOGETHER})"
        ): (side_by_side @ project.weight),
        Mistake("x itself is added: that is the block's work", way=f"self.out_proj({TOGETHER})"): (
            side_by_side + project(side_by_side)
        ),
        Mistake("yours is [batch, width, tokens]", way=f"self.out_proj({TOGETHER})"): project(side_by_side).mT,
        Mistake("out_proj is used the wrong way round", way=f"call it: self.out_proj({TOGETHER})"): (
            side_by_side @ project.weight + project.bias
        ),
    }


def of_heads(x: Tensor, theirs: library.MultiHeadAttention) -> dict[str, Tensor]:
    """Of MultiHeadAttention.forward."""
    query, key, value = theirs.split(x)
    flat = [part.transpose(1, 2).flatten(2) for part in (query, key, value)]
    project, attend = theirs.out_proj, library.attention
    parts, scores = dict(zip(NAMES, (query, key, value), strict=True)), query @ key.mT
    bare = x.view(2, 7, 3, 4).transpose(1, 2)
    known: dict[str, Tensor] = {
        Mistake("query and key have changed places", way=IN_FORWARD): theirs.merge(attend(key, query, value)),
        Mistake("key and value have changed places", way=IN_FORWARD): theirs.merge(attend(query, value, key)),
        Mistake("query and value have changed places", way=IN_FORWARD): theirs.merge(attend(value, key, query)),
        Mistake("√head_width divides twice: once is enough, in attention", way=IN_FORWARD): (
            theirs.merge(attend(query / query.shape[-1] ** 0.5, key, value))
        ),
        Mistake("the heads are not merged", way=IN_FORWARD): attend(query, key, value),
        Mistake("the heads stand side by side, and out_proj has not mixed them: merge does both", way=IN_FORWARD): (
            attend(query, key, value).transpose(1, 2).flatten(2)
        ),
        Mistake("out_proj is used twice: merge has done it already", way=IN_FORWARD): project(theirs(x)),
        Mistake("x itself is added: that is the block's work", way=IN_FORWARD): x + theirs(x),
        Mistake("here is one head of the whole width", way=IN_FORWARD): project(attend(*flat)),
        Mistake("attention is missing: this is the value alone", way=IN_FORWARD): theirs.merge(value),
        Mistake("√head_width is missing: attention divides the scores by it", way=IN_FORWARD): (
            theirs.merge(scores.softmax(dim=-1) @ value)
        ),
        Mistake("the softmax is missing: attention turns the scores into shares", way=IN_FORWARD): (
            theirs.merge(scores / 2 @ value)
        ),
        Mistake("the scores are divided by the root of the whole width: a head has its own", way=IN_FORWARD): (
            theirs.merge((scores / 12**0.5).softmax(dim=-1) @ value)
        ),
        Mistake("x goes into attention as it is: split makes query, key and value", way=IN_FORWARD): attend(x, x, x),
        Mistake("x goes into attention as it is, as one head: split makes query, key and value", way=IN_FORWARD): (
            project(attend(x, x, x))
        ),
        Mistake("x is cut into heads as it is: split makes query, key and value of it", way=IN_FORWARD): (
            theirs.merge(attend(bare, bare, bare))
        ),
    }
    for names in product(NAMES, repeat=3):
        if len(set(names)) < 3:
            words = f"attention gets {names[0]}, {names[1]} and {names[2]}: it wants query, key and value"
            known[Mistake(words, way=IN_FORWARD)] = theirs.merge(attend(*(parts[name] for name in names)))
    return known
