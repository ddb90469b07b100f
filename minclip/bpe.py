"""Byte-pair encoding itself: bytes as printable characters, learning merges, applying merges to a word.

No cleaning, no ids, no files: those are the tokenizer's. Sources: Sennrich et al. 2016 (BPE), GPT-2 (bytes as
characters), openai/CLIP simple_tokenizer.py (the end-of-word mark).
"""

import heapq
import itertools
from collections import Counter, defaultdict
from collections.abc import Mapping

END_OF_WORD = "</w>"  # the last symbol of a word carries it, so that "art" in "artist" and the word "art" differ

Pair = tuple[str, str]


def bytes_to_unicode() -> dict[int, str]:
    """A printable character for each of the 256 bytes, in the order of OpenAI's vocabulary.

    Bytes that print stand for themselves; the other 68 borrow the characters from 256 upwards.

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
    """The bytes of a word as characters, the last one marked.

    >>> word_symbols("cat")
    ('c', 'a', 't</w>')
    """
    characters = [BYTE_TO_CHARACTER[byte] for byte in word.encode("utf-8")]
    return (*characters[:-1], characters[-1] + END_OF_WORD)


def merge_pair(symbols: tuple[str, ...], pair: Pair) -> tuple[str, ...]:
    """Every occurrence of the pair becomes one symbol, from left to right.

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


def apply_merges(symbols: tuple[str, ...], ranks: Mapping[Pair, int]) -> tuple[str, ...]:
    """Merges a word's symbols, the earliest learned merge first, until no learned pair is left.

    >>> apply_merges(("a", "b", "c"), {("b", "c"): 0, ("a", "b"): 1, ("a", "bc"): 2})
    ('abc',)
    """
    while len(symbols) > 1:
        pair = min(itertools.pairwise(symbols), key=lambda pair: ranks.get(pair, len(ranks)))
        if pair not in ranks:
            break
        symbols = merge_pair(symbols, pair)
    return symbols


def count_pairs(words: Mapping[tuple[str, ...], int]) -> Counter[Pair]:
    """How often two symbols stand side by side, over words with their counts.

    >>> count_pairs({("a", "b", "b"): 2, ("b", "b"): 1})
    Counter({('b', 'b'): 3, ('a', 'b'): 2})
    """
    counts: Counter[Pair] = Counter()
    for symbols, count in words.items():
        for pair in itertools.pairwise(symbols):
            counts[pair] += count
    return counts


def train_bpe(word_counts: Mapping[str, int], merges: int) -> list[Pair]:
    """Learns up to `merges` merges: again and again the most frequent pair of neighbours becomes one symbol.

    Of equally frequent pairs the alphabetically first wins, so the result depends on the counts alone. Pairs seen
    only once are left apart: merging them would memorise, not compress. So a small text gives fewer merges.
    Counting is incremental: a merge touches only the words that hold its pair.
    """
    words = [list(word_symbols(word)) for word in word_counts if word]
    counts = [count for word, count in word_counts.items() if word]
    pair_counts: defaultdict[Pair, int] = defaultdict(int)
    words_with: defaultdict[Pair, set[int]] = defaultdict(set)  # a superset: a word may have lost the pair since
    for index, symbols in enumerate(words):
        for pair in itertools.pairwise(symbols):
            pair_counts[pair] += counts[index]
            words_with[pair].add(index)
    heap = [(-count, pair) for pair, count in pair_counts.items()]
    heapq.heapify(heap)
    learned: list[Pair] = []
    while heap and len(learned) < merges:
        negative_count, pair = heapq.heappop(heap)
        if -negative_count != pair_counts[pair]:  # an outdated entry: a later merge changed the count
            continue
        if -negative_count < 2:
            break
        learned.append(pair)
        changed: set[Pair] = set()
        for index in words_with.pop(pair):
            for new in merge_in_word(words[index], pair, counts[index], pair_counts, changed):
                words_with[new].add(index)
        del pair_counts[pair]
        for neighbour in changed - {pair}:
            heapq.heappush(heap, (-pair_counts[neighbour], neighbour))
    return learned


def merge_in_word(
    symbols: list[str], pair: Pair, count: int, pair_counts: dict[Pair, int], changed: set[Pair]
) -> list[Pair]:
    """Merges the pair wherever it stands in a word that occurs `count` times, and keeps the counts of the pairs
    beside it right. Changes symbols, pair_counts and changed in place; returns the pairs that the word gained."""
    first, second = pair
    merged, gained, i = first + second, [], 0
    while i < len(symbols) - 1:
        if symbols[i] != first or symbols[i + 1] != second:
            i += 1
            continue
        symbols[i : i + 2] = [merged]
        neighbours = []
        if i > 0:
            neighbours.append(((symbols[i - 1], first), (symbols[i - 1], merged)))
        if i + 1 < len(symbols):
            neighbours.append(((second, symbols[i + 1]), (merged, symbols[i + 1])))
        for lost, new in neighbours:
            pair_counts[lost] -= count
            pair_counts[new] += count
            changed.update((lost, new))
            gained.append(new)
        i += 1
    return gained
