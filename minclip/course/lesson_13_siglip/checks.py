"""How the answers of lesson 13 are judged: the sigmoid loss, its prior, attention pooling."""

import math
from typing import Any

import torch
from torch import nn

from minclip import siglip as library
from minclip.course import battery
from minclip.course.assertions import Known, Mistake, Trial
from minclip.course.comparison import equal
from minclip.course.lesson_05_symmetric_infonce.checks import learning
from minclip.course.lesson_13_siglip.mistakes import AWAY_FROM_ZERO, SIGNS, WRONG_LOSSES
from minclip.course.lesson_13_siglip.pool_mistakes import of_pool
from minclip.course.lesson_13_siglip.prior_mistakes import of_prior

NAMES = ("image_features", "text_features", "scale", "bias")
NOT_FINITE = Mistake(
    "the logarithm of 0 or of infinity was taken: here a sigmoid is 0 by rounding, and exp(200) is infinite",
    way="F.logsigmoid(x) takes the logarithm without making the sigmoid or exp(-x) first",
)
IN_BFLOAT16 = Mistake(
    "the features are bfloat16, and the loss is computed in float32",
    way="similarity_logits gives float32; without it, image_features.float() and text_features.float() come first",
)
FRESH_PROBE = Mistake(
    "two calls with the same tokens gave two results: random numbers were drawn",
    way="the probe is self.probe, which is learned",
)


def siglip_loss(t: Trial) -> None:
    t.errors = {
        "'float' object has no attribute": Mistake(
            "scale and bias may be plain numbers, which have no methods of a tensor",
            way="scale * cosines + bias works for both",
        ),
        "size of tensor a (6) must match the size of tensor b (16)": Mistake(
            "there are six pairs, and sixteen numbers in a feature: the signs are [pairs, pairs]", way=SIGNS
        ),
        "size of tensor a (6) must match the size of tensor b (5)": Mistake(
            "the batch decides how many signs there are", way=SIGNS
        ),
        "shapes cannot be multiplied (6x16 and 6x16)": Mistake(
            "the second of the two features must be transposed", way="images @ texts.T, or similarity_logits"
        ),
        "size of tensor a (6) must match the size of tensor b (2)": Mistake(
            "the batch decides how many signs there are", way=SIGNS
        ),
        "'bool' or 'float'": Mistake("the signs are numbers, 1 and -1", way=SIGNS),
    }  # fmt: skip
    right = library.siglip_loss
    images, texts = t.normal(6, 16), t.normal(6, 16)
    scale, bias = torch.tensor(5.0), torch.tensor(-2.0)
    proofs = [(images, texts, scale, bias), (texts, images, torch.tensor(3.0), torch.tensor(0.7))]
    came = t(images, texts, scale, bias)
    t.same(came, right(images, texts, scale, bias), t.acting_like(t.mine, WRONG_LOSSES, *proofs))
    t.same(t(images, texts, 5.0, -2.0), right(images, texts, 5.0, -2.0), what="the loss for plain numbers")
    short = 0.01 * images
    t.same(t(short, texts, scale, bias), right(short, texts, scale, bias), what="the loss for shorter features")
    half = (images.bfloat16(), texts.bfloat16())
    t.same(t(*half, scale, bias), right(*half, scale, bias), what="the loss for features in bfloat16", hint=IN_BFLOAT16)
    far = torch.cat([images[:1], -images[:1]])
    came = t(far, -far, 200.0, 0.0)  # F.binary_cross_entropy lets nothing cost more than 100
    expected, number = right(far, -far, 200.0, 0.0), isinstance(came, torch.Tensor) and came.ndim == 0
    known: Known = {
        NOT_FINITE: lambda: came if number and not came.isfinite() else None,
        AWAY_FROM_ZERO: lambda: came if number and came < expected else None,
    }
    t.same(came, expected, known, "the loss at scale 200")
    mine, theirs = learning(images, texts, scale, bias), learning(images, texts, scale, bias)
    pairs = dict(zip(NAMES, zip(mine, theirs, strict=True), strict=True))
    t.gradient(t(*mine), right(*theirs), pairs)
    one = t.normal(1, 8)
    t.same(t(one, one, 2.0, 0.5), right(one, one, 2.0, 0.5), what="the loss of a batch of one pair")
    few, many = (images, texts, scale, bias), (t.normal(9, 4), t.normal(9, 4), torch.tensor(3.0), torch.tensor(1.0))
    battery.in_turn(t, (t.mine, right, few), (t.mine, right, many))
    t.on_a_gpu(t.mine, images, texts, scale, bias)
    t.raises(ValueError, t.mine, images, texts[:4], 5.0, -2.0, why="6 pictures, 4 texts: those are no pairs")


def prior_bias(t: Trial) -> None:
    way = "return -math.log(batch_size - 1)"
    not_above_zero = Mistake("p / (1 - p) came out as 0 or less: // for /, or missing parentheses?", way=way)
    of_two = Mistake("the logarithm of 0 or less is asked for a batch of two", way=way)
    sizes = (256, 16, 3, 2, 4096, 65_536)
    answers: dict[int, Any] = {}
    for size in sizes:
        no_logarithm = of_two if size == 2 else not_above_zero
        t.errors = {
            "must be Tensor, not": Mistake("batch_size is a plain number, and torch.log wants a tensor", way=way),
            "math domain error": no_logarithm,
            "expected a positive input": no_logarithm,  # Python 3.14's words
            "division by zero": Mistake("1 is divided by 0 here", way=way),
        }
        came = t(size)
        number = isinstance(came, int | float) and not isinstance(came, bool)
        found = f"  came      {came!r:.60}"
        tensor = Mistake("a plain number is asked, not a tensor", way="math.log gives one")
        nothing = Mistake("is there a return?", way=way)
        hint = [tensor] if isinstance(came, torch.Tensor) else [nothing] if came is None else []
        t.holds(number, f"is no number for batch_size={size}", found, *hint)
        answers[size] = float(came)
    for size in sizes:
        others = {n: value for n, value in answers.items() if n != size and n > 2}
        known = of_prior(answers[size], size, others)
        t.last = f"prior_bias({size})"
        right = float(library.prior_bias(size))
        close = abs(answers[size] - right) <= 1e-6 * max(1.0, abs(right))
        t.same(answers[size] + 0.0 if not close else right, right, known, "the bias")
        share = 1 / (1 + math.exp(-answers[size]))
        t.holds(abs(share - 1 / size) < 1e-6, f"its sigmoid is {share:.4g}, and 1 / {size} is {1 / size:.4g}")
    for size in (1, 0):
        t.raises(ValueError, t.mine, size, why="a single pair has no wrong ones")


def both(t: Trial, *sizes: int) -> tuple[Any, Any]:
    """The learner's module and minclip's with the same weights, all of them drawn."""
    theirs = library.MAPHead(*sizes)
    with torch.no_grad():
        for weight in theirs.parameters():
            weight.copy_(0.4 * t.normal(*weight.shape))
    mine = t(*sizes)
    t.copy_weights(mine, theirs)
    return mine, theirs


def MAPHead(t: Trial) -> None:
    mine, theirs = both(t, 12, 3, 20)
    with t.method("forward"):
        forward(t, mine, theirs)


def forward(t: Trial, mine: nn.Module, theirs: library.MAPHead) -> None:
    probe = "self.probe.expand(len(x), 1, -1) is [batch, 1, width]"
    t.errors = {
        "not enough values to unpack": Mistake("split gives three tensors of a [batch, tokens, width]", way=probe),
        "too many values to unpack": Mistake("split gives three tensors: query, key and value", way=probe),
        "cannot be multiplied": Mistake("a matrix meets another width than its own", way=probe),
        "split() takes": Mistake(
            "split takes the tokens alone, and gives all three", way="query, _, _ = self.attn.split(probe)"
        ),
        "takes from 2 to 3 positional arguments": Mistake(
            "self.attn(x) is self-attention, in which every token asks",
            way="attention(query, key, value) takes a query of its own",
        ),
        "attention() missing": Mistake("attention takes query, key and value", way="attention(query, key, value)"),
        "takes 2 positional arguments but": Mistake("a part got more than it takes", way=probe),
        "must match the size of tensor b": Mistake("two tensors do not fit each other", way=probe),
        "Dimension out of range": Mistake("the probe has a dimension too few here", way=probe),
        "index 0 is out of bounds": Mistake("there is no token left to take", way=probe),
    }  # fmt: skip
    x = t.normal(2, 7, 12)
    came = t.call(mine, x)
    fresh: Known = {FRESH_PROBE: lambda: came if not equal(mine(x), came) else None}
    t.same(came, theirs(x), {**of_pool(theirs, x), **fresh})
    t.same(t.call(mine, x.flip(1)), theirs(x), what="the result for the tokens in another order")
    t.gradients_of_weights(mine, theirs, x)
    battery.batch_of_one(t, mine, theirs, x)
    single = t.normal(3, 1, 12)
    t.same(t.call(mine, single), theirs(single), what="the result for a single token")
    battery.leaves_no_trace(t, mine, x)
    t.errors = {}
    for sizes in ((20, 5, 8), (6, 1, 6)):
        other_mine, other = both(t, *sizes)
        y = t.normal(3, 4, sizes[0])
        t.same(t.call(other_mine, y), other(y), what=f"the result for width {sizes[0]} and {sizes[1]} heads")
    t.on_a_gpu(mine, x)
