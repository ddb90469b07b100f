"""Wrong answers to lesson 01's BPETokenizer: the wrong table is asked, or bytes are read as another encoding."""

from minclip.course.lesson_01_bpe_tokenizer.tokenizer_answers import SYMBOLS, changed

SPECIAL = "        if word in self.special_ids:\n            return (self.special_ids[word],)\n"
SYMBOL = "            symbol = self.symbols[i]\n"
UTF8 = 'decode("utf-8", errors="replace")'
JOINED = 'b"".join(parts).decode("utf-8", errors="replace")'

WRONG = [
    changed("return (self.special_ids[word],)", "return (self.ids[word],)", "self.ids holds no special token",
            "a symbol has no id"),
    changed("[self.special_ids[SOT], *self.encode(text), self.special_ids[EOT]]",
            "[self.ids[SOT], *self.encode(text), self.ids[EOT]]", "self.ids holds no special token"),
    changed(SPECIAL, SPECIAL.replace("special_ids", "ids"), "the id of that symbol", "taken apart"),
    changed(SPECIAL, "        if word in self.symbols:\n            return (self.symbols.index(word),)\n",
            "the number of that symbol"),
    changed("word_symbols(word)", "tuple(word)", "characters without the mark", "the merges are missing"),
    changed("word_symbols(word)", "word", "characters without the mark"),
    changed(SYMBOLS, "apply_merges(word_symbols(word), self.merges)", "takes the ranks"),
    changed(SYMBOL, "            symbol = self.symbols[i].replace(END_OF_WORD, ' ')\n", "is asked for a space"),
    changed(SYMBOL, "            symbol = self.symbols[i].removesuffix(END_OF_WORD)\n", "is taken away"),
    changed(SYMBOL, "            symbol = self.symbols[i - 1]\n", "the symbol before each"),
    changed("self.symbols[i]", "self.ids[i]", "the way back is wanted"),
    changed("self.byte_of[character] for", "self.byte_of[symbol] for", "knows single characters", "asked for a space"),
    changed(UTF8, 'decode("latin-1")', "read as latin-1", "read as cp1252"),
    changed(UTF8, 'decode("ascii", errors="replace")', "read as ascii"),
    changed(UTF8, 'decode("cp1252", errors="replace")', "read as cp1252", "latin-1"),
    changed(JOINED, '" ".join(part.decode("utf-8", errors="replace") for part in parts)', "after every symbol"),
    changed(JOINED, '"".join(part.decode("utf-8", errors="ignore") for part in parts)',
            "what is no UTF-8 there vanishes"),
    changed(JOINED, 'bytes(parts).decode("utf-8", errors="replace")', "these are bytes already"),
    changed("        parts = []\n        for i in as_ids(ids, len(self)):\n",
            "        return ' '.join(self.symbols[i] for i in ids).replace(END_OF_WORD, ' ')\n"
            "        for i in as_ids(ids, len(self)):\n", "with a space after every symbol"),
    changed("as_ids(ids, len(self))", "ids", "no id is negative"),
    changed("as_ids(ids, len(self))", "list(map(int, ids))", "no id is negative"),
    changed("        for i in as_ids(ids, len(self)):", "        as_ids(ids, len(self))\n        for i in ids:",
            "as_ids gives back a list", "reads its input twice"),
    changed("        for i in as_ids(ids, len(self)):", "        if as_ids(ids, len(self)):\n            pass\n"
            "        for i in ids:", "as_ids gives back a list"),
    changed("        for i in as_ids(ids, len(self)):", "        sorted(ids)\n        for i in as_ids(ids, len(self)):",
            "reads its input twice", "as_ids gives back"),
    changed("        for word in self.pattern.findall(clean(text)):\n            ids += self.encode_word(word)\n",
            "        ids += self.encode_word(clean(text))\n", "the whole text goes to encode_word, which"),
    changed("        for word in self.pattern.findall(clean(text)):\n            ids += self.encode_word(word)\n",
            "        ids += self.encode_word(text)\n", "the whole text goes to encode_word as it came"),
    changed("self.pattern.findall(clean(text))", "clean(text)", "each letter is taken for a word"),
    changed("ids += self.encode_word(word)", "ids += self.encode_word(word)[:1]"),
    changed("self.pattern.findall(clean(text))", "regex.findall(WORD, clean(text).upper(), regex.IGNORECASE)"),
    changed("self.pattern.findall(clean(text))", "self.pattern.split(clean(text))", "IndexError", "no id"),
]  # fmt: skip
