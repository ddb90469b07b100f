"""How the answers of lesson 01 are judged: bytes as characters, merges learned and applied.

The tokenizer is judged in tokenizer_checks.py. A mistake is named where an answer acts like it at all inputs here.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from minclip import bpe
from minclip import tokenizer as library
from minclip.bpe import Pair, word_symbols
from minclip.course.assertions import Errors, Known, Mistake, Trial
from minclip.course.battery import in_turn
from minclip.course.comparison import in_words
from minclip.course.lesson_01_bpe_tokenizer.byte_mistakes import CHARACTER, odd_bytes, odd_keys, wrong_characters
from minclip.course.lesson_01_bpe_tokenizer.count_mistakes import (
    BEYOND,
    COUNTS,
    NEW_PAIR,
    NO_ITEMS,
    NO_KEY,
    NO_WORD,
    Symbols,
)
from minclip.course.lesson_01_bpe_tokenizer.error_signs import (
    a_key_is_unpacked,
    a_pair_is_looked_for,
    a_pair_is_missing,
    a_tuple_is_changed,
    index_finds_nothing,
    none_is_compared,
    words_are_asked_for_a_pair,
)
from minclip.course.lesson_01_bpe_tokenizer.mistakes import LOST_ORDER, NO_COUNTS, NO_PAIR, TRAINING, loses_its_order
from minclip.course.lesson_01_bpe_tokenizer.rank_mistakes import (
    APPLIED,
    MORE_CASES,
    NEVER_LEARNED,
    NO_ORDER,
    NOTHING_TO_CHOOSE,
)
from minclip.course.lesson_01_bpe_tokenizer.symbol_mistakes import (
    AS_A_PATTERN,
    FIXED,
    MERGES,
    NO_RIGHT_NEIGHBOUR,
    NO_SYMBOL,
    NO_TUPLE,
    NOT_THERE,
    SHORTER,
)
from minclip.course.lesson_01_bpe_tokenizer.tokenizer_checks import TEXTS, BPETokenizer, given_as
from minclip.course.value_words import Shown

__all__ = ["BPETokenizer", "apply_merges", "bytes_to_unicode", "count_pairs", "merge_pair", "train_bpe"]

BYTES = range(256)
WORDS = {"hat": 3, "that": 2, "tha": 1}
MORE_WORDS = {"low": 5, "lower": 2, "newest": 6, "widest": 3, "banana": 4, "café": 7, "naïve": 2, "aaaa": 3, "cats": 1}
TIES = {"bacba": 2, "bc": 2, "bbaac": 2, "bca": 2, "ab": 2}  # every wrong rule for ties gives other merges here
MANY = """
a an the of in on at with photo photos painting paintings sketch picture of' 's ... ..... !? !! (( )) ~~ 2 7 red reddest
green greener blue bluest house houses mouse mice mushroom mushrooms room rooms showroom café cafés crème brûlée 日本 日
猫 🌵 🌵🌵 κόσμε κόσμος under upper over lower slower flower flowers shower tower
"""
MANY_WORDS = {word: 1 + place % 5 for place, word in enumerate(MANY.split())}
COUNTED: tuple[dict[Symbols, int], ...] = (
    {tuple("anna"): 2, tuple("nana"): 3},
    {tuple("bananas"): 3, tuple("baaa"): 1, ("ca", "n"): 5, ("c", "an"): 4},
    {("a",): 4, ("b", "c"): 2},
    {("ab", "c"): 2, ("a", "bc"): 1, (".", ".", "|", "</w>"): 7},
    {},
)
MERGED: tuple[tuple[Symbols, Pair], ...] = (
    (("b", "a", "n", "a", "n", "a", "an", "na"), ("a", "n")),
    (("n", "a", "t"), ("a", "n")),
    (("a", "a", "a"), ("a", "a")),
    (("a", "a", "a", "a", "b"), ("a", "a")),
    (("ba", "n", "a", "n", "s"), ("a", "n")),
    (("a", "n", "t", "a", "n", "a", "n"), ("a", "n")),
    (("t", "h", "e", "t", "a", "t"), ("t", "a")),
    (("a",), ("a", "n")),
    (("c", "a", "n</w>"), ("a", "n</w>")),
    (("ab", "c", "a", "bc", "abc"), ("a", "bc")),
    (("a", "b", ".", ".", "|", ",", "_", "_"), (".", ".")),
    (("(", "a", "(", "*</w>"), ("(", "*</w>")),
)
TRAINED = (
    ({"but": 3, "café": 3}, 4),
    (WORDS, 2),
    (TIES, 6),
    ({"!a": 3, "'s": 3, "Ba": 3}, 3),
    (MORE_WORDS, 6),
    (MORE_WORDS, 16),
    ({"aa": 3, "b": 5}, 50),
    (WORDS, 50),
    ({"cat": 1, "dog": 1}, 5),
    (MORE_WORDS, 0),
)


def bytes_to_unicode(t: Trial) -> None:
    t.errors = {"'str' object cannot be interpreted as an integer": CHARACTER}
    expected, came = bpe.bytes_to_unicode(), t()
    kinds: Known = {
        Mistake("this is a list, and a dictionary is wanted", way="dict(zip(bytes, characters))"): lambda: list(
            expected.values()
        ),
        Mistake("these are two lists, and a dictionary is wanted", way="dict(zip(bytes, characters))"): lambda: (
            list(expected), list(expected.values())),
    }  # fmt: skip
    if not isinstance(came, dict):
        t.same(came, expected, kinds)
    keys: Known = {
        Mistake(
            "the keys are the characters, and the bytes are wanted", way="{byte: character}, not the other way round"
        ): (lambda: set(expected.values())),
        Mistake("the 68 bytes that do not print are missing", way="byte number i of the others gets chr(256 + i)"): (
            lambda: {byte for byte in BYTES if expected[byte] == chr(byte)}
        ),
        Mistake("the keys are objects of type bytes, and numbers are wanted", way="range(256) gives the numbers"): (
            lambda: {bytes([byte]) for byte in BYTES}
        ),
        Mistake("the key 255 is missing", way="range(256) ends with 255"): lambda: set(range(255)),
    }
    if set(came) != set(BYTES):
        found = f"{len(came)} keys, the first are {in_words(list(came)[:3])}"
        t.wrong("the keys are not the numbers 0 to 255", "256 keys", found, set(came), keys, hint=odd_keys(came))
    values = [came[byte] for byte in BYTES]
    right = [expected[byte] for byte in BYTES]
    t.same(values, right, wrong_characters(), "the list of values", hint=odd_bytes(values))
    order: Known = {
        Mistake(
            "your keys stand in ascending order; the bytes that print should come first",
            way="first the 188, then the 68",
        ): (lambda: list(BYTES)),
        Mistake("the others come first, and the bytes that print should", way="first the 188, then the 68"): (
            lambda: [*list(expected)[188:], *list(expected)[:188]]
        ),
    }
    t.same(list(came), list(expected), order, "the order of the keys, which decides the ids,")
    t.same(list(t().items()), list(expected.items()), what="the result of a second call")


def count_pairs(t: Trial) -> None:
    helps: Errors = {
        words_are_asked_for_a_pair: NO_WORD,
        a_pair_is_missing: NEW_PAIR,
        a_key_is_unpacked: NO_ITEMS,
        "tuple index out of range": BEYOND,
        "unhashable type: 'list'": NO_KEY,
    }
    for given in COUNTED:
        expected, came = dict(bpe.count_pairs(given)), t.call(t.mine, given, errors=helps)
        known = t.acting_like(t.mine, COUNTS, given, *COUNTED)
        if not isinstance(came, Mapping):
            found = "None: is there a return?" if came is None else in_words(came)
            t.wrong("the result is no Counter", "a Counter, pair -> number", found, came, known)
        for pair in [*expected, *(pair for pair in came if pair not in expected)]:
            right, found = (f"{pair!r}: {counts.get(pair, 'not there')}" for counts in (expected, came))
            if right != found:
                t.wrong("a count is wrong", right, found, dict(came), known)
        t.holds(True)
    in_turn(t, *((given_as(dict, t.mine), given_as(dict, bpe.count_pairs), (given,)) for given in COUNTED[:2]))


def merge_pair(t: Trial) -> None:
    helps: Errors = {
        a_tuple_is_changed: FIXED,
        a_pair_is_looked_for: NO_SYMBOL,
        index_finds_nothing: NOT_THERE,
        "can only concatenate tuple (not": NO_TUPLE,
        "tuple index out of range": NO_RIGHT_NEIGHBOUR,
        "list index out of range": SHORTER,
        lambda error: isinstance(error, re.error): AS_A_PATTERN,
    }
    for symbols, pair in MERGED:
        known = t.acting_like(t.mine, MERGES, (symbols, pair), *MERGED[:-1])  # at the last one patterns end in an error
        t.same(t.call(t.mine, symbols, pair, errors=helps), bpe.merge_pair(symbols, pair), known)
    in_turn(t, *((t.mine, bpe.merge_pair, (MERGED[0][0], pair)) for pair in (("a", "n"), ("n", "a"))))


def at(learned: list[Any], place: int) -> str:
    return f"merge {place}: {in_words(learned[place])}" if place < len(learned) else f"no merge {place}"


def train_bpe(t: Trial) -> None:
    for words, merges in TRAINED:
        expected = bpe.train_bpe(words, merges)
        helps: Errors = {"min() ": NO_PAIR, "max() ": NO_PAIR, "'list' object has no attribute 'items'": NO_COUNTS}
        if len(expected) < merges and words == {"aa": 3, "b": 5}:  # every word is one symbol in the end
            helps = {**helps, "list index out of range": NO_PAIR}
        came = t.call(t.mine, words, merges, errors=helps)
        known = {
            **t.acting_like(t.mine, TRAINING, (words, merges), *TRAINED[:6]),  # all merges are found
            LOST_ORDER: lambda: came if loses_its_order(t.mine, words, merges) else None,  # noqa: B023
        }
        if isinstance(came, list) and came != expected:  # the first that differs: a list in full is too long to read
            same = next((i for i, (a, b) in enumerate(zip(expected, came, strict=False)) if a != b), None)
            place = min(len(expected), len(came)) if same is None else same
            t.wrong("the result is wrong", at(expected, place), at(came, place), came, known)
        t.same(came, expected, known)
    many = Shown(MANY_WORDS, f"a dictionary of {len(MANY_WORDS)} words")
    t.same(t(many, 120), bpe.train_bpe(MANY_WORDS, 120), what="the result for many words")
    in_turn(t, (t.mine, bpe.train_bpe, (WORDS, 2)), (t.mine, bpe.train_bpe, (TIES, 2)))


def apply_merges(t: Trial) -> None:
    """One pass over all merges in the order of their ranks is refused: some learned pair may be left after it.

    No list that BPE learns shows it, since no two of its merges make the same symbol. A list that is loaded may.
    """
    helps: Errors = {
        "min() ": NOTHING_TO_CHOOSE,
        "max() ": NOTHING_TO_CHOOSE,
        a_pair_is_missing: NEVER_LEARNED,
        none_is_compared: NO_ORDER,
    }
    ranks = library.BPETokenizer.train(TEXTS, 580).ranks
    few = [("b", "b"), ("b", "d"), ("d", "b"), ("d", "bb"), ("bd", "b"), ("dbb", "c</w>")]  # each mistake gives another
    cases = [
        (word_symbols("bdbdbbc"), ranked(few)),
        *((word_symbols(word), ranks) for word in ("lowest", "newer", "showerbed", "a", "xyz", "...")),
        (word_symbols("aaaa"), {("a", "a"): 0}),
        (("a", "b"), {("a", "b"): 0}),
        (("a", "b", "c"), {("a", "b"): 1, ("b", "c"): 0}),
        (word_symbols("lowest"), dict(reversed(ranks.items()))),
        (("a", "b", "c", "d"), ranked([("a", "b"), ("b", "c"), ("a", "bc"), ("abc", "d"), ("ab", "c")])),
        (word_symbols("bdbdbbc"), dict(reversed(ranked(few).items()))),
        (word_symbols("flowers"), {}),
    ]
    large = ranked([*((f"{i}", "-") for i in range(70_000)), ("l", "o"), ("lo", "w"), ("low", "e")])
    last = word_symbols("lower"), large
    for symbols, learned in cases:
        known = t.acting_like(t.mine, APPLIED, (symbols, learned), *cases, *MORE_CASES, last)
        came = t.call(t.mine, symbols, learned, errors=helps)
        t.same(came, bpe.apply_merges(symbols, learned), known)
    shown = Shown(large, f"{len(large)} ranks")
    known = t.acting_like(t.mine, APPLIED, last, *cases, *MORE_CASES)
    t.same(t.call(t.mine, last[0], shown, errors=helps), bpe.apply_merges(*last), known)
    in_turn(t, *((t.mine, bpe.apply_merges, (word_symbols("aab"), ranked(order))) for order in (few, [("a", "a")])))


def ranked(merges: Iterable[Pair]) -> dict[Pair, int]:
    return {pair: rank for rank, pair in enumerate(merges)}
