"""Progress bars with rate and time left: shown where somebody asked for them, and where work takes over two seconds.

The library is silent. A command shows its bars: inside of `progress_shown()`, loops `with_progress` show a bar.
"""

from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")
SECONDS = 2.0  # what is done sooner shows no bar
_shown: ContextVar[bool] = ContextVar("progress_shown", default=False)


@contextmanager
def progress_shown(shown: bool = True) -> Iterator[None]:
    """Inside, `with_progress` shows its bars on stderr."""
    token = _shown.set(shown)
    try:
        yield
    finally:
        _shown.reset(token)


def is_shown() -> bool:
    """Whether bars are asked for here."""
    return _shown.get()


def with_progress(
    items: Iterable[Item], what: str, unit: str, total: int | None = None, each: int = 1, shown: bool = False
) -> Iterator[Item]:
    """The items, with a bar that says what is done, how fast, and how long the rest takes.

    total: of units, where the items do not tell; each: units that an item stands for, such as a batch of pictures;
    shown: also outside of `progress_shown`.

    >>> list(with_progress(range(3), "encoding", "pictures"))
    [0, 1, 2]
    """
    if total is None and isinstance(items, Sized):
        total = each * len(items)
    with tqdm(total=total, desc=what, unit=f" {unit}", delay=SECONDS, disable=not (shown or is_shown())) as bar:
        for item in items:
            yield item
            bar.update(each if total is None else min(each, total - bar.n))
