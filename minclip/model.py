"""CLIP: an image encoder and a text encoder that meet in one embedding space.

No training here, no files: see training.py and checkpoint.py. Source: Radford et al. 2021, openai/CLIP model.py.
"""

import math

import torch
from torch import Tensor, nn

from minclip.config import CLIPConfig
from minclip.loss import clamp_logit_scale
from minclip.resnet import ModifiedResNet
from minclip.text import TextTransformer
from minclip.vision import VisionTransformer

START_TEMPERATURE = 0.07  # CLIP paper section 2.5, after Wu et al. 2018
HOW_TO_PIXELS = "write model.encode_image(preprocess(image)[None])"
HOW_TO_TOKENS = 'write model.encode_text(tokenizer(["a cat"]))'


def image_encoder(config: CLIPConfig) -> VisionTransformer | ModifiedResNet:
    """The ViT or the ResNet that a configuration describes."""
    if isinstance(config.vision_layers, tuple):
        return ModifiedResNet(
            image_size=config.image_size,
            width=config.vision_width,
            layers=config.vision_layers,
            heads=config.vision_heads,
            embed_dim=config.embed_dim,
        )
    assert config.patch_size is not None  # CLIPConfig has seen to it
    return VisionTransformer(
        image_size=config.image_size,
        patch_size=config.patch_size,
        width=config.vision_width,
        layers=config.vision_layers,
        heads=config.vision_heads,
        embed_dim=config.embed_dim,
        mlp_width=config.vision_mlp_width or 4 * config.vision_width,
        quick_gelu=config.quick_gelu,
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
            context_length=config.context_length,
            vocab_size=config.vocab_size,
            width=config.text_width,
            layers=config.text_layers,
            heads=config.text_heads,
            embed_dim=config.embed_dim,
            quick_gelu=config.quick_gelu,
        )
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / START_TEMPERATURE)))  # learned as a logarithm

    def encode_image(self, pixels: Tensor) -> Tensor:
        """pixels: float [batch, 3, size, size] -> features: float [batch, embed_dim], not normalised."""
        if not isinstance(pixels, Tensor):
            raise ValueError(f"pixels must be a tensor, found {type(pixels).__name__}: {HOW_TO_PIXELS}")
        return self.visual(pixels)

    def encode_text(self, tokens: Tensor) -> Tensor:
        """tokens: int64 [batch, length] -> features: float [batch, embed_dim], not normalised."""
        if not isinstance(tokens, Tensor):
            raise ValueError(f"tokens must be a tensor, found {type(tokens).__name__}: {HOW_TO_TOKENS}")
        return self.text(tokens)

    def forward(self, pixels: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the logits, scale · cosine: float32 [images, texts], and the same transposed, [texts, images]."""
        image_features = self.encode_image(pixels).float()  # [images, embed_dim]
        text_features = self.encode_text(tokens).float()  # [texts, embed_dim]
        image_features = image_features / image_features.norm(dim=-1, keepdim=True)  # of length 1, so that
        text_features = text_features / text_features.norm(dim=-1, keepdim=True)  # a dot product is a cosine
        scale = self.logit_scale.exp()
        logits_per_image = scale * image_features @ text_features.T  # [images, texts]
        return logits_per_image, logits_per_image.T

    def clamp_logit_scale(self) -> None:
        """Keeps the temperature in [1/100, 1], after every step of training."""
        clamp_logit_scale(self.logit_scale)
