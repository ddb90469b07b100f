"""Values compared and put into words: what a check needs to say what came and what should have come."""

import copy
import traceback
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

OURS = str(Path(__file__).parents[1])  # where minclip's own files are
TOLERANCE = 1e-4  # of the largest number expected: float32 sums in another order stay below, a wrong formula does not
FEW = 8  # numbers that are shown in full


def equal(a: Any, b: Any, tolerance: float = 0.0) -> bool:
    """Tensors by shape, dtype and value (NaN is equal to NaN), all else by ==."""
    if not (isinstance(a, Tensor) and isinstance(b, Tensor)):
        return not isinstance(a, Tensor) and not isinstance(b, Tensor) and bool(a == b)
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    a, b = a.detach().cpu(), b.detach().cpu()
    return not bool(far_apart(a, b, tolerance).any()) if b.is_floating_point() else torch.equal(a, b)


def copied(value: Any) -> Any:
    """A copy to compare with later; a module's weights are nobody's input."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    return copy.deepcopy(value) if isinstance(value, list | dict | set) else value


def in_words(value: Any) -> str:
    """An argument as the learner knows it: small ones in full, tensors by their shape.

    >>> in_words(torch.zeros(2, 3)), in_words("a cat"), in_words(torch.tensor([1, 2]))
    ('float [2, 3]', "'a cat'", '[1, 2]')
    """
    if isinstance(value, Tensor):
        kind = "float" if value.dtype == torch.float32 else str(value.dtype).removeprefix("torch.")
        short = value.numel() <= FEW and value.ndim <= 1
        words = rounded(value) if short else f"{kind} {list(value.shape)}"
        return f"Parameter({words})" if isinstance(value, nn.Parameter) else words
    text = repr(value)
    return text if len(text) <= 60 else text[:56] + " ..."


def rounded(value: Tensor) -> str:
    """A few numbers to four digits."""
    if not value.is_floating_point():
        return str(value.tolist())
    numbers = [f"{number:.4g}" for number in value.detach().flatten().tolist()]
    return numbers[0] if value.ndim == 0 else f"[{', '.join(numbers)}]"


def difference(expected: Any, came: Any) -> tuple[str, str]:
    """Both in words; of many numbers the first place where they differ, of long texts the first difference."""
    if isinstance(expected, Tensor):
        if expected.numel() <= FEW:
            return rounded(expected), rounded(came)
        apart = far_apart(came.detach(), expected.detach())
        place = apart.nonzero()[0].tolist() if apart.any() else [0] * expected.ndim
        share = f"   ({int(apart.sum())} of {expected.numel()} numbers are off)"
        at = f"at {place}: "
        return at + rounded(expected[tuple(place)]), at + rounded(came[tuple(place)]) + share
    long = max(len(str(expected)), len(str(came))) > 60
    if isinstance(expected, list | tuple) and isinstance(came, list | tuple) and long:
        for i, (a, b) in enumerate(zip(expected, came, strict=False)):
            if a != b:
                return f"at [{i}]: {in_words(a)}", f"at [{i}]: {in_words(b)}"
        return f"{len(expected)} items", f"{len(came)} items"
    return in_words(expected), in_words(came)


def far_apart(came: Tensor, expected: Tensor, tolerance: float = TOLERANCE) -> Tensor:
    """bool, of their shape: which numbers differ by more than the tolerance. NaN equals NaN."""
    finite = expected[expected.isfinite()].abs()
    limit = tolerance * max(float(finite.max()) if finite.numel() else 0.0, 1e-6)
    return ~torch.isclose(came.cpu().double(), expected.cpu().double(), rtol=0, atol=limit, equal_nan=True)


def is_stub_line(error: Exception) -> bool:
    """Whether it comes from a line `raise NotImplementedError` of an exercise; PyTorch raises such errors, too."""
    return (traceback.extract_tb(error.__traceback__)[-1].line or "").startswith("raise NotImplementedError")


def where(error: Exception, cell: str) -> list[str]:
    """The learner's line in which it happened, and what Python said. cell: the file name of the answer's own cell."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.line and not f.filename.startswith(OURS)]
    own = [f for f in frames if "site-packages" not in f.filename]
    here = [f for f in own if f.filename == cell] or own[-1:]
    said = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    return [*(f"  line {f.lineno}    {f.line}" for f in here[-1:]), f"  {said:.200}"]
