"""What the known mistakes of 2.1 give: a mistake, as the learner reads it, and its outcome for some picture.

Those of 2.2 are in number_mistakes.py, of 2.3 in patch_mistakes.py, of 2.4 in token_mistakes.py, the checks in
checks.py. Each has only what makes it wrong.
"""

import math
from collections.abc import Callable
from functools import partial

from PIL import Image, ImageOps

from minclip.course.assertions import Known, Mistake

BICUBIC = Image.Resampling.BICUBIC
FILTERS = ("bilinear", "nearest", "Lanczos", "box", "Hamming")  # as PIL names them, in capitals
Size = tuple[int, int]  # width, height
Square = Callable[[Image.Image, int], Image.Image]
Whole = Callable[[float], int]
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


def resized_size(image: Image.Image, n_px: int, whole: Whole = int) -> Size:
    """When the short side has n_px pixels."""
    width, height = image.size
    return (n_px, whole(n_px * height / width)) if width <= height else (whole(n_px * width / height), n_px)


def scaled_size(image: Image.Image, n_px: int) -> Size:
    """With the factor n_px / short rounded before it is used."""
    factor = n_px / min(image.size)
    return int(factor * image.width), int(factor * image.height)


def long_size(image: Image.Image, n_px: int) -> Size:
    """When the long side has n_px pixels."""
    width, height = image.size
    return (n_px, int(n_px * height / width)) if width >= height else (int(n_px * width / height), n_px)


def inverted_size(image: Image.Image, n_px: int) -> Size:
    """When the long side becomes the shorter one."""
    width, height = image.size
    return (n_px, int(n_px * width / height)) if width <= height else (int(n_px * height / width), n_px)


def wide_size(image: Image.Image, n_px: int) -> Size:
    """By the rule for wide pictures."""
    return int(n_px * image.width / image.height), n_px


def tall_size(image: Image.Image, n_px: int) -> Size:
    """By the rule for tall pictures."""
    return n_px, int(n_px * image.height / image.width)


def turned_size(image: Image.Image, n_px: int) -> Size:
    return resized_size(image, n_px)[::-1]


def half_up(x: float) -> int:
    return math.floor(x + 0.5)


def corner_of(size: Size, n_px: int, whole: Whole = round) -> tuple[int, int]:
    """(left, top) of the square in the middle."""
    return whole((size[0] - n_px) / 2), whole((size[1] - n_px) / 2)


def cut(image: Image.Image, corner: tuple[int, int], n_px: int) -> Image.Image:
    left, top = corner
    return image.crop((left, top, left + n_px, top + n_px))


def middle(image: Image.Image, n_px: int, whole: Whole = round) -> Image.Image:
    return cut(image, corner_of(image.size, n_px, whole), n_px)


def resized(image: Image.Image, n_px: int) -> Image.Image:
    """As it should be."""
    return image.resize(resized_size(image, n_px), BICUBIC)


def cropped(size: Callable[[Image.Image, int], Size], filter: Image.Resampling = BICUBIC) -> Square:
    """Resized to size(image, n_px), and then cropped."""
    return lambda image, n_px: middle(image.resize(size(image, n_px), filter), n_px)


def cropped_at(corner: Callable[[Image.Image, Size, int], tuple[int, int]]) -> Square:
    """Resized as it should be, and then cropped at corner(resized picture, size of the old one, n_px)."""
    return lambda image, n_px: cut(small := resized(image, n_px), corner(small, image.size, n_px), n_px)


def cropped_first(whole: Whole) -> Square:
    return lambda image, n_px: middle(image, min(image.size), whole).resize((n_px, n_px), BICUBIC)


def cropped_first_at_fractions(image: Image.Image, n_px: int) -> Image.Image:
    """The edges go to crop as they are, and crop rounds each."""
    short = min(image.size)
    left, top = (image.width - short) / 2, (image.height - short) / 2
    return image.crop((left, top, left + short, top + short)).resize((n_px, n_px), BICUBIC)


def on_white(image: Image.Image) -> Image.Image:
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image.convert("RGBA"), mask=image.convert("RGBA").getchannel("A"))
    return ground


def wrong_sizes(image: Image.Image, n: int) -> Known:
    """Of resize_and_crop: (width, height)."""
    size = resized_size(image, n)
    left, top = corner_of(size, n)
    return {
        Mistake("the long side is still there: cut the square in the middle out", way=EDGES): lambda: size,
        Mistake("the long side has n_px pixels: the short one should", way=SIZE_OF_SHORT): lambda: long_size(image, n),
        Mistake("crop wants the right and the lower edge, not width and height", way=EDGES): lambda: tuple(
            n - round((side - n) / 2) for side in size
        ),
        Mistake(
            "the rows of an array come first, so the slice of top comes first", way="[top : top + n_px, left : ...]"
        ): lambda: (min(n, size[0] - top), min(n, size[1] - left)),
    }


# ways in which resize_and_crop goes wrong, all but the last line, the conversion: a mistake, and how people make it
WRONG_SQUARES: dict[str, list[Square]] = {
    Mistake("the long side has n_px pixels here, and the short one should have them", way=SIZE_OF_SHORT): [
        cropped(long_size)
    ],
    Mistake(
        "the long side becomes the shorter one here: multiply by long / short, not by short / long", way=SIZE_OF_SHORT
    ): [cropped(inverted_size)],
    Mistake("the rule for wide pictures is used for tall ones, too", way=SIZE_OF_SHORT): [cropped(wide_size)],
    Mistake("the rule for tall pictures is used for wide ones, too", way=SIZE_OF_SHORT): [cropped(tall_size)],
    Mistake("every picture is resized to a wide one: in tall ones the height is the long side", way=SIZE_OF_SHORT): [
        cropped(lambda image, n: (max(resized_size(image, n)), n))
    ],
    Mistake("every picture is resized to a tall one: in wide ones the width is the long side", way=SIZE_OF_SHORT): [
        cropped(lambda image, n: (n, max(resized_size(image, n))))
    ],
    Mistake("the square is not in the middle: cut off as much on one side as on the other", way=CENTRE): [
        cropped_at(lambda small, old, n: (0, 0)),
        cropped_at(lambda small, old, n: (small.width - n, small.height - n)),
    ],
    Mistake("the picture is stretched to a square: resize it in its own shape, then crop", way=SIZE_OF_SHORT): [
        lambda image, n: image.resize((n, n), BICUBIC)
    ],
    Mistake(
        "nothing is resized: image.resize gives a new picture and leaves the old one as it is", way=f"image = {FILTER}"
    ): [
        middle,
        partial(middle, whole=math.floor),  # (width - n_px) // 2
        lambda image, n: cut(image, corner_of(resized_size(image, n), n), n),
    ],
    Mistake("you crop before you resize: the resize comes first", way=FILTER): [
        cropped_first(round),
        cropped_first(int),
        cropped_first(half_up),
        cropped_first_at_fractions,
    ],
    Mistake("ImageOps.fit crops before it resizes", way=f"two steps: {FILTER}, then crop"): [
        lambda image, n: ImageOps.fit(image, (n, n), BICUBIC)
    ],
    **{
        Mistake(f"the filter is {name} here, and it should be bicubic", way=FILTER): [
            cropped(resized_size, Image.Resampling[name.upper()])
        ]
        for name in FILTERS
    },
    Mistake("you convert before you resize: the conversion comes last", way=AT_THE_END): [
        lambda image, n: cropped(resized_size)(image.convert("RGB"), n)
    ],
    Mistake("the picture is laid on white: convert alone drops the transparency", way=AT_THE_END): [
        lambda image, n: cropped(resized_size)(on_white(image), n),
        lambda image, n: on_white(cropped(resized_size)(image, n)),
    ],
    Mistake("width and height have changed places", way="width, height = image.size"): [
        cropped(turned_size),
        lambda image, n: cut(image.resize(turned_size(image, n), BICUBIC), corner_of(resized_size(image, n), n), n),
    ],
    Mistake("the long side is rounded: truncate it", way=SIZE_OF_SHORT): [cropped(partial(resized_size, whole=round))],
    Mistake("the long side is rounded up: truncate it", way=SIZE_OF_SHORT): [
        cropped(partial(resized_size, whole=math.ceil))
    ],
    Mistake("left and top have changed places", way=EDGES): [
        cropped_at(lambda small, old, n: corner_of(small.size, n)[::-1])
    ],
    Mistake("the crop's corner is truncated: round it", way=CENTRE): [
        cropped_at(lambda small, old, n: corner_of(small.size, n, int))
    ],
    Mistake("the crop's corner is rounded up at a half: the even neighbour is wanted, as round gives it", way=CENTRE): [
        cropped_at(lambda small, old, n: corner_of(small.size, n, half_up))
    ],
    Mistake("two halves are truncated before they meet: subtract first, then halve, then round", way=CENTRE): [
        cropped_at(lambda small, old, n: (small.width // 2 - n // 2, small.height // 2 - n // 2))
    ],
    Mistake("only n_px is halved here: halve the difference", way=CENTRE): [
        cropped_at(lambda small, old, n: (round(small.width - n / 2), round(small.height - n / 2)))
    ],
    Mistake("the crop's corner belongs to the picture before the resize", way=CENTRE): [
        cropped_at(lambda small, old, n: corner_of(old, n))
    ],
    Mistake("wide pictures are cut in the middle, and tall ones are not", way=CENTRE): [
        cropped_at(lambda small, old, n: (corner_of(small.size, n)[0], 0))
    ],
    Mistake("tall pictures are cut in the middle, and wide ones are not", way=CENTRE): [
        cropped_at(lambda small, old, n: (0, corner_of(small.size, n)[1]))
    ],
    Mistake("the factor n_px / short is not exact: multiply first, then divide", way=SIZE_OF_SHORT): [
        cropped(scaled_size)
    ],
}
