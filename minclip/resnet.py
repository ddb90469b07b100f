"""The other image encoder of CLIP: a ResNet with a softer stem, softer strides, and attention instead of averaging.

It takes the place of vision.VisionTransformer and gives the same kind of features. Sources: He et al. 2016 (residual
networks), He et al. 2019 (ResNet-C: three small convolutions; ResNet-D: averages on the way past), Zhang 2019 (a stride
aliases, so blur before it), CLIP paper section 2.4 (attention pooling).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from minclip.transformer import attention

EXPANSION = 4  # a block gives 4 times as many channels as it computes with
STRIDE = 32  # pixels of the picture per place of the last feature map: 4 in the stem, 2 in each of the last 3 stages


class BatchNorm(nn.BatchNorm2d):
    """Batch norm in the dtype of its weights, which stay float32 in a half-precision model (as in OpenAI's)."""

    def forward(self, x: Tensor) -> Tensor:
        """x: float [batch, channels, height, width] -> the same shape and dtype."""
        return super().forward(x.to(self.weight.dtype)).type_as(x)


class Bottleneck(nn.Module):
    """relu(x + conv3(pool(conv2(conv1(x))))): few channels inside, where the 3 × 3 convolution is; many outside.

    Where a plain ResNet skips every second place, this one averages: `stride` is average pooling, on both paths.
    x: float [batch, channels_in, height, width] -> float [batch, 4 · channels, height / stride, width / stride].
    """

    def __init__(self, channels_in: int, channels: int, stride: int):
        super().__init__()
        self.stride = stride
        self.conv1 = nn.Conv2d(channels_in, channels, kernel_size=1, bias=False)
        self.bn1 = BatchNorm(channels)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1, bias=False)
        self.bn2 = BatchNorm(channels)
        self.conv3 = nn.Conv2d(channels, EXPANSION * channels, kernel_size=1, bias=False)
        self.bn3 = BatchNorm(EXPANSION * channels)
        self.downsample = None
        if stride > 1 or channels_in != EXPANSION * channels:  # the path past the block must give the same shape
            conv = nn.Conv2d(channels_in, EXPANSION * channels, kernel_size=1, bias=False)
            self.downsample = nn.Sequential(conv, BatchNorm(EXPANSION * channels))

    def forward(self, x: Tensor) -> Tensor:
        past = x if self.downsample is None else self.downsample(F.avg_pool2d(x, self.stride))
        x = F.relu(self.bn1(self.conv1(x)))  # [batch, channels, height, width]
        x = F.relu(self.bn2(self.conv2(x)))
        x = F.avg_pool2d(x, self.stride)  # [batch, channels, height / stride, width / stride]
        return F.relu(self.bn3(self.conv3(x)) + past)  # [batch, 4 · channels, height / stride, width / stride]


def stage(channels_in: int, channels: int, blocks: int, stride: int) -> nn.Sequential:
    """Blocks of one resolution, one after the other; the first of them brings the stride and the new channels.

    x: float [batch, channels_in, height, width] -> float [batch, 4 · channels, height / stride, width / stride].
    """
    first = Bottleneck(channels_in, channels, stride)
    return nn.Sequential(first, *(Bottleneck(EXPANSION * channels, channels, stride=1) for _ in range(blocks - 1)))


class AttentionPool(nn.Module):
    """A feature map becomes one vector: the mean of all places is the query, all places are keys and values.

    side: of the map, in places. ValueError where heads do not divide width.
    """

    def __init__(self, *, side: int, width: int, heads: int, embed_dim: int):
        super().__init__()
        if width % heads:
            raise ValueError(
                f"width={width} must be a multiple of heads={heads}, so that every head gets an equal share"
            )
        self.heads = heads
        self.positional_embedding = nn.Parameter(width**-0.5 * torch.randn(1 + side**2, width))
        self.k_proj = nn.Linear(width, width)
        self.q_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.c_proj = nn.Linear(width, embed_dim)
        for projection in (self.q_proj, self.k_proj, self.v_proj, self.c_proj):
            nn.init.normal_(projection.weight, std=width**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        """x: float [batch, width, side, side] -> float [batch, embed_dim]."""
        x = x.flatten(2).transpose(1, 2)  # [batch, places, width]
        x = torch.cat([x.mean(dim=1, keepdim=True), x], dim=1)  # [batch, 1 + places, width]
        x = x + self.positional_embedding.to(x.dtype)
        query = self.by_head(self.q_proj(x[:, :1]))  # [batch, heads, 1, head_width]
        key = self.by_head(self.k_proj(x))  # [batch, heads, 1 + places, head_width]
        value = self.by_head(self.v_proj(x))
        x = attention(query, key, value)  # [batch, heads, 1, head_width]
        return self.c_proj(x.flatten(1))  # heads side by side again: [batch, width] -> [batch, embed_dim]

    def by_head(self, x: Tensor) -> Tensor:
        """x: float [batch, tokens, width] -> float [batch, heads, tokens, head_width]."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class ModifiedResNet(nn.Module):
    """The ResNet image encoder. width: channels of the first stage; layers: blocks of its four stages."""

    def __init__(self, *, image_size: int, width: int, layers: tuple[int, ...], heads: int, embed_dim: int):
        super().__init__()
        if image_size % STRIDE:
            raise ValueError(
                f"image_size={image_size} must be a multiple of {STRIDE}: the picture is halved five times"
            )
        if width % 2:
            raise ValueError(f"vision_width={width} must be even: the stem begins with half of it")
        self.image_size = image_size
        self.conv1 = nn.Conv2d(3, width // 2, kernel_size=3, stride=2, padding=1, bias=False)
        self.bn1 = BatchNorm(width // 2)
        self.conv2 = nn.Conv2d(width // 2, width // 2, kernel_size=3, padding=1, bias=False)
        self.bn2 = BatchNorm(width // 2)
        self.conv3 = nn.Conv2d(width // 2, width, kernel_size=3, padding=1, bias=False)
        self.bn3 = BatchNorm(width)
        self.layer1 = stage(width, width, layers[0], stride=1)
        self.layer2 = stage(EXPANSION * width, 2 * width, layers[1], stride=2)
        self.layer3 = stage(EXPANSION * 2 * width, 4 * width, layers[2], stride=2)
        self.layer4 = stage(EXPANSION * 4 * width, 8 * width, layers[3], stride=2)
        self.attnpool = AttentionPool(
            side=image_size // STRIDE, width=EXPANSION * 8 * width, heads=heads, embed_dim=embed_dim
        )
        for block in self.modules():
            if isinstance(block, Bottleneck):
                nn.init.zeros_(block.bn3.weight)  # at the start every block passes its input on: Goyal et al. 2017

    def stem(self, x: Tensor) -> Tensor:
        """Three small convolutions, then a mean: float [batch, 3, size, size] -> [batch, width, size / 4, size / 4]."""
        x = F.relu(self.bn1(self.conv1(x)))  # [batch, width / 2, size / 2, size / 2]
        x = F.relu(self.bn2(self.conv2(x)))
        x = F.relu(self.bn3(self.conv3(x)))  # [batch, width, size / 2, size / 2]
        return F.avg_pool2d(x, 2)  # [batch, width, size / 4, size / 4]

    def forward(self, image: Tensor) -> Tensor:
        """image: float [batch, 3, size, size] -> features: float [batch, embed_dim], not normalised."""
        if image.ndim != 4 or image.shape[1:] != (3, self.image_size, self.image_size):
            raise ValueError(
                f"image has shape {list(image.shape)}, not [batch, 3, {self.image_size}, {self.image_size}]: "
                f"pass the picture through minclip.preprocess.image_transform({self.image_size})"
            )
        x = self.stem(image.to(self.conv1.weight.dtype))  # [batch, width, size / 4, size / 4]
        x = self.layer1(x)  # [batch, 4 · width, size / 4, size / 4]
        x = self.layer2(x)  # [batch, 8 · width, size / 8, size / 8]
        x = self.layer3(x)  # [batch, 16 · width, size / 16, size / 16]
        x = self.layer4(x)  # [batch, 32 · width, size / 32, size / 32]
        return self.attnpool(x)  # [batch, embed_dim]
