"""The known mistakes of lesson 01's training: what is wrong, the way out, and a whole function that errs so.

A mistake is named only where an answer gives what its function gives, for all inputs of the check. Those of
count_pairs are in count_mistakes.py, of bytes_to_unicode and merge_pair in symbol_mistakes.py, of the ranks in
rank_mistakes.py, of the tokenizer in tokenizer_mistakes.py.
"""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

from minclip import bpe
from minclip.bpe import END_OF_WORD, Pair, word_symbols
from minclip.course.assertions import Mistake
from minclip.course.lesson_01_bpe_tokenizer.count_mistakes import Symbols, Ways, counted

Choice = Callable[[list[Pair]], Pair]

NO_COUNTS = Mistake(
    "words is a list now, and a dictionary is wanted: the symbols of a word -> how often it occurs",
    way="words = {merge_pair(symbols, best): count for symbols, count in words.items()}",
)
NO_PAIR = Mistake(
    "nothing is left to choose from: at some time no pair is seen twice, and then maybe no pair at all",
    way="if max(counts.values(), default=0) < 2: break, before the best is chosen",
)


def trained(
    words: Mapping[str, int],
    merges: int,
    best: Callable[[Mapping[Pair, int]], Pair] = lambda counts: min(counts, key=lambda pair: (-counts[pair], pair)),
    least: int = 2,
    parts: Callable[[str], Symbols] = word_symbols,
    weigh: bool = True,
    again: bool = True,
    keep: bool = True,
    count: Callable[[Mapping[Symbols, int]], dict[Pair, int]] = bpe.count_pairs,
) -> list[Pair]:
    """Training by the book: count all pairs, take the best, merge it everywhere."""
    rows = {parts(word): number if weigh else 1 for word, number in words.items()}
    found: list[Pair] = []
    while len(found) < merges:
        counts = count(rows)
        if not counts or counts[best(counts)] < least:
            break
        found.append(best(counts))
        if again:
            grown = {symbols: bpe.merge_pair(symbols, found[-1]) for symbols in rows}
            rows = {grown[symbols]: number for symbols, number in rows.items() if keep or grown[symbols] != symbols}
    return found


def bare(word: str) -> Symbols:
    """word_symbols without the mark."""
    return (*word_symbols(word)[:-1], word_symbols(word)[-1].removesuffix(END_OF_WORD))


def by(key: Callable[[int, Pair], tuple[Any, ...]]) -> Callable[..., list[Pair]]:
    """Training where the pair of the smallest key (of its count and itself) is taken, of equals the one met first."""
    return partial(trained, best=lambda counts: min(counts, key=lambda pair: key(counts[pair], pair)))


def counts_lost(words: Mapping[str, int], merges: int) -> list[Pair]:
    """After the first merge every word counts once."""
    rows = {word_symbols(word): number for word, number in words.items()}
    found: list[Pair] = []
    while len(found) < merges:
        counts = bpe.count_pairs(rows)
        if max(counts.values(), default=0) < 2:
            break
        found.append(min(counts, key=lambda pair: (-counts[pair], pair)))
        rows = {bpe.merge_pair(symbols, found[-1]): 1 for symbols in rows}
    return found


def with_counts(words: Mapping[str, int], merges: int) -> list[tuple[Pair, int]]:
    """Each merge with how often its pair was seen."""
    rows, found = {word_symbols(word): number for word, number in words.items()}, []
    for pair in trained(words, merges):
        found.append((pair, bpe.count_pairs(rows)[pair]))
        rows = {bpe.merge_pair(symbols, pair): number for symbols, number in rows.items()}
    return found


def merged_words(words: Mapping[str, int], merges: int) -> dict[Symbols, int]:
    """The words as they are after the last merge."""
    rows = {word_symbols(word): number for word, number in words.items()}
    for pair in trained(words, merges):
        rows = {bpe.merge_pair(symbols, pair): number for symbols, number in rows.items()}
    return rows


LOST_ORDER = Mistake(
    "these are the right merges in another order, and a merge's place tells when it was learned",
    way="return learned, the list as it was filled: set and sorted lose its order",
)


def loses_its_order(train: Callable[..., Any], words: Mapping[str, int], merges: int) -> bool:
    """Whether every round chooses the right pair, and the order of the rounds is lost in the end."""
    right = trained(words, merges)
    rounds = [(train(dict(words), n), right[:n]) for n in range(1, len(right) + 1)]
    return all(isinstance(came, list) and sorted(came) == sorted(known) for came, known in rounds)


RAREST = "this takes the rarest pair, and the most frequent one is wanted"
RARE: dict[str, Callable[[Mapping[Pair, int]], Pair]] = {  # of equally rare pairs: which one
    "": lambda counts: min(counts, key=lambda pair: (counts[pair], pair)),
    "of equals the one met first": lambda counts: min(counts, key=lambda pair: counts[pair]),
    "of equals by their first symbols alone": lambda counts: min(counts, key=lambda pair: (counts[pair], pair[0])),
    "of equals the one met last": lambda counts: min(reversed(list(counts)), key=lambda pair: counts[pair]),
    "of equals the alphabetically last": lambda counts: max(counts, key=lambda pair: (-counts[pair], pair)),
}
BEST = "min(counts, key=lambda pair: (-counts[pair], pair))"
START = "words = {word_symbols(word): count for word, count in word_counts.items()}"
TIES = "of equally frequent pairs the alphabetically first is wanted"
TRAINING: Ways = {
    Mistake(f"{TIES}, and this takes the one met first", way=BEST): by(lambda count, pair: (-count,)),
    Mistake(f"{TIES}, and this takes the one met last", way=BEST): partial(
        trained, best=lambda counts: max(reversed(list(counts)), key=lambda pair: counts[pair])
    ),
    Mistake(f"{TIES}, and this takes the alphabetically last", way=f"{BEST}: the count alone has a minus"): partial(
        trained, best=lambda counts: max(counts, key=lambda pair: (counts[pair], pair))
    ),
    Mistake(
        f"{TIES}, first symbol before second, and this compares the two joined to one text",
        way=f"{BEST}: Python compares tuples symbol by symbol",
    ): by(lambda count, pair: (-count, pair[0] + pair[1])),
    Mistake(f"{TIES}, and this compares the second symbols first", way=BEST): by(lambda c, pair: (-c, pair[::-1])),
    Mistake(f"{TIES}, and this compares the first symbols alone", way=BEST): by(lambda c, pair: (-c, pair[0])),
    Mistake(f"{TIES}, and this takes the shortest", way=BEST): by(lambda c, pair: (-c, len(pair[0] + pair[1]), pair)),
    Mistake(f"{TIES}, and this takes the longest", way=BEST): by(lambda c, pair: (-c, -len(pair[0] + pair[1]), pair)),
    **{
        Mistake(f"{RAREST}{more}", way=f"{BEST}: the count has a minus"): partial(trained, best=best, least=least)
        for (which, best) in RARE.items()
        for (also, least) in {"": 2, "and pairs seen only once are merged": 1}.items()
        for more in ["".join(f", {part}" for part in (which, also) if part)]
    },
    Mistake("this takes the alphabetically first pair, and the most frequent one is wanted", way=BEST): (
        by(lambda count, pair: pair)
    ),
    Mistake("this takes the alphabetically last pair, and the most frequent one is wanted", way=BEST): partial(
        trained, best=max
    ),
    Mistake("a pair seen only once is merged, and that is no pattern yet", way="stop if counts[best] < 2"): partial(
        trained, least=1
    ),
    Mistake("a pair seen twice is not merged, and it is a pattern", way="stop if counts[best] < 2, not <= 2"): partial(
        trained, least=3
    ),
    Mistake("every word counts once, however often it occurs", way=f"keep the counts: {START}"): partial(
        trained, weigh=False
    ),
    Mistake("a pair that stands twice in a word counts once", way="count with your count_pairs"): partial(
        trained, count=partial(counted, neighbours=lambda symbols: set(pairwise(symbols)))
    ),
    Mistake(
        "the merges so far do not count: every round sees the pairs of the words as they were at the beginning",
        way="both belong inside the loop: counts = count_pairs(words) at its beginning, "
        "words = {merge_pair(symbols, best): count for symbols, count in words.items()} at its end",
    ): partial(trained, again=False),
    Mistake(
        "words without the pair get lost, and they are wanted in the next round", way="keep every word, merged or not"
    ): partial(trained, keep=False),
    Mistake("the mark at the end of a word is missing", way=START): partial(trained, parts=bare),
    Mistake("these are characters, not bytes", way=START): partial(
        trained, parts=lambda word: (*word[:-1], word[-1] + END_OF_WORD)
    ),
    Mistake("these are characters without the mark at the end of a word, not bytes", way=START): partial(
        trained, parts=tuple
    ),
    Mistake("the mark is a symbol of its own here, and the last byte carries it", way=START): partial(
        trained, parts=lambda word: (*bare(word), END_OF_WORD)
    ),
    Mistake("these are the symbols that pairs become, and the pairs are wanted", way="learned.append(best)"): (
        lambda words, merges: [first + second for first, second in trained(words, merges)]
    ),
    Mistake(
        "the letters of the words as they came are counted: no bytes, no mark at the end, no merges", way=START
    ): partial(trained, parts=tuple, again=False),
    Mistake("the mark is a symbol of its own here, and the others are characters, not bytes", way=START): partial(
        trained, parts=lambda word: (*word, END_OF_WORD)
    ),
    Mistake("the mark is spelled with letters of its own: word_symbols puts it at the end by itself", way=START): (
        partial(trained, parts=lambda word: word_symbols(word + END_OF_WORD))
    ),
    Mistake(
        "every word counts once after the first merge: its count gets lost there",
        way="words = {merge_pair(symbols, best): count for symbols, count in words.items()}",
    ): counts_lost,
    Mistake(
        "the argument merges is not looked at: this learns all that there is to learn",
        way="while len(learned) < merges, or for _ in range(merges)",
    ): lambda words, merges: trained(words, 10_000),
    Mistake(
        "where no pair is seen twice any more, what was learned gets lost",
        way="break, and return learned behind the loop",
    ): lambda words, merges: trained(words, merges) if len(trained(words, merges)) == merges else [],
    Mistake(
        "the merges come in the opposite order, and the first one learned stands first", way="learned.append(best)"
    ): (lambda words, merges: trained(words, merges)[::-1]),
    Mistake("these are the symbols of all pairs in one row", way="learned.append(best): += adds the two symbols"): (
        lambda words, merges: [symbol for pair in trained(words, merges) for symbol in pair]
    ),
    Mistake(
        "these are the symbols of the pairs in one row, and each pair counts as two", way="learned.append(best), not +="
    ): lambda words, merges: [symbol for pair in trained(words, (merges + 1) // 2) for symbol in pair],
    Mistake(
        "these are pairs with their counts, and the pairs alone are wanted", way="learned.append(best)"
    ): with_counts,
    Mistake("these are the words, merged, and the pairs are wanted", way="return learned"): merged_words,
    Mistake("these are the symbols of the words, merged, and the pairs are wanted", way="return learned"): (
        lambda words, merges: list(merged_words(words, merges))
    ),
    Mistake("this is a set, which keeps no order, and a list of pairs is wanted", way="return learned, a list"): (
        lambda words, merges: set(trained(words, merges))
    ),
    Mistake("that is one merge too many", way="while len(learned) < merges, or for _ in range(merges)"): (
        lambda words, merges: trained(words, merges + 1)
    ),
    Mistake("that is one merge too few", way="while len(learned) < merges, or for _ in range(merges)"): (
        lambda words, merges: trained(words, merges - 1)
    ),
    Mistake("this is a dictionary, and a list of pairs is wanted", way="a pair's place in the list is its rank"): (
        lambda words, merges: {pair: i for i, pair in enumerate(trained(words, merges))}
    ),
    Mistake("this is a tuple of pairs, and a list is wanted", way="return learned, a list"): (
        lambda words, merges: tuple(trained(words, merges))
    ),
    Mistake("this is the last pair alone, and all merges are wanted", way="return learned, behind the loop"): (
        lambda words, merges: trained(words, merges)[-1]
    ),
    Mistake("this returns after its first merge", way="the return stands behind the loop, not inside"): (
        lambda words, merges: trained(words, min(merges, 1))
    ),
}
