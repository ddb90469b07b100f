"""What the known mistakes of 12.1 and 12.2 give, and what causes the errors that they end in."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from minclip.course.assertions import Known, Mistake
from minclip.resnet import EXPANSION, Bottleneck

ORDER = "x = F.relu(self.bn1(self.conv1(x))), and the same with 2"
POOL = "x = F.avg_pool2d(x, self.stride) between conv2 and conv3"
PAST = "past = x if self.downsample is None else self.downsample(F.avg_pool2d(x, self.stride))"
LAST = "F.relu(self.bn3(self.conv3(x)) + past)"
EACH = "nn.Sequential(first, *(Bottleneck(...) for _ in range(blocks - 1)))"
# for a block of 6 channels to 16, maps of 8 × 8 and a stride of 2
NOT_AVERAGED = "(8) must match the size of tensor b (4)"
NOT_PAST = "(4) must match the size of tensor b (8)"
ERRORS = {
    NOT_AVERAGED: Mistake("one path has kept its 8 × 8 places: the stride averages on both", way=f"{POOL}; {PAST}"),
    NOT_PAST: Mistake("one path has kept its 8 × 8 places: the stride averages on both", way=f"{POOL}; {PAST}"),
    "(16) must match the size of tensor b (6)": Mistake(
        "x has 6 channels, and the block gives 16: self.downsample brings x to as many", way=PAST
    ),
    "(6) must match the size of tensor b (16)": Mistake(
        "x has 6 channels, and the block gives 16: self.downsample brings x to as many", way=PAST
    ),
    "weight of size [16, 6, 1, 1]": Mistake(
        "downsample takes what the block was given: keep x before it is written over", way=f"first of all: {PAST}"
    ),
    "expected input[": Mistake(
        "a convolution gets another number of channels than it takes: conv1, then conv2, then conv3", way=ORDER
    ),
    "running_mean should contain": Mistake("a norm gets another number of channels than it has", way=ORDER),
    "'NoneType' object is not callable": Mistake("self.downsample is None in a block that needs none", way=PAST),
}
OF_THE_SAME_SHAPE = {
    "local variable": Mistake("what goes past is set only where there is a downsample: else it is x itself", way=PAST),
    "'NoneType' object is not callable": Mistake(
        "self.downsample is None in a block whose input has the right shape already", way=PAST
    ),
    "must match the size of tensor b": Mistake(
        "here the stride is 1, and both paths keep their places: self.stride says how many are averaged", way=POOL
    ),
}
WITHOUT_STRIDE = {
    "must match the size of tensor b": Mistake(
        "with a stride of 1 the channels may differ, too: self.downsample decides, not the stride", way=PAST
    ),
}
BEHIND_CONV3 = Mistake(
    "the average comes behind conv3: four times the work, and in training the norm counts four times the places",
    way=POOL,
)
PAST_LATE = Mistake(
    "past is averaged behind downsample: average before, which saves work, and the norm counts the places left",
    way=PAST,
)
BOTH_LATE = Mistake(
    "both paths are averaged at their end: average before conv3 and before downsample", way=f"{POOL}; {PAST}"
)


def of_block(block: Bottleneck, x: Tensor) -> Known:
    """What is written in place of the block's forward, by name; stride 2."""
    s = block.stride
    one = F.relu(block.bn1(block.conv1(x)))
    two = F.relu(block.bn2(block.conv2(one)))
    past = block.downsample(F.avg_pool2d(x, s)) if block.downsample is not None else x
    down = nn.Identity() if block.downsample is None else block.downsample

    def end(z: Tensor) -> Tensor:
        return block.bn3(block.conv3(z))

    def from_two(z: Tensor, other: Tensor = past) -> Tensor:
        return F.relu(end(F.avg_pool2d(z, s)) + other)

    def from_one(z: Tensor) -> Tensor:
        return from_two(F.relu(block.bn2(block.conv2(z))))

    out, skipped = end(F.avg_pool2d(two, s)), x[:, :, ::s, ::s]
    return {
        Mistake("the last ReLU is missing: it comes behind the sum", way=LAST): lambda: out + past,
        Mistake("the ReLU comes before the sum, and it comes behind", way=LAST): lambda: F.relu(out) + past,
        Mistake("both paths have a ReLU before the sum: one ReLU comes behind", way=LAST): lambda: (
            F.relu(out) + F.relu(past)
        ),
        Mistake("a ReLU stands before the sum, too: only the one behind is right", way=LAST): lambda: F.relu(
            F.relu(out) + past
        ),
        Mistake(
            "the path past the convolutions has a ReLU of its own: one ReLU comes behind the sum", way=LAST
        ): lambda: F.relu(out + F.relu(past)),
        Mistake("x has a ReLU before downsample: one ReLU comes behind the sum", way=PAST): lambda: F.relu(
            out + down(F.relu(F.avg_pool2d(x, s)))
        ),
        Mistake("the result is added to itself: keep x before it is written over", way=PAST): lambda: F.relu(out + out),
        Mistake("the path past the convolutions is missing", way=LAST): lambda: F.relu(out),
        Mistake("the path past the convolutions is missing, and the last ReLU, too", way=LAST): lambda: out,
        Mistake("only the path past the convolutions is here", way=LAST): lambda: F.relu(past),
        Mistake("the path past the convolutions is subtracted: add it", way=LAST): lambda: F.relu(out - past),
        Mistake("the path past the convolutions is multiplied: add it", way=LAST): lambda: F.relu(out * past),
        Mistake("the strides skip every second place: take the mean of each square", way=POOL): lambda: F.relu(
            end(two[:, :, ::s, ::s]) + down(skipped)
        ),
        Mistake("behind conv2 every second place is skipped: take the mean of each square", way=POOL): lambda: F.relu(
            end(two[:, :, ::s, ::s]) + past
        ),
        Mistake("past skips every second place: take the mean of each square", way=PAST): lambda: from_two(
            two, down(skipped)
        ),
        Mistake("the largest number of each square is taken: take the mean", way=POOL): lambda: F.relu(
            end(F.max_pool2d(two, s)) + down(F.max_pool2d(x, s))
        ),
        Mistake("behind conv2 the largest number of each square is taken: take the mean", way=POOL): lambda: F.relu(
            end(F.max_pool2d(two, s)) + past
        ),
        Mistake("past takes the largest number of each square: take the mean", way=PAST): lambda: from_two(
            two, down(F.max_pool2d(x, s))
        ),
        Mistake("the average comes before conv2, which should see all places", way=POOL): lambda: F.relu(
            end(F.relu(block.bn2(block.conv2(F.avg_pool2d(one, s))))) + past
        ),
        Mistake("the average comes before conv1: conv2 should see all places", way=POOL): lambda: F.relu(
            end(F.relu(block.bn2(block.conv2(F.relu(block.bn1(block.conv1(F.avg_pool2d(x, s)))))))) + past
        ),
        Mistake("the average comes before the ReLU of conv2", way=POOL): lambda: F.relu(
            end(F.relu(F.avg_pool2d(block.bn2(block.conv2(one)), s))) + past
        ),
        Mistake("bn1 is missing", way=ORDER): lambda: from_one(F.relu(block.conv1(x))),
        Mistake("bn2 is missing", way=ORDER): lambda: from_two(F.relu(block.conv2(one))),
        Mistake("bn3 is missing", way=LAST): lambda: F.relu(block.conv3(F.avg_pool2d(two, s)) + past),
        Mistake("all norms are missing", way=ORDER): lambda: F.relu(
            block.conv3(F.avg_pool2d(F.relu(block.conv2(F.relu(block.conv1(x)))), s)) + past
        ),
        Mistake("the ReLU behind bn1 is missing", way=ORDER): lambda: from_one(block.bn1(block.conv1(x))),
        Mistake("the ReLU behind bn2 is missing", way=ORDER): lambda: from_two(block.bn2(block.conv2(one))),
        Mistake("the ReLUs behind bn1 and bn2 are missing", way=ORDER): lambda: from_two(
            block.bn2(block.conv2(block.bn1(block.conv1(x))))
        ),
        Mistake("the ReLU stands before bn1: it stands behind", way=ORDER): lambda: from_one(
            block.bn1(F.relu(block.conv1(x)))
        ),
        Mistake("the ReLU stands before bn2: it stands behind", way=ORDER): lambda: from_two(
            block.bn2(F.relu(block.conv2(one)))
        ),
        Mistake("the ReLUs stand before the norms: they stand behind", way=ORDER): lambda: from_two(
            block.bn2(F.relu(block.conv2(block.bn1(F.relu(block.conv1(x))))))
        ),
        Mistake("bn1 is used twice: bn2 stands behind conv2", way=ORDER): lambda: from_two(
            F.relu(block.bn1(block.conv2(one)))
        ),
        Mistake("bn1 and bn2 have changed places", way=ORDER): lambda: from_two(
            F.relu(block.bn1(block.conv2(F.relu(block.bn2(block.conv1(x))))))
        ),
        Mistake("conv2 is missing", way=ORDER): lambda: from_two(one),
        Mistake("conv2 is used twice", way=ORDER): lambda: from_one(two),
        Mistake("the activation is GELU: a ResNet has ReLU", way=ORDER): lambda: F.gelu(
            end(F.avg_pool2d(F.gelu(block.bn2(block.conv2(F.gelu(block.bn1(block.conv1(x)))))), s)) + past
        ),
    }


def plan(net: Any) -> list[tuple[int, int, int]]:
    """Of each block: the channels that come in, the channels inside, the stride."""
    return [(*block.conv1.weight.shape[1::-1], block.stride) for block in net]


def of_stage(channels_in: int, channels: int, blocks: int, stride: int) -> Known:
    """The plans of wrong stages, by name."""
    wide, right = EXPANSION * channels, (channels_in, channels, stride)
    rest = [(wide, channels, 1)] * (blocks - 1)
    return {
        Mistake("every block has the stride: only the first one does", way=EACH): lambda: (
            [right] + [(wide, channels, stride)] * (blocks - 1)
        ),
        Mistake("no block has the stride: the first one does", way=EACH): lambda: [(channels_in, channels, 1), *rest],
        Mistake("the stride is 2 here, whatever is asked: the first block takes `stride`", way=EACH): lambda: [
            (channels_in, channels, 2),
            *rest,
        ],
        Mistake("the last block has the stride: the first one does", way=EACH): lambda: (
            [(channels_in, channels, 1), *rest[1:], (wide, channels, stride)]
        ),
        Mistake("there is a block too many: the first one counts, too", way=EACH): lambda: [right, *rest, rest[0]],
        Mistake("there is a block too few", way=EACH): lambda: [right, *rest[1:]],
        Mistake("there are three blocks here, whatever is asked: `blocks` says how many", way=EACH): lambda: (
            [right] + [(wide, channels, 1)] * 2
        ),
        Mistake("only the first block is here", way=EACH): lambda: [right],
        Mistake("the first block is missing, which brings the stride", way=EACH): lambda: rest,
        Mistake("all blocks take channels_in: the later ones take what a block gives", way=EACH): lambda: (
            [right] + [(channels_in, channels, 1)] * (blocks - 1)
        ),
        Mistake("all blocks are like the first one", way=EACH): lambda: [right] * blocks,
        Mistake("the later blocks take channels, and a block gives 4 times as many", way=EACH): lambda: (
            [right] + [(channels, channels, 1)] * (blocks - 1)
        ),
        Mistake("the first block takes what a block gives: it takes channels_in", way=EACH): lambda: (
            [(wide, channels, stride), *rest]
        ),
        Mistake("channels is multiplied by 4: a Bottleneck does that itself", way=EACH): lambda: (
            [(channels_in, wide, stride)] + [(wide, wide, 1)] * (blocks - 1)
        ),
        Mistake("channels is multiplied by 4, and a Bottleneck does that itself", way=EACH): lambda: (
            [(channels_in, wide, stride)] + [(EXPANSION * wide, wide, 1)] * (blocks - 1)
        ),
        Mistake(
            "channels is divided by 4: it is the number inside, and a block gives 4 times as many", way=EACH
        ): lambda: (
            [(channels_in, channels // EXPANSION, stride)] + [(channels, channels // EXPANSION, 1)] * (blocks - 1)
        ),
        Mistake("channels is divided by 4, and a Bottleneck takes the number inside", way=EACH): lambda: (
            [(channels_in, channels // EXPANSION, stride)] + [(wide, channels // EXPANSION, 1)] * (blocks - 1)
        ),
        Mistake("the later blocks divide channels by 4: they compute with as many as the first", way=EACH): lambda: (
            [right] + [(wide, channels // EXPANSION, 1)] * (blocks - 1)
        ),
        Mistake("the later blocks are 4 times as wide inside", way=EACH): lambda: (
            [right] + [(wide, wide, 1)] * (blocks - 1)
        ),
        Mistake("the first block stands last", way=EACH): lambda: [*rest, right],
        Mistake("the channels grow from block to block: they are the same in a stage", way=EACH): lambda: (
            [right] + [(wide * EXPANSION**i, channels * EXPANSION**i, 1) for i in range(blocks - 1)]
        ),
    }


def drawn(t: Any, module: torch.nn.Module) -> None:
    """Fresh weights and running statistics: no gain is 1, no mean is 0."""
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(0.4 * t.normal(*weight.shape))
        for name, value in module.named_buffers():
            if name.endswith("running_mean"):
                value.copy_(0.3 * t.normal(*value.shape))
            if name.endswith("running_var"):
                value.copy_(0.5 + t.normal(*value.shape).square())
