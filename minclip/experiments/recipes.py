"""What a data set is trained with when nothing else is asked for: the numbers that proved good.

What a number means stands in config.py; constants that all of CLIP's runs share, in optim.py and model.py.
"""

from dataclasses import dataclass, replace

from minclip.config import TrainConfig


@dataclass(frozen=True)
class Recipe:
    """What a data set is trained with when nothing else is asked for."""

    preset: str  # a name of config.PRESETS
    config: TrainConfig


# chosen after a few tries on validation pictures, not swept; what each reaches stands in docs/recipes.md
PHOTOS = TrainConfig(
    samples=400_000,
    crop_scale=(0.4, 1.0),
    mirror=True,
    stored_scale=1.25,
    patch_dropout=0.5,  # a step takes less time, and a few thousand photos are learned by heart less soon
    evaluate_every=100,
    save_every=100,
)
RECIPES = {
    "picturebook": Recipe("tiny", TrainConfig()),
    "flickr8k": Recipe("small", PHOTOS),
    "rsicd": Recipe("small", replace(PHOTOS, turn=True)),
    "folder": Recipe("small", PHOTOS),
}
