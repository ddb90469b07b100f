"""How the answers of lesson 01 are judged: bytes as characters, merges learned and applied, texts as rows of ids."""

import re
from collections.abc import Mapping
from typing import Any

import torch

from minclip import bpe
from minclip import tokenizer as library
from minclip.bpe import word_symbols
from minclip.course.assertions import Known, Trial
from minclip.course.comparison import in_words
from minclip.course.lesson_01_bpe_tokenizer.mistakes import (
    Symbols,
    wrong_characters,
    wrong_counts,
    wrong_symbols,
    wrong_training,
)
from minclip.course.lesson_01_bpe_tokenizer.tokenizer_mistakes import wrong_ids, wrong_rows, wrong_texts
from minclip.tokenizer import EOT, SOT

WORDS = {"hat": 3, "that": 2, "tha": 1}
MORE_WORDS = {"low": 5, "lower": 2, "newest": 6, "widest": 3, "banana": 4, "café": 7, "naïve": 2, "aaaa": 3, "cats": 1}
TEXTS = ["a low photo of the lowest newest river"] * 9 + ["the widest newer shower, a naïve café's flower bed"] * 5
BYTES = range(256)


def bytes_to_unicode(t: Trial) -> None:
    expected, came = bpe.bytes_to_unicode(), t()
    t.holds(isinstance(came, dict), "the result is no dictionary", f"  came      {in_words(came)}",
            "it maps a byte, 0 to 255, to a character: is there a return?")  # fmt: skip
    advice = "the 68 bytes that do not print are keys, too: they borrow characters from 256 upwards"
    if set(came) == set(expected.values()):
        advice = "the keys are the characters: it must be byte -> character"
    t.holds(set(came) == set(BYTES), "the keys are not the numbers 0 to 255",
            f"  came      {len(came)} keys, the first are {in_words(list(came)[:3])}", advice)  # fmt: skip
    t.same([came[byte] for byte in BYTES], [expected[byte] for byte in BYTES], wrong_characters(), "the list of values")
    t.holds(len(set(came.values())) == 256, "two bytes have the same character")
    order: Known = {
        "first the bytes that print, then the 68 others: their order decides the ids": lambda: list(BYTES),
        "the bytes that print come first, then the 68 others": lambda: [*list(expected)[188:], *list(expected)[:188]],
    }
    t.same(list(came), list(expected), order, "the order of the keys", "first those that print, then the others")


def count_pairs(t: Trial) -> None:
    helps = {
        "KeyError": "a new pair has no count yet: a Counter begins at 0 by itself",
        "IndexError": "the last symbol has no right neighbour",
    }
    few: dict[Symbols, int] = {tuple("anna"): 2, tuple("nana"): 3}
    more = {tuple("bananas"): 3, tuple("baaa"): 1, ("ca", "n"): 5}
    for given in (few, more, {("a",): 4, ("b", "c"): 2}, {}):
        expected, came = dict(bpe.count_pairs(given)), t.call(t.mine, given, errors=helps)
        known = wrong_counts(given)
        if not isinstance(came, Mapping):
            found = "None: is there a return?" if came is None else in_words(came)
            t.wrong("the result is no Counter", "a Counter, pair -> number", found, came, known)
        for pair in [*expected, *(pair for pair in came if pair not in expected)]:
            right, found = (f"{pair!r}: {counts.get(pair, 'not there')}" for counts in (expected, came))
            if right != found:
                hint = "look at every pair of neighbours of each word"
                t.wrong("a count is wrong", right, found, dict(came), known, hint)
        t.holds(True)


def merge_pair(t: Trial) -> None:
    pair, onwards = ("a", "n"), "go from left to right, and after a merge go on behind both symbols"
    symbols = ("b", "a", "n", "a", "n", "a", "an", "na")
    expected = bpe.merge_pair(symbols, pair)
    known: Known = {
        "return a tuple: words are keys of a dictionary, which a list cannot be": lambda: list(expected),
        "only the first place is merged: merge them all": lambda: ("b", "an", "a", "n", "a", "an", "na"),
        "the second symbol of the pair is still there: after a merge go on by 2": lambda: (
            "b", "an", "n", "an", "n", "a", "an", "na"),
        "the last symbol is lost: it has no right neighbour, but it stays": lambda: expected[:-1],
        "nothing has changed": lambda: symbols,
        "return a tuple of symbols, not one text": lambda: "".join(expected),
        "the merged symbol is first + second": lambda: ("b", "na", "na", "a", "an", "na"),
        "this joins whatever spells 'an': compare whole symbols": lambda: ("b", "an", "an", "a", "an", "na"),
    }  # fmt: skip
    walk = "walk along with an index: behind a pair it goes on by 2, else by 1"
    helps = {
        "TypeError": "a tuple cannot be changed: fill a list, and make a tuple of it at the end",
        "IndexError": "the last symbol has no right neighbour; and a list that gets shorter has fewer places",
    }
    t.same(t.call(t.mine, symbols, pair, errors=helps), expected, known, hint=walk)
    known = {"the order matters: ('n', 'a') is another pair": lambda: ("an", "t")}
    t.same(t(("n", "a", "t"), pair), ("n", "a", "t"), known)
    known = {
        "three equal symbols hold the pair once: " + onwards: lambda: ("aa", "aa"),
        "merge from the left, not from the right": lambda: ("a", "aa"),
        "the last symbol is lost: it has no right neighbour, but it stays": lambda: ("aa",),
    }
    t.same(t(("a", "a", "a"), ("a", "a")), ("aa", "a"), known, hint=onwards)
    known = {"this joins whatever spells 'a n': compare whole symbols": lambda: ("ban", "an", "s")}
    t.same(t(("ba", "n", "a", "n", "s"), pair), ("ba", "n", "an", "s"), known, hint="compare whole symbols")
    known = {"one symbol has no pair: it comes back as it is": lambda: ()}
    t.same(t(("a",), pair), ("a",), known)
    t.same(t(("c", "a", "n</w>"), ("a", "n</w>")), ("c", "an</w>"), hint="the pair at the very end counts, too")


def train_bpe(t: Trial) -> None:
    ended = dict.fromkeys(("ValueError", "IndexError", "KeyError"), "is a pair left at all? Stop where there is none")
    again = "count all pairs, note the best, merge it in every word; then all that again"

    def at(learned: list, place: int) -> str:
        return f"merge {place}: {in_words(learned[place])}" if place < len(learned) else f"no merge {place}"

    for words, merges in (
        ({"but": 3, "café": 3}, 4),
        (WORDS, 2),
        (MORE_WORDS, 6),
        (MORE_WORDS, 16),
        ({"aa": 3, "b": 5}, 50),
        (WORDS, 50),
        ({"cat": 1, "dog": 1}, 5),
        (MORE_WORDS, 0),
    ):
        came = t.call(t.mine, words, merges, errors=ended)
        expected, known = bpe.train_bpe(words, merges), wrong_training(words, merges)
        if isinstance(came, list) and came != expected:  # the first that differs: a list in full is too long to read
            same = next((i for i, (a, b) in enumerate(zip(expected, came, strict=False)) if a != b), None)
            place = min(len(expected), len(came)) if same is None else same
            t.wrong("the result is wrong", at(expected, place), at(came, place), came, known, again)
        t.same(came, expected, known)


def apply_merges(t: Trial) -> None:
    """One pass over all merges in the order of their ranks is accepted: for a learned list it gives the same.

    A merge could only make room for an earlier one by making a symbol that another merge had made before. But what
    lies inside a symbol grew by the same merges in every word, so no two learned merges make the same one.
    """
    ended = {
        "ValueError": "one symbol has no pair: there is nothing to merge, return it",
        "IndexError": "no learned pair is left: stop then, and return the symbols",
        "KeyError": "not every pair was learned: ranks.get(pair, ...) takes a default",
    }
    smallest = "of the learned pairs that stand in the word, merge the one of smallest rank; then look again"
    ranks = library.BPETokenizer.train(TEXTS, 580).ranks
    backwards, aa = dict(reversed(ranks.items())), {("a", "a"): 0}
    few = [("b", "b"), ("b", "d"), ("d", "b"), ("d", "bb"), ("bd", "b"), ("dbb", "c</w>")]  # each mistake gives another
    for word, learned in (
        ("bdbdbbc", {pair: rank for rank, pair in enumerate(few)}),
        *((word, ranks) for word in ("lowest", "newer", "showerbed", "a", "xyz")),
        *(("aaaa", aa), ("lowest", backwards), ("flowers", {})),
    ):
        symbols = word_symbols(word)
        came = t.call(t.mine, symbols, learned, errors=ended)
        t.same(came, bpe.apply_merges(symbols, learned), wrong_symbols(symbols, learned), hint=smallest)


def BPETokenizer(t: Trial) -> None:
    theirs = library.BPETokenizer.train(TEXTS, 580, 16)
    mine = t.call(t.mine, theirs.merges, 16)
    t.holds((mine.ids, mine.ranks) == (theirs.ids, theirs.ranks), "keep the constructor as it was given")
    encode(t, mine, theirs)
    decode(t, mine, theirs)
    rows(t, mine, theirs)
    learned = t.call(t.mine.train, TEXTS, 540, as_="BPETokenizer.train")
    again = t.call(t.mine.from_json, learned.to_json(), as_="BPETokenizer.from_json")
    t.holds(again.encode(TEXTS[0]) == library.BPETokenizer.train(TEXTS, 540).encode(TEXTS[0]), "train has other merges")


def encode(t: Trial, mine: Any, theirs: library.BPETokenizer) -> None:
    strange = {
        "KeyError": "a symbol without an id: word_symbols(word) gives bytes, apply_merges their merges; those have ids",
        "AttributeError": "self.pattern.findall(clean(text)) gives words, which are strings",
    }
    for text in (
        "a wider flow",
        "The  LOWEST river&amp;flower, newer!",
        "a naïve café 🌵",
        "",
        f"a{EOT}b new {SOT}",
    ):
        t.same(t.call(mine.encode, text, errors=strange), theirs.encode(text), wrong_ids(theirs, text))


def decode(t: Trial, mine: Any, theirs: library.BPETokenizer) -> None:
    broken = {
        "UnicodeDecodeError": "these bytes are no UTF-8, which happens: decode with errors='replace'",
        "KeyError": "look up the symbol's own characters; the letters of </w> become a space at the end, in the text",
        "ValueError": "the characters' bytes are in the table of bytes_to_unicode, the other way round",
        "UnicodeEncodeError": "the characters stand for bytes: look each up in the table of bytes_to_unicode",
    }
    cactus = theirs.encode("a 🌵")
    for ids, helps in (
        (theirs.encode("the lowest shower"), broken),
        (theirs.encode("a naïve café, ñandú 🦊"), broken),
        ([theirs.special_ids[SOT], *theirs.encode("new flower"), theirs.special_ids[EOT]], broken),
        ([*cactus[:2], *theirs.encode("bed")], broken),
        ([], broken),
    ):
        t.same(t.call(mine.decode, ids, errors=helps), theirs.decode(ids), wrong_texts(theirs, ids))


def rows(t: Trial, mine: Any, theirs: library.BPETokenizer) -> None:
    ragged = {"ValueError: expected sequence": "the rows are not equally long: fill each up to context_length"}
    texts = ["a lowest river", "the newest shower of the widest flower", "Bed"]
    t.same(t.call(mine.__call__, texts, errors=ragged), theirs(texts), wrong_rows(theirs, texts))
    one = "a naïve photo"
    t.same(t.call(mine.__call__, one, errors=ragged), theirs(one), wrong_rows(theirs, [one]))
    exact, longer = "a " * 14, "the photo " * 9
    fits = {"ValueError": f"14 ids, SOT and EOT are {theirs.context_length}: that still fits"}
    t.same(t.call(mine.__call__, exact, errors=fits), theirs(exact), wrong_rows(theirs, [exact]))
    why = f"{len(theirs.encode(longer)) + 2} tokens, context_length is {theirs.context_length}, and truncate is False"
    said = t.raises(ValueError, mine.__call__, [texts[0], longer], why=why)
    wanted = "say how many tokens it has, how many fit, and that truncate=True would cut it"
    own, length, said_numbers = len(theirs.encode(longer)), theirs.context_length, set(re.findall(r"\d+", said))
    whole, inside = {str(own + 2), str(length)}, {str(own), str(length - 2)}  # both with SOT and EOT, or without
    if said_numbers & (whole | inside) and not (whole <= said_numbers or inside <= said_numbers):
        wanted = f"with SOT and EOT it has {own + 2} tokens and {length} fit, without them {own} and {length - 2}"
    helpful = (whole <= said_numbers or inside <= said_numbers) and "truncate" in said
    t.holds(helpful, "the error does not help", f"  says      {said:.60}", wanted)
    both = [texts[0], longer, exact]
    came = t.call(mine.__call__, both, truncate=True, errors={**ragged, **fits})
    t.same(came, theirs(both, truncate=True), wrong_rows(theirs, both))
    t.same(came.dtype, torch.int64, what="the dtype")
