"""What the known mistakes of 2.4 give, and what causes the errors that they end in."""

import torch
from torch import Tensor

from minclip.course.assertions import Errors, Known, Mistake
from minclip.course.lesson_02_images_to_patches.patch_mistakes import VIEW, shape_and_size
from minclip.vision import PatchEmbedding

FLAT = "x.flatten(2).transpose(1, 2)"
FIRST = "cls = self.class_embedding.expand(x.shape[0], 1, -1), then torch.cat([cls, x], dim=1)"
CONV = "x = self.conv1(image.to(self.conv1.weight.dtype))"
LAST = "return torch.cat([cls, x], dim=1) + self.positional_embedding"

ONE_ONLY = Mistake("it works for one picture, and not for several: CLS goes to every picture of the batch", way=FIRST)
SMALL_WEIGHTS = Mistake(
    "the weights are bfloat16 here, and the picture meets them in another dtype: bring it to that of the weights",
    way=CONV,
)
MIXED = Mistake(
    "other pictures in the batch change a picture's tokens: is something kept, or do dimensions change places?"
)


def of_other_patches(error: BaseException) -> bool:
    """Sees [batch, width, patches], width or -1, or [batch, patches, width] for another number of patches."""
    (pictures, *sides), size = shape_and_size(error)
    batch, width, patches = {189: (3, 7, 9), 405: (5, 9, 9), 320: (5, 16, 4), 30: (5, 6, 1)}[size]  # as the checks ask
    first, second = sides
    right = (patches, -1)
    return pictures == batch and (
        (first in (width, -1) and second not in right) or (second == width and first not in right)
    )


NUMBER_FIXED = {
    of_other_patches: Mistake(
        "this shape is made for another number of patches than there are here",
        way="x.flatten(2) joins rows and columns, however many there are",
    )
}


def one_dimension(error: BaseException) -> bool:
    return "expected to be in range of [-1, 0], but got 1" in str(error)


THREE_DIMENSIONS = Mistake(
    "torch.cat wants tensors of three dimensions: [batch, 1, width] for CLS, [batch, patches, width] for the patches",
    way=f"{FLAT}; self.class_embedding.expand(x.shape[0], 1, -1)",
)
TURNED = Mistake("the patches are [batch, width, patches] here: tokens are [batch, patches, width]", way=FLAT)
MORE_POSITIONS = Mistake(
    "tokens and positions are not equally many here: CLS has a position, and so has every patch", way=LAST
)
OTHER_SIZES: Errors = {**VIEW, **NUMBER_FIXED}
# what PyTorch says where there are 9 patches of width 7
TOKEN_ERRORS: Errors = {
    **OTHER_SIZES,
    "Expected size 7 but got size 9": TURNED,
    "(9) must match the size of tensor b (7)": TURNED,
    "Expected size 7 but got size 21": Mistake(
        "the width is joined with the rows: join rows and columns first", way=FLAT
    ),
    "got 3 and 4": Mistake("the patches are still in rows and columns: they must stand in a row", way=FLAT),
    "got 4 and 3": Mistake("the patches are still in rows and columns: they must stand in a row", way=FLAT),
    "same number of dimensions": THREE_DIMENSIONS,
    one_dimension: THREE_DIMENSIONS,
    "except in dimension 0": Mistake("dim=0 puts pictures one after the other, and not tokens", way=FIRST),
    "except in dimension 2": Mistake("dim=2 makes tokens longer, and puts none before the others", way=FIRST),
    "(9) must match the size of tensor b (10)": MORE_POSITIONS,
    "(10) must match the size of tensor b (9)": MORE_POSITIONS,
    "Expected size 7 but got size 48": Mistake(
        "these are the patches as patchify cuts them: they have not met the weights of conv1", way=CONV
    ),
    "(27x48 and 7x48)": Mistake(
        "the weights of conv1 are [width, numbers] as a matrix: patches meet them transposed",
        way=f"{CONV} does it all, or patches @ self.conv1.weight.flatten(1).T",
    ),
}


def wrong_tokens(module: PatchEmbedding, image: Tensor) -> Known:
    """Of PatchEmbedding.forward. Without gradients: only their values are looked at."""
    with torch.no_grad():
        grid = module.conv1(image)  # [batch, width, rows, columns]
    x, position = grid.flatten(2).transpose(1, 2), module.positional_embedding.detach()
    cls = module.class_embedding.detach().expand(len(x), 1, -1)

    def tokens(first: Tensor, rest: Tensor) -> Tensor:
        return torch.cat([first, rest], dim=1)

    return {
        Mistake("CLS stands at the end: it goes before the patches", way=FIRST): lambda: tokens(x, cls) + position,
        Mistake("the positions are missing", way=LAST): lambda: tokens(cls, x),
        Mistake("CLS has no position here: it has one, too, the first", way=LAST): lambda: tokens(
            cls, x + position[1:]
        ),
        Mistake("CLS has no position here, and each patch has that of the token before it", way=LAST): lambda: tokens(
            cls, x + position[:-1]
        ),
        Mistake("the positions stand beside the numbers of the tokens: add them", way=LAST): lambda: torch.cat(
            [tokens(cls, x), position.expand(len(x), -1, -1)], dim=2
        ),
        Mistake("the positions are multiplied: add them", way=LAST): lambda: tokens(cls, x) * position,
        Mistake("the positions are subtracted: add them", way=LAST): lambda: tokens(cls, x) - position,
        Mistake("only CLS has a position here: every patch has one, too", way=LAST): lambda: tokens(
            cls + position[0], x
        ),
        Mistake("all tokens have the same position here, the mean of all", way=LAST): lambda: (
            tokens(cls, x) + position.mean(dim=0)
        ),
        Mistake("CLS is the mean of the patches here: it begins as class_embedding", way=FIRST): lambda: (
            tokens(x.mean(dim=1, keepdim=True), x) + position
        ),
        Mistake("the mean of the patches is added to CLS: it begins as class_embedding alone", way=FIRST): lambda: (
            tokens(cls + x.mean(dim=1, keepdim=True), x) + position
        ),
        Mistake("the positions are added twice", way=LAST): lambda: tokens(cls, x) + 2 * position,
        Mistake("CLS has the last position: its own is the first", way=LAST): lambda: (
            tokens(cls, x) + position.roll(1, 0)
        ),
        TURNED: lambda: tokens(cls, grid.flatten(2)) + position,
        Mistake("a reshape mixes the numbers of different patches: it moves none", way=FLAT): lambda: (
            tokens(cls, grid.reshape(x.shape)) + position
        ),
        Mistake("the patches come column by column: reading order is row by row", way=FLAT): lambda: (
            tokens(cls, grid.transpose(2, 3).flatten(2).transpose(1, 2)) + position
        ),
        Mistake("CLS is missing: it goes before the patches", way=FIRST): lambda: x + position[1:],
        Mistake("CLS is missing, and the patches have its position", way=FIRST): lambda: x + position[:-1],
        Mistake("class_embedding is not used: CLS begins as zeros here", way=FIRST): lambda: (
            tokens(torch.zeros_like(cls), x) + position
        ),
        Mistake("class_embedding is a token of its own: it is added to none of the others", way=FIRST): lambda: (
            tokens(cls, x + module.class_embedding.detach()) + position
        ),
    }
