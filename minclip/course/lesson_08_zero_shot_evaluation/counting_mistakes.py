"""What people write in place of the top-k counting of lesson 08: each mistake as a whole wrong way, by name."""

from collections.abc import Callable

import torch
from torch import Tensor

from minclip.accuracy import top_k_correct
from minclip.course.assertions import Mistake

Way = Callable[[Tensor, Tensor, int], Tensor]  # of logits, labels and k
BY_LOT = (
    "ahead = (logits > right).sum(dim=1), level = (logits == right).sum(dim=1): k - ahead places are left for level "
    "classes"
)
CHANCES = (
    "the places that are left, k - ahead, divided by how many are level; / keeps the chance, and //, int(), round() "
    "and comparisons lose it"
)
MEMBERSHIP = "(logits > right).sum(dim=1) counts the classes ahead; k - that are the places that are left"
GATHER = "logits.gather(1, labels[:, None]), or logits[torch.arange(len(labels)), labels]"


def counts(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """(how many classes are ahead of the right one, how many are level with it): int64 [n] each."""
    own = logits.gather(1, labels[:, None])
    return (logits > own).sum(dim=1), (logits == own).sum(dim=1)


def ahead_of(logits: Tensor, labels: Tensor) -> Tensor:
    return counts(logits, labels)[0]


def found(best: Tensor, labels: Tensor) -> Tensor:
    """Whether the right class is among these: float [n]."""
    return (best == labels[:, None]).any(dim=1).float()


def some(logits: Tensor, k: int) -> int:
    return min(k, logits.shape[1])


def along_pictures(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """What counts() gives with dim=0: of each class, in how many pictures."""
    own = x.gather(1, y[:, None])
    return (x > own).sum(dim=0), (x == own).sum(dim=0)


OVER_PICTURES = Mistake(
    "the sum runs over the pictures, and there is a number for each class; each picture has its own",
    way="dim=1 runs over the classes of a picture",
)
ITSELF = Mistake("the right class is level with itself, and is one of those that draw", way=BY_LOT)
# where no scores are level
WRONG_COUNTS: dict[str, Way] = {
    Mistake(
        "this is one number for all pictures; each picture has its own", way="leave out the mean"
    ): lambda x, y, k: top_k_correct(x, y, k).mean(),
    Mistake("this is one number for all pictures, their sum; each picture has its own", way="leave out the sum"): (
        lambda x, y, k: top_k_correct(x, y, k).sum()
    ),
    Mistake("the score of another picture's class was compared: logits[labels] takes whole rows", way=GATHER): (
        lambda x, y, k: ((x > x[y]).sum(dim=1) < k).float()
    ),
    Mistake("true and false, where float32 is asked: 1 and 0, and chances between them", way=".float()"): (
        lambda x, y, k: top_k_correct(x, y, k).bool()
    ),
    Mistake("whole numbers, where float32 is asked: there are chances between 0 and 1", way=".float()"): (
        lambda x, y, k: top_k_correct(x, y, k).long()
    ),
    Mistake("float64, where float32 is asked", way=".float()"): lambda x, y, k: top_k_correct(x, y, k).double(),
    Mistake("numbers below 0 are left; a chance is never below 0", way="clamp(0, 1)"): lambda x, y, k: (
        (k - ahead_of(x, y)).clamp(max=1).float()
    ),
    Mistake("float16, where float32 is asked", way=".float()"): lambda x, y, k: top_k_correct(x, y, k).half(),
    Mistake("bfloat16, where float32 is asked", way=".float()"): lambda x, y, k: top_k_correct(x, y, k).bfloat16(),
    Mistake("the places are divided among all classes; only those that are level share them", way=BY_LOT): (
        lambda x, y, k: ((k - ahead_of(x, y)) / x.shape[1]).clamp(0, 1)
    ),
    Mistake("numbers above 1 are left; a chance is never above 1", way="clamp(0, 1)"): lambda x, y, k: (
        (k - ahead_of(x, y)).clamp(min=0).float()
    ),
    Mistake(ITSELF + ": without it, level is 0 where the scores all differ", way=BY_LOT): (
        lambda x, y, k: ((k - ahead_of(x, y)) / 0).clamp(0, 1)
    ),
    OVER_PICTURES: lambda x, y, k: ((k - along_pictures(x, y)[0]) / along_pictures(x, y)[1]).clamp(0, 1),
    Mistake(
        "the sum runs over the pictures: each class has a number here, not each picture", OVER_PICTURES.way
    ): lambda x, y, k: (along_pictures(x, y)[0] < k).float(),
    Mistake("a dimension is left over: [n, 1] came, and [n] is asked", way="sum(dim=1), without keepdim=True"): (
        lambda x, y, k: top_k_correct(x, y, k)[:, None]
    ),
    Mistake("only the highest class counts; the k highest do", way=MEMBERSHIP): lambda x, y, k: (
        x.argmax(dim=1) == y
    ).float(),
    Mistake("the k lowest were looked at; the highest score is the best", way=MEMBERSHIP): lambda x, y, k: found(
        (-x).topk(some(x, k)).indices, y
    ),
    Mistake("it looks at one class more than k", way=MEMBERSHIP): lambda x, y, k: (ahead_of(x, y) <= k).float(),
    Mistake("it looks at one class fewer than k, or counts the right class as ahead of itself", way=MEMBERSHIP): (
        lambda x, y, k: (ahead_of(x, y) < k - 1).float()
    ),
    Mistake("right and wrong are exchanged: 1 is for the right ones", way=MEMBERSHIP): lambda x, y, k: (
        1 - top_k_correct(x, y, k)
    ),
    Mistake("these are places, and not whether they are among the k first", way=MEMBERSHIP): lambda x, y, k: ahead_of(
        x, y
    ).float(),
    Mistake("this is a count of places that are left; it ends at 1 and at 0", way="clamp(0, 1)"): lambda x, y, k: (
        k - ahead_of(x, y)
    ).float(),
    Mistake("true or false for every place among the k; one answer for every picture is asked", way=".any(dim=1)"): (
        lambda x, y, k: (x.topk(some(x, k)).indices == y[:, None]).float()
    ),
}


def first_in_list(x: Tensor, y: Tensor, k: int) -> Tensor:
    return found(x.argsort(dim=1, descending=True, stable=True)[:, :k], y)


def without_ahead(x: Tensor, y: Tensor, k: int) -> Tensor:
    ahead, level = counts(x, y)
    return torch.where(ahead < k, k / level, 0.0).clamp(0, 1)


def one_place(x: Tensor, y: Tensor, k: int) -> Tensor:
    ahead, level = counts(x, y)
    return torch.where(ahead < k, 1 / level, torch.zeros(()))


def one_place_or_all(x: Tensor, y: Tensor, k: int) -> Tensor:
    ahead, level = counts(x, y)
    return torch.where(ahead + level <= k, 1.0, torch.where(ahead < k, 1 / level, 0.0))


def without_itself(x: Tensor, y: Tensor, k: int) -> Tensor:
    ahead, level = counts(x, y)
    return ((k - ahead).clamp(min=0) / (level - 1)).nan_to_num(0.0).clamp(0, 1)


def a_half(x: Tensor, y: Tensor, k: int) -> Tensor:
    ahead, level = counts(x, y)
    return torch.where(ahead + level <= k, 1.0, torch.where(ahead < k, 0.5, 0.0))


def unlimited(x: Tensor, y: Tensor, k: int) -> Tensor:
    ahead, level = counts(x, y)
    return (k - ahead) / level


def harshly(x: Tensor, y: Tensor, k: int) -> Tensor:
    ahead, level = counts(x, y)
    return (ahead + level <= k).float()


# where scores are level
WRONG_DRAWS: dict[str, Way] = {
    Mistake(
        "a chance between 0 and 1 became 1, as if no level class could come first: so a model that scores all classes "
        "alike is always right",
        way=CHANCES,
    ): lambda x, y, k: (ahead_of(x, y) < k).float(),
    Mistake(
        "a chance between 0 and 1 became 0, as if every level class came first: so a model that scores all classes "
        "alike is never right",
        way=CHANCES,
    ): harshly,
    Mistake("the chances are rounded to 0 and 1", way=CHANCES): lambda x, y, k: top_k_correct(x, y, k).round(),
    Mistake("which of the level classes comes first is left to topk, argmax or sort", way=BY_LOT): lambda x, y, k: (
        found(x.topk(some(x, k)).indices, y)
    ),
    Mistake(
        "of the level classes the one that stands first in the list is taken for the higher",
        way="(logits == right).sum(dim=1) says how many share the places that are left",
    ): first_in_list,
    Mistake("the classes that are ahead take places, too: k - ahead are left", way=BY_LOT): without_ahead,
    Mistake("one place is shared, and there are k - ahead of them", way=BY_LOT): one_place,
    Mistake("one place is shared, and there may be several: k - ahead are left for level classes", way=BY_LOT): (
        one_place_or_all
    ),
    ITSELF: without_itself,
    Mistake("a chance lies between 0 and 1, and these do not", way="clamp(0, 1)"): unlimited,
    Mistake("every tie counts as a half", way=BY_LOT): a_half,
}
LARGE = Mistake(
    "a softmax or an exponential makes numbers equal that are not: very small shares are all 0",
    way="compare the logits as they are",
)


NEAR = Mistake(
    "scores that are merely close count as level here; only equal ones are level",
    way="(logits == right).sum(dim=1)",
)
DTYPE_OF_LOGITS = Mistake(
    "the result has the dtype of the logits, and float32 is asked, whatever the logits are",
    way=".float(), or no conversion at all: a quotient of whole numbers is float32",
)


def by_shares(x: Tensor, y: Tensor, k: int) -> Tensor:
    return top_k_correct(x.softmax(dim=1), y, k)
