"""What the known mistakes of 2.3 give, and what causes the errors that they end in. Those of 2.4: token_mistakes.py."""

import math
import re

import torch
from torch import Tensor

from minclip.course.assertions import Known, Mistake

SPLIT = "x = image.reshape(batch, 3, rows, patch_size, columns, patch_size), rows = height // patch_size"
ROW_BY_ROW = "rows before columns: the outer one of two loops, or the first one of the two in a permute"
INSIDE = "flatten each patch as [3, patch_size, patch_size]: the channels first, then its rows, then its columns"
SHAPE = "batch, patches, numbers: reshape(batch, -1, 3 * patch_size**2), or torch.stack(found, dim=1)"
GATHER = (
    "height and width are split, then a permute: x.permute(0, 2, 4, 1, 3, 5) of [batch, 3, rows, patch_size, columns, "
    "patch_size], then flatten twice"
)
STEP = "top in range(0, height, patch_size), left in range(0, width, patch_size)"
STACK = "torch.stack(found, dim=1), where each one found is [batch, 3 · patch_size²]"
EVERY = "image[:, :, top : top + patch_size, left : left + patch_size] of every picture"
VIEW = {
    "view size is not compatible": Mistake(
        "a view moves no number, and these numbers do not lie side by side in memory",
        way="reshape instead of view: it makes a copy where one is needed",
    )
}


def shape_and_size(error: BaseException) -> tuple[list[int], int]:
    """The shape that does not fit, and how many numbers there are. ValueError where the error is another one."""
    if found := re.search(r"shape '\[([-\d, ]+)\]' is invalid for input of size (\d+)", str(error)):
        return [int(side) for side in found[1].split(",")], int(found[2])
    raise ValueError("another error")


def without_batch(error: BaseException) -> bool:
    """Sees a shape for the numbers of one picture where there are two, which begins with no dimension of size 2."""
    shape, size = shape_and_size(error)
    return shape[0] != 2 and 2 * math.prod(shape) == size


FIRST_CALL = {
    without_batch: Mistake(
        "this shape has room for the numbers of one picture, and here are two: the batch is missing",
        way="the batch is the first dimension of every shape on the way",
    )
}
SQUARES_ONLY = Mistake(
    "it works for square pictures, and not for others",
    way="height // patch_size rows and width // patch_size columns",
)
PATCHES_LOST = Mistake(
    "the dimension of the patches is lost where a picture has one patch",
    way="no squeeze: reshape(batch, -1, 3 * patch_size**2) keeps all three",
)


def wrong_patches(image: Tensor, p: int) -> Known:
    """Of patchify."""
    batch, _, height, width = image.shape
    rows, columns = height // p, width // p
    shape = batch, rows * columns, 3 * p * p
    x = image.reshape(batch, 3, rows, p, columns, p)
    right = x.permute(0, 2, 4, 1, 3, 5).reshape(shape)
    grid = right.unflatten(1, (rows, columns))  # [batch, rows, columns, numbers]

    def swapped(order: tuple[int, ...]) -> Tensor:
        """Split into as many rows as there are columns."""
        return image.reshape(batch, 3, columns, p, rows, p).permute(order).reshape(shape)

    def starts(step: int) -> Tensor:
        """Of patches that begin `step` pixels after each other."""
        found = [(image[..., y * step :, x * step :])[..., :p, :p] for y in range(rows) for x in range(columns)]
        return torch.stack([one.flatten(1) for one in found], dim=1)

    return {
        Mistake("the patches come column by column: reading order is row by row", way=ROW_BY_ROW): lambda: x.permute(
            0, 4, 2, 1, 3, 5
        ).reshape(shape),
        Mistake(
            "inside a patch the channels are last: all of red comes first, then green, then blue", way=INSIDE
        ): lambda: x.permute(0, 2, 4, 3, 5, 1).reshape(shape),
        Mistake(
            "a reshape alone moves no number: what belongs to a patch has to be brought together", way=GATHER
        ): lambda: image.reshape(shape),
        Mistake("channels last and a reshape cut no patches", way=GATHER): lambda: image.permute(0, 2, 3, 1).reshape(
            shape
        ),
        Mistake(
            "height and width are split in the wrong places of the shape: each splits where it stands", way=SPLIT
        ): lambda: image.reshape(batch, 3, rows, columns, p, p).permute(0, 2, 3, 1, 4, 5).reshape(shape),
        Mistake("there are height // patch_size rows of patches, not width // patch_size", way=SPLIT): lambda: swapped(
            (0, 2, 4, 1, 3, 5)
        ),
        Mistake("rows and columns have changed places in the split", way=SPLIT): lambda: swapped((0, 4, 2, 1, 5, 3)),
        Mistake(
            "height is split into (patch_size, rows) here: only (rows, patch_size) keeps neighbours together", way=SPLIT
        ): lambda: image.reshape(batch, 3, p, rows, p, columns).permute(0, 2, 4, 1, 3, 5).reshape(shape),
        Mistake("height is split into (patch_size, rows), not into (rows, patch_size)", way=SPLIT): lambda: (
            image.reshape(batch, 3, p, rows, p, columns).permute(0, 3, 5, 1, 2, 4).reshape(shape)
        ),
        Mistake("every patch is transposed: its rows have become columns", way=INSIDE): lambda: x.permute(
            0, 2, 4, 1, 5, 3
        ).reshape(shape),
        Mistake(
            "the patches overlap: the step from one to the next is patch_size", way="unfold(image, p, stride=p)"
        ): lambda: image.unfold(2, p, 1).unfold(3, p, 1).permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2),
        Mistake("the patches begin one pixel after each other: the step is patch_size", way=STEP): lambda: starts(1),
        Mistake("inside a patch the channels stand between its rows: all of red comes first", way=INSIDE): lambda: (
            x.permute(0, 2, 4, 3, 1, 5).reshape(shape)
        ),
        Mistake("only the first picture of the batch is cut", way="keep the first dimension"): lambda: right[0],
        Mistake("only the first picture of the batch is cut: here is a batch of one", way=EVERY): lambda: right[:1],
        Mistake("the patches stand before the pictures of the batch", way=STACK): lambda: right.transpose(0, 1),
        Mistake("the patches of all pictures stand in one dimension", way=STACK): lambda: right.transpose(0, 1).flatten(
            0, 1
        ),
        Mistake("all patches of a picture have become one row of numbers", way=STACK): lambda: right.flatten(1),
        Mistake("these are the patches in a list: make one tensor of them", way=STACK): lambda: list(right.unbind(1)),
        Mistake("each channel has become a patch: a patch has the numbers of all three", way=INSIDE): lambda: (
            right.reshape(batch, -1, p * p)
        ),
        Mistake("[batch, numbers, patches] is the shape asked for: [batch, patches, numbers]", way=SHAPE): lambda: (
            right.reshape(batch, 3 * p * p, -1)
        ),
        Mistake("the last row and the last column of patches are missing", way=STEP): lambda: grid[:, :-1, :-1].flatten(
            1, 2
        ),
        Mistake("the last column of patches is missing", way=STEP): lambda: grid[:, :, :-1].flatten(1, 2),
        Mistake("the last row of patches is missing", way=STEP): lambda: grid[:, :-1].flatten(1, 2),
        Mistake("yours is [batch, 3 · patch_size², patches]", way="transpose(1, 2) at the end"): lambda: right.mT,
        Mistake("rows and columns are still two dimensions", way="flatten(1, 2)"): lambda: right.unflatten(
            1, (rows, columns)
        ),
        Mistake("the numbers of a patch are still three dimensions", way="flatten(2)"): lambda: right.unflatten(
            2, (3, p, p)
        ),
        Mistake("rows and columns, and the numbers of a patch, are not joined yet", way="flatten twice"): lambda: (
            right.unflatten(2, (3, p, p)).unflatten(1, (rows, columns))
        ),
        Mistake("the pictures of the batch have become one", way="keep the first dimension"): lambda: right.flatten(
            0, 1
        ),
        Mistake(
            "the channels stand before rows and columns here, and a reshape leaves them there",
            way="x.permute(0, 2, 3, 1, 4, 5) before the reshape",
        ): lambda: image.unfold(2, p, p).unfold(3, p, p).reshape(shape),
    }
