"""How much an image encoder computes: the multiply-adds of its matrix products and convolutions, for one picture."""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from minclip.config import CLIPConfig
from minclip.model import image_encoder


def shape_only(config: CLIPConfig) -> nn.Module:
    """The image encoder without numbers: on PyTorch's meta device tensors have shapes and nothing else."""
    with torch.device("meta"):
        return image_encoder(config).eval()


def operations(config: CLIPConfig) -> int:
    """Multiply-adds of the image encoder for a picture. Norms, ReLUs and averages are not counted.

    >>> operations(CLIPConfig.preset("ViT-B/32"))
    4408811520
    """
    encoder = shape_only(config)
    picture = torch.zeros(1, 3, config.image_size, config.image_size, device="meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        encoder(picture)
    return int(counter.get_total_flops()) // 2  # a multiply-add is two operations


def parameters(config: CLIPConfig) -> int:
    """The image encoder's."""
    return sum(parameter.numel() for parameter in shape_only(config).parameters())
