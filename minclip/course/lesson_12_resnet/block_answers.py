"""Answers to the exercises 12.1 and 12.2."""

from minclip import resnet
from minclip.course.exercise import library_source
from minclip.course.planted_answers import Answer, answer_of, edited, indented

HEAD = library_source(resnet.Bottleneck).partition("    def forward(")[0] + "    def forward(self, x):\n"
PAST = "past = x if self.downsample is None else self.downsample(F.avg_pool2d(x, self.stride))\n"
WHERE = "if self.downsample is not None:\n    past = self.downsample(F.avg_pool2d(x, self.stride))\n"
ONE = "x = F.relu(self.bn1(self.conv1(x)))\n"
TWO = "x = F.relu(self.bn2(self.conv2(x)))\n"
POOL = "x = F.avg_pool2d(x, self.stride)\n"
LAST = "return F.relu(self.bn3(self.conv3(x)) + past)"
RIGHT = PAST + ONE + TWO + POOL + LAST


def block(body: str, says: str = "", silent: str = "") -> Answer:
    return Answer("Bottleneck", f"{HEAD}{indented(body, 8)}\n", says, silent)


def but(old: str, new: str, says: str = "", silent: str = "") -> Answer:
    """The right block with one thing replaced."""
    return block(edited(RIGHT, old, new), says, silent)


def blocks(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("stage", "def stage(channels_in, channels, blocks, stride):\n", body, says, silent)


FIRST = "first = Bottleneck(channels_in, channels, stride)\n"
REST = "rest = [Bottleneck(EXPANSION * channels, channels, 1) for _ in range(blocks - 1)]\n"
ALL = "return nn.Sequential(first, *rest)"
MAX = "F.max_pool2d(x, self.stride)"
SKIP = "x[:, :, :: self.stride, :: self.stride]"
MEAN = "F.avg_pool2d(x, self.stride)"

WRONG = [
    but(LAST, "return self.bn3(self.conv3(x)) + past", "the last ReLU is missing"),
    but(LAST, "return F.relu(self.bn3(self.conv3(x))) + past", "the ReLU comes before the sum"),
    but(LAST, "return F.relu(self.bn3(self.conv3(x))) + F.relu(past)", "both paths have a ReLU"),
    but(LAST, "x = F.relu(self.bn3(self.conv3(x)))\nreturn F.relu(x + past)", "a ReLU stands before the sum, too"),
    but(LAST, "return F.relu(self.bn3(self.conv3(x)))", "the path past the convolutions is missing"),
    but(LAST, "return self.bn3(self.conv3(x))", "and the last ReLU, too"),
    but(LAST, "return F.relu(past)", "only the path past"),
    but(LAST, "return F.relu(self.bn3(self.conv3(x)) - past)", "is subtracted"),
    but(LAST, "return F.relu(self.bn3(self.conv3(x)) * past)", "is multiplied"),
    but(LAST, "F.relu(self.bn3(self.conv3(x)) + past)", "is there a return?"),
    but(MEAN, SKIP, "the strides skip every second place"),
    but(POOL, f"x = {SKIP}\n", "behind conv2 every second place"),
    but(PAST, PAST.replace(MEAN, SKIP), "past skips every second place"),
    but(MEAN, MAX, "the largest number of each square is taken"),
    but(POOL, f"x = {MAX}\n", "behind conv2 the largest number"),
    but(PAST, PAST.replace(MEAN, MAX), "past takes the largest"),
    but(TWO + POOL, POOL + TWO, "the average comes before conv2"),
    but(ONE + TWO + POOL, POOL + ONE + TWO, "the average comes before conv1"),
    but(TWO + POOL, "x = F.relu(F.avg_pool2d(self.bn2(self.conv2(x)), self.stride))\n", "before the ReLU of conv2"),
    but(POOL + LAST, "return F.relu(F.avg_pool2d(self.bn3(self.conv3(x)), self.stride) + past)",
        "the average comes behind conv3"),
    but(PAST, "past = x if self.downsample is None else F.avg_pool2d(self.downsample(x), self.stride)\n",
        "past is averaged behind downsample"),
    but(POOL, "", "one path has kept its 8 × 8 places"),
    but(PAST, "past = x if self.downsample is None else self.downsample(x)\n", "one path has kept its 8 × 8 places"),
    but(PAST, "past = F.avg_pool2d(x, self.stride)\n", "the block gives 16"),
    but(PAST, "past = self.downsample(F.avg_pool2d(x, self.stride))\n", "self.downsample is None"),
    but(PAST, "past = x if self.stride == 1 else self.downsample(F.avg_pool2d(x, self.stride))\n",
        "self.downsample decides, not the stride"),
    but("self.stride", "2", "both paths keep their places"),
    but(POOL, "x = F.avg_pool2d(x, 2)\n", "both paths keep their places"),
    but("self.bn1(self.conv1(x))", "self.conv1(x)", "bn1 is missing"),
    but("self.bn2(self.conv2(x))", "self.conv2(x)", "bn2 is missing"),
    but("self.bn3(self.conv3(x))", "self.conv3(x)", "bn3 is missing"),
    block(PAST + "x = F.relu(self.conv1(x))\nx = F.relu(self.conv2(x))\n" + POOL
          + "return F.relu(self.conv3(x) + past)",
          "all norms are missing"),
    but(ONE, "x = self.bn1(self.conv1(x))\n", "the ReLU behind bn1 is missing"),
    but(TWO, "x = self.bn2(self.conv2(x))\n", "the ReLU behind bn2 is missing"),
    but(ONE + TWO, "x = self.bn2(self.conv2(self.bn1(self.conv1(x))))\n", "the ReLUs behind bn1 and bn2"),
    but(ONE, "x = self.bn1(F.relu(self.conv1(x)))\n", "the ReLU stands before bn1"),
    but(TWO, "x = self.bn2(F.relu(self.conv2(x)))\n", "the ReLU stands before bn2"),
    but(ONE + TWO, "x = self.bn1(F.relu(self.conv1(x)))\nx = self.bn2(F.relu(self.conv2(x)))\n",
        "the ReLUs stand before the norms"),
    but("self.bn2(", "self.bn1(", "bn1 is used twice"),
    but(ONE + TWO, "x = F.relu(self.bn2(self.conv1(x)))\nx = F.relu(self.bn1(self.conv2(x)))\n", "changed places"),
    but(TWO, "", "conv2 is missing"),
    but(TWO, TWO + TWO, "conv2 is used twice"),
    but("F.relu", "F.gelu", "the activation is GELU"),
    but(ONE, "", "another number of channels"),
    but("self.conv1(x)", "self.conv3(x)", "another number of channels"),
    block(ONE + TWO + POOL + PAST + LAST, "downsample takes what the block was given"),
    block(ONE + TWO + POOL + "x = self.bn3(self.conv3(x))\n" + PAST + "return F.relu(x + past)",
          "downsample takes what the block was given"),
    block(WHERE + ONE + TWO + POOL + LAST, "is set only where there is a downsample"),
    block(WHERE + ONE + TWO + POOL
          + "x = self.bn3(self.conv3(x))\nreturn F.relu(x + (x if self.downsample is None else past))",
          "the result is added to itself"),
    but(LAST, "return F.relu(self.bn3(self.conv3(x)) + F.relu(past))", "has a ReLU of its own"),
    but(PAST, PAST.replace(MEAN, f"F.relu({MEAN})"), "x has a ReLU before downsample"),
    but(LAST, "return F.relu(self.bn3(self.conv3(x)) + past).squeeze()", "batch is lost"),
    but(LAST, "return F.relu(self.bn3(self.conv3(x)) + past.detach())", ""),
    but(LAST, "return F.relu(self.bn3(self.conv3(x)) + past).float()", "default dtype float32"),
    but(LAST, "return F.relu(self.bn3(self.conv3(x)) + past), past", "no tensor"),
    blocks(FIRST + REST.replace(", 1)", ", stride)") + ALL, "every block has the stride"),
    blocks("first = Bottleneck(channels_in, channels, 1)\n" + REST + ALL, "no block has the stride"),
    blocks("first = Bottleneck(channels_in, channels, 1)\n" + REST +
           "rest[-1:] = [Bottleneck(EXPANSION * channels, channels, stride)]\n" + ALL, "the last block has the stride"),
    blocks("first = Bottleneck(channels_in, channels, 2)\n" + REST + ALL, "the stride is 2 here"),
    blocks(FIRST + edited(REST, "blocks - 1", "2") + ALL, "there are three blocks here"),
    blocks("channels = channels // EXPANSION\n" + FIRST + REST + ALL, "channels is divided by 4: "),
    blocks("inside = channels // EXPANSION\nfirst = Bottleneck(channels_in, inside, stride)\n"
           "rest = [Bottleneck(EXPANSION * channels, inside, 1) for _ in range(blocks - 1)]\n" + ALL,
           "channels is divided by 4, and"),
    blocks(FIRST + edited(REST, "channels, channels", "channels, channels // EXPANSION") + ALL,
           "the later blocks divide channels by 4"),
    blocks(FIRST + edited(REST, "blocks - 1", "blocks") + ALL, "a block too many"),
    blocks(FIRST + edited(REST, "blocks - 1", "blocks - 2") + ALL, "a block too few"),
    blocks(FIRST + "return nn.Sequential(first)", "only the first block"),
    blocks(FIRST + "return first", "one block is no stage"),
    blocks(REST + "return nn.Sequential(*rest)", "the first block is missing"),
    blocks(FIRST + edited(REST, "EXPANSION * channels, channels", "channels_in, channels") + ALL,
           "all blocks take channels_in"),
    blocks("return nn.Sequential(*(Bottleneck(channels_in, channels, stride) for _ in range(blocks)))",
           "all blocks are like the first one"),
    blocks(FIRST + edited(REST, "EXPANSION * channels, channels", "channels, channels") + ALL,
           "the later blocks take channels"),
    blocks("first = Bottleneck(EXPANSION * channels, channels, stride)\n" + REST + ALL,
           "the first block takes what a block gives"),
    blocks("wide = EXPANSION * channels\nfirst = Bottleneck(channels_in, wide, stride)\n"
           "return nn.Sequential(first, *(Bottleneck(wide, wide, 1) for _ in range(blocks - 1)))",
           "channels is multiplied by 4"),
    blocks(FIRST + edited(REST, "EXPANSION * channels, channels", "EXPANSION * channels, EXPANSION * channels") + ALL,
           "4 times as wide inside"),
    blocks(FIRST + REST + "return nn.Sequential(*rest, first)", "the first block stands last"),
    blocks(FIRST + "again = Bottleneck(EXPANSION * channels, channels, 1)\n"
           "return nn.Sequential(first, *[again] * (blocks - 1))", "share their weights"),
    blocks(FIRST + REST + "return [first, *rest]", "a list of blocks cannot be called"),
    blocks(FIRST + REST + "return nn.ModuleList([first, *rest])", "a list of blocks cannot be called"),
    blocks(FIRST + REST + "nn.Sequential(first, *rest)", "is there a return?"),
    blocks(FIRST + REST + "return nn.Sequential([first, *rest])", "got a list or a generator"),
    blocks(FIRST + REST + "return nn.Sequential(first, nn.Sequential(*rest))", "not one inside of another"),
    blocks(FIRST + REST + "return nn.Sequential(*[nn.Sequential(one) for one in [first, *rest]])",
           "not one inside of another"),
    blocks("first = Bottleneck(channels_in, channels)\n" + REST + ALL, "Bottleneck takes three numbers"),
]  # fmt: skip

CORRECT = [
    but("F.relu", "torch.relu"),
    block("identity = x\nout = self.bn1(self.conv1(x)).relu()\nout = self.bn2(self.conv2(out)).relu()\n"
          "if self.stride > 1:\n    out = F.avg_pool2d(out, self.stride)\n    identity = F.avg_pool2d(x, self.stride)\n"
          "out = self.bn3(self.conv3(out))\nif self.downsample is not None:\n    identity = self.downsample(identity)\n"
          "return (out + identity).clamp(min=0)"),
    block("def mean(z):\n    b, c, h, w = z.shape\n    s = self.stride\n"
          "    return z.reshape(b, c, h // s, s, w // s, s).mean(dim=(3, 5))\n\n"
          "past = mean(x) if self.downsample is None else self.downsample(mean(x))\n" + ONE + TWO
          + "x = self.conv3(mean(x))\nreturn torch.relu(past + self.bn3(x))"),
    block("past = x\nfor conv, bn in ((self.conv1, self.bn1), (self.conv2, self.bn2)):\n    x = F.relu(bn(conv(x)))\n"
          "pool = nn.AvgPool2d(self.stride)\nif self.downsample:\n    past = self.downsample(pool(past))\n"
          "return F.relu(self.bn3(self.conv3(pool(x))) + past)"),
    blocks("layers = []\nfor i in range(blocks):\n    layers.append(Bottleneck(channels_in, channels, stride))\n"
           "    channels_in, stride = EXPANSION * channels, 1\nreturn nn.Sequential(*layers)"),
    blocks("net = nn.Sequential(Bottleneck(channels_in, channels, stride))\nwhile len(net) < blocks:\n"
           "    net.append(Bottleneck(4 * channels, channels, 1))\nreturn net"),
    blocks("return nn.Sequential(*(Bottleneck(4 * channels if i else channels_in, channels, 1 if i else stride) "
           "for i in range(blocks)))"),
]  # fmt: skip
