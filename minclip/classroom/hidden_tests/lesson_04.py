"""Hidden tests of lesson 04: other lengths, other vocabularies, EOT anywhere."""

from minclip.course.assertions import Trial
from minclip.course.lesson_04_causal_text_encoder.checks import NAMES, encoders, texts
from minclip.transformer import causal_mask as library_mask


def causal_mask(t: Trial) -> None:
    for length in (2, 3, 16, 50, int(t.whole(4, 40, 1))):
        came = t(length)
        t.same(came, library_mask(length), what=f"the mask of {length} tokens")
        t.holds(not came.requires_grad, "the mask asks for a gradient")


def TextTransformer(t: Trial) -> None:
    for sizes, count in (((6, 50, 8, 2, 4, 3), 1), ((20, 12, 12, 1, 1, 12), 5), ((4, 99, 10, 3, 5, 7), 3)):
        named = dict(zip(NAMES, sizes, strict=True))
        mine, theirs = encoders(t, named)
        ends = tuple(t.whole(1, named["context_length"], count).tolist())
        tokens = texts(t, named, ends)
        t.same(t.call(mine, tokens), theirs(tokens), what=f"the features of {count} texts")
        cut = tokens[:, : max(ends) + 1]
        t.same(t.call(mine, cut), theirs(cut), what="the features of texts without padding")
        longest = texts(t, named, (named["context_length"] - 1,) * count)
        t.same(t.call(mine, longest), theirs(longest), what="the features of the longest texts")
        t.gradients_of_weights(mine, theirs, tokens)
        too_long = t.whole(1, 9, 2, named["context_length"] + 3)
        t.raises(ValueError, mine, too_long, why="the texts are too long")
