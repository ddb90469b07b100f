"""Every number that decides a CLIP's architecture, and the well-known sets of them.

Nothing is built here, see model.py. Sources: CLIP paper appendix F, openai/CLIP model.py; the LAION models by
open_clip's model_configs.
"""

from dataclasses import dataclass, fields, replace

from minclip.preprocess import MEAN, STD

HEAD_WIDTH = 64  # CLIP paper, section 2.4: heads = width // 64
LARGEST = 1_000_000  # of any of the numbers; the largest CLIP so far has 257,216 tokens in its vocabulary


@dataclass(frozen=True)
class CLIPConfig:
    """`CLIPConfig.preset("ViT-B/32")` knows the usual ones. Four vision_layers make a ResNet, one makes a ViT."""

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
        if self.vision_mlp_width is not None and self.vision_mlp_width == 4 * self.vision_width:
            object.__setattr__(self, "vision_mlp_width", None)  # so that equal models have equal configurations
        for field in fields(self):
            if field.name not in ("quick_gelu", "pixel_mean", "pixel_std"):
                self.check_number(field.name, getattr(self, field.name))
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

    @staticmethod
    def preset(name: str, **changes: object) -> "CLIPConfig":
        """The configuration of a well-known model; `changes` replace single numbers.

        >>> CLIPConfig.preset("tiny", vocab_size=1000).vision_width
        192
        """
        if name not in PRESETS:
            raise ValueError(f"preset {name!r} is not known: choose one of {', '.join(PRESETS)}")
        return replace(PRESETS[name], **changes)  # type: ignore[arg-type]


PRESETS = {
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
