"""Hidden tests of lesson 14: other numbers of patches, tokens of other widths, texts of another vocabulary."""

import torch

from minclip import masking
from minclip.course.assertions import Trial
from minclip.course.lesson_14_half_the_work.checks import counted


def kept_patches(t: Trial) -> None:
    for rows, patches, masked in ((5, 49, 0.6), (7, 12, 0.2), (2, 20, 0.9), (1, 4, 0.5)):
        came = counted(t, rows, patches, masked)
        inside = bool(((came >= 0) & (came < patches)).all())
        t.holds(inside, f"a patch is named that is none of the {patches}")
        t.holds(all(len(set(row)) == len(row) for row in came.tolist()), "a patch is there twice")
    for masked in (1.5, -0.1):
        t.raises(ValueError, t.mine, 3, 9, masked, why="the share must be from 0 to below 1")


def keep_tokens(t: Trial) -> None:
    for batch, patches, width, k in ((4, 9, 3, 5), (2, 6, 7, 6), (1, 16, 2, 4)):
        x = t.normal(batch, 1 + patches, width)
        kept = torch.stack([torch.randperm(patches, generator=t.generator)[:k] for _ in range(batch)])
        t.same(t(x, kept), masking.keep_tokens(x, kept), what=f"the result for {k} of {patches} patches")


def shorten(t: Trial) -> None:
    for columns, eot in ((8, 30), (11, 977)):
        tokens = t.whole(0, eot - 1, 6, columns)
        tokens[:, 0] = eot - 1  # SOT
        for row, end in enumerate((2, 3, 4, 5, 6, columns - 1)):
            tokens[row, end], tokens[row, end + 1 :] = eot, 0
        for length in (3, 5, 6, columns):
            came = t(tokens, length)
            t.same(came, masking.shorten(tokens, length), what=f"the result for length = {length}, EOT = {eot}")
    t.raises(ValueError, t.mine, tokens, 1, why="SOT, EOT and a token between them are 3")
