"""CLIP's tokenizer: a text is cleaned and split into words, the bytes of a word merge into symbols, a symbol has an id.

With OpenAI's merges it gives the ids of openai/CLIP simple_tokenizer.py. Byte-pair encoding is in bpe.py. Saving and
loading are in data/tokenizer_file.py, Hugging Face's files in formats/tokenizer_files.py.
"""

import html
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

import ftfy
import regex
import torch
from torch import LongTensor

from minclip.bpe import END_OF_WORD, Pair, apply_merges, bytes_to_unicode, word_symbols
from minclip.data.left_out import text_too_long
from minclip.data.tokenizer_file import StoredTokenizer, as_ids, as_texts
from minclip.engine import bpe as fast_bpe

SOT, EOT = "<|startoftext|>", "<|endoftext|>"  # start and end of a text
# SOT, EOT, contractions, runs of letters, single number characters, runs of anything else that is not a space
WORD = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
FIXED_SYMBOLS = 256 + 256 + 2  # every byte, every byte with the end-of-word mark, SOT and EOT


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


class BPETokenizer(StoredTokenizer):
    """text -> ids and back. Called with texts, it makes the tensor that the model reads.

    Ids, in this order: the 256 bytes, the 256 bytes at a word's end, the merges, SOT, EOT.
    EOT has the largest id: the text encoder finds it by argmax. StoredTokenizer adds len, ==, save and load.
    """

    def __init__(self, merges: Sequence[Pair], context_length: int = 77):
        super().__init__(merges, context_length)  # keeps both
        self.byte_of = {character: byte for byte, character in bytes_to_unicode().items()}
        symbols = [*self.byte_of, *(character + END_OF_WORD for character in self.byte_of)]
        self.ids = {symbol: i for i, symbol in enumerate(symbols)}  # SOT and EOT stand apart: no merge can make them
        for pair in self.merges:
            if len(pair) != 2 or pair[0] not in self.ids or pair[1] not in self.ids:
                raise ValueError(f"merge {pair!s:.300} must be two symbols, each a byte or what an earlier merge gave")
            self.ids[pair[0] + pair[1]] = len(symbols)  # "a" + "bc" and "ab" + "c" are one symbol: the later id holds
            symbols.append(pair[0] + pair[1])
        self.symbols = [*symbols, SOT, EOT]  # id -> symbol
        self.special_ids = {SOT: len(symbols), EOT: len(symbols) + 1}
        self.ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        self.pattern = regex.compile(WORD, regex.IGNORECASE)  # as OpenAI's; a cleaned text has no capitals

    @classmethod
    def train(cls, texts: Iterable[str], vocab_size: int, context_length: int = 77) -> "BPETokenizer":
        """Learns merges from texts. A small text may fill less than vocab_size, no text gives bytes only."""
        if isinstance(texts, str | bytes):  # its letters would be the texts
            raise ValueError(f"texts must be several texts, found {texts[:40]!r}: put it in a list")
        if vocab_size < FIXED_SYMBOLS:
            parts = "every byte with and without its end-of-word mark, SOT and EOT"
            raise ValueError(f"vocab_size={vocab_size} must be at least {FIXED_SYMBOLS}: {parts}")
        untrained, words = cls([], context_length), Counter[str]()
        pieces = Counter(piece for text in texts for piece in clean(text).split(" "))  # most pieces come again
        for piece, count in pieces.items():
            for word in untrained.pattern.findall(piece):
                words[word] += count
        del words[SOT], words[EOT]
        return cls(fast_bpe.train_bpe(words, vocab_size - FIXED_SYMBOLS), context_length)

    def encode(self, text: str) -> list[int]:
        """ids of a text of any length. No SOT or EOT is added; a text that spells one gets its id, as OpenAI's does.

        >>> BPETokenizer([("t", "h"), ("th", "e</w>")]).encode("The the")
        [513, 513]
        """
        return [i for word in self.pattern.findall(clean(text)) for i in self.encode_word(word)]

    @fast_bpe.remembered  # captions repeat their words: each is encoded once
    def encode_word(self, word: str) -> tuple[int, ...]:
        """ids of one word of a cleaned text. SOT and EOT are words with one id each.

        >>> BPETokenizer([("c", "a")]).encode_word("cat")  # its symbols are "ca" and "t</w>"
        (512, 339)
        """
        if word in self.special_ids:
            return (self.special_ids[word],)
        return tuple(self.ids[symbol] for symbol in apply_merges(word_symbols(word), self.ranks))

    def decode(self, ids: Iterable[int]) -> str:
        """The text of a row of ids, a space after every word. Bytes that are no UTF-8 become �.

        ValueError for what is no id of this vocabulary, a negative number among them.

        >>> BPETokenizer([("c", "a")]).decode([512, 339])
        'cat '
        """
        characters = "".join(self.symbols[i] for i in as_ids(ids, len(self)))
        text = bytes(self.byte_of[character] for character in characters).decode("utf-8", errors="replace")
        return text.replace(END_OF_WORD, " ")

    def __call__(self, texts: str | Iterable[str], truncate: bool = False) -> LongTensor:
        """int64 [texts, context_length]: SOT, the text's ids, EOT, then zeros. A single string is a list of one.

        0 is the id of "!", too: cut a row after EOT before you decode it.

        A row that is too long with SOT and EOT raises ValueError. With truncate=True it loses its end but never EOT.

        >>> BPETokenizer([("c", "a")], context_length=6)("Cat")
        tensor([[513, 512, 339, 514,   0,   0]])
        """
        sot, eot, rows = self.special_ids[SOT], self.special_ids[EOT], []
        for row, text in enumerate(as_texts(texts)):
            ids = [sot, *self.encode(text), eot]
            if len(ids) > self.context_length:
                if not truncate:
                    raise text_too_long(row, text, len(ids), self.context_length)
                ids = [*ids[: self.context_length - 1], eot]
            rows.append(ids + [0] * (self.context_length - len(ids)))
        # the view gives no texts at all the shape [0, context_length]
        return torch.tensor(rows, dtype=torch.long).view(len(rows), self.context_length)  # type: ignore[return-value]


cached_tokenizer = lru_cache(maxsize=4)(BPETokenizer.from_openai_merges)


def openai_tokenizer(context_length: int = 77) -> BPETokenizer:
    """The tokenizer with OpenAI's merges. FileNotFoundError names `minclip fetch merges` where they are missing."""
    from minclip.data.pretrained import openai_merges_path  # here: other tokenizers do not need it

    return cached_tokenizer(openai_merges_path(), context_length)


def encode(text: str) -> list[int]:
    """ids of a text in OpenAI's vocabulary; no SOT or EOT is added."""
    return openai_tokenizer().encode(text)


def decode(ids: Iterable[int]) -> str:
    """The text of ids of OpenAI's vocabulary, a space after every word."""
    return openai_tokenizer().decode(ids)


def tokenize(texts: str | Iterable[str], context_length: int = 77, truncate: bool = False) -> LongTensor:
    """Like `clip.tokenize`: int64 [texts, context_length] (there int32 since PyTorch 1.8).

    A text that is too long is a ValueError (there a RuntimeError).
    """
    return openai_tokenizer(context_length)(texts, truncate)
