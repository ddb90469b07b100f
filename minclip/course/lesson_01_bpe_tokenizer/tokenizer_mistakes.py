"""What the known mistakes of BPETokenizer give: texts as ids, ids as texts, texts as the rows that the model reads.

Named as in mistakes.py, which has the mistakes with single words.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from minclip.bpe import END_OF_WORD, apply_merges, word_symbols
from minclip.course.assertions import Known
from minclip.course.lesson_01_bpe_tokenizer.mistakes import Symbols, bare, leftmost, scanned
from minclip.tokenizer import EOT, SOT, BPETokenizer, clean


def encoded(
    theirs: BPETokenizer,
    text: str,
    cleaned: Callable[[str], str] = clean,
    cut: Callable[[str], list[str]] | None = None,
    parts: Callable[[str], Symbols] = word_symbols,
    apply: Callable[[Symbols, Mapping], Symbols] = apply_merges,
    special: bool = True,
) -> list[int]:
    """Encoding by the book. special: whether SOT and EOT are known."""
    ids = []
    for word in (cut or theirs.pattern.findall)(cleaned(text)):
        if special and word in theirs.special_ids:
            ids.append(theirs.special_ids[word])
        else:
            ids += [theirs.ids[symbol] for symbol in apply(parts(word), theirs.ranks)]
    return ids


def wrong_ids(theirs: BPETokenizer, text: str) -> Known:
    """Of encode."""
    sot, eot, right = theirs.special_ids[SOT], theirs.special_ids[EOT], theirs.encode(text)
    ways: dict[str, dict[str, Any]] = {
        "clean(text) comes first: it lower-cases, and mends white space and broken letters": {"cleaned": str},
        "lower-casing is not all: clean(text) also mends white space, HTML and broken letters": {"cleaned": str.lower},
        "words end at punctuation, too: self.pattern.findall, not split": {"cut": str.split},
        "the end of the word is missing: begin with word_symbols(word)": {"parts": bare},
        "merges go by rank, the smallest first; yours go in the order of the text": {"apply": leftmost},
        "merges go by rank, the smallest first; yours takes the first pair from the left": {"apply": scanned},
        "the merges are missing: apply_merges(word_symbols(word), self.ranks)": {"apply": lambda symbols, _: symbols},
        "a special token is one id, from self.special_ids: its letters do not go through BPE": {"special": False},
    }
    return {
        **{name: partial(encoded, theirs, text, **how) for name, how in ways.items()},
        "SOT and EOT do not belong here: __call__ adds them": lambda: [sot, *right, eot],
        "EOT does not belong here: __call__ adds it": lambda: [*right, eot],
        "these are symbols: self.ids has the number of each": lambda: [theirs.symbols[i] for i in right],
        "one list with all ids, not a list for each word": lambda: [
            theirs.encode(word) for word in theirs.pattern.findall(clean(text))
        ],
    }


def wrong_texts(theirs: BPETokenizer, ids: list[int]) -> Known:
    """Of decode."""
    right, rows = theirs.decode(ids), [theirs.symbols[i] for i in ids]
    special = [symbol in theirs.special_ids for symbol in rows]
    raw = [bytes(theirs.byte_of[letter] for letter in symbol) for symbol in rows]

    def spaced(text: str) -> str:
        return text.replace(END_OF_WORD, " ")

    return {
        "these are the stand-ins: turn every character back into its byte, then decode the bytes": lambda: spaced(
            "".join(rows)
        ),
        "</w> becomes a space": lambda: b"".join(raw).decode(errors="replace"),
        "</w> becomes a space: yours takes it away": lambda: b"".join(raw).decode(errors="replace").replace("</w>", ""),
        "the bytes of one letter may lie in two symbols: join all bytes first, then decode once": lambda: spaced(
            "".join(one.decode(errors="replace") for one in raw)
        ),
        "bytes that are no UTF-8 are shown as �: errors='replace', not 'ignore'": lambda: spaced(
            b"".join(raw).decode(errors="ignore")
        ),
        "the last word has its space, too: leave it there": lambda: right.strip(),
        "special tokens stand for themselves: they must not vanish": lambda: spaced(
            b"".join(bytes_ for bytes_, one in zip(raw, special, strict=True) if not one).decode(errors="replace")
        ),
        "a space comes after a word, not after every symbol": lambda: spaced(
            " ".join(one.decode(errors="replace") for one in raw)
        ),
        "return a text: decode the bytes": lambda: b"".join(raw),
    }


def wrong_rows(theirs: BPETokenizer, texts: list[str]) -> Known:
    """Of __call__."""
    sot, eot, length = theirs.special_ids[SOT], theirs.special_ids[EOT], theirs.context_length
    own = [theirs.encode(text) for text in texts]
    fit, right = [[sot, *ids, eot] for ids in own], theirs(texts, truncate=True)

    def filled(rows: list[list[int]], pad: int = 0) -> Tensor:
        return torch.tensor([(row + [pad] * length)[:length] for row in rows])

    return {
        "SOT is missing: every row begins with it": lambda: filled([[*ids, eot] for ids in own]),
        "EOT is missing: the text encoder reads its answer there": lambda: filled([[sot, *ids] for ids in own]),
        "SOT and EOT are missing": lambda: filled(own),
        "SOT and EOT have changed places": lambda: filled([[eot, *ids, sot] for ids in own]),
        "fill up with zeros, not with EOT: a row has one EOT": lambda: filled(fit, eot),
        "the zeros come after the text": lambda: torch.tensor([[0] * (length - len(row)) + row for row in fit]),
        "EOT follows the text at once, the zeros come after it": lambda: torch.tensor(
            [[*(row[:-1] + [0] * length)[: length - 1], eot] for row in fit]
        ),
        "EOT is lost: keep context_length - 1 ids, then put EOT": lambda: filled(fit),
        "cut at context_length - 1, to leave room for EOT: yours cuts more": lambda: filled(
            [row if len(row) <= length else [*row[: length - 2], eot] for row in fit]
        ),
        "every row has context_length numbers, however short the texts are": lambda: torch.tensor(
            [row + [0] * (max(map(len, fit)) - len(row)) for row in fit]
        ),
        "one string is one text, not a list of letters": lambda: theirs(list(texts[0])),
        "one string is a list of one text: the result is [1, context_length]": lambda: right[0],
        "ids are whole numbers, int64": lambda: right.float(),
        "ids are int64, as an embedding reads them": lambda: right.int(),
        "the result is a tensor: torch.tensor(rows)": lambda: right.tolist(),
    }
