"""The image encoder: a picture cut into patches, read by a Transformer, summed up by the CLS token.

Sources: Dosovitskiy et al. 2021 (ViT), CLIP paper section 2.4 (the extra layer norm before the blocks).
"""

import torch
from torch import Tensor, nn

from minclip.transformer import LayerNorm, Transformer


def patchify(image: Tensor, patch_size: int) -> Tensor:
    """Cuts pictures into square patches, in reading order; a patch is its red rows, its green rows, its blue rows.

    image: float [batch, 3, height, width] -> float [batch, patches, 3 · patch_size²].
    Raises ValueError where the patches do not fill the picture.
    """
    if image.shape[-2] % patch_size or image.shape[-1] % patch_size:
        raise ValueError(
            f"image is {image.shape[-2]} × {image.shape[-1]}: both must be multiples of patch_size={patch_size}"
        )
    x = image.unfold(2, patch_size, patch_size)  # [batch, 3, rows, width, patch_size]
    x = x.unfold(3, patch_size, patch_size)  # [batch, 3, rows, columns, patch_size, patch_size]
    return x.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)  # [batch, rows · columns, 3 · patch_size²]


class PatchEmbedding(nn.Module):
    """Cuts a picture into patches and maps each to a token; adds the CLS token and positions.

    image: float [batch, 3, size, size] -> float [batch, 1 + patches, width], patches in reading order.
    A convolution whose stride is its kernel is one linear map applied to every patch, as `patchify` cuts them.
    """

    def __init__(self, image_size: int, patch_size: int, width: int):
        super().__init__()
        if image_size % patch_size:
            raise ValueError(
                f"image_size={image_size} must be a multiple of patch_size={patch_size}: no patch may be cut off"
            )
        self.conv1 = nn.Conv2d(3, width, kernel_size=patch_size, stride=patch_size, bias=False)
        patches = (image_size // patch_size) ** 2
        self.class_embedding = nn.Parameter(width**-0.5 * torch.randn(width))
        self.positional_embedding = nn.Parameter(width**-0.5 * torch.randn(1 + patches, width))

    def forward(self, image: Tensor) -> Tensor:
        x = self.conv1(image.to(self.conv1.weight.dtype))  # [batch, width, size / patch, size / patch]
        x = x.flatten(2).transpose(1, 2)  # [batch, patches, width]
        cls = self.class_embedding.to(x.dtype).expand(x.shape[0], 1, -1)  # [batch, 1, width]
        return torch.cat([cls, x], dim=1) + self.positional_embedding.to(x.dtype)  # [batch, 1 + patches, width]


class VisionTransformer(nn.Module):
    """The image encoder. image_size, patch_size: in pixels; width: of a token; embed_dim: of the features."""

    def __init__(
        self,
        *,
        image_size: int,
        patch_size: int,
        width: int,
        layers: int,
        heads: int,
        embed_dim: int,
        mlp_width: int,
        quick_gelu: bool = True,
    ):
        super().__init__()
        self.image_size = image_size
        self.embedding = PatchEmbedding(image_size, patch_size, width)
        self.ln_pre = LayerNorm(width)
        self.transformer = Transformer(
            width=width, layers=layers, heads=heads, mlp_width=mlp_width, quick_gelu=quick_gelu
        )
        self.ln_post = LayerNorm(width)
        self.proj = nn.Parameter(width**-0.5 * torch.randn(width, embed_dim))

    def forward(self, image: Tensor) -> Tensor:
        """image: float [batch, 3, size, size] -> features: float [batch, embed_dim], not normalised."""
        if image.ndim != 4 or image.shape[1:] != (3, self.image_size, self.image_size):
            raise ValueError(
                f"image has shape {list(image.shape)}, not [batch, 3, {self.image_size}, {self.image_size}]: "
                f"pass the picture through minclip.preprocess.image_transform({self.image_size})"
            )
        x = self.embedding(image)  # [batch, 1 + patches, width]
        x = self.transformer(self.ln_pre(x))  # [batch, 1 + patches, width]
        cls = x[:, 0]  # [batch, width]
        return self.ln_post(cls) @ self.proj  # [batch, embed_dim]
