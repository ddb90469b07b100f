"""Answers to lesson 01's BPETokenizer: one right class, and what people change in it."""

from minclip.course.planted_answers import Answer

ENCODE = """    def encode(self, text):
        ids = []
        for word in self.pattern.findall(clean(text)):
            if word in self.special_ids:
                ids.append(self.special_ids[word])
            else:
                ids += [self.ids[symbol] for symbol in apply_merges(word_symbols(word), self.ranks)]
        return ids
"""
DECODE = """    def decode(self, ids):
        byte_of = {character: byte for byte, character in bytes_to_unicode().items()}
        parts = []
        for i in ids:
            symbol = self.symbols[i]
            if symbol in self.special_ids:
                parts.append(symbol.encode("utf-8"))
            else:
                parts.append(bytes(byte_of[character] for character in symbol))
        return b"".join(parts).decode("utf-8", errors="replace").replace(END_OF_WORD, " ")
"""
CALL = """    def __call__(self, texts, truncate=False):
        texts = [texts] if isinstance(texts, str) else texts
        rows = []
        for text in texts:
            ids = [self.special_ids[SOT], *self.encode(text), self.special_ids[EOT]]
            if len(ids) > self.context_length:
                if not truncate:
                    raise ValueError(f"{len(ids)} tokens, at most {self.context_length}: pass truncate=True")
                ids = [*ids[: self.context_length - 1], self.special_ids[EOT]]
            rows.append(ids + [0] * (self.context_length - len(ids)))
        return torch.tensor(rows)
"""


def tokenizer(old: str = "", new: str = "", says: str = "") -> Answer:
    text = "class BPETokenizer(minclip.BPETokenizer):\n" + "\n".join([ENCODE, DECODE, CALL])
    assert old in text, old
    return Answer("BPETokenizer", text.replace(old, new) if old else text, says)


def written(encode: str = ENCODE, decode: str = DECODE, call: str = CALL, says: str = "") -> Answer:
    text = "class BPETokenizer(minclip.BPETokenizer):\n" + "\n".join([encode, decode, call])
    return Answer("BPETokenizer", text, says)


PER_SYMBOL = """    def decode(self, ids):
        byte_of = {character: byte for byte, character in bytes_to_unicode().items()}
        text = ""
        for i in ids:
            symbol = self.symbols[i]
            if symbol in self.special_ids:
                text += symbol
            else:
                text += bytes(byte_of[character] for character in symbol).decode("utf-8", errors="replace")
        return text.replace(END_OF_WORD, " ")
"""
CUT = "ids = [*ids[: self.context_length - 1], self.special_ids[EOT]]"
PAD = "ids + [0] * (self.context_length - len(ids))"
ROW = "[self.special_ids[SOT], *self.encode(text), self.special_ids[EOT]]"
JOIN = 'b"".join(parts).decode("utf-8", errors="replace").replace(END_OF_WORD, " ")'

WRONG = [
    tokenizer("clean(text)", "text", "clean(text) comes first"),
    tokenizer("clean(text)", "text.lower()", "lower-casing is not all"),
    tokenizer("self.pattern.findall(clean(text))", "clean(text).split()", "not split"),
    tokenizer("word_symbols(word)", "tuple(word)", "begin with word_symbols(word)"),
    tokenizer("word_symbols(word)", "(*word[:-1], word[-1] + END_OF_WORD)", "a symbol without an id"),
    tokenizer("word_symbols(word)",
              "tuple(''.join(word_symbols(word)).removesuffix(END_OF_WORD))", "the end of the word is missing"),
    tokenizer("apply_merges(word_symbols(word), self.ranks)", "word_symbols(word)", "the merges are missing"),
    tokenizer("if word in self.special_ids:", "if False:", "do not go through BPE"),
    tokenizer("[self.ids[symbol] for symbol in apply_merges(word_symbols(word), self.ranks)]",
              "apply_merges(word_symbols(word), self.ranks)", "these are symbols"),
    tokenizer("ids += [self.ids[symbol] for symbol in apply_merges(word_symbols(word), self.ranks)]",
              "ids.append([self.ids[s] for s in apply_merges(word_symbols(word), self.ranks)])",
              "one list with all ids"),
    tokenizer("        return ids\n", "        return [self.special_ids[SOT], *ids, self.special_ids[EOT]]\n",
              "SOT and EOT do not belong here"),
    tokenizer("        return ids\n", "        return torch.tensor(ids)\n", "wrong type"),
    tokenizer("        return ids\n", "", "is there a return"),
    written(encode='''    def encode(self, text):
        ids = []
        for word in self.pattern.findall(clean(text)):
            symbols, i = word_symbols(word), 0
            while i < len(symbols) - 1:
                if symbols[i : i + 2] in self.ranks:
                    symbols = (*symbols[:i], symbols[i] + symbols[i + 1], *symbols[i + 2 :])
                    i = 0
                else:
                    i += 1
            ids += [self.special_ids.get(word)] if word in self.special_ids else [self.ids[s] for s in symbols]
        return ids
''', says="in the order of the text"),
    written(decode=PER_SYMBOL, says="join all bytes first"),
    tokenizer(', errors="replace"', "", "errors='replace'"),
    tokenizer('errors="replace"', 'errors="ignore"', "not 'ignore'"),
    tokenizer('.replace(END_OF_WORD, " ")', "", "</w> becomes a space"),
    tokenizer('.replace(END_OF_WORD, " ")', '.replace(END_OF_WORD, "")', "yours takes it away"),
    tokenizer('.replace(END_OF_WORD, " ")', '.replace(END_OF_WORD, " ").strip()', "the last word has its space"),
    tokenizer('b"".join', 'b" ".join', "not after every symbol"),
    tokenizer('parts.append(symbol.encode("utf-8"))', "pass", "must not vanish"),
    tokenizer(JOIN, 'b"".join(parts)', "return a text: decode"),
    written(decode="    def decode(self, ids):\n"
                   "        return ''.join(self.symbols[i] for i in ids).replace(END_OF_WORD, ' ')\n",
            says="stand-ins"),
    written(decode="    def decode(self, ids):\n"
                   "        text = ''.join(self.symbols[i] for i in ids).replace(END_OF_WORD, ' ')\n"
                   "        return bytes(ord(c) for c in text).decode('utf-8', errors='replace')\n",
            says="other way round"),
    tokenizer("character in symbol)", "character in symbol.replace(END_OF_WORD, ' '))", "become a space at the end"),
    tokenizer(ROW, "[*self.encode(text), self.special_ids[EOT]]", "SOT is missing"),
    tokenizer(ROW, "[self.special_ids[SOT], *self.encode(text)]", "EOT is missing"),
    tokenizer(ROW, "self.encode(text)", "SOT and EOT are missing"),
    tokenizer(ROW, "[self.special_ids[EOT], *self.encode(text), self.special_ids[SOT]]", "changed places"),
    tokenizer("[0] *", "[self.special_ids[EOT]] *", "not with EOT"),
    tokenizer(PAD, "[0] * (self.context_length - len(ids)) + ids", "come after the text"),
    tokenizer(PAD, "ids", "fill each up"),
    tokenizer(PAD, "ids + [0] * (max(len(self.encode(one)) + 2 for one in texts) - len(ids))", "however short"),
    tokenizer(PAD, "[*ids[:-1], *[0] * (self.context_length - len(ids)), ids[-1]]", "EOT follows the text at once"),
    tokenizer("[texts] if isinstance(texts, str) else texts", "texts", "not a list of letters"),
    tokenizer(CUT, "ids = ids[: self.context_length]", "EOT is lost"),
    tokenizer(CUT, "ids = [*ids[: self.context_length - 2], self.special_ids[EOT]]", "yours cuts more"),
    tokenizer("len(ids) > self.context_length", "len(ids) >= self.context_length", "that still fits"),
    tokenizer("if not truncate:", "if False:", "truncate is False"),
    tokenizer('raise ValueError(f"{len(ids)} tokens, at most {self.context_length}: pass truncate=True")',
              'raise ValueError("too long")', "how many tokens"),
    tokenizer('f"{len(ids)} tokens, at most', 'f"{len(ids) - 2} tokens, at most', "20 tokens and 16 fit"),
    tokenizer('raise ValueError(f"{len(ids)} tokens, at most', 'raise RuntimeError(f"{len(ids)} tokens, at most',
              "expected  a ValueError"),
    tokenizer("torch.tensor(rows)", "torch.tensor(rows, dtype=torch.float32)", "whole numbers"),
    tokenizer("torch.tensor(rows)", "torch.tensor(rows, dtype=torch.int32)", "ids are int64"),
    tokenizer("torch.tensor(rows)", "rows", "torch.tensor(rows)"),
    tokenizer("rows.append(ids + [0] * (self.context_length - len(ids)))\n        return",
              "rows.append(ids + [0] * (self.context_length - len(ids)))\n            return"),
]  # fmt: skip

CORRECT = [
    tokenizer(),
    tokenizer('{len(ids)} tokens, at most {self.context_length}:',
              '{len(ids) - 2} tokens of its own, only {self.context_length - 2} fit:'),
    written(encode='''    def encode(self, text):
        return [i for word in self.pattern.findall(clean(text)) for i in self.of_word(word)]

    def of_word(self, word):
        special = self.special_ids.get(word)
        if special is not None:
            return [special]
        return [self.ids[symbol] for symbol in apply_merges(word_symbols(word), self.ranks)]
''', decode='''    def decode(self, ids):
        table = {c: bytes([b]) for b, c in bytes_to_unicode().items()}
        found = b""
        for i in ids:
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
        if isinstance(texts, str):
            texts = [texts]
        rows = torch.zeros(len(texts), self.context_length, dtype=torch.int64)
        for row, text in zip(rows, texts, strict=True):
            ids, room = self.encode(text), self.context_length - 2
            if len(ids) > room and not truncate:
                raise ValueError(f"{len(ids) + 2} tokens > {room + 2}, shorten it or set truncate: {text!r}")
            ids = ids[:room]
            row[0], row[len(ids) + 1] = self.special_ids[SOT], self.special_ids[EOT]
            row[1 : len(ids) + 1] = torch.tensor(ids)
        return rows
'''),
]  # fmt: skip
