"""How the counting of right answers is judged."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from minclip import accuracy as library
from minclip.course.assertions import Known, Mistake, Trial
from minclip.course.battery import in_turn
from minclip.course.lesson_08_zero_shot_evaluation.counting_mistakes import (
    DTYPE_OF_LOGITS,
    LARGE,
    NEAR,
    WRONG_COUNTS,
    WRONG_DRAWS,
    by_shares,
)


def top_k_correct(t: Trial) -> None:
    right: Callable[..., Tensor] = library.top_k_correct
    t.errors = {
        "Dimension out of range": Mistake(
            "there are two dimensions, pictures and classes: 0 and 1", way="dim=1 runs over the classes of a picture"
        ),
        "expected scalar type Long": Mistake("indices are whole numbers", way="labels as they are"),
        "Size does not match at dimension": Mistake(
            "gather(1, ...) goes along the classes, and wants one index for each row, as a column",
            way="logits.gather(1, labels[:, None])",
        ),
        "Index tensor must have the same number of dimensions as input tensor": Mistake(
            "gather wants one row of indices for each row of logits, as a column", way="labels[:, None]"
        ),
        "The size of tensor a (5) must match the size of tensor b (6) at non-singleton dimension 1": Mistake(
            "there is one label for each row, and it is compared with each column", way="labels[:, None] is a column"
        ),
        "The size of tensor a (3) must match the size of tensor b (6) at non-singleton dimension 1": Mistake(
            "each row has k places, and its label must stand as a column beside them", way="labels[:, None]"
        ),
    }
    logits, labels = t.normal(6, 5), torch.tensor([2, 0, 4, 1, 3, 3])
    for row, place in enumerate((0, 1, 2, 3, 4, 1)):  # how many classes are ahead of the right one
        order = logits[row].sort(descending=True).values
        others = [order[i] for i in range(5) if i != place]
        at = int(labels[row])
        logits[row] = torch.stack([*others[:at], order[place], *others[at:]])
    known = t.acting_like(t.mine, WRONG_COUNTS, *((logits, labels, k) for k in (3, 1, 2)))
    t.same(t(logits, labels, 3), right(logits, labels, 3), known)
    t.same(t(logits, labels, 1), right(logits, labels, 1), what="the result for k=1")
    t.same(t(logits, labels, 2), right(logits, labels, 2), what="the result for k=2")
    for k in (5, 7):
        came = t.call(t.mine, logits, labels, k, errors={"selected index k out of range": TOO_MANY})
        whole: Known = {WHOLE: lambda: torch.ones(6, dtype=torch.int64)}
        t.same(came, torch.ones(6), whole, f"the result for k={k}, with 5 classes,")
    level(t, right)
    wide, its_labels = t.normal(40, 12), t.whole(0, 12, 40)
    in_turn(t, (t.mine, right, [logits, labels, 2]), (t.mine, right, [wide, its_labels, 4]))
    lost = Mistake("a dimension of size 1 is lost: one picture, too, has a result [1]", way="leave out squeeze()")
    for n in (0, 3):
        one = logits[n : n + 1], labels[n : n + 1]
        known = {lost: partial(right(*one, 2).squeeze)}
        t.same(t(*one, 2), right(*one, 2), known, "the result for one picture")
    large = torch.tensor([[0.0, 300.0, 200.0, -100.0], [90.0, 5000.0, -7.0, 8.0]])
    where = torch.tensor([2, 0])
    t.same(
        t(large, where, 2),
        right(large, where, 2),
        {LARGE: lambda: by_shares(large, where, 2)},
        "for large logits, the result",
    )
    close, higher = torch.tensor([[20.0, 20.0001, 1.0], [0.5, 0.4999, 0.0]]), torch.tensor([1, 0])
    came = t(close, higher, 1)
    halved: Known = {NEAR: lambda: torch.where(came == 1, 1, 0.5)}  # of one pair, or of both
    t.same(came, torch.ones(2), halved, "the result for scores that differ by 0.0001")
    for dtype in (torch.float16, torch.bfloat16, torch.float64):
        coarse = logits.to(dtype)
        expected = right(coarse, labels, 2)
        known = {DTYPE_OF_LOGITS: partial(expected.to, dtype)}
        t.same(t(coarse, labels, 2), expected, known, f"the result for logits in {str(dtype)[6:]}")
    t.on_a_gpu(t.mine, logits, labels, 2)
    t.on_a_gpu(t.mine, logits, labels, 5)
    t.raises(ValueError, t.mine, logits, labels[:4], 2, why="6 pictures, 4 labels")
    t.raises(ValueError, t.mine, logits, labels, 0, why="none of the classes is among the 0 highest")


WHOLE = Mistake(
    "a list of whole numbers makes a tensor of whole numbers, and here all are 1",
    way="torch.tensor(hits, dtype=torch.float32)",
)
TOO_MANY = Mistake(
    "topk cannot give more than there are",
    way="count the classes that are ahead: that needs no topk. Or min(k, classes)",
)


def level(t: Trial, right: Callable[..., Tensor]) -> None:
    """Claims fair draws among classes with level scores."""
    logits = torch.tensor(
        [[3.0, 3.0, 1.0, 0.0, 0.0], [3.0, 3.0, 1.0, 0.0, 0.0], [5.0, 2.0, 2.0, 2.0, 2.0], [4.0, 1.0, 1.0, 1.0, 0.0],
         [2.0, 2.0, 2.0, 2.0, 2.0], [1.0, 2.0, 3.0, 3.0, 0.0], [9.0, 8.0, 7.0, 7.0, 0.0], [0.0, 0.0, 0.0, 1.0, 1.0]]
    )  # fmt: skip
    labels = torch.tensor([0, 1, 3, 2, 4, 1, 0, 4])
    for k in (1, 2, 3):
        known = t.acting_like(t.mine, WRONG_DRAWS, *((logits, labels, other) for other in (k, 1, 2, 3)))
        what = f"where classes are level, the result for k={k}"
        t.same(t(logits, labels, k), right(logits, labels, k), known, what)
    alike = torch.zeros(4, 5)
    t.same(t(alike, torch.arange(4), 1), torch.full((4,), 0.2), what="the result where all 5 classes are level")
