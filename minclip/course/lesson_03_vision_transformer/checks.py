"""How the answers of lesson 03 are judged: attention, its heads, the block, the image encoder."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from minclip import transformer as library
from minclip import vision as library_vision
from minclip.course import battery
from minclip.course.assertions import Known, Trial
from minclip.course.comparison import TOLERANCE, equal
from minclip.course.lesson_03_vision_transformer import attention_mistakes, encoder_mistakes, heads_mistakes

SHUFFLED = torch.tensor([3, 0, 6, 5, 1, 4, 2])


def given_by(mistakes: Mapping[str, Tensor]) -> Known:
    """Mistakes with what they give, as claims want them."""
    return {words: lambda gives=gives: gives for words, gives in mistakes.items()}  # type: ignore[misc]


def attention(t: Trial) -> None:
    t.errors, right = attention_mistakes.ERRORS, library.attention
    query, key, value = (t.normal(2, 3, 7, 5) for _ in range(3))  # 2 pictures, 3 heads, 7 tokens, head_width 5
    came = t.call(t.mine, query, key, value, errors=attention_mistakes.FIRST_CALL)
    t.same(came, right(query, key, value), given_by(attention_mistakes.of_scores(query, key, value)))
    few, wide = t.normal(2, 3, 4, 5), t.normal(2, 3, 7, 6)
    t.same(t(few, key, value), right(few, key, value), what="the result for 4 queries and 7 tokens")
    many = [t.normal(2, 4, 20, 3) for _ in range(3)]
    t.same(t(*many), right(*many), what="the result for 20 tokens")
    turned = [t.normal(2, 7, 3, 5).transpose(1, 2) for _ in range(3)]  # as heads are cut
    t.same(t(*turned), right(*turned), what="the result for tensors that come from a transpose")
    known: Known = {attention_mistakes.OTHER_ROOT: lambda: (query @ key.mT / 6**0.5).softmax(-1) @ wide}
    t.same(t(query, key, wide), right(query, key, wide), known, "the result for values that are wider than queries")
    mask, soft = library.causal_mask(7), t.normal(2, 1, 4, 7)
    finite = mask.nan_to_num(neginf=-30)  # -inf makes nan of more than one mistake
    soft[..., 0] = 0
    hidden = right(query, key, value, mask)

    def infinite_only() -> Any:
        return right(query, key, value) if equal(t.mine(query, key, value, mask), hidden, TOLERANCE) else None

    known = {attention_mistakes.ONLY_INFINITE: infinite_only}
    known = {**known, **given_by(attention_mistakes.of_masks(query, key, value, finite))}
    came = t.call(t.mine, query, key, value, finite, errors=attention_mistakes.WITH_MASK)
    t.same(came, right(query, key, value, finite), known, "with a mask of 0 and -30, the result")
    t.same(t(query, key, value, mask), right(query, key, value, mask), what="with a causal mask, the result")
    known = given_by(attention_mistakes.of_soft_masks(few, key, value, soft))
    t.same(t(few, key, value, soft), right(few, key, value, soft), known, "with a mask for each picture, the result")
    each = t.normal(2, 3, 4, 7)
    known = {attention_mistakes.NO_EFFECT: lambda: right(few, key, value)}
    t.same(t(few, key, value, each), right(few, key, value, each), known, "with a mask for each head, the result")
    large = [1000 * query.double(), key.double(), value.double()]
    scores = large[0] @ large[1].mT / 5**0.5
    known = {attention_mistakes.OVERFLOW: lambda: scores.exp() / scores.exp().sum(dim=-1, keepdim=True) @ large[2]}
    battery.keeps_dtype(t, t.mine, right, query, key, value)
    t.same(t(*large), right(*large), known, "the result for large scores")
    other = [t.normal(2, 3, 7, 5) for _ in range(3)]
    battery.in_turn(t, (t.mine, right, [query, key, value, mask]), (t.mine, right, other))
    battery.in_turn(t, (t.mine, right, [query, key, value]), (t.mine, right, other))
    mine, theirs = ([x.clone().requires_grad_() for x in (query, key, value)] for _ in range(2))
    pairs = dict(zip(heads_mistakes.NAMES, zip(mine, theirs, strict=True), strict=True))
    t.gradient(t(*mine), right(*theirs), pairs)
    battery.batch_of_one(t, t.mine, right, query, key, value)
    for what, one in (
        ("one head", (query[:, :1], key[:, :1], value[:, :1])),
        ("one query", (query[:, :, :1], key, value)),
        ("one token", (query, key[:, :, :1], value[:, :, :1])),
        ("values of one number", (query, key, value[..., :1])),
    ):
        known = {attention_mistakes.ONE_LOST: lambda one=one: right(*one).squeeze()}  # type: ignore[misc]
        t.same(t(*one), right(*one), known, f"the result for {what}")
    t.on_a_gpu(t.mine, query, key, value)
    t.on_a_gpu(t.mine, query, key, value, mask)


def both(t: Trial, kind: Callable[..., nn.Module], *arguments: int, **sizes: Any) -> tuple[Any, Any]:
    """The learner's module and minclip's with the same weights, all of them drawn: no bias is 0, no gain is 1."""
    theirs = kind(*arguments, **sizes)
    with torch.no_grad():
        for weight in theirs.parameters():
            weight.copy_(0.4 * t.normal(*weight.shape))
    mine = t(*arguments, **sizes)
    t.copy_weights(mine, theirs)
    return mine, theirs


def split_is_right(t: Trial, mine: Any, theirs: Any, x: Tensor, named: bool = False) -> None:
    """Claims query, key and value; named: with what the usual mistakes give."""
    came = t.call(mine.split, x, as_="split")
    number = len(came) if isinstance(came, tuple | list | Tensor) else 0
    found = "None: is there a return?" if came is None else f"{number} of them"
    cause = heads_mistakes.of_parts(came, x) if number else []
    t.holds(number == 3, "does not return three tensors", f"  got       {found}", *cause)
    for which, right in enumerate(theirs.split(x)):
        known = given_by(heads_mistakes.of_split(x, theirs, which)) if named else {}
        if len(x) == 1:
            known = {battery.ONE_LOST: lambda right=right: right.squeeze(0)}  # type: ignore[misc]
        t.same(came[which], right, known, heads_mistakes.NAMES[which])


def split(t: Trial, mine: Any, theirs: Any, x: Tensor) -> None:
    t.errors = heads_mistakes.SPLIT
    split_is_right(t, mine, theirs, x, named=True)
    came, right = t.call(mine.split, x, as_="split"), theirs.split(x)
    weights = ("in_proj_weight", "in_proj_bias")
    for part, expected in zip(came, right, strict=True):
        t.gradient(part, expected, {name: (getattr(mine, name), getattr(theirs, name)) for name in weights})
    split_is_right(t, mine, theirs, x[:1])
    split_is_right(t, mine, theirs, x[:, :1])
    t.errors = heads_mistakes.OTHER_SIZES
    for width, heads in ((20, 5), (5, 1)):
        mine, theirs = both(t, library.MultiHeadAttention, width, heads)
        split_is_right(t, mine, theirs, t.normal(3, 4, width))


def merge(t: Trial, mine: Any, theirs: Any, found: Tensor) -> None:
    t.errors = heads_mistakes.MERGE
    t.same(
        t.call(mine.merge, found, as_="merge"), theirs.merge(found), given_by(heads_mistakes.of_merge(found, theirs))
    )
    weights = ("out_proj.weight", "out_proj.bias")
    pairs = {name: (mine.get_parameter(name), theirs.get_parameter(name)) for name in weights}
    t.gradient(t.call(mine.merge, found, as_="merge"), theirs.merge(found), pairs)
    battery.batch_of_one(t, mine.merge, theirs.merge, found, as_="merge")
    t.errors = heads_mistakes.OTHER_SIZES
    for width, heads in ((20, 5), (5, 1)):
        mine, theirs = both(t, library.MultiHeadAttention, width, heads)
        found = t.normal(3, heads, 4, width // heads)
        t.same(t.call(mine.merge, found, as_="merge"), theirs.merge(found))


def MultiHeadAttention(t: Trial) -> None:
    mine, theirs = both(t, library.MultiHeadAttention, 12, 3)
    x = t.normal(2, 7, 12)  # 2 pictures, 7 tokens, 3 heads of width 4
    with t.method("split"):
        split(t, mine, theirs, x)
    with t.method("merge"):
        merge(t, mine, theirs, t.normal(2, 3, 7, 4))
    with t.method("forward"):
        t.errors = heads_mistakes.FORWARD
        forward(t, mine, theirs, x, heads_mistakes.of_heads(x, theirs), heads_mistakes.NOT_PASSED_ON)
        others = both(t, library.MultiHeadAttention, 20, 5)
        battery.in_turn(t, (mine, theirs, [x]), (*others, [t.normal(3, 9, 20)]))
        battery.leaves_no_trace(t, both(t, library.MultiHeadAttention, 12, 3)[0], x)


def forward(t: Trial, mine: Any, theirs: Any, x: Tensor, known: Mapping[str, Tensor], unmasked: str) -> None:
    """Value, mask, gradients and places of a module that maps tokens to tokens. unmasked: what ignores the mask."""
    t.same(t.call(mine, x, as_="forward"), theirs(x), given_by(known))
    unused: Known = {unmasked: lambda: theirs(x)}
    for what, mask in (("a causal mask", library.causal_mask(7)), ("a mask for each picture", t.normal(2, 1, 7, 7))):
        t.same(t.call(mine, x, mask, as_="forward"), theirs(x, mask), unused, f"with {what}, the result")
    t.same(t.call(mine, x, as_="forward"), theirs(x), what="the result without a mask, after calls with one")
    battery.in_turn(t, (mine, theirs, [x]), (mine, theirs, [t.normal(2, 7, 12)]))
    ours, right = x.clone().requires_grad_(), x.clone().requires_grad_()
    t.gradient(t.call(mine, ours, as_="forward"), theirs(right), {"x": (ours, right)})
    t.gradients_of_weights(mine, theirs, x, as_="forward")
    t.same(t.call(mine, x[:, SHUFFLED], as_="forward"), theirs(x)[:, SHUFFLED], what="the result for shuffled tokens")
    battery.batch_of_one(t, mine, theirs, x, as_="forward")
    t.same(t.call(mine, x[:, :1], as_="forward"), theirs(x[:, :1]), what="the result for one token")
    battery.keeps_dtype(t, mine, theirs, x, as_="forward")
    t.same(t.call(mine.eval(), x, as_="in eval mode, forward"), theirs(x))
    t.on_a_gpu(mine, x)
    t.on_a_gpu(mine, x, library.causal_mask(7))


def TransformerBlock(t: Trial) -> None:
    mine, theirs = both(t, library.TransformerBlock, 12, 3, 20)
    x, t.errors = t.normal(2, 7, 12), encoder_mistakes.BLOCK
    forward(t, mine, theirs, x, encoder_mistakes.of_block(x, theirs), encoder_mistakes.NOT_PASSED_ON)
    others = both(t, library.TransformerBlock, 10, 2, 6, quick_gelu=False)
    battery.in_turn(t, (mine, theirs, [x]), (*others, [t.normal(3, 9, 10)]))
    battery.leaves_no_trace(t, both(t, library.TransformerBlock, 12, 3, 20)[0], x)


def VisionTransformer(t: Trial) -> None:
    sizes = {"image_size": 12, "patch_size": 4, "width": 16, "layers": 2, "heads": 2, "embed_dim": 16, "mlp_width": 20}
    mine, theirs = both(t, library_vision.VisionTransformer, **sizes)
    image, t.errors = t.normal(3, 3, 12, 12), encoder_mistakes.ENCODER
    known = given_by(encoder_mistakes.of_features(theirs, image))
    t.same(t.call(mine, image, as_="forward"), theirs(image), known)
    battery.in_turn(t, (mine, theirs, [image]), (mine, theirs, [t.normal(3, 3, 12, 12)]))
    ours, right = image.clone().requires_grad_(), image.clone().requires_grad_()
    t.gradient(t.call(mine, ours, as_="forward"), theirs(right), {"image": (ours, right)})
    t.gradients_of_weights(mine, theirs, image, as_="forward")
    battery.keeps_dtype(t, mine, theirs, image, as_="forward")
    t.same(t.call(mine.eval(), image, as_="in eval mode, forward"), theirs(image))
    t.same(t.call(mine, image[1:], as_="forward"), theirs(image)[1:], what="the result for fewer pictures")
    battery.batch_of_one(t, mine, theirs, image, as_="forward")
    t.on_a_gpu(mine, image)
    t.raises(ValueError, mine, t.normal(3, 3, 8, 8), why="pictures of 8 × 8 for a model that reads 12 × 12")
    sizes = {"image_size": 8, "patch_size": 4, "width": 12, "layers": 4, "heads": 3, "embed_dim": 20, "mlp_width": 20}
    others = both(t, library_vision.VisionTransformer, **sizes)
    battery.in_turn(t, (mine, theirs, [image]), (*others, [t.normal(5, 3, 8, 8)]))
    battery.leaves_no_trace(t, both(t, library_vision.VisionTransformer, **sizes)[0], t.normal(2, 3, 8, 8))
