"""The known mistakes of lesson 01's count_pairs. Named as in mistakes.py."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import pairwise, permutations, product
from typing import Any

from minclip.bpe import Pair
from minclip.course.assertions import Mistake

Symbols = tuple[str, ...]
Ways = dict[str, Callable[..., Any]]  # a mistake -> a function that makes it

NEW_PAIR = Mistake(
    "a pair that comes for the first time has no count yet",
    way="a Counter begins at 0 by itself: counts[pair] += count",
)
BEYOND = Mistake(
    "an index goes beyond the word: a word of n symbols has n - 1 pairs of neighbours",
    way="for i in range(len(symbols) - 1), or for pair in itertools.pairwise(symbols)",
)
NO_ITEMS = Mistake(
    "a loop over a dictionary gives its keys alone, here the symbols of a word",
    way="for symbols, count in words.items(): keys and values together",
)
NO_WORD = Mistake(
    "words is asked for a pair, and its keys are the symbols of whole words",
    way="for symbols, count in words.items(): count is how often the word occurs",
)
NO_KEY = Mistake("a list cannot be a key of a dictionary", way="a tuple can: symbols[i], symbols[i + 1]")


def counted(
    words: Mapping[Symbols, int], neighbours: Callable[[Symbols], Iterable[Any]] = pairwise, weigh: bool = True
) -> dict[Any, int]:
    """Pairs by the book."""
    found: Counter[Any] = Counter()
    for symbols, count in words.items():
        for pair in neighbours(symbols):
            found[pair] += count if weigh else 1
    return dict(found)


def listed(words: Mapping[Symbols, int]) -> dict[Pair, list[int]]:
    found: dict[Pair, list[int]] = {}
    for symbols, count in words.items():
        for pair in pairwise(symbols):
            found.setdefault(pair, []).append(count)
    return found


def last_count(words: Mapping[Symbols, int]) -> dict[Pair, int]:
    return {pair: count for symbols, count in words.items() for pair in pairwise(symbols)}


def first_count(words: Mapping[Symbols, int]) -> dict[Pair, int]:
    found: dict[Pair, int] = {}
    for symbols, count in words.items():
        for pair in pairwise(symbols):
            found.setdefault(pair, count)
    return found


def without_overlap(symbols: Symbols) -> Iterable[Pair]:
    """Each pair as often as str.count would find it: ("a", "a") stands once in a a a."""
    last: dict[Pair, int] = {}
    for i, pair in enumerate(pairwise(symbols)):
        if last.get(pair, -2) < i - 1:
            last[pair] = i
            yield pair


def neighbours(how: Callable[[Symbols], Iterable[Any]]) -> Callable[..., dict[Any, int]]:
    return partial(counted, neighbours=how)


ONE_WORD = "a loop over the words, and inside it one over the pairs of this word"
COUNTS: Ways = {
    Mistake("every word counts once, however often it occurs", way="counts[pair] += count, not += 1"): partial(
        counted, weigh=False
    ),
    Mistake("a pair keeps the count of the last word that holds it", way="counts[pair] += count adds up, = does not"): (
        last_count
    ),
    Mistake("a pair keeps the count of the first word that holds it", way="counts[pair] += count, every time"): (
        first_count
    ),
    Mistake("a pair has a list of counts, and one number is wanted", way="add the counts up: counts[pair] += count"): (
        listed
    ),
    Mistake("a pair that stands twice in a word counts once", way="go through all pairs of a word, without set()"): (
        neighbours(lambda s: set(pairwise(s)))
    ),
    Mistake(
        "every other pair is left out: a symbol belongs to its left neighbour and to its right one",
        way="go on by 1: itertools.pairwise(symbols), or zip(symbols, symbols[1:])",
    ): neighbours(lambda s: list(pairwise(s))[::2]),
    Mistake(
        "the last symbol is paired with the first one, and a word is no ring",
        way="zip(symbols, symbols[1:]) ends in time",
    ): neighbours(lambda s: zip(s, s[1:] + s[:1], strict=True)),
    Mistake("the last pair of each word is missing", way="n symbols have n - 1 pairs: range(len(symbols) - 1)"): (
        neighbours(lambda s: list(pairwise(s))[:-1])
    ),
    Mistake("the first pair of each word is missing", way="begin at place 0: range(len(symbols) - 1)"): (
        neighbours(lambda s: list(pairwise(s))[1:])
    ),
    Mistake("single symbols are counted, not two neighbours together", way="for pair in itertools.pairwise(symbols)"): (
        neighbours(lambda s: s)
    ),
    Mistake(
        "the key is one text: ('ab', 'c') and ('a', 'bc') become the same",
        way="the key is a tuple: symbols[i], symbols[i + 1]",
    ): neighbours(lambda s: [first + second for first, second in pairwise(s)]),
    Mistake(
        "the order within a pair is lost: ('a', 'n') is not ('n', 'a')", way="leave out sorted() and frozenset()"
    ): (neighbours(lambda s: [tuple(sorted(pair)) for pair in pairwise(s)])),
    Mistake("the pairs are the wrong way round", way="the left symbol first: symbols[i], symbols[i + 1]"): (
        neighbours(lambda s: [pair[::-1] for pair in pairwise(s)])
    ),
    Mistake(
        "all pairs of two symbols are counted, and only neighbours stand side by side",
        way="itertools.pairwise(symbols)",
    ): (neighbours(lambda s: [(s[i], s[j]) for i in range(len(s)) for j in range(i + 1, len(s))])),
    Mistake("the last symbol of each word is counted alone, as if it were a pair", way="range(len(symbols) - 1)"): (
        neighbours(lambda s: [s[i : i + 2] for i in range(len(s))])
    ),
    Mistake("letters are counted: a symbol may have several of them", way="itertools.pairwise(symbols), no join"): (
        neighbours(lambda s: pairwise("".join(s)))
    ),
    Mistake(
        "every symbol is paired with every one of its word, itself included, and only neighbours stand side by side",
        way="itertools.pairwise(symbols)",
    ): neighbours(lambda s: product(s, s)),
    Mistake(
        "every symbol is paired with every other one of its word, and only neighbours stand side by side",
        way="itertools.pairwise(symbols)",
    ): neighbours(lambda s: permutations(s, 2)),
    Mistake(
        "every pair is counted in both directions, and ('a', 'n') is not ('n', 'a')",
        way="the left symbol first, and no second line for the other direction",
    ): neighbours(lambda s: [*pairwise(s), *pairwise(s[::-1])]),
    Mistake("the words are put into one list: the end of one is paired with the beginning of the next", way=ONE_WORD): (
        lambda words: counted({tuple(symbol for symbols in words for symbol in symbols): 1})
    ),
    Mistake(
        "the words are put into one list, each as often as it occurs: the end of one is paired with the next one",
        way=ONE_WORD,
    ): lambda words: counted({tuple(s for symbols, count in words.items() for s in symbols * count): 1}),
    Mistake("this returns after the first word", way="the return stands behind both loops"): lambda words: (
        counted(dict(list(words.items())[:1])) if words else None
    ),
    Mistake("this returns after the first pair", way="the return stands behind both loops"): lambda words: next(
        ({pair: count} for symbols, count in words.items() for pair in pairwise(symbols)), None
    ),
    Mistake("every pair is counted twice", way="one line adds to a pair: counts[pair] += count, once in the loop"): (
        lambda words: {pair: 2 * count for pair, count in counted(words).items()}
    ),
    Mistake(
        "pairs that overlap are left out: a a a has the pair (a, a) twice, at places 0 and 1",
        way="go on by 1 after every pair: itertools.pairwise(symbols)",
    ): neighbours(without_overlap),
    Mistake("a pair begins with 1, and then the counts are added", way="counts.get(pair, 0) + count, or a Counter"): (
        lambda words: {pair: 1 + count for pair, count in counted(words).items()}
    ),
}
