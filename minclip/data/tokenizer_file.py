"""What surrounds the page tokenizer.py: the tokenizer's files, its equality, and the checks of its input."""

import gzip
import json
import operator
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self

from minclip.data.paths import atomic_write

FORMAT = "minclip-bpe-1"
OPENAI_MERGES = 49152 - 256 - 2  # the lines after the header of OpenAI's file that are in the vocabulary


class StoredTokenizer:
    """A list of merges and a context length decide every id. This class saves, loads, compares and copies them."""

    symbols: list[str]  # id -> symbol

    def __init__(self, merges: Sequence[tuple[str, str]], context_length: int = 77):
        if not isinstance(context_length, int) or context_length < 2:
            raise ValueError(f"context_length={context_length!r} must be at least 2, a whole number: SOT and EOT")
        self.merges: list[tuple[str, str]] = [tuple(pair) for pair in merges]  # type: ignore[misc]
        if len(set(self.merges)) < len(self.merges):  # the ranks would have gaps, and other merges would be lost
            ((twice, _),) = Counter(self.merges).most_common(1)
            raise ValueError(f"merges hold {twice!r:.80} twice: leave one out")
        self.context_length = context_length

    @property
    def vocab_size(self) -> int:
        """Number of ids, as len(tokenizer)."""
        return len(self.symbols)

    def __len__(self) -> int:
        return len(self.symbols)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self):,} ids, context_length={self.context_length})"

    def __reduce__(self) -> tuple[Any, ...]:  # a pickle leaves out the words that `remembered` keeps
        return type(self), (self.merges, self.context_length)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StoredTokenizer) and self.__reduce__()[1] == other.__reduce__()[1]

    def __hash__(self) -> int:
        return hash((len(self), self.context_length))

    def to_json(self) -> str:
        """Everything that decides the ids, as JSON."""
        content = {"format": FORMAT, "context_length": self.context_length, "merges": self.merges}
        return json.dumps(content, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The inverse of to_json. Raises ValueError for any other text."""
        try:
            content = json.loads(text)
            if content["format"] != FORMAT or type(content["context_length"]) is not int:
                raise TypeError("another format, or a context_length that is no whole number")
            merges, more = content["merges"], content.get("special_tokens", [])
            if more != []:  # older files have this entry
                raise ValueError(
                    f"this tokenizer has special_tokens={more!r:.200}, and minclip knows SOT and EOT only: "
                    f"train it again without them"
                )
            return cls(merges, content["context_length"])
        except (AttributeError, KeyError, TypeError, RecursionError, json.JSONDecodeError) as error:
            raise ValueError(f"this is not a {FORMAT} tokenizer: {error!r:.200}") from error

    def save(self, path: str | Path) -> None:
        """Writes the tokenizer to one JSON file, atomically."""
        with atomic_write(Path(path)) as file:
            file.write(self.to_json().encode("utf-8"))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Reads what `save` wrote."""
        try:
            return cls.from_json(Path(path).read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error

    @classmethod
    def from_openai_merges(cls, path: str | Path, context_length: int = 77) -> Self:
        """Reads OpenAI's `bpe_simple_vocab_16e6.txt.gz`, packed or not: 49,408 ids. ValueError for any other file."""
        try:
            raw = Path(path).read_bytes()
            text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8")
            header, *lines = text.split("\n")
            merges = [line.split() for line in lines[:OPENAI_MERGES] if line]
            if not merges and "#version" not in header:
                raise ValueError("it has no lines after its header")
            return cls(merges, context_length)  # type: ignore[arg-type]
        except (EOFError, gzip.BadGzipFile, zlib.error, ValueError) as error:
            raise ValueError(f"{path} is not a merges file: {error}") from error


def as_texts(texts: str | Iterable[str]) -> list[str]:
    """A list of strings. A single string becomes a list of one. Raises ValueError for anything else.

    >>> as_texts("a red car")
    ['a red car']
    """
    if isinstance(texts, str):
        return [texts]
    if isinstance(texts, bytes | bytearray) or not isinstance(texts, Iterable):
        raise ValueError(f"texts must be a string or a list of strings, found {type(texts).__name__}")
    texts = list(texts)
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise ValueError(f"caption {row} must be a string, found {type(text).__name__}")
    return texts


def as_ids(ids: Iterable[int], vocab_size: int) -> list[int]:
    """A list of ids, each below vocab_size. Raises ValueError for anything else."""
    try:
        numbers = [operator.index(i) for i in ids]
    except TypeError as error:
        raise ValueError(f"ids must be one row of whole numbers: {error}") from error
    for i in numbers:
        if not 0 <= i < vocab_size:
            raise ValueError(f"id {i} is not in this vocabulary of {vocab_size} ids")
    return numbers
