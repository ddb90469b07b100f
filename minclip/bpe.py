"""Byte-pair encoding: a word becomes bytes, and bytes that often stand side by side become one symbol.

The file holds the whole algorithm: the bytes of a word, learning merges, applying merges to a new word. Cleaning texts
and giving ids to symbols is the tokenizer's work (tokenizer.py). engine/bpe.py learns the same merges faster.

Sources: Sennrich et al. 2016 (BPE); GPT-2 (bytes as characters); openai/CLIP simple_tokenizer.py (the mark at the end).
"""

import itertools
from collections import Counter
from collections.abc import Mapping

END_OF_WORD = "</w>"  # the last symbol of a word carries it, so that "art" in "artist" and the word "art" differ

Pair = tuple[str, str]


def bytes_to_unicode() -> dict[int, str]:
    """Gives each of the 256 bytes a printable character, in the order of OpenAI's vocabulary.

    A byte that is a printable character of Latin-1 stands for that character: 188 of them. The other 68, the space
    among them, borrow the characters from 256 upwards.

    >>> bytes_to_unicode()[ord("a")], bytes_to_unicode()[ord(" ")]
    ('a', 'Ġ')
    """
    printable = [
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    ]
    others = [byte for byte in range(256) if byte not in printable]
    characters = [chr(byte) for byte in printable] + [chr(256 + i) for i in range(len(others))]
    return dict(zip(printable + others, characters, strict=True))


BYTE_TO_CHARACTER = bytes_to_unicode()


def word_symbols(word: str) -> tuple[str, ...]:
    """The bytes of a word (at least one character) as printable characters, the last one with the end-of-word mark.

    >>> word_symbols("cat")
    ('c', 'a', 't</w>')
    """
    characters = [BYTE_TO_CHARACTER[byte] for byte in word.encode("utf-8")]
    return (*characters[:-1], characters[-1] + END_OF_WORD)


def count_pairs(words: Mapping[tuple[str, ...], int]) -> Counter[Pair]:
    """Counts how often two symbols stand side by side. words: the symbols of a word -> how often the word occurs.

    >>> count_pairs({("a", "b", "b"): 2, ("b", "b"): 1})
    Counter({('b', 'b'): 3, ('a', 'b'): 2})
    """
    counts: Counter[Pair] = Counter()
    for symbols, count in words.items():
        for pair in itertools.pairwise(symbols):
            counts[pair] += count
    return counts


def merge_pair(symbols: tuple[str, ...], pair: Pair) -> tuple[str, ...]:
    """Joins the pair into one symbol wherever it stands, from left to right.

    >>> merge_pair(("b", "a", "n", "a", "n", "a"), ("a", "n"))
    ('b', 'an', 'an', 'a')
    """
    merged, i = [], 0
    while i < len(symbols):
        if i + 1 < len(symbols) and (symbols[i], symbols[i + 1]) == pair:
            merged.append(pair[0] + pair[1])
            i += 2
        else:
            merged.append(symbols[i])
            i += 1
    return tuple(merged)


def train_bpe(word_counts: Mapping[str, int], merges: int) -> list[Pair]:
    """Learns up to `merges` merges: again and again the most frequent pair of neighbours becomes one symbol.

    word_counts: word -> how often it occurs. Of equally frequent pairs the alphabetically first is taken, so the result
    depends on the counts alone. A pair that occurs only once is no pattern, so a small text gives fewer merges.

    >>> train_bpe({"hat": 3, "that": 2, "tha": 1}, 10)
    [('a', 't</w>'), ('h', 'at</w>'), ('t', 'hat</w>')]
    """
    words = {word_symbols(word): count for word, count in word_counts.items()}
    learned: list[Pair] = []
    while len(learned) < merges:
        counts = count_pairs(words)
        if max(counts.values(), default=0) < 2:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        learned.append(best)
        words = {merge_pair(symbols, best): count for symbols, count in words.items()}
    return learned


def apply_merges(symbols: tuple[str, ...], ranks: Mapping[Pair, int]) -> tuple[str, ...]:
    """Merges the symbols of a word, the earliest learned merge first, until no learned pair is left.

    ranks: pair -> its place in the list of learned merges.

    >>> apply_merges(("a", "b", "c"), {("b", "c"): 0, ("a", "b"): 1, ("a", "bc"): 2})
    ('abc',)
    """
    while len(symbols) > 1:
        pair = min(itertools.pairwise(symbols), key=lambda pair: ranks.get(pair, len(ranks)))
        if pair not in ranks:
            break
        symbols = merge_pair(symbols, pair)
    return symbols
