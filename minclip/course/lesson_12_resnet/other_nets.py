"""CLIP's ResNet with one thing replaced: a mean for the attention pool, or plain strides for averages.

The weights stay where they are, so all three begin with equal ones.
"""

from functools import partial
from typing import cast

from torch import Tensor
from torch.nn import functional as F

from minclip.resnet import AttentionPool, Bottleneck, ModifiedResNet


def with_a_mean(net: ModifiedResNet) -> ModifiedResNet:
    """Changes the net: all places weigh the same, on their way through the pool's value and output layers."""
    net.attnpool.forward = partial(mean_of_values, net.attnpool)  # type: ignore[method-assign]
    return net


def mean_of_values(pool: AttentionPool, x: Tensor) -> Tensor:
    """AttentionPool.forward with equal weights: [batch, width, side, side] -> [batch, embed_dim]."""
    x = x.flatten(2).transpose(1, 2) + pool.positional_embedding[1:]  # [batch, places, width]
    return pool.c_proj(pool.v_proj(x.mean(dim=1)))


def with_plain_strides(net: ModifiedResNet) -> ModifiedResNet:
    """Changes the net: a stride takes every second place, as a convolution with that stride does."""
    net.stem = partial(plain_stem, net)  # type: ignore[method-assign]
    for block in blocks_of(net):
        block.forward = partial(plain_block, block)  # type: ignore[method-assign]
    return net


def blocks_of(net: ModifiedResNet) -> list[Bottleneck]:
    """Its Bottlenecks, which may be of the learner's class."""
    layers = (net.layer1, net.layer2, net.layer3, net.layer4)
    return [cast(Bottleneck, block) for layer in layers for block in layer]


def plain_block(block: Bottleneck, x: Tensor) -> Tensor:
    """Bottleneck.forward: [batch, channels_in, height, width] -> [batch, 4 · channels, height / s, width / s]."""
    past = x if block.downsample is None else block.downsample(every(x, block.stride))
    x = F.relu(block.bn1(block.conv1(x)))
    x = F.relu(block.bn2(every(block.conv2(x), block.stride)))
    return F.relu(block.bn3(block.conv3(x)) + past)


def plain_stem(net: ModifiedResNet, x: Tensor) -> Tensor:
    """ModifiedResNet.stem: [batch, 3, size, size] -> [batch, width, size / 4, size / 4]."""
    x = F.relu(net.bn1(net.conv1(x)))
    x = F.relu(net.bn2(net.conv2(x)))
    return F.relu(net.bn3(every(net.conv3(x), 2)))


def every(x: Tensor, stride: int) -> Tensor:
    """Every stride-th place: [batch, channels, height, width] -> [batch, channels, height / stride, width / stride]."""
    return x[:, :, ::stride, ::stride]
