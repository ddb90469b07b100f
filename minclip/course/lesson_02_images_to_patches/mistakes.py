"""What the known mistakes of 2.1 and 2.2 give: a mistake, as the learner reads it, and its outcome for some input.

Those of 2.3 and 2.4 are in patch_mistakes.py, the checks in checks.py. Each has only what makes it wrong.
"""

from collections.abc import Callable
from functools import partial

import torch
from PIL import Image, ImageOps
from torch import Tensor

from minclip.course.assertions import Known, Mistake
from minclip.preprocess import MEAN, STD

BICUBIC, BILINEAR, NEAREST, LANCZOS = (
    Image.Resampling.BICUBIC,
    Image.Resampling.BILINEAR,
    Image.Resampling.NEAREST,
    Image.Resampling.LANCZOS,
)
Square = Callable[[Image.Image, int], Image.Image]
SIZE_OF_SHORT = "size = (n_px, int(n_px * height / width)) if width <= height else (int(n_px * width / height), n_px)"
EDGES = "image.crop((left, top, left + n_px, top + n_px))"
CENTRE = "left, top = round((image.width - n_px) / 2), round((image.height - n_px) / 2)"
FILTER = "image.resize(size, Image.Resampling.BICUBIC)"
AT_THE_END = 'the last line: return image.convert("RGB")'


def asks_a_picture_for_shape(error: BaseException) -> bool:
    return isinstance(error, AttributeError) and error.name in ("shape", "ndim") and isinstance(error.obj, Image.Image)


PICTURE_ERRORS = {
    "interpreted as an integer": Mistake(
        "pixels are counted in whole numbers, and one of these is none",
        way="int(...) of the new length, round(...) of the corner",
    ),
    asks_a_picture_for_shape: Mistake(
        "a PIL picture has no shape: it has size, which is (width, height)", way="width, height = image.size"
    ),
    "is less than": Mistake("crop wants the four edges of what is kept: left, top, right, bottom", way=EDGES),
}
NO_RGB = Mistake("the result must be RGB, whatever the picture was", way=AT_THE_END)
OTHERS_PICTURE = Mistake(
    "this is the square of another picture: something is kept from an earlier call", way="work on `image` alone"
)


def resized_size(image: Image.Image, n_px: int, whole: Callable[[float], int] = int) -> tuple[int, int]:
    """(width, height) when the short side has n_px pixels."""
    width, height = image.size
    return (n_px, whole(n_px * height / width)) if width <= height else (whole(n_px * width / height), n_px)


def scaled_size(image: Image.Image, n_px: int) -> tuple[int, int]:
    """With the factor n_px / short rounded before it is used."""
    factor = n_px / min(image.size)
    return int(factor * image.width), int(factor * image.height)


def long_size(image: Image.Image, n_px: int) -> tuple[int, int]:
    """When the long side has n_px pixels."""
    width, height = image.size
    return (n_px, int(n_px * height / width)) if width >= height else (int(n_px * width / height), n_px)


def middle(image: Image.Image, n_px: int, whole: Callable[[float], int] = round) -> Image.Image:
    left, top = whole((image.width - n_px) / 2), whole((image.height - n_px) / 2)
    return image.crop((left, top, left + n_px, top + n_px))


def swapped(image: Image.Image, n_px: int) -> Image.Image:
    left, top = round((image.width - n_px) / 2), round((image.height - n_px) / 2)
    return image.crop((top, left, top + n_px, left + n_px))


def wrong_sizes(image: Image.Image, n: int) -> Known:
    """Of resize_and_crop: (width, height)."""
    size = resized_size(image, n)
    return {
        Mistake("the long side is still there: cut the square in the middle out", way=EDGES): lambda: size,
        Mistake("the long side has n_px pixels: the short one should", way=SIZE_OF_SHORT): lambda: long_size(image, n),
        Mistake("crop wants the right and the lower edge, not width and height", way=EDGES): lambda: tuple(
            n - round((side - n) / 2) for side in size
        ),
    }


def cropped(size: Callable[[Image.Image, int], tuple[int, int]], filter: Image.Resampling = BICUBIC) -> Square:
    """Resized to size(image, n_px), and then cropped."""
    return lambda image, n_px: middle(image.resize(size(image, n_px), filter), n_px)


def turned_size(image: Image.Image, n_px: int) -> tuple[int, int]:
    return resized_size(image, n_px)[::-1]


# ways in which resize_and_crop goes wrong; all but the last line, the conversion
WRONG_SQUARES: dict[str, Square] = {
    Mistake("the long side has n_px pixels here, and the short one should have them", way=SIZE_OF_SHORT): cropped(
        long_size
    ),
    Mistake(
        "the square is not in the middle: cut off as much on one side as on the other", way=CENTRE
    ): lambda image, n: image.resize(resized_size(image, n), BICUBIC).crop((0, 0, n, n)),
    Mistake(
        "the picture is stretched to a square: resize it in its own shape, then crop", way=SIZE_OF_SHORT
    ): lambda image, n: image.resize((n, n), BICUBIC),
    Mistake("nothing is resized: the resize comes before the crop", way=FILTER): middle,
    Mistake("you crop before you resize: the resize comes first", way=FILTER): lambda image, n: middle(
        image, min(image.size)
    ).resize((n, n), BICUBIC),
    Mistake("ImageOps.fit crops before it resizes", way=f"two steps: {FILTER}, then crop"): lambda image, n: (
        ImageOps.fit(image, (n, n), BICUBIC)
    ),
    Mistake("the filter is bilinear here, and it should be bicubic", way=FILTER): cropped(resized_size, BILINEAR),
    Mistake("the filter is nearest here, and it should be bicubic", way=FILTER): cropped(resized_size, NEAREST),
    Mistake("the filter is Lanczos here, and it should be bicubic", way=FILTER): cropped(resized_size, LANCZOS),
    Mistake("you convert before you resize: the conversion comes last", way=AT_THE_END): lambda image, n: cropped(
        resized_size
    )(image.convert("RGB"), n),
    Mistake("width and height have changed places", way="width, height = image.size"): cropped(turned_size),
    Mistake("the long side is rounded: truncate it", way=SIZE_OF_SHORT): cropped(partial(resized_size, whole=round)),
    Mistake("left and top have changed places", way=EDGES): lambda image, n: swapped(
        image.resize(resized_size(image, n), BICUBIC), n
    ),
    Mistake("the crop's corner is truncated: round it", way=CENTRE): lambda image, n: middle(
        image.resize(resized_size(image, n), BICUBIC), n, int
    ),
    Mistake("the factor n_px / short is not exact: multiply first, then divide", way=SIZE_OF_SHORT): cropped(
        scaled_size
    ),
}


PERMUTE = "x = pixels.permute(0, 3, 1, 2).float()"
CONSTANTS = "mean, std = per_channel(tuple(mean), x.device), per_channel(tuple(std), x.device)"
NUMBERS_ERRORS = {
    "unhashable": Mistake(
        "mean and std may be lists, and a function that remembers its arguments takes tuples",
        way="per_channel(tuple(mean), x.device)",
    ),
    "can't be cast": Mistake(
        "uint8 holds whole numbers only, and the result of a division is none",
        way=f"make float32 of them first: {PERMUTE}",
    ),
    "at non-singleton dimension 1": Mistake(
        "mean and std are [3, 1, 1]: they fit where the channels are third from the right, and they are not there yet",
        way=PERMUTE,
    ),
    "expected np.ndarray (got Tensor)": Mistake(
        "the pixels may be a tensor already", way="pixels = torch.as_tensor(pixels, device=device)"
    ),
    "'numpy.ndarray' object has no attribute": Mistake(
        "the pixels may be a NumPy array, which has no such method",
        way="pixels = torch.as_tensor(pixels, device=device)",
    ),
}
NO_FLOAT32 = Mistake("the result must be float32", way=PERMUTE)
DEFAULTS_ONLY = Mistake("MEAN and STD are only the defaults: the arguments mean and std may be others", way=CONSTANTS)
DEVICE_UNUSED = Mistake("the argument device has no effect", way="pixels = torch.as_tensor(pixels, device=device)")


def wrong_numbers(pixels: Tensor) -> Known:
    """Of pixels_to_float. pixels: uint8 [batch, height, 3, 3], so narrow that a mean along the width can be named."""
    flat_mean, flat_std = torch.tensor(MEAN), torch.tensor(STD)
    mean, std = flat_mean.view(3, 1, 1), flat_std.view(3, 1, 1)
    x = pixels.permute(0, 3, 1, 2).float() / 255
    right = (x - mean) / std
    cut = pixels.reshape(x.shape).float() / 255
    every = (0, 2, 3)
    order = "x / 255, then - mean, then / std"
    anew = "view and reshape only cut the row of numbers anew: the channels have to move"
    return {
        Mistake("this is only divided by 255", way=f"then - mean, then / std. {CONSTANTS}"): lambda: x,
        Mistake("the numbers still run from 0 to 255 when the mean is subtracted", way=order): lambda: (
            (255 * x - mean) / std
        ),
        Mistake("the mean is subtracted before the division by 255", way=order): lambda: (255 * x - mean) / 255 / std,
        Mistake("white is 255, and it should become 1", way="divide by 255, not by 256"): lambda: (
            (255 / 256 * x - mean) / std
        ),
        Mistake("the division by std is missing", way=order): lambda: x - mean,
        Mistake("the mean is not subtracted", way=order): lambda: x / std,
        Mistake("mean and std have changed places", way=order): lambda: (x - std) / mean,
        Mistake("the division by std comes before the mean here, and it should come after", way=order): lambda: (
            x / std - mean
        ),
        Mistake("you multiply by std: divide", way=order): lambda: (x - mean) * std,
        Mistake(
            "mean and std belong to the channels, and yours run along the width",
            way=f"they need [3, 1, 1]: {CONSTANTS}",
        ): lambda: (x - flat_mean) / flat_std,
        Mistake("the channels are still last", way=PERMUTE): lambda: right.permute(0, 2, 3, 1),
        Mistake("the channels are still last, and mean and std are missing", way=PERMUTE): lambda: x.permute(
            0, 2, 3, 1
        ),
        Mistake("height and width have changed places", way=PERMUTE): lambda: right.transpose(2, 3),
        Mistake("nothing is normalised: divide by 255, subtract the mean, divide by std", way=order): lambda: 255 * x,
        Mistake(anew, way=PERMUTE): lambda: (cut - mean) / std,
        Mistake(f"the numbers are right, but {anew}", way=PERMUTE): lambda: right.permute(0, 2, 3, 1).reshape(x.shape),
        Mistake(f"{anew}; mean and std are missing, too", way=PERMUTE): lambda: cut,
        Mistake(f"{anew}; and divide by 255", way=PERMUTE): lambda: (255 * cut - mean) / std,
        Mistake("these are the mean and std of these pixels: take those that are given", way=CONSTANTS): lambda: (
            (x - x.mean(dim=every, keepdim=True)) / x.std(dim=every, keepdim=True)
        ),
        Mistake("red and blue have changed places", way=PERMUTE): lambda: (x.flip(1) - mean) / std,
    }
