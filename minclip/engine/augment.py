"""The only augmentation CLIP uses: a random resized crop, for a whole batch; on request mirror and turns.

Source: CLIP paper section 2.4 ("a random square crop from resized images is the only data augmentation").
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

ASPECT = (3 / 4, 4 / 3)  # range of width / height of a crop (Szegedy et al. 2015)


def random_crops(
    batch: int, scale: tuple[float, float], generator: torch.Generator, mirror: bool = False, turn: bool = False
) -> Tensor:
    """A random rectangle for each picture: float [batch, 2, 3], affine maps from the output's square [-1, 1]² into it.

    scale: range of the crop's share of the area, in (0, 1]; mirror: half of them left to right; turn: by 0 to 3
    quarters; generator: a CPU generator, so that every device crops alike.
    """
    low, high = scale
    if not 0 < low <= high <= 1:
        raise ValueError(f"scale={scale} must be a range within (0, 1]: shares of the picture's area")
    draw = torch.rand(6, batch, generator=generator)
    area = low + (high - low) * draw[0]
    log_aspect = math.log(ASPECT[0]) + (math.log(ASPECT[1]) - math.log(ASPECT[0])) * draw[1]
    width = (area * log_aspect.exp()).sqrt().clamp(max=1)  # [batch], shares of the picture's width
    height = (area / log_aspect.exp()).sqrt().clamp(max=1)
    crop = torch.zeros(batch, 2, 3)
    crop[:, 0, 0], crop[:, 0, 2] = width, (1 - width) * (2 * draw[2] - 1)
    crop[:, 1, 1], crop[:, 1, 2] = height, (1 - height) * (2 * draw[3] - 1)
    if mirror:
        crop[:, 0, 0] *= torch.where(draw[4] < 0.5, -1.0, 1.0)
    if turn:
        angle = math.pi / 2 * (4 * draw[5]).floor()
        turned = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], dim=-1)  # [batch, 4]
        crop[:, :, :2] = crop[:, :, :2] @ turned.view(batch, 2, 2)
    return crop


def crop_and_resize(pixels: Tensor, crops: Tensor, size: int) -> Tensor:
    """What each map of `random_crops` shows, scaled to size × size (bilinear).

    pixels: float [batch, 3, height, width]; crops: float [batch, 2, 3]. Returns float [batch, 3, size, size].
    """
    grid = F.affine_grid(crops.to(pixels.device), [len(pixels), 3, size, size], align_corners=False)
    padding = "border"
    if pixels.device.type == "mps":  # Apple's GPU has no "border" before PyTorch 2.13: no point may lie beyond it
        height, width = pixels.shape[2:]
        x, y = grid.unbind(-1)
        x, y = (
            x.clamp(1 / width - 1, 1 - 1 / width),
            y.clamp(1 / height - 1, 1 - 1 / height),
        )  # outermost pixels' centres
        grid, padding = torch.stack([x, y], dim=-1), "zeros"
    return F.grid_sample(pixels, grid, mode="bilinear", padding_mode=padding, align_corners=False)
