"""What the known mistakes of 2.2 give: a mistake, as the learner reads it, and its outcome for some input.

Those of 2.1 are in square_mistakes.py, those of 2.3 and 2.4 in patch_mistakes.py, the checks in checks.py.
"""

import torch
from torch import Tensor

from minclip.course.assertions import Known, Mistake
from minclip.preprocess import MEAN, STD

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
NUMBERS_ERRORS |= {
    "(4) must match the size of tensor b (3) at non-singleton dimension 2": Mistake(
        "the three numbers of mean and std meet the height here: they need [3, 1, 1]", way=CONSTANTS
    ),
    **{
        f"for -: '{left}' and '{right}'": Mistake(
            "mean and std are plain numbers in a row: make tensors [3, 1, 1] of them", way=CONSTANTS
        )
        for left, right in (("Tensor", "tuple"), ("Tensor", "list"))
    },
}
NO_FLOAT32 = Mistake("the result must be float32", way=PERMUTE)
DEFAULTS_ONLY = Mistake("MEAN and STD are only the defaults: the arguments mean and std may be others", way=CONSTANTS)
DARK = Mistake(
    "the division by 255 is left out here: a dark picture may have small numbers alone", way="always divide by 255"
)
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

    def coarse(dtype: torch.dtype) -> Tensor:
        return ((255 * x).to(dtype) / 255 - mean) / std

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
        Mistake("mean / std comes first here, and the subtraction after it: it needs brackets", way=order): lambda: (
            x - mean / std
        ),
        Mistake("the mean is added: subtract it", way=order): lambda: (x + mean) / std,
        Mistake("the signs are turned: subtract the mean from the pixels", way=order): lambda: (mean - x) / std,
        Mistake("this divides by the square of std", way=order): lambda: (x - mean) / std**2,
        Mistake("this runs from -1 to 1, as some other models have it: mean and std are not used", way=order): lambda: (
            2 * x - 1
        ),
        Mistake("every number is 0 when the mean is subtracted: // and uint8 keep no fraction", way=order): lambda: (
            (0 * x - mean) / std
        ),
        Mistake("this divides by the largest number that is there, and white is 255", way=order): lambda: (
            (255 * x / pixels.max() - mean) / std
        ),
        Mistake("here is one mean and one std for all channels: each has its own", way=CONSTANTS): lambda: (
            (x - mean.mean()) / std.mean()
        ),
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
        Mistake("half has too few digits for these numbers: float32 has enough", way=PERMUTE): lambda: coarse(
            torch.float16
        ),
        Mistake("bfloat16 has too few digits for these numbers: float32 has enough", way=PERMUTE): lambda: coarse(
            torch.bfloat16
        ),
    }
