"""How the answers of lesson 12 are judged: the block, a stage of blocks, the attention pool, the whole encoder."""

from typing import Any

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d as mean
from torch.nn.functional import relu

from minclip import resnet as library
from minclip.course import battery
from minclip.course.assertions import Known, Mistake, Trial
from minclip.course.lesson_12_resnet import block_mistakes, net_mistakes, pool_mistakes
from minclip.course.lesson_12_resnet.block_mistakes import drawn, of_block, of_stage, plan


def both(t: Trial, kind: Any, *arguments: int, **sizes: Any) -> tuple[Any, Any]:
    """The learner's module and minclip's with the same weights and statistics, in eval mode."""
    theirs = kind(*arguments, **sizes)
    drawn(t, theirs)
    mine = t(*arguments, **sizes)
    t.copy_weights(mine, theirs)
    return mine.eval(), theirs.eval()


def with_gradients(t: Trial, mine: Any, theirs: Any, x: Tensor, name: str = "x") -> None:
    """The gradient of the input and of all weights. That of a key's bias is 0 up to rounding: nothing is left to ask.

    A key's bias adds the same to all scores of a query, and a softmax does not change by that.
    """
    for key in (one.k_proj for one in theirs.modules() if isinstance(one, library.AttentionPool)):
        key.bias.requires_grad_(False)
    ours, right = x.clone().requires_grad_(), x.clone().requires_grad_()
    came, expected = t.call(mine, ours), theirs(right)
    t.gradient(came, expected, {name: (ours, right)})
    t.gradients_of_weights(mine, theirs, x)


def Bottleneck(t: Trial) -> None:
    with t.method("forward"):
        block_forward(t)


def block_forward(t: Trial) -> None:
    mine, theirs = both(t, library.Bottleneck, 6, 4, 2)
    x, t.errors = t.normal(2, 6, 8, 8), block_mistakes.ERRORS
    t.same(t.call(mine, x), theirs(x), of_block(theirs, x))
    of_training(t, x)
    with_gradients(t, mine, theirs, x)
    t.errors = block_mistakes.OF_THE_SAME_SHAPE
    same_mine, same = both(t, library.Bottleneck, 16, 4, 1)
    y = t.normal(2, 16, 5, 5)
    t.same(t.call(same_mine, y), same(y), of_block(same, y), "the result of a block with stride 1")
    t.errors = block_mistakes.WITHOUT_STRIDE
    wide_mine, wide = both(t, library.Bottleneck, 6, 4, 1)
    t.same(t.call(wide_mine, x), wide(x), what="the result of a block with stride 1 and other channels")
    t.errors = {}
    large_mine, large = both(t, library.Bottleneck, 8, 2, 4)
    z = t.normal(2, 8, 8, 12)
    t.same(t.call(large_mine, z), large(z), what="the result with stride 4")
    battery.in_turn(t, (mine, theirs, [x]), (same_mine, same, [y]))
    battery.batch_of_one(t, mine, theirs, x)
    battery.keeps_dtype(t, mine, theirs, x)
    battery.leaves_no_trace(t, mine, x)
    t.on_a_gpu(mine, x)


def of_training(t: Trial, x: Tensor) -> None:
    """In training mode the norms count what they see, so the place of an average matters more."""
    mine, theirs = (module.train() for module in both(t, library.Bottleneck, 6, 4, 2))
    late, late_past = library.Bottleneck(6, 4, 2), library.Bottleneck(6, 4, 2)
    for other in (late, late_past):
        other.load_state_dict(theirs.state_dict())
    assert late.downsample is not None and late_past.downsample is not None  # 6 channels become 16
    behind = relu(mean(late.bn3(late.conv3(inside(late, x))), 2) + late.downsample(mean(x, 2)))
    after = relu(late_past.bn3(late_past.conv3(mean(inside(late_past, x), 2))) + mean(late_past.downsample(x), 2))
    both_late = relu(mean(late.bn3(late.conv3(inside(late, x))), 2) + mean(late.downsample(x), 2))
    known: Known = {
        block_mistakes.BEHIND_CONV3: lambda: behind,
        block_mistakes.PAST_LATE: lambda: after,
        block_mistakes.BOTH_LATE: lambda: both_late,
    }
    t.same(t.call(mine, x), theirs(x), known, "in training mode, the result")


def inside(block: Any, x: Tensor) -> Tensor:
    """What stands before the average of a block."""
    return relu(block.bn2(block.conv2(relu(block.bn1(block.conv1(x))))))


def stage(t: Trial) -> None:
    t.errors = {
        "got an unexpected keyword": Mistake("Bottleneck takes channels_in, channels and stride"),
        "missing 1 required positional argument": Mistake("Bottleneck takes three numbers", way="the last is stride"),
        "is not a Module subclass": Mistake(
            "nn.Sequential takes modules, and got a list or a generator", way="nn.Sequential(*blocks)"
        ),
        "takes 4 positional arguments but": Mistake("Bottleneck takes three numbers: there is no number of blocks"),
    }  # fmt: skip
    sizes = (6, 4, 3, 2)
    came = t(*sizes)
    none = Mistake("is there a return?", way="return nn.Sequential(...)")
    listed = Mistake("a list of blocks cannot be called", way="nn.Sequential(*blocks) calls one after the other")
    hint = [none] if came is None else [listed] if isinstance(came, list | tuple | nn.ModuleList) else []
    single = Mistake("one block is no stage", way=block_mistakes.EACH)
    hint = [single] if hasattr(came, "conv1") else hint
    t.holds(isinstance(came, nn.Sequential), "is no nn.Sequential", f"  got       {type(came).__name__}", *hint)
    flat = all(hasattr(block, "conv1") and hasattr(block, "stride") for block in came)
    nested = Mistake("the blocks stand one after the other, not one inside of another", way=block_mistakes.EACH)
    t.holds(flat and len(came) > 0, "does not hold blocks", f"  got       {[type(b).__name__ for b in came]}", nested)
    for numbers in (sizes, (32, 8, 5, 1), (8, 2, 2, 2), (6, 4, 1, 2)):
        came = t(*numbers)
        what = "the plan (channels in, inside, stride) of the blocks"
        t.same(plan(came), plan(library.stage(*numbers)), of_stage(*numbers), what)
        same = Mistake("the blocks share their weights: it is one block, used again and again", way="make each anew")
        t.holds(len({id(block) for block in came}) == len(came), "holds one block several times", same)
    theirs = library.stage(*sizes)
    drawn(t, theirs)
    mine = t(*sizes)
    t.copy_weights(mine, theirs)
    x = t.normal(2, 6, 8, 8)
    t.same(t.call(mine.eval(), x), theirs.eval()(x), what="what the stage gives")


def AttentionPool(t: Trial) -> None:
    with t.method("forward"):
        pool_forward(t)


def pool_forward(t: Trial) -> None:
    sizes = {"side": 3, "width": 12, "heads": 3, "embed_dim": 12}
    mine, theirs = pool_mistakes.draws(t, sizes)
    x, t.errors = t.normal(2, 12, 3, 3), pool_mistakes.ERRORS
    t.same(t.call(mine, x), theirs(x), pool_mistakes.of_pool(theirs, x))
    with_gradients(t, mine, theirs, x)
    t.errors = {}
    others = pool_mistakes.draws(t, {"side": 2, "width": 20, "heads": 5, "embed_dim": 7})
    y = t.normal(3, 20, 2, 2)
    t.same(t.call(others[0], y), others[1](y), what="the result for width 20 and 5 heads")
    one_mine, one = pool_mistakes.draws(t, {"side": 1, "width": 6, "heads": 1, "embed_dim": 6})
    z = t.normal(2, 6, 1, 1)
    t.same(t.call(one_mine, z), one(z), what="the result for a map of one place")
    battery.in_turn(t, (mine, theirs, [x]), (*others, [y]))
    battery.batch_of_one(t, mine, theirs, x)
    battery.keeps_dtype(t, mine, theirs, x)
    battery.leaves_no_trace(t, mine, x)
    t.on_a_gpu(mine, x)


def ModifiedResNet(t: Trial) -> None:
    sizes = {"image_size": 64, "width": 4, "layers": (1, 1, 1, 1), "heads": 2, "embed_dim": 6}
    mine, theirs = both(t, library.ModifiedResNet, **sizes)
    image = t.normal(2, 3, 64, 64)
    with t.method("stem"):
        stem(t, mine, theirs, image)
    with t.method("forward"):
        net_forward(t, mine, theirs, image)


def stem(t: Trial, mine: Any, theirs: Any, image: Tensor) -> None:
    t.errors = net_mistakes.STEM_ERRORS
    t.same(t.call(mine.stem, image, as_="stem"), theirs.stem(image), net_mistakes.of_stem(theirs, image))
    names = [f"{part}{i}.weight" for part in ("conv", "bn") for i in (1, 2, 3)]
    pairs = {name: (mine.get_parameter(name), theirs.get_parameter(name)) for name in names}
    t.gradient(t.call(mine.stem, image, as_="stem"), theirs.stem(image), pairs)
    small = image[:, :, :16, :24]
    t.same(t.call(mine.stem, small, as_="stem"), theirs.stem(small), what="the map of 16 × 24 pixels")
    battery.batch_of_one(t, mine.stem, theirs.stem, image, as_="stem")


def net_forward(t: Trial, mine: Any, theirs: Any, image: Tensor) -> None:
    t.errors = net_mistakes.ERRORS
    t.same(t.call(mine, image), theirs(image), net_mistakes.of_net(theirs, image))
    with_gradients(t, mine, theirs, image, "image")
    battery.batch_of_one(t, mine, theirs, image)
    battery.leaves_no_trace(t, mine, image)
    other = t.normal(2, 3, 64, 64)
    battery.in_turn(t, (mine, theirs, [image]), (mine, theirs, [other]))
    t.errors = net_mistakes.OF_ANOTHER_DTYPE
    for module in (mine, theirs):
        module.double()
    came = t.call(mine, image)
    t.same(came, theirs(image), what="for weights of float64, the result")
    for module in (mine, theirs):
        module.float()
    t.errors = {}
    t.on_a_gpu(mine, image)
    for shape, why in net_mistakes.REFUSED:
        words = t.raises(ValueError, mine, t.normal(*shape), why=f"{list(shape)} {why}")
        t.holds(bool(words), "refuses without a word", net_mistakes.SILENT)
