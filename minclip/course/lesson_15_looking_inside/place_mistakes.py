"""What people write in place of lesson 15's occlusion_heat and mask_iou: each mistake, and what it gives."""

from collections.abc import Callable
from itertools import product
from operator import floordiv
from typing import Any

import torch
from torch import Tensor

from minclip.course.assertions import Mistake
from minclip.model import CLIP
from minclip.similarity import unit_rows

Way = Callable[..., Any]
Place = Callable[[slice, slice], Any]
ALL = slice(None)
COVER = "covered = pixels.clone(), then covered[:, :, rows, columns] = 0"
SIDE = "side = pixels.shape[-1] // cells"
DROP = "heat[:, row, column] = whole - left"


def in_all_channels(rows: slice, columns: slice) -> tuple[slice, ...]:
    return ALL, ALL, rows, columns


def score(model: CLIP, pixels: Tensor, texts: Tensor) -> Tensor:
    return (unit_rows(model.encode_image(pixels)) * unit_rows(texts)).sum(dim=-1)


def occluded(
    fill: Callable[[Tensor, slice, slice], Tensor | float] = lambda pixels, rows, columns: 0.0,
    compare: Callable[[Tensor, Tensor], Tensor] = torch.sub,
    measure: Callable[[CLIP, Tensor, Tensor], Tensor] = score,
    keeps: bool = False,
    outside: bool = False,
    everywhere: bool = False,
    at: Place = in_all_channels,
    side_of: Callable[[int, int], int] = floordiv,
) -> Way:
    """Occlusion with one thing changed."""

    def way(model: CLIP, pixels: Tensor, texts: Tensor, cells: int = 4) -> Tensor:
        side = side_of(pixels.shape[-1], cells)
        heat, covered = torch.empty(len(pixels), cells, cells), pixels.clone()
        with torch.no_grad():
            whole = measure(model, pixels, texts)
            for row, column in product(range(cells), repeat=2):
                rows, columns = slice(row * side, (row + 1) * side), slice(column * side, (column + 1) * side)
                covered = covered if keeps else torch.zeros_like(pixels) if outside or everywhere else pixels.clone()
                covered[at(rows, columns)] = pixels[at(rows, columns)] if outside else fill(pixels, rows, columns)
                heat[:, row, column] = compare(whole, measure(model, covered, texts))
        return heat

    return way


def dots(model: CLIP, pixels: Tensor, texts: Tensor) -> Tensor:
    return (model.encode_image(pixels) * texts).sum(dim=-1)


right_occlusion = occluded()

WRONG_OCCLUSIONS: dict[str, Way | tuple[Way, ...]] = {
    Mistake("this is what is left: how much the cosine falls is asked", way=DROP): occluded(
        compare=lambda whole, left: left
    ),
    Mistake("the sign is turned round: where much is lost, it is hot", way=DROP): occluded(
        compare=lambda whole, left: left - whole
    ),
    Mistake("the size of the change is taken: a cell that hides the thing lowers the cosine", way=DROP): occluded(
        compare=lambda whole, left: (whole - left).abs()
    ),
    Mistake("what is below 0 was cut off", way=DROP): occluded(compare=lambda whole, left: (whole - left).relu()),
    Mistake("the fall was divided by the cosine of the whole picture", way=DROP): occluded(
        compare=lambda whole, left: (whole - left) / whole
    ),
    Mistake("cells stay covered: each pass covers one cell of a fresh copy", way=COVER): occluded(keeps=True),
    Mistake("everything but the cell was covered", way=COVER): (
        occluded(outside=True),
        occluded(compare=lambda whole, left: left, outside=True),
    ),
    Mistake("the cell was covered with black: grey is 0 in normalised pixels", way=COVER): (
        occluded(lambda pixels, rows, columns: -1.0),
        occluded(lambda pixels, rows, columns: pixels.min()),
        occluded(lambda pixels, rows, columns: pixels.amin(dim=(2, 3), keepdim=True)),
    ),
    Mistake("the cell was covered with the brightest colour: grey is 0 in normalised pixels", way=COVER): (
        occluded(lambda pixels, rows, columns: pixels.max()),
        occluded(lambda pixels, rows, columns: pixels.amax(dim=(2, 3), keepdim=True)),
    ),
    Mistake("one colour channel alone was covered: a cell is covered in all three", way=COVER): (
        occluded(at=lambda rows, columns: (ALL, 0, rows, columns)),
        occluded(at=lambda rows, columns: (ALL, 1, rows, columns)),
        occluded(at=lambda rows, columns: (ALL, 2, rows, columns)),
    ),
    Mistake("a stripe was covered, from one side to the other: a cell ends in both directions", way=COVER): (
        occluded(at=lambda rows, columns: (ALL, ALL, rows)),
        occluded(at=lambda rows, columns: (ALL, ALL, ALL, columns)),
    ),
    Mistake("the second dimension is that of the colours: rows and columns are the last two", way=COVER): (
        occluded(at=lambda rows, columns: (ALL, rows, columns)),
        occluded(at=lambda rows, columns: (ALL, columns, rows)),
    ),
    Mistake("a cell's side is not the number of cells: it is the picture's side, divided by it", way=SIDE): occluded(
        side_of=lambda size, cells: cells
    ),
    Mistake("every cell has the same side, whatever the picture and cells: divide the picture's by cells", way=SIDE): (
        occluded(side_of=lambda size, cells: 8),
        occluded(side_of=lambda size, cells: 4),
    ),
    Mistake("the cell was covered with 1: grey is 0 in normalised pixels", way=COVER): occluded(
        lambda pixels, rows, columns: 1.0
    ),
    Mistake("the cell was covered with 0.5: in normalised pixels grey is 0", way=COVER): occluded(
        lambda pixels, rows, columns: 0.5
    ),
    Mistake("the cell was covered with its own mean, or the picture's: grey is 0", way=COVER): (
        occluded(lambda pixels, rows, columns: pixels[:, :, rows, columns].mean(dim=(2, 3), keepdim=True)),
        occluded(lambda pixels, rows, columns: pixels.mean(dim=(2, 3), keepdim=True)),
        occluded(lambda pixels, rows, columns: pixels.mean()),
    ),
    Mistake("these are dot products: a cosine needs length 1 of both", way="unit_rows of both"): occluded(measure=dots),
    Mistake("only the texts have length 1: the pictures' features need it, too", way="unit_rows of both"): occluded(
        measure=lambda model, pixels, texts: dots(model, pixels, unit_rows(texts))
    ),
    Mistake("only the pictures have length 1: the texts need it, too", way="unit_rows of both"): occluded(
        measure=lambda model, pixels, texts: (unit_rows(model.encode_image(pixels)) * texts).sum(dim=-1)
    ),
    Mistake(
        "every picture got the first text: text i belongs to picture i",
        way="unit_rows(features) * texts",
    ): occluded(
        measure=lambda model, pixels, texts: score(model, pixels, texts[:1])
    ),
    Mistake("rows and columns are swapped", way="covered[:, :, rows, columns]: the rows come first"): (
        lambda model, pixels, texts, cells=4: right_occlusion(model, pixels, texts, cells).mT
    ),
    Mistake("the grid is missing: cells in rows and columns are asked", way="heat[:, row, column]"): (
        lambda model, pixels, texts, cells=4: right_occlusion(model, pixels, texts, cells).flatten(1)
    ),
    Mistake("cells always counts as 4", way="side = pixels.shape[-1] // cells"): (
        lambda model, pixels, texts, cells=4: right_occlusion(model, pixels, texts, 4),
        lambda model, pixels, texts, cells=4: of_quarters(model, pixels, texts, cells),
    ),
    Mistake("the whole picture was covered: only the cell is", way=COVER): occluded(everywhere=True),
    Mistake("only one of the two cosines is a cosine: unit_rows of both pictures' features", way=DROP): (
        lambda model, pixels, texts, cells=4: half_unit(model, pixels, texts, cells)
    ),
    Mistake("the batch's falls were averaged: a heat for each picture is asked", way="sum(dim=-1), not mean()"): (
        lambda model, pixels, texts, cells=4: right_occlusion(model, pixels, texts, cells).mean(dim=0)
    ),
    Mistake("the heat was stretched to 0 to 1: the fall itself is asked", way=DROP): (
        lambda model, pixels, texts, cells=4: from_0_to_1(right_occlusion(model, pixels, texts, cells))
    ),
}  # fmt: skip


def of_quarters(model: CLIP, pixels: Tensor, texts: Tensor, cells: int) -> Tensor:
    """Cells of a quarter of the side, wherever they stand, cells² of them."""
    return right_occlusion(model, pixels, texts, 4)[:, :cells, :cells]


def half_unit(model: CLIP, pixels: Tensor, texts: Tensor, cells: int) -> Tensor:
    """The cosine of the whole picture, minus the product of the covered one."""
    unit = unit_rows(texts)
    product_of = occluded(compare=lambda whole, left: left, measure=dots)(model, pixels, unit, cells)
    return score(model, pixels, texts)[:, None, None].detach() - product_of


def from_0_to_1(heat: Tensor) -> Tensor:
    low, high = heat.amin(dim=(1, 2), keepdim=True), heat.amax(dim=(1, 2), keepdim=True)
    return (heat - low) / (high - low)


IOU = "(masks & others).sum(dim=(1, 2)) / (masks | others).sum(dim=(1, 2)).clamp(min=1)"


def counted(ratio: Callable[[Tensor, Tensor, Tensor, Tensor], Any]) -> Way:
    """A quotient of what is counted: the pixels in both, in either, in the first, in the second."""

    def way(masks: Tensor, others: Tensor) -> Any:
        return ratio(*(m.sum(dim=(1, 2)) for m in (masks & others, masks | others, masks, others)))

    return way


WRONG_IOUS: dict[str, Way | tuple[Way, ...]] = {
    Mistake("this is the Dice coefficient: twice the intersection over both sizes", way=IOU): counted(
        lambda both, either, a, b: 2 * both / (a + b).clamp(min=1)
    ),
    Mistake("this is the share of the first mask: divide by the pixels in either", way=IOU): counted(
        lambda both, either, a, b: both / a.clamp(min=1)
    ),
    Mistake("this is the share of the second mask: divide by the pixels in either", way=IOU): counted(
        lambda both, either, a, b: both / b.clamp(min=1)
    ),
    Mistake("both sizes were added: what is in both counts once in the union", way=IOU): counted(
        lambda both, either, a, b: both / (a + b).clamp(min=1)
    ),
    Mistake("this is the share of the smaller mask: divide by the pixels in either", way=IOU): counted(
        lambda both, either, a, b: both / torch.minimum(a, b).clamp(min=1)
    ),
    Mistake("this is the share of the larger mask: divide by the pixels in either", way=IOU): counted(
        lambda both, either, a, b: both / torch.maximum(a, b).clamp(min=1)
    ),
    Mistake("the quotient is turned round: intersection over union", way=IOU): counted(
        lambda both, either, a, b: either / both.clamp(min=1)
    ),
    Mistake("this is the union's size: it divides the intersection's", way=IOU): counted(
        lambda both, either, a, b: either
    ),
    Mistake("this is the intersection's size: it is divided by the union's", way=IOU): counted(
        lambda both, either, a, b: both
    ),
    Mistake("this is the share of all pixels: divide by those in either", way=IOU): (
        lambda masks, others: (masks & others).float().mean(dim=(1, 2))
    ),
    Mistake("this is the share of pixels at which the two agree, those in neither among them", way=IOU): (
        lambda masks, others: (masks == others).float().mean(dim=(1, 2))
    ),
    Mistake("this divides by what is in one mask alone: | is what is in either, ^ what is in one alone", way=IOU): (
        counted(lambda both, either, a, b: both / (either - both).clamp(min=1))
    ),
    Mistake("1 was added: that changes every quotient, and only 0 / 0 needs help", way=IOU): (
        counted(lambda both, either, a, b: both / (either + 1)),
        counted(lambda both, either, a, b: (both + 1) / (either + 1)),
    ),
    Mistake("this is what is in one alone: ^ gives that, & what is in both", way=IOU): counted(
        lambda both, either, a, b: (either - both) / either.clamp(min=1)
    ),
    Mistake("the pixels of all pictures were counted together: a number for each picture is asked", way=IOU): (
        lambda masks, others: (masks & others).sum() / (masks | others).sum().clamp(min=1)
    ),
    Mistake("this is the mean over the pictures: a number for each is asked", way=IOU): (
        lambda masks, others: counted(lambda both, either, a, b: both / either.clamp(min=1))(masks, others).mean()
    ),
    Mistake("each row of pixels was taken by itself: count over both dimensions", way=IOU): (
        lambda masks, others: (masks & others).sum(dim=2) / (masks | others).sum(dim=2).clamp(min=1),
        lambda masks, others: (masks & others).sum(dim=1) / (masks | others).sum(dim=1).clamp(min=1),
    ),
    Mistake("// cuts off what is behind the point", way=IOU): counted(
        lambda both, either, a, b: both // either.clamp(min=1)
    ),
    Mistake("the quotient was made a whole number", way=IOU): counted(
        lambda both, either, a, b: (both / either.clamp(min=1)).long()
    ),
}  # fmt: skip
