"""Answers to lesson 01's train_bpe."""

from functools import partial

from minclip.course.planted_answers import Answer, answer_of, edited

train = partial(answer_of, "train_bpe", "def train_bpe(word_counts, merges):\n")

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


def learn(old: str, new: str, says: str = "", silent: str = "") -> Answer:
    return train(edited(LEARN, old, new), says, silent)


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
    learn("return learned", "return list(set(learned))", "another order"),
    learn("return learned", "return sorted(learned)", "another order"),
    learn("return learned", "return words", "these are the words, merged"),
    learn("return learned", "return list(words)", "the symbols of the words, merged"),
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
    train("""splits, learned = {w: word_symbols(w) for w in word_counts}, []
while len(learned) != merges:
    counts = Counter()
    for w, f in word_counts.items():
        for p in zip(splits[w], splits[w][1:]):
            counts[p] += f
    frequent = [(-f, p) for p, f in counts.items() if f >= 2]
    if not frequent:
        break
    learned.append(min(frequent)[1])
    splits = {w: merge_pair(s, learned[-1]) for w, s in splits.items()}
return learned"""),
]  # fmt: skip
