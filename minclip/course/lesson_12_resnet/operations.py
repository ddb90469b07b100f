"""How much an image encoder computes: the multiply-adds of its matrix products and convolutions, for one picture."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.utils.flop_counter import FlopCounterMode

from minclip.config import CLIPConfig
from minclip.model import image_encoder


def operations(config: CLIPConfig) -> int:
    """Multiply-adds of the image encoder for a picture. Norms, ReLUs and the like are not counted.

    >>> operations(CLIPConfig.preset("tiny"))
    31481856
    """
    with keeps_random_state():
        encoder = image_encoder(config).eval()
    picture = torch.zeros(1, 3, config.image_size, config.image_size)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        encoder(picture)
    return int(counter.get_total_flops()) // 2  # a multiply-add is two operations


@contextmanager
def keeps_random_state() -> Iterator[None]:
    """What is drawn inside leaves the generator as it was."""
    with torch.random.fork_rng(devices=[]):
        yield
