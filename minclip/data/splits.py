"""The three splits, under one name each: train, val, test. Papers also say "dev" and "valid" for val."""

SPLITS = ("train", "val", "test")


def canonical_split(split: str) -> str:
    """train, val or test.

    >>> canonical_split("dev")
    'val'
    """
    name = "val" if split in ("dev", "valid") else split
    if name not in SPLITS:
        raise ValueError(f"split={split!r} is not known: choose of {', '.join(SPLITS)}")
    return name
