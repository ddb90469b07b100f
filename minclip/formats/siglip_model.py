"""The SigLIP model: CLIP's blocks, read out in another way.

Pictures: every patch is a token, there is no CLS, and attention pooling sums them up (siglip.py). Texts: every token
sees all others, padding too, and the last one is read. So a text is always padded to the full length. Both encoders
have the tanh form of GELU, or the exact one: Hugging Face computes the same weights with tanh, OpenCLIP with the exact
one in its first SigLIPs.

Sources: Zhai et al. 2023 (SigLIP), Tschannen et al. 2025 (SigLIP 2), big_vision models/vit.py and
proj/image_text/text_transformer.py; transformers modeling_siglip.py.
"""

import math
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from minclip.config import CLIPConfig
from minclip.model import CLIP
from minclip.preprocess import ImageTransform
from minclip.siglip import START_BIAS, START_SCALE, MAPHead
from minclip.transformer import MLP, LayerNorm, Transformer, initialise_blocks

NORM_EPS = 1e-6  # in every layer norm; CLIP has 1e-5
ACTIVATIONS = ("gelu_tanh", "gelu")
HALF = (0.5, 0.5, 0.5)


@dataclass(frozen=True)
class SigLIPConfig(CLIPConfig):
    """The sizes of a SigLIP. What it shares with CLIP has CLIPConfig's names."""

    context_length: int = 64  # tokens, the end and the padding included
    vocab_size: int = 32000
    quick_gelu: bool = False
    pixel_mean: tuple[float, ...] = HALF
    pixel_std: tuple[float, ...] = HALF
    text_mlp_width: int | None = None  # None: 4 · text_width
    vision_activation: str = "gelu_tanh"
    text_activation: str = "gelu_tanh"
    interpolation: str = "bicubic"  # with which a picture is squashed to a square; some have "bilinear"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.text_mlp_width == 4 * self.text_width:
            object.__setattr__(self, "text_mlp_width", None)
        if self.text_mlp_width is not None:
            self.check_number("text_mlp_width", self.text_mlp_width)
        if self.is_resnet or self.quick_gelu:
            raise ValueError(
                "SigLIPConfig describes a ViT with GELU: set vision_layers to one number, and quick_gelu=False"
            )
        allowed = {"vision_activation": ACTIVATIONS, "text_activation": ACTIVATIONS}
        for name, values in (allowed | {"interpolation": ("bicubic", "bilinear")}).items():
            if getattr(self, name) not in values:
                raise ValueError(f"SigLIPConfig.{name}={getattr(self, name)!r:.80} must be one of {', '.join(values)}")

    @property
    def image_transform(self) -> ImageTransform:
        """From a PIL picture to pixels: squashed to a square, nothing is cut off."""
        return ImageTransform(self.image_size, self.pixel_mean, self.pixel_std, squash=self.interpolation)

    @property
    def reads_padding(self) -> bool:
        """A text's padding is read, so it may not be cut off."""
        return True


class TanhMLP(MLP):
    """CLIP's MLP with GELU in its tanh form: ½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))."""

    def forward(self, x: Tensor) -> Tensor:
        """x: float [batch, tokens, width] -> the same shape."""
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


def with_siglips_numbers(encoder: nn.Module, activation: str) -> None:
    """Changes CLIP's parts in place: the epsilon of each norm, and the activation of each MLP."""
    for module in list(encoder.modules()):
        if isinstance(module, LayerNorm):
            module.eps = NORM_EPS
        mlp = getattr(module, "mlp", None)
        if isinstance(mlp, MLP) and activation == "gelu_tanh":
            module.mlp = TanhMLP(mlp.c_fc.in_features, mlp.c_fc.out_features, quick_gelu=False)


class Patches(nn.Module):
    """Cuts a picture into patches and maps each to a token; adds positions. Pixels that fill no patch are left out.

    image: float [batch, 3, size, size] -> float [batch, patches, width].
    """

    def __init__(self, image_size: int, patch_size: int, width: int):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, kernel_size=patch_size, stride=patch_size)
        self.positional_embedding = nn.Parameter(width**-0.5 * torch.randn((image_size // patch_size) ** 2, width))

    def forward(self, image: Tensor) -> Tensor:
        x = self.conv1(image.to(self.conv1.weight.dtype)).flatten(2).transpose(1, 2)  # [batch, patches, width]
        return x + self.positional_embedding.to(x.dtype)


class SigLIPVision(nn.Module):
    """The image encoder; its features are as wide as its tokens."""

    def __init__(self, config: SigLIPConfig):
        super().__init__()
        width, mlp_width = config.vision_width, config.vision_mlp_width or 4 * config.vision_width
        if config.embed_dim != width:
            raise ValueError(f"embed_dim={config.embed_dim} must be vision_width={width}: SigLIP projects texts alone")
        assert config.patch_size is not None and isinstance(config.vision_layers, int)  # SigLIPConfig has seen to it
        self.image_size = config.image_size
        self.embedding = Patches(config.image_size, config.patch_size, width)
        self.transformer = Transformer(
            width=width, layers=config.vision_layers, heads=config.vision_heads, mlp_width=mlp_width, quick_gelu=False
        )
        self.ln_post = LayerNorm(width)
        self.head = MAPHead(width, config.vision_heads, mlp_width)
        with_siglips_numbers(self, config.vision_activation)

    def forward(self, image: Tensor) -> Tensor:
        """image: float [batch, 3, size, size] -> features: float [batch, embed_dim], not normalised."""
        if image.ndim != 4 or image.shape[1:] != (3, self.image_size, self.image_size):
            raise ValueError(
                f"image has shape {list(image.shape)}, not [batch, 3, {self.image_size}, {self.image_size}]: "
                f"pass the picture through the model's own preprocess"
            )
        return self.head(self.ln_post(self.transformer(self.embedding(image))))


class SigLIPText(nn.Module):
    """The text encoder: no causal mask, and the last token is read, which is padding in nearly every text."""

    def __init__(self, config: SigLIPConfig):
        super().__init__()
        width, mlp_width = config.text_width, config.text_mlp_width or 4 * config.text_width
        self.context_length, self.vocab_size = config.context_length, config.vocab_size
        self.token_embedding = nn.Embedding(config.vocab_size, width)
        self.positional_embedding = nn.Parameter(torch.empty(config.context_length, width))
        self.transformer = Transformer(
            width=width, layers=config.text_layers, heads=config.text_heads, mlp_width=mlp_width, quick_gelu=False
        )
        self.ln_final = LayerNorm(width)
        self.text_projection = nn.Linear(width, config.embed_dim)
        with_siglips_numbers(self, config.text_activation)
        nn.init.normal_(self.token_embedding.weight, std=0.02)  # as CLIP's text encoder starts
        nn.init.normal_(self.positional_embedding, std=0.01)
        initialise_blocks(self.transformer.resblocks, width)  # type: ignore[arg-type]

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens: int64 [batch, context_length] -> features: float [batch, embed_dim], not normalised."""
        if tokens.ndim != 2 or tokens.shape[1] != self.context_length:
            raise ValueError(
                f"tokens has shape {list(tokens.shape)}, SigLIP reads [batch, {self.context_length}], padding too: "
                f"make it with the model's own tokenizer, and cut nothing off"
            )
        x = self.token_embedding(tokens) + self.positional_embedding  # [batch, context_length, width]
        x = self.transformer(x.to(self.text_projection.weight.dtype))
        return self.text_projection(self.ln_final(x)[:, -1])  # [batch, embed_dim]


class SigLIP(CLIP):
    """A CLIP with these two encoders and a bias: σ(scale · cosine + bias) is the probability that a text fits."""

    config: SigLIPConfig

    def __init__(self, config: SigLIPConfig):
        nn.Module.__init__(self)  # not CLIP's, which would build CLIP's encoders
        self.config = config
        self.visual = SigLIPVision(config)  # type: ignore[assignment]
        self.text = SigLIPText(config)  # type: ignore[assignment]
        self.logit_scale = nn.Parameter(torch.tensor(math.log(START_SCALE)))
        self.logit_bias = nn.Parameter(torch.tensor(START_BIAS))

    def forward(self, pixels: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the logits, scale · cosine + bias: float32 [images, texts], and the same transposed."""
        logits_per_image = super().forward(pixels, tokens)[0] + self.logit_bias
        return logits_per_image, logits_per_image.T


def new_clip(config: CLIPConfig) -> CLIP:
    """A CLIP or SigLIP with fresh weights, as the configuration says."""
    return SigLIP(config) if isinstance(config, SigLIPConfig) else CLIP(config)


def config_from(content: dict[str, Any]) -> CLIPConfig:
    """The configuration that `asdict` has written. TypeError for entries that neither kind has."""
    ours = {field.name for field in fields(SigLIPConfig)} - {field.name for field in fields(CLIPConfig)}
    return SigLIPConfig(**content) if ours & content.keys() else CLIPConfig(**content)
