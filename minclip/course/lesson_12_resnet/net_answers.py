"""Answers to exercise 12.4."""

from minclip import resnet
from minclip.course.exercise import library_source
from minclip.course.planted_answers import Answer, edited, indented

HEAD = library_source(resnet.ModifiedResNet).partition("    def stem(")[0]
STEM = """x = F.relu(self.bn1(self.conv1(x)))
x = F.relu(self.bn2(self.conv2(x)))
x = F.relu(self.bn3(self.conv3(x)))
return F.avg_pool2d(x, 2)
"""
REFUSE = """if image.ndim != 4 or image.shape[1:] != (3, self.image_size, self.image_size):
    raise ValueError('another size')
"""
BODY = """x = self.stem(image.to(self.conv1.weight.dtype))
x = self.layer1(x)
x = self.layer2(x)
x = self.layer3(x)
x = self.layer4(x)
return self.attnpool(x)
"""


def net(stem: str = STEM, body: str = BODY, says: str = "", silent: str = "", refuse: str = REFUSE) -> Answer:
    methods = (
        f"    def stem(self, x):\n{indented(stem, 8)}\n\n    def forward(self, image):\n{indented(refuse + body, 8)}"
    )
    return Answer("ModifiedResNet", f"{HEAD}{methods}\n", says, silent)


def stem(old: str, new: str, says: str, silent: str = "") -> Answer:
    return net(edited(STEM, old, new), says=says, silent=silent)


def body(old: str, new: str, says: str, silent: str = "") -> Answer:
    return net(body=edited(BODY, old, new), says=says, silent=silent)


ONE, TWO, THREE, POOL = STEM.splitlines(keepends=True)
END = "return self.attnpool(x)"

WRONG = [
    stem(POOL, "return x\n", "the average at the end is missing"),
    stem("F.avg_pool2d(x, 2)", "F.max_pool2d(x, 2)", "the largest number of each square"),
    stem("F.avg_pool2d(x, 2)", "F.max_pool2d(x, 3, stride=2, padding=1)", "the maximum of 3 × 3"),
    stem("F.avg_pool2d(x, 2)", "x[:, :, ::2, ::2]", "every second place is skipped"),
    stem("F.avg_pool2d(x, 2)", "F.avg_pool2d(x, 4)", "averaged twice"),
    net(ONE + TWO + "x = F.avg_pool2d(x, 2)\n" + THREE + "return x", says="the average comes before conv3"),
    net(ONE + "x = F.avg_pool2d(x, 2)\n" + TWO + THREE + "return x", says="the average comes before conv2"),
    net("x = F.avg_pool2d(x, 2)\n" + ONE + TWO + THREE + "return x", says="the average comes first"),
    net(ONE + TWO + "return F.relu(F.avg_pool2d(self.bn3(self.conv3(x)), 2))", says="before the last ReLU"),
    stem(THREE, "x = self.bn3(self.conv3(x))\n", "the last ReLU is missing"),
    stem(TWO, "x = self.bn2(self.conv2(x))\n", "the ReLU behind bn2 is missing"),
    stem(ONE, "x = self.bn1(self.conv1(x))\n", "the ReLU behind bn1 is missing"),
    net(STEM.replace("F.relu(", "("), says="all ReLUs are missing"),
    net(STEM.replace("F.relu(", "(").replace("F.avg_pool2d(x, 2)", "F.relu(F.avg_pool2d(x, 2))"),
        says="a single ReLU stands at the end"),
    net(ONE + (TWO + THREE).replace("F.relu(", "(") + POOL, says="only the first ReLU"),
    net(ONE.replace("F.relu(", "(") + TWO + THREE.replace("F.relu(", "(") + POOL, says="only the second ReLU"),
    net((ONE + TWO).replace("F.relu(", "(") + THREE + POOL, says="only the last ReLU is here"),
    net("".join(f"x = F.relu(self.conv{i}(x))\n" for i in (1, 2, 3)) + POOL, says="the norms are missing"),
    stem("self.bn1(self.conv1(x))", "self.conv1(x)", "bn1 is missing"),
    stem("self.bn2(self.conv2(x))", "self.conv2(x)", "bn2 is missing"),
    stem("self.bn3(self.conv3(x))", "self.conv3(x)", "bn3 is missing"),
    net("".join(f"x = self.bn{i}(F.relu(self.conv{i}(x)))\n" for i in (1, 2, 3)) + POOL,
        says="the ReLUs stand before the norms"),
    stem(TWO, "", "conv2 is missing"),
    stem(TWO, TWO * 2, "conv2 is used twice"),
    stem("self.bn2", "self.bn1", "bn1 is used twice"),
    net("x = F.relu(self.bn2(self.conv1(x)))\nx = F.relu(self.bn1(self.conv2(x)))\n" + THREE + POOL,
        says="bn1 and bn2 have changed places"),
    stem(ONE, "", "another number of channels"),
    stem(THREE, "", "conv3 is missing"),
    stem(POOL, "F.avg_pool2d(x, 2)\n", "is there a return?"),
    stem("self.conv2(x)", "self.conv2(x.detach())", ""),
    stem("F.avg_pool2d(x, 2)", "F.avg_pool2d(x, 2).squeeze()", "batch is lost"),
    body(END, "return x", "this is the last map"),
    body(END, "return x.mean(dim=(2, 3))", "this is the mean of the last map"),
    body(END, "return x.amax(dim=(2, 3))", "the largest number of each channel"),
    body(END, "return x.flatten(1)", "the map was flattened"),
    body(END, "return self.attnpool.c_proj(x.mean(dim=(2, 3)))", "only attnpool's last layer"),
    body(END, "return F.normalize(self.attnpool(x), dim=-1)", "have length 1"),
    body(END, "return F.relu(self.attnpool(x))", "a ReLU stands behind attnpool"),
    body(END, "return self.attnpool(x).softmax(dim=-1)", "went through a softmax"),
    body(END, "return self.attnpool(x.mT)", "stands on its side"),
    body(END, "return self.attnpool(x.mean(dim=(2, 3), keepdim=True).expand_as(x))", "averaged before attnpool"),
    body(END, "self.attnpool(x)", "is there a return?"),
    body(END, "return self.attnpool(x).squeeze()", "batch is lost"),
    body("x = self.layer2(x)\n", "", "is one left out?"),
    body("x = self.layer4(x)\n", "", "attnpool gets"),
    body("x = self.layer1(x)\n", "", "is one left out?"),
    body("self.stem(image.to(self.conv1.weight.dtype))", "image", "is one left out?"),
    body("image.to(self.conv1.weight.dtype)", "image", "the picture keeps its dtype"),
    body("image.to(self.conv1.weight.dtype)", "image.float()", "the picture keeps its dtype"),
    body(END, "return self.attnpool(x.flatten(2).transpose(1, 2))", "it wants the map itself"),
    body("x = self.layer4(x)\n", "x = self.layer4(x.detach())\n", ""),
    net(says="are gone, changed, or come too late", refuse=""),
    net(says="are gone, changed, or come too late",
        refuse="if image.shape[-2:] != (self.image_size, self.image_size):\n    raise ValueError('another size')\n"),
    net(says="are gone, changed, or come too late", refuse="if image.shape[-1] != self.image_size:\n"
        "    raise ValueError('another size')\n"),
    net(says="are gone, changed, or come too late", refuse="if image.shape[-2] != self.image_size:\n"
        "    raise ValueError('another size')\n"),
    net(says="are gone, changed, or come too late",
        refuse="if image.shape[-3:] != (3, self.image_size, self.image_size):\n    raise ValueError('another size')\n"),
    net(says="the refusal says nothing", refuse=edited(REFUSE, "ValueError('another size')", "ValueError")),
    net(says="the refusal says nothing", refuse=edited(REFUSE, "'another size'", "''")),
    net(says="accepts what it must refuse", refuse="if image.shape[-1] != self.image_size:\n"
        "    image = F.interpolate(image, (self.image_size,) * 2)\n"),
    net(says="raises another error", refuse="assert image.shape[1:] == (3, self.image_size, self.image_size)\n"),
]  # fmt: skip

CORRECT = [
    net("for i in (1, 2, 3):\n    x = getattr(self, f'bn{i}')(getattr(self, f'conv{i}')(x)).relu()\n"
        "return nn.AvgPool2d(2)(x)"),
    net(body="x = self.stem(image.type(self.conv1.weight.dtype))\n"
        "for one in (self.layer1, self.layer2, self.layer3, self.layer4, self.attnpool):\n    x = one(x)\nreturn x"),
    net("relu = torch.relu\nx = relu(self.bn3(self.conv3(relu(self.bn2(self.conv2(relu(self.bn1(self.conv1(x)))))))))\n"
        "b, c, h, w = x.shape\nreturn x.view(b, c, h // 2, 2, w // 2, 2).mean(dim=(3, 5))",
        "image = image.to(self.conv1.weight.dtype)\n"
        "return self.attnpool(self.layer4(self.layer3(self.layer2(self.layer1(self.stem(image))))))",
        refuse="size = self.image_size\nif tuple(image.shape[-3:]) != (3, size, size) or image.dim() != 4:\n"
        "    raise ValueError(f'image has the shape {tuple(image.shape)}')\n"),
]  # fmt: skip
