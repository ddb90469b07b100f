"""Hidden tests of lesson 01: words that no cell of the notebook has, drawn letter by letter."""

from collections import Counter
from typing import Any

from minclip import bpe
from minclip import tokenizer as library
from minclip.bpe import word_symbols
from minclip.course.assertions import Trial
from minclip.course.battery import any_iterable
from minclip.tokenizer import EOT, SOT

LETTERS = "aabbcdé.!7"  # few, so that pairs come again


def word(t: Trial, longest: int = 7) -> str:
    length = int(t.whole(1, longest + 1, 1))
    return "".join(LETTERS[i] for i in t.whole(0, len(LETTERS), length).tolist())


def counted(t: Trial, words: int) -> dict[str, int]:
    return {word(t): int(t.whole(1, 9, 1)) for _ in range(words)}


def bytes_to_unicode(t: Trial) -> None:
    """The notebook's check compares all 256: nothing is left to ask but that each call gives them."""
    came, again = t(), t()
    t.same(list(came.items()), list(bpe.bytes_to_unicode().items()))
    t.same(list(again.items()), list(bpe.bytes_to_unicode().items()), what="the result of a second call")


def count_pairs(t: Trial) -> None:
    for words in (1, 5, 40):
        given = {word_symbols(one): count for one, count in counted(t, words).items()}
        came, right = t(given), bpe.count_pairs(given)
        t.same({pair: came.get(pair) for pair in right}, dict(right), what="a count")
        t.same(Counter(dict(came)), Counter(dict(right)), what="the number of pairs")
    given = {tuple(["x"] * 9): 4, ("y", "x"): 1, ("z",): 7}
    t.same(dict(t(given)), dict(bpe.count_pairs(given)), what="the result for one letter again and again")


def merge_pair(t: Trial) -> None:
    for length in (1, 2, 9, 30):
        symbols = tuple("abc"[i] for i in t.whole(0, 3, length).tolist())
        for pair in (("a", "b"), ("b", "b"), ("c", "a"), ("ab", "c")):
            t.same(t(symbols, pair), bpe.merge_pair(symbols, pair))
    for symbols, pair in (
        (("x", "y", "x", "y", "x"), ("x", "y")),
        (("u", "u", "u", "u", "u"), ("u", "u")),
        (("xy", "z", "x", "yz"), ("xy", "z")),
        (("[", "]", "[", "]</w>"), ("[", "]")),
    ):
        t.same(t(symbols, pair), bpe.merge_pair(symbols, pair))


def train_bpe(t: Trial) -> None:
    for words, merges in ((3, 4), (12, 30), (40, 60)):
        given = counted(t, words)
        t.same(t(given, merges), bpe.train_bpe(given, merges), what=f"the {merges} merges of {words} words")
    level = {"qp": 2, "zy": 2, "ab": 2, "mn": 2}  # all pairs are equally frequent
    t.same(t(level, 3), bpe.train_bpe(level, 3), what="the merges where all pairs are equally frequent")
    t.same(t(dict(reversed(level.items())), 3), bpe.train_bpe(level, 3), what="the merges of words in another order")
    for given in ({}, {"a": 5}, {"ab": 1, "cd": 1}):
        t.same(t(given, 4), [], what="the result for words without a pattern")


def apply_merges(t: Trial) -> None:
    for words, merges in ((8, 5), (40, 40)):
        ranks = {pair: rank for rank, pair in enumerate(bpe.train_bpe(counted(t, words), merges))}
        for _ in range(12):
            symbols = word_symbols(word(t, 12))
            t.same(t(symbols, ranks), bpe.apply_merges(symbols, ranks))
    ranks = {("y", "z"): 1, ("x", "y"): 3, ("yz", "</w>"): 0, ("x", "yz"): 2}  # not in the order of their ranks
    for text in ("xyz", "xyxyz", "zyx", "yzyz"):
        symbols = (*text, "</w>")
        t.same(t(symbols, ranks), bpe.apply_merges(symbols, ranks), what="the result for ranks in another order")


def BPETokenizer(t: Trial) -> None:
    for size, length in ((530, 12), (556, 21)):
        texts = [" ".join(word(t) for _ in range(6)) for _ in range(8)]
        theirs = library.BPETokenizer.train(texts, size, length)
        mine = t.call(t.mine, theirs.merges, length)
        judge_methods(t, mine, theirs, texts)


def judge_methods(t: Trial, mine: Any, theirs: library.BPETokenizer, texts: list[str]) -> None:
    some = [*texts[:4], f"{word(t)}  {word(t).upper()}\n{word(t)}", "Ünïcode 東京 🦉", f"{SOT}{EOT}", " "]
    with t.method("encode_word"):
        for one in [word(t, 10) for _ in range(8)]:
            t.same(list(t.call(mine.encode_word, one)), list(theirs.encode_word(one)), what="the list of ids")
    with t.method("encode"):
        for text in some:
            t.same(t.call(mine.encode, text), theirs.encode(text))
    with t.method("decode"):
        for ids in [theirs.encode(text) for text in some] + [[i] for i in (0, 255, 256, len(theirs) - 1)]:
            t.same(t.call(mine.decode, ids), theirs.decode(ids))
        for wrong in ([-2], [3, -1]):
            t.raises(ValueError, mine.decode, wrong, why="that is no id of the vocabulary")
    with t.method("__call__"):
        short = [word(t, 4) for _ in range(3)]
        any_iterable(t, mine.__call__, theirs, short)
        t.same(t.call(mine.__call__, short[0]), theirs(short[0]), what="the result for one string")
        for text in (" ".join(texts), " ".join(texts[:1] * 5)):  # 48 and 30 words
            cut = theirs([short[0], text], truncate=True)
            t.same(t.call(mine.__call__, [short[0], text], truncate=True), cut, what="the result with truncate=True")
            t.raises(ValueError, mine.__call__, [text], why="the text is too long")
