"""CLIP: an image encoder and a text encoder that meet in one embedding space.

No training here, no files: see training.py and checkpoint.py. Source: Radford et al. 2021, openai/CLIP model.py.
"""

import math
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor, nn

from minclip.loss import similarity_logits
from minclip.text import TextTransformer
from minclip.transformer import HEAD_WIDTH
from minclip.vision import VisionTransformer

START_TEMPERATURE = 0.07  # CLIP paper section 2.5, after Wu et al. 2018
MAX_LOGIT_SCALE = math.log(100)  # CLIP paper section 2.5: logits may not be scaled by more than 100


@dataclass(frozen=True)
class CLIPConfig:
    """Every number that decides the architecture. `CLIPConfig.preset("ViT-B/32")` knows the usual ones."""

    embed_dim: int  # width of the space where pictures and texts meet
    image_size: int  # side of the square picture, in pixels
    patch_size: int  # side of a patch, in pixels
    vision_width: int
    vision_layers: int
    text_width: int
    text_heads: int
    text_layers: int
    context_length: int = 77  # tokens, SOT and EOT included
    vocab_size: int = 49408  # OpenAI's: 512 bytes + 48,894 merges + SOT + EOT

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"CLIPConfig.{field.name}={value!r} must be a whole number of at least 1")

    @property
    def vision_heads(self) -> int:
        return max(1, self.vision_width // HEAD_WIDTH)

    @staticmethod
    def preset(name: str, **changes: int) -> "CLIPConfig":
        """The configuration of a well-known model; `changes` replace single numbers.

        >>> CLIPConfig.preset("tiny", vocab_size=1000).vision_width
        192
        """
        if name not in PRESETS:
            raise ValueError(f"preset {name!r} is not known: choose one of {', '.join(PRESETS)}")
        return replace(PRESETS[name], **changes)


PRESETS = {
    # for small pictures and a small vocabulary, trained from nothing in minutes; embed_dim as wide as RN50's, so that
    # fresh features are nearly orthogonal and the loss starts at ln(batch)
    "tiny": CLIPConfig(1024, 32, 8, 192, 4, 128, 2, 2, context_length=32, vocab_size=2048),
    "small": CLIPConfig(1024, 64, 8, 192, 6, 192, 3, 3, context_length=48, vocab_size=4096),
    "base": CLIPConfig(1024, 64, 8, 384, 8, 256, 4, 6, context_length=48, vocab_size=8192),
    # OpenAI's (CLIP paper, table 20)
    "ViT-B/32": CLIPConfig(512, 224, 32, 768, 12, 512, 8, 12),
    "ViT-B/16": CLIPConfig(512, 224, 16, 768, 12, 512, 8, 12),
    "ViT-L/14": CLIPConfig(768, 224, 14, 1024, 24, 768, 12, 12),
    "ViT-L/14@336px": CLIPConfig(768, 336, 14, 1024, 24, 768, 12, 12),
}


class CLIP(nn.Module):
    """Contrastive Language–Image Pre-training.

    pixels: float [batch, 3, image_size, image_size], normalised by `minclip.preprocess`;
    tokens: int64 [batch, context_length], made by the model's tokenizer. Features are not normalised.
    """

    def __init__(self, config: CLIPConfig):
        super().__init__()
        self.config = config
        self.visual = VisionTransformer(
            config.image_size,
            config.patch_size,
            config.vision_width,
            config.vision_layers,
            config.vision_heads,
            config.embed_dim,
        )
        self.text = TextTransformer(
            config.context_length,
            config.vocab_size,
            config.text_width,
            config.text_layers,
            config.text_heads,
            config.embed_dim,
        )
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / START_TEMPERATURE)))  # learned as a logarithm

    def encode_image(self, pixels: Tensor, kept: Tensor | None = None) -> Tensor:
        """float [batch, embed_dim], not normalised. kept: the patches to read, see VisionTransformer."""
        return self.visual(pixels, kept)

    def encode_text(self, tokens: Tensor) -> Tensor:
        """float [batch, embed_dim], not normalised."""
        return self.text(tokens)

    def forward(self, pixels: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """(logits_per_image [images, texts], logits_per_text [texts, images]): exp(logit_scale) · cosine."""
        logits_per_image = similarity_logits(
            self.encode_image(pixels), self.encode_text(tokens), self.logit_scale.exp()
        )
        return logits_per_image, logits_per_image.T

    @torch.no_grad()
    def clamp_logit_scale(self) -> None:
        """Keeps the temperature in [1/100, 1], as CLIP does after every step."""
        self.logit_scale.clamp_(0, MAX_LOGIT_SCALE)
