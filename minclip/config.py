"""Every number that decides a CLIP, and the well-known sets of them; every number that decides a training run.

Nothing is built here, see model.py; which runs proved good stands in recipes.py. Sources: CLIP paper appendix F,
openai/CLIP model.py; the LAION models by open_clip's model_configs.
"""

from dataclasses import asdict, dataclass, fields, replace
from numbers import Integral, Real
from typing import Any

from minclip.masking import reads_all
from minclip.preprocess import MEAN, STD, ImageTransform

HEAD_WIDTH = 64  # CLIP paper, section 2.4: heads = width // 64
LARGEST = 1_000_000  # of any of the numbers; the largest CLIP so far has 257,216 tokens in its vocabulary


@dataclass(frozen=True)
class CLIPConfig:
    """The sizes of a CLIP; `CLIPConfig.preset("ViT-B/32")` knows the usual ones.

    vision_layers as one number makes a ViT, as four a ResNet.
    """

    embed_dim: int  # width of the space where pictures and texts meet
    image_size: int  # side of the square picture, in pixels
    patch_size: int | None  # side of a patch, in pixels; a ResNet has no patches
    vision_width: int  # of a ResNet: channels of its first stage
    vision_layers: int | tuple[int, ...]  # of a ResNet: the blocks of its four stages
    text_width: int
    text_heads: int
    text_layers: int
    context_length: int = 77  # tokens, SOT and EOT included
    vocab_size: int = 49408  # OpenAI's: 512 bytes + 48,894 merges + SOT + EOT
    vision_head_width: int = HEAD_WIDTH
    vision_mlp_width: int | None = None  # None: 4 · vision_width
    quick_gelu: bool = True  # OpenAI's activation; OpenCLIP's own models take the exact GELU
    pixel_mean: tuple[float, ...] = MEAN  # of the pictures it was trained on, per channel: preprocessing subtracts it
    pixel_std: tuple[float, ...] = STD  # and divides by this

    def __post_init__(self) -> None:
        for name in ("vision_layers", "pixel_mean", "pixel_std"):  # JSON knows lists only
            if isinstance(getattr(self, name), list):
                object.__setattr__(self, name, tuple(getattr(self, name)))
        for field in fields(CLIPConfig):
            if field.name not in ("quick_gelu", "pixel_mean", "pixel_std"):
                self.check_number(field.name, getattr(self, field.name))
        if self.vision_mlp_width is not None and self.vision_mlp_width == 4 * self.vision_width:
            object.__setattr__(self, "vision_mlp_width", None)  # so that equal models have equal configurations
        if not isinstance(self.quick_gelu, bool):
            raise ValueError(f"CLIPConfig.quick_gelu={self.quick_gelu!r} must be true or false")
        for name, least in (("pixel_mean", -1e9), ("pixel_std", 1e-9)):
            values = getattr(self, name)
            numbers = values if isinstance(values, tuple) else ()
            if len(numbers) != 3 or not all(isinstance(v, int | float) and least <= v < 1e9 for v in numbers):
                raise ValueError(f"CLIPConfig.{name}={values!r} must be three numbers, one per channel")

    def check_number(self, name: str, value: object) -> None:
        """ValueError where a field does not hold what a model can be built of."""
        none_is_right = {"patch_size": self.is_resnet, "vision_mlp_width": True}
        if value is None and none_is_right.get(name):
            return
        if name == "patch_size" and self.is_resnet:
            raise ValueError(f"CLIPConfig.patch_size={value!r} must be None: a ResNet has no patches")
        stages = isinstance(value, tuple) and len(value) == 4 and name == "vision_layers"
        for number in value if stages else (value,):  # type: ignore[attr-defined]
            if type(number) is not int or not 1 <= number <= LARGEST:
                raise ValueError(f"CLIPConfig.{name}={value!r} must be a whole number from 1 to {LARGEST:,}")

    @property
    def is_resnet(self) -> bool:
        return isinstance(self.vision_layers, tuple)

    @property
    def vision_heads(self) -> int:
        """Of a ResNet: those of its attention pool, which works on 32 times the width."""
        return max(1, (32 * self.vision_width if self.is_resnet else self.vision_width) // self.vision_head_width)

    @property
    def patches(self) -> int:
        """How many patches a picture is cut into. ValueError for a ResNet."""
        if self.patch_size is None:
            raise ValueError("patches: a ResNet has none, so none can be left out; set patch_dropout=0")
        return (self.image_size // self.patch_size) ** 2

    @property
    def image_transform(self) -> ImageTransform:
        """From a PIL picture to the pixels that the model reads."""
        return ImageTransform(self.image_size, self.pixel_mean, self.pixel_std)

    @property
    def reads_padding(self) -> bool:
        """Whether what stands after a text's end matters; in a CLIP it does not."""
        return False

    @staticmethod
    def preset(name: str, **changes: object) -> "CLIPConfig":
        """The configuration of a well-known model; `changes` replace single numbers.

        >>> CLIPConfig.preset("tiny", vocab_size=1000).vision_width
        192
        """
        if name not in PRESETS:
            raise ValueError(f"preset {name!r} is not known: choose one of {', '.join(PRESETS)}")
        return replace(PRESETS[name], **changes)  # type: ignore[arg-type]


PRESETS = {  # embed_dim, image_size, patch_size; vision_width, vision_layers; text_width, text_heads, text_layers
    # for small pictures and a small vocabulary, trained from nothing in minutes; embed_dim as wide as RN50's, so that
    # fresh features are nearly orthogonal and the loss starts at ln(batch)
    "tiny": CLIPConfig(1024, 32, 8, 192, 4, 128, 2, 2, context_length=32, vocab_size=2048),
    "small": CLIPConfig(1024, 64, 8, 192, 6, 192, 3, 3, context_length=48, vocab_size=4096),
    "base": CLIPConfig(1024, 64, 8, 384, 8, 256, 4, 6, context_length=48, vocab_size=8192),
    # OpenAI's nine (CLIP paper appendix F; sizes read off the weights)
    "RN50": CLIPConfig(1024, 224, None, 64, (3, 4, 6, 3), 512, 8, 12),
    "RN101": CLIPConfig(512, 224, None, 64, (3, 4, 23, 3), 512, 8, 12),
    "RN50x4": CLIPConfig(640, 288, None, 80, (4, 6, 10, 6), 640, 10, 12),
    "RN50x16": CLIPConfig(768, 384, None, 96, (6, 8, 18, 8), 768, 12, 12),
    "RN50x64": CLIPConfig(1024, 448, None, 128, (3, 15, 36, 10), 1024, 16, 12),
    "ViT-B/32": CLIPConfig(512, 224, 32, 768, 12, 512, 8, 12),
    "ViT-B/16": CLIPConfig(512, 224, 16, 768, 12, 512, 8, 12),
    "ViT-L/14": CLIPConfig(768, 224, 14, 1024, 24, 768, 12, 12),
    "ViT-L/14@336px": CLIPConfig(768, 336, 14, 1024, 24, 768, 12, 12),
}


OPTIMIZERS = ("adamw", "muon")
LOSSES = ("infonce", "siglip")
WHOLE = ("samples", "batch_size", "seed", "log_every", "evaluate_every", "save_every")
LIMITS = {
    "weight_decay": (0, 1e3),
    "warmup": (0, 1),
    "patch_dropout": (0, 1),
    "unmasked_tuning": (0, 1),
    "stored_scale": (1, 4),
}
LEAST = {"micro_batch": 1, "small_pictures": 1, "short_texts": 3}  # each may be None


def is_number(value: object, kind: type) -> bool:
    """Whether it is a number of this kind, of Python or of NumPy; True and False are none."""
    return isinstance(value, kind) and not isinstance(value, bool)


@dataclass(frozen=True)
class TrainConfig:
    """Every number that decides a run, beside the model's own."""

    samples: int = 400_000  # pictures seen in all, repeated ones counted
    batch_size: int = 256  # pairs that see each other as negatives
    learning_rate: float = 1e-3  # AdamW's peak; CLIP's 5e-4 is for batches of 32,768 and far wider nets
    weight_decay: float = 0.2  # CLIP paper appendix F, common hyperparameters
    warmup: float = 0.05  # share of the steps in which the rate rises
    loss: str = "infonce"  # CLIP's; "siglip" is a sigmoid for each pair, with a learned bias (siglip.py)
    optimizer: str = "muon"  # "adamw" is CLIP's; "muon" puts the block matrices under Muon
    muon_learning_rate: float = 0.02
    crop_scale: tuple[float, float] = (0.9, 1.0)  # share of the area that a random crop keeps; CLIP's
    mirror: bool = False  # CLIP does not: left and right mean something in captions
    turn: bool = False  # by random quarters: for photos from above, which have no upright
    patch_dropout: float = 0.0  # share of a picture's patches that a step does not read (FLIP); evaluation reads all
    small_pictures: int | None = None  # side of the pictures that a step reads, in pixels (CLIPA); None: the model's
    short_texts: int | None = None  # tokens of a text that a step reads (CLIPA); None: all
    unmasked_tuning: float = 0.0  # share of the steps, the last ones, that read everything all the same (masking.py)
    stored_scale: float = 1.0  # side of the pictures in memory, in image_sizes: crops of larger ones stay sharp
    micro_batch: int | None = None  # pairs encoded at a time; None: the batch at once. Negatives stay the whole batch
    compiled: bool = False  # torch.compile the encoders: a minute before the first step of a GPU, then faster ones
    stream: bool | None = None  # read pictures of shards as steps need them; None: where they would crowd the memory
    seed: int = 0
    log_every: int = 20  # steps
    evaluate_every: int = 200  # steps between points of the zero-shot curve
    save_every: int = 200  # steps between checkpoints

    def __post_init__(self) -> None:
        for name in WHOLE:
            value, least = getattr(self, name), {"seed": 0, "batch_size": 2}.get(name, 1)
            why = ": a single pair has no negatives to learn from" if name == "batch_size" else ""
            if not is_number(value, Integral):
                raise ValueError(f"{name}={value!r:.80} must be a whole number, at least {least}")
            if value < least:
                raise ValueError(f"{name}={value} must be at least {least}{why}")
        for name, (least, most) in LIMITS.items():
            value = getattr(self, name)
            if not is_number(value, Real) or not least <= value <= most:
                raise ValueError(f"{name}={value!r:.80} must be a number from {least:g} to {most:g}")
        crop = self.crop_scale
        pair = isinstance(crop, tuple | list) and len(crop) == 2 and all(is_number(share, Real) for share in crop)
        if not pair or not 0 < crop[0] <= crop[1] <= 1:
            raise ValueError(
                f"crop_scale={crop!r:.80} must be two shares of a picture's area, at most 1, as in (0.9, 1.0)"
            )
        for name in ("mirror", "turn", "compiled", *(() if self.stream is None else ("stream",))):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name}={getattr(self, name)!r:.80} must be True or False")
        if self.samples < self.batch_size:
            raise ValueError(
                f"samples={self.samples} is less than one batch of {self.batch_size}: raise samples or lower batch_size"
            )
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"optimizer={self.optimizer!r} is not known: choose one of {', '.join(OPTIMIZERS)}")
        if self.loss not in LOSSES:
            raise ValueError(f"loss={self.loss!r:.80} is not known: choose one of {', '.join(LOSSES)}")
        if self.patch_dropout == 1:
            raise ValueError(f"patch_dropout={self.patch_dropout} must be from 0 to below 1: some patch must be read")
        if self.seed >= 2**31:
            raise ValueError(f"seed={self.seed} must be from 0 to {2**31 - 1}")
        for name in ("learning_rate", "muon_learning_rate"):
            value = getattr(self, name)
            if not is_number(value, Real) or not 0 < value < float("inf"):
                raise ValueError(f"{name}={value!r:.80} must be a number above 0")
        for name, least in LEAST.items():
            value = getattr(self, name)
            if value is not None and not (is_number(value, Integral) and value >= least):
                raise ValueError(f"{name}={value!r:.80} must be a whole number, at least {least}")
        if self.unmasked_tuning and self.reads_everything:
            raise ValueError(
                f"unmasked_tuning={self.unmasked_tuning} asks for last steps that read everything, and all steps do: "
                f"set patch_dropout, small_pictures or short_texts, or leave it out"
            )

    def stored_size(self, image_size: int) -> int:
        """Side of the pictures kept in memory, in pixels."""
        return round(self.stored_scale * image_size)

    @property
    def reads_everything(self) -> bool:
        """Whether no step leaves anything out."""
        return not self.patch_dropout and self.small_pictures is None and self.short_texts is None

    def at(self, step: int) -> "TrainConfig":
        """The configuration of a step: the last ones, a share `unmasked_tuning`, read everything."""
        if self.reads_everything or not reads_all(step, self.steps, self.unmasked_tuning):
            return self
        return replace(self, patch_dropout=0.0, small_pictures=None, short_texts=None, unmasked_tuning=0.0)

    @property
    def steps(self) -> int:
        """Optimiser steps of the whole run."""
        return self.samples // self.batch_size

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_dict(content: dict[str, Any]) -> "TrainConfig":
        if not isinstance(content, dict):
            raise ValueError(f"content must be a dictionary, such as `to_dict` gives, found {type(content).__name__}")
        known = {field.name for field in fields(TrainConfig)}
        content = {name: tuple(v) if isinstance(v, list) else v for name, v in content.items() if name in known}
        return TrainConfig(**content)
