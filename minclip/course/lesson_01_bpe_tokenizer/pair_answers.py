"""Answers to lesson 01's count_pairs and merge_pair."""

from functools import partial

from minclip.course.planted_answers import Answer, answer_of, edited

count = partial(answer_of, "count_pairs", "def count_pairs(words):\n")
merge = partial(answer_of, "merge_pair", "def merge_pair(symbols, pair):\n")

COUNT = "counts = Counter()\nfor symbols, count in words.items():\n    for pair in zip(symbols, symbols[1:]):\n"
ADD = "        counts[pair] += count\nreturn counts"
BY_PLACE = "counts = Counter()\nfor symbols, count in words.items():\n    for i in range(len(symbols) - 1):\n"
WALK = """merged, i = [], 0
while i < len(symbols):
    if symbols[i:i + 2] == pair:
        merged.append(pair[0] + pair[1])
        i += 2
    else:
        merged.append(symbols[i])
        i += 1
return tuple(merged)"""


def counted(old: str, new: str, says: str = "", silent: str = "") -> Answer:
    return count(edited(COUNT + ADD, old, new), says, silent)


def walked(old: str, new: str, says: str = "", silent: str = "") -> Answer:
    return merge(edited(WALK, old, new), says, silent)


WRONG = [
    count("counts = Counter()\nfor symbols, count in words:\n    for pair in zip(symbols, symbols[1:]):\n" + ADD,
          "gives its keys alone"),
    count("return Counter({pair: n for symbols, n in words for pair in zip(symbols, symbols[1:])})",
          "gives its keys alone"),
    count("counts = Counter()\nfor s, n in words.items():\n    for a, b in zip(s, s[1:], s[2:]):\n"
          "        counts[a, b] += n\nreturn counts", "values to unpack", "its keys alone"),
    count("counts = Counter()\nfor symbols in words:\n    for pair in zip(symbols, symbols[1:]):\n"
          "        counts[pair] += words[pair]\nreturn counts", "words is asked for a pair", "first time"),
    count(COUNT + ADD.replace("return", "    return"), "after the first word", "after the first pair"),
    count(COUNT + ADD.replace("return", "        return"), "after the first pair", "after the first word"),
    count("flat = [s for symbols in words for s in symbols]\nreturn Counter(zip(flat, flat[1:]))",
          "put into one list", "as often as it occurs"),
    count("flat = [s for symbols, n in words.items() for _ in range(n) for s in symbols]\n"
          "return Counter(itertools.pairwise(flat))", "as often as it occurs"),
    count("text = ' '.join(s for symbols in words for s in symbols).split()\ncounts = Counter()\n"
          "for pair in zip(text, text[1:]):\n    counts[pair] += 1\nreturn counts", "put into one list"),
    count("counts = Counter()\nfor w, n in words.items():\n    for i in range(len(w)):\n"
          "        counts[w[i:i+2]] += n\nreturn counts", "the last symbol of each word is counted alone"),
    counted("zip(symbols, symbols[1:])", "itertools.product(symbols, symbols)", "itself included"),
    counted("zip(symbols, symbols[1:])", "itertools.permutations(symbols, 2)", "every other one", "itself"),
    counted("zip(symbols, symbols[1:])", "itertools.pairwise(''.join(symbols))", "letters are counted"),
    counted("counts[pair] += count", "counts[pair] += count\n        counts[pair[::-1]] += count", "both directions"),
    counted("counts[pair]", "counts[list(pair)]", "a list cannot be a key"),
    counted("counts[pair] += count", "counts[pair] = counts.get(pair, 1) + count", "begins with 1"),
    count("counts = Counter()\nfor symbols, n in words.items():\n    counts.update(zip(symbols, symbols[1:]))\n"
          "return counts", "every word counts once"),
    counted("+= count", "+= 1", "every word counts once"),
    counted("+= count", "= count", "the last word that holds it"),
    counted("counts[pair] += count", "counts.setdefault(pair, count)", "the first word that holds it"),
    counted("zip(symbols, symbols[1:])", "set(zip(symbols, symbols[1:]))", "counts once"),
    counted("zip(symbols, symbols[1:])", "zip(symbols[::2], symbols[1::2])", "every other pair"),
    counted("symbols[1:]", "symbols[1:] + symbols[:1]", "no ring"),
    counted("zip(symbols, symbols[1:])", "itertools.combinations(symbols, 2)", "only neighbours"),
    counted("zip(symbols, symbols[1:])", "zip(symbols[1:], symbols)", "the wrong way round"),
    counted("zip(symbols, symbols[1:])", "zip(symbols[1:], symbols[2:])", "the first pair of each word"),
    count(BY_PLACE.replace("- 1", "- 2") + "        counts[symbols[i], symbols[i + 1]] += count\nreturn counts",
          "the last pair of each word"),
    count(BY_PLACE.replace(" - 1", "") + "        counts[symbols[i], symbols[i + 1]] += count\nreturn counts",
          "goes beyond the word"),
    count(BY_PLACE + "        counts[symbols[i:i + 1]] += count\nreturn counts", "a count is wrong"),
    count(BY_PLACE + "        counts[symbols[i] + symbols[i + 1]] += count\nreturn counts", "the key is one text"),
    count("counts = Counter()\nfor symbols, count in words.items():\n    for symbol in symbols:\n"
          "        counts[symbol] += count\nreturn counts", "single symbols"),
    counted("counts[pair]", "counts[''.join(pair)]", "the key is one text"),
    counted("counts[pair]", "counts[tuple(sorted(pair))]", "the order within a pair"),
    counted("counts[pair]", "counts[frozenset(pair)]", "a count is wrong"),
    count(edited(COUNT, "Counter()", "defaultdict(list)") + "        counts[pair].append(count)\nreturn counts",
          "a list of counts"),
    counted("\nreturn counts", "", "is there a return"),
    counted("Counter()", "{}", "has no count yet"),
    counted("\nreturn counts", "\nreturn counts.most_common()", "no Counter"),
    counted("\nreturn counts", "\nreturn sum(counts.values())", "no Counter"),
    counted(" in words.items()", " in words", "raises an error", "has no count yet"),
    counted("\nreturn counts", "\nreturn Counter({p: n for p, n in counts.items() if n > 1})", "a count is wrong"),
    Answer("count_pairs", "counts = Counter()\n\ndef count_pairs(words):\n    for symbols, count in words.items():\n"
           "        for pair in zip(symbols, symbols[1:]):\n            counts[pair] += count\n    return counts\n",
           "a count is wrong", "every word"),
    Answer("count_pairs", "def count_pairs(words, counts=Counter()):\n    for symbols, count in words.items():\n"
           "        for pair in zip(symbols, symbols[1:]):\n            counts[pair] += count\n    return counts\n",
           "a count is wrong"),
    counted("counts[pair] += count", "counts[pair] += count\n        counts[pair] += count", "counted twice"),
    counted("+= count", "+= 2 * count", "counted twice"),
    count("counts = Counter()\nfor s, n in words.items():\n    i = 0\n    while i < len(s) - 1:\n"
          "        counts[s[i], s[i + 1]] += n\n        i += 2 if s[i:i+2] == s[i+1:i+3] else 1\nreturn counts",
          "pairs that overlap", "stands twice in a word"),
    count("counts = Counter()\nfor s, n in words.items():\n    for a, b in set(zip(s, s[1:])):\n"
          "        counts[a, b] += n * ' '.join(s).count(a + ' ' + b)\nreturn counts", "pairs that overlap"),
    counted("for symbols, count in words.items():", "while words:\n    symbols, count = words.popitem()",
            "changes what it was given"),
    walked("tuple(merged)", "merged", "this is a list"),
    walked("tuple(merged)", "''.join(merged)", "this is one text"),
    walked("tuple(merged)", "tuple(''.join(merged))", "fall into their letters", "this is one text"),
    merge("symbols = list(symbols)\nif pair[0] in symbols:\n    i = symbols.index(pair[0])\n"
          "    if symbols[i + 1] == pair[1]:\n        symbols[i:i+2] = [pair[0] + pair[1]]\nreturn tuple(symbols)",
          "only the first place of the pair's first symbol", "all are wanted"),
    merge("if pair[0] not in symbols:\n    return symbols\ni = symbols.index(pair[0])\n"
          "if symbols[i + 1 : i + 2] != pair[1:]:\n    return symbols\n"
          "return symbols[:i] + (''.join(pair),) + symbols[i + 2 :]", "may stand elsewhere", "all are wanted"),
    merge("i = symbols.index(pair)\nreturn symbols[:i] + (''.join(pair),) + symbols[i + 2:]",
          "index looks for one symbol"),
    merge("i = symbols.index(pair[0])\nif symbols[i + 1 : i + 2] == pair[1:]:\n"
          "    return merge_pair(symbols[:i] + (''.join(pair),) "
          "+ symbols[i + 2:], pair)\nreturn symbols", "index raises an error where it finds nothing", "two of them"),
    merge("return tuple(','.join(symbols).replace(','.join(pair), ''.join(pair)).split(','))", "a text is searched"),
    merge("return tuple('_'.join(symbols).replace('_'.join(pair), ''.join(pair)).split('_'))", "a text is searched"),
    merge("return tuple(re.sub(re.escape(' '.join(pair)), ''.join(pair), ' '.join(symbols)).split())",
          "a text is searched", "a regular expression"),
    merge("return tuple(''.join(symbols).replace(''.join(pair), ' ' + ''.join(pair) + ' ').split())",
          "borders are lost"),
    merge("first, *rest = ''.join(symbols).split(''.join(pair))\nout = [*first]\nfor part in rest:\n"
          "    out += [''.join(pair), *part]\nreturn tuple(out)", "falls into letters", "borders"),
    merge("found = r'\\b' + re.escape(' '.join(pair)) + r'\\b'\n"
          "return tuple(re.sub(found, ''.join(pair), ' '.join(symbols)).split())", "the border of a word"),
    merge("i = 0\nwhile i < len(symbols):\n    if symbols[i:i+2] == pair:\n"
          "        symbols = symbols[:i] + (''.join(pair),) + symbols[i+2:]\n        i += 1\n    i += 1\n"
          "return symbols",
          "one symbol is passed over", "only the first place"),
    merge("merged = []\nfor i in range(0, len(symbols), 2):\n    if symbols[i:i+2] == pair:\n"
          "        merged.append(''.join(pair))\n    else:\n        merged += symbols[i:i+2]\nreturn tuple(merged)",
          "only every other place"),
    merge("merged, i = [], 0\nwhile i < len(symbols) - 1:\n    if (symbols[i], symbols[i + 1]) == pair:\n"
          "        merged.append(pair[0] + pair[1])\n        i += 2\n    else:\n        merged.append(symbols[i])\n"
          "        i += 1\nmerged.append(symbols[-1])\nreturn tuple(merged)",
          "has used it up", "the last symbol is lost"),
    merge("merged, i = (), 0\nwhile i < len(symbols):\n    if symbols[i:i+2] == pair:\n"
          "        merged += (pair[0] + pair[1])\n        i += 2\n    else:\n        merged += symbols[i]\n"
          "        i += 1\nreturn merged", "cannot be added"),
    merge("merged, i = [], 0\nwhile i < len(symbols):\n    if symbols[i:i+2] == pair:\n"
          "        merged += ''.join(pair)\n"
          "        i += 2\n    else:\n        merged += symbols[i]\n        i += 1\nreturn tuple(merged)",
          "letter by letter"),
    merge("return tuple(pair[0] + pair[1] if s == pair[0] else s for s in symbols if s != pair[1])",
          "side by side or not"),
    walked("i += 2", "i += 1", "the second symbol of the pair is still there"),
    walked("i < len(symbols)", "i < len(symbols) - 1", "the last symbol is lost"),
    walked("while i < len(symbols):\n    if symbols[i:i + 2] == pair", "while i < len(symbols):\n"
           "    if i < len(symbols) - 2 and symbols[i:i + 2] == pair", "at the very end", "the last symbol"),
    walked("symbols[i:i + 2] == pair", "symbols[i] == pair[0] and symbols[i + 1] == pair[1]", "has no right neighbour"),
    walked("symbols[i:i + 2] == pair", "list(symbols[i:i + 2]) == pair", "nothing is merged"),
    walked("symbols[i:i + 2] == pair", "symbols[i:i + 2] == list(pair)", "nothing is merged"),
    walked("symbols[i:i + 2] == pair", "set(symbols[i:i + 2]) == set(pair)", "", "letters are compared"),
    walked("symbols[i:i + 2] == pair", "sorted(symbols[i:i + 2]) == sorted(pair)", "another pair"),
    walked("symbols[i:i + 2] == pair", "''.join(symbols[i:i + 2]) == ''.join(pair)", "", "the order matters"),
    walked("symbols[i:i + 2] == pair", "len(symbols[i:i + 2]) == 2 and ''.join(symbols[i:i + 2]) == ''.join(pair)",
           "letters are compared", "a text is searched"),
    walked("pair[0] + pair[1]", "pair[1] + pair[0]", "wrong way round"),
    merge("merged, i = [], 0\nwhile i < len(symbols):\n    if symbols[i:i + 2] == pair:\n"
          "        merged.append(pair[0] + pair[1])\n    else:\n        merged.append(symbols[i])\n    i += 2\n"
          "return tuple(merged)", "i goes up by 2 after every symbol", "only every other place"),
    walked("pair[0] + pair[1]", "' '.join(pair)", "are joined with ' ' between them"),
    walked("pair[0] + pair[1]", "'-'.join(pair)", "are joined with '-' between them"),
    walked("pair[0] + pair[1]", "str(pair)", "wrong", "between them"),
    walked("pair[0] + pair[1]", "pair", "still two symbols"),
    merge("for i in range(len(symbols) - 1):\n    if symbols[i:i + 2] == pair:\n"
          "        return (*symbols[:i], pair[0] + pair[1], *symbols[i + 2:])\nreturn symbols", "only the first place"),
    merge("text = ' '.join(symbols).replace(' '.join(pair), ''.join(pair))\nreturn tuple(text.split(' '))",
          "a text is searched", "letters are compared"),
    merge("text = '|'.join(symbols).replace('|'.join(pair), ''.join(pair))\nreturn tuple(text.split('|'))", "wrong"),
    merge("pattern = re.compile(r'(?<!\\S)' + ' '.join(pair) + r'(?!\\S)')\n"
          "return tuple(pattern.sub(''.join(pair), ' '.join(symbols)).split())", "regular expression"),
    merge("merged = list(symbols)\nfor i in reversed(range(len(merged) - 1)):\n"
          "    if tuple(merged[i:i + 2]) == pair:\n        merged[i:i + 2] = [pair[0] + pair[1]]\n"
          "return tuple(merged)", "from the right"),
    merge("out = []\nfor a, b in zip(symbols, symbols[1:]):\n    out.append(a + b if (a, b) == pair else a)\n"
          "return tuple(out)", "leaves its second half behind"),
    merge("out = []\nfor a, b in zip(symbols, symbols[1:]):\n    out.append(a + b if (a, b) == pair else a)\n"
          "return tuple(out) + symbols[-1:]", "the second symbol of the pair is still there", "its second half behind"),
    merge("for i in range(len(symbols) - 1):\n    if symbols[i:i + 2] == pair:\n"
          "        symbols[i:i + 2] = [pair[0] + pair[1]]\nreturn symbols", "a tuple cannot be changed"),
    merge("for i in range(len(symbols) - 1):\n    if symbols[i:i + 2] == pair:\n"
          "        symbols.insert(i, ''.join(pair))\nreturn symbols", "a tuple cannot be changed"),
    merge("merged = list(symbols)\nfor i in range(len(merged)):\n    if merged[i] == pair[0] and "
          "merged[i + 1] == pair[1]:\n        merged[i] += merged.pop(i + 1)\nreturn tuple(merged)",
          "beyond the end of a list", "right neighbour"),
    walked("if symbols[i:i + 2] == pair", "if merged[-1] + symbols[i] == pair[0] + pair[1]",
           "beyond the end of a list"),
    merge("return symbols.replace(pair, pair[0] + pair[1])", "raises an error", "cannot be changed"),
    merge("while pair in zip(symbols, symbols[1:]):\n    i = symbols.index(pair[0])\n"
          "    symbols = symbols[:i] + (''.join(pair),) + symbols[i + 2:]\nreturn symbols", "wrong"),
    Answer("merge_pair", "@functools.lru_cache\ndef whole(symbols):\n    return {}\n\n"
           "def merge_pair(symbols, pair):\n    known = whole(symbols)\n    if known:\n        return known[0]\n"
           "    out = []\n    for s in symbols:\n        out.append(s)\n        if tuple(out[-2:]) == pair:\n"
           "            out[-2:] = [pair[0] + pair[1]]\n    known[0] = tuple(out)\n    return known[0]\n",
           "earlier call"),
]  # fmt: skip

CORRECT = [
    count(COUNT + ADD),
    count("counts = defaultdict(int)\nfor symbols in words:\n    for i in range(1, len(symbols)):\n"
          "        counts[symbols[i-1], symbols[i]] += words[symbols]\nreturn counts"),
    count("from functools import reduce\nparts = (Counter({p: n * k for p, k in Counter(zip(s, s[1:])).items()})\n"
          "         for s, n in words.items())\nreturn reduce(lambda a, b: a + b, parts, Counter())"),
    count("counts = {}\nfor s, n in words.items():\n    for i in range(len(s) - 1):\n        pair = s[i], s[i + 1]\n"
          "        counts[pair] = counts.get(pair, 0) + n\nreturn Counter(counts)"),
    count("counts = defaultdict(int)\nfor symbols, n in words.items():\n    for pair in itertools.pairwise(symbols):\n"
          "        counts[pair] += n\nreturn counts"),
    count("counts = Counter()\nfor word in words:\n    for i, left in enumerate(word[:-1]):\n"
          "        counts.update({(left, word[i + 1]): words[word]})\nreturn counts"),
    count("weighed = (Counter({p: n * k for p, k in Counter(zip(s, s[1:])).items()}) for s, n in words.items())\n"
          "return sum(weighed, Counter())"),
    merge(WALK),
    merge("out = []\nfor symbol in symbols:\n    out.append(symbol)\n    if tuple(out[-2:]) == pair:\n"
          "        out[-2:] = [pair[0] + pair[1]]\nreturn tuple(out)"),
    merge("pattern = re.compile(r'(?<!\\S)' + re.escape(' '.join(pair)) + r'(?!\\S)')\n"
          "return tuple(pattern.sub(lambda _: ''.join(pair), ' '.join(symbols)).split(' '))"),
    merge("first, second = pair\nnew_word = []\ni = 0\nwhile i < len(symbols):\n    try:\n"
          "        j = symbols.index(first, i)\n        new_word.extend(symbols[i:j])\n        i = j\n"
          "    except ValueError:\n"
          "        new_word.extend(symbols[i:])\n        break\n"
          "    if symbols[i] == first and i < len(symbols) - 1 and symbols[i + 1] == second:\n"
          "        new_word.append(first + second)\n        i += 2\n    else:\n"
          "        new_word.append(symbols[i])\n        i += 1\n"
          "return tuple(new_word)"),
    merge("word = list(symbols)\ni = 0\nwhile i < len(word) - 1:\n    if (word[i], word[i+1]) == pair:\n"
          "        word[i:i+2] = [word[i] + word[i+1]]\n    i += 1\nreturn tuple(word)"),
    merge("places = iter(range(len(symbols)))\nout = []\nfor i in places:\n    if symbols[i:i + 2] == pair:\n"
          "        out.append(pair[0] + pair[1])\n        next(places)\n    else:\n        out.append(symbols[i])\n"
          "return tuple(out)"),
    merge("if len(symbols) < 2:\n    return symbols\nif symbols[:2] == pair:\n"
          "    return (pair[0] + pair[1],) + merge_pair(symbols[2:], pair)\n"
          "return symbols[:1] + merge_pair(symbols[1:], pair)"),
]  # fmt: skip
