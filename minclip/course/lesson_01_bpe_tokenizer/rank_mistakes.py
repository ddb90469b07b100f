"""The known mistakes with the ranks of merges: how an answer to apply_merges errs. Named as in mistakes.py."""

from collections.abc import Iterable, Mapping
from functools import partial
from itertools import pairwise

from minclip import bpe
from minclip.bpe import Pair
from minclip.course.assertions import Mistake
from minclip.course.lesson_01_bpe_tokenizer.count_mistakes import Symbols, Ways
from minclip.course.lesson_01_bpe_tokenizer.mistakes import Choice

NOTHING_TO_CHOOSE = Mistake(
    "min or max gets nothing to choose from: one symbol has no pair, and a word may hold no learned pair",
    way="while len(symbols) > 1: choose among all pairs, and break if the best is not in ranks",
)
NEVER_LEARNED = Mistake(
    "not every pair that stands in a word was learned",
    way="ranks.get(pair, len(ranks)) gives the others a rank behind all",
)


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


def with_default(symbols: Symbols, ranks: Mapping[Pair, int], default: float = 0) -> Symbols:
    """Pairs that were never learned get this rank."""
    while len(symbols) > 1:
        pair = min(pairwise(symbols), key=lambda pair: ranks.get(pair, default))
        if pair not in ranks:
            break
        symbols = bpe.merge_pair(symbols, pair)
    return symbols


def in_order_of(ranks: Iterable[Pair], symbols: Symbols) -> Symbols:
    for pair in ranks:
        symbols = bpe.merge_pair(symbols, pair)
    return symbols


def largest_first(symbols: Symbols, ranks: Mapping[Pair, int]) -> Symbols:
    return applied(symbols, ranks, lambda found: max(found, key=ranks.__getitem__))


def one_round(symbols: Symbols, ranks: Mapping[Pair, int]) -> Symbols:
    return applied(symbols, ranks, lambda found: min(found, key=ranks.__getitem__), times=1)


SMALLEST = "min(pairs, key=lambda pair: ranks.get(pair, len(ranks)))"
BEHIND = "ranks.get(pair, len(ranks)) gives it a rank behind all others"
APPLIED: Ways = {
    Mistake("merges go by rank, the smallest first, and this goes in the order of the text", way=SMALLEST): leftmost,
    Mistake(
        "merges go by rank, the smallest first, and this goes through the word from its end", way=SMALLEST
    ): partial(applied, choose=lambda found: found[-1]),
    Mistake("the largest rank is taken, and the smallest was learned first", way=SMALLEST): largest_first,
    Mistake(
        "merges go by rank, the smallest first, and this takes the first learned place from the left", way=SMALLEST
    ): (scanned),
    Mistake("this stops after one round, and another learned pair may stand there now", way="a while loop around it"): (
        one_round
    ),
    Mistake("a pair that was never learned comes before the learned ones", way=BEHIND): partial(
        with_default, default=-1
    ),
    Mistake("a pair that was never learned gets the same rank as the first learned one", way=BEHIND): with_default,
    Mistake("a pair that was never learned gets a rank that learned ones exceed", way=BEHIND): partial(
        with_default, default=10_000
    ),
    Mistake("this takes the longest known symbol from the left, which is another algorithm", way=SMALLEST): longest,
    Mistake("this relies on the order of the dictionary, and a merge's rank is its value", way=SMALLEST): (
        lambda symbols, ranks: in_order_of(ranks, symbols)
    ),
    Mistake("this is a list, and a tuple is wanted", way="return a tuple, as it came in"): (
        lambda symbols, ranks: list(bpe.apply_merges(symbols, ranks))
    ),
    Mistake("this is one text, and a tuple of symbols is wanted", way="return the tuple, not ''.join of it"): (
        lambda symbols, ranks: "".join(bpe.apply_merges(symbols, ranks))
    ),
    Mistake("nothing is merged", way="symbols = merge_pair(symbols, pair): merge_pair gives a new tuple"): (
        lambda symbols, ranks: symbols
    ),
}
