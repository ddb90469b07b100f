"""Values and errors put into words: what a learner reads of an argument, a result, a line that fails.

Whatever an answer gives can be asked, an object whose repr raises or has a million letters, too.
"""

import builtins
import re
import reprlib
import textwrap
import traceback
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

OURS = str(Path(__file__).parents[1])  # where minclip's own files are
LIBRARIES = ("site-packages", "dist-packages")  # the second on Debian and on Colab
FEW = 8  # numbers that are shown in full
ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")


class Shown(NamedTuple):
    """An argument, and what the learner reads of it: a picture's own words would be its address in memory."""

    value: Any
    words: str

    def __repr__(self) -> str:
        return self.words


class Short(reprlib.Repr):
    """repr, but only as much of it as can be shown, and tensors in our words."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdict = self.maxdeque = 30
        self.maxstring = self.maxother = self.maxlong = 200

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:  # of reprlib: sorts the keys
        if level <= 0:
            return "{...}"
        items = [f"{self.repr1(key, level - 1)}: {self.repr1(x[key], level - 1)}" for key in islice(x, self.maxdict)]
        return f"{{{', '.join(items)}}}"

    def repr_instance(self, x: Any, level: int) -> str:
        if isinstance(x, Tensor):
            return of_tensor(x)
        try:
            return builtins.repr(x)[: self.maxother]
        except (Exception, SystemExit, GeneratorExit) as error:
            return f"a {type(x).__name__}, whose repr raises {type(error).__name__}"


def in_words(value: Any) -> str:
    """An argument as the learner knows it: small ones in full, tensors by their shape.

    >>> in_words(torch.zeros(2, 3)), in_words("a cat"), in_words(torch.tensor([1, 2]))
    ('float [2, 3]', "'a cat'", '[1, 2]')
    """
    if isinstance(value, Tensor):
        return of_tensor(value)
    if isinstance(value, Shown):
        return value.words
    try:
        text = ADDRESS.sub("", Short().repr(value))
    except Exception:  # such as an int of five thousand digits
        text = f"a {type(value).__name__} too large to show"
    text = " ".join(text.split()) if "\n" in text else text
    return text if len(text) <= 60 else text[:56] + " ..."


def shortened(line: str, most: int = 100) -> str:
    """Its first words, with three dots where some are left out: of `most` letters in all.

    >>> shortened("The use of x.T is deprecated", 20)
    'The use of x.T ...'
    """
    if len(line) <= most:
        return line
    start = line[: most - 4]
    return f"{start.rpartition(' ')[0].rstrip() or start} ..."


def wrapped(text: str, width: int) -> list[str]:
    """Lines of the text; a number and its % stay together."""
    return [line.replace("\u00a0", " ") for line in textwrap.wrap(text.replace(" %", "\u00a0%"), width)]


def of_tensor(value: Tensor) -> str:
    try:
        if value.layout != torch.strided:
            return f"sparse {kind_of(value)} {list(value.shape)}"
        short = value.numel() <= FEW and value.ndim <= 1 and not value.is_meta
        words = rounded(value) if short else f"{kind_of(value)} {list(value.shape)}"
    except Exception:  # such as a nested one, which has no shape
        words = f"a {type(value).__name__} without a shape"
    return f"Parameter({words})" if isinstance(value, nn.Parameter) else words


def kind_of(value: Tensor) -> str:
    return "float" if value.dtype == torch.float32 else str(value.dtype).removeprefix("torch.")


def rounded(value: Tensor, digits: int = 4) -> str:
    """A few numbers, to four digits."""
    if not value.is_floating_point():
        return str(value.tolist())
    numbers = [f"{number:.{digits}g}" for number in value.detach().flatten().tolist()]
    return numbers[0] if value.ndim == 0 else f"[{', '.join(numbers)}]"


def said(error: BaseException) -> str:
    """What Python says of an error, in one line."""
    try:
        words = " ".join(str(error).split())
    except Exception:
        words = ""
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def is_library(file: str) -> bool:
    return file.startswith(OURS) or any(folder in file for folder in LIBRARIES)


def stub_of(error: BaseException) -> tuple[str, str] | None:
    """(name, whole name) of the function in which an exercise's line `raise NotImplementedError` was reached.

    None for any other error; PyTorch raises NotImplementedError, too.
    """
    if not isinstance(error, NotImplementedError) or error.__traceback__ is None:
        return None
    *_, (frame, line_number) = traceback.walk_tb(error.__traceback__)
    (last,) = traceback.StackSummary.extract([(frame, line_number)])
    if is_library(last.filename) or not (last.line or "").startswith("raise NotImplementedError"):
        return None
    return frame.f_code.co_name, frame.f_code.co_qualname


def answers_line(error: BaseException, cell: str, elsewhere: bool = True) -> list[str]:
    """The learner's line in which it happened: in the answer's own cell (a file name), else (elsewhere) in another."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.line and not is_library(f.filename)]
    here = [f for f in frames if f.filename == cell] or (frames[-1:] if elsewhere else [])
    return [f"  line {f.lineno}    {(f.line or '')[:120]}" for f in here[-1:]]


def where(error: BaseException, cell: str) -> list[str]:
    """The learner's line in which it happened, and what Python said."""
    return [*answers_line(error, cell), f"  {said(error):.200}"]
