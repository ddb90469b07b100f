"""A second tokenizer, written from the description alone to check the first: plain, slow, without a shared line.

Bytes stay bytes, words are cut by hand instead of by the pattern, merges are tried one after the other in a list.
It knows no special tokens but SOT and EOT. Of the packages it takes what the description names: ftfy, and the
`regex` package's knowledge of which character is a letter, a number, a space.
"""

import html

import ftfy
import regex

SPECIAL = ("<|startoftext|>", "<|endoftext|>")
CONTRACTIONS = ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d")
# no letter itself, but its capital is one: the pattern, which ignores case, finds it in no class and skips it
SKIPPED = "\u0345"


def character_of_each_byte():
    """A byte is written as the Latin-1 character that it is, or, where that does not print, as one from 256 on."""
    printing = {byte: chr(byte) for byte in range(256) if chr(byte).isprintable() and chr(byte) != " "}
    others = [byte for byte in range(256) if byte not in printing]
    return printing | {byte: chr(256 + place) for place, byte in enumerate(others)}


def kind(character):
    for name, pattern in (("letter", r"\p{L}"), ("number", r"\p{N}"), ("space", r"\s")):
        if regex.match(pattern, character):
            return name
    return "skipped" if character == SKIPPED else "other"


def begins_with(text, start, phrase):
    """Does the phrase stand there, whatever the case of each of its letters?"""
    there = text[start : start + len(phrase)]
    return len(there) == len(phrase) and all(a.casefold() == b for a, b in zip(there, phrase, strict=True))


def words_of(text):
    words, start = [], 0
    while start < len(text):
        fixed = [phrase for phrase in (*SPECIAL, *CONTRACTIONS) if begins_with(text, start, phrase)]
        end = start + (len(fixed[0]) if fixed else 1)
        first = kind(text[start])
        if not fixed and first in ("letter", "other"):
            while end < len(text) and kind(text[end]) == first:
                end += 1
        if fixed or first in ("letter", "number", "other"):
            words.append(text[start:end])
        start = end
    return words


class SecondTokenizer:
    """ids of a text and back, from merges: pairs of symbols, the most important first."""

    def __init__(self, merges):
        byte_of = {character: byte for byte, character in character_of_each_byte().items()}
        single = [(bytes([byte]), end) for end in (False, True) for byte in byte_of.values()]
        self.merges = []  # (bytes, bytes, does the second end a word)
        for left, right in merges:
            ends = right.endswith("</w>")
            first, second = (bytes(byte_of[c] for c in part) for part in (left, right.removesuffix("</w>")))
            self.merges.append((first, second, ends))
        self.symbols = single + [(first + second, ends) for first, second, ends in self.merges]
        self.sot, self.eot = len(self.symbols), len(self.symbols) + 1

    def encode(self, text):
        text = html.unescape(html.unescape(ftfy.fix_text(text))).strip()
        text = regex.sub(r"\s+", " ", text).strip().lower()
        return [i for word in words_of(text) for i in self.ids_of(word)]

    def ids_of(self, word):
        if word in SPECIAL:
            return [(self.sot, self.eot)[SPECIAL.index(word)]]
        letters = word.encode("utf-8")
        parts = [(letters[i : i + 1], i == len(letters) - 1) for i in range(len(letters))]
        for first, second, ends in self.merges:
            place = 0
            while place < len(parts) - 1:
                if parts[place] == (first, False) and parts[place + 1] == (second, ends):
                    parts[place : place + 2] = [(first + second, ends)]
                place += 1
        return [self.symbols.index(part) for part in parts]

    def decode(self, ids):
        text = b""
        for i in ids:
            if i >= self.sot:
                text += SPECIAL[i - self.sot].encode()
            else:
                letters, ends = self.symbols[i]
                text += letters + (b"</w>" if ends else b"")
        return text.decode("utf-8", errors="replace").replace("</w>", " ")
