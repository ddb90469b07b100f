"""CLIP: an image encoder and a text encoder that meet in one embedding space.

No training here, no files: see training.py and checkpoint.py. Source: Radford et al. 2021, openai/CLIP model.py.
"""

import math

import torch
from torch import Tensor, nn

from minclip.config import CLIPConfig
from minclip.loss import clamp_logit_scale, similarity_logits
from minclip.resnet import ModifiedResNet
from minclip.text import TextTransformer
from minclip.vision import VisionTransformer

START_TEMPERATURE = 0.07  # CLIP paper section 2.5, after Wu et al. 2018
HOW_TO_PIXELS = "write model.encode_image(preprocess(image)[None])"
HOW_TO_TOKENS = 'write model.encode_text(tokenizer(["a cat"]))'


def image_encoder(config: CLIPConfig) -> VisionTransformer | ModifiedResNet:
    """The ViT or the ResNet that a configuration describes."""
    size, width, heads, embed_dim = config.image_size, config.vision_width, config.vision_heads, config.embed_dim
    if isinstance(config.vision_layers, tuple):
        return ModifiedResNet(size, width, config.vision_layers, heads, embed_dim)
    mlp_width = config.vision_mlp_width or 4 * width
    assert config.patch_size is not None  # CLIPConfig has seen to it
    return VisionTransformer(
        size, config.patch_size, width, config.vision_layers, heads, embed_dim, mlp_width, config.quick_gelu
    )


class CLIP(nn.Module):
    """Contrastive Language–Image Pre-training.

    pixels: float [batch, 3, image_size, image_size], normalised by `minclip.preprocess`;
    tokens: int64 [batch, context_length], made by the model's tokenizer. Features are not normalised.
    """

    def __init__(self, config: CLIPConfig):
        super().__init__()
        self.config = config
        self.visual = image_encoder(config)
        self.text = TextTransformer(
            config.context_length,
            config.vocab_size,
            config.text_width,
            config.text_layers,
            config.text_heads,
            config.embed_dim,
            config.quick_gelu,
        )
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / START_TEMPERATURE)))  # learned as a logarithm

    def encode_image(self, pixels: Tensor, kept: Tensor | None = None) -> Tensor:
        """float [batch, embed_dim], not normalised. kept: the patches to read, see VisionTransformer."""
        if not isinstance(pixels, Tensor):
            raise ValueError(f"pixels must be a tensor, found {type(pixels).__name__}: {HOW_TO_PIXELS}")
        return self.visual(pixels) if kept is None else self.visual(pixels, kept)

    def encode_text(self, tokens: Tensor) -> Tensor:
        """float [batch, embed_dim], not normalised."""
        if not isinstance(tokens, Tensor):
            raise ValueError(f"tokens must be a tensor, found {type(tokens).__name__}: {HOW_TO_TOKENS}")
        return self.text(tokens)

    def forward(self, pixels: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """(logits_per_image [images, texts], logits_per_text [texts, images]): exp(logit_scale) · cosine."""
        logits_per_image = similarity_logits(
            self.encode_image(pixels), self.encode_text(tokens), self.logit_scale.exp()
        )
        return logits_per_image, logits_per_image.T

    def clamp_logit_scale(self) -> None:
        """Keeps the temperature in [1/100, 1], after every step of training."""
        clamp_logit_scale(self.logit_scale)
