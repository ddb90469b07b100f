"""Answers to lesson 01's train_bpe and apply_merges."""

from functools import partial

from minclip.course.planted_answers import Answer, answer_of, edited

train = partial(answer_of, "train_bpe", "def train_bpe(word_counts, merges):\n")
apply = partial(answer_of, "apply_merges", "def apply_merges(symbols, ranks):\n")

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
BEST = "min(counts, key=lambda pair: (-counts[pair], pair))"
START = "{word_symbols(word): count for word, count in word_counts.items()}"
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


def learn(old: str, new: str, says: str = "", silent: str = "") -> Answer:
    return train(edited(LEARN, old, new), says, silent)


def applied(old: str, new: str, says: str = "", silent: str = "") -> Answer:
    return apply(edited(BY_MIN, old, new), says, silent)


WRONG = [
    learn(BEST, "max(counts, key=counts.get)", "this takes the one met first"),
    learn(BEST, "counts.most_common(1)[0][0]", "this takes the one met first"),
    learn(BEST, "sorted(counts.items(), key=lambda item: item[1])[-1][0]", "this takes the one met last"),
    learn(BEST, "max(counts, key=lambda p: (counts[p], p))", "this takes the alphabetically last", "met"),
    learn(BEST, "sorted(counts, key=lambda p: (counts[p], p), reverse=True)[0]", "this takes the alphabetically last"),
    learn(BEST, "min(counts, key=lambda p: (-counts[p], p[0] + p[1]))", "joined to one text", "second symbols"),
    learn(BEST, "min(counts, key=lambda p: (-counts[p], ''.join(p)))", "joined to one text"),
    learn(BEST, "min(counts, key=lambda p: (-counts[p], p[1], p[0]))", "compares the second symbols first"),
    learn(BEST, "min(counts, key=lambda p: (-counts[p], p[0]))", "compares the first symbols alone"),
    learn(BEST, "min(counts, key=lambda p: (-counts[p], len(p[0] + p[1]), p))", "this takes the shortest"),
    learn(BEST, "min(counts, key=lambda p: (-counts[p], -len(p[0] + p[1]), p))", "this takes the longest"),
    learn(BEST, "min(counts, key=lambda p: (-counts[p], len(p[0] + p[1])))", "wrong", "this takes the shortest"),
    learn(BEST, "min(counts, key=lambda p: (-counts[p], str(p)))", "wrong", "joined"),
    learn("{word_symbols(word): count", "{word_symbols(word.lower()): count", "wrong"),
    learn("(-counts[pair], pair)", "(counts[pair], pair)", "the rarest"),
    learn("    if counts[best] < 2:\n        break\n", "", "seen only once"),
    learn("counts[best] < 2", "counts[best] <= 2", "a pair seen twice is not merged"),
    learn("counts[best] < 2", "counts[best] < 3", "a pair seen twice is not merged"),
    learn("counts[best] < 2", "counts[best] < 4", "wrong", "a pair seen twice"),
    learn("{word_symbols(word): count for", "{word_symbols(word): 1 for", "every word counts once"),
    learn(START, "{word_symbols(word): 1 for word in word_counts}", "every word counts once"),
    learn("    words = {merge_pair(symbols, best): count for symbols, count in words.items()}\n", "",
          "the merges so far do not count"),
    learn("    words = {merge_pair(symbols, best): count for symbols, count in words.items()}\n",
          "    for symbols in words:\n        merge_pair(symbols, best)\n", "the merges so far do not count"),
    learn("for symbols, count in words.items()}\nreturn", "for symbols, count in words.items()\n"
          "             if merge_pair(symbols, best) != symbols}\nreturn", "words without the pair get lost"),
    learn("word_symbols(word)", "tuple(word)", "without the mark at the end"),
    learn("word_symbols(word)", "(*word[:-1], word[-1] + END_OF_WORD)", "these are characters, not bytes"),
    learn("word_symbols(word)", "(*word_symbols(word)[:-1], word_symbols(word)[-1][:-4], END_OF_WORD)", "of its own"),
    learn("word_symbols(word)", "(*word_symbols(word)[:-1], word_symbols(word)[-1].removesuffix(END_OF_WORD))",
          "the mark at the end of a word is missing", "of its own"),
    learn("len(learned) < merges", "len(learned) <= merges", "one merge too many"),
    learn("len(learned) < merges", "len(learned) < merges - 1", "one merge too few"),
    learn("learned.append(best)", "learned.append(best[0] + best[1])", "the symbols that pairs become"),
    learn("return learned", "return {pair: rank for rank, pair in enumerate(learned)}", "this is a dictionary"),
    learn("return learned", "return tuple(learned)", "this is a tuple of pairs"),
    learn("return learned", "return set(learned)", "this is a set"),
    learn("return learned", "return best", "the last pair alone"),
    learn("return learned", "    return learned", "after its first merge"),
    learn("return learned", "return learned[::-1]", "the opposite order"),
    learn("return learned", "", "is there a return"),
    learn("    if not counts:\n        break\n", "", "nothing is left to choose from"),
    train(edited(edited(LEARN, "    if not counts:\n        break\n", ""), BEST,
                 "sorted(counts, key=lambda p: (-counts[p], p))[0]"), "nothing is left to choose from"),
    learn("    learned.append(best)\n"
          "    words = {merge_pair(symbols, best): count for symbols, count in words.items()}\n",
          "    for pair in sorted(p for p in counts if counts[p] == counts[best]):\n        learned.append(pair)\n"
          "        words = {merge_pair(symbols, pair): count for symbols, count in words.items()}\n", "wrong"),
    learn("words = {word_symbols(word): count for word, count in word_counts.items()}\n",
          "words = {word_symbols(word): count for word, count in word_counts.items() if word.isalpha()}\n",
          "wrong"),
    learn("merge_pair(symbols, best)", "tuple(' '.join(symbols).replace(' '.join(best), ''.join(best)).split(' '))",
           "wrong"),
    learn("while len(learned) < merges:", "for _ in range(merges + 1):", "one merge too many"),
    learn("len(learned) < merges", "True", "the argument merges is not looked at", "one merge too many"),
    learn("(-counts[pair], pair)", "(counts[pair], pair[0])", "the rarest pair"),
    learn(BEST, "max(counts, key=lambda p: (-counts[p], p))", "of equals the alphabetically last"),
    learn(BEST, "min(counts, key=lambda p: (counts[p], p))", "the rarest pair", "of equals"),
    learn(BEST, "counts.most_common()[-1][0]", "of equals the one met last"),
    learn(BEST, "min(counts, key=counts.get)", "of equals the one met first"),
    train(edited(edited(LEARN, "(-counts[pair], pair)", "(counts[pair], pair)"),
                 "    if counts[best] < 2:\n        break\n", ""), "seen only once are merged", "of equals"),
    learn(BEST, "min(counts)", "takes the alphabetically first pair", "rarest"),
    learn(BEST, "max(counts)", "takes the alphabetically last pair", "of equally"),
    train(LEARN.replace("while len(learned) < merges:\n    counts = count_pairs(words)",
                        "counts = count_pairs(words)\nwhile len(learned) < merges:"), "the merges so far do not count"),
    learn("count_pairs(words)", "count_pairs(word_counts)", "the letters of the words as they came"),
    learn("count_pairs(words)", "Counter(pair for symbols in words for pair in zip(symbols, symbols[1:]))",
          "every word counts once"),
    learn("merge_pair(symbols, best): count for symbols, count in words.items()",
          "merge_pair(symbols, best): 1 for symbols in words", "every word counts once after the first merge"),
    learn("learned.append(best)", "learned.append((best, counts[best]))", "pairs with their counts"),
    learn("learned.append(best)", "learned += best", "in one row"),
    learn("learned.append(best)", "learned.insert(0, best)", "the opposite order"),
    learn("word_symbols(word)", "(*word, END_OF_WORD)", "characters, not bytes"),
    learn("word_symbols(word)", "word_symbols(word + END_OF_WORD)", "spelled with letters"),
    learn("words = {merge_pair(symbols, best): count for symbols, count in words.items()}",
          "words = [merge_pair(symbols, best) for symbols in words]", "words is a list now"),
    learn("counts[best] < 2:\n        break", "counts[best] < 2:\n        return []", "what was learned gets lost"),
    Answer("train_bpe", "learned = []\n\ndef train_bpe(word_counts, merges):\n"
           + "".join(f"    {line}\n" for line in edited(LEARN, "learned = []\n", "").splitlines()), "",
           "one merge too"),
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
    train(LEARN),
    train("""parts = [(word_symbols(word), count) for word, count in word_counts.items()]
learned = []
for _ in range(merges):
    counts = count_pairs(dict(parts))
    frequent = max(counts.values(), default=0)
    if frequent < 2:
        break
    learned.append(sorted(pair for pair, count in counts.items() if count == frequent)[0])
    parts = [(merge_pair(symbols, learned[-1]), count) for symbols, count in parts]
return learned"""),
    train(edited(LEARN, BEST, "sorted(counts.items(), key=lambda item: (-item[1], item[0]))[0][0]")),
    train(edited(LEARN, BEST, "min(counts.items(), key=lambda item: (-item[1], *item[0]))[0]")),
    train("""words = [[list(word_symbols(word)), count] for word, count in word_counts.items()]
learned = []
while len(learned) < merges:
    counts = defaultdict(int)
    for symbols, count in words:
        for i in range(len(symbols) - 1):
            counts[(symbols[i], symbols[i + 1])] += count
    best, most = None, 1
    for pair in sorted(counts):
        if counts[pair] > most:
            best, most = pair, counts[pair]
    if best is None:
        return learned
    learned.append(best)
    for entry in words:
        entry[0] = list(merge_pair(tuple(entry[0]), best))
return learned"""),
    apply(APPLY),
    apply(BY_MIN),
    apply(edited(BY_MIN, "len(ranks))", "float('inf'))")),
    apply("pairs = set(zip(symbols, symbols[1:])) & set(ranks)\nif not pairs:\n    return symbols\n"
          "return apply_merges(merge_pair(symbols, min(pairs, key=ranks.__getitem__)), ranks)"),
]  # fmt: skip
