"""What the known mistakes of 2.3 and 2.4 give, and what causes the errors that they end in."""

import torch
from torch import Tensor

from minclip.course.assertions import Known, Mistake
from minclip.vision import PatchEmbedding

SPLIT = "x = image.reshape(batch, 3, rows, patch_size, columns, patch_size), rows = height // patch_size"
GATHER = "bring rows and columns to the front: x.permute(0, 2, 4, 1, 3, 5), then flatten twice"
STEP = "top in range(0, height, patch_size), left in range(0, width, patch_size)"
STACK = "torch.stack(found, dim=1), where each one found is [batch, 3 · patch_size²]"
EVERY = "image[:, :, top : top + patch_size, left : left + patch_size] of every picture"
FLAT = "x.flatten(2).transpose(1, 2)"
FIRST = "cls = self.class_embedding.expand(x.shape[0], 1, -1), then torch.cat([cls, x], dim=1)"
CONV = "x = self.conv1(image.to(self.conv1.weight.dtype))"
LAST = "return torch.cat([cls, x], dim=1) + self.positional_embedding"

VIEW = {
    "view size is not compatible": Mistake(
        "a view moves no number, and these numbers do not lie side by side in memory",
        way="reshape instead of view: it makes a copy where one is needed",
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
ONE_ONLY = Mistake("it works for one picture, and not for several: CLS goes to every picture of the batch", way=FIRST)
SMALL_WEIGHTS = Mistake(
    "the weights are bfloat16 here, and the picture meets them in another dtype: bring it to that of the weights",
    way=CONV,
)
MIXED = Mistake(
    "other pictures in the batch change a picture's tokens: is something kept, or do dimensions change places?"
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
        Mistake("the patches come column by column: reading order is row by row", way=GATHER): lambda: x.permute(
            0, 4, 2, 1, 3, 5
        ).reshape(shape),
        Mistake(
            "inside a patch the channels are last: all of red comes first, then green, then blue", way=GATHER
        ): lambda: x.permute(0, 2, 4, 3, 5, 1).reshape(shape),
        Mistake(
            "a reshape alone moves no number: what belongs to a patch has to be brought together", way=SPLIT
        ): lambda: image.reshape(shape),
        Mistake("channels last and a reshape cut no patches", way=SPLIT): lambda: image.permute(0, 2, 3, 1).reshape(
            shape
        ),
        Mistake(
            "height and width are split in the wrong places of the shape: each splits where it stands", way=SPLIT
        ): lambda: image.reshape(batch, 3, rows, columns, p, p).permute(0, 2, 3, 1, 4, 5).reshape(shape),
        Mistake("there are height // patch_size rows of patches, not width // patch_size", way=SPLIT): lambda: swapped(
            (0, 2, 4, 1, 3, 5)
        ),
        Mistake("rows and columns have changed places in the split", way=SPLIT): lambda: swapped((0, 4, 2, 1, 5, 3)),
        Mistake("height is split into (patch_size, rows), not into (rows, patch_size)", way=SPLIT): lambda: (
            image.reshape(batch, 3, p, rows, p, columns).permute(0, 3, 5, 1, 2, 4).reshape(shape)
        ),
        Mistake("every patch is transposed: its rows have become columns", way=GATHER): lambda: x.permute(
            0, 2, 4, 1, 5, 3
        ).reshape(shape),
        Mistake(
            "the patches overlap: the step from one to the next is patch_size", way="unfold(image, p, stride=p)"
        ): lambda: image.unfold(2, p, 1).unfold(3, p, 1).permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2),
        Mistake("the patches begin one pixel after each other: the step is patch_size", way=STEP): lambda: starts(1),
        Mistake("inside a patch the channels stand between its rows: all of red comes first", way=GATHER): lambda: (
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
        Mistake("each channel has become a patch: a patch has the numbers of all three", way=GATHER): lambda: (
            right.reshape(batch, -1, p * p)
        ),
        Mistake("[batch, numbers, patches] is the shape asked for: [batch, patches, numbers]", way=GATHER): lambda: (
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
# what PyTorch says where there are 9 patches of width 7
TOKEN_ERRORS = VIEW | {
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
