"""What people write in place of lesson 15's attention_rollout, occlusion_heat and mask_iou, and what it gives."""

from collections.abc import Callable
from itertools import product
from typing import Any

import torch
from torch import Tensor

from minclip.course.assertions import Mistake
from minclip.model import CLIP
from minclip.similarity import unit_rows

Way = Callable[..., Any]
STEP = "together = (layer + same) / 2 @ together"
CLS = "together[:, 0, 1:]"


def grid(heat: Tensor) -> Tensor:
    side = int(heat.shape[1] ** 0.5)
    return heat.unflatten(1, (side, side))


def rolled(
    layers: Tensor, mix: Callable[[Tensor, Tensor], Tensor] = lambda layer, same: (layer + same) / 2, left: bool = True
) -> Tensor:
    """The product of all layers, [batch, tokens, tokens]. layers: [layers, batch, tokens, tokens]."""
    same = torch.eye(layers.shape[-1])
    together = same
    for layer in layers:
        together = mix(layer, same) @ together if left else together @ mix(layer, same)
    return together


def of_cls(together: Tensor) -> Tensor:
    return grid(together[:, 0, 1:])


def mixed_by(mix: Callable[[Tensor, Tensor], Tensor]) -> Way:
    return lambda maps: of_cls(rolled(maps.mean(dim=2), mix))


def unit_sum(x: Tensor) -> Tensor:
    return x / x.sum(dim=-1, keepdim=True)


WRONG_ROLLOUTS: dict[str, Way | tuple[Way, ...]] = {
    Mistake("the residual is missing: half of every token is itself", way=STEP): mixed_by(lambda layer, same: layer),
    Mistake("attention and residual were added without the half: the shares must sum to 1", way=STEP): mixed_by(
        lambda layer, same: layer + same
    ),
    Mistake("the residual was halved, the attention was not", way=STEP): mixed_by(
        lambda layer, same: layer + same / 2
    ),
    Mistake("the attention was halved, the residual was not", way=STEP): mixed_by(
        lambda layer, same: layer / 2 + same
    ),
    Mistake("the product is turned round: a later layer stands on the left", way=STEP): (
        lambda maps: of_cls(rolled(maps.mean(dim=2), left=False)),
        lambda maps: of_cls(rolled(maps.mean(dim=2).flip(0))),
    ),
    Mistake("this is the last layer alone", way=STEP): (
        lambda maps: of_cls(rolled(maps.mean(dim=2)[-1:])),
        lambda maps: of_cls(maps[-1].mean(dim=1)),
    ),
    Mistake("this is the first layer alone", way=STEP): (
        lambda maps: of_cls(rolled(maps.mean(dim=2)[:1])),
        lambda maps: of_cls(maps[0].mean(dim=1)),
    ),
    Mistake("the last layer is left out", way="for layer in attentions.mean(dim=2)"): (
        lambda maps: of_cls(rolled(maps.mean(dim=2)[:-1]))
    ),
    Mistake("the first layer is left out", way="begin with the unit matrix, and take every layer"): (
        lambda maps: of_cls(rolled(maps.mean(dim=2)[1:]))
    ),
    Mistake("the layers were averaged: each reads what the one before it mixed, so they are multiplied", way=STEP): (
        lambda maps: of_cls((maps.mean(dim=2) + torch.eye(maps.shape[-1])).mean(dim=0) / 2),
        lambda maps: of_cls(maps.mean(dim=(0, 2))),
    ),
    Mistake("the layers were added: each reads what the one before it mixed, so they are multiplied", way=STEP): (
        lambda maps: of_cls(maps.mean(dim=2).sum(dim=0)),
    ),
    Mistake("the largest head was taken: the mean of the heads is asked", way="attentions.mean(dim=2)"): (
        lambda maps: of_cls(rolled(maps.amax(dim=2))),
        lambda maps: of_cls(rolled(maps.amax(dim=2), lambda layer, same: unit_sum(layer + same))),
    ),
    Mistake("the smallest head was taken: the mean of the heads is asked", way="attentions.mean(dim=2)"): (
        lambda maps: of_cls(rolled(maps.amin(dim=2)))
    ),
    Mistake("this is the first head alone: the mean of the heads is asked", way="attentions.mean(dim=2)"): (
        lambda maps: of_cls(rolled(maps[:, :, 0]))
    ),
    Mistake(
        "the mean over the batch was taken: dimension 1 is the batch, 2 are the heads",
        way="attentions.mean(dim=2)",
    ): (
        lambda maps: of_cls(rolled(maps.mean(dim=1)))
    ),
    Mistake("the heads were added: their mean is asked", way="attentions.mean(dim=2)"): (
        lambda maps: of_cls(rolled(maps.sum(dim=2)))
    ),
    Mistake("the matrices were multiplied number by number: @ is the product of matrices", way=STEP): (
        lambda maps: of_cls(((maps.mean(dim=2) + torch.eye(maps.shape[-1])) / 2).prod(dim=0)),
        lambda maps: torch.zeros_like(of_cls(maps[0, :, 0])),  # a unit matrix leaves its diagonal alone
    ),
    Mistake("this is the column of CLS, what it gives to the patches: its row says what it takes", way=CLS): (
        lambda maps: grid(rolled(maps.mean(dim=2))[:, 1:, 0])
    ),
    Mistake("every token's row was averaged: CLS alone is read at the end", way=CLS): (
        lambda maps: grid(rolled(maps.mean(dim=2)).mean(dim=1)[:, 1:]),
        lambda maps: grid(rolled(maps.mean(dim=2))[:, 1:, 1:].mean(dim=1)),
    ),
    Mistake("this is the last token's row: CLS is the first one", way=CLS): (
        lambda maps: grid(rolled(maps.mean(dim=2))[:, -1, 1:]),
        lambda maps: grid(rolled(maps.mean(dim=2))[:, -1, :-1]),
    ),
    Mistake("the last patch is left out, and CLS's own share stands first", way=CLS): (
        lambda maps: grid(rolled(maps.mean(dim=2))[:, 0, :-1])
    ),
    Mistake(
        "rows and columns are swapped: patches come in reading order, row by row",
        way="unflatten(1, (side, side))",
    ): (
        lambda maps: of_cls(rolled(maps.mean(dim=2))).mT
    ),
    Mistake("the grid is missing: one number for each patch, in rows and columns", way="unflatten(1, (side, side))"): (
        lambda maps: rolled(maps.mean(dim=2))[:, 0, 1:]
    ),
    Mistake("the patches' shares were made to sum to 1: CLS keeps some of itself", way=CLS): (
        lambda maps: grid(unit_sum(rolled(maps.mean(dim=2))[:, 0, 1:]))
    ),
    Mistake("the heat was divided by its largest number: the shares themselves are asked", way=CLS): (
        lambda maps: of_cls(rolled(maps.mean(dim=2))) / of_cls(rolled(maps.mean(dim=2))).amax(dim=(1, 2), keepdim=True)
    ),
    Mistake("these are all tokens' shares: of CLS's row alone the patches are asked", way=CLS): (
        lambda maps: rolled(maps.mean(dim=2))
    ),
}  # fmt: skip

COVER = "covered = pixels.clone(), then covered[:, :, rows, columns] = 0"
DROP = "heat[:, row, column] = whole - left"


def score(model: CLIP, pixels: Tensor, texts: Tensor) -> Tensor:
    return (unit_rows(model.encode_image(pixels)) * unit_rows(texts)).sum(dim=-1)


def occluded(
    fill: Callable[[Tensor, slice, slice], Tensor | float] = lambda pixels, rows, columns: 0.0,
    compare: Callable[[Tensor, Tensor], Tensor] = torch.sub,
    measure: Callable[[CLIP, Tensor, Tensor], Tensor] = score,
    keeps: bool = False,
    outside: bool = False,
    everywhere: bool = False,
) -> Way:
    """Occlusion with one thing changed."""

    def way(model: CLIP, pixels: Tensor, texts: Tensor, cells: int = 4) -> Tensor:
        side = pixels.shape[-1] // cells
        heat, covered = torch.empty(len(pixels), cells, cells), pixels.clone()
        with torch.no_grad():
            whole = measure(model, pixels, texts)
            for row, column in product(range(cells), repeat=2):
                rows, columns = slice(row * side, (row + 1) * side), slice(column * side, (column + 1) * side)
                covered = covered if keeps else torch.zeros_like(pixels) if outside or everywhere else pixels.clone()
                filled = pixels[:, :, rows, columns] if outside else fill(pixels, rows, columns)
                covered[:, :, rows, columns] = filled
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
    Mistake(
        "these are dot products: a cosine needs both with length 1",
        way="unit_rows of both",
    ): occluded(measure=dots),
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
