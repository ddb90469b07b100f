"""Answers to lesson 01's apply_merges."""

from functools import partial

from minclip.course.planted_answers import Answer, answer_of, edited

apply = partial(answer_of, "apply_merges", "def apply_merges(symbols, ranks):\n")

APPLY = """while True:
    found = [pair for pair in zip(symbols, symbols[1:]) if pair in ranks]
    if not found:
        return symbols
    symbols = merge_pair(symbols, min(found, key=lambda pair: ranks[pair]))"""
BY_MIN = """while len(symbols) > 1:
    pair = min(zip(symbols, symbols[1:]), key=lambda p: ranks.get(p, len(ranks)))
    if pair not in ranks:
        break
    symbols = merge_pair(symbols, pair)
return symbols"""


def applied(old: str, new: str, says: str = "", silent: str = "") -> Answer:
    return apply(edited(BY_MIN, old, new), says, silent)


WRONG = [
    apply("while True:\n    found = [p for p in zip(symbols, symbols[1:]) if p in ranks]\n    if not found:\n"
          "        return symbols\n    symbols = merge_pair(symbols, found[0])", "in the order of the text",
          "from its end"),
    apply("while True:\n    found = [p for p in zip(symbols, symbols[1:]) if p in ranks]\n    if not found:\n"
          "        return symbols\n    symbols = merge_pair(symbols, found[-1])", "from its end"),
    apply("i = 0\nwhile i < len(symbols) - 1:\n    if symbols[i:i + 2] in ranks:\n"
          "        symbols = (*symbols[:i], symbols[i] + symbols[i + 1], *symbols[i + 2:])\n        i = 0\n"
          "    else:\n        i += 1\nreturn symbols", "first learned place from the left"),
    apply(edited(APPLY, "min(found", "max(found"), "the largest rank is taken"),
    apply(edited(APPLY, "min(found, key=lambda pair: ranks[pair])", "min(found)"), "by the alphabet", "from its end"),
    apply(edited(APPLY, "min(found, key=lambda pair: ranks[pair])", "min(found, key=lambda p: p[0] + p[1])"), "wrong"),
    apply(edited(APPLY, "min(found, key=lambda pair: ranks[pair])", "max(found, key=lambda p: len(p[0] + p[1]))"),
          "the longest symbol", "counts as false"),
    apply(edited(APPLY, "min(found, key=lambda pair: ranks[pair])", "min(found, key=lambda p: len(p[0] + p[1]))"),
          "the shortest symbol", "order of the text"),
    apply(edited(APPLY, "min(found, key=lambda pair: ranks[pair])", "Counter(found).most_common(1)[0][0]"),
          "most often", "order of the text"),
    apply(edited(APPLY, "min(found, key=lambda pair: ranks[pair])", "max(found, key=found.count)"), "most often"),
    apply(edited(APPLY, "min(found, key=lambda pair: ranks[pair])", "max(found)"), "alphabetically last"),
    apply(edited(APPLY, "min(found, key=lambda pair: ranks[pair])", "min(found, key=found.count)"), "wrong",
          "order of the text"),
    apply(edited(APPLY, "min(found, key=lambda pair: ranks[pair])", "max(found, key=lambda p: len(p[0]))"), "wrong",
          "counts as false"),
    apply("found = [p for p in zip(symbols, symbols[1:]) if p in ranks]\n"
          "return merge_pair(symbols, min(found, key=ranks.get)) if found else symbols", "after one round"),
    apply("for pair in zip(symbols, symbols[1:]):\n    if pair in ranks:\n        symbols = merge_pair(symbols, pair)\n"
          "again = any(pair in ranks for pair in zip(symbols, symbols[1:]))\n"
          "return apply_merges(symbols, ranks) if again else symbols", "wrong", "from its end"),
    applied("ranks.get(p, len(ranks))", "list(ranks).index(p) if p in ranks else len(ranks)",
            "place in the dictionary"),
    applied("len(ranks))", "-1)", "comes before the learned ones"),
    applied("len(ranks))", "0)", "the same rank as the first"),
    applied("len(ranks))", "100)", "", "comes before"),
    applied("len(ranks))", "10_000)", "a rank that learned ones exceed", "comes before"),
    applied("len(ranks))", "50000)", "a rank that learned ones exceed"),
    applied("ranks.get(p, len(ranks))", "ranks[p]", "not every pair", "nothing to choose"),
    applied("while len(symbols) > 1:", "while True:", "nothing to choose from"),
    applied("    if pair not in ranks:\n        break\n", "", "never learned are merged, too"),
    applied("    symbols = merge_pair(symbols, pair)\n", "    merge_pair(symbols, pair)\n    break\n",
           "nothing is merged"),
    applied("return symbols", "    return symbols", "the return stands inside the loop", "after one round"),
    applied("return symbols", "", "is there a return"),
    apply("for pair in ranks:\n    symbols = merge_pair(symbols, pair)\nreturn symbols", "order of the dictionary"),
    apply("for pair in zip(symbols, symbols[1:]):\n    if pair in ranks:\n        symbols = merge_pair(symbols, pair)\n"
          "return symbols", "in the order of the text, and those that a merge makes"),
    apply("changed = True\nwhile changed:\n    changed = False\n    for pair in zip(symbols, symbols[1:]):\n"
          "        if pair in ranks:\n            symbols = merge_pair(symbols, pair)\n            changed = True\n"
          "return symbols", "all learned pairs from the left", "place in the dictionary"),
    applied("len(symbols) > 1", "len(symbols) > 2", "the loop ends with two symbols"),
    applied("key=lambda p: ranks.get(p, len(ranks))", "key=ranks.get", "None is neither smaller nor larger"),
    apply("while len(symbols) > 1:\n    a, b = min(zip(symbols, symbols[1:]), key=lambda p: ranks.get(p, len(ranks)))\n"
          "    if (a, b) not in ranks:\n        break\n    i = symbols.index(a)\n"
          "    symbols = symbols[:i] + (a + b,) + symbols[i + 2:]\nreturn symbols", "wrong"),
    apply("for pair in sorted(ranks, key=ranks.get):\n    symbols = merge_pair(symbols, pair)\nreturn symbols",
          "goes through the merges once", "order of the dictionary"),
    apply("for pair, rank in sorted(ranks.items(), key=lambda item: item[1]):\n"
          "    symbols = merge_pair(symbols, pair)\n"
          "return symbols", "goes through the merges once"),
    apply("pairs = [p for p in zip(symbols, symbols[1:]) if p in ranks]\nfor pair in sorted(pairs, key=ranks.get):\n"
          "    symbols = merge_pair(symbols, pair)\nreturn symbols", "those that a merge makes are not", "of the text"),
    apply("if len(symbols) > 1:\n    pair = min(zip(symbols, symbols[1:]), key=lambda p: ranks.get(p, len(ranks)))\n"
          "    if pair in ranks:\n        symbols = merge_pair(symbols, pair)\nreturn symbols", "after one round",
          "inside the loop"),
    apply(edited(APPLY, "if pair in ranks]", "if ranks.get(pair)]"), "rank 0 is never made"),
    apply("while True:\n    best, least = None, None\n    for pair in zip(symbols, symbols[1:]):\n"
          "        rank = ranks.get(pair)\n"
          "        if rank and (least is None or rank < least):\n            best, least = pair, rank\n"
          "    if not best:\n        return symbols\n    symbols = merge_pair(symbols, best)", "rank 0 is never made"),
    apply(edited(APPLY, "key=lambda pair: ranks[pair]", "key=lambda pair: ranks[pair] or 10**9"), "rank 0 comes last"),
    applied("ranks.get(p, len(ranks))", "ranks.get(p) or float('inf')", "for one that was never learned, since 0",
            "never made"),
    apply("pairs = list(zip(symbols, symbols[1:]))\n"
          "best = min(pairs, key=lambda p: ranks.get(p, 10**9), default=None)\n"
          "return apply_merges(merge_pair(symbols, best), ranks) if best else symbols",
          "never learned are merged, too"),
    apply(edited(APPLY, "return symbols", "return list(symbols)"), "this is a list"),
    apply(edited(APPLY, "return symbols", "return ''.join(symbols)"), "this is one text"),
    apply(edited(APPLY, "return symbols", "return ' '.join(symbols)"), "wrong type", "this is one text"),
    apply("whole, out = {a + b for a, b in ranks}, []\nwhile symbols:\n    n = len(symbols)\n"
          "    while n > 1 and ''.join(symbols[:n]) not in whole:\n        n -= 1\n"
          "    out.append(''.join(symbols[:n]))\n    symbols = symbols[n:]\nreturn tuple(out)", "longest known symbol"),
    Answer("apply_merges", "SEEN = {}\n\ndef apply_merges(symbols, ranks):\n    if symbols in SEEN:\n"
           "        return SEEN[symbols]\n    key = symbols\n"
           + "".join(f"    {line}\n" for line in edited(BY_MIN, "return symbols",
           "SEEN[key] = symbols\nreturn symbols").splitlines()),
           "result"),
]  # fmt: skip

CORRECT = [
    apply(APPLY),
    apply(BY_MIN),
    apply(edited(BY_MIN, "len(ranks))", "float('inf'))")),
    apply("while True:\n    candidates = {ranks[p]: p for p in zip(symbols, symbols[1:]) if p in ranks}\n"
          "    if not candidates:\n        return symbols\n"
          "    symbols = merge_pair(symbols, candidates[min(candidates)])"),
    apply("while found := [(ranks[p], i) for i, p in enumerate(zip(symbols, symbols[1:])) if p in ranks]:\n"
          "    _, i = min(found)\n    symbols = symbols[:i] + (symbols[i] + symbols[i + 1],) + symbols[i + 2:]\n"
          "return symbols"),
    apply("pairs = set(zip(symbols, symbols[1:])) & set(ranks)\nif not pairs:\n    return symbols\n"
          "return apply_merges(merge_pair(symbols, min(pairs, key=ranks.__getitem__)), ranks)"),
]  # fmt: skip
