"""Hidden tests of lesson 03: other numbers of heads, tokens and layers, and masks that no cell has."""

import torch

from minclip import transformer as library
from minclip import vision
from minclip.course.assertions import Trial
from minclip.course.lesson_03_vision_transformer.checks import both


def attention(t: Trial) -> None:
    for batch, heads, queries, tokens, width in ((1, 1, 1, 1, 1), (3, 1, 2, 9, 8), (2, 5, 11, 3, 2), (1, 2, 6, 6, 16)):
        query = t.normal(batch, heads, queries, width)
        key, value = t.normal(batch, heads, tokens, width), t.normal(batch, heads, tokens, width + 1)
        right = library.attention(query, key, value)
        t.same(t(query, key, value), right, what=f"the result for {queries} queries and {tokens} tokens")
        mask = t.normal(queries, tokens)
        mask[:, 1:] = mask[:, 1:].masked_fill(t.normal(queries, tokens - 1) > 0.5, float("-inf"))
        right = library.attention(query, key, value, mask)
        t.same(t(query, key, value, mask), right, what="the result with a mask")


def MultiHeadAttention(t: Trial) -> None:
    for width, heads, batch, tokens in ((8, 8, 3, 2), (6, 1, 1, 4), (15, 3, 2, 11)):
        mine, theirs = both(t, library.MultiHeadAttention, width, heads)
        x = t.normal(batch, tokens, width)
        with t.method("split"):
            came = t.call(mine.split, x, as_="split")
            for which, right in enumerate(theirs.split(x)):
                t.same(came[which], right, what=f"part {which} of what split returns")
        with t.method("merge"):
            found = t.normal(batch, heads, tokens, width // heads)
            t.same(t.call(mine.merge, found, as_="merge"), theirs.merge(found))
        with t.method("forward"):
            mask = library.causal_mask(tokens)
            t.same(t.call(mine, x, as_="forward"), theirs(x))
            t.same(t.call(mine, x, mask, as_="forward"), theirs(x, mask), what="the result with a mask")
            t.gradients_of_weights(mine, theirs, x, as_="forward")


def TransformerBlock(t: Trial) -> None:
    for width, heads, mlp_width, quick, batch, tokens in ((8, 4, 5, True, 1, 3), (9, 1, 36, False, 4, 12)):
        mine, theirs = both(t, library.TransformerBlock, width, heads, mlp_width, quick_gelu=quick)
        x, mask = t.normal(batch, tokens, width), library.causal_mask(tokens)
        t.same(t.call(mine, x, as_="forward"), theirs(x))
        t.same(t.call(mine, x, mask, as_="forward"), theirs(x, mask), what="the result with a mask")
        t.gradients_of_weights(mine, theirs, x, as_="forward")


def VisionTransformer(t: Trial) -> None:
    names = ("image_size", "patch_size", "width", "layers", "heads", "embed_dim", "mlp_width", "quick_gelu")
    for sizes, batch in (((6, 3, 8, 1, 4, 3, 10, True), 1), ((15, 5, 6, 3, 3, 9, 24, False), 4)):
        mine, theirs = both(t, vision.VisionTransformer, **dict(zip(names, sizes, strict=True)))
        image = t.normal(batch, 3, sizes[0], sizes[0])
        t.same(t.call(mine, image, as_="forward"), theirs(image), what=f"the features of {batch} pictures")
        t.gradients_of_weights(mine, theirs, image, as_="forward")
        with torch.no_grad():
            mine.ln_post.bias.add_(1)
            theirs.ln_post.bias.add_(1)
        t.same(t.call(mine, image, as_="forward"), theirs(image), what="the features with another bias")
