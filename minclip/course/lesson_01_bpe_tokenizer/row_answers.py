"""Wrong answers to the __call__ of lesson 01's BPETokenizer: the rows that the model reads."""

from minclip.course.lesson_01_bpe_tokenizer.tokenizer_answers import CALL, ENCODE, RAISE, changed, written

WHOLE_WORDS = """    def __call__(self, texts, truncate=False):
        rows = []
        for row, text in enumerate(as_texts(texts)):
            if len(self.encode(text)) + 2 > self.context_length and not truncate:
                raise text_too_long(row, text, len(self.encode(text)) + 2, self.context_length)
            ids = [self.special_ids[SOT]]
            for word in self.pattern.findall(clean(text)):
                if len(ids) + len(self.encode_word(word)) >= self.context_length:
                    break
                ids += self.encode_word(word)
            ids.append(self.special_ids[EOT])
            rows.append(ids + [0] * (self.context_length - len(ids)))
        return torch.tensor(rows, dtype=torch.long).view(len(rows), self.context_length)
"""
CUT = "ids = [*ids[: self.context_length - 1], self.special_ids[EOT]]"
PAD = "ids + [0] * (self.context_length - len(ids))"
TOO_LONG = f"""            if len(ids) > self.context_length:
                if not truncate:
                    {RAISE}
"""
ROW = "[self.special_ids[SOT], *self.encode(text), self.special_ids[EOT]]"
MADE = "torch.tensor(rows, dtype=torch.long).view(len(rows), self.context_length)"

WRONG = [
    changed(ROW, "[*self.encode(text), self.special_ids[EOT]]", "SOT is missing"),
    changed(ROW, "[self.special_ids[SOT], *self.encode(text)]", "EOT is missing"),
    changed(ROW, "[self.special_ids[SOT], *self.encode(text + EOT)]", "raises an error", "SOT and EOT included"),
    changed("as_texts(texts)", "dict.fromkeys(as_texts(texts))", "wrong shape"),
    changed("text_too_long(row,", "text_too_long(0,", "names the wrong text"),
    changed(CUT, "ids[self.context_length - 1] = self.special_ids[EOT]", "not cut to context_length", "fill"),
    changed(ROW, "[*self.encode(text) * 3, self.special_ids[EOT]]", "raises an error", "SOT and EOT included"),
    changed(ROW, "self.encode(text)", "SOT and EOT are missing"),
    changed(ROW, "[self.special_ids[EOT], *self.encode(text), self.special_ids[SOT]]", "changed places"),
    changed(ROW, "[self.special_ids[SOT], *self.encode(text), self.special_ids[EOT], self.special_ids[EOT]]", "twice"),
    changed(ROW, "[570, *self.encode(text), 571]", "", "SOT is missing"),
    changed("[0] *", "[self.special_ids[EOT]] *", "filled up with EOT"),
    changed("[0] *", "[self.special_ids[SOT]] *", "wrong", "filled up with EOT"),
    changed(PAD, "[0] * (self.context_length - len(ids)) + ids", "come before the text"),
    changed(f"rows.append({PAD})\n        return {MADE}", "rows.append(ids)\n        return torch.tensor(rows)",
            "not equally long"),
    changed(f"rows.append({PAD})\n        return {MADE}", "rows.append(torch.tensor(ids))\n"
            "        return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)", "as long as the longest text"),
    changed("self.context_length - len(ids))", "77 - len(ids))", "the rows have 77 numbers", "the longest"),
    changed(PAD, "[*ids[:-1], *[0] * (self.context_length - len(ids)), ids[-1]]", "at the end of the row"),
    changed("as_texts(texts)", "texts", "a list of letters"),
    changed("enumerate(as_texts(texts))",
           "enumerate([texts] if isinstance(texts, str) else [texts[i] for i in range(len(texts))])",
            "a generator has none"),
    changed("        rows = []\n        for row, text",
           "        rows = []\n        longest = max(map(len, texts))\n        for row, text"),
    changed(CUT, "ids = ids[: self.context_length]", "EOT is lost"),
    changed(CUT, "ids = [*ids[: self.context_length - 2], self.special_ids[EOT]]", "one token more is cut"),
    changed(CUT, "ids = [self.special_ids[SOT], *ids[1 - self.context_length :]]", "the beginning of the text is cut"),
    changed(CUT, "ids = ids[: self.context_length]\n                if self.special_ids[EOT] not in ids:\n"
                 "                    ids[-1] = self.special_ids[EOT]", "wrong"),
    written(call=WHOLE_WORDS, says="cut before a whole word"),
    changed("len(ids) > self.context_length", "len(ids) >= self.context_length", "SOT and EOT included"),
    changed("len(ids) > self.context_length", "len(ids) > self.context_length - 2", "SOT and EOT included"),
    changed("len(ids) > self.context_length", "len(ids) > 77", "", "SOT and EOT included"),
    changed(TOO_LONG, "            if truncate:\n", "a text that is too long is not refused", "a little too long"),
    changed(f"{TOO_LONG}                {CUT}\n", "", "a text that is too long is not refused", "does not help"),
    changed("len(ids) > self.context_length", "len(ids) - 2 > self.context_length", "a little too long", "not cut"),
    changed("len(ids) > self.context_length", "len(self.encode(text)) > self.context_length", "a little too long"),
    changed("len(ids), self.context_length)", "self.context_length, len(ids))", "changed places", "say how many"),
    changed("text_too_long(row, text,", "text_too_long(text, row,", "row and text have changed places"),
    changed("len(ids) > self.context_length", "len(ids) > 77", "too long from 78 tokens on", "a little too long"),
    changed(TOO_LONG, TOO_LONG.replace("self.context_length:", "77:").replace("self.context_length)", "77)"),
            "too long from 78 tokens on"),
    changed(ROW, "[SOT, *self.encode(text), EOT]", "SOT and EOT are texts", "equally long"),
    changed(ROW, "[SOT] + self.encode(text) + [self.special_ids[EOT]]", "SOT and EOT are texts"),
    changed("raise text_too_long", "print", "a text that is too long is not refused"),
    changed("raise text_too_long", "text_too_long", "a text that is too long is not refused"),
    changed(RAISE, "continue", "a text that is too long is not refused"),
    changed("enumerate(as_texts(texts))", "enumerate(as_texts(texts), 1)", "names the wrong text"),
    changed(f"rows.append({PAD})\n        return {MADE}", "rows.append(ids + [0] * (77 - len(ids)))\n"
            "        return torch.tensor(rows, dtype=torch.long)", "the rows have 77 numbers"),
    changed(f"rows.append({PAD})\n        return {MADE}", "rows.append((ids + [0] * 77)[:77])\n"
            "        return torch.tensor(rows, dtype=torch.long).view(len(rows), 77)", "the rows have 77 numbers"),
    changed(CUT, "ids = [self.special_ids[SOT], *ids[: self.context_length - 2], self.special_ids[EOT]]",
            "SOT stands twice"),
    changed(CUT, "ids = [*ids[: self.context_length], self.special_ids[EOT]]", "not cut to context_length"),
    changed(MADE, "torch.stack([torch.tensor(row) for row in rows])", "nothing to stack"),
    changed(MADE, "torch.LongTensor(rows)", "without texts the shape is lost"),
    changed("if not truncate:", "if False:", "truncate is False"),
    changed("if not truncate:", "if truncate:", "truncate is False"),
    changed("if not truncate:", "if True:", "asks for a cut"),
    changed(RAISE, 'raise ValueError("too long")', "how many tokens"),
    changed("len(ids), self.context_length)", "len(ids) - 2, self.context_length)", "20 tokens and 16 fit"),
    changed(RAISE, 'raise RuntimeError(f"{len(ids)} tokens, {self.context_length} fit: truncate")', "a ValueError"),
    changed(RAISE, f"return {RAISE.removeprefix('raise ')}", "accepts what it must refuse"),
    changed(MADE, "torch.tensor(rows, dtype=torch.float32).view(len(rows), self.context_length)", "whole numbers"),
    changed(MADE, "torch.tensor(rows, dtype=torch.int32).view(len(rows), self.context_length)", "int64"),
    changed(MADE, "rows", "this is a list"),
    changed(MADE, "torch.tensor(rows)", "without texts"),
    changed(MADE, "torch.tensor(rows).long()", "without texts"),
    changed(MADE, "torch.tensor(rows).squeeze()", "without the dimension of the texts"),
    changed(f"return {MADE}", f"return {MADE}[0] if isinstance(texts, str) else {MADE}",
           "a list of one text is wanted"),
    changed("        return torch.tensor(rows", "            return torch.tensor(rows", "wrong"),
    written(call=CALL.replace("        rows = []\n", "        rows = self.rows\n"), encode="    rows = []\n\n" + ENCODE,
            says="wrong"),
]  # fmt: skip
