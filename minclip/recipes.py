"""Every number that decides a training run, and the sets of numbers that proved good.

Constants that all of CLIP's runs share stand in optim.py and model.py.
"""

from dataclasses import asdict, dataclass, fields, replace

from minclip.optim import OPTIMIZERS


@dataclass(frozen=True)
class TrainConfig:
    """Every number that decides a run, beside the model's own."""

    samples: int = 400_000  # pictures seen in all, repeated ones counted
    batch_size: int = 256  # pairs that see each other as negatives
    learning_rate: float = 1e-3  # AdamW's peak; CLIP's 5e-4 is for batches of 32,768 and far wider nets
    weight_decay: float = 0.2  # CLIP paper appendix F, common hyperparameters
    warmup: float = 0.05  # share of the steps in which the rate rises
    optimizer: str = "muon"  # "adamw" is CLIP's; "muon" puts the block matrices under Muon
    muon_learning_rate: float = 0.02
    crop_scale: tuple[float, float] = (0.9, 1.0)  # share of the area that a random crop keeps; CLIP's
    mirror: bool = False  # CLIP does not: left and right mean something in captions
    turn: bool = False  # by random quarters: for photos from above, which have no upright
    patch_dropout: float = 0.0  # share of a picture's patches that a step does not read (FLIP); evaluation reads all
    stored_scale: float = 1.0  # side of the pictures in memory, in image_sizes: crops of larger ones stay sharp
    micro_batch: int | None = None  # pairs encoded at a time; None: the batch at once. Negatives stay the whole batch
    compiled: bool = False  # torch.compile the encoders: a minute before the first step of a GPU, then faster ones
    seed: int = 0
    log_every: int = 20  # steps
    evaluate_every: int = 200  # steps between points of the zero-shot curve
    save_every: int = 200  # steps between checkpoints

    def __post_init__(self) -> None:
        for name in ("samples", "log_every", "evaluate_every", "save_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)} must be at least 1")
        if self.batch_size < 2:
            raise ValueError(
                f"batch_size={self.batch_size} must be at least 2: a single pair has no negatives to learn from"
            )
        if self.samples < self.batch_size:
            raise ValueError(
                f"samples={self.samples} is less than one batch of {self.batch_size}: raise samples or lower batch_size"
            )
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"optimizer={self.optimizer!r} is not known: choose one of {', '.join(OPTIMIZERS)}")
        if not 0 <= self.patch_dropout < 1:
            raise ValueError(f"patch_dropout={self.patch_dropout} must be from 0 to below 1: some patch must be read")
        if not 1 <= self.stored_scale <= 4:
            raise ValueError(f"stored_scale={self.stored_scale} must be from 1 to 4")
        if not 0 <= self.seed < 2**31:
            raise ValueError(f"seed={self.seed} must be from 0 to {2**31 - 1}")
        if not (self.learning_rate > 0 and self.muon_learning_rate > 0):
            raise ValueError("learning_rate and muon_learning_rate must be above 0")
        if self.micro_batch is not None and self.micro_batch < 1:
            raise ValueError(f"micro_batch={self.micro_batch} must be at least 1")

    def stored_size(self, image_size: int) -> int:
        """Side of the pictures kept in memory, in pixels."""
        return round(self.stored_scale * image_size)

    @property
    def steps(self) -> int:
        """Optimiser steps of the whole run."""
        return self.samples // self.batch_size

    def to_dict(self) -> dict:
        return asdict(self)

    @staticmethod
    def from_dict(content: dict) -> "TrainConfig":
        known = {field.name for field in fields(TrainConfig)}
        content = {name: tuple(v) if isinstance(v, list) else v for name, v in content.items() if name in known}
        return TrainConfig(**content)


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
