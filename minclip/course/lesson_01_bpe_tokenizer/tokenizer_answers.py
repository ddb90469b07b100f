"""Answers to lesson 01's BPETokenizer: right classes, and what people change in them."""

from minclip import tokenizer as library
from minclip.course.exercise import library_source
from minclip.course.planted_answers import Answer, edited

GIVEN = library_source(library.BPETokenizer).partition("    def encode(")[0]  # the constructor and train
ENCODE = """    def encode(self, text):
        ids = []
        for word in self.pattern.findall(clean(text)):
            ids += self.encode_word(word)
        return ids

"""
WORD = """    @fast_bpe.remembered
    def encode_word(self, word):
        if word in self.special_ids:
            return (self.special_ids[word],)
        return tuple(self.ids[symbol] for symbol in apply_merges(word_symbols(word), self.ranks))

"""
DECODE = """    def decode(self, ids):
        parts = []
        for i in as_ids(ids, len(self)):
            symbol = self.symbols[i]
            parts.append(bytes(self.byte_of[character] for character in symbol))
        return b"".join(parts).decode("utf-8", errors="replace").replace(END_OF_WORD, " ")

"""
CALL = """    def __call__(self, texts, truncate=False):
        rows = []
        for row, text in enumerate(as_texts(texts)):
            ids = [self.special_ids[SOT], *self.encode(text), self.special_ids[EOT]]
            if len(ids) > self.context_length:
                if not truncate:
                    raise text_too_long(row, text, len(ids), self.context_length)
                ids = [*ids[: self.context_length - 1], self.special_ids[EOT]]
            rows.append(ids + [0] * (self.context_length - len(ids)))
        return torch.tensor(rows, dtype=torch.long).view(len(rows), self.context_length)
"""


def written(
    encode: str = ENCODE,
    word: str = WORD,
    decode: str = DECODE,
    call: str = CALL,
    says: str = "",
    silent: str = "",
    before: str = "",
) -> Answer:
    return Answer("BPETokenizer", before + GIVEN + encode + word + decode + call, says, silent)


def changed(old: str, new: str, says: str = "", silent: str = "") -> Answer:
    """The right class with one thing changed in the four methods."""
    return Answer("BPETokenizer", GIVEN + edited(ENCODE + WORD + DECODE + CALL, old, new), says, silent)


PER_SYMBOL = """    def decode(self, ids):
        text = ""
        for i in ids:
            text += bytes(self.byte_of[character] for character in self.symbols[i]).decode("utf-8", errors="replace")
        return text.replace(END_OF_WORD, " ")

"""
FROM_THE_LEFT = """    def encode_word(self, word):
        if word in self.special_ids:
            return (self.special_ids[word],)
        symbols, i = word_symbols(word), 0
        while i < len(symbols) - 1:
            if symbols[i : i + 2] in self.ranks:
                symbols = (*symbols[:i], symbols[i] + symbols[i + 1], *symbols[i + 2 :])
                i = 0
            else:
                i += 1
        return tuple(self.ids[symbol] for symbol in symbols)

"""
SHARED = """    words = {}

    def encode_word(self, word):
        if word not in self.words:
            self.words[word] = (
                (self.special_ids[word],)
                if word in self.special_ids
                else tuple(self.ids[symbol] for symbol in apply_merges(word_symbols(word), self.ranks))
            )
        return self.words[word]

"""
JOIN = 'b"".join(parts).decode("utf-8", errors="replace").replace(END_OF_WORD, " ")'
RAISE = "raise text_too_long(row, text, len(ids), self.context_length)"
TENSOR = "torch.tensor(rows, dtype=torch.long).view(len(rows), self.context_length)"
SYMBOLS = "apply_merges(word_symbols(word), self.ranks)"

WRONG = [
    changed(f"tuple(self.ids[symbol] for symbol in {SYMBOLS})", SYMBOLS, "these are symbols"),
    changed(SYMBOLS, "word_symbols(word)", "the merges are missing"),
    changed(SYMBOLS, "apply_merges(tuple(word), self.ranks)", "", "the merges are missing"),
    changed("word_symbols(word)", "(*word[:-1], word[-1] + END_OF_WORD)", "characters, not bytes"),
    changed("word_symbols(word)", "tuple(''.join(word_symbols(word)).removesuffix(END_OF_WORD))",
            "the end of the word is missing"),
    changed("if word in self.special_ids:", "if False:", "a special token is taken apart"),
    changed("if word in self.special_ids:", "if word == SOT:", "wrong", "a special token is taken apart"),
    changed("return (self.special_ids[word],)", "return self.special_ids[word]", "a tuple of one is wanted"),
    changed("return (self.special_ids[word],)", "return (word,)", "wrong"),
    changed("        return tuple(self.ids", "        tuple(self.ids", "is there a return"),
    written(word=FROM_THE_LEFT, says="in the order of the text"),
    written(word=SHARED, says="earlier call"),
    written(word=WORD.replace("self.ids[symbol]", "THEIRS.ids[symbol]"), before="THEIRS = minclip.BPETokenizer([])\n",
            says="a symbol has no id"),
    changed("clean(text)", "text", "the text is not cleaned", "lower-casing"),
    changed("clean(text)", "text.lower()", "lower-casing is not all", "not cleaned"),
    changed("clean(text)", "text.lower().strip()", "wrong", "not cleaned"),
    changed("self.pattern.findall(clean(text))", "clean(text).split()", "words end at punctuation"),
    changed("self.pattern.findall(clean(text))", "re.findall(r'\\w+|[^\\w\\s]+', clean(text))", "wrong"),
    changed("self.pattern.findall(clean(text))", "clean(text)", "wrong"),
    changed("ids += self.encode_word(word)", "ids.append(self.encode_word(word))", "a tuple for each word"),
    changed("ids += self.encode_word(word)", "ids.append(list(self.encode_word(word)))", "a list for each word"),
    changed("ids += self.encode_word(word)", "ids = list(self.encode_word(word))", "the last word alone"),
    changed("            ids += self.encode_word(word)\n        return ids",
            "            ids += self.encode_word(word)\n            return ids"),
    changed("        return ids\n", "        return tuple(ids)\n", "this is a tuple"),
    changed("        return ids\n", "        return [self.special_ids[SOT], *ids, self.special_ids[EOT]]\n",
            "SOT and EOT do not belong here"),
    changed("        return ids\n", "        return [*ids, self.special_ids[EOT]]\n", "EOT does not belong here",
           "SOT"),
    changed("        return ids\n", "        return torch.tensor(ids)\n", "wrong type"),
    changed("        return ids\n", "", "is there a return"),
    written(encode="    seen = {}\n\n" + ENCODE.replace("        ids = []\n", "        if text in self.seen:\n"
            "            return self.seen[text]\n        ids = self.seen[text] = []\n"), says="earlier call"),
    written(encode="    seen = []\n\n" + ENCODE.replace("        ids = []\n",
           "        ids = self.seen\n"), says="wrong"),
    written(decode=PER_SYMBOL.replace(', errors="replace"', ""), says="all bytes of this row together",
            silent="which happens"),
    changed("        if word in self.special_ids:\n            return (self.special_ids[word],)\n",
            "        if self.special_ids[word]:\n            return (self.special_ids[word],)\n", "KeyError",
            "has no id"),
    written(decode=PER_SYMBOL, says="each symbol is decoded by itself"),
    changed(', errors="replace"', "", "no UTF-8"),
    changed('errors="replace"', 'errors="ignore"', "vanish, and �"),
    changed('errors="replace"', 'errors="backslashreplace"', "wrong", "vanish"),
    changed('.replace(END_OF_WORD, " ")', "", "is still there"),
    changed('.replace(END_OF_WORD, " ")', '.replace(END_OF_WORD, "")', "is taken away"),
    changed('.replace(END_OF_WORD, " ")', '.replace(END_OF_WORD, " ").strip()', "the space at the end is missing"),
    changed('b"".join', 'b" ".join', "a space stands after every symbol"),
    changed("            symbol = self.symbols[i]\n", "            symbol = self.symbols[i]\n"
            "            if symbol in (SOT, EOT):\n                continue\n", "special tokens vanish"),
    changed("            symbol = self.symbols[i]\n", "            symbol = self.symbols[i]\n"
            "            if not i:\n                continue\n", "the id 0 is left out", "special"),
    changed("            symbol = self.symbols[i]\n", "            symbol = self.symbols[i]\n"
            "            if i < 1:\n                break\n", "wrong"),
    changed("character in symbol))\n", "character in symbol))\n            if symbol == EOT:\n                break\n",
            "it stops at EOT"),
    changed(JOIN, 'b"".join(parts)', "these are bytes"),
    changed(f"return {JOIN}", JOIN, "is there a return"),
    changed("self.byte_of[character] for character", "ord(character) for character", "stand for bytes"),
    changed("for i in as_ids(ids, len(self)):\n            symbol = self.symbols[i]", "for n in range(len(ids)):\n"
            "            symbol = self.symbols[ids[n]]", "a generator has none"),
    written(decode="    def decode(self, ids):\n"
                   "        return ''.join(self.symbols[i] for i in ids).replace(END_OF_WORD, ' ')\n\n",
            says="these are the stand-ins"),
    written(decode="    def decode(self, ids):\n"
                   "        text = ''.join(self.symbols[i] for i in ids).replace(END_OF_WORD, ' ')\n"
                   "        return bytes(ord(c) for c in text).decode('utf-8', errors='replace')\n\n",
            says="stand for bytes"),
    changed("character in symbol)", "character in symbol.replace(END_OF_WORD, ' '))", "KeyError: ' '"),
]  # fmt: skip

CORRECT = [
    written(),
    changed("if word in self.special_ids:", "if word == SOT or word == EOT:"),
    changed(f"            rows.append(ids + [0] * (self.context_length - len(ids)))\n        return {TENSOR}",
            "            rows.append(torch.zeros(self.context_length, dtype=torch.long))\n"
            "            rows[-1][: len(ids)] = torch.tensor(ids)\n"
            "        return torch.stack(rows) if rows else torch.zeros(0, self.context_length, dtype=torch.long)"),
    changed(RAISE, 'raise ValueError(f"{len(ids)} tokens, at most {self.context_length}: pass truncate=True")'),
    changed(RAISE, 'raise ValueError(f"{len(ids) - 2} of its own, {self.context_length - 2} fit: try truncate")'),
    written(encode="    def encode(self, text):\n"
                   "        return [i for word in self.pattern.findall(clean(text)) "
                   "for i in self.encode_word(word)]\n\n"),
    written(encode="    def encode(self, text):\n"
                   "        return list(itertools.chain.from_iterable(map(self.encode_word, "
                   "self.pattern.findall(clean(text)))))\n\n",
            word='''    def encode_word(self, word):
        special = self.special_ids.get(word)
        if special is not None:
            return [special]
        return [self.ids[symbol] for symbol in apply_merges(word_symbols(word), self.ranks)]

''', decode='''    def decode(self, ids):
        table = {c: bytes([b]) for b, c in bytes_to_unicode().items()}
        found = b""
        for i in as_ids(ids, len(self)):
            symbol = self.symbols[i]
            if i >= min(self.special_ids.values()):
                found += symbol.encode()
                continue
            for c in symbol.removesuffix(END_OF_WORD):
                found += table[c]
            if symbol.endswith(END_OF_WORD):
                found += b" "
        return found.decode(errors="replace")

''', call='''    def __call__(self, texts, truncate=False):
        texts = [texts] if isinstance(texts, str) else list(texts)
        rows = torch.zeros(len(texts), self.context_length, dtype=torch.int64)
        for row, text in zip(rows, texts, strict=True):
            ids, room = self.encode(text), self.context_length - 2
            if len(ids) > room and not truncate:
                raise ValueError(f"{len(ids) + 2} tokens > {room + 2}, shorten it or set truncate: {text!r}")
            ids = ids[:room]
            row[0], row[len(ids) + 1] = self.special_ids[SOT], self.special_ids[EOT]
            row[1 : len(ids) + 1] = torch.tensor(ids, dtype=torch.long)
        return rows
'''),
    written(word='''    def encode_word(self, word):
        if not hasattr(self, "known"):
            self.known = {token: (i,) for token, i in self.special_ids.items()}
        if word not in self.known:
            symbols = word_symbols(word)
            while len(symbols) > 1:
                pair = min(zip(symbols, symbols[1:]), key=lambda p: self.ranks.get(p, float("inf")))
                if pair not in self.ranks:
                    break
                symbols = merge_pair(symbols, pair)
            self.known[word] = tuple(map(self.ids.get, symbols))
        return self.known[word]

''', decode='''    def decode(self, ids):
        text = bytearray()
        for i in map(int, ids):
            if i < 0:
                raise ValueError(f"{i} is no id")
            text.extend(self.byte_of[c] for c in self.symbols[i])
        return text.decode("utf-8", "replace").replace("</w>", " ")

'''),
]  # fmt: skip
