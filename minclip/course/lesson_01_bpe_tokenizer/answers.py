"""Answers to the exercises of lesson 01; those of BPETokenizer are in tokenizer_answers.py."""

from minclip.course.lesson_01_bpe_tokenizer import tokenizer_answers
from minclip.course.planted_answers import Answer, indented

SETUP = """
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
import torch
from torch import Tensor
import minclip
from minclip.bpe import END_OF_WORD, apply_merges, bytes_to_unicode, count_pairs, merge_pair, word_symbols
from minclip.tokenizer import EOT, SOT, clean
"""
HEADS = {
    "bytes_to_unicode": "def bytes_to_unicode():\n",
    "count_pairs": "def count_pairs(words):\n",
    "merge_pair": "def merge_pair(symbols, pair):\n",
    "train_bpe": "def train_bpe(word_counts, merges):\n",
    "apply_merges": "def apply_merges(symbols, ranks):\n",
}


def answer(exercise: str, body: str, says: str = "") -> Answer:
    lines = indented(body)
    return Answer(exercise, f"{HEADS[exercise]}{lines}\n", says)


PRINT = "own = [*range(33, 127), *range(161, 173), *range(174, 256)]\n"
OTHERS = "others = [byte for byte in range(256) if byte not in own]\n"
TABLE = "table = {byte: chr(byte) for byte in own}\n"
BORROW = "for place, byte in enumerate(others):\n    table[byte] = chr(256 + place)\nreturn table"
COUNT = "counts = Counter()\nfor symbols, count in words.items():\n    for pair in zip(symbols, symbols[1:]):\n"
WALK = """merged, i = [], 0
while i < len(symbols):
    if symbols[i:i + 2] == pair:
        merged.append(pair[0] + pair[1])
        i += 2
    else:
        merged.append(symbols[i])
        i += 1
return tuple(merged)"""
LEARN = """words = {word_symbols(word): count for word, count in word_counts.items()}
learned = []
while len(learned) < merges:
    counts = count_pairs(words)
    if not counts:
        break
    best = min(counts, key=lambda pair: (-counts[pair], pair))
    if counts[best] < 2:
        break
    learned.append(best)
    words = {merge_pair(symbols, best): count for symbols, count in words.items()}
return learned"""
APPLY = """while True:
    found = [pair for pair in zip(symbols, symbols[1:]) if pair in ranks]
    if not found:
        return symbols
    symbols = merge_pair(symbols, min(found, key=lambda pair: ranks[pair]))"""


def edited(text: str, old: str, new: str) -> str:
    assert old in text, old
    return text.replace(old, new)


def table(body: str, says: str = "") -> Answer:
    return answer("bytes_to_unicode", body, says)


def count(body: str, says: str = "") -> Answer:
    return answer("count_pairs", body, says)


def merge(body: str, says: str = "") -> Answer:
    return answer("merge_pair", body, says)


def learn(old: str, new: str, says: str = "") -> Answer:
    return answer("train_bpe", edited(LEARN, old, new), says)


def apply(body: str, says: str = "") -> Answer:
    return answer("apply_merges", body, says)


WRONG = [
    table("return {byte: chr(byte) for byte in range(256)}", "68 of these do not print"),
    table("return dict(enumerate(bytes(range(256)).decode('latin-1')))", "68 of these do not print"),
    table(PRINT + OTHERS + TABLE + edited(BORROW, "256 + place", "256 + byte"), "not 256 + byte"),
    table(PRINT + OTHERS + TABLE + edited(BORROW, "256 + place", "257 + place"), "begin at 256"),
    table(PRINT + "own.append(32)\n" + OTHERS + TABLE + BORROW, "the space must be replaced"),
    table("own = [byte for byte in range(256) if chr(byte).isprintable()]\n" + OTHERS + TABLE + BORROW, "the space"),
    table("own = [*range(33, 126), *range(161, 172), *range(174, 255)]\n" + OTHERS + TABLE + BORROW, "add 1, or ~"),
    table("own = [*range(33, 127), *range(161, 256)]\n" + OTHERS + TABLE + BORROW, "soft hyphen"),
    table("own = list(range(33, 127))\n" + OTHERS + TABLE + BORROW, "only ASCII"),
    table(PRINT + "return {byte: chr(byte) for byte in own}", "are keys, too"),
    table(PRINT + OTHERS + TABLE + edited(BORROW, "return table", "return {c: byte for byte, c in table.items()}"),
          "byte -> character"),
    table(PRINT + OTHERS + TABLE + edited(BORROW, "chr(256 + place)", "256 + place").replace(
        "return table", "return {b: c if isinstance(c, int) else ord(c) for b, c in table.items()}"), "chr makes"),
    table(PRINT + OTHERS + TABLE + edited(BORROW, "return table", "return dict(sorted(table.items()))"),
          "their order decides the ids"),
    table(PRINT + OTHERS + TABLE + edited(BORROW, "return table", ""), "is there a return"),
    count(COUNT + "        counts[pair] += 1\nreturn counts", "add its count, not 1"),
    count(COUNT + "        counts[pair] = count\nreturn counts", "every pair of neighbours"),
    count(edited(COUNT, "zip(symbols, symbols[1:])", "set(zip(symbols, symbols[1:]))")
          + "        counts[pair] += count\nreturn counts", "counts twice"),
    count(edited(COUNT, "zip(symbols, symbols[1:])", "zip(symbols[::2], symbols[1::2])")
          + "        counts[pair] += count\nreturn counts", "go on by 1"),
    count(edited(COUNT, "symbols[1:]", "symbols[1:] + symbols[:1]") + "        counts[pair] += count\nreturn counts",
          "no ring"),
    count("counts = Counter()\nfor symbols, count in words.items():\n    for i in range(len(symbols) - 2):\n"
          "        counts[symbols[i], symbols[i + 1]] += count\nreturn counts", "the last pair of each word"),
    count("counts = Counter()\nfor symbols, count in words.items():\n    for i in range(len(symbols)):\n"
          "        counts[symbols[i], symbols[i + 1]] += count\nreturn counts", "no right neighbour"),
    count("counts = Counter()\nfor symbols, count in words.items():\n    for symbol in symbols:\n"
          "        counts[symbol] += count\nreturn counts", "single symbols"),
    count(COUNT + "        counts[''.join(pair)] += count\nreturn counts", "a tuple of two"),
    count(COUNT + "        counts[tuple(sorted(pair))] += count\nreturn counts", "order within a pair"),
    count(edited(COUNT, "Counter()", "defaultdict(list)") + "        counts[pair].append(count)\nreturn counts",
          "no lists"),
    count(COUNT + "        counts[pair] += count", "is there a return"),
    count(edited(COUNT, "Counter()", "{}") + "        counts[pair] += count\nreturn counts", "begins at 0"),
    merge(edited(WALK, "tuple(merged)", "merged"), "return a tuple"),
    merge(edited(WALK, "tuple(merged)", "''.join(merged)"), "not one text"),
    merge(edited(WALK, "i += 2", "i += 1"), "after a merge go on by 2"),
    merge(edited(WALK, "i < len(symbols)", "i < len(symbols) - 1"), "the last symbol is lost"),
    merge("for i in range(len(symbols) - 1):\n    if symbols[i:i + 2] == pair:\n"
          "        return (*symbols[:i], pair[0] + pair[1], *symbols[i + 2:])\nreturn symbols", "merge them all"),
    merge(edited(WALK, "symbols[i:i + 2] == pair", "set(symbols[i:i + 2]) == set(pair)"), "another pair"),
    merge("text = ' '.join(symbols).replace(' '.join(pair), ''.join(pair))\nreturn tuple(text.split(' '))",
          "compare whole symbols"),
    merge(edited(WALK, "pair[0] + pair[1]", "pair[1] + pair[0]"), "first + second"),
    merge("merged = list(symbols)\nfor i in reversed(range(len(merged) - 1)):\n"
          "    if tuple(merged[i:i + 2]) == pair:\n        merged[i:i + 2] = [pair[0] + pair[1]]\n"
          "return tuple(merged)", "from the left, not from the right"),
    merge("out = []\nfor a, b in zip(symbols, symbols[1:]):\n    out.append(a + b if (a, b) == pair else a)\n"
          "return tuple(out)", "walk along"),
    merge("for i in range(len(symbols) - 1):\n    if symbols[i:i + 2] == pair:\n"
          "        symbols[i:i + 2] = [pair[0] + pair[1]]\nreturn symbols", "fill a list"),
    learn("min(counts, key=lambda pair: (-counts[pair], pair))", "max(counts, key=counts.get)",
          "not the one met first"),
    learn("min(counts, key=lambda pair: (-counts[pair], pair))", "counts.most_common(1)[0][0]",
          "not the one met first"),
    learn("min(counts, key=lambda pair: (-counts[pair], pair))", "max(counts, key=lambda p: (counts[p], p))",
          "not the last"),
    learn("(-counts[pair], pair)", "(counts[pair], pair)", "not the rarest"),
    learn("    if counts[best] < 2:\n        break\n", "", "seen only once"),
    learn("counts[best] < 2", "counts[best] <= 2", "stop below 2"),
    learn("{word_symbols(word): count for", "{word_symbols(word): 1 for", "counts 3 times"),
    learn("{word_symbols(word): count for word, count in word_counts.items()}",
          "{word_symbols(word): 1 for word in word_counts}", "counts 3 times"),
    learn("    words = {merge_pair(symbols, best): count for symbols, count in words.items()}\n", "",
          "in all words before you count again"),
    learn("for symbols, count in words.items()}\nreturn", "for symbols, count in words.items()\n"
          "             if merge_pair(symbols, best) != symbols}\nreturn", "words without the pair are lost"),
    learn("word_symbols(word)", "tuple(word)", "plain letters"),
    learn("word_symbols(word)", "(*word[:-1], word[-1] + END_OF_WORD)", "characters, not bytes"),
    learn("word_symbols(word)", "(*word_symbols(word)[:-1], word_symbols(word)[-1][:-4], END_OF_WORD)", "of its own"),
    learn("word_symbols(word)", "(*word_symbols(word)[:-1], word_symbols(word)[-1].removesuffix(END_OF_WORD))",
          "</w>, is missing"),
    learn("len(learned) < merges", "len(learned) <= merges", "one merge too many"),
    learn("learned.append(best)", "learned.append(best[0] + best[1])", "not the symbols that they become"),
    learn("return learned", "return {pair: rank for rank, pair in enumerate(learned)}", "a list of pairs"),
    learn("    if not counts:\n        break\n", "", "is a pair left at all"),
    apply("while True:\n    found = [p for p in zip(symbols, symbols[1:]) if p in ranks]\n    if not found:\n"
          "        return symbols\n    symbols = merge_pair(symbols, found[0])", "in the order of the text"),
    apply("i = 0\nwhile i < len(symbols) - 1:\n    if symbols[i:i + 2] in ranks:\n"
          "        symbols = (*symbols[:i], symbols[i] + symbols[i + 1], *symbols[i + 2:])\n        i = 0\n"
          "    else:\n        i += 1\nreturn symbols", "first learned pair from the left"),
    apply(edited(APPLY, "min(found", "max(found"), "takes the largest"),
    apply("found = [p for p in zip(symbols, symbols[1:]) if p in ranks]\n"
          "return merge_pair(symbols, min(found, key=ranks.get)) if found else symbols", "no learned pair is left"),
    apply("while len(symbols) > 1:\n    pair = min(zip(symbols, symbols[1:]), key=lambda p: ranks.get(p, -1))\n"
          "    if pair not in ranks:\n        break\n    symbols = merge_pair(symbols, pair)\nreturn symbols",
          "larger than all others"),
    apply("for pair in ranks:\n    symbols = merge_pair(symbols, pair)\nreturn symbols", "order of the dictionary"),
    apply("while len(symbols) > 1:\n    pair = min(zip(symbols, symbols[1:]), key=lambda p: ranks[p])\n"
          "    symbols = merge_pair(symbols, pair)\nreturn symbols", "takes a default"),
    apply("while True:\n    pair = min(zip(symbols, symbols[1:]), key=lambda p: ranks.get(p, 10 ** 9))\n"
          "    if pair not in ranks:\n        return symbols\n    symbols = merge_pair(symbols, pair)",
          "there is nothing to merge"),
    apply(edited(APPLY, "return symbols", "return list(symbols)"), "return a tuple"),
    apply(edited(APPLY, "return symbols", "return ''.join(symbols)"), "not one text"),
    apply("whole, out = {a + b for a, b in ranks}, []\nwhile symbols:\n    n = len(symbols)\n"
          "    while n > 1 and ''.join(symbols[:n]) not in whole:\n        n -= 1\n"
          "    out.append(''.join(symbols[:n]))\n    symbols = symbols[n:]\nreturn tuple(out)", "longest known symbol"),
]  # fmt: skip
WRONG += tokenizer_answers.WRONG

CORRECT = [
    table("own = [byte for byte in range(256) if chr(byte).isprintable() and byte != 32]\n" + OTHERS
          + TABLE + BORROW),
    table("table, place = {}, 0\nfor byte in range(256):\n    if 33 <= byte <= 126 or 161 <= byte != 173:\n"
          "        table[byte] = chr(byte)\nfor byte in range(256):\n    if byte not in table:\n"
          "        table[byte] = chr(256 + place)\n        place += 1\nreturn table"),
    count(COUNT + "        counts[pair] += count\nreturn counts"),
    count("counts = {}\nfor s, n in words.items():\n    for i in range(len(s) - 1):\n        pair = s[i], s[i + 1]\n"
          "        counts[pair] = counts.get(pair, 0) + n\nreturn Counter(counts)"),
    merge(WALK),
    merge("out = []\nfor symbol in symbols:\n    out.append(symbol)\n    if tuple(out[-2:]) == pair:\n"
          "        out[-2:] = [pair[0] + pair[1]]\nreturn tuple(out)"),
    answer("train_bpe", LEARN),
    answer("train_bpe", """parts = [(word_symbols(word), count) for word, count in word_counts.items()]
learned = []
for _ in range(merges):
    counts = count_pairs(dict(parts))
    frequent = max(counts.values(), default=0)
    if frequent < 2:
        break
    learned.append(sorted(pair for pair, count in counts.items() if count == frequent)[0])
    parts = [(merge_pair(symbols, learned[-1]), count) for symbols, count in parts]
return learned"""),
    apply(APPLY),
    apply("for pair in sorted(ranks, key=ranks.get):\n    symbols = merge_pair(symbols, pair)\nreturn symbols"),
]  # fmt: skip
CORRECT += tokenizer_answers.CORRECT
