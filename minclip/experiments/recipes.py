"""The default settings of a training, for each data set.

config.py explains each setting. The constants that all runs share are in optim.py and model.py.
"""

from dataclasses import dataclass, replace

from minclip.config import TrainConfig


@dataclass(frozen=True)
class Recipe:
    """The default model and settings of a data set."""

    preset: str  # a name of config.PRESETS
    config: TrainConfig


# chosen after a few tries on validation pictures, without a sweep; docs/recipes.md has what each reaches
PHOTOS = TrainConfig(
    samples=400_000,
    crop_scale=(0.4, 1.0),
    mirror=True,
    stored_scale=1.25,
    patch_dropout=0.5,  # steps take less time, and overfitting on a few thousand photos begins later
    evaluate_every=100,
    save_every=100,
)
RECIPES = {
    "picturebook": Recipe("tiny", TrainConfig()),
    "flickr8k": Recipe("small", PHOTOS),
    # half of the samples: with all, the scores on val stop rising half-way, and the captions are learned by heart
    "rsicd": Recipe("small", replace(PHOTOS, samples=200_000, turn=True)),
    "folder": Recipe("small", PHOTOS),
}

# for a model that has learned before: small steps, so that it forgets little; chosen on val (docs/finetuning.md)
FINETUNE = TrainConfig(
    samples=20_000,
    batch_size=64,
    optimizer="adamw",
    learning_rate=1e-4,
    weight_decay=0.1,
    warmup=0.1,
    crop_scale=(0.8, 1.0),
    log_every=10,
    evaluate_every=20,
    save_every=100,
)
