"""Hidden tests of lesson 12: other sizes of blocks, stages, pools and nets."""

from minclip import resnet as library
from minclip.course.assertions import Trial
from minclip.course.lesson_12_resnet.block_mistakes import drawn, plan
from minclip.course.lesson_12_resnet.checks import both
from minclip.course.lesson_12_resnet.pool_mistakes import draws


def Bottleneck(t: Trial) -> None:
    for channels_in, channels, stride, height, width in ((5, 3, 2, 6, 4), (8, 2, 1, 3, 7), (2, 1, 4, 8, 8)):
        mine, theirs = both(t, library.Bottleneck, channels_in, channels, stride)
        x = t.normal(3, channels_in, height, width)
        t.same(t.call(mine, x), theirs(x), what=f"the result of {channels_in} to {4 * channels} channels")
        t.gradients_of_weights(mine, theirs, x)
        x = t.normal(3, channels_in, height, width)
        t.same(t.call(mine.train(), x), theirs.train()(x), what="the result in training mode")


def stage(t: Trial) -> None:
    for numbers in ((3, 2, 4, 2), (12, 3, 2, 1), (4, 1, 1, 2), (4, 1, 6, 4)):
        mine, theirs = t(*numbers), library.stage(*numbers)
        t.same(plan(mine), plan(theirs), what=f"the plan of stage{numbers}")
        drawn(t, theirs)
        t.copy_weights(mine, theirs)
        x = t.normal(2, numbers[0], 8, 8)
        t.same(t.call(mine.eval(), x), theirs.eval()(x), what="what the stage gives")


def AttentionPool(t: Trial) -> None:
    for side, width, heads, embed_dim in ((4, 8, 8, 3), (2, 15, 3, 30), (5, 6, 2, 6)):
        mine, theirs = draws(t, {"side": side, "width": width, "heads": heads, "embed_dim": embed_dim})
        x = t.normal(2, width, side, side)
        t.same(t.call(mine, x), theirs(x), what=f"the result for width {width} and {heads} heads")


def ModifiedResNet(t: Trial) -> None:
    for size, width, layers, heads in ((32, 2, (1, 2, 1, 1), 4), (96, 2, (2, 1, 1, 1), 1)):
        sizes = {"image_size": size, "width": width, "layers": layers, "heads": heads, "embed_dim": 5}
        mine, theirs = both(t, library.ModifiedResNet, **sizes)
        image = t.normal(2, 3, size, size)
        t.same(t.call(mine.stem, image, as_="stem"), theirs.stem(image), what="what the stem gives")
        t.same(t.call(mine, image), theirs(image), what=f"the features for {size} pixels")
