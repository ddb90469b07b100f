"""The three splits, under one name each: train, val, test. Other people's names for them, and splits by hash.

A set that leaves out a split gets it from another one here, always the same pictures (`complete_splits`).
"""

import hashlib
import re
from collections.abc import Mapping

from minclip.data.unicode_names import nfc

SPLITS = ("train", "val", "test")
VAL_SHARE, TEST_SHARE = 0.1, 0.1  # of the pictures, where a set has no splits
SPLIT_WORDS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), "test"),
}


def canonical_split(split: str) -> str:
    """train, val or test.

    >>> canonical_split("dev")
    'val'
    """
    name = SPLIT_WORDS.get(split.strip().lower()) if isinstance(split, str) else None
    if name is None:
        raise ValueError(f"split={split!r:.80} is not known: choose of {', '.join(SPLITS)}")
    return name


def split_in(name: str) -> str | None:
    """The split that the name of a file or folder tells.

    >>> split_in("cc3m-validation-0007.tar"), split_in("val2017"), split_in("00042.tar")
    ('val', 'val', None)
    """
    return next((SPLIT_WORDS[word] for word in re.split("[^a-z]+", name.lower()) if word in SPLIT_WORDS), None)


def hash_share(name: str) -> float:
    """A number from 0 to 1 that depends on the name alone, evenly spread over many names."""
    return int.from_bytes(hashlib.sha256(nfc(name).encode("utf-8")).digest()[:8], "big") / 2**64


def hashed_split(name: str) -> str:
    """The split of a picture, from its name alone: it stays where it is when others are added.

    >>> hashed_split("dogs/rex.jpg")
    'train'
    """
    share = hash_share(name)
    if share < VAL_SHARE:
        return "val"
    return "test" if share < VAL_SHARE + TEST_SHARE else "train"


def complete_splits(given: Mapping[str, str | None]) -> tuple[dict[str, str], str]:
    """(name -> split, what was done for it in words, "" for nothing). given: the split that a set tells, or None.

    A picture without a split, in a set that tells the split of others, is in none. Nothing is ever taken out of test.

    >>> complete_splits({"a.png": "train", "b.png": "val", "c.png": "test", "d.png": None})
    ({'a.png': 'train', 'b.png': 'val', 'c.png': 'test'}, '')
    """
    told = {name: split for name, split in given.items() if split is not None}
    there = set(told.values())
    if len(there) < 2 and there != {"test"}:
        why = f"all are in {there.pop()}" if there else "no split is told"
        names = told or given
        return {name: hashed_split(name) for name in names}, (
            f"{why}: a hash of each name puts a tenth of the pictures into val and a tenth into test"
        )
    if there == {"train", "val"}:
        halves = {name: "test" if split == "val" and hash_share(name) < 0.5 else split for name, split in told.items()}
        return halves, "no test split is told: a hash of each name takes half of val for it"
    if there == {"train", "test"}:
        tenth = {
            name: "val" if split == "train" and hash_share(name) < VAL_SHARE else split for name, split in told.items()
        }
        return tenth, "no val split is told: a hash of each name takes a tenth of train for it"
    return told, ""


def splits_to_ask(given: Mapping[str, str | None]) -> tuple[dict[str, str], str]:
    """(name -> split, what was done in words) of the pictures that a zero-shot evaluation asks; nothing trains on them.

    The test split that is told, else all of val, else every picture, under the name "all".

    >>> splits_to_ask({"a.png": "train", "b.png": "val"})
    ({'b.png': 'val'}, 'asked is val, as no test split is told')
    """
    for one, how in (("test", "asked is test"), ("val", "asked is val, as no test split is told")):
        if one in given.values():
            return {name: one for name, split in given.items() if split == one}, how
    return dict.fromkeys(given, "all"), "no test split is told: every picture is asked"
