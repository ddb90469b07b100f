"""The known mistakes with the ranks of merges: how an answer to apply_merges errs. Named as in mistakes.py."""

from collections import Counter
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
NO_ORDER = Mistake(
    "ranks.get(pair) is None for a pair that was never learned, and None is neither smaller nor larger than a number",
    way="ranks.get(pair, len(ranks)) gives the others a rank behind all",
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


def without_rank_0(symbols: Symbols, ranks: Mapping[Pair, int]) -> Symbols:
    known = {pair: rank for pair, rank in ranks.items() if rank}
    return applied(symbols, known, lambda found: min(found, key=known.__getitem__))


def rank_0_last(symbols: Symbols, ranks: Mapping[Pair, int]) -> Symbols:
    return applied(symbols, ranks, lambda found: min(found, key=lambda pair: ranks[pair] or float("inf")))


def rank_0_unknown(symbols: Symbols, ranks: Mapping[Pair, int]) -> Symbols:
    """The pair of rank 0 gets the rank of those that were never learned."""
    while len(symbols) > 1:
        pair = min(pairwise(symbols), key=lambda pair: ranks.get(pair) or float("inf"))
        if pair not in ranks:
            break
        symbols = bpe.merge_pair(symbols, pair)
    return symbols


def without_an_end(symbols: Symbols, ranks: Mapping[Pair, int]) -> Symbols:
    """Goes on where no pair was learned."""
    while len(symbols) > 1:
        pair = min(pairwise(symbols), key=lambda pair: ranks.get(pair, len(ranks)))
        symbols = bpe.merge_pair(symbols, pair)
    return symbols


def returned_inside(symbols: Symbols, ranks: Mapping[Pair, int]) -> Symbols | None:
    """Nothing comes back where there was no round."""
    return one_round(symbols, ranks) if any(pair in ranks for pair in pairwise(symbols)) else None


def pairs_of_the_beginning(symbols: Symbols, ranks: Mapping[Pair, int], by_rank: bool) -> Symbols:
    pairs = [pair for pair in pairwise(symbols) if pair in ranks]
    return in_order_of(sorted(pairs, key=ranks.__getitem__) if by_rank else pairs, symbols)


def rounds_of_the_text(symbols: Symbols, ranks: Mapping[Pair, int]) -> Symbols:
    """In every round all learned pairs, from the left to the right."""
    while pairs := [pair for pair in pairwise(symbols) if pair in ranks]:
        symbols = in_order_of(pairs, symbols)
    return symbols


def down_to_two(symbols: Symbols, ranks: Mapping[Pair, int]) -> Symbols:
    while len(symbols) > 2 and any(pair in ranks for pair in pairwise(symbols)):
        symbols = one_round(symbols, ranks)
    return symbols


def by_place(symbols: Symbols, ranks: Mapping[Pair, int]) -> Symbols:
    places = {pair: place for place, pair in enumerate(ranks)}
    return applied(symbols, ranks, lambda found: min(found, key=places.__getitem__))


CHOICES: dict[str, Choice] = {
    "the pair that gives the longest symbol": lambda found: max(found, key=lambda pair: len(pair[0] + pair[1])),
    "the pair that gives the shortest symbol": lambda found: min(found, key=lambda pair: len(pair[0] + pair[1])),
    "the pair that stands in the word most often": lambda found: Counter(found).most_common(1)[0][0],
    "the alphabetically last pair": max,
}
MORE_CASES: list[tuple[Symbols, dict[Pair, int]]] = [  # at which the ways to choose give different words
    (("x", "y", "z", "y", "z"), {("x", "y"): 1, ("y", "z"): 2, ("z", "y"): 0}),
    (("x", "y", "z", "y", "z"), {("x", "y"): 1, ("y", "z"): 0, ("z", "y"): 2}),
    (("ab", "c", "d", "c", "d"), {("ab", "c"): 2, ("c", "d"): 1, ("d", "c"): 0}),
    (("d", "c", "ab", "c"), {("d", "c"): 0, ("c", "ab"): 1, ("ab", "c"): 2}),
    (("d", "c", "ab", "e", "e", "f"), {("d", "c"): 1, ("c", "ab"): 0, ("ab", "e"): 2, ("e", "e"): 3, ("e", "f"): 4}),
    (("q", "r", "s", "t"), {("q", "r"): 2, ("r", "s"): 1, ("s", "t"): 0}),
]
SMALLEST = "min(pairs, key=lambda pair: ranks.get(pair, len(ranks)))"
ZERO = "ask pair in ranks, or rank is not None: if rank: leaves out 0"
ONE = "one merge, and then the next round: symbols = merge_pair(symbols, best)"
BEHIND_LOOP = "return symbols, as far in as while"
AGAIN = "look for the pairs anew in every round: " + SMALLEST
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
    Mistake(
        "this takes a pair's place in the dictionary for its rank, and the rank is its value", way=SMALLEST
    ): by_place,
    Mistake(
        "this goes through the merges once: after a later merge the pair of an earlier one may stand there",
        way="a while loop, and in every round " + SMALLEST,
    ): lambda symbols, ranks: in_order_of(sorted(ranks, key=ranks.__getitem__), symbols),
    Mistake(
        "every round merges all learned pairs from the left, and it should merge that of the smallest rank", way=ONE
    ): (rounds_of_the_text),
    Mistake(
        "the loop ends with two symbols, and these may be a learned pair", way="while len(symbols) > 1"
    ): down_to_two,
    Mistake("the merge of rank 0 is never made, since 0 counts as false", way=ZERO): without_rank_0,
    Mistake("the pair of rank 0 is taken for one that was never learned, since 0 counts as false", way=ZERO): (
        rank_0_unknown
    ),
    **{
        Mistake(f"merges go by rank, the smallest first, and this takes {which}", way=SMALLEST): partial(
            applied, choose=choose
        )
        for which, choose in CHOICES.items()
    },
    Mistake("the merge of rank 0 comes last, since 0 counts as false", way=ZERO): rank_0_last,
    Mistake("pairs that were never learned are merged, too", way="if pair not in ranks: break"): without_an_end,
    Mistake("the return stands inside the loop: nothing comes back where there is no round", way=BEHIND_LOOP): (
        returned_inside
    ),
    Mistake("the pairs of the first round are merged, and those that a merge makes are not", way=AGAIN): partial(
        pairs_of_the_beginning, by_rank=True
    ),
    Mistake(
        "the pairs of the first round are merged in the order of the text, and those that a merge makes are not",
        way=AGAIN,
    ): partial(pairs_of_the_beginning, by_rank=False),
    Mistake("merges go by rank, the smallest first, and this goes by the alphabet", way=SMALLEST): partial(
        applied, choose=min
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
