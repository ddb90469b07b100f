"""WiSE-FT: weights between those before and those after a fine-tuning (Wortsman et al. 2021, arXiv 2109.01903).

A model that was fine-tuned is better at the new task, and has forgotten something of the old one. The weights on the
straight line between the two models often keep most of both.
"""

import copy

import torch

from minclip.model import CLIP


def mixed(before: CLIP, after: CLIP, share: float) -> CLIP:
    """A new model with the weights (1 - share) · before + share · after.

    share: 0 is before, 1 is after. ValueError where it is not from 0 to 1, or the two are not of one architecture.

    >>> from minclip.config import CLIPConfig
    >>> a, b = (CLIP(CLIPConfig(8, 8, 4, 64, 1, 64, 1, 1, context_length=8, vocab_size=600)) for _ in range(2))
    >>> torch.equal(mixed(a, b, 1.0).logit_scale, b.logit_scale)
    True
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share={share} must be from 0 (before) to 1 (after)")
    ours, theirs = before.state_dict(), after.state_dict()
    if {name: t.shape for name, t in ours.items()} != {name: t.shape for name, t in theirs.items()}:
        raise ValueError("the two models have other weights than each other: mix models of one architecture")
    model = copy.deepcopy(after)
    with torch.no_grad():
        for name, weight in model.state_dict().items():
            if weight.is_floating_point():  # of a batch norm, counts stay those of `after`
                weight.copy_(torch.lerp(ours[name].to(weight), theirs[name].to(weight), share))
    return model.eval()
