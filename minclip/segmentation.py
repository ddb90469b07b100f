"""From heat to places: is the highest heat on the thing, which pixels are the thing, which box holds it?

heat: float [batch, rows, columns], of saliency.py; ValueError for another rank. Places are shares of the picture's
side: (0, 0) is the top left corner, a box is (left, top, right, bottom). Whatever is chosen, such as a threshold, is
chosen on pictures that are not scored. Source of the pointing game: Zhang et al. 2018 (Excitation Backprop).
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

THRESHOLDS = tuple(round(0.05 * i, 2) for i in range(1, 20))


def heat_at(heat: Tensor, points: Tensor) -> Tensor:
    """The heat at one point of each picture, interpolated between the cells' centres: float [batch].

    points: float [batch, 2], x and y.

    >>> heat_at(torch.tensor([[[0.0, 4.0]]]), torch.tensor([[0.5, 0.5]]))
    tensor([2.])
    """
    check_heat(heat)
    where = (2 * points - 1)[:, None, None].to(heat)  # [batch, 1, 1, 2], from -1 to 1
    return F.grid_sample(heat[:, None], where, padding_mode="border", align_corners=False).flatten()


def peak_in_box(heat: Tensor, boxes: Tensor) -> Tensor:
    """The pointing game: does the centre of the hottest cell lie in the box? bool [batch]. boxes: float [batch, 4].

    Raises ValueError for boxes of another shape.

    >>> peak_in_box(torch.tensor([[[0.0, 4.0]]]), torch.tensor([[0.6, 0.2, 0.9, 0.8]]))
    tensor([True])
    """
    check_heat(heat)
    pictures, rows, columns = heat.shape
    if boxes.shape != (pictures, 4):
        raise ValueError(f"boxes have shape {list(boxes.shape)}, not [{pictures}, 4]: give one box for each picture")
    best = heat.flatten(1).argmax(dim=1)  # [batch]
    x, y = (best % columns + 0.5) / columns, (best // columns + 0.5) / rows
    left, top, right, bottom = boxes.to(x).unbind(dim=1)
    return (left <= x) & (x <= right) & (top <= y) & (y <= bottom)


def from_0_to_1(heat: Tensor) -> Tensor:
    """Every picture's heat from 0, its lowest, to 1, its highest; a heat without differences is 0. The same shape.

    >>> from_0_to_1(torch.tensor([[[-1.0, 1.0], [3.0, 1.0]]]))
    tensor([[[0.0000, 0.5000],
             [1.0000, 0.5000]]])
    """
    check_heat(heat)
    low, high = heat.amin(dim=(1, 2), keepdim=True), heat.amax(dim=(1, 2), keepdim=True)
    return (heat - low) / torch.where(high > low, high - low, 1)


def heat_masks(heat: Tensor, size: int, threshold: float) -> Tensor:
    """The pixels of at least this heat: bool [batch, size, size]. Every picture's heat goes from 0 to 1 first.

    The heat is enlarged to size × size pixels, smoothly. threshold: from 0, every pixel, to 1, the hottest alone.
    """
    check_heat(heat)
    heat = F.interpolate(heat[:, None].float(), size=(size, size), mode="bilinear", align_corners=False)[:, 0]
    return from_0_to_1(heat) >= threshold


def mask_iou(masks: Tensor, others: Tensor) -> Tensor:
    """Intersection over union of two masks: the pixels in both, over the pixels in either. float32 [batch].

    masks, others: bool [batch, height, width]. Two empty masks have 0: they found nothing.

    >>> a, b = torch.tensor([[[True, True, False]]]), torch.tensor([[[False, True, True]]])
    >>> mask_iou(a, b)
    tensor([0.3333])
    """
    both = (masks & others).sum(dim=(1, 2))  # [batch]
    either = (masks | others).sum(dim=(1, 2))  # [batch]
    return both / either.clamp(min=1)


def best_threshold(heat: Tensor, masks: Tensor, thresholds: Sequence[float] = THRESHOLDS) -> float:
    """The threshold whose masks have the largest mean IoU with the right ones, bool [batch, size, size].

    Choose it on pictures that are not scored. Raises ValueError without thresholds, or a mask for each picture.
    """
    if not (len(thresholds) and len(masks) and len(heat) == len(masks)):
        raise ValueError(
            f"heat has {len(heat)} pictures, masks {len(masks)}, thresholds {len(thresholds)} numbers: give a mask for "
            f"each picture, and at least one of all three"
        )
    found = {one: mask_iou(heat_masks(heat, masks.shape[-1], one), masks).mean().item() for one in thresholds}
    return max(found, key=lambda one: found[one])


def mask_boxes(masks: Tensor) -> Tensor:
    """The smallest box around each mask: float32 [batch, 4], left, top, right, bottom. An empty mask has all 0.

    >>> mask_boxes(torch.tensor([[[False, True, False, False], [False, True, True, False]]]))
    tensor([[0.2500, 0.0000, 0.7500, 1.0000]])
    """
    ends = []
    for dim in (1, 2):  # columns, then rows
        used = masks.any(dim=dim)  # [batch, length]
        length = used.shape[1]
        places = torch.arange(length, device=masks.device)
        first = torch.where(used, places, length).amin(dim=1).where(used.any(dim=1), 0)
        last = torch.where(used, places + 1, 0).amax(dim=1)
        ends.append((first / length, last / length))
    (left, right), (top, bottom) = ends
    return torch.stack([left, top, right, bottom], dim=1)


def box_iou(boxes: Tensor, others: Tensor) -> Tensor:
    """Intersection over union of two boxes of each picture: float [batch]. boxes, others: float [batch, 4].

    Raises ValueError for other shapes.

    >>> box_iou(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([[0.0, 0.0, 0.5, 0.5]]))
    tensor([0.2500])
    """
    if boxes.shape != others.shape or boxes.shape[1:] != (4,):
        raise ValueError(
            f"boxes are {list(boxes.shape)}, others {list(others.shape)}, not [batch, 4]: give a box for each picture"
        )
    low, high = torch.maximum(boxes[:, :2], others[:, :2]), torch.minimum(boxes[:, 2:], others[:, 2:])
    both = (high - low).clamp(min=0).prod(dim=1)  # [batch]
    areas = [(one[:, 2:] - one[:, :2]).prod(dim=1) for one in (boxes, others)]
    either = areas[0] + areas[1] - both  # [batch]
    return both / torch.where(either > 0, either, 1)


def check_heat(heat: Tensor) -> None:
    """ValueError where heat is not [batch, rows, columns]."""
    if heat.ndim != 3:
        raise ValueError(
            f"heat has shape {list(heat.shape)}, not [batch, rows, columns]: of one picture, give heat[None]"
        )
