"""What is measured: a batch, what its training step costs in operations, and the machine's best to compare with."""

from collections.abc import Callable

import torch
from torch import Tensor

from minclip.config import CLIPConfig
from minclip.engine.batches import Batch
from minclip.engine.devices import Device


def noise_batch(config: CLIPConfig, pairs: int, longest: int, length: int, device: Device) -> Batch:
    """Pictures and texts without meaning. The longest text has `longest` tokens of `length`, the others fewer."""
    generator = torch.Generator().manual_seed(1)
    pixels = torch.randn(pairs, 3, config.image_size, config.image_size, generator=generator)
    tokens = torch.randint(1, config.vocab_size - 2, (pairs, length), generator=generator)
    ends = torch.randint(longest // 2, longest, (pairs, 1), generator=generator)
    ends[0] = longest - 1
    place = torch.arange(length)
    tokens = tokens.where(place < ends, torch.where(place == ends, config.vocab_size - 1, 0))  # EOT, then zeros
    return Batch(pixels.to(device.device), tokens.to(device.device))


def step_flops(config: CLIPConfig, pairs: int, length: int) -> int:
    """Operations of a training step's matrix products, for texts of so many tokens, where everything is computed.

    Who leaves out what nobody reads does with fewer; it is the same work all the same.
    """

    def blocks(tokens: int, width: int, hidden: int, layers: int) -> int:
        return layers * (tokens * width * (4 * width + 2 * hidden) + 2 * tokens**2 * width)

    hidden = config.vision_mlp_width or 4 * config.vision_width
    assert isinstance(config.vision_layers, int) and config.patch_size is not None  # a ViT
    products = blocks(1 + config.patches, config.vision_width, hidden, config.vision_layers)
    products += blocks(length, config.text_width, 4 * config.text_width, config.text_layers)
    products += (config.vision_width + config.text_width) * config.embed_dim + pairs * config.embed_dim  # and logits
    stem = config.patches * 3 * config.patch_size**2 * config.vision_width  # needs no gradient of the pixels
    return 2 * pairs * (3 * products + 2 * stem)


def matrix_product(dtype: torch.dtype, device: Device, side: int = 2048) -> tuple[Callable[[], Tensor], int]:
    """(a large product, its floating-point operations): what the machine does at its best."""
    left, right = torch.randn(2, side, side, device=device.device).to(dtype)
    return lambda: left @ right, 2 * side**3
