"""How recalls are judged: any of several captions, both directions, ties, features without a direction."""

from collections.abc import Callable
from functools import wraps
from traceback import walk_tb
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from minclip import retrieval as library
from minclip.course.assertions import Known, Mistake, Trial
from minclip.course.battery import in_turn
from minclip.course.lesson_10_retrieval.mistakes import FIRST_CELL, of_first_cell
from minclip.course.lesson_10_retrieval.recall_mistakes import (
    EXACT,
    TIES_BY_CHANCE,
    wrong_directions,
    wrong_recalls,
    wrong_ties,
)

IMAGES = torch.tensor([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.6, 0.0, 0.8]])
TEXTS = torch.tensor(
    [
        [0.1, 0.9, 0.1],
        [0.9, 0.3, 0.0],
        [0.5, 0.8, 0.2],
        [0.3, 0.7, 0.3],
        [0.2, 0.1, 0.9],
        [5.0, 0.0, 2.0],
        [0.0, 0.3, 1.0],
    ]
)
OWNER = torch.tensor([0, 0, 1, 1, 2, 2, 2])

LEVEL = (torch.eye(3), torch.eye(3)[[0, 0, 2]], torch.arange(3), (1, 2))
COLLAPSED = (torch.eye(3)[[0, 0, 0]], torch.eye(3)[[0, 0, 0, 0]], torch.tensor([0, 1, 2, 2]), (1, 2))

ONE_BY_ONE = Mistake(
    "something of the images met something of the texts one by one; here every image meets every text",
    way="a column and a row make a matrix: each_image[:, None] == image_of_text; the diagonal of the cosines holds one "
    "caption of each picture at most",
)
TOO_COARSE = Mistake(
    "cosines that differ a little count as level: only what rounding holds apart is",
    way="rank_of_right(cosines, right, ROUNDING), with the cosines as they are, in float32",
)
NO_REFUSAL = Mistake(
    "the lines that were given refuse this: they are gone, or changed",
    way="if fault := fault_of_pairs(image_features, text_features, image_of_text, ks): raise ValueError(fault)",
)
RIGHT = "right = each_image[:, None] == image_of_text is [images, texts]; .T turns both"


def handed(fits: Callable[[list[int], list[int]], bool]) -> Callable[[BaseException], bool]:
    """Sees in an error that rank_of_right got scores and right of such shapes."""

    def seen(error: BaseException) -> bool:
        frames = [frame for frame, _ in walk_tb(error.__traceback__) if frame.f_code.co_name == "rank_of_right"]
        return any(fits(*(list(frame.f_locals[name].shape) for name in ("scores", "right"))) for frame in frames[:1])

    return seen


ERRORS = {
    of_first_cell: FIRST_CELL,
    handed(lambda scores, right: scores == right[::-1] != right): Mistake(
        "rank_of_right got one of cosines and right as [images, texts] and the other as [texts, images]", way=RIGHT
    ),
    handed(lambda scores, right: right == [3, 3]): Mistake(
        "right is [images, images]; it says of every image and every text whether they belong together", way=RIGHT
    ),
    handed(lambda scores, right: right == [7, 7]): Mistake(
        "right is [texts, texts]; it says of every image and every text whether they belong together", way=RIGHT
    ),
    handed(lambda scores, right: len(scores) != 2): Mistake(
        "the scores that rank_of_right got are no matrix; every query has a row, and every entry a column",
        way="unit_rows(image_features) @ unit_rows(text_features).T, or .T of that",
    ),
    "only supports boolean masks": Mistake("right holds numbers; it must say True or False", way=RIGHT),
    handed(lambda scores, right: scores != right): Mistake(
        "rank_of_right got scores and right of two shapes; right says of every score whether it is a right one's",
        way=RIGHT,
    ),
    "selected index k out of range": Mistake(
        "k may be larger than the number of entries: then everything is found", way="rank_of_right needs no topk"
    ),
    "tensor a (3) must match the size of tensor b (7) at non-singleton dimension 0": ONE_BY_ONE,
    "tensor a (7) must match the size of tensor b (3) at non-singleton dimension 0": ONE_BY_ONE,
    "cannot be multiplied (3x3 and 7x3)": Mistake(
        "in a matrix product the columns of the first meet the rows of the second, and here both are embed_dim",
        way="unit_rows(image_features) @ unit_rows(text_features).T",
    ),
    "'int' object is not iterable": Mistake(
        "ks holds several numbers, and each has an entry of its own", way="{f'R@{k}': ... for k in ks}"
    ),
    "name 'rank_of_right' is not defined": Mistake(
        "rank_of_right is the exercise before this one, and its cells have not run since the kernel began",
        way='run its cell and its check, or: rank_of_right = built("rank_of_right")',
    ),
    "must have no row of zeros": Mistake(
        "cosine_similarity raises an error for a row of zeros; here it is never found, and the others may be",
        way="unit_rows(image_features) @ unit_rows(text_features).T: a row of zeros becomes NaN",
    ),
}


def recall_at_k(t: Trial) -> None:
    t.errors = ERRORS
    ks = (1, 2, 5)
    pictures, captions, owners = IMAGES.clone(), TEXTS.clone(), OWNER.clone()  # an answer may write into them
    images, owner = t.normal(6, 8), torch.tensor([3, 0, 0, 5, 1, 2, 4, 4, 4, 0])
    texts = images[owner] + 1.5 * t.normal(10, 8)
    ways = wrong_recalls()
    in_order, mixed = (pictures, captions, owners, ks), (images, texts, owner, (1, 3))
    judge_recall(t, in_order, t.acting_like(t.mine, ways, in_order, mixed))
    judge_recall(t, mixed, t.acting_like(t.mine, ways, mixed, in_order), "for texts not in the pictures' order")
    judge_recall(t, (images, texts, owner), {}, "for the default ks")
    judge_recall(t, (images, texts, owner, (1, 50)), {}, "for a k larger than the gallery")
    known = t.acting_like(t.mine, wrong_ties(), LEVEL, COLLAPSED)
    by_chance: Known = {TIES_BY_CHANCE: lambda: t.came if is_recall(t.came) else None}
    judge_recall(t, LEVEL, {**known, **by_chance}, "where cosines are level")
    nearly = torch.tensor([[1.0, 1.0, 1.0], [1.0 + 2e-7, 1.0, 1.0], [0.0, 0.0, 1.0]])
    rounded: Known = {EXACT: lambda: t.came if is_recall(t.came) else None}
    what = "where only rounding holds cosines apart"
    judge_recall(t, (torch.eye(3), nearly, torch.arange(3), (1, 2)), rounded, what)
    near = F.normalize(torch.tensor([[1.0, 0.5, 0.0], [1.0, 0.5002, 0.0], [0.0, 0.1, 1.0]]), dim=-1)
    coarse: Known = {TOO_COARSE: lambda: t.came if is_recall(t.came) else None}
    judge_recall(t, (torch.eye(3), near, torch.arange(3), (1, 2)), coarse, "where cosines are near each other")
    judge_directions(t)
    few, many = in_order, (images, texts, owner, (2,))

    @wraps(t.mine)
    def closely(*given: Any) -> Any:  # in_turn compares to the last digit
        return near_to(t.mine(*given), library.recall_at_k(*given))

    in_turn(t, (closely, library.recall_at_k, few), (closely, library.recall_at_k, many))
    t.on_a_gpu(t.mine, pictures, captions, owners, ks)
    t.raises(ValueError, t.mine, images, texts, owner, (0,), why="k is at least 1", hint=NO_REFUSAL)
    t.raises(ValueError, t.mine, images, texts, owner[:9], (1,), why="one image for each text", hint=NO_REFUSAL)


def judge_directions(t: Trial) -> None:
    """Where one row has no direction; among the k is all that the gallery holds, too."""
    cases = []
    for number in (0.0, float("nan")):
        pictures, captions = IMAGES.clone(), TEXTS.clone()
        pictures[1], captions[4] = number, number
        cases += [
            (pictures, TEXTS.clone(), OWNER.clone(), (1, 3, 7)),
            (IMAGES.clone(), captions, OWNER.clone(), (1, 3, 7)),
        ]
    every = (torch.full((3, 3), float("nan")), TEXTS.clone(), OWNER.clone(), (1, 3, 7))
    names = [
        f"where the features of {what}"
        for what in ("an image are 0", "a text are 0", "an image are NaN", "a text are NaN")
    ]
    for case, words in zip([*cases, every], [*names, "where the features of all images are NaN"], strict=True):
        judge_recall(t, case, t.acting_like(t.mine, wrong_directions(), case, *cases), words)


def is_recall(came: object) -> bool:
    """Whether only its numbers can be wrong: both directions, and shares from 0 to 1 in them."""
    if not isinstance(came, dict) or list(came) != list(library.DIRECTIONS):
        return False
    return all(isinstance(value, float) and 0 <= value <= 1 for part in came.values() for value in part.values())


def judge_recall(t: Trial, arguments: tuple[Any, ...], known: Known, when: str = "") -> None:
    expected, came = library.recall_at_k(*arguments), t(*arguments)
    what = f"the recall {when}".strip()
    if isinstance(came, dict):
        judge_keys(t, came, expected, what, known)
    t.same(near_to(came, expected), expected, known, what)


def near_to(came: Any, target: Any) -> Any:
    """What came, with the target's numbers where they are the same but for rounding."""
    if isinstance(came, dict) and isinstance(target, dict):
        return {name: near_to(value, target.get(name)) for name, value in came.items()}
    both = isinstance(came, float) and isinstance(target, float)
    return target if both and abs(came - target) < 1e-6 else came


def judge_keys(t: Trial, came: dict[str, Any], expected: dict[str, Any], what: str, known: Known) -> None:
    tensor = Mistake("the recalls are tensors, and plain numbers are wanted", way="mean().item()")
    parts = [part for part in came.values() if isinstance(part, dict)]
    if any(isinstance(value, Tensor) for part in parts for value in part.values()):
        t.wrong(f"{what} is wrong", "plain numbers", "tensors", came, {tensor: lambda: came})
    keys = Mistake(
        "the keys are not those of the docstring",
        way='first "image_to_text" and "text_to_image", then f"R@{k}" for each k of ks',
    )
    wanted = {direction: set(part) for direction, part in expected.items()}
    found = {direction: set(part) if isinstance(part, dict) else part for direction, part in came.items()}
    if wanted != found:
        names = ", ".join(f"{d}: {', '.join(part)}" for d, part in expected.items())
        seen = ", ".join(f"{d}: {', '.join(map(str, p)) if isinstance(p, dict) else p}" for d, p in came.items())
        t.wrong(f"{what} has other keys", f"{names:.200}", f"{seen:.200}", came, {**known, keys: lambda: came})
