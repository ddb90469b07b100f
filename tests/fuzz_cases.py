"""What a public function is fuzzed with: right arguments, what holds of the result, and the errors of wrong ones."""

import math
import os
import tempfile
import traceback
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hypothesis import settings
from hypothesis import strategies as st

import minclip

HOME = Path(minclip.__file__).parent
EXAMPLES = int(os.environ.get("MINCLIP_FUZZ", "0"))  # of every function; 0: the few of the ordinary suite

REFUSALS: tuple[type[Exception], ...] = (ValueError, TypeError)
FILES = (*REFUSALS, OSError)  # of functions that read or write a file
# Of what is written in the lessons, and of the parts of a model: a value that is no tensor, or a tensor of another type
# than the docstring says, meets Python's and PyTorch's own errors. A wrong value of the right type does not.
OF_TYPES = (*REFUSALS, AttributeError, RuntimeError, IndexError, ArithmeticError)


@dataclass(frozen=True)
class Case:
    """One public function, class or method. name: its page and its name, such as similarity.unit_rows."""

    name: str
    right: st.SearchStrategy[dict[str, Any]]  # its arguments; "self" where it is a method
    holds: Callable[[Any, dict[str, Any]], Any] = lambda result, given: None  # asserts it, or says whether it is so
    errors: tuple[type[Exception], ...] = REFUSALS
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # argument -> what else a message may call it
    apart: tuple[str, ...] = ("self",)  # arguments that are left as they are when others are wrong
    nan: str = ""  # why NaN may come out; "" where it may not
    cost: int = 1  # so many times fewer examples

    @cached_property
    def call(self) -> Callable[..., Any]:
        """The function; of a method, one that takes `self` by name."""
        page, _, name = self.name.rpartition(".") if self.name.count(".") < 2 else split_method(self.name)
        owner, _, method = name.partition(".")
        found = getattr(import_module(f"minclip.{page}"), owner)
        if not method:
            return found
        if method == "__call__":
            return lambda self, **given: self(**given)
        return lambda self=found, **given: getattr(self, method)(**given)

    def examples(self, ordinary: int) -> settings:
        return settings(max_examples=max(2, (EXAMPLES or ordinary) // self.cost))


def split_method(name: str) -> tuple[str, str, str]:
    """page, ".", name of "data.InMemory.image" or "evaluation.choice_task": the name begins at the first attribute."""
    parts = name.split(".")
    for place in range(len(parts) - 1, 0, -1):
        try:
            import_module(f"minclip.{'.'.join(parts[:place])}")
        except ModuleNotFoundError:
            continue
        return ".".join(parts[:place]), ".", ".".join(parts[place:])
    raise ValueError(f"{name} is in no module")


def arguments(**parts: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Of strategies; what is none stands for itself."""
    return st.fixed_dictionaries(
        {name: part if isinstance(part, st.SearchStrategy) else st.just(part) for name, part in parts.items()}
    )


AMOUNTS = {
    "n_px", "size", "image_size", "width", "layers", "heads", "length", "steps", "embed_dim", "hidden", "mlp_width",
    "channels", "channels_in", "side", "columns", "patch_size", "normalized_shape", "num_features", "classes", "blocks",
    "resamples", "vocab_size", "context_length", "stride", "merges", "epochs",
}  # fmt: skip


def is_too_much(case: "Case", name: str, value: Any) -> bool:
    """Whether it asks for more work or memory than a test has, of what does as it is told."""
    if name not in AMOUNTS or case.name.startswith("config."):
        return False
    numbers = value if isinstance(value, list | tuple | range) else [value]
    return any(
        isinstance(n, int | float | np.number) and not isinstance(n, bool) and abs(n) > 2000 for n in numbers
    ) or (
        isinstance(value, torch.Tensor | np.ndarray)
        and value.dtype not in (bool, object)
        and value.size != 0
        and np.asarray(value).dtype.kind in "if"
        and bool((np.abs(np.asarray(value, dtype=float)) > 2000).any())
    )


@cache
def folder() -> Path:
    """One for all files of a run; it goes with the process."""
    FOLDERS.append(tempfile.TemporaryDirectory(prefix="minclip-fuzz-"))
    return Path(FOLDERS[0].name)


FOLDERS: list[tempfile.TemporaryDirectory] = []


def holds_nan(value: Any) -> bool:
    """Whether NaN is anywhere in it."""
    if isinstance(value, torch.Tensor):
        return bool(value.isnan().any()) if value.is_floating_point() else False
    if isinstance(value, np.ndarray):
        return bool(np.isnan(value).any()) if value.dtype.kind == "f" else False
    if isinstance(value, float):
        return math.isnan(value)
    if isinstance(value, Mapping):
        return any(map(holds_nan, value.values()))
    return isinstance(value, tuple | list) and any(map(holds_nan, value))


def is_finite(value: Any) -> bool:
    """Whether neither NaN nor infinity is anywhere in it."""
    if isinstance(value, torch.Tensor):
        return bool(value.isfinite().all()) if value.is_floating_point() else True
    if isinstance(value, np.ndarray):
        return bool(np.isfinite(value).all()) if value.dtype.kind == "f" else True
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Mapping):
        return all(map(is_finite, value.values()))
    return not isinstance(value, tuple | list) or all(map(is_finite, value))


# Arguments that are true or false: Python asks an array of several numbers in vain, in its own words.
FLAGS = {"progress", "as_viewed", "compact", "truncate", "overwrite", "quick_gelu", "turn", "mirror", "compiled"}


def fault(case: Case, name: str, given: dict[str, Any]) -> str:
    """What is wrong with how a wrong value of one argument is met; "" where it is refused in words, or right."""
    value = given[name]
    if is_too_much(case, name, value) or (name in FLAGS and isinstance(value, torch.Tensor | np.ndarray)):
        return ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = case.call(**given)
    except case.errors as error:
        return "" if is_named(case, name, value, error) else f"names no {name}: {error!r:.300}"
    except Exception as error:
        return f"undocumented: {error!r:.300}"
    nan = not case.nan and holds_nan(result) and is_finite(value)
    return "NaN out of finite numbers, in silence" if nan else ""


# of PyTorch and NumPy, whose compiled code leaves no line behind
NOT_OURS = ("ambiguous", "only one element", "Overflow", "broadcast", "axes don't match", "too many dimensions")


def is_named(case: Case, name: str, value: Any, error: Exception) -> bool:
    """Whether the message names the argument, a part of its name, or the file. Python's TypeErrors name the type."""
    if not isinstance(error, ValueError):
        return True
    last = [frame.filename for frame in traceback.extract_tb(error.__traceback__)][-1]
    foreign = HOME not in Path(last).parents or any(words in str(error) for words in NOT_OURS)
    if AttributeError in case.errors and foreign:  # PyTorch's and NumPy's, of what takes values as they are
        return True
    said = str(error).lower()
    words = [
        name.lower(),
        *(part for part in name.lower().rstrip("s").split("_") if len(part) > 2),
        *case.words.get(name, ()),
    ]
    if isinstance(value, str | Path):
        words += [str(value).lower() or "."]
    return any(word in said for word in words)
