"""Which pictures a step sees, and all else that is random about it: drawn from (seed, step) alone.

So a run that stops at any step goes on as if it had not. For batches.py.
"""

import hashlib
from functools import lru_cache

import torch
from torch import Tensor

SMALL = 10  # batches in an epoch; in a set of fewer no batch holds a picture twice


def generator_for(*key: object) -> torch.Generator:
    """A CPU generator that depends on the key and on nothing else.

    Hashed, because PyTorch's CPU generator reads only the last 32 bits of a seed: (seed << 32) + step would forget
    the seed.
    """
    digest = hashlib.sha256("/".join(map(str, key)).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:4], "big"))


@lru_cache(maxsize=4)  # an epoch has many steps, and one order
def epoch_order(pictures: int, seed: int, epoch: int) -> Tensor:
    """All pictures of a set, shuffled anew for every epoch: int64 [pictures]. It is kept: not to be written into."""
    return torch.randperm(pictures, generator=generator_for("shuffle", seed, epoch))


@lru_cache(maxsize=4)
def parted_order(pictures: int, seed: int, epoch: int, batch_size: int) -> Tensor:
    """`epoch_order`, but the batch in which the epoch begins gets no picture that it has from the epoch before.

    What it has already comes right after that batch: later pictures stay where they are, so that an epoch's end does
    not depend on its beginning. That needs two batches in an epoch at least.
    """
    order = epoch_order(pictures, seed, epoch)
    shared = epoch * pictures % batch_size  # rows of the batch that belong to the epoch before
    if shared == 0:
        return order
    before = epoch_order(pictures, seed, epoch - 1)[pictures - shared :]
    first = order[~torch.isin(order, before)][: batch_size - shared]
    return torch.cat([first, order[~torch.isin(order, first)]])


def indices_of_step(step: int, batch_size: int, pictures: int, seed: int, parted: bool) -> Tensor:
    """Batch after batch out of one shuffled epoch after the other: int64 [batch_size]; parted: no picture twice."""
    position = torch.arange(step * batch_size, (step + 1) * batch_size)
    epochs = position // pictures
    indices = torch.empty_like(position)
    for epoch in epochs.unique().tolist():
        here = epochs == epoch
        known = (pictures, seed, epoch)
        order = parted_order(*known, batch_size) if parted else epoch_order(*known)
        indices[here] = order[position[here] % pictures]
    return indices


def batch_indices(step: int, batch_size: int, pictures: int, seed: int) -> Tensor:
    """Which pictures make up the batch of a step: every epoch is a fresh shuffle, and batches run on across epochs.

    Where an epoch begins within a batch, a picture may stand in that batch twice and be its own negative. In a large
    set this is rare (twins.py counts it). A set of fewer than SMALL batches is kept free of it: the epoch begins with
    other pictures (`parted_order`); and in a set of fewer than two batches, every batch leaves some pictures out, in
    turn. Only a batch with more rows than there are pictures must repeat some.
    Returns int64 [batch_size]. Pictures take turns: after any number of steps, counts differ by one at most.
    """
    if not batch_size < pictures < SMALL * batch_size:
        return indices_of_step(step, batch_size, pictures, seed, parted=False)
    if pictures >= 2 * batch_size:
        return indices_of_step(step, batch_size, pictures, seed, parted=True)
    left_out = indices_of_step(step, pictures - batch_size, pictures, seed, parted=True)
    order = torch.randperm(pictures, generator=generator_for("rows", seed, step))
    return order[~torch.isin(order, left_out)]
