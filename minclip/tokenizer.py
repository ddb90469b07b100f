"""CLIP's tokenizer: a text is cleaned and split into words, the bytes of a word merge into symbols, a symbol has an id.

With OpenAI's merges it gives the ids of openai/CLIP simple_tokenizer.py. Byte-pair encoding itself is in bpe.py.
Hugging Face's files are read and written in formats/tokenizer_files.py.
"""

import gzip
import html
import json
import operator
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import ftfy
import regex
import torch
from torch import LongTensor

from minclip.bpe import BYTE_TO_CHARACTER, END_OF_WORD, Pair, apply_merges, word_symbols
from minclip.data.left_out import text_too_long
from minclip.data.paths import atomic_write
from minclip.engine.bpe import train_bpe

SOT, EOT = "<|startoftext|>", "<|endoftext|>"
# contractions, runs of letters, single digits, runs of anything else that is not a space
WORD = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
BYTE_SYMBOLS = list(BYTE_TO_CHARACTER.values())
CHARACTER_TO_BYTE = {character: byte for byte, character in BYTE_TO_CHARACTER.items()}
FIXED_SYMBOLS = 2 * len(BYTE_SYMBOLS) + 2  # every byte with and without the end-of-word mark, SOT and EOT
OPENAI_MERGES = 49152 - 256 - 2  # as many lines of OpenAI's file, after its header, are in the vocabulary
REMEMBERED_CHUNKS, REMEMBERED_LETTERS = 65_536, 40  # bounds on memory: captions repeat far fewer words, no long ones
FORMAT = "minclip-bpe-1"


def clean(text: str) -> str:
    """Mends broken Unicode, unescapes HTML, makes every run of white space one space, lower-cases.

    >>> clean("  A &amp;amp; B\\n")
    'a & b'
    """
    if not isinstance(text, str):
        raise ValueError(f"a text must be a string, found {type(text).__name__}")
    if text.isascii() and text.isprintable() and "&" not in text:  # nothing to mend: no need to ask ftfy
        return " ".join(text.split()).lower()
    text = html.unescape(html.unescape(ftfy.fix_text(text))).strip()
    return regex.sub(r"\s+", " ", text).strip().lower()


class BPETokenizer:
    """text -> ids and back. Called with texts, it makes the tensor that the model reads.

    Ids, in this order: the 256 bytes, the 256 bytes at a word's end, the merges, special tokens, SOT, EOT.
    EOT has the largest id: the text encoder finds it by argmax.

    >>> BPETokenizer([("t", "h"), ("th", "e</w>")]).encode("the")
    [513]
    """

    def __init__(self, merges: Sequence[Pair], context_length: int = 77, special_tokens: Sequence[str] = ()):
        if not isinstance(context_length, int) or context_length < 2:
            raise ValueError(f"context_length={context_length!r} must be at least 2, a whole number: SOT and EOT")
        for token in special_tokens:
            if not token or clean(token) != token or token in (SOT, EOT) or special_tokens.count(token) > 1:
                how = f"write it once, in lower case, with single spaces, and not as {SOT} or {EOT}"
                raise ValueError(f"special token {token!r:.300} can never be found in a cleaned text: {how}")
        self.merges: list[Pair] = [tuple(pair) for pair in merges]  # type: ignore[misc]
        self.context_length = context_length
        self.special_tokens = list(special_tokens)
        symbols = [*BYTE_SYMBOLS, *(symbol + END_OF_WORD for symbol in BYTE_SYMBOLS)]
        self.ids = {symbol: i for i, symbol in enumerate(symbols)}  # an ordinary word never becomes a special id
        for pair in self.merges:
            if len(pair) != 2 or pair[0] not in self.ids or pair[1] not in self.ids:
                raise ValueError(f"merge {pair!s:.300} must be two symbols, each a byte or what an earlier merge gave")
            self.ids[pair[0] + pair[1]] = len(symbols)
            symbols.append(pair[0] + pair[1])
        specials, self.first_special = [*self.special_tokens, SOT, EOT], len(symbols)
        self.symbols = [*symbols, *specials]  # id -> symbol
        self.special_ids = {token: self.first_special + i for i, token in enumerate(specials)}
        self.ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        self.spaced = any(" " in token for token in specials)
        whole = map(regex.escape, sorted(specials, key=len, reverse=True))  # the longest first
        self.pattern = regex.compile("|".join([*whole, WORD]), regex.IGNORECASE)
        self._remembered: dict[str, list[int]] = {}

    @property
    def vocab_size(self) -> int:
        """Number of ids, as len(tokenizer); the largest is EOT."""
        return len(self.symbols)

    def __len__(self) -> int:
        return len(self.symbols)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self):,} ids, context_length={self.context_length})"

    def __reduce__(self) -> tuple:  # pickled as what decides the ids, without the words that it remembers
        return type(self), (self.merges, self.context_length, self.special_tokens)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BPETokenizer) and self.__reduce__()[1] == other.__reduce__()[1]

    def __hash__(self) -> int:
        return hash((len(self), self.context_length))

    @classmethod
    def train(
        cls, texts: Iterable[str], vocab_size: int, context_length: int = 77, special_tokens: Sequence[str] = ()
    ) -> "BPETokenizer":
        """Learns merges from texts. A small text may fill less than `vocab_size`; none at all gives bytes only."""
        if isinstance(texts, str | bytes):  # its letters would be the texts
            raise ValueError(f"texts must be several texts, found {texts[:40]!r}: put it in a list")
        merges = vocab_size - FIXED_SYMBOLS - len(special_tokens)
        if merges < 0:
            parts = f"every byte with and without its end-of-word mark, SOT, EOT, {len(special_tokens)} special tokens"
            raise ValueError(f"vocab_size={vocab_size} must be at least {vocab_size - merges}: {parts}")
        untrained, words = cls([], context_length, special_tokens), Counter[str]()
        for chunk, count in Counter(chunk for text in texts for chunk in untrained.chunks(text)).items():
            for word in untrained.pattern.findall(chunk):
                words[word] += count
        ordinary = {word: count for word, count in words.items() if word not in untrained.special_ids}
        return cls(train_bpe(ordinary, merges), context_length, special_tokens)

    @classmethod
    def from_openai_merges(cls, path: str | Path, context_length: int = 77) -> "BPETokenizer":
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

    def chunks(self, text: str) -> list[str]:
        """The cleaned text cut at its spaces: no word reaches across one. Only a special token can; then, its words."""
        text = clean(text)
        return self.pattern.findall(text) if self.spaced else text.split(" ")

    def encode(self, text: str) -> list[int]:
        """ids of a text of any length, without SOT and EOT."""
        return [i for chunk in self.chunks(text) for i in self._encode_chunk(chunk)]

    def _encode_chunk(self, chunk: str) -> list[int]:
        ids = self._remembered.get(chunk)
        if ids is None:
            ids = [i for word in self.pattern.findall(chunk) for i in self._encode_word(word)]
            if len(self._remembered) >= REMEMBERED_CHUNKS:
                self._remembered.clear()
            if len(chunk) <= REMEMBERED_LETTERS:
                self._remembered[chunk] = ids
        return ids

    def _encode_word(self, word: str) -> list[int]:
        if word in self.special_ids:
            return [self.special_ids[word]]
        return [self.ids[symbol] for symbol in apply_merges(word_symbols(word), self.ranks)]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of a row of ids, a space after every word; bytes that are no UTF-8 become U+FFFD."""
        try:
            numbers = [operator.index(i) for i in ids]
        except TypeError as error:
            raise ValueError(f"ids must be one row of whole numbers: {error}") from error
        parts = []
        for i in numbers:
            if not 0 <= i < self.vocab_size:
                raise ValueError(f"id {i} is not in this vocabulary of {self.vocab_size} ids")
            special, symbol = i >= self.first_special, self.symbols[i]  # a special token stands for its own letters
            parts.append(symbol.encode("utf-8") if special else bytes(CHARACTER_TO_BYTE[letter] for letter in symbol))
        return b"".join(parts).decode("utf-8", errors="replace").replace(END_OF_WORD, " ")

    def __call__(self, texts: str | Iterable[str], truncate: bool = False) -> LongTensor:
        """int64 [texts, context_length]: SOT, the text's ids, EOT, then zeros.

        A text that is too long raises ValueError, or with truncate=True loses its end but never EOT.
        """
        if isinstance(texts, bytes | bytearray) or not isinstance(texts, Iterable):
            raise ValueError(f"texts must be a string or a list of strings, found {type(texts).__name__}")
        sot, eot, rows = self.special_ids[SOT], self.special_ids[EOT], []
        for row, text in enumerate([texts] if isinstance(texts, str) else texts):
            if not isinstance(text, str):
                raise ValueError(f"caption {row} must be a string, found {type(text).__name__}")
            ids = [sot, *self.encode(text), eot]
            if len(ids) > self.context_length:
                if not truncate:
                    raise text_too_long(row, text, len(ids), self.context_length)
                ids = [*ids[: self.context_length - 1], eot]
            rows.append(ids + [0] * (self.context_length - len(ids)))
        return torch.tensor(rows, dtype=torch.long).view(len(rows), self.context_length)  # type: ignore[return-value]

    def to_json(self) -> str:
        """Everything that decides the ids, as JSON."""
        content = {"format": FORMAT, "context_length": self.context_length, "special_tokens": self.special_tokens}
        return json.dumps(content | {"merges": self.merges}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "BPETokenizer":
        """The inverse of to_json; ValueError where the text is something else."""
        try:
            content = json.loads(text)
            if content["format"] != FORMAT or type(content["context_length"]) is not int:
                raise TypeError("another format, or a context_length that is no whole number")
            return cls(content["merges"], content["context_length"], content["special_tokens"])
        except (AttributeError, KeyError, TypeError, RecursionError, json.JSONDecodeError) as error:
            raise ValueError(f"this is not a {FORMAT} tokenizer: {error!r:.200}") from error

    def save(self, path: str | Path) -> None:
        """Writes the tokenizer to one JSON file, atomically."""
        with atomic_write(Path(path)) as file:
            file.write(self.to_json().encode("utf-8"))

    @classmethod
    def load(cls, path: str | Path) -> "BPETokenizer":
        """Reads what `save` wrote."""
        try:
            return cls.from_json(Path(path).read_text(encoding="utf-8"))
        except (UnicodeDecodeError, ValueError) as error:
            raise ValueError(f"{path}: {error}") from error


read_once = lru_cache(maxsize=4)(BPETokenizer.from_openai_merges)


def openai_tokenizer(context_length: int = 77) -> BPETokenizer:
    """OpenAI's, with the merges that `minclip fetch` brought; FileNotFoundError that says so where it did not."""
    from minclip.data.pretrained import openai_merges_path  # here: no other tokenizer needs the fetching

    return read_once(openai_merges_path(), context_length)


def encode(text: str) -> list[int]:
    """ids of a text in OpenAI's vocabulary, without SOT and EOT."""
    return openai_tokenizer().encode(text)


def decode(ids: Iterable[int]) -> str:
    """The text of ids of OpenAI's vocabulary, a space after every word."""
    return openai_tokenizer().decode(ids)


def tokenize(texts: str | Iterable[str], context_length: int = 77, truncate: bool = False) -> LongTensor:
    """As `clip.tokenize`: int64 [texts, context_length]. A text too long is a ValueError (there RuntimeError)."""
    return openai_tokenizer(context_length)(texts, truncate)
