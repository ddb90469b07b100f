"""How an answer fails: a claim that does not hold, with the mistake that explains it, or a part that is not written."""

from collections.abc import Callable, Mapping
from typing import Any

from minclip.course.comparison import TOLERANCE, equal

Known = Mapping[str, Callable[[], Any]]  # a mistake, as the learner reads it -> what it gives
Errors = Mapping[Any, str]  # a part of what Python says, or a function of the error -> the mistake that causes it


class Mistake(str):
    """What is wrong, in words, and the way out of it, which may hold code. A string, wherever a check takes one.

    >>> mistake = Mistake("the last symbol is lost", way="go up to len(symbols), not to len(symbols) - 1")
    >>> print(mistake)
    the last symbol is lost
    """

    way: str

    def __new__(cls, words: str, way: str = "") -> "Mistake":
        mistake = super().__new__(cls, words)
        mistake.way = way
        return mistake


class Wrong(Exception):
    """A claim that does not hold, in a few lines for the learner."""

    def __init__(self, *lines: str):
        super().__init__("\n".join(lines))
        self.lines = lines
        self.method = ""  # of a class: the one in whose claims it was found

    @property
    def mistake(self) -> Mistake | None:
        """The one that its lines show."""
        return next((line for line in self.lines if isinstance(line, Mistake)), None)

    def with_way(self) -> tuple[str, ...]:
        """Its lines, with the way out in place of what is wrong."""
        return tuple(line.way if isinstance(line, Mistake) and line.way else line for line in self.lines)


class NotWritten(Exception):
    """The code under trial reached a `raise NotImplementedError`. name: of the function or method that holds it."""

    def __init__(self, name: str = "", *, whole_name: str = ""):
        super().__init__(whole_name or name)
        self.name = name
        self.whole_name = whole_name or name  # MultiHeadAttention.split


def gives(mistake: Callable[[], Any], came: Any) -> bool:
    """Whether what came is what the mistake gives. One that cannot be computed here, or gives None, is not it."""
    try:
        given = mistake()
        return given is not None and equal(came, given, TOLERANCE)
    except Exception:
        return False


def remedy(error: BaseException, said: str, known: Errors) -> list[str]:
    """The mistakes that cause this error, which Python puts into the words `said`."""
    return [mistake for sign, mistake in known.items() if fits(sign, error, said)]


def fits(sign: str | Callable[[BaseException], bool], error: BaseException, said: str) -> bool:
    """Whether the sign is seen in the error. A function that cannot tell has not seen it."""
    if isinstance(sign, str):
        return sign in said
    try:
        return bool(sign(error))
    except Exception:
        return False
