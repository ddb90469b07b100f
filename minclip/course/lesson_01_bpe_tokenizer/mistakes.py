"""What the known mistakes of lesson 01 give: a name, as the learner reads it, and its outcome for some input.

The checks themselves are in checks.py. Training and encoding stand here by the book, with what goes wrong as
arguments.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

from minclip import bpe
from minclip.bpe import END_OF_WORD, Pair, word_symbols
from minclip.course.assertions import Known

Symbols = tuple[str, ...]
Choice = Callable[[list[Pair]], Pair]
PRINT = [*range(33, 127), *range(161, 173), *range(174, 256)]  # bytes that do, in Latin-1


def characters(own: Iterable[int], borrowed: Callable[[int, int], int] = lambda place, byte: 256 + place) -> list[str]:
    """Of bytes 0 to 255. own: those that stand for themselves; borrowed: (place among the others, byte) -> number."""
    own = set(own)
    others = [byte for byte in range(256) if byte not in own]
    return [chr(byte if byte in own else borrowed(others.index(byte), byte)) for byte in range(256)]


def wrong_characters() -> Known:
    """Of bytes_to_unicode: the values for bytes 0 to 255."""
    short = [*range(33, 126), *range(161, 172), *range(174, 255)]
    return {
        "chr(byte) alone: 68 of these do not print, and one is the space. They borrow from 256 upwards": lambda: (
            characters(range(256))
        ),
        "the 68 others get 256, 257, 258, ... one after the other: not 256 + byte": lambda: characters(
            PRINT, lambda place, byte: 256 + byte
        ),
        "the space must be replaced, too: a file of merges is split at its spaces": lambda: characters([32, *PRINT]),
        "a range ends before its second number: add 1, or ~, ¬ and ÿ are missing": lambda: characters(short),
        "173, between ¬ and ®, is the soft hyphen: it does not print": lambda: characters([173, *PRINT]),
        "only ASCII stands for itself here: ¡ to ¬ and ® to ÿ print, too": lambda: characters(range(33, 127)),
        "the others begin at 256, not at 257": lambda: characters(PRINT, lambda place, byte: 257 + place),
        "these are numbers: chr makes a character of a number": lambda: [ord(one) for one in characters(PRINT)],
    }


def counted(
    words: Mapping[Symbols, int], neighbours: Callable[[Symbols], Iterable] = pairwise, weigh: bool = True
) -> dict:
    """Pairs by the book."""
    found: Counter = Counter()
    for symbols, count in words.items():
        for pair in neighbours(symbols):
            found[pair] += count if weigh else 1
    return dict(found)


def wrong_counts(words: Mapping[Symbols, int]) -> Known:
    """Of count_pairs, as a dict."""

    def listed() -> dict[Pair, list[int]]:
        found: dict[Pair, list[int]] = {}
        for symbols, count in words.items():
            for pair in pairwise(symbols):
                found.setdefault(pair, []).append(count)
        return found

    ways: dict[str, Callable[[Symbols], Iterable]] = {
        "a pair that stands twice in a word counts twice": lambda s: set(pairwise(s)),
        "every symbol is looked at with its right neighbour: go on by 1, not by 2": lambda s: list(pairwise(s))[::2],
        "the last symbol has no right neighbour: a word is no ring": lambda s: zip(s, s[1:] + s[:1], strict=True),
        "the last pair of each word is missing": lambda s: list(pairwise(s))[:-1],
        "these are single symbols: count two neighbours together": lambda s: s,
        "the key is a tuple of two: joined, ('ab', 'c') and ('a', 'bc') would be one": lambda s: (
            [first + second for first, second in pairwise(s)]
        ),
        "the order within a pair matters: ('a', 'n') is not ('n', 'a')": lambda s: (
            [tuple(sorted(pair)) for pair in pairwise(s)]
        ),
    }
    return {
        "a word that occurs 3 times adds 3 to each of its pairs: add its count, not 1": lambda: counted(
            words, weigh=False
        ),
        "each pair has one number: add the counts up, no lists": listed,
        **{name: partial(counted, words, neighbours) for name, neighbours in ways.items()},
    }


def trained(
    words: Mapping[str, int],
    merges: int,
    best: Callable[[Mapping[Pair, int]], Pair] = lambda counts: min(counts, key=lambda pair: (-counts[pair], pair)),
    least: int = 2,
    parts: Callable[[str], Symbols] = word_symbols,
    weigh: bool = True,
    again: bool = True,
    keep: bool = True,
) -> list[Pair]:
    """Training by the book: count all pairs, take the best, merge it everywhere."""
    rows = {parts(word): count if weigh else 1 for word, count in words.items()}
    found: list[Pair] = []
    while len(found) < merges:
        counts = bpe.count_pairs(rows)
        if not counts or counts[best(counts)] < least:
            break
        found.append(best(counts))
        if again:
            grown = {symbols: bpe.merge_pair(symbols, found[-1]) for symbols in rows}
            rows = {grown[symbols]: count for symbols, count in rows.items() if keep or grown[symbols] != symbols}
    return found


def bare(word: str) -> Symbols:
    """word_symbols without the mark."""
    return (*word_symbols(word)[:-1], word_symbols(word)[-1].removesuffix(END_OF_WORD))


def wrong_training(words: Mapping[str, int], merges: int) -> Known:
    """Of train_bpe."""
    right = trained(words, merges)
    ways: dict[str, dict[str, Any]] = {
        "among equally frequent pairs take the alphabetically first, not the one met first": {
            "best": lambda counts: max(counts, key=counts.__getitem__)},
        "among equally frequent pairs take the alphabetically first, not the last": {
            "best": lambda counts: max(counts, key=lambda pair: (counts[pair], pair))},
        "take the most frequent pair, not the rarest": {
            "best": lambda counts: min(counts, key=lambda pair: (counts[pair], pair))},
        "stop where the best pair was seen only once: that is no pattern yet": {"least": 1},
        "a pair seen twice is still merged: stop below 2": {"least": 3},
        "a word that occurs 3 times counts 3 times": {"weigh": False},
        "merge the pair in all words before you count again": {"again": False},
        "words without the pair are lost: they stay as they are, and are counted again": {"keep": False},
        "start from word_symbols(word): the end of the word, </w>, is missing": {"parts": bare},
        "start from word_symbols(word): these are characters, not bytes": {
            "parts": lambda word: (*word[:-1], word[-1] + END_OF_WORD)},
        "these are plain letters: start from word_symbols(word)": {"parts": tuple},
        "</w> is no symbol of its own, the last one carries it: start from word_symbols(word)": {
            "parts": lambda word: (*bare(word), END_OF_WORD)},
    }  # fmt: skip
    return {
        **{name: partial(trained, words, merges, **how) for name, how in ways.items()},
        "return the pairs, not the symbols that they become": lambda: [first + second for first, second in right],
        "that is one merge too many: at most `merges`": lambda: trained(words, merges + 1),
        "that is one merge too few": lambda: right[:-1],
        "return a list of pairs: a pair's place in it is its rank": lambda: {pair: i for i, pair in enumerate(right)},
        "return all merges: this is only the last one": lambda: right[-1],
    }


def applied(symbols: Symbols, ranks: Mapping[Pair, int], choose: Choice, times: int = 99) -> Symbols:
    """Merges a word with another choice among the learned pairs that stand in it."""
    for _ in range(times):
        found = [pair for pair in pairwise(symbols) if pair in ranks]
        if not found:
            break
        symbols = bpe.merge_pair(symbols, choose(found))
    return symbols


def leftmost(symbols: Symbols, ranks: Mapping[Pair, int]) -> Symbols:
    return applied(symbols, ranks, lambda found: found[0])


def scanned(symbols: Symbols, ranks: Mapping[Pair, int]) -> Symbols:
    """Always the first learned pair from the left, one place at a time."""
    for i, pair in enumerate(pairwise(symbols)):
        if pair in ranks:
            return scanned((*symbols[:i], pair[0] + pair[1], *symbols[i + 2 :]), ranks)
    return symbols


def longest(symbols: Symbols, ranks: Mapping[Pair, int]) -> Symbols:
    """From the left, always the longest symbol that was learned."""
    whole, found = {first + second for first, second in ranks}, []
    while symbols:
        size = max(n for n in range(1, len(symbols) + 1) if n == 1 or "".join(symbols[:n]) in whole)
        found.append("".join(symbols[:size]))
        symbols = symbols[size:]
    return tuple(found)


def until_a_stranger(symbols: Symbols, ranks: Mapping[Pair, int]) -> Symbols:
    """Stops as soon as a pair that was never learned stands in the word."""
    while len(symbols) > 1 and all(pair in ranks for pair in pairwise(symbols)):
        symbols = bpe.merge_pair(symbols, min(pairwise(symbols), key=ranks.__getitem__))
    return symbols


def as_filled(symbols: Symbols, ranks: Mapping[Pair, int]) -> Symbols:
    for pair in ranks:
        symbols = bpe.merge_pair(symbols, pair)
    return symbols


def wrong_symbols(symbols: Symbols, ranks: Mapping[Pair, int]) -> Known:
    """Of apply_merges."""
    orders: dict[str, Choice] = {
        "merges go by rank, the smallest first; yours go in the order of the text": lambda found: found[0],
        "merges go by rank, the smallest first; yours go through the word from its end": lambda found: found[-1],
        "the smallest rank was learned first and goes first: yours takes the largest": lambda found: max(
            found, key=ranks.__getitem__
        ),
    }
    right = bpe.apply_merges(symbols, ranks)
    return {
        **{name: partial(applied, symbols, ranks, choose) for name, choose in orders.items()},
        "merges go by rank, the smallest first; yours takes the first learned pair from the left": lambda: scanned(
            symbols, ranks
        ),
        "go on until no learned pair is left (and let pairs that were never learned come last)": lambda: applied(
            symbols, ranks, lambda found: min(found, key=ranks.__getitem__), times=1
        ),
        "a pair that was never learned comes last: its rank must be larger than all others": lambda: until_a_stranger(
            symbols, ranks
        ),
        "this takes the longest known symbol from the left; BPE repeats its merges by rank": lambda: longest(
            symbols, ranks
        ),
        "do not rely on the order of the dictionary: a merge's rank is its value": lambda: as_filled(symbols, ranks),
        "return a tuple, as it came in": lambda: list(right),
        "return the symbols, not one text": lambda: "".join(right),
        "nothing was merged": lambda: symbols,
    }
