"""What the GPU bench measures, at a GPU's size or in miniature: the same lines then run on a CPU in seconds.

Nothing is measured here: see training_speed.py and timed_training.py.
"""

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from minclip.config import CLIPConfig, TrainConfig
from minclip.experiments.recipes import RECIPES


@dataclass(frozen=True)
class Measured:
    """A model whose training steps are timed."""

    preset: str
    pairs: int  # of a batch; halved until it fits into the memory
    cut: int  # tokens of the longest text
    compiling: float  # seconds: with fewer compiling is not begun. It may take longer: what was measured before is kept
    agreeing: int = 0  # pairs of the steps that show first, in float32 on the CPU, that all do the same work; 0: none
    changes: dict = field(default_factory=dict)  # of the preset


@dataclass(frozen=True)
class Learning:
    """A run from nothing, with as many samples as fit into its time."""

    data: str  # picturebook; flickr8k or rsicd in the folder of photos; album: drawn for a dry run
    model: CLIPConfig
    train: TrainConfig  # its samples are the most that it takes
    seconds: float  # of training
    around: float  # seconds for captions, tokens, evaluation and report


@dataclass(frozen=True)
class Sizes:
    """Everything whose size a dry run changes."""

    device: str
    compiles: bool  # torch.compile compiles; False: it passes everything through
    side: int  # of the matrices whose product is the peak
    rounds: int
    block: float  # seconds of a contender's block in a round
    calibration: float  # seconds
    small: Measured
    large: Measured
    minute: Learning
    flickr8k: Learning
    rsicd: Learning
    long: Learning


@dataclass(frozen=True)
class Work:
    """What a part is given."""

    sizes: Sizes
    folder: Path  # for its runs
    photos: Path | None
    until: float  # time.time() at which it must have ended
    save: Callable[[dict], None]  # keeps what is there so far, in case that it is stopped

    def left(self) -> float:
        """Seconds."""
        return self.until - time.time()


def about(sizes: Sizes) -> dict:
    """The machine and its software."""
    versions = {"python": platform.python_version(), "torch": torch.__version__, "cuda": torch.version.cuda}
    if sizes.device == "cpu":
        return {"gpu": None, "versions": versions}
    gpu = torch.cuda.get_device_properties(0)
    described = {
        "name": gpu.name,
        "memory_gb": round(gpu.total_memory / 1e9, 1),
        "multiprocessors": gpu.multi_processor_count,
        "compute_capability": f"{gpu.major}.{gpu.minor}",
    }
    return {"gpu": described, "versions": versions}


# four times the batch, the same rates: at twice AdamW's, `tiny` learned more slowly (90 steps: 5.07 nats, not 4.87)
PICTUREBOOK = replace(RECIPES["picturebook"].config, batch_size=1024, samples=8_000_000)
SMALL = CLIPConfig.preset("small")


def photos(name: str) -> Learning:
    """The data set's recipe, up to twice its samples: a few thousand photos are learned by heart."""
    recipe = RECIPES[name]
    train = replace(recipe.config, samples=2 * recipe.config.samples)
    return Learning(name, CLIPConfig.preset(recipe.preset), train, seconds=75, around=25)


GPU = Sizes(
    device="cuda",
    compiles=True,
    side=8192,
    rounds=5,
    block=0.5,
    calibration=3.0,
    small=Measured("small", pairs=1024, cut=24, compiling=30, agreeing=8),
    large=Measured("ViT-B/32", pairs=1024, cut=32, compiling=45),
    minute=Learning("picturebook", SMALL, PICTUREBOOK, seconds=55, around=40),
    flickr8k=photos("flickr8k"),
    rsicd=photos("rsicd"),
    long=Learning("picturebook", SMALL, replace(PICTUREBOOK, samples=60_000_000, compiled=True), 86_400, around=60),
)

MINIATURE = CLIPConfig(16, 16, 8, 64, 1, 64, 1, 1, context_length=16, vocab_size=600)
STEP = Measured("tiny", pairs=4, cut=6, compiling=0, agreeing=2, changes=vars(replace(MINIATURE, context_length=8)))
ALBUM = Learning("album", MINIATURE, TrainConfig(samples=160, batch_size=8), seconds=20, around=0)
DRY = Sizes(
    device="cpu",
    compiles=False,
    side=64,
    rounds=2,
    block=0.01,
    calibration=0.05,
    small=STEP,
    large=replace(STEP, agreeing=0),
    minute=ALBUM,
    flickr8k=replace(ALBUM, data="flickr8k", train=replace(ALBUM.train, patch_dropout=0.5)),
    rsicd=replace(ALBUM, data="rsicd", train=replace(ALBUM.train, turn=True)),
    long=replace(ALBUM, train=replace(ALBUM.train, samples=320)),
)
