"""What is compared: arms, each a way to train. Two arms that are equal are trained once, whoever asks for them.

No claim is made here (see catalogue/) and nothing is trained (trained_arms.py).
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Protocol

from torch import nn

from minclip.config import CLIPConfig, TrainConfig
from minclip.data.picturebook import PictureBook, World
from minclip.data.picturebook.conditions import ConditionedBook, Conditions
from minclip.data.picturebook.render import GENERATOR_VERSION
from minclip.data.picturebook.sampling import WORLD_VERSION
from minclip.data.protocol import CaptionDataset
from minclip.engine.devices import Device
from minclip.engine.plain import Loss
from minclip.experiments.recipes import RECIPES
from minclip.loss import clip_loss
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer

# Past the point where objects take off (docs/recipes.md): a run of half of it ranks little but the start.
SAMPLES = 300_000
SEEDS = (0, 1, 2)
CONFIG = replace(RECIPES["picturebook"].config, samples=SAMPLES, batch_size=256, save_every=500)
MODEL = CLIPConfig.preset(RECIPES["picturebook"].preset)


class Data(Protocol):
    """What an arm reads. Equal data have equal reprs."""

    def open(self, size: int) -> CaptionDataset: ...


@dataclass(frozen=True)
class Book:
    """The picture book's training split."""

    pictures: int = 100_000
    world: World = World()  # noqa: RUF009  (frozen)
    conditions: Conditions = Conditions()  # noqa: RUF009  (frozen)

    def open(self, size: int) -> ConditionedBook:
        book = PictureBook("train", size, self.pictures, world=self.world, progress=False)
        return ConditionedBook(book, self.conditions)


def as_it_is(model: CLIP) -> None:
    """The change that changes nothing."""


@dataclass(frozen=True)
class Arm:
    """One way to train. The base is the picture book's recipe; other arms replace one thing of it."""

    data: Data = Book()
    config: TrainConfig = CONFIG  # its seed is the run's
    model: CLIPConfig = MODEL
    change: Callable[[CLIP], None] = as_it_is  # made to a model before it is trained or asked
    loss: Loss | type[nn.Module] = clip_loss  # a class of modules: each run trains its own
    label: str | None = None  # "kind" or "count": not a CLIP but a supervised net, told this fact and nothing else

    def with_config(self, **changes: object) -> "Arm":
        """The arm with other numbers in its recipe."""
        return replace(self, config=replace(self.config, **changes))  # type: ignore[arg-type]

    def description(self) -> dict:
        """Everything that decides the outcome, beside the seed; ready for JSON."""
        return {
            "data": repr(self.data),
            "versions": [WORLD_VERSION, GENERATOR_VERSION],
            "config": replace(self.config, seed=0).to_dict(),
            "model": asdict(self.model),
            "change": self.change.__name__,
            "loss": self.loss.__name__,
            "label": self.label,
        }

    def folder(self, out: Path, seed: int) -> Path:
        """Where a run of the arm lies: equal arms, equal folders."""
        text = json.dumps(self.description(), sort_keys=True)
        return out / "arms" / f"{hashlib.sha256(text.encode()).hexdigest()[:12]}-{seed}"


@dataclass(frozen=True)
class Setting:
    """What all claims of one call share."""

    base: Arm
    out: Path  # folder of the runs: what is found there is not trained again
    device: Device
    per_class: int = 10  # test pictures per class, as in picturebook.tasks
    emoji: Path = Path("emoji-64")


@dataclass(frozen=True)
class Learned:
    """A trained arm, ready to be asked."""

    arm: Arm
    seed: int
    model: CLIP  # or a supervised.Net
    tokenizer: BPETokenizer | None  # None: a supervised net reads nothing
    per_class: int
