"""How the answers of lesson 03 are judged: attention, its heads, the block, the image encoder."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from minclip import transformer as library
from minclip import vision as library_vision
from minclip.course.assertions import Known, Trial
from minclip.course.lesson_03_vision_transformer import mistakes

NAMES = ("query", "key", "value")
SHUFFLED = torch.tensor([3, 0, 6, 5, 1, 4, 2])


def named(mistakes: Mapping[str, Tensor]) -> Known:
    """Mistakes with what they give, as claims want them."""
    return {words: lambda gives=gives: gives for words, gives in mistakes.items()}  # type: ignore[misc]


def attention(t: Trial) -> None:
    t.errors = mistakes.ATTENTION
    query, key, value = (t.normal(2, 3, 7, 5) for _ in range(3))  # 2 pictures, 3 heads, 7 tokens, head_width 5
    raw, root = query @ key.mT, 5**0.5
    scores = raw / root

    def mixed(scores: Tensor, values: Tensor = value, dim: int = -1) -> Tensor:
        return scores.softmax(dim=dim) @ values

    known = {
        "√head_width is missing: divide the scores by it before the softmax": mixed(raw),
        "you divide by head_width: divide by its square root": mixed(raw / 5),
        "you multiply by √head_width: divide by it": mixed(raw * root),
        "divide by √head_width before the softmax, not after it": mixed(raw) / root,
        "√ of all heads' width together: each head has query.shape[-1] numbers": mixed(raw / 15**0.5),
        "√ of the number of tokens: it is that of head_width, query.shape[-1]": mixed(raw / 7**0.5),
        "√ of the number of heads: it is that of head_width, query.shape[-1]": mixed(raw / 3**0.5),
        "the softmax runs over the queries: every query shares 1 among the tokens, dim=-1": mixed(scores, dim=-2),
        "the softmax runs over the heads: take it over the tokens, dim=-1": mixed(scores, dim=1),
        "query and key are swapped: rows of the scores are queries": mixed(scores.mT),
        "these are the shares: multiply them with value": scores.softmax(dim=-1),
        "value is not used, key stands in its place: the shares mix the values": mixed(scores, key),
        "value is not used, query stands in its place: the shares mix the values": mixed(scores, query),
        "the softmax is missing: a query's shares of the tokens must sum to 1": scores @ value,
        "the softmax is that of the scores, before they meet value": (scores @ value).softmax(dim=-1),
    }
    t.same(t(query, key, value), library.attention(query, key, value), named(known))
    few = t.normal(2, 3, 4, 5)
    t.same(t(few, key, value), library.attention(few, key, value), hint="here are 4 queries and 7 tokens")
    mask = library.causal_mask(7)
    known = {
        "the mask is not used: add it to the scores": mixed(scores),
        "add the mask to the scores: you multiply": mixed(scores * mask),
        "add the mask to the scores before the softmax, not to the shares": (scores.softmax(-1) + mask) @ value,
        "add the mask to the scores: you multiply the shares by it": (scores.softmax(-1) * mask) @ value,
        "the wrong tokens are forbidden: 0 means allowed. Add the mask": mixed(
            scores.masked_fill(mask == 0, -torch.inf)
        ),
        "the mask is subtracted: add it": mixed(scores - mask),
        "the mask is transposed: its rows are queries already": mixed(scores + mask.T),
    }
    what = "with a causal mask, the result"
    t.same(t(query, key, value, mask), library.attention(query, key, value, mask), named(known), what)
    soft, raw = t.normal(2, 1, 4, 7), few @ key.mT
    known = {
        "add the mask after the scores are divided by √head_width": mixed((raw + soft) / root),
        "a mask may hold other numbers than 0 and -inf: add it to the scores": mixed(raw / root),
        "a mask may hold any numbers: add it to the scores": torch.full((2, 3, 4, 5), torch.nan),
    }
    what = "with a mask for each picture, the result"
    t.same(t(few, key, value, soft), library.attention(few, key, value, soft), named(known), what)
    wide = t.normal(2, 3, 7, 6)
    hint = "value has 6 numbers here, query and key have 5: √head_width is that of the query"
    t.same(t(query, key, wide), library.attention(query, key, wide), hint=hint)
    double = [x.double() for x in (query, key, value)]
    t.same(t(*double), library.attention(*double), hint="float64 came in: float64 goes out")
    hint = "exp of a large score overflows: .softmax(dim=-1) takes care of that"
    t.same(t(1000 * double[0], *double[1:]), library.attention(1000 * double[0], *double[1:]), hint=hint)
    mine, theirs = ([x.clone().requires_grad_() for x in (query, key, value)] for _ in range(2))
    pairs = dict(zip(NAMES, zip(mine, theirs, strict=True), strict=True))
    t.gradient(t(*mine), library.attention(*theirs), pairs)
    hint = "keys with their values in another order must give the same mixture"
    other = t(query, key[:, :, SHUFFLED], value[:, :, SHUFFLED])
    t.same(other, library.attention(query, key, value), hint=hint)


def both(t: Trial, kind: Callable[..., nn.Module], *arguments: int, **sizes: int) -> tuple[Any, Any]:
    """The learner's module and minclip's with the same weights, all of them drawn: no bias is 0, no gain is 1."""
    theirs = kind(*arguments, **sizes)
    with torch.no_grad():
        for weight in theirs.parameters():
            weight.copy_(0.4 * t.normal(*weight.shape))
    mine = t(*arguments, **sizes)
    t.copy_weights(mine, theirs)
    return mine, theirs


def forward(t: Trial, mine: Any, theirs: Any, x: Tensor, known: Mapping[str, Tensor], hint: str = "") -> None:
    """Value, mask and gradient of a module that maps tokens to tokens."""
    t.same(t.call(mine, x, as_="forward"), theirs(x), named(known), hint=hint)
    unused = {"the mask has no effect: pass it on to the attention": theirs(x)}
    for what, mask in (("a causal mask", library.causal_mask(7)), ("a mask for each picture", t.normal(2, 1, 7, 7))):
        came = t.call(mine, x, mask, as_="forward")
        t.same(came, theirs(x, mask), named(unused), f"with {what}, the result")
    ours, right = x.clone().requires_grad_(), x.clone().requires_grad_()
    t.gradient(t.call(mine, ours, as_="forward"), theirs(right), {"x": (ours, right)})
    hint = "tokens in another order must give the same results, in that order"
    t.same(t.call(mine, x[:, SHUFFLED], as_="forward"), theirs(x)[:, SHUFFLED], hint=hint)


def split_is_right(t: Trial, mine: Any, theirs: Any, x: Tensor) -> None:
    """Query, key and value, each against what the usual mistakes give."""
    qkv = F.linear(x, theirs.in_proj_weight, theirs.in_proj_bias)  # [2, 7, 36]
    parts, bare = qkv.chunk(3, dim=-1), F.linear(x, theirs.in_proj_weight).chunk(3, dim=-1)  # three of [2, 7, 12]
    came = t.call(mine.split, x, as_="split")
    number = len(came) if isinstance(came, tuple | list | Tensor) else 0
    t.holds(number == 3, "does not return three tensors", "return query, key and value")
    for i, right in enumerate(theirs.split(x)):
        cut = [part.view(2, 7, 3, 4) for part in parts]
        known = {
            "heads come before tokens: transpose(1, 2)": cut[i],
            "a view alone mixes tokens: cut each token's numbers into heads, then transpose(1, 2)": (
                parts[i].reshape(2, 3, 7, 4)
            ),
            "this is not cut into heads yet": parts[i],
            "a head's numbers lie side by side: view(batch, tokens, heads, head_width)": (
                parts[i].view(2, 7, 4, 3).permute(0, 3, 1, 2)
            ),
            "cut into query, key and value first, and each of them into heads": (
                qkv.view(2, 7, 3, 3, 4)[:, :, :, i].transpose(1, 2)
            ),
            "in_proj_bias is missing": bare[i].view(2, 7, 3, 4).transpose(1, 2),
            "divide by √head_width in attention, not here as well": cut[i].transpose(1, 2) / 2,
        }
        for j in {0, 1, 2} - {i}:
            words = f"this is the {NAMES[j]}: the rows of in_proj_weight are query, key, value, in this order"
            known[words] = cut[j].transpose(1, 2)
        t.same(came[i], right, named(known), NAMES[i])


def MultiHeadAttention(t: Trial) -> None:
    mine, theirs = both(t, library.MultiHeadAttention, 12, 3)
    x, found = t.normal(2, 7, 12), t.normal(2, 3, 7, 4)  # 2 pictures, 7 tokens, 3 heads of width 4
    t.errors = mistakes.SPLIT
    split_is_right(t, mine, theirs, x)
    t.errors = mistakes.MERGE
    project, side_by_side = theirs.out_proj, found.transpose(1, 2).flatten(2)
    known = {
        "out_proj is missing: it mixes what the heads found": side_by_side,
        "transpose(1, 2) first: what a token's heads found must lie side by side": project(found.reshape(2, 7, 12)),
        "one head's numbers after the other's: you mix them": project(found.permute(0, 2, 3, 1).flatten(2)),
        "out_proj has a bias, too: call it, self.out_proj(...)": side_by_side @ project.weight.T,
    }
    t.same(t.call(mine.merge, found, as_="merge"), theirs.merge(found), named(known))
    query, key, value = theirs.split(x)
    flat = [part.transpose(1, 2).flatten(2) for part in (query, key, value)]
    known = {
        "query and key are swapped where you call attention": theirs.merge(library.attention(key, query, value)),
        "key and value are swapped where you call attention": theirs.merge(library.attention(query, value, key)),
        "the heads are not merged": library.attention(query, key, value),
        "merge has done out_proj already": project(theirs(x)),
        "x itself is added: that is the block's work": x + theirs(x),
        "here is one head of the whole width: give attention what split returns": project(library.attention(*flat)),
    }
    forward(t, mine, theirs, x, known, "split and merge are right; has attention passed its check?")
    t.on_a_gpu(mine, x)
    mine, theirs = both(t, library.MultiHeadAttention, 18, 2)
    x, t.errors = t.normal(3, 4, 18), mistakes.SIZES
    hint = "now 2 heads and width 18: read the sizes from x.shape and self.heads"
    t.same(t.call(mine, x, as_="forward"), theirs(x), hint=hint)


def TransformerBlock(t: Trial) -> None:
    mine, block = both(t, library.TransformerBlock, 12, 3, 20)
    x, t.errors = t.normal(2, 7, 12), mistakes.BLOCK
    attn, mlp, one, two = block.attn, block.mlp, block.ln_1, block.ln_2
    heard, other, bare = x + attn(one(x)), x + attn(two(x)), x + attn(x)
    post, late, normed = one(bare), x + one(attn(x)), one(x) + attn(one(x))
    known = {
        "the norms come after the additions: norm what goes into attn and mlp": two(post + mlp(post)),
        "the norms come after attn and mlp: norm what goes into them": late + two(mlp(late)),
        "both residuals are missing: add x to what attn gives, and the new x to what mlp gives": mlp(two(attn(one(x)))),
        "the first residual is missing: add x to what attn gives": attn(one(x)) + mlp(two(attn(one(x)))),
        "the second residual is missing: add the new x to what mlp gives": mlp(two(heard)),
        "the second residual adds the first x: add the new one, which attn has changed": x + mlp(two(heard)),
        "mlp reads the first x: give it the new one, which attn has changed": heard + mlp(two(x)),
        "ln_1 is used twice: mlp has ln_2": heard + mlp(one(heard)),
        "ln_2 is used twice: attn has ln_1": other + mlp(two(other)),
        "ln_1 and ln_2 are swapped": other + mlp(one(other)),
        "the norms change x itself: only what goes into attn and mlp is normed": two(normed) + mlp(two(normed)),
        "ln_1 changes x itself: only what goes into attn is normed": normed + mlp(two(normed)),
        "ln_2 changes x itself: only what goes into mlp is normed": two(heard) + mlp(two(heard)),
        "attn reads x without ln_1": bare + mlp(two(bare)),
        "mlp reads x without ln_2": heard + mlp(heard),
        "the norms are missing: ln_1 before attn, ln_2 before mlp": bare + mlp(bare),
        "attn comes first, then mlp": x + mlp(two(x)) + attn(one(x + mlp(two(x)))),
        "mlp is missing": heard,
        "attn is missing": x + mlp(two(x)),
    }
    forward(t, mine, block, x, known)
    with torch.no_grad():
        for weight in (*mine.attn.out_proj.parameters(), *mine.mlp.c_proj.parameters()):
            weight.zero_()
    hint = "where attn and mlp give 0, x comes out as it went in"
    t.same(t.call(mine, x, as_="forward"), x, hint=hint)


def VisionTransformer(t: Trial) -> None:
    sizes = {"image_size": 12, "patch_size": 4, "width": 16, "layers": 2, "heads": 2, "embed_dim": 16, "mlp_width": 20}
    mine, theirs = both(t, library_vision.VisionTransformer, **sizes)
    image = t.normal(3, 3, 12, 12)
    t.errors = mistakes.ENCODER
    t.same(t.call(mine, image, as_="forward"), theirs(image), named(mistakes.features(theirs, image)))
    ours, right = image.clone().requires_grad_(), image.clone().requires_grad_()
    t.gradient(t.call(mine, ours, as_="forward"), theirs(right), {"image": (ours, right)})
    t.on_a_gpu(mine, image)
    hint = "every picture has features of its own, whatever else is in the batch"
    t.same(t.call(mine, image[1:], as_="forward"), theirs(image)[1:], hint=hint)
    t.raises(ValueError, mine, t.normal(3, 3, 8, 8), why="pictures of 8 × 8 for a model that reads 12 × 12")
    sizes = {"image_size": 8, "patch_size": 4, "width": 12, "layers": 1, "heads": 3, "embed_dim": 10, "mlp_width": 20}
    mine, theirs = both(t, library_vision.VisionTransformer, **sizes)
    image = t.normal(2, 3, 8, 8)
    hint = "now other sizes: read them from x.shape and the weights"
    t.same(t.call(mine, image, as_="forward"), theirs(image), hint=hint)
