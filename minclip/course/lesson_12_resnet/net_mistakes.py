"""What the known mistakes of 12.4 give, the stem first, and what causes the errors that they end in."""

from torch import Tensor
from torch.nn import functional as F

from minclip.course.assertions import Known, Mistake
from minclip.resnet import ModifiedResNet

STEM = "x = F.relu(self.bn1(self.conv1(x))), the same with 2 and 3, then F.avg_pool2d(x, 2)"
ALL = "self.stem, then layer1 to layer4, then self.attnpool"
DTYPE = "self.stem(image.to(self.conv1.weight.dtype))"
CHANNELS = Mistake("a convolution gets another number of channels than it takes", way=STEM)
STEM_ERRORS = {
    "expected input[": CHANNELS,
    "running_mean should contain": Mistake("a norm gets another number of channels than it has", way=STEM),
}
ERRORS = {
    "expected input[": Mistake("a stage gets another number of channels than it takes: is one left out?", way=ALL),
    "running_mean should contain": Mistake("a norm gets another number of channels than it has", way=ALL),
    "(4) must match the size of tensor b (128)": Mistake(
        "attnpool gets a list of places: it wants the map itself, [batch, channels, side, side]", way=ALL
    ),
    "size of tensor a": Mistake("attnpool gets a map of another size: five halvings lead there", way=ALL),
    "mat1 and mat2 shapes cannot be multiplied": Mistake("attnpool gets another width than it takes", way=ALL),
    "Sizes of tensors must match": Mistake("attnpool gets a map of another size", way=ALL),
    "Dimension out of range": Mistake("attnpool wants the map itself, [batch, channels, side, side]", way=ALL),
    "is not iterable": Mistake("a module is no list", way=ALL),
}
SILENT = Mistake(
    "the refusal says nothing: it names the shape that came, and the one that is wanted",
    way="the exercise has its words at the top of forward: put them back there",
)
REFUSED = (  # shapes that are no batch of RGB pictures of 64 × 64
    ((2, 3, 32, 32), "for a model that reads 64 × 64"),
    ((2, 3, 64, 32), "for a model that reads 64 × 64"),
    ((2, 3, 32, 64), "for a model that reads 64 × 64"),
    ((3, 64, 64), "has no batch"),
    ((2, 1, 64, 64), "has 1 channel, not 3"),
    ((2, 4, 64, 64), "has 4 channels, not 3"),
    ((1, 2, 3, 64, 64), "has a dimension too many"),
)
OF_ANOTHER_DTYPE = {
    "same dtype": Mistake("the picture keeps its dtype, and the weights have another one", way=DTYPE),
    "should be the same": Mistake("the picture keeps its dtype, and the weights have another one", way=DTYPE),
    "type": Mistake("the picture keeps its dtype, and the weights have another one", way=DTYPE),
}


def of_stem(net: ModifiedResNet, x: Tensor) -> Known:
    """What is written in place of the stem, by name."""

    def one(z: Tensor) -> Tensor:
        return F.relu(net.bn1(net.conv1(z)))

    def two(z: Tensor) -> Tensor:
        return F.relu(net.bn2(net.conv2(z)))

    def three(z: Tensor) -> Tensor:
        return F.relu(net.bn3(net.conv3(z)))

    def mean(z: Tensor) -> Tensor:
        return F.avg_pool2d(z, 2)

    whole = three(two(one(x)))
    return {
        Mistake("the average at the end is missing", way=STEM): lambda: whole,
        Mistake("the largest number of each square is taken, as in the plain ResNet: take the mean", way=STEM): (
            lambda: F.max_pool2d(whole, 2)
        ),
        Mistake("the maximum of 3 × 3 places is taken, as in the plain ResNet: take the mean of 2 × 2", way=STEM): (
            lambda: F.max_pool2d(whole, 3, 2, 1)
        ),
        Mistake("every second place is skipped: take the mean of each square", way=STEM): lambda: whole[:, :, ::2, ::2],
        Mistake("the map is averaged twice", way=STEM): lambda: mean(mean(whole)),
        Mistake("the average comes before conv3: it comes last", way=STEM): lambda: three(mean(two(one(x)))),
        Mistake("the average comes before conv2: it comes last", way=STEM): lambda: three(two(mean(one(x)))),
        Mistake("the average comes first: it comes last", way=STEM): lambda: three(two(one(mean(x)))),
        Mistake("the average comes before the last ReLU", way=STEM): lambda: F.relu(
            mean(net.bn3(net.conv3(two(one(x)))))
        ),
        Mistake("the last ReLU is missing", way=STEM): lambda: mean(net.bn3(net.conv3(two(one(x))))),
        Mistake("the ReLU behind bn2 is missing", way=STEM): lambda: mean(three(net.bn2(net.conv2(one(x))))),
        Mistake("the ReLU behind bn1 is missing", way=STEM): lambda: mean(three(two(net.bn1(net.conv1(x))))),
        Mistake("all ReLUs are missing", way=STEM): lambda: mean(
            net.bn3(net.conv3(net.bn2(net.conv2(net.bn1(net.conv1(x))))))
        ),
        Mistake("a single ReLU stands at the end: one stands behind every norm", way=STEM): lambda: F.relu(
            mean(net.bn3(net.conv3(net.bn2(net.conv2(net.bn1(net.conv1(x)))))))
        ),
        Mistake("only the first ReLU is here: one stands behind every norm", way=STEM): lambda: mean(
            net.bn3(net.conv3(net.bn2(net.conv2(one(x)))))
        ),
        Mistake("only the second ReLU is here: one stands behind every norm", way=STEM): lambda: mean(
            net.bn3(net.conv3(two(net.bn1(net.conv1(x)))))
        ),
        Mistake("only the last ReLU is here: one stands behind every norm", way=STEM): lambda: mean(
            three(net.bn2(net.conv2(net.bn1(net.conv1(x)))))
        ),
        Mistake("the norms are missing", way=STEM): lambda: mean(
            F.relu(net.conv3(F.relu(net.conv2(F.relu(net.conv1(x))))))
        ),
        Mistake("bn1 is missing", way=STEM): lambda: mean(three(two(F.relu(net.conv1(x))))),
        Mistake("bn2 is missing", way=STEM): lambda: mean(three(F.relu(net.conv2(one(x))))),
        Mistake("bn3 is missing", way=STEM): lambda: mean(F.relu(net.conv3(two(one(x))))),
        Mistake("the ReLUs stand before the norms: they stand behind", way=STEM): lambda: mean(
            net.bn3(F.relu(net.conv3(net.bn2(F.relu(net.conv2(net.bn1(F.relu(net.conv1(x)))))))))
        ),
        Mistake("conv3 is missing, which doubles the channels", way=STEM): lambda: mean(two(one(x))),
        Mistake("conv2 is missing", way=STEM): lambda: mean(three(one(x))),
        Mistake("conv2 is used twice", way=STEM): lambda: mean(three(two(two(one(x))))),
        Mistake("the norm bn1 is used twice: bn2 stands behind conv2", way=STEM): lambda: mean(
            three(F.relu(net.bn1(net.conv2(one(x)))))
        ),
        Mistake("bn1 and bn2 have changed places", way=STEM): lambda: mean(
            three(F.relu(net.bn1(net.conv2(F.relu(net.bn2(net.conv1(x)))))))
        ),
    }


def of_net(net: ModifiedResNet, image: Tensor) -> Known:
    """What is written in place of the forward, by name."""
    x = net.layer4(net.layer3(net.layer2(net.layer1(net.stem(image)))))
    pool = net.attnpool
    return {
        Mistake("attnpool is missing: this is the last map", way=ALL): lambda: x,
        Mistake("attnpool is missing: this is the mean of the last map", way=ALL): lambda: x.mean(dim=(2, 3)),
        Mistake("attnpool is missing: this is the largest number of each channel", way=ALL): lambda: x.amax(dim=(2, 3)),
        Mistake("attnpool is missing, and the map was flattened", way=ALL): lambda: x.flatten(1),
        Mistake("only attnpool's last layer is used, on the mean: attnpool is called itself", way=ALL): lambda: (
            pool.c_proj(x.mean(dim=(2, 3)))
        ),
        Mistake("the features have length 1 here: only a comparison sets it to 1", way=ALL): lambda: F.normalize(
            pool(x), dim=-1
        ),
        Mistake("a ReLU stands behind attnpool: features may be negative", way=ALL): lambda: F.relu(pool(x)),
        Mistake("the features went through a softmax: only logits do", way=ALL): lambda: pool(x).softmax(dim=-1),
        Mistake("the map stands on its side before attnpool", way=ALL): lambda: pool(x.mT),
        Mistake("the map is averaged before attnpool: it takes every place", way=ALL): lambda: pool(
            x.mean(dim=(2, 3), keepdim=True).expand_as(x)
        ),
        Mistake("the stem's average is missing, or the picture was not halved five times", way=ALL): lambda: pool(
            F.avg_pool2d(x, 2)
        ),
    }
